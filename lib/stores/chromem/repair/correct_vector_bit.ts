/**
 * Undoing one flipped bit of an embedding that had the length 1.
 *
 * Of the bits of all numbers there is hardly another one than the flipped one that gives the length
 * back to the last digits: the engine normalises what it writes. It is evidence and no proof.
 *
 * @module
 */

/** How far the length of what the engine writes is from 1, and how that grows with dimensions. */
const TOLERANCE = 2e-7;
const TOLERANCE_PER_DIMENSION = 3e-10;

/**
 * Finds the embedding of length 1 that differs in one bit.
 *
 * @param vector The embedding.
 * @returns The embedding, or null when none or more than one fits.
 */
export function correctVectorBit(vector: Float32Array): Float32Array<ArrayBuffer> | null {
  const tolerance = TOLERANCE + TOLERANCE_PER_DIMENSION * vector.length;
  const squares = Float64Array.from(vector, (value) => value * value);
  const wild = squares.findIndex((square) => !Number.isFinite(square));
  const number = new Float32Array(1);
  const bits = new Uint32Array(number.buffer);
  let found: { readonly index: number; readonly value: number } | null = null;
  for (const [index, value] of vector.entries()) {
    // With one that is not finite, no other can be the one.
    if (wild !== -1 && index !== wild) continue;
    const others = sumWithout(squares, index);
    for (let bit = 0; bit < 32; bit++) {
      number[0] = value;
      bits[0] = (bits[0] ?? 0) ^ (1 << bit);
      const changed = number[0];
      if (!(Math.abs(Math.sqrt(others + changed * changed) - 1) <= tolerance)) continue;
      if (found !== null) return null;
      found = { index, value: changed };
    }
  }
  if (found === null) return null;
  const corrected = Float32Array.from(vector);
  corrected[found.index] = found.value;
  return corrected;
}

function sumWithout(squares: Float64Array, left: number): number {
  let sum = 0;
  for (let index = 0; index < squares.length; index++) {
    if (index !== left) sum += squares[index] ?? 0;
  }
  return sum;
}
