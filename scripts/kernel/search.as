/**
 * Searching for the neighbours of a node.
 */

/** Walks down to the node of `level` that is nearest to the query; returns its key. */
function descend(level: u32): u64 {
  let best = toKey(oneDistance(entryNode), entryNode);
  for (let current = entryLevel; current > level; current--) {
    while (true) {
      const node = nodeOf(best);
      const list = upperList(node, current);
      const count = atomic.load<u32>(list) & COUNT_MASK;
      for (let index: u32 = 0; index < count; index += 4) {
        const links = list + 4 + (<usize> index << 2);
        const node0 = load<u32>(links);
        const node1 = index + 1 < count ? load<u32>(links, 4) : node0;
        const node2 = index + 2 < count ? load<u32>(links, 8) : node0;
        const node3 = index + 3 < count ? load<u32>(links, 12) : node0;
        const distances = sortable(fourDistances(node0, node1, node2, node3));
        best = min<u64>(best, toKey(i32x4.extract_lane(distances, 0), node0));
        best = min<u64>(best, toKey(i32x4.extract_lane(distances, 1), node1));
        best = min<u64>(best, toKey(i32x4.extract_lane(distances, 2), node2));
        best = min<u64>(best, toKey(i32x4.extract_lane(distances, 3), node3));
      }
      if (nodeOf(best) === node) break;
    }
  }
  return best;
}

/**
 * Puts a key into the pool, which is sorted, and drops the last one when it is full.
 *
 * @returns Where it stands.
 */
@inline
function insertIntoPool(key: u64): u32 {
  let low: u32 = 0;
  let high = poolLength;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (load<u64>(poolAddress + (<usize> middle << 3)) < key) low = middle + 1;
    else high = middle;
  }
  if (poolLength < efConstruction) poolLength++;
  const start = poolAddress + (<usize> low << 3);
  let address = poolAddress + (<usize> (poolLength - 1) << 3);
  while (address >= start + 16) {
    v128.store(address - 8, v128.load(address - 16));
    address -= 16;
  }
  if (address > start) store<u64>(address, load<u64>(address - 8));
  store<u64>(start, key);
  return low;
}

/** Fills the pool with the `efConstruction` nodes of a level that are nearest to the query. */
function searchLevel(entry: u64, level: u32): void {
  if (++visitedTag === 256) {
    memory.fill(visitedAddress, 0, <usize> nodes);
    visitedTag = 1;
  }
  const tag = visitedTag;
  const visited = visitedAddress;
  const gathered = gatheredAddress;
  store<u8>(visited + nodeOf(entry), tag);
  store<u64>(poolAddress, entry);
  poolLength = 1;
  let cursor: u32 = 0;
  while (cursor < poolLength) {
    const address = poolAddress + (<usize> cursor << 3);
    const key = load<u64>(address);
    if ((key & 1) !== 0) {
      cursor++;
      continue;
    }
    store<u64>(address, key | 1);
    const node = nodeOf(key);
    const count = atomic.load<u32>(headOf(node, level)) & COUNT_MASK;
    const links = linksOf(node, level);
    let end = gathered;
    for (let index: u32 = 0; index < count; index++) {
      const other = load<u32>(links + (<usize> index << 2));
      const mark = visited + other;
      store<u32>(end, other);
      end += load<u8>(mark) === tag ? 0 : 4;
      store<u8>(mark, tag);
    }
    if (end === gathered) continue;
    // Whole groups of four: the last node stands in for those that are missing.
    const last = load<u32>(end - 4);
    store<u32>(end, last);
    store<u32>(end, last, 4);
    store<u32>(end, last, 8);
    let first = poolLength;
    for (let group = gathered; group < end; group += 16) {
      const node0 = load<u32>(group);
      const node1 = load<u32>(group, 4);
      const node2 = load<u32>(group, 8);
      const node3 = load<u32>(group, 12);
      const distances = sortable(fourDistances(node0, node1, node2, node3));
      const present = <u32> min<usize>((end - group) >>> 2, 4);
      first = min(first, offer(i32x4.extract_lane(distances, 0), node0));
      if (present > 1) first = min(first, offer(i32x4.extract_lane(distances, 1), node1));
      if (present > 2) first = min(first, offer(i32x4.extract_lane(distances, 2), node2));
      if (present > 3) first = min(first, offer(i32x4.extract_lane(distances, 3), node3));
    }
    cursor = first <= cursor ? first : cursor + 1;
  }
}

/** Puts a node into the pool if it is near enough; returns where, or a place behind everything. */
@inline
function offer(distance: u32, node: u32): u32 {
  const key = toKey(distance, node);
  if (
    poolLength === efConstruction &&
    key >= load<u64>(poolAddress + (<usize> (poolLength - 1) << 3))
  ) return u32.MAX_VALUE;
  return insertIntoPool(key);
}
