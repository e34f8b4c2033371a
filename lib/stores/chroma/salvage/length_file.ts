/**
 * The lengths that cosine vectors had before they were normalised, as far as length.bin can be
 * believed: a value by itself, and a sector of the file where too many of its values cannot be.
 *
 * @module
 */

import type { BoundedFile } from "../../../fs/read_fs.ts";
import { isPossibleLength, LENGTH_SIZE_BYTES } from "../../../hnsw/lengths.ts";

/** What is torn or overwritten loses no less than a sector of 512 bytes. */
const LENGTHS_PER_SECTOR = 128;

/** One in eight random values looks like a length; one in eight damaged ones is no accident. */
const MOST_IMPOSSIBLE = 1 / 8;

/** The lengths of an index. */
export class SlotLengths {
  readonly #lengths: Float32Array;

  private constructor(lengths: Float32Array) {
    this.#lengths = lengths;
  }

  /**
   * Reads the lengths of the slots that count.
   *
   * @param file length.bin, or null when it is missing.
   * @param slots How many slots there are.
   * @param counts Whether a slot has a vector, so that its length must be right.
   * @returns The lengths; 0 stands for every one that is lost.
   * @throws {OperationError} The file cannot be read.
   */
  static read(
    file: BoundedFile | null,
    slots: number,
    counts: (slot: number) => boolean,
  ): SlotLengths {
    const lengths = new Float32Array(slots);
    if (file === null) return new SlotLengths(lengths);
    const bytes = new Uint8Array(lengths.buffer);
    const filled = file.readAt(0, bytes).byteLength;
    // What a cut took away says nothing of what is left.
    const present = Math.floor(filled / LENGTH_SIZE_BYTES);
    lengths.fill(0, present);
    for (let start = 0; start < present; start += LENGTHS_PER_SECTOR) {
      judgeSector(lengths, start, Math.min(present, start + LENGTHS_PER_SECTOR), counts);
    }
    return new SlotLengths(lengths);
  }

  /** The length of a slot's vector, or null when it is lost. */
  of(slot: number): number | null {
    const length = this.#lengths[slot] ?? 0;
    return length === 0 ? null : length;
  }
}

function judgeSector(
  lengths: Float32Array,
  start: number,
  end: number,
  counts: (slot: number) => boolean,
): void {
  let counted = 0;
  let impossible = 0;
  for (let slot = start; slot < end; slot++) {
    if (!counts(slot)) continue;
    counted++;
    if (!isPossibleLength(lengths[slot] ?? 0)) {
      impossible++;
      lengths[slot] = 0;
    }
  }
  if (impossible > 1 && impossible > MOST_IMPOSSIBLE * counted) lengths.fill(0, start, end);
}
