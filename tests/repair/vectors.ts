/**
 * Vectors as engines hand them out, and how near they are to each other.
 *
 * @module
 */

/** How vectors are compared. */
export type Space = "l2" | "cosine" | "ip";

/**
 * The nearest vectors, found by looking at all of them.
 *
 * @param query What is looked for.
 * @param records The vectors.
 * @param space How they are compared.
 * @param count How many are wanted.
 * @returns Their ids, the nearest first.
 */
export function nearestTo(
  query: Float32Array,
  records: ReadonlyMap<string, { readonly vector: Float32Array }>,
  space: Space,
  count: number,
): string[] {
  return Array.from(records, ([id, { vector }]) => ({
    id,
    distance: distanceOf(query, vector, space),
  }))
    .sort((left, right) => left.distance - right.distance)
    .slice(0, count)
    .map(({ id }) => id);
}

/** The distance of two vectors, as engines give it. */
export function distanceOf(query: Float32Array, vector: Float32Array, space: Space): number {
  if (space === "l2") {
    return query.reduce((sum, value, axis) => sum + (value - (vector[axis] ?? 0)) ** 2, 0);
  }
  return 1 - (space === "ip" ? dot(query, vector) : cosineOf(query, vector));
}

function dot(left: Float32Array, right: Float32Array): number {
  return left.reduce((sum, value, axis) => sum + value * (right[axis] ?? 0), 0);
}

/** The cosine of the angle between two vectors. */
export function cosineOf(left: Float32Array, right: Float32Array): number {
  return dot(left, right) / Math.hypot(...left) / Math.hypot(...right);
}

/** Rows of f32 as base64. */
export function encodeVectors(values: Iterable<number>): string {
  return new Uint8Array(Float32Array.from(values).buffer).toBase64();
}

/** Rows of f32 of base64. */
export function decodeVectors(text: string): Float32Array {
  return new Float32Array(Uint8Array.fromBase64(text).buffer);
}

/** A vector of length 1 in the same direction. */
export function normalise(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}
