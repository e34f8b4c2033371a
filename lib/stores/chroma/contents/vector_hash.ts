/**
 * What a vector is known by, in the index and in the queue alike.
 *
 * For l2 and ip it is its bits: an index holds what the queue brought.
 *
 * A cosine index holds N(v), the vector v normalised by hnswlib in single precision, and the length
 * of v beside it:
 *
 * ```
 * sum = 0; for each x in order: sum += x * x      // one rounding to f32 after each * and +
 * scale = 1 / (sqrt(sum) + 1e-30)
 * N(v) = v * scale
 * ```
 *
 * The same operations here give the same bits: measured with 0.5.23 and 1.5.9 on x86-64, for 6,000
 * vectors of 3 to 385 dimensions each. A build that fuses * and + or adds in another order, as
 * compilers for other processors may, rounds otherwise; there a vector hashes otherwise after it was
 * moved from the queue into the index.
 *
 * Single precision seldom gives a length of exactly 1, so normalising what is normalised already
 * changes last bits again: for 80 % of vectors of 384 dimensions. But N, applied again and again,
 * soon ends in a vector that it leaves alone, or goes round between two, seldom more. That end is
 * the same for v, N(v), N(N(v)) …, and is what is hashed: of several the least hash. So a vector
 * hashes equal in the queue, in the index, and when its normalised form was put into the queue again.
 *
 * What follows from it for a cosine space:
 *
 * - The length of a vector is not part of its hash, for what was normalised has lost it.
 * - What `get` returns is N(v) times the length, rounded once more. Put back into the queue, it comes
 *   out with other last bits, and hashes otherwise. No choice of a hash can mend that: it would have
 *   to be blind to last bits everywhere.
 * - Two indexed vectors that differ in one bit hash equal only if N makes one of both: measured, and
 *   so it follows from the rounding, at most one in a million for the lowest bit, never for others.
 *
 * @module
 */

import { Hash128 } from "../../../base/hash128.ts";

/** After so many steps a vector that has come to no end stands for itself; none was ever seen. */
const MOST_STEPS = 64;

const SMALLEST_LENGTH = Math.fround(1e-30);

/** Vectors side by side in memory. */
export interface VectorBlock {
  /** The memory as words. */
  readonly words: Uint32Array;
  /** The same memory as floats. */
  readonly floats: Float32Array;
  /** Where the first vector begins, in words. */
  readonly start: number;
  /** How many words lie between the beginnings of two vectors. */
  readonly stride: number;
  /** How many vectors there are. */
  readonly count: number;
}

/** A vector on the way of normalising. */
interface Step {
  readonly floats: Float32Array;
  readonly words: Uint32Array;
}

/** Hashes the vectors of one collection. */
export class VectorHasher {
  readonly #dimension: number;
  readonly #isCosine: boolean;
  /** The vectors that normalising went through, one after another. */
  readonly #steps: Step[] = [];
  readonly #sums = new Float64Array(4);
  readonly #hash = new Hash128();
  readonly #least = new Hash128();

  /**
   * Makes a hasher.
   *
   * @param dimension Floats of a vector.
   * @param isCosine Whether the space stores normalised vectors.
   */
  constructor(dimension: number, isCosine: boolean) {
    this.#dimension = dimension;
    this.#isCosine = isCosine;
  }

  /**
   * Hashes vectors of the index.
   *
   * @param block The vectors as they stand in the slots.
   * @param onHash Is told the hash of each; the object is used again for the next one.
   */
  hashIndexed(block: VectorBlock, onHash: (index: number, hash: Hash128) => void): void {
    const { words, floats, start, stride, count } = block;
    for (let index = 0; index < count; index++) {
      const vector = start + index * stride;
      if (!this.#isCosine) {
        onHash(index, this.#ofBits(words, vector));
        continue;
      }
      // What lies behind the last vector reads as nothing, so the last four may be fewer.
      if (index % 4 === 0) this.#sumFour(floats, vector, stride);
      const scale = toScale(this.#sums[index % 4] ?? 0);
      onHash(index, this.#ofNormalised(words, floats, vector, scale));
    }
  }

  /**
   * Hashes a vector as the queue brings it.
   *
   * @param vector The floats, as many as the dimension.
   * @returns The hash; the object is used again for the next one.
   */
  ofQueued(vector: Float32Array): Hash128 {
    const words = new Uint32Array(vector.buffer, vector.byteOffset, vector.length);
    if (!this.#isCosine) return this.#ofBits(words, 0);
    const floats = new Float32Array(this.#dimension);
    const sum = multiply(vector, toScale(sumOfSquares(vector)), floats);
    return this.#ofNormalised(new Uint32Array(floats.buffer), floats, 0, toScale(sum));
  }

  #ofBits(words: Uint32Array, start: number): Hash128 {
    return this.#hash.set(0, 0, 0, 0).addWords(words, start, this.#dimension);
  }

  /** Sums the squares of four vectors: an addition waits for the one before, so four are no slower. */
  #sumFour(floats: Float32Array, start: number, stride: number): void {
    const end = start + this.#dimension;
    let [first, second, third, fourth] = [0, 0, 0, 0];
    for (let index = start; index < end; index++) {
      const a = floats[index] ?? 0;
      const b = floats[index + stride] ?? 0;
      const c = floats[index + 2 * stride] ?? 0;
      const d = floats[index + 3 * stride] ?? 0;
      first = Math.fround(first + Math.fround(a * a));
      second = Math.fround(second + Math.fround(b * b));
      third = Math.fround(third + Math.fround(c * c));
      fourth = Math.fround(fourth + Math.fround(d * d));
    }
    this.#sums[0] = first;
    this.#sums[1] = second;
    this.#sums[2] = third;
    this.#sums[3] = fourth;
  }

  /** Normalises until a vector comes that has been there before, and hashes those that go round. */
  #ofNormalised(
    words: Uint32Array,
    floats: Float32Array,
    start: number,
    firstScale: number,
  ): Hash128 {
    // Multiplied by 1 it stays as it is; and what has no finite length is known by its bits.
    if (firstScale === 1 || !isUsable(firstScale)) return this.#ofBits(words, start);
    const first = this.#stepAt(0);
    first.floats.set(floats.subarray(start, start + this.#dimension));
    let scale = firstScale;
    for (let step = 1; step < MOST_STEPS; step++) {
      const next = this.#stepAt(step);
      scale = toScale(multiply(this.#stepAt(step - 1).floats, scale, next.floats));
      if (scale === 1) return this.#ofBits(next.words, 0);
      const seen = this.#findStep(next.words, step);
      if (seen !== null) return this.#leastOf(seen, step);
    }
    return this.#ofBits(words, start);
  }

  /** Finds the same vector among the steps before one, the latest first. */
  #findStep(words: Uint32Array, before: number): number | null {
    for (let step = before - 1; step >= 0; step--) {
      if (isSame(this.#stepAt(step).words, words)) return step;
    }
    return null;
  }

  #leastOf(start: number, end: number): Hash128 {
    const least = this.#least;
    for (let step = start; step < end; step++) {
      const hash = this.#ofBits(this.#stepAt(step).words, 0);
      if (step === start || isLess(hash, least)) least.set(hash.a, hash.b, hash.c, hash.d);
    }
    return least;
  }

  #stepAt(index: number): Step {
    let step = this.#steps[index];
    if (step === undefined) {
      const floats = new Float32Array(this.#dimension);
      step = { floats, words: new Uint32Array(floats.buffer) };
      this.#steps[index] = step;
    }
    return step;
  }
}

/** By what hnswlib multiplies a vector with such a sum of squares to normalise it. */
function toScale(sum: number): number {
  return Math.fround(1 / Math.fround(Math.fround(Math.sqrt(sum)) + SMALLEST_LENGTH));
}

/** Whether a vector that is multiplied by it still has a direction. */
function isUsable(scale: number): boolean {
  return scale > 0 && scale < 1 / SMALLEST_LENGTH;
}

function sumOfSquares(vector: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < vector.length; index++) {
    const value = vector[index] ?? 0;
    sum = Math.fround(sum + Math.fround(value * value));
  }
  return sum;
}

/** Multiplies a vector, and sums the squares of what comes out. */
function multiply(source: Float32Array, scale: number, target: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < target.length; index++) {
    const value = Math.fround((source[index] ?? 0) * scale);
    target[index] = value;
    sum = Math.fround(sum + Math.fround(value * value));
  }
  return sum;
}

function isSame(left: Uint32Array, right: Uint32Array): boolean {
  for (let index = 0; index < left.length; index++) {
    if (left[index] !== right[index]) return false;
  }
  return true;
}

function isLess(left: Hash128, right: Hash128): boolean {
  if (left.a !== right.a) return left.a < right.a;
  if (left.b !== right.b) return left.b < right.b;
  if (left.c !== right.c) return left.c < right.c;
  return left.d < right.d;
}
