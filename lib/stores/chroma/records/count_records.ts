/**
 * Counting the records of a store, without a look at what they hold.
 *
 * @module
 */

import type { StoreDatabase } from "../../../sqlite/database.ts";
import { decodeLabel, nameExpression } from "../catalogue/stored_values.ts";

/**
 * Counts the records of every segment, in one pass over the index of their ids.
 *
 * @param database The catalogue.
 * @returns How many there are, by the id of the METADATA segment.
 * @throws {SqliteError} The records cannot be read.
 */
export function countRecordsBySegment(database: StoreDatabase): Map<string, number> {
  const rows = database.rows(
    `SELECT ${nameExpression("segment_id")}, records FROM
     (SELECT segment_id, count(*) AS records FROM embeddings GROUP BY segment_id)`,
  );
  return new Map(rows.map(([segmentId, records]) => [decodeLabel(segmentId), Number(records)]));
}
