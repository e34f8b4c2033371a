/**
 * Rows of the queue that bring a record: how one comes back that has left the store.
 *
 * @module
 */

import { decodeWatermark } from "../../catalogue/watermark.ts";
import { toStorageClass } from "../../catalogue/stored_values.ts";
import type { StoreDatabase } from "../../../../sqlite/database.ts";
import type { Engine } from "../../catalogue/migrations.ts";
import { QUEUE_OPERATIONS } from "../../records/queue_row.ts";
import { findTopicPrefix } from "./delete_queue_rows.ts";
import { encodeQueueMetadata, type LineText } from "./queue_metadata.ts";

/** A record that is put into a store. */
export interface AddedRecord {
  /** Its id. */
  readonly id: string;
  /** Its vector, as the user gave it. */
  readonly vector: Float32Array;
  /** Its document and its metadata; null leaves those that the store has. */
  readonly text: LineText | null;
}

/** Puts records at the end of the queue of a collection. */
export class RecordAdder {
  readonly #engine: Engine;
  readonly #topic: string;
  readonly #insert: ReturnType<StoreDatabase["prepare"]>;
  #sequence: number;

  /**
   * Begins with a collection.
   *
   * @param database The private copy of the database.
   * @param collectionId The collection.
   * @param engine The engine that will apply the rows.
   * @throws {SqliteError} The queue cannot be read.
   */
  constructor(database: StoreDatabase, collectionId: string, engine: Engine) {
    this.#engine = engine;
    this.#topic = `${findTopicPrefix(database)}${collectionId}`;
    this.#sequence = findLastSequence(database);
    // SQLite gives the time of day, as it does for an engine.
    this.#insert = database.prepare(
      `INSERT INTO embeddings_queue (seq_id, operation, topic, id, vector, encoding, metadata)
       VALUES (?, ${QUEUE_OPERATIONS.upsert}, ?, ?, ?, 'FLOAT32', ?)`,
    );
  }

  /**
   * Adds a record, or changes the one that is there.
   *
   * @param record The record.
   * @throws {OperationError} The engine cannot store its metadata.
   * @throws {SqliteError} The queue cannot be written.
   */
  add({ id, vector, text }: AddedRecord): void {
    const unchanged = this.#engine.era === "rust" ? "{}" : null;
    const metadata = text === null ? unchanged : encodeQueueMetadata(text, this.#engine);
    this.#insert(++this.#sequence, this.#topic, id, littleEndianBytes(vector), metadata);
  }
}

/** The highest number that was given: a row with a lower one than a watermark is never applied. */
function findLastSequence(database: StoreDatabase): number {
  const watermarks = database.rows(
    "SELECT typeof(seq_id), CAST(seq_id AS TEXT), hex(seq_id) FROM max_seq_id",
  ).map(([type, text, hex]) =>
    decodeWatermark({ storage: toStorageClass(type), text: String(text), hex: String(hex) })
  );
  const queued = database.number("SELECT max(seq_id) FROM embeddings_queue") ?? 0;
  return Math.max(queued, ...watermarks.map(({ trueValue }) => trueValue ?? 0));
}

/**
 * Writes a vector as a row of the queue holds it.
 *
 * @param vector The vector.
 * @returns Little-endian floats.
 */
export function littleEndianBytes(vector: Float32Array): Uint8Array {
  const bytes = new Uint8Array(4 * vector.length);
  const view = new DataView(bytes.buffer);
  for (const [index, value] of vector.entries()) view.setFloat32(4 * index, value, true);
  return bytes;
}
