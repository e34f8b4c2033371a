/**
 * The kernel of the index builder: HNSW over quantised vectors in one WebAssembly memory.
 *
 * This is AssemblyScript. `deno task kernel` joins this file with `quantise.as`, `distances.as`,
 * `search.as`, `links.as` and `compare.as` and compiles them to the bytes in `lib/hnsw/kernel`. What
 * stands where in the memory is decided by `lib/hnsw/build/plan.ts`; the addresses come in the table
 * that `configure` reads.
 *
 * Distances. A vector x is kept as 7-bit codes of x - c, c being the centre of all vectors, with a
 * scale of its own: x - c = scale × (code - 64). All three spaces then are
 *
 *     distance(a, b) = term(a) + term(b) - weight(a) × weight(b) × Σ (code(a) - 64) (code(b) - 64)
 *
 * with exact terms: |x - c|² for l2, (1 + |c|²) / 2 - c·x for ip and cosine.
 *
 * Threads. Every thread has an instance of its own over the shared memory. Lists of links are read
 * without a lock: every number that ever stands in one is a node. They are written under the lock of
 * their node. A node is searched for on all of its levels before it is linked in from level 0
 * upwards, so whoever finds it on a level finds its links below.
 */

/** Set in the head of a list while a thread writes it. */
const LOCKED: u32 = 0x8000_0000;
const COUNT_MASK: u32 = 0xffff;

/** Set in the level of a node that may be walked through and never linked to. */
const DELETED: u32 = 0x80;
const LEVEL_MASK: u32 = 0x7f;

let nodes: u32 = 0;
let dimension: u32 = 0;
let codesSize: usize = 0;
let maxLinks: u32 = 0;
let maxLinks0: u32 = 0;
let efConstruction: u32 = 0;
let spaceL2: bool = false;
let entryNode: u32 = 0;
let entryLevel: u32 = 0;
let orderLength: u32 = 0;
let codesAddress: usize = 0;
let factorsAddress: usize = 0;
let biasAddress: usize = 0;
let headsAddress: usize = 0;
let linksAddress: usize = 0;
let levelsAddress: usize = 0;
let upperIndexAddress: usize = 0;
let upperAddress: usize = 0;
let orderAddress: usize = 0;
let centreAddress: usize = 0;
let stageAddress: usize = 0;
let lengthsAddress: usize = 0;
let centreSquared: f32 = 0;

// What a thread has for itself.
let visitedAddress: usize = 0;
let poolAddress: usize = 0;
let gatheredAddress: usize = 0;
let selectedAddress: usize = 0;
let shrinkAddress: usize = 0;
let visitedTag: u32 = 0;
let poolLength: u32 = 0;

// Where threads meet: how many nodes were taken, how many are done, and whether to stop.
let nextAddress: usize = 0;
let doneAddress: usize = 0;
let stopAddress: usize = 0;

/** Reads a field of the table of addresses; each has 8 bytes. */
@inline
function field(index: usize): usize {
  return <usize> load<u64>(tableAddress + (index << 3));
}

let tableAddress: usize = 0;

/** Reads the table, and where this thread has its own part of the memory. */
export function configure(table: u32, thread: u32): void {
  tableAddress = <usize> table;
  nodes = <u32> field(0);
  dimension = <u32> field(1);
  codesSize = field(2);
  maxLinks = <u32> field(3);
  maxLinks0 = <u32> field(4);
  efConstruction = <u32> field(5);
  spaceL2 = field(6) !== 0;
  entryNode = <u32> field(7);
  entryLevel = <u32> field(8);
  orderLength = <u32> field(9);
  codesAddress = field(10);
  factorsAddress = field(11);
  biasAddress = field(12);
  headsAddress = field(13);
  linksAddress = field(14);
  levelsAddress = field(15);
  upperIndexAddress = field(16);
  upperAddress = field(17);
  orderAddress = field(18);
  centreAddress = field(19);
  stageAddress = field(20);
  lengthsAddress = field(21);
  const scratch: usize = field(22) + <usize> thread * field(23);
  visitedAddress = scratch + field(24);
  poolAddress = scratch + field(25);
  gatheredAddress = scratch + field(26);
  selectedAddress = scratch + field(27);
  shrinkAddress = scratch + field(28);
  nextAddress = field(29);
  doneAddress = field(30);
  stopAddress = field(31);
  memory.fill(visitedAddress, 0, <usize> nodes);
  visitedTag = 0;
  centreSquared = 0;
  for (let index: u32 = 0; index < dimension; index++) {
    const value = load<f32>(centreAddress + (<usize> index << 2));
    centreSquared += value * value;
  }
}

/** Where the list of a node on a level above 0 stands: its count, then its links. */
@inline
function upperList(node: u32, level: u32): usize {
  const index = load<u32>(upperIndexAddress + (<usize> node << 2)) + level - 1;
  return upperAddress + <usize> index * (<usize> (maxLinks + 1) << 2);
}

@inline
function headOf(node: u32, level: u32): usize {
  return level === 0 ? headsAddress + (<usize> node << 2) : upperList(node, level);
}

@inline
function linksOf(node: u32, level: u32): usize {
  return level === 0
    ? linksAddress + <usize> node * (<usize> maxLinks0 << 2)
    : upperList(node, level) + 4;
}

@inline
function levelOf(node: u32): u32 {
  return load<u8>(levelsAddress + node) & LEVEL_MASK;
}

@inline
function isDeleted(node: u32): bool {
  return (load<u8>(levelsAddress + node) & DELETED) !== 0;
}

function lock(head: usize): u32 {
  while (true) {
    const value = atomic.load<u32>(head);
    if ((value & LOCKED) === 0 && atomic.cmpxchg<u32>(head, value, value | LOCKED) === value) {
      return value & COUNT_MASK;
    }
    // A thread that was ended may have left a lock behind; nobody is to wait for it.
    if (atomic.load<u32>(stopAddress) !== 0) unreachable();
  }
}

/** Ends the lock of a list and says how long it is now. */
@inline
function unlock(head: usize, count: u32): void {
  atomic.store<u32>(head, count);
}
