/**
 * What stands where in the memory of the kernel.
 *
 * The kernel knows no sizes of its own: it reads this table, one u64 after another.
 *
 * | field | meaning                                                                             |
 * | ----: | ----------------------------------------------------------------------------------- |
 * |     0 | how many nodes there are                                                            |
 * |     1 | floats of a vector                                                                  |
 * |     2 | bytes of the codes of a node: the dimension, filled up to a multiple of 32          |
 * |     3 | M                                                                                   |
 * |     4 | 2 M                                                                                 |
 * |     5 | candidates that are looked at for a new node                                        |
 * |     6 | 1 for the space l2                                                                  |
 * |   7–8 | the node at which every search begins, and its level                                |
 * |     9 | how many nodes are to be inserted                                                   |
 * |    10 | codes: bytes 1 to 127, 64 is zero                                                   |
 * |    11 | factors: term and weight of every node, f32                                         |
 * |    12 | bias: -64 times the sum of a node's codes, i32                                      |
 * |    13 | heads: how many links a node has on level 0, u32; bit 31 is its lock                |
 * |    14 | links on level 0: 2 M × u32 for each node                                           |
 * |    15 | levels, u8; bit 7 says deleted                                                      |
 * |    16 | the place of each node's first list above level 0, u32                              |
 * |    17 | lists above level 0: head and M × u32, as in link_lists.bin                         |
 * |    18 | the nodes that are to be inserted, in their order, u32                              |
 * |    19 | the centre of all vectors, f32                                                      |
 * | 20–21 | the stage: vectors that were just read, and their lengths, f32                      |
 * | 22–23 | what the first thread has for itself, and how far the next thread's is from it      |
 * | 24–28 | within that: marks of visited nodes, pool, gathered nodes, chosen links, a list     |
 * |    29 | how many of the nodes to be inserted were taken by a thread, u32                    |
 * |    30 | how many of them are inserted, u32                                                  |
 * |    31 | whether the threads are to stop, u32                                                |
 *
 * @module
 */

import { HIGHEST_BUILT_LEVEL } from "./levels.ts";
import type { IndexSettings } from "./settings.ts";

/** Everything else stands behind the first page. */
export const PAGE_SIZE_BYTES = 65536;

/** Where an array begins, so that no two threads write to one line of the cache. */
const ALIGNMENT = 128;

/** The most that a memory with addresses of 32 bits holds. */
const NARROW_LIMIT_BYTES = 65536 * PAGE_SIZE_BYTES;

/** How many bytes of vectors are read at a time. */
const STAGE_SIZE_BYTES = 2 << 20;

/** What decides how much memory is taken. */
export interface MemoryNeeds {
  /** What the engine decided. */
  readonly settings: IndexSettings;
  /** How many candidates are looked at. */
  readonly efConstruction: number;
  /** How many nodes there are. */
  readonly count: number;
  /** How many lists there are above level 0. */
  readonly upperLists: number;
  /** How many threads there are. */
  readonly threads: number;
  /**
   * Whether addresses have 64 bits although 32 would do. Everything then stands where 32 are too
   * few; what is before it is never touched, and takes no memory.
   */
  readonly wide: boolean;
}

/** Where everything stands, in bytes from the start of the memory. */
export interface MemoryPlan extends MemoryNeeds {
  /** How much memory that is. */
  readonly sizeBytes: number;
  /** How many vectors the stage holds. */
  readonly stageVectors: number;
  /** Bytes of a node's codes. */
  readonly codesSizeBytes: number;
  /** Where each array stands. */
  readonly at: Readonly<Record<MemoryArray, number>>;
  /** What a thread has for itself, and where within it. */
  readonly scratch: { readonly sizeBytes: number; readonly offsets: readonly number[] };
}

/** The arrays, in the order in which they stand, and of the table's fields from 10 on. */
export const MEMORY_ARRAYS = [
  "codes",
  "factors",
  "bias",
  "heads",
  "links",
  "levels",
  "upperIndex",
  "upperLists",
  "order",
  "centre",
  "stage",
  "lengths",
  "scratch",
] as const;

/** An array in the memory. */
export type MemoryArray = typeof MEMORY_ARRAYS[number];

/**
 * Plans the memory for an index.
 *
 * @param needs What has to be held.
 * @returns Where everything stands.
 */
export function planMemory(needs: MemoryNeeds): MemoryPlan {
  const { settings: { dimension, maxLinks }, count, upperLists, threads } = needs;
  const codesSizeBytes = alignTo(dimension, 32);
  const stageVectors = Math.max(1, Math.min(count, Math.floor(STAGE_SIZE_BYTES / (4 * dimension))));
  const scratch = planScratch(needs);
  const sizes: Record<MemoryArray, number> = {
    codes: count * codesSizeBytes,
    factors: count * 8,
    bias: count * 4,
    heads: count * 4,
    links: count * 8 * maxLinks,
    levels: count,
    upperIndex: count * 4,
    upperLists: upperLists * 4 * (maxLinks + 1),
    order: count * 4,
    centre: dimension * 4,
    stage: stageVectors * dimension * 4,
    lengths: stageVectors * 4,
    scratch: threads * scratch.sizeBytes,
  };
  let end = needs.wide ? NARROW_LIMIT_BYTES : PAGE_SIZE_BYTES;
  const at: Partial<Record<MemoryArray, number>> = {};
  for (const array of MEMORY_ARRAYS) {
    at[array] = end;
    end = alignTo(end + sizes[array], ALIGNMENT);
  }
  const sizeBytes = alignTo(end, PAGE_SIZE_BYTES);
  return {
    ...needs,
    sizeBytes,
    wide: needs.wide || sizeBytes > NARROW_LIMIT_BYTES,
    stageVectors,
    codesSizeBytes,
    at: at as Record<MemoryArray, number>,
    scratch,
  };
}

function planScratch({ settings, efConstruction, count }: MemoryNeeds): MemoryPlan["scratch"] {
  const { maxLinks } = settings;
  const keys = 8 * (maxLinks + 1);
  const sizes = [
    count,
    8 * (efConstruction + 2),
    4 * (2 * maxLinks + 4),
    (HIGHEST_BUILT_LEVEL + 1) * keys,
    8 * (2 * maxLinks + 5),
  ];
  const offsets: number[] = [];
  let end = 0;
  for (const size of sizes) {
    offsets.push(end);
    end = alignTo(end + size, ALIGNMENT);
  }
  return { sizeBytes: end, offsets };
}

function alignTo(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
