/**
 * Putting saved vectors into the queue, so that the engine builds its own index at its next start.
 *
 * For every record that the queue alone does not give its vector a row is put into it
 * (`number_rows.ts` says under which number): operation 2 (upsert), the topic of the collection, the
 * vector as it was written, encoding FLOAT32, metadata NULL. Then the watermark of the VECTOR segment
 * is taken away, and its directory leaves: an engine that finds neither begins at the first row.
 *
 * @module
 */

import type { StoreDatabase } from "../../../../sqlite/database.ts";
import type { Engine } from "../../catalogue/migrations.ts";
import { QUEUE_OPERATIONS } from "../../records/queue_row.ts";
import type { SegmentSalvage } from "../../salvage/salvage_request.ts";
import { littleEndianBytes, RecordAdder } from "../records/added_rows.ts";
import { findTopicPrefix } from "../records/delete_queue_rows.ts";
import { numberRows } from "./number_rows.ts";

/** Into which queue vectors are put. */
export interface QueueTarget {
  /** The private copy of the database. */
  readonly database: StoreDatabase;
  /** The collection. */
  readonly collectionId: string;
  /** The VECTOR segment. */
  readonly segmentId: string;
  /** Up to which write the records are; null when that is not known. */
  readonly metadataWatermark: number | null;
  /** The engine that wrote the store. */
  readonly engine: Engine;
  /** Rows that are going to leave the queue. */
  readonly leaving: ReadonlySet<number>;
  /** Is told how many of the vectors have been looked at; may throw to end the work. */
  readonly onRecord: (done: number) => void;
}

/**
 * Puts the vectors of a salvage into the queue, and takes the watermark of the index away.
 *
 * @param salvage What was salvaged; it reads the queue by the same connection.
 * @param target Where they go.
 * @returns How many rows were put into the queue.
 * @throws {SqliteError} The database cannot be read or written.
 * @throws {OperationError} A vector cannot be read any more.
 */
export function writeQueue(salvage: SegmentSalvage, target: QueueTarget): number {
  const { database, segmentId } = target;
  const written = salvage.dimension === null ? 0 : writeRows(salvage, salvage.dimension, target);
  database.prepare("DELETE FROM max_seq_id WHERE segment_id = ?")(segmentId);
  return written;
}

function writeRows(salvage: SegmentSalvage, dimension: number, target: QueueTarget): number {
  const { database, collectionId, metadataWatermark, engine, leaving, onRecord } = target;
  const numbers = numberRows(salvage.records(), {
    database,
    collectionId,
    dimension,
    leaving,
    metadataWatermark: metadataWatermark ?? 0,
  });
  const adder = new RecordAdder(database, collectionId, engine);
  const topic = `${findTopicPrefix(database)}${collectionId}`;
  const insert = database.prepare(
    `INSERT INTO embeddings_queue (seq_id, operation, topic, id, vector, encoding, metadata)
     VALUES (CAST(? AS INTEGER), ${QUEUE_OPERATIONS.upsert}, ?, ?, ?, 'FLOAT32', NULL)`,
  );
  const vector = new Float32Array(dimension);
  let written = 0;
  let done = 0;
  for (const record of salvage.records()) {
    onRecord(++done);
    const number = numbers.of(record.id);
    if (number === null) continue;
    record.readVector(vector);
    if (number === "end") adder.add({ id: record.id, vector, text: null });
    else insert(number, topic, record.id, littleEndianBytes(vector));
    written++;
  }
  return written;
}
