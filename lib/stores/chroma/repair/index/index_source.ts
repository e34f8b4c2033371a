/**
 * What a new index is made of.
 *
 * Labels are given in the order of `embeddings.id`, and to what the queue brings after that in the
 * order of the entries: so the order rule, by which a lost id map is found again, holds for every
 * index that is built.
 *
 * @module
 */

import type { IndexSettings } from "../../../../hnsw/build/settings.ts";
import type { Engine } from "../../catalogue/migrations.ts";
import type { IndexDirectory } from "../../salvage/index_directory.ts";

/** One record of a new index. */
export interface IndexEntry {
  /** Its id. */
  readonly id: string;
  /** `embeddings.id`, or null where it is not known, or the record has no row so far. */
  readonly rowId: number | null;
  /** The number of its newest write, or null where it is not known. */
  readonly sequenceNumber: number | null;
  /** The slot of the old index whose vector it has, or -1 when its vector is elsewhere. */
  readonly slot: number;
  /** Whether the vector is of length 1 because the length that it had is lost. */
  readonly isLengthLost: boolean;
  /**
   * Reads the vector, as an index stores it or as the user wrote it.
   *
   * @param target Takes the components; as long as the dimension.
   * @returns For a vector of the space cosine that is normalised already the length that it had; NaN
   * for one that has still to be normalised, and in every other space.
   * @throws {OperationError} It cannot be read any more.
   */
  readStored(target: Float32Array): number;
}

/** What a new index is made of. */
export interface IndexSource {
  /** The id of the segment, which is the name of its directory. */
  readonly segmentId: string;
  /** The name of the collection. */
  readonly collection: string;
  /** Dimension, space, M and ef_construction. */
  readonly settings: IndexSettings;
  /** By how much the engine has an index grow. */
  readonly resizeFactor: number;
  /** Whose files are written. */
  readonly engine: Engine;
  /** The number of the last write of the queue that the entries hold: the engine replays the next. */
  readonly watermark: number;
  /** Whether the id map has to say so, because `max_seq_id` does not. */
  readonly isWatermarkInIdMap: boolean;
  /** How many entries there are. */
  readonly count: number;
  /** The index whose slots entries name; null when none does. */
  readonly previous: IndexDirectory | null;
  /** Yields the entries, each time in the same order. */
  entries(): Iterable<IndexEntry>;
}
