/**
 * What the write-ahead queue does to each record of a collection: which are live after it, and which
 * row of it brings the newest vector of a record.
 *
 * Every effective row of the queue with a vector is the newest version of its record, unless one of
 * the rows behind it is: an engine purges the queue from its start only. Whether a row was effective
 * is another question: an add of a record that was there, and an update of one that was not, do
 * nothing. Up to the watermark of METADATA the rows of `embeddings` tell; where they do not, the
 * record is undecided, and no vector of the queue is taken for it.
 *
 * @module
 */

import type { StoreDatabase } from "../../../sqlite/database.ts";
import { LONGEST_ID_BYTES } from "./id_table.ts";
import { type OperationsOptions, type OperationsReading, QueueFollower } from "./queue_follower.ts";
import { isSound } from "./read_rows.ts";
import { RECORD, type RecordTable } from "./record_table.ts";
import { stepRows } from "./step_rows.ts";

export type { OperationsOptions, OperationsReading, UnappliedRow } from "./queue_follower.ts";

/**
 * Follows the queue.
 *
 * @param database The database.
 * @param records The rows of `embeddings`; takes what the queue does to them.
 * @param options The collection and its watermarks.
 * @returns What was read.
 * @throws {OperationError} The file is in use, or the machine failed to read it.
 */
export function readOperations(
  database: StoreDatabase,
  records: RecordTable,
  options: OperationsOptions,
): OperationsReading {
  const follower = new QueueFollower(database, records, options);
  let damagedPlaces = 0;
  const rows = stepRows(database, {
    table: "embeddings_queue",
    key: "seq_id",
    expressions: [
      "CASE typeof(operation) WHEN 'integer' THEN operation ELSE -1 END",
      `CASE WHEN typeof(id) = 'text' AND octet_length(id) <= ${LONGEST_ID_BYTES} THEN id END`,
      "CASE WHEN typeof(vector) = 'blob' AND encoding = 'FLOAT32' THEN octet_length(vector) END",
    ],
    where: "substr(topic, -36) = ?",
    parameters: [options.collectionId],
  }, () => damagedPlaces++);
  for (const { key, values, isInOrder } of rows) {
    const [operation, id, sizeBytes] = values;
    if (!isInOrder || typeof id !== "string" || typeof operation !== "number") continue;
    follower.follow(key, operation, id, typeof sizeBytes === "number" ? sizeBytes : null);
  }
  if (!isSound(database, "embeddings_queue")) damagedPlaces++;
  return { damagedPlaces, ...follower.finish(damagedPlaces) };
}

/**
 * Decides what an id map that is whole decides: it says which records the index had at its watermark.
 * One that was there was not added again; one that was not was made by the row that adds it.
 *
 * @param records The records; those that were undecided are changed.
 * @param isIndexed Whether the id map has a record; null where it contradicts itself, or is damaged.
 * @param vectorWatermark The watermark of the index, or null when it is not known.
 */
export function decideOpenAdds(
  records: RecordTable,
  isIndexed: (record: number) => boolean | null,
  vectorWatermark: number | null,
): void {
  for (let record = 0; record < records.count; record++) {
    if (!records.has(record, RECORD.undecided)) continue;
    const added = records.openAdds.get(record);
    const isIn = added === -1 || vectorWatermark === null ? null : isIndexed(record);
    if (isIn === null) {
      records.vectorSequences.set(record, -1);
      continue;
    }
    if (!isIn && added > (vectorWatermark ?? 0)) records.vectorSequences.set(record, added);
    records.unmark(record, RECORD.undecided);
  }
}
