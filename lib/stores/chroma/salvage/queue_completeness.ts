/**
 * Whether the queue has every write of a collection that there ever was.
 *
 * Before 0.5.6 nothing is ever purged. Since then a queue is purged up to what both segments have, so
 * an index that was never flushed keeps all of it: it has no watermark, no id map, and no slot. One
 * that was lost together with its watermark looks the same; but then records are left that no row of
 * the queue made.
 *
 * @module
 */

import type { StoreDatabase } from "../../../sqlite/database.ts";
import type { Engine } from "../catalogue/migrations.ts";
import { tolerateDamage } from "../catalogue/stored_values.ts";
import { SEGMENT_FILES, type SegmentDirectory } from "../layout.ts";
import { QUEUE_OPERATIONS } from "../records/queue_row.ts";
import type { RecordPlace } from "../records/read_records.ts";

/** From which embeddings_queue migration on an engine purges. */
const FIRST_PURGING_QUEUE = 2;

/** What is known of the collection. */
export interface QueueOwner {
  /** Where its records stand. */
  readonly place: RecordPlace;
  /** The engine that wrote the store. */
  readonly engine: Engine;
  /** The directory of its index, or null. */
  readonly directory: SegmentDirectory | null;
  /** Whether every row of `embeddings` was read. */
  readonly isRowsWhole: boolean;
}

/**
 * Tells whether nothing of a collection was ever purged.
 *
 * @param database The database.
 * @param owner The collection.
 * @returns False where that is not certain.
 * @throws {OperationError} The machine failed to read it.
 */
export function isQueueComplete(
  database: StoreDatabase,
  { place, engine, directory, isRowsWhole }: QueueOwner,
): boolean {
  if (engine.schema.embeddings_queue < FIRST_PURGING_QUEUE) return true;
  const { vectorWatermark, metadataSegmentId, collectionId } = place;
  if (vectorWatermark !== null || !isRowsWhole || !wasNeverFlushed(directory)) return false;
  const unmade = tolerateDamage(
    () =>
      database.rows(
        `SELECT 1 FROM embeddings WHERE segment_id = ? AND embedding_id NOT IN
           (SELECT id FROM embeddings_queue WHERE substr(topic, -36) = ? AND vector IS NOT NULL
            AND operation IN (${QUEUE_OPERATIONS.add}, ${QUEUE_OPERATIONS.upsert}))
         LIMIT 1`,
        metadataSegmentId,
        collectionId,
      ),
    () => {},
  );
  return unmade?.length === 0;
}

/** An engine makes the files of an index at once, and the id map with the first flush. */
function wasNeverFlushed(directory: SegmentDirectory | null): boolean {
  if (directory === null) return true;
  const { idMap, links } = SEGMENT_FILES;
  return directory.files[idMap] === undefined && directory.files[links]?.sizeBytes === 0;
}
