/**
 * length.bin of a persisted hnswlib index: one f32 per slot, little-endian.
 *
 * For the space cosine it is the Euclidean length that a vector had before it was normalised: what
 * `get` returns is the stored vector times its length. For l2 and ip its content is uninitialised
 * memory and is never judged.
 *
 * @module
 */

import { type Places, PlaceTally } from "../model/place_tally.ts";
import type { RandomAccessBytes } from "./random_access.ts";
import type { SlotBitmap } from "./slot_bitmap.ts";

/** Bytes of one length. */
export const LENGTH_SIZE_BYTES = 4;

const CHUNK_LENGTHS = 1 << 16;

/** No embedding is this long or this short; f32 garbage mostly is. */
const LARGEST_LENGTH = 1e15;
const SMALLEST_LENGTH = 1e-15;

/**
 * Reads the lengths of the slots in use and looks for values that no vector has.
 *
 * @param file length.bin of a cosine index.
 * @param count How many slots are in use.
 * @param deletedSlots The slots that are deleted; their lengths no longer matter.
 * @param zeroVectorsAllowed How many vectors of length 0 the slots hold.
 * @returns The lengths that cannot be.
 * @throws {OperationError} The file cannot be read.
 */
export function surveyLengths(
  file: RandomAccessBytes,
  count: number,
  deletedSlots: SlotBitmap,
  zeroVectorsAllowed: number,
): Places {
  const invalid = new PlaceTally();
  const available = Math.min(count, Math.floor(file.sizeBytes / LENGTH_SIZE_BYTES));
  const buffer = new Uint8Array(Math.min(available, CHUNK_LENGTHS) * LENGTH_SIZE_BYTES);
  let zeros = 0;
  for (let start = 0; start < available; start += CHUNK_LENGTHS) {
    const wanted = Math.min(CHUNK_LENGTHS, available - start) * LENGTH_SIZE_BYTES;
    const bytes = file.readAt(start * LENGTH_SIZE_BYTES, buffer.subarray(0, wanted));
    const lengths = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >>> 2);
    for (const [index, length] of lengths.entries()) {
      const slot = start + index;
      if (isPossibleLength(length) || deletedSlots.has(slot)) continue;
      if (length === 0 && zeros < zeroVectorsAllowed) {
        zeros++;
        continue;
      }
      invalid.add(slot, slot * LENGTH_SIZE_BYTES, LENGTH_SIZE_BYTES);
    }
  }
  return invalid.places;
}

/**
 * Whether a vector can have a length.
 *
 * @param length The length as it stands in the file.
 */
export function isPossibleLength(length: number): boolean {
  return length >= SMALLEST_LENGTH && length <= LARGEST_LENGTH;
}
