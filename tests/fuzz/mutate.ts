/**
 * Ways to break the bytes of a file at random.
 *
 * @module
 */

/** A random number generator that gives the same numbers for the same seed (xorshift32). */
export class FuzzRandom {
  #state: number;

  constructor(seed: number) {
    this.#state = (Math.imul(seed, 0x9e3779b1) ^ 0x85ebca6b) >>> 0 || 1;
  }

  /** A whole number from 0 to below `limit`. */
  below(limit: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % Math.max(1, limit);
  }

  /** One of several values. */
  pick<T>(values: readonly T[]): T {
    const value = values[this.below(values.length)];
    if (value === undefined) throw new RangeError("Nothing to pick from");
    return value;
  }
}

/** Makes other bytes from the bytes of a file. */
export type Mutation = (bytes: Uint8Array, random: FuzzRandom) => Uint8Array;

/** The mutations, by name. */
export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  flipBits(bytes, random) {
    for (let flips = 1 + random.below(8); flips > 0 && bytes.length > 0; flips--) {
      const offset = random.below(bytes.length);
      bytes[offset] = (bytes[offset] ?? 0) ^ (1 << random.below(8));
    }
    return bytes;
  },
  cut(bytes, random) {
    return bytes.slice(0, random.below(bytes.length));
  },
  zeroRange(bytes, random) {
    const start = random.below(bytes.length);
    return bytes.fill(0, start, start + 1 + random.below(8192));
  },
  randomRange(bytes, random) {
    const start = random.below(bytes.length);
    const end = Math.min(bytes.length, start + 1 + random.below(4096));
    for (let offset = start; offset < end; offset++) bytes[offset] = random.below(256);
    return bytes;
  },
  splice(bytes, random) {
    const from = random.below(bytes.length);
    const to = random.below(bytes.length);
    const sizeBytes = Math.min(1 + random.below(4096), bytes.length - Math.max(from, to));
    return bytes.copyWithin(to, from, from + sizeBytes);
  },
  insert(bytes, random) {
    const at = random.below(bytes.length + 1);
    const extra = new Uint8Array(1 + random.below(512)).map(() => random.below(256));
    return new Uint8Array([...bytes.subarray(0, at), ...extra, ...bytes.subarray(at)]);
  },
  largeNumber(bytes, random) {
    const value = random.pick([[0xff, 0xff, 0xff, 0xff], [0xff, 0xff, 0xff, 0x7f], [
      0,
      0,
      0,
      0x80,
    ]]);
    const size = random.pick([4, 8]);
    const offset = random.below(Math.max(1, bytes.length - size));
    for (let index = 0; index < size; index++) bytes[offset + index] = value[index % 4] ?? 0;
    return bytes;
  },
};
