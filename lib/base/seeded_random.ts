/**
 * Random numbers that are the same for the same seed, on every machine.
 *
 * @module
 */

/** A generator of random numbers (xoshiro128**, seeded through splitmix32). */
export class SeededRandom {
  readonly #state: Uint32Array;

  /**
   * Makes a generator.
   *
   * @param seed A whole number.
   * @param stream What the numbers are for: two names give unrelated numbers from one seed.
   */
  constructor(seed: number, stream = "") {
    const mixer = createMixer(hashName(stream) ^ seed ^ Math.floor(seed / 0x1_0000_0000));
    this.#state = Uint32Array.from({ length: 4 }, mixer);
  }

  /** A whole number from 0 to 2^32 - 1. */
  word(): number {
    const [a = 0, b = 0, c = 0, d = 0] = this.#state;
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const third = c ^ a;
    const fourth = d ^ b;
    this.#state[1] = b ^ third;
    this.#state[0] = a ^ fourth;
    this.#state[2] = third ^ (b << 9);
    this.#state[3] = rotate(fourth, 11);
    return result;
  }

  /** A whole number from 0 to below `limit`, which is at most 2^53. */
  below(limit: number): number {
    const fraction = (this.word() * 0x20_0000 + (this.word() >>> 11)) / 2 ** 53;
    return Math.floor(fraction * limit);
  }

  /** One of several values. */
  pick<T>(values: readonly T[]): T {
    const value = values[this.below(values.length)];
    if (value === undefined) throw new RangeError("Nothing to pick from");
    return value;
  }

  /** Several different whole numbers from 0 to below `limit`, in ascending order. */
  distinct(count: number, limit: number): number[] {
    const chosen = new Set<number>();
    while (chosen.size < Math.min(count, limit)) chosen.add(this.below(limit));
    return [...chosen].sort((left, right) => left - right);
  }

  /** Fills an array with random bytes. */
  fill(target: Uint8Array): Uint8Array {
    for (let offset = 0; offset < target.byteLength; offset += 4) {
      const word = this.word();
      for (let byte = 0; byte < 4 && offset + byte < target.byteLength; byte++) {
        target[offset + byte] = word >>> (8 * byte);
      }
    }
    return target;
  }
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

function hashName(name: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash;
}

function createMixer(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
}
