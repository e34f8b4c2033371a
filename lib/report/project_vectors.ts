/**
 * Showing a sample of vectors in two dimensions: those in which they differ most.
 *
 * @module
 */

import type { SampledVector, VectorSample } from "../model/portrait.ts";
import {
  type CentredVectors,
  centreVectors,
  findPrincipalComponents,
} from "./principal_components.ts";
import { PLANE_SIZE, type ProjectedPoint, type ProjectionReport } from "./report_model.ts";

/** Fewer vectors show nothing. */
const FEWEST = 3;

/** A vector that is so many times longer than most was not made by the model that made the others. */
const OUTLYING = 10;

/** Room between the vectors and the edge of the plane. */
const MARGIN = 30;

/** A vector with its numbers. */
interface PlacedVector extends SampledVector {
  readonly values: Float32Array;
}

/**
 * Projects a sample of vectors.
 *
 * @param sample The vectors; those of another dimension than most of them count as damaged.
 * @returns The projection; null where too few have a position.
 */
export function projectVectors({ total, vectors }: VectorSample): ProjectionReport | null {
  const dimension = commonDimension(vectors);
  const placed = vectors.filter((vector): vector is PlacedVector =>
    vector.values !== null && vector.values.length === dimension
  );
  if (placed.length < FEWEST) return null;
  const missing = vectors.filter(({ state }) => state === "missing").length;
  const limit = OUTLYING * medianLength(placed);
  const usual = placed.filter(({ values }) => lengthOf(values) <= limit);
  const live = usual.filter(({ state }) => state !== "deleted");
  const fitted = live.length >= FEWEST ? live : usual.length >= FEWEST ? usual : placed;
  const centred = centreVectors(fitted.map(({ values }) => values));
  const { axes, explained } = findPrincipalComponents(centred);
  const places = placed.map(({ values }) => axes.map((axis) => project(values, axis, centred)));
  const inside = placed.map(({ values }) => lengthOf(values) <= limit);
  const plane = planeOf(places.filter((_, index) => inside[index]));
  return {
    total,
    points: placed.map(({ state, label }, index): ProjectedPoint => {
      const [x = 0, y = 0] = places[index] ?? [];
      return { ...plane(x, y), state, label };
    }),
    without: { missing, damaged: vectors.length - placed.length - missing },
    explained,
  };
}

/** The dimension that most of the vectors have. */
function commonDimension(vectors: readonly SampledVector[]): number {
  const counts = new Map<number, number>();
  for (const { values } of vectors) {
    if (values !== null) counts.set(values.length, (counts.get(values.length) ?? 0) + 1);
  }
  return [...counts].sort(([, one], [, other]) => other - one)[0]?.[0] ?? 0;
}

function medianLength(vectors: readonly PlacedVector[]): number {
  const lengths = vectors.map(({ values }) => lengthOf(values)).sort((one, other) => one - other);
  return lengths[Math.floor(lengths.length / 2)] ?? 0;
}

function lengthOf(values: Float32Array): number {
  let sum = 0;
  for (let place = 0; place < values.length; place++) sum += (values[place] ?? 0) ** 2;
  return Math.sqrt(sum);
}

function project(values: Float32Array, axis: Float64Array, { mean }: CentredVectors): number {
  let sum = 0;
  for (let place = 0; place < values.length; place++) {
    sum += ((values[place] ?? 0) - (mean[place] ?? 0)) * (axis[place] ?? 0);
  }
  return sum;
}

/** Takes both directions to the plane by the same scale, so that distances can be compared. */
function planeOf(
  places: readonly (readonly number[])[],
): (x: number, y: number) => Pick<ProjectedPoint, "x" | "y" | "isOutside"> {
  const [across, up] = [0, 1].map((direction) =>
    spanOf(places.map((place) => place[direction] ?? 0))
  );
  const width = Math.max(across?.width ?? 0, up?.width ?? 0);
  const scale = width === 0 ? 0 : (PLANE_SIZE - 2 * MARGIN) / width;
  return (x, y) => {
    const left = PLANE_SIZE / 2 + scale * (x - (across?.middle ?? 0));
    const top = PLANE_SIZE / 2 - scale * (y - (up?.middle ?? 0));
    const [inX, inY] = [clamp(left), clamp(top)];
    const isOutside = Math.abs(inX - left) > 1 || Math.abs(inY - top) > 1;
    return { x: Math.round(inX), y: Math.round(inY), isOutside };
  };
}

function spanOf(values: readonly number[]): { middle: number; width: number } {
  let [least, most] = [Infinity, -Infinity];
  for (const value of values) [least, most] = [Math.min(least, value), Math.max(most, value)];
  return values.length === 0
    ? { middle: 0, width: 0 }
    : { middle: (least + most) / 2, width: most - least };
}

function clamp(value: number): number {
  return Math.min(PLANE_SIZE - MARGIN / 2, Math.max(MARGIN / 2, value));
}
