/**
 * One bit per slot: all the memory that a check may take in proportion to an index.
 *
 * @module
 */

/** A set of slots. */
export class SlotBitmap {
  readonly #bits: Uint32Array;
  /** How many slots there are. */
  readonly size: number;

  /** Makes an empty set for slots 0 to `size` - 1. */
  constructor(size: number) {
    this.size = size;
    this.#bits = new Uint32Array((size + 31) >>> 5);
  }

  /** Whether a slot is in the set. */
  has(slot: number): boolean {
    return ((this.#bits[slot >>> 5] ?? 0) >>> (slot & 31) & 1) === 1;
  }

  /** Puts a slot into the set. */
  add(slot: number): void {
    const word = slot >>> 5;
    this.#bits[word] = (this.#bits[word] ?? 0) | (1 << (slot & 31));
  }

  /** How many slots from `start` to before `end` are in this set and not in `other`. */
  countWithout(other: SlotBitmap, start: number, end: number): number {
    let count = 0;
    for (let slot = start; slot < end;) {
      const word = slot >>> 5;
      const last = Math.min(end, (word + 1) << 5);
      let bits = (this.#bits[word] ?? 0) & ~(other.#bits[word] ?? 0);
      bits &= (-1 << (slot & 31)) & (last & 31 ? (1 << (last & 31)) - 1 : -1);
      count += countBits(bits);
      slot = last;
    }
    return count;
  }
}

function countBits(bits: number): number {
  let rest = bits - ((bits >>> 1) & 0x55555555);
  rest = (rest & 0x33333333) + ((rest >>> 2) & 0x33333333);
  return Math.imul((rest + (rest >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
