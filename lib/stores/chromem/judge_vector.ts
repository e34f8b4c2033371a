/**
 * Judging the numbers of an embedding.
 *
 * chromem-go normalises in single precision: it adds n squares up, divides by the root, and never
 * looks at the result. The length of what it writes differs from 1 by up to n * 2^-25 (measured: at
 * 4,096 dimensions 1.3e-6 for random numbers, 3.0e-5 for equal ones, 1.2e-4 for the worst that can
 * be made up). Vectors of models that round to half precision differ by up to 1e-4. Below the
 * tolerance no real write is named, and no similarity is wrong by more.
 *
 * @module
 */

/** How far the length of an embedding of usual size may be from 1. */
const TOLERANCE = 1e-3;

/** How far adding up one square more can lead the engine astray, with room to spare. */
const TOLERANCE_PER_DIMENSION = 2 ** -24;

/** What the numbers of an embedding add up to. */
export interface VectorJudgement {
  /** How many are no numbers, or infinite. */
  readonly notFinite: number;
  /** The place of the first of these, or null. */
  readonly firstNotFinite: number | null;
  /** The Euclidean length; no number where {@linkcode notFinite} is not 0. */
  readonly length: number;
}

/**
 * Looks at the numbers of an embedding.
 *
 * @param vector The embedding.
 * @returns What they add up to.
 */
export function judgeVector(vector: Float32Array): VectorJudgement {
  let sum = 0;
  for (let index = 0; index < vector.length; index++) {
    const value = vector[index] ?? 0;
    sum += value * value;
  }
  // Squares of finite single precision never overflow a double.
  if (Number.isFinite(sum)) return { notFinite: 0, firstNotFinite: null, length: Math.sqrt(sum) };
  const places = Array.from(vector.keys()).filter((index) => !Number.isFinite(vector[index]));
  return { notFinite: places.length, firstNotFinite: places[0] ?? null, length: NaN };
}

/**
 * Whether an embedding has the length that chromem-go takes every embedding to have.
 *
 * @param length Its Euclidean length.
 * @param dimension How many numbers it has.
 * @returns Whether it is 1, as far as an engine that normalises can get it.
 */
export function isNormalised(length: number, dimension: number): boolean {
  return Math.abs(length - 1) <= Math.max(TOLERANCE, dimension * TOLERANCE_PER_DIMENSION);
}
