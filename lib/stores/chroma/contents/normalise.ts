/**
 * Normalising vectors as hnswlib does, four side by side: every addition has to wait for the one
 * before it, so that four sums take no longer than one.
 *
 * @module
 */

/** How many vectors are worked on side by side. */
export const LANES = 4;

const SMALLEST_LENGTH = Math.fround(1e-30);

/**
 * Tells by what hnswlib multiplies a vector to normalise it.
 *
 * @param sum The sum of the squares, as {@linkcode sumSquares} gives it.
 * @returns The factor, in single precision.
 */
export function toScale(sum: number): number {
  return Math.fround(1 / Math.fround(Math.fround(Math.sqrt(sum)) + SMALLEST_LENGTH));
}

/** Whether a vector that is multiplied by this still has a direction. */
export function isUsable(scale: number): boolean {
  return scale > 0 && scale < 1 / SMALLEST_LENGTH;
}

/** Where vectors stand. */
export interface VectorRange {
  /** Where the first begins. */
  readonly start: number;
  /** How many floats lie between the beginnings of two. */
  readonly stride: number;
  /** How many there are, at least one. */
  readonly count: number;
  /** Floats of a vector. */
  readonly dimension: number;
}

/**
 * Sums the squares of the first four vectors, or of as many as there are, one after another in
 * single precision.
 *
 * @param floats Where the vectors are.
 * @param range Where they stand in it.
 * @param sums Gets the four sums; those of vectors that are not there mean nothing.
 */
export function sumSquares(floats: Float32Array, range: VectorRange, sums: Float64Array): void {
  const { start, stride, count, dimension } = range;
  // Reading beyond the end would make an object of every number in the loop.
  const start2 = start + stride * Math.min(1, count - 1);
  const start3 = start + stride * Math.min(2, count - 1);
  const start4 = start + stride * Math.min(3, count - 1);
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  let sum4 = 0;
  for (let index = 0; index < dimension; index++) {
    const a = floats[start + index] ?? 0;
    const b = floats[start2 + index] ?? 0;
    const c = floats[start3 + index] ?? 0;
    const d = floats[start4 + index] ?? 0;
    sum1 = Math.fround(sum1 + Math.fround(a * a));
    sum2 = Math.fround(sum2 + Math.fround(b * b));
    sum3 = Math.fround(sum3 + Math.fround(c * c));
    sum4 = Math.fround(sum4 + Math.fround(d * d));
  }
  keep(sums, sum1, sum2, sum3, sum4);
}

/** A vector that is to be multiplied. */
export interface Multiplication {
  /** The vector. */
  readonly source: Float32Array;
  /** The factor. */
  readonly scale: number;
  /** Gets what comes out. */
  readonly target: Float32Array;
}

/**
 * Multiplies four vectors, and sums the squares of what comes out.
 *
 * @param tasks Four vectors of one dimension.
 * @param sums Gets the four sums.
 */
export function multiply(tasks: readonly Multiplication[], sums: Float64Array): void {
  const [one, two, three, four] = tasks;
  if (one === undefined || two === undefined || three === undefined || four === undefined) return;
  const { source: source1, target: target1, scale: scale1 } = one;
  const { source: source2, target: target2, scale: scale2 } = two;
  const { source: source3, target: target3, scale: scale3 } = three;
  const { source: source4, target: target4, scale: scale4 } = four;
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  let sum4 = 0;
  for (let index = 0; index < target1.length; index++) {
    const a = Math.fround((source1[index] ?? 0) * scale1);
    const b = Math.fround((source2[index] ?? 0) * scale2);
    const c = Math.fround((source3[index] ?? 0) * scale3);
    const d = Math.fround((source4[index] ?? 0) * scale4);
    target1[index] = a;
    target2[index] = b;
    target3[index] = c;
    target4[index] = d;
    sum1 = Math.fround(sum1 + Math.fround(a * a));
    sum2 = Math.fround(sum2 + Math.fround(b * b));
    sum3 = Math.fround(sum3 + Math.fround(c * c));
    sum4 = Math.fround(sum4 + Math.fround(d * d));
  }
  keep(sums, sum1, sum2, sum3, sum4);
}

function keep(sums: Float64Array, sum1: number, sum2: number, sum3: number, sum4: number): void {
  sums[0] = sum1;
  sums[1] = sum2;
  sums[2] = sum3;
  sums[3] = sum4;
}
