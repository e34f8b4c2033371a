/**
 * Hashes of sets that do not depend on the order, so that two sets can be compared in flat memory.
 *
 * An element is hashed to two independent 32-bit lanes; a set is the sum of its elements, lane by
 * lane, and their count. Two different sets of equal count agree by chance once in 2^64.
 *
 * @module
 */

const encoder = new TextEncoder();

/** The hash of one string: two lanes of 32 bits. The object is used again for the next string. */
export class StringHash {
  /** The first lane, as an unsigned integer. */
  low = 0;
  /** The second lane, as an unsigned integer. */
  high = 0;

  /** Hashes UTF-8 bytes from `start` to before `end`. */
  ofBytes(bytes: Uint8Array, start = 0, end: number = bytes.byteLength): this {
    let low = 0x811c9dc5;
    let high = 0x9747b28c;
    for (let index = start; index < end; index++) {
      const byte = bytes[index] ?? 0;
      low = Math.imul(low ^ byte, 0x01000193);
      high = Math.imul(high ^ byte, 0x5bd1e995);
      high ^= high >>> 15;
    }
    return this.#finish(low, high, end - start);
  }

  /** Hashes a text; the same as hashing its UTF-8 bytes. */
  ofText(text: string): this {
    let low = 0x811c9dc5;
    let high = 0x9747b28c;
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index);
      if (unit > 0x7f) return this.ofBytes(encoder.encode(text));
      low = Math.imul(low ^ unit, 0x01000193);
      high = Math.imul(high ^ unit, 0x5bd1e995);
      high ^= high >>> 15;
    }
    return this.#finish(low, high, text.length);
  }

  /** Mixes a number, for instance a label, into the hash. */
  withNumber(value: number): this {
    const word = value >>> 0;
    const upper = Math.floor(value / 0x1_0000_0000) >>> 0;
    this.low = finalise(this.low ^ Math.imul(word, 0x9e3779b1) ^ upper);
    this.high = finalise(this.high ^ Math.imul(word, 0x85ebca77) ^ Math.imul(upper, 0xc2b2ae3d));
    return this;
  }

  /** 53 bits of the hash as one number: a key for a Set or a sorted array. */
  get key(): number {
    return (this.high >>> 11) * 0x1_0000_0000 + this.low;
  }

  #finish(low: number, high: number, sizeBytes: number): this {
    this.low = finalise(low ^ sizeBytes);
    this.high = finalise(high ^ this.low);
    return this;
  }
}

/** The finaliser of MurmurHash3: every bit of the input changes half of the output. */
function finalise(word: number): number {
  let mixed = word ^ (word >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** The hash of a set of strings. */
export class MultisetHash {
  /** How many strings were added, less those that were taken out. */
  count = 0;
  #low = 0;
  #high = 0;

  /** Adds a string by its hash. */
  add({ low, high }: StringHash): void {
    this.count++;
    this.#low = (this.#low + low) >>> 0;
    this.#high = (this.#high + high) >>> 0;
  }

  /** Whether the two sets are the same. */
  equals(other: MultisetHash): boolean {
    return this.count === other.count && this.#low === other.#low && this.#high === other.#high;
  }
}
