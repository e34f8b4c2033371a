/**
 * Rows of the queue whose vector cannot be used, and for which another one was found.
 *
 * @module
 */

import type { StoreDatabase } from "../../../../sqlite/database.ts";
import type { SegmentSalvage } from "../../salvage/salvage_request.ts";
import { littleEndianBytes } from "../records/added_rows.ts";

/**
 * Puts vectors that were found outside of the store into the rows of the queue whose own cannot be
 * used, so that no replay brings those back.
 *
 * @param database The private copy of the database.
 * @param salvage What was salvaged.
 * @returns How many rows were mended.
 * @throws {SqliteError} The database cannot be written.
 * @throws {OperationError} A vector cannot be read any more.
 */
export function mendQueueVectors(database: StoreDatabase, salvage: SegmentSalvage): number {
  const { bySource } = salvage.counts;
  const { dimension } = salvage;
  if (dimension === null || bySource["older-copy"] + bySource["handed-in"] === 0) return 0;
  const mend = database.prepare(
    "UPDATE embeddings_queue SET vector = ?, encoding = 'FLOAT32' WHERE seq_id = CAST(? AS INTEGER)",
  );
  const vector = new Float32Array(dimension);
  let mended = 0;
  for (const { source, queueSequence, readVector } of salvage.records()) {
    const isOutside = source === "older-copy" || source === "handed-in";
    if (!isOutside || queueSequence === null) continue;
    mended += mend(littleEndianBytes(readVector(vector)), queueSequence);
  }
  return mended;
}
