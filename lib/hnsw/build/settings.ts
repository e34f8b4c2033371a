/**
 * What an index is built from: its settings, and where its vectors come from.
 *
 * @module
 */

import { OperationError } from "../../base/errors.ts";
import { LARGEST_DIMENSION, LARGEST_LINKS_PER_NODE } from "../geometry.ts";

/** How the distance of two vectors is measured. */
export type Space = "l2" | "ip" | "cosine";

/** What an engine decides when it makes an index. */
export interface IndexSettings {
  /** Floats of a vector. */
  readonly dimension: number;
  /** How distances are measured. */
  readonly space: Space;
  /** M: links of a node on the levels above 0, at least 2; twice as many on level 0. */
  readonly maxLinks: number;
  /** ef_construction: candidates that are looked at for a new node, as the header will say. */
  readonly efConstruction: number;
}

/**
 * Fills in the vectors of some slots. Every slot is asked for twice, when the graph is built and
 * when the files are written, and has to be the same both times; so no one holds all vectors.
 *
 * @param first The first slot.
 * @param count How many slots, in their order.
 * @param vectors `count` × dimension floats to be filled in.
 * @param lengths For the space cosine: `count` lengths, all NaN. Left so, the vector is normalised
 * and its length is kept, as the engine does it. A number says that the vector is normalised
 * already and had this length, and nothing is changed of either.
 */
export type VectorReader = (
  first: number,
  count: number,
  vectors: Float32Array,
  lengths: Float32Array,
) => void;

/** What building needs besides the vectors. */
export interface BuildOptions {
  /** What the engine decided. */
  readonly settings: IndexSettings;
  /** How many slots there will be. */
  readonly count: number;
  /** Fills in their vectors. */
  readonly readVectors: VectorReader;
  /** How many threads work at the most; as many as there are cores by default. */
  readonly jobs?: number;
  /** How much memory may be taken at the most. */
  readonly maxMemoryBytes?: number;
  /** Ends the work when it is aborted. */
  readonly signal?: AbortSignal;
  /** Is told how many of the nodes have been linked in, and of how many. */
  readonly onProgress?: (linked: number, total: number) => void;
}

/** Node numbers share a word with one flag. */
const LARGEST_COUNT = 0x7fff_ffff;

/**
 * Makes sure that an index can be built at all.
 *
 * @param options What it would be built from.
 * @throws {OperationError} `usage`: a setting is out of range.
 */
export function requireBuildable({ settings, count }: BuildOptions): void {
  const { dimension, maxLinks, efConstruction } = settings;
  requireWithin("dimension", dimension, 1, LARGEST_DIMENSION);
  // With M 1 the level of a node is 1 / ln(1) times something: the engines cannot build it either.
  requireWithin("M", maxLinks, 2, LARGEST_LINKS_PER_NODE);
  requireWithin("ef_construction", efConstruction, 1, LARGEST_COUNT);
  requireWithin("number of slots", count, 0, LARGEST_COUNT);
}

function requireWithin(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new OperationError(
    "usage",
    `No index can be built whose ${name} is ${value}; it must be from ${least} to ${most}`,
    { hint: "Look at the settings of the collection." },
  );
}
