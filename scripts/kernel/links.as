/**
 * Choosing links, writing them, and inserting nodes.
 */

/**
 * Chooses links by hnswlib's heuristic: a candidate that is nearer to one chosen before than to the
 * node itself is left out.
 *
 * @param candidates Their keys, sorted; the chosen ones are moved to the front.
 * @param count How many there are.
 * @param most How many are chosen at the most.
 * @returns How many were chosen.
 */
function select(candidates: usize, count: u32, most: u32): u32 {
  if (count < most) return count;
  let chosen: u32 = 0;
  for (let index: u32 = 0; index < count && chosen < most; index++) {
    const key = load<u64>(candidates + (<usize> index << 3));
    const distance = <u32> (key >>> 32);
    const node = nodeOf(key);
    takeAsQuery(node);
    let good = true;
    for (let other: u32 = 0; other < chosen; other += 4) {
      const others = candidates + (<usize> other << 3);
      const node0 = nodeOf(load<u64>(others));
      const node1 = other + 1 < chosen ? nodeOf(load<u64>(others, 8)) : node0;
      const node2 = other + 2 < chosen ? nodeOf(load<u64>(others, 16)) : node0;
      const node3 = other + 3 < chosen ? nodeOf(load<u64>(others, 24)) : node0;
      const distances = sortable(fourDistances(node0, node1, node2, node3));
      if (v128.any_true(i32x4.lt_u(distances, i32x4.splat(distance)))) {
        good = false;
        break;
      }
    }
    if (!good) continue;
    store<u64>(candidates + (<usize> chosen << 3), key);
    chosen++;
  }
  return chosen;
}

/** Takes out of the pool what may not be linked to: the node itself, and deleted ones. */
function filterPool(node: u32): void {
  let kept: u32 = 0;
  for (let index: u32 = 0; index < poolLength; index++) {
    const key = load<u64>(poolAddress + (<usize> index << 3));
    const candidate = nodeOf(key);
    if (candidate === node || isDeleted(candidate)) continue;
    store<u64>(poolAddress + (<usize> kept << 3), key);
    kept++;
  }
  poolLength = kept;
}

/** Adds a link to a list; a full one is chosen anew from what it holds and the new one. */
function addLink(from: u32, to: u32, distance: u32, level: u32): void {
  const most = level === 0 ? maxLinks0 : maxLinks;
  const head = headOf(from, level);
  const links = linksOf(from, level);
  const count = lock(head);
  for (let index: u32 = 0; index < count; index++) {
    if (load<u32>(links + (<usize> index << 2)) === to) {
      unlock(head, count);
      return;
    }
  }
  if (count < most) {
    store<u32>(links + (<usize> count << 2), to);
    unlock(head, count + 1);
    return;
  }
  takeAsQuery(from);
  sortIn(shrinkAddress, 0, toKey(distance, to));
  for (let index: u32 = 0; index < count; index += 4) {
    const group = links + (<usize> index << 2);
    const node0 = load<u32>(group);
    const node1 = index + 1 < count ? load<u32>(group, 4) : node0;
    const node2 = index + 2 < count ? load<u32>(group, 8) : node0;
    const node3 = index + 3 < count ? load<u32>(group, 12) : node0;
    const distances = sortable(fourDistances(node0, node1, node2, node3));
    sortIn(shrinkAddress, index + 1, toKey(i32x4.extract_lane(distances, 0), node0));
    if (index + 1 < count) {
      sortIn(shrinkAddress, index + 2, toKey(i32x4.extract_lane(distances, 1), node1));
    }
    if (index + 2 < count) {
      sortIn(shrinkAddress, index + 3, toKey(i32x4.extract_lane(distances, 2), node2));
    }
    if (index + 3 < count) {
      sortIn(shrinkAddress, index + 4, toKey(i32x4.extract_lane(distances, 3), node3));
    }
  }
  const chosen = select(shrinkAddress, count + 1, most);
  for (let index: u32 = 0; index < chosen; index++) {
    const node = nodeOf(load<u64>(shrinkAddress + (<usize> index << 3)));
    store<u32>(links + (<usize> index << 2), node);
  }
  unlock(head, chosen);
}

/** Puts a key into a sorted array of `count` keys. */
@inline
function sortIn(array: usize, count: u32, key: u64): void {
  let address = array + (<usize> count << 3);
  while (address > array) {
    const before = load<u64>(address - 8);
    if (before <= key) break;
    store<u64>(address, before);
    address -= 8;
  }
  store<u64>(address, key);
}

/** Where the links chosen for a level stand until they are written: their count, then their keys. */
@inline
function selectedOn(level: u32): usize {
  return selectedAddress + <usize> level * ((<usize> maxLinks + 1) << 3);
}

function insert(node: u32): void {
  const level = min(levelOf(node), entryLevel);
  takeAsQuery(node);
  let nearest = descend(level);
  for (let current = <i32> level; current >= 0; current--) {
    takeAsQuery(node);
    searchLevel(nearest & ~1, current);
    filterPool(node);
    if (poolLength < 2) {
      // Where it began links have been lost; from the entry everything else can be reached.
      searchLevel(toKey(oneDistance(entryNode), entryNode), current);
      filterPool(node);
    }
    if (poolLength > 0) nearest = load<u64>(poolAddress);
    const chosen = select(poolAddress, poolLength, maxLinks);
    const selected = selectedOn(current);
    store<u64>(selected, chosen);
    memory.copy(selected + 8, poolAddress, <usize> chosen << 3);
  }
  for (let current: u32 = 0; current <= level; current++) link(node, current);
}

/** Links a node with the ones chosen for it; links that it has already are kept where they fit. */
function link(node: u32, level: u32): void {
  const selected = selectedOn(level);
  const count = <u32> load<u64>(selected);
  const head = headOf(node, level);
  const links = linksOf(node, level);
  const before = lock(head);
  if (before === 0) {
    for (let index: u32 = 0; index < count; index++) {
      const key = load<u64>(selected + 8 + (<usize> index << 3));
      store<u32>(links + (<usize> index << 2), nodeOf(key));
    }
    unlock(head, count);
  } else {
    unlock(head, before);
    for (let index: u32 = 0; index < count; index++) {
      const key = load<u64>(selected + 8 + (<usize> index << 3));
      addLink(node, nodeOf(key), <u32> (key >>> 32), level);
    }
  }
  for (let index: u32 = 0; index < count; index++) {
    const key = load<u64>(selected + 8 + (<usize> index << 3));
    addLink(nodeOf(key), node, <u32> (key >>> 32), level);
  }
}

/**
 * Inserts nodes in their order until `most` were inserted, none is left, or a thread was told to
 * stop.
 *
 * @returns How many were inserted.
 */
export function insertSome(most: u32): u32 {
  let inserted: u32 = 0;
  while (inserted < most && atomic.load<u32>(stopAddress) === 0) {
    const next = atomic.add<u32>(nextAddress, 1);
    if (next >= orderLength) {
      atomic.sub<u32>(nextAddress, 1);
      break;
    }
    insert(load<u32>(orderAddress + (<usize> next << 2)));
    atomic.add<u32>(doneAddress, 1);
    inserted++;
  }
  return inserted;
}
