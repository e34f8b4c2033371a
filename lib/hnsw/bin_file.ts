/**
 * The quick look at one .bin file of an index, without knowing anything of the rest.
 *
 * @module
 */

import type { RandomAccessBytes } from "./random_access.ts";

/** How much of the start of a file is looked at. */
const HEAD_SIZE_BYTES = 4096;

/** No file of an index with slots in use is shorter: header.bin has 100 bytes. */
const SMALLEST_SIZE_BYTES = 100;

/** What the quick look at a .bin file says. */
export type BinFileProblem = "empty" | "too-short" | "all-zero" | "short-read";

/**
 * Looks at the size and the first 4 KiB of a .bin file.
 *
 * @param file The open file.
 * @returns What is wrong, or null.
 */
export function surveyBinFile(file: RandomAccessBytes): BinFileProblem | null {
  if (file.sizeBytes === 0) return "empty";
  if (file.sizeBytes < SMALLEST_SIZE_BYTES) return "too-short";
  const wanted = Math.min(HEAD_SIZE_BYTES, file.sizeBytes);
  const head = file.readAt(0, new Uint8Array(wanted));
  if (head.byteLength < wanted) return "short-read";
  return head.every((byte) => byte === 0) ? "all-zero" : null;
}
