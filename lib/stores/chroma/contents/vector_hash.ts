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
 * The same operations here (`normalise.ts`) give the same bits: measured on x86-64 with 0.5.23 and
 * 1.5.9, for 6,000 vectors of 3 to 385 dimensions with each. A build that fuses * and + or adds in
 * another order, as compilers for other processors may, rounds otherwise; there a vector hashes
 * otherwise after it was moved from the queue into the index.
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
 * - What `get` returns is N(v) times the length, rounded once more. Put into the queue again, five of
 *   six vectors of 384 dimensions come out with other last bits, and hash otherwise. No choice of a
 *   hash can mend that: it would have to be blind to last bits everywhere.
 * - Two indexed vectors that differ in one bit hash equal only if N makes one of both. By the way it
 *   rounds that can happen to the lowest bit of a float, in about one of a million; among 115,200
 *   such bits it never did.
 *
 * @module
 */

import { Hash128 } from "../../../base/hash128.ts";
import {
  isUsable,
  LANES,
  type Multiplication,
  multiply,
  sumSquares,
  toScale,
} from "./normalise.ts";

/** After so many steps a vector that has come to no end stands for itself; none was ever seen. */
const MOST_STEPS = 64;

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

/** One of the vectors that are normalised side by side. */
interface Lane {
  /** Which vector of the block it is; -1 where the lane is free. */
  index: number;
  /** How often it was normalised so far. */
  step: number;
  /** By what it is to be multiplied next. */
  scale: number;
  /** What came out so far, and before it the vector itself. */
  readonly steps: Step[];
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
  readonly #lanes: Lane[];
  /** The sums of squares of the latest vectors of the block. */
  readonly #sums = new Float64Array(LANES);
  /** Those of what stands in the lanes. */
  readonly #laneSums = new Float64Array(LANES);
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
    this.#lanes = Array.from(
      { length: LANES },
      () => ({ index: -1, step: 0, scale: 0, steps: [] }),
    );
  }

  /**
   * Hashes vectors of the index.
   *
   * @param block The vectors as they stand in the slots.
   * @param onHash Is told the hash of each, in any order; the object is used again for the next one.
   */
  hashIndexed(block: VectorBlock, onHash: (index: number, hash: Hash128) => void): void {
    const { words, floats, start, stride, count } = block;
    let waiting = 0;
    for (let index = 0; index < count; index++) {
      const vector = start + index * stride;
      if (this.#isCosine && index % LANES === 0) {
        const vectors = { start: vector, stride, count: count - index, dimension: this.#dimension };
        sumSquares(floats, vectors, this.#sums);
      }
      const scale = this.#isCosine ? toScale(this.#sums[index % LANES] ?? 0) : 1;
      // Multiplied by 1 it stays as it is; and what has no finite length is known by its bits.
      if (scale === 1 || !isUsable(scale)) {
        onHash(index, this.#ofBits(words, vector));
        continue;
      }
      this.#enter(floats, vector, index, scale);
      if (++waiting === LANES) waiting -= this.#advance(onHash);
    }
    while (waiting > 0) waiting -= this.#advance(onHash);
  }

  /**
   * Hashes a vector as the queue brings it.
   *
   * @param vector The floats, as many as the dimension.
   * @returns The hash.
   */
  ofQueued(vector: Float32Array): Hash128 {
    const block = { start: 0, stride: 0, count: 1 };
    let floats = vector;
    if (this.#isCosine) {
      sumSquares(vector, { start: 0, stride: 0, count: 1, dimension: this.#dimension }, this.#sums);
      const scale = toScale(this.#sums[0] ?? 0);
      floats = vector.map((value) => value * scale);
    }
    const words = new Uint32Array(floats.buffer, floats.byteOffset, floats.length);
    const result = new Hash128();
    this.hashIndexed({ ...block, floats, words }, (_, { a, b, c, d }) => result.set(a, b, c, d));
    return result;
  }

  #ofBits(words: Uint32Array, start: number): Hash128 {
    return this.#hash.set(0, 0, 0, 0).addWords(words, start, this.#dimension);
  }

  /** Puts a vector into a free lane. */
  #enter(floats: Float32Array, start: number, index: number, scale: number): void {
    for (const lane of this.#lanes) {
      if (lane.index !== -1) continue;
      lane.index = index;
      lane.step = 0;
      lane.scale = scale;
      const target = this.#stepOf(lane, 0).floats;
      for (let place = 0; place < target.length; place++) {
        target[place] = floats[start + place] ?? 0;
      }
      return;
    }
  }

  /** Normalises in every lane until one comes to an end at least; returns how many have. */
  #advance(onHash: (index: number, hash: Hash128) => void): number {
    let ended = 0;
    while (ended === 0) {
      const tasks = this.#lanes.map((lane) => this.#taskOf(lane));
      multiply(tasks, this.#laneSums);
      for (let number = 0; number < LANES; number++) {
        const lane = this.#lanes[number];
        if (lane === undefined || lane.index === -1) continue;
        lane.step++;
        lane.scale = toScale(this.#laneSums[number] ?? 0);
        const hash = this.#endOf(lane);
        if (hash === null) continue;
        onHash(lane.index, hash);
        lane.index = -1;
        ended++;
      }
    }
    return ended;
  }

  /** The hash of a vector that N leaves alone, or of those that it goes round between; else null. */
  #endOf(lane: Lane): Hash128 | null {
    const { words } = this.#stepOf(lane, lane.step);
    if (lane.scale === 1) return this.#ofBits(words, 0);
    for (let step = lane.step - 1; step >= 0; step--) {
      if (isSame(this.#stepOf(lane, step).words, words)) return this.#leastOf(lane, step);
    }
    return lane.step === MOST_STEPS ? this.#ofBits(this.#stepOf(lane, 0).words, 0) : null;
  }

  #leastOf(lane: Lane, start: number): Hash128 {
    const least = this.#least;
    for (let step = start; step < lane.step; step++) {
      const hash = this.#ofBits(this.#stepOf(lane, step).words, 0);
      if (step === start || isLess(hash, least)) least.set(hash.a, hash.b, hash.c, hash.d);
    }
    return least;
  }

  /** What is to be multiplied in a lane next; in a free lane what was left there, for nothing. */
  #taskOf(lane: Lane): Multiplication {
    const { scale, step } = lane;
    const source = this.#stepOf(lane, step).floats;
    return { source, scale, target: this.#stepOf(lane, step + 1).floats };
  }

  #stepOf(lane: Lane, index: number): Step {
    let step = lane.steps[index];
    if (step === undefined) {
      const floats = new Float32Array(this.#dimension);
      step = { floats, words: new Uint32Array(floats.buffer) };
      lane.steps[index] = step;
    }
    return step;
  }
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
