/**
 * Rows of the queue that bring records which were deleted since: the vectors and texts in them are
 * what `--erase-deleted` is about.
 *
 * @module
 */

import type { StoreDatabase } from "../../../../sqlite/database.ts";
import { deleteQueueRows } from "../records/delete_queue_rows.ts";
import type { StoreIndex } from "./wanted_segments.ts";

/**
 * Takes the rows of deleted records out of the queue, as far as the records have taken them in: what
 * still waits is left to the engine.
 *
 * @param index The index of the collection.
 * @param database The private copy of the database.
 * @param watermark Up to which write the index has taken the queue in.
 * @returns How many rows were taken out.
 * @throws {SqliteError} The database cannot be written.
 */
export function eraseDeletedRows(
  { place: { collectionId, metadataSegmentId, metadataWatermark } }: Pick<StoreIndex, "place">,
  database: StoreDatabase,
  watermark: number,
): number {
  // What is freed is overwritten, so that nothing of it stays in the file.
  database.rows("PRAGMA secure_delete = ON");
  return deleteQueueRows(
    database,
    `substr(topic, -36) = ? AND seq_id <= CAST(? AS INTEGER) AND id NOT IN
       (SELECT embedding_id FROM embeddings WHERE segment_id = ?)
     AND id NOT IN (SELECT id FROM embeddings_queue WHERE substr(topic, -36) = ?
       AND seq_id > CAST(? AS INTEGER))`,
    collectionId,
    Math.min(watermark, metadataWatermark ?? 0),
    metadataSegmentId,
    collectionId,
    Math.min(watermark, metadataWatermark ?? 0),
  );
}
