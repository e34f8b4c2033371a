/**
 * A table from hashes of ids, or labels, to small numbers: twelve bytes for each place, and half of
 * the places stay free.
 *
 * @module
 */

/** What {@linkcode KeyTable.get} gives for a key that has no value. */
export const NO_VALUE = 0xffff_ffff;

/** What a place holds whose value was taken away; other values are kept plus 1, 0 is free. */
const REMOVED = 0xffff_ffff;

const SMALLEST_CAPACITY = 1024;

/** What is expected may come from a file; more room than this is made only when it is needed. */
const LARGEST_EXPECTED = 1 << 22;

/** A table with keys of 64 bits and values of 32. */
export class KeyTable {
  #low: Uint32Array;
  #high: Uint32Array;
  #values: Uint32Array;
  #taken = 0;

  /**
   * Makes an empty table.
   *
   * @param expected How many keys it will have, as far as that is known; it grows when more come.
   */
  constructor(expected = 0) {
    let capacity = SMALLEST_CAPACITY;
    while (capacity < 2 * expected && capacity < LARGEST_EXPECTED) capacity *= 2;
    this.#low = new Uint32Array(capacity);
    this.#high = new Uint32Array(capacity);
    this.#values = new Uint32Array(capacity);
  }

  /**
   * Finds the value of a key.
   *
   * @param low The lower half of the key.
   * @param high The upper half.
   * @returns The value, or {@linkcode NO_VALUE}.
   */
  get(low: number, high: number): number {
    const stored = this.#values[this.#find(low, high)] ?? 0;
    return stored === 0 || stored === REMOVED ? NO_VALUE : stored - 1;
  }

  /**
   * Gives a key a value.
   *
   * @param low The lower half of the key.
   * @param high The upper half.
   * @param value The value, at most 2^32 - 3.
   */
  set(low: number, high: number, value: number): void {
    let place = this.#find(low, high);
    if (this.#values[place] === 0) {
      if (2 * ++this.#taken > this.#values.length) {
        this.#grow();
        place = this.#find(low, high);
      }
      this.#low[place] = low;
      this.#high[place] = high;
    }
    this.#values[place] = value + 1;
  }

  /** Takes the value of a key away. */
  remove(low: number, high: number): void {
    const place = this.#find(low, high);
    if (this.#values[place] !== 0) this.#values[place] = REMOVED;
  }

  /** Finds the place of a key, or the free one where it goes. */
  #find(low: number, high: number): number {
    const mask = this.#values.length - 1;
    let place = Math.imul(low ^ (low >>> 15), 0x9e3779b1) ^ high;
    place = (place ^ (place >>> 15)) & mask;
    while (this.#values[place] !== 0) {
      if (this.#low[place] === low && this.#high[place] === high) return place;
      place = (place + 1) & mask;
    }
    return place;
  }

  #grow(): void {
    const [low, high, values] = [this.#low, this.#high, this.#values];
    this.#low = new Uint32Array(2 * low.length);
    this.#high = new Uint32Array(2 * low.length);
    this.#values = new Uint32Array(2 * low.length);
    for (let old = 0; old < values.length; old++) {
      const value = values[old] ?? 0;
      if (value === 0) continue;
      const place = this.#find(low[old] ?? 0, high[old] ?? 0);
      this.#low[place] = low[old] ?? 0;
      this.#high[place] = high[old] ?? 0;
      this.#values[place] = value;
    }
  }
}
