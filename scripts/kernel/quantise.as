/**
 * Vectors become nodes: normalising, codes and factors, and holding vectors against them.
 */

/**
 * Divides the first `count` vectors of the stage by their Euclidean lengths as hnswlib does it, in
 * 32-bit arithmetic and in the order of the dimensions. A length that is given already, any number
 * but NaN, says that the vector is normalised, and it stays as it is.
 */
export function normalise(count: u32): void {
  const size = <usize> dimension << 2;
  for (let vector: u32 = 0; vector < count; vector++) {
    const row = stageAddress + <usize> vector * size;
    const lengthAddress = lengthsAddress + (<usize> vector << 2);
    const known = load<f32>(lengthAddress);
    if (known === known) continue;
    let squared: f32 = 0;
    for (let offset: usize = 0; offset < size; offset += 4) {
      const value = load<f32>(row + offset);
      squared += value * value;
    }
    const length = sqrt<f32>(squared);
    const factor: f32 = 1 / (length + <f32> 1e-30);
    for (let offset: usize = 0; offset < size; offset += 4) {
      store<f32>(row + offset, load<f32>(row + offset) * factor);
    }
    store<f32>(lengthAddress, length);
  }
}

/**
 * Makes nodes of the first `count` vectors of the stage.
 *
 * @returns The place of a vector that has a number which is not finite, or `count`.
 */
export function quantise(first: u32, count: u32): u32 {
  for (let vector: u32 = 0; vector < count; vector++) {
    const row = stageAddress + <usize> vector * (<usize> dimension << 2);
    measure(row);
    if (!isFinite<f32>(measuredScale)) return vector;
    const node = first + vector;
    const factors = factorsAddress + (<usize> node << 3);
    store<f32>(factors, measuredTerm);
    store<f32>(factors, weightOf(measuredScale), 4);
    store<i32>(biasAddress + (<usize> node << 2), -64 * encode(row, node));
  }
  return count;
}

/**
 * Holds the first `count` vectors of the stage against the nodes that were made of them.
 *
 * @returns The place of a vector that is not the one which the node was made of, or `count`.
 */
export function verify(first: u32, count: u32): u32 {
  for (let vector: u32 = 0; vector < count; vector++) {
    measure(stageAddress + <usize> vector * (<usize> dimension << 2));
    const factors = factorsAddress + (<usize> (first + vector) << 3);
    const same = reinterpret<u32>(load<f32>(factors)) === reinterpret<u32>(measuredTerm) &&
      load<f32>(factors, 4) === weightOf(measuredScale);
    if (!same) return vector;
  }
  return count;
}

let measuredScale: f32 = 0;
let measuredTerm: f32 = 0;

@inline
function weightOf(scale: f32): f32 {
  return spaceL2 ? scale * <f32> Math.SQRT2 : scale;
}

/** Measures a vector against the centre: the scale of its codes, and its term. */
function measure(row: usize): void {
  const size = <usize> dimension << 2;
  const whole = size & ~15;
  let largests = f32x4.splat(0);
  let squares = f32x4.splat(0);
  let products = f32x4.splat(0);
  for (let offset: usize = 0; offset < whole; offset += 16) {
    const values = v128.load(row + offset);
    const centres = v128.load(centreAddress + offset);
    const differences = f32x4.sub(values, centres);
    largests = f32x4.max(largests, f32x4.abs(differences));
    squares = f32x4.add(squares, f32x4.mul(differences, differences));
    products = f32x4.add(products, f32x4.mul(values, centres));
  }
  let largest = max<f32>(
    max<f32>(f32x4.extract_lane(largests, 0), f32x4.extract_lane(largests, 1)),
    max<f32>(f32x4.extract_lane(largests, 2), f32x4.extract_lane(largests, 3)),
  );
  let squared = sumOf(squares);
  let alongCentre = sumOf(products);
  for (let offset: usize = whole; offset < size; offset += 4) {
    const value = load<f32>(row + offset);
    const centre = load<f32>(centreAddress + offset);
    const difference = value - centre;
    largest = max<f32>(largest, abs<f32>(difference));
    squared += difference * difference;
    alongCentre += value * centre;
  }
  // What is smaller has no inverse, and is next to nothing.
  measuredScale = largest < <f32> 1e-30 ? 1 : largest / 63;
  measuredTerm = spaceL2 ? squared : <f32> 0.5 * (1 + centreSquared) - alongCentre;
}

@inline
function sumOf(lanes: v128): f32 {
  return (f32x4.extract_lane(lanes, 0) + f32x4.extract_lane(lanes, 1)) +
    (f32x4.extract_lane(lanes, 2) + f32x4.extract_lane(lanes, 3));
}

/** Writes the codes of a vector that was measured just now, and returns their sum. */
function encode(row: usize, node: u32): i32 {
  const target = codesAddress + <usize> node * codesSize;
  const inverse: f32 = 1 / measuredScale;
  const inverses = f32x4.splat(inverse);
  const whole = <usize> dimension & ~15;
  let sums = i32x4.splat(0);
  for (let index: usize = 0; index < whole; index += 16) {
    const codes0 = fourCodes(row, index, inverses);
    const codes1 = fourCodes(row, index + 4, inverses);
    const codes2 = fourCodes(row, index + 8, inverses);
    const codes3 = fourCodes(row, index + 12, inverses);
    sums = i32x4.add(sums, i32x4.add(i32x4.add(codes0, codes1), i32x4.add(codes2, codes3)));
    const codes = i8x16.narrow_i16x8_s(
      i16x8.narrow_i32x4_s(codes0, codes1),
      i16x8.narrow_i32x4_s(codes2, codes3),
    );
    v128.store(target + index, i8x16.add(codes, i8x16.splat(64)));
  }
  let sum = i32x4.extract_lane(sums, 0) + i32x4.extract_lane(sums, 1) +
    i32x4.extract_lane(sums, 2) + i32x4.extract_lane(sums, 3);
  for (let index: usize = whole; index < <usize> dimension; index++) {
    const difference = load<f32>(row + (index << 2)) - load<f32>(centreAddress + (index << 2));
    const code = <i32> nearest<f32>(difference * inverse);
    sum += code;
    store<u8>(target + index, <u8> (code + 64));
  }
  for (let index: usize = dimension; index < codesSize; index++) store<u8>(target + index, 64);
  return sum;
}

@inline
function fourCodes(row: usize, index: usize, inverses: v128): v128 {
  const differences = f32x4.sub(
    v128.load(row + (index << 2)),
    v128.load(centreAddress + (index << 2)),
  );
  return i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(differences, inverses)));
}
