/**
 * Counting many damaged places as one cause, in flat memory.
 *
 * @module
 */

/** How many separate byte ranges are kept; what comes later is only counted. */
const MOST_RANGES = 64;

/** Damaged places of one kind, folded: plain data. */
export interface Places {
  /** How many places there are. */
  readonly count: number;
  /** The first byte of the first place, or null when there is none. */
  readonly firstOffset: number | null;
  /** The number (slot, record) of the first place, or null when there is none. */
  readonly firstIndex: number | null;
  /** The first byte ranges, neighbours joined: start, and end behind the last byte. */
  readonly ranges: readonly (readonly [number, number])[];
}

/** Collects places of one kind in ascending order. */
export class PlaceTally {
  #count = 0;
  #firstOffset: number | null = null;
  #firstIndex: number | null = null;
  readonly #ranges: [number, number][] = [];

  /**
   * Adds a place.
   *
   * @param index Its number: a slot or a record.
   * @param offset Its first byte.
   * @param sizeBytes How many bytes it has.
   */
  add(index: number, offset: number, sizeBytes: number): void {
    this.#count++;
    this.#firstOffset ??= offset;
    this.#firstIndex ??= index;
    const last = this.#ranges[this.#ranges.length - 1];
    if (last !== undefined && offset <= last[1]) {
      last[1] = Math.max(last[1], offset + sizeBytes);
    } else if (this.#ranges.length < MOST_RANGES) {
      this.#ranges.push([offset, offset + sizeBytes]);
    }
  }

  /** The places so far, as plain data. */
  get places(): Places {
    return {
      count: this.#count,
      firstOffset: this.#firstOffset,
      firstIndex: this.#firstIndex,
      ranges: this.#ranges,
    };
  }
}
