/**
 * The write-ahead queue as it was read: how many rows there are of which collection, which of them
 * both segments already have, and which still wait. queue_row.ts says what a row is.
 *
 * @module
 */

import { type Catalogue, listCollections } from "../catalogue/catalogue.ts";
import type { RowFault } from "./queue_row.ts";
import { type PickleWatermarks, readStoredWatermarks } from "../catalogue/watermark.ts";

/** Up to which write the two segments of a collection have got. */
export interface QueuePosition {
  /** The collection. */
  readonly collectionId: string;
  /** Floats of a vector of the collection, or null. */
  readonly dimension: number | null;
  /** The watermark of the METADATA segment; 0 when it has none. */
  readonly metadata: number;
  /** The watermark of the VECTOR segment; 0 when it was never flushed, null when not known. */
  readonly vector: number | null;
}

/** The rows of one topic. */
export interface QueueTopic {
  /** The topic. */
  readonly topic: string;
  /** The collection that it names, or null when it names none that is there. */
  readonly collectionId: string | null;
  /** How many rows it has. */
  readonly count: number;
  /** How many bytes they hold. */
  readonly sizeBytes: number;
  /** The lowest sequence number. */
  readonly firstSequence: string;
  /** How many rows both segments have, not counting the last such row, which always stays. */
  readonly settledCount: number;
  /** How many bytes those hold. */
  readonly settledSizeBytes: number;
  /** How many rows the VECTOR segment lacks, or null when that is not known. */
  readonly pendingCount: number | null;
}

/** The rows of the queue. */
export interface QueueSummary {
  /** How many rows there are. */
  readonly count: number;
  /** How many bytes they hold. */
  readonly sizeBytes: number;
  /** The rows by topic. */
  readonly topics: readonly QueueTopic[];
}

/** A row that cannot be applied. */
export interface FaultyRow {
  /** Its sequence number. */
  readonly sequence: string;
  /** What keeps it from being applied. */
  readonly fault: RowFault;
}

/** What the rows that wait for one collection look like. */
export interface PendingRows {
  /** The collection. */
  readonly collectionId: string;
  /** How many rows were looked at. */
  readonly count: number;
  /** How many of them cannot be applied. */
  readonly faultyCount: number;
  /** The first of those. */
  readonly faulty: readonly FaultyRow[];
  /** How many of them have nothing against them but the length of their vector. */
  readonly unfitCount: number;
  /** How many have a vector. */
  readonly vectorCount: number;
  /** How many bytes each of those vectors has; null where they differ. */
  readonly vectorSizeBytes: number | null;
  /** How many have a vector with NaN or infinity in it. */
  readonly nonFiniteCount: number;
  /** The sequence numbers of the first of those. */
  readonly nonFinite: readonly string[];
}

/**
 * Tells how far each collection's segments have got, as the engine will see it. A watermark that was
 * garbled counts as the number that it was before.
 *
 * @param catalogue The catalogue.
 * @param pickles The watermarks in the pickles, or null when they have not been read.
 * @returns One position for each collection.
 */
export function listQueuePositions(
  catalogue: Catalogue,
  pickles: PickleWatermarks | null,
): QueuePosition[] {
  const stored = readStoredWatermarks(catalogue);
  return listCollections(catalogue).map(({ collection, metadata, vector }) => ({
    collectionId: collection.id,
    dimension: collection.dimension,
    metadata: (metadata === null ? null : stored.get(metadata.id)) ?? 0,
    vector: vector === null ? null : vectorWatermark(stored, vector.id, pickles),
  }));
}

function vectorWatermark(
  stored: ReadonlyMap<string, number | null>,
  segmentId: string,
  pickles: PickleWatermarks | null,
): number | null {
  if (stored.has(segmentId)) return stored.get(segmentId) ?? null;
  // A store that was upgraded keeps the watermark in the pickle until the segment is loaded.
  if (pickles === null) return null;
  return pickles.has(segmentId) ? pickles.get(segmentId) ?? null : 0;
}
