/**
 * What corrections of the catalogue are planned from besides the catalogue itself: what the records,
 * the queue and the files of the indexes prove. Plain data.
 *
 * @module
 */

import type { Space } from "../../catalogue/configuration.ts";

/** How far a segment has provably got. */
export interface WatermarkEvidence {
  /**
   * The highest write that its records, or its id map, prove to be in it; 0 when none does. What
   * comes after it can be applied again without a change.
   */
  readonly proven: number;
  /** The number before the first row that the queue holds of the collection; 0 when it has none. */
  readonly queueFloor: number;
}

/** How far the numbers of the queue have got, by everything that has one. */
export interface NumberingEvidence {
  /** The highest number that records and id maps prove; 0 when there is none. */
  readonly reached: number;
  /**
   * The first row that was written after the queue began to count anew, or null when none was as far
   * as the times of rows tell.
   */
  readonly restartedAt: number | null;
  /**
   * Ids of records whose vector may be an older one, for the queue has lost their last write; by
   * collection.
   */
  readonly outdated: ReadonlyMap<string, readonly string[]>;
}

/** What the files of an index tell of how it was made. */
export interface IndexEvidence {
  /**
   * Floats of a vector, by header.bin and the labels in data_level0.bin; where header.bin is damaged
   * by the labels alone, and only where that is another number than the catalogue's.
   */
  readonly dimension: number | null;
  /** M, by header.bin. */
  readonly maxNeighbors: number | null;
  /** ef_construction, by header.bin. */
  readonly efConstruction: number | null;
  /** The distance, as far as vectors, lengths and links prove it. */
  readonly space: Space | null;
  /** How many records its id map names. */
  readonly ids: number;
  /** How many of those the collection has. */
  readonly knownIds: number;
  /** The dimension that the id map names, or null. */
  readonly idMapDimension: number | null;
  /** Whether it has an id map, in whatever state: it was flushed. */
  readonly hasIdMap: boolean;
}

/** An id that no row of `segments` claims for a collection, though something carries it. */
export interface SegmentCandidate {
  /** The id. */
  readonly id: string;
  /** Whether it has a row in `segments`, of a collection that is not there. */
  readonly hasRow: boolean;
  /** How many records or slots it holds. */
  readonly contents: number;
  /** Floats of a vector, for an index; else null. */
  readonly dimension: number | null;
  /** The collections whose rows in the queue are writes of its very records. */
  readonly writers: readonly string[];
  /** The collection whose row in the queue has the number of its watermark, or null. */
  readonly markedBy: string | null;
  /** The share of its ids that a collection has in its other half, by collection; 0 to 1. */
  readonly overlaps: ReadonlyMap<string, number>;
}

/** What several rows of `segments` for the same half of a collection carry. */
export interface SegmentWeight {
  /** How many records or slots. */
  readonly contents: number;
  /** Whether anything else refers to it: a watermark, or a directory. */
  readonly isReferredTo: boolean;
}

/** What was read. */
export interface CatalogueEvidence {
  /** By segment. */
  readonly watermarks: ReadonlyMap<string, WatermarkEvidence>;
  /** How far the numbers of the queue have got. */
  readonly numbering: NumberingEvidence;
  /** By VECTOR segment. */
  readonly indexes: ReadonlyMap<string, IndexEvidence>;
  /** Floats of the vectors that the queue holds, by collection, where nearly all agree. */
  readonly queueDimensions: ReadonlyMap<string, number>;
  /** Collections that the queue holds rows of. */
  readonly queuedCollections: ReadonlySet<string>;
  /** Candidates for a METADATA segment. */
  readonly metadataCandidates: readonly SegmentCandidate[];
  /** Candidates for a VECTOR segment. */
  readonly vectorCandidates: readonly SegmentCandidate[];
  /** By segment, for rows of which a collection has too many. */
  readonly weights: ReadonlyMap<string, SegmentWeight>;
  /** Names of collections that stand there as another type than text, read as text. */
  readonly names: ReadonlyMap<string, string>;
  /** The topics of the queue, by collection. */
  readonly topics: ReadonlyMap<string, string>;
}
