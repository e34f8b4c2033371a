/**
 * Finding the one bit of a gzip file that was flipped: each is tried, and the checksum tells.
 *
 * Of n bytes there are 8n files that differ in one bit; that one of them fits by chance is one in
 * 2^29 / n. A file that was cut, or has more than one flipped bit, is not put right by this.
 *
 * @module
 */

import { gunzipSound } from "./gzip.ts";
import { isGzip } from "./gzip_frame.ts";

/**
 * Finds the bit.
 *
 * @param file The whole file; its bits change meanwhile, and are as they were in the end.
 * @param limitBytes The most bytes that are decompressed.
 * @returns Which bit it is, counted from the lowest of the first byte; null when none makes the file
 * whole, or more than one does.
 */
export function findFlippedGzipBit(file: Uint8Array, limitBytes: number): number | null {
  let found: number | null = null;
  for (let bit = 0; bit < 8 * file.byteLength; bit++) {
    flipBit(file, bit);
    const isWhole = isGzipWhole(file, limitBytes);
    flipBit(file, bit);
    if (!isWhole) continue;
    if (found !== null) return null;
    found = bit;
  }
  return found;
}

/**
 * Decompresses a file of which one bit was flipped.
 *
 * @param file The whole file.
 * @param bit The bit.
 * @returns The decompressed bytes.
 */
export function gunzipWithoutBit(file: Uint8Array, bit: number): Uint8Array<ArrayBuffer> {
  const whole = Uint8Array.from(file);
  flipBit(whole, bit);
  return Uint8Array.from(gunzipSound(whole, Infinity).bytes);
}

function flipBit(bytes: Uint8Array, bit: number): void {
  const index = bit >> 3;
  bytes[index] = (bytes[index] ?? 0) ^ (1 << (bit & 7));
}

function isGzipWhole(file: Uint8Array, limitBytes: number): boolean {
  if (!isGzip(file)) return false;
  const { fault, usedBytes } = gunzipSound(file, limitBytes);
  return fault === null && usedBytes === file.byteLength;
}
