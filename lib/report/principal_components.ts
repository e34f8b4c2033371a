/**
 * The two directions in which vectors differ most, by power iteration on a block of directions:
 * each round multiplies the block by the covariance, which is never formed, and makes it orthogonal
 * again. More directions than are wanted make the first two come out after few rounds.
 *
 * @module
 */

import { SeededRandom } from "../base/seeded_random.ts";

/** How many directions are followed at once. */
const BLOCK = 8;

/** Rounds after which the rest does not show on a page. */
const MOST_ROUNDS = 20;

/** The share of the variance by which the last round may still have changed what is found. */
const SETTLED = 1e-5;

/** Vectors as one array, around their mean. */
export interface CentredVectors {
  /** The numbers, vector after vector. */
  readonly values: Float32Array;
  /** How many vectors there are. */
  readonly count: number;
  /** How many numbers each has. */
  readonly dimension: number;
  /** What was taken from each vector. */
  readonly mean: Float64Array;
}

/** Two directions. */
export interface PrincipalComponents {
  /** The directions, of length 1; of zeros where the vectors differ in fewer than two. */
  readonly axes: readonly [Float64Array, Float64Array];
  /** Which share of the variance each one has, from 0 to 1. */
  readonly explained: readonly [number, number];
}

/**
 * Puts vectors into one array around their mean.
 *
 * @param vectors Vectors of one dimension, all of finite numbers.
 * @returns The array.
 */
export function centreVectors(vectors: readonly Float32Array[]): CentredVectors {
  const dimension = vectors[0]?.length ?? 0;
  const mean = new Float64Array(dimension);
  for (const vector of vectors) {
    for (let place = 0; place < dimension; place++) {
      mean[place] = (mean[place] ?? 0) + (vector[place] ?? 0) / vectors.length;
    }
  }
  const values = new Float32Array(vectors.length * dimension);
  for (const [row, vector] of vectors.entries()) {
    for (let place = 0; place < dimension; place++) {
      values[row * dimension + place] = (vector[place] ?? 0) - (mean[place] ?? 0);
    }
  }
  return { values, count: vectors.length, dimension, mean };
}

/**
 * Finds the two directions in which vectors differ most.
 *
 * @param vectors The vectors around their mean.
 * @returns The directions; the same for the same vectors, on every machine.
 */
export function findPrincipalComponents(vectors: CentredVectors): PrincipalComponents {
  const { dimension } = vectors;
  const total = sumOfSquares(vectors.values);
  const zero = new Float64Array(dimension);
  if (total === 0 || dimension === 0) return { axes: [zero, zero], explained: [0, 0] };
  let block = orthogonalise(startBlock(dimension));
  let shares: readonly [number, number] = [0, 0];
  for (let round = 0;; round++) {
    const { covariance, image } = multiply(vectors, block);
    const eigen = diagonalise(covariance);
    const [first = 0, second = 0] = eigen.map(({ value }) => Math.max(0, value) / total);
    const change = Math.abs(first - shares[0]) + Math.abs(second - shares[1]);
    shares = [first, second];
    if (change < SETTLED || round === MOST_ROUNDS) {
      const axis = (place: number): Float64Array =>
        pointForward(combine(block, eigen[place]?.vector ?? [], dimension));
      return { axes: [axis(0), axis(1)], explained: shares };
    }
    block = orthogonalise(image);
  }
}

function sumOfSquares(values: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += (values[index] ?? 0) ** 2;
  return sum;
}

function startBlock(dimension: number): Float64Array[] {
  const random = new SeededRandom(dimension, "principal components");
  return Array.from(
    { length: Math.min(BLOCK, dimension) },
    () => Float64Array.from({ length: dimension }, () => random.word() / 2 ** 31 - 1),
  );
}

/** What a round gives: the covariance within the block, and the block times the covariance. */
interface Round {
  readonly covariance: number[][];
  readonly image: Float64Array[];
}

function multiply(
  { values, count, dimension }: CentredVectors,
  block: readonly Float64Array[],
): Round {
  const image = block.map(() => new Float64Array(dimension));
  const covariance = block.map(() => new Array<number>(block.length).fill(0));
  const weights = new Float64Array(block.length);
  for (let row = 0; row < count; row++) {
    const start = row * dimension;
    for (const [index, direction] of block.entries()) {
      let weight = 0;
      for (let place = 0; place < dimension; place++) {
        weight += (values[start + place] ?? 0) * (direction[place] ?? 0);
      }
      weights[index] = weight;
    }
    for (const [index, target] of image.entries()) {
      const weight = weights[index] ?? 0;
      for (let place = 0; place < dimension; place++) {
        target[place] = (target[place] ?? 0) + weight * (values[start + place] ?? 0);
      }
      const line = covariance[index] ?? [];
      for (let other = 0; other < line.length; other++) {
        line[other] = (line[other] ?? 0) + weight * (weights[other] ?? 0);
      }
    }
  }
  return { covariance, image };
}

/** Gram and Schmidt's way, twice for the sake of rounding; a direction that is none becomes zeros. */
function orthogonalise(block: readonly Float64Array[]): Float64Array[] {
  const done: Float64Array[] = [];
  for (const direction of block) {
    const before = Math.sqrt(dot(direction, direction));
    for (const other of [...done, ...done]) {
      const weight = dot(direction, other);
      direction.forEach((value, place) => direction[place] = value - weight * (other[place] ?? 0));
    }
    const length = Math.sqrt(dot(direction, direction));
    const scale = length > 1e-10 * before ? 1 / length : 0;
    done.push(direction.map((value) => value * scale));
  }
  return done;
}

function dot(one: Float64Array, other: Float64Array): number {
  let sum = 0;
  for (let place = 0; place < one.length; place++) sum += (one[place] ?? 0) * (other[place] ?? 0);
  return sum;
}

/** An eigenvalue with its vector. */
interface Eigenpair {
  readonly value: number;
  readonly vector: readonly number[];
}

/** Jacobi's way: turns a small symmetric matrix until nothing stands beside its diagonal. */
function diagonalise(matrix: readonly (readonly number[])[]): Eigenpair[] {
  const size = matrix.length;
  const work = matrix.map((line) => Float64Array.from(line));
  const turned = matrix.map((_, row) =>
    Float64Array.from({ length: size }, (_, column) => Number(row === column))
  );
  const at = (row: number, column: number): number => work[row]?.[column] ?? 0;
  for (let sweep = 0; sweep < 30; sweep++) {
    for (let row = 0; row < size; row++) {
      for (let column = row + 1; column < size; column++) {
        const beside = at(row, column);
        if (Math.abs(beside) <= 1e-15 * (Math.abs(at(row, row)) + Math.abs(at(column, column)))) {
          continue;
        }
        const angle = Math.atan2(2 * beside, at(row, row) - at(column, column)) / 2;
        for (const line of [...work, ...turned]) rotate(line, row, column, angle);
        rotateLines(work, row, column, angle);
      }
    }
  }
  return work.map((line, index) => ({
    value: line[index] ?? 0,
    vector: turned.map((row) => row[index] ?? 0),
  })).sort((one, other) => other.value - one.value);
}

function rotate(line: Float64Array, first: number, second: number, angle: number): void {
  const [one, other] = [line[first] ?? 0, line[second] ?? 0];
  line[first] = Math.cos(angle) * one + Math.sin(angle) * other;
  line[second] = Math.cos(angle) * other - Math.sin(angle) * one;
}

function rotateLines(
  work: readonly Float64Array[],
  first: number,
  second: number,
  angle: number,
): void {
  const [one, other] = [work[first], work[second]];
  if (one === undefined || other === undefined) return;
  for (let column = 0; column < one.length; column++) {
    const [upper, lower] = [one[column] ?? 0, other[column] ?? 0];
    one[column] = Math.cos(angle) * upper + Math.sin(angle) * lower;
    other[column] = Math.cos(angle) * lower - Math.sin(angle) * upper;
  }
}

function combine(
  block: readonly Float64Array[],
  weights: readonly number[],
  dimension: number,
): Float64Array {
  const sum = new Float64Array(dimension);
  for (const [index, direction] of block.entries()) {
    const weight = weights[index] ?? 0;
    direction.forEach((value, place) => sum[place] = (sum[place] ?? 0) + weight * value);
  }
  return sum;
}

/** A direction and its opposite are the same: the largest number of it is made positive. */
function pointForward(direction: Float64Array): Float64Array {
  const largest = direction.reduce(
    (most, value) => Math.abs(value) > Math.abs(most) + 1e-9 ? value : most,
    0,
  );
  return largest < 0 ? direction.map((value) => -value) : direction;
}
