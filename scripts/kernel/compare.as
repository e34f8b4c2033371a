/**
 * Exact inner products and distances of many vectors with a few, for the true nearest neighbours
 * that a search is held against.
 */

/**
 * Holds vectors against queries.
 *
 * @param first Where the first vector stands.
 * @param stride How many bytes lie between the beginnings of two vectors.
 * @param count How many vectors.
 * @param queries Where the queries stand, one after another.
 * @param queryCount How many queries, a multiple of 4.
 * @param floats Floats of a vector.
 * @param target Takes `queryCount` numbers for each vector: inner products or, with `squared`,
 * squares of distances.
 * @param squared Whether these are squares of distances.
 */
export function compare(
  first: u32,
  stride: u32,
  count: u32,
  queries: u32,
  queryCount: u32,
  floats: u32,
  target: u32,
  squared: bool,
): void {
  const size = <usize> floats << 2;
  let vector = <usize> first;
  let row = <usize> target;
  for (let index: u32 = 0; index < count; index++) {
    let query = <usize> queries;
    for (let group: u32 = 0; group < queryCount; group += 4) {
      if (squared) putDistances(vector, query, size, row);
      else putProducts(vector, query, size, row);
      query += size << 2;
      row += 16;
    }
    vector += <usize> stride;
  }
}

function putProducts(vector: usize, query: usize, size: usize, target: usize): void {
  const whole = size & ~15;
  let sums0 = f32x4.splat(0);
  let sums1 = f32x4.splat(0);
  let sums2 = f32x4.splat(0);
  let sums3 = f32x4.splat(0);
  for (let offset: usize = 0; offset < whole; offset += 16) {
    const values = v128.load(vector + offset);
    const at = query + offset;
    sums0 = f32x4.add(sums0, f32x4.mul(values, v128.load(at)));
    sums1 = f32x4.add(sums1, f32x4.mul(values, v128.load(at + size)));
    sums2 = f32x4.add(sums2, f32x4.mul(values, v128.load(at + 2 * size)));
    sums3 = f32x4.add(sums3, f32x4.mul(values, v128.load(at + 3 * size)));
  }
  store<f32>(target, sumOf(sums0));
  store<f32>(target, sumOf(sums1), 4);
  store<f32>(target, sumOf(sums2), 8);
  store<f32>(target, sumOf(sums3), 12);
  for (let offset = whole; offset < size; offset += 4) {
    const value = load<f32>(vector + offset);
    for (let place: usize = 0; place < 4; place++) {
      const sum = target + (place << 2);
      store<f32>(sum, load<f32>(sum) + value * load<f32>(query + place * size + offset));
    }
  }
}

function putDistances(vector: usize, query: usize, size: usize, target: usize): void {
  const whole = size & ~15;
  let sums0 = f32x4.splat(0);
  let sums1 = f32x4.splat(0);
  let sums2 = f32x4.splat(0);
  let sums3 = f32x4.splat(0);
  for (let offset: usize = 0; offset < whole; offset += 16) {
    const values = v128.load(vector + offset);
    const at = query + offset;
    sums0 = addSquares(sums0, f32x4.sub(values, v128.load(at)));
    sums1 = addSquares(sums1, f32x4.sub(values, v128.load(at + size)));
    sums2 = addSquares(sums2, f32x4.sub(values, v128.load(at + 2 * size)));
    sums3 = addSquares(sums3, f32x4.sub(values, v128.load(at + 3 * size)));
  }
  store<f32>(target, sumOf(sums0));
  store<f32>(target, sumOf(sums1), 4);
  store<f32>(target, sumOf(sums2), 8);
  store<f32>(target, sumOf(sums3), 12);
  for (let offset = whole; offset < size; offset += 4) {
    const value = load<f32>(vector + offset);
    for (let place: usize = 0; place < 4; place++) {
      const sum = target + (place << 2);
      const difference = value - load<f32>(query + place * size + offset);
      store<f32>(sum, load<f32>(sum) + difference * difference);
    }
  }
}

@inline
function addSquares(sums: v128, differences: v128): v128 {
  return f32x4.add(sums, f32x4.mul(differences, differences));
}
