/**
 * Distances between nodes, four at a time, and how they are sorted.
 */

// The node whose distances to others are measured.
let queryCodes: usize = 0;
let queryTerm: f32 = 0;
let queryWeight: f32 = 0;
let queryBias: i32 = 0;

function takeAsQuery(node: u32): void {
  queryCodes = codesAddress + <usize> node * codesSize;
  const factors = factorsAddress + (<usize> node << 3);
  queryTerm = load<f32>(factors);
  queryWeight = load<f32>(factors, 4);
  queryBias = load<i32>(biasAddress + (<usize> node << 2));
}

/** Sums the products of 16 codes of the query and of another node, four sums side by side. */
@inline
function addProducts(query: v128, codes: v128, sums: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) {
    return i32x4.relaxed_dot_i8x16_i7x16_add_s(query, codes, sums);
  }
  const low = i16x8.extmul_low_i8x16_s(query, codes);
  const high = i16x8.extmul_high_i8x16_s(query, codes);
  return i32x4.add(sums, i32x4.extadd_pairwise_i16x8_s(i16x8.add(low, high)));
}

/** Measures the distances of four nodes to the query. */
function fourDistances(node0: u32, node1: u32, node2: u32, node3: u32): v128 {
  const size = codesSize;
  const query = queryCodes;
  const row0 = codesAddress + <usize> node0 * size;
  const row1 = codesAddress + <usize> node1 * size;
  const row2 = codesAddress + <usize> node2 * size;
  const row3 = codesAddress + <usize> node3 * size;
  const middle = i8x16.splat(64);
  let sums0 = i32x4.splat(0);
  let sums1 = i32x4.splat(0);
  let sums2 = i32x4.splat(0);
  let sums3 = i32x4.splat(0);
  for (let offset: usize = 0; offset < size; offset += 32) {
    const first = i8x16.sub(v128.load(query + offset), middle);
    sums0 = addProducts(first, v128.load(row0 + offset), sums0);
    sums1 = addProducts(first, v128.load(row1 + offset), sums1);
    sums2 = addProducts(first, v128.load(row2 + offset), sums2);
    sums3 = addProducts(first, v128.load(row3 + offset), sums3);
    const second = i8x16.sub(v128.load(query + offset, 16), middle);
    sums0 = addProducts(second, v128.load(row0 + offset, 16), sums0);
    sums1 = addProducts(second, v128.load(row1 + offset, 16), sums1);
    sums2 = addProducts(second, v128.load(row2 + offset, 16), sums2);
    sums3 = addProducts(second, v128.load(row3 + offset, 16), sums3);
  }
  const low01 = v128.shuffle<i32>(sums0, sums1, 0, 4, 1, 5);
  const high01 = v128.shuffle<i32>(sums0, sums1, 2, 6, 3, 7);
  const low23 = v128.shuffle<i32>(sums2, sums3, 0, 4, 1, 5);
  const high23 = v128.shuffle<i32>(sums2, sums3, 2, 6, 3, 7);
  const sum01 = i32x4.add(low01, high01);
  const sum23 = i32x4.add(low23, high23);
  const sums = i32x4.add(
    i32x4.add(
      v128.shuffle<i32>(sum01, sum23, 0, 1, 4, 5),
      v128.shuffle<i32>(sum01, sum23, 2, 3, 6, 7),
    ),
    i32x4.splat(queryBias),
  );
  const factors0 = v128.load64_zero(factorsAddress + (<usize> node0 << 3));
  const factors1 = v128.load64_zero(factorsAddress + (<usize> node1 << 3));
  const factors2 = v128.load64_zero(factorsAddress + (<usize> node2 << 3));
  const factors3 = v128.load64_zero(factorsAddress + (<usize> node3 << 3));
  const factors01 = v128.shuffle<i32>(factors0, factors1, 0, 4, 1, 5);
  const factors23 = v128.shuffle<i32>(factors2, factors3, 0, 4, 1, 5);
  const terms = v128.shuffle<i32>(factors01, factors23, 0, 1, 4, 5);
  const weights = v128.shuffle<i32>(factors01, factors23, 2, 3, 6, 7);
  return f32x4.sub(
    f32x4.add(terms, f32x4.splat(queryTerm)),
    f32x4.mul(
      f32x4.mul(weights, f32x4.splat(queryWeight)),
      f32x4.convert_i32x4_s(sums),
    ),
  );
}

/** Four distances as integers that sort like them. */
@inline
function sortable(distances: v128): v128 {
  const signs = i32x4.shr_s(distances, 31);
  return v128.xor(distances, v128.or(signs, i32x4.splat(0x8000_0000)));
}

/** A distance and its node in one number: sorts by distance, then by node. */
@inline
function toKey(distance: u32, node: u32): u64 {
  return (<u64> distance << 32) | (<u64> node << 1);
}

@inline
function nodeOf(key: u64): u32 {
  return (<u32> key) >>> 1;
}

/** One distance to the query as an integer that sorts like it. */
function oneDistance(node: u32): u32 {
  return i32x4.extract_lane(sortable(fourDistances(node, node, node, node)), 0);
}
