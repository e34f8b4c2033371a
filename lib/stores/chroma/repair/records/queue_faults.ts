/**
 * Rows of the queue that no engine can apply, and what is done about each:
 *
 * | row                                                   | what is done                           |
 * | ----------------------------------------------------- | -------------------------------------- |
 * | its time cannot be read, and no half has passed over  | it gets the time of now: an engine     |
 * | it                                                    | only looks whether it can be read      |
 * | its metadata cannot be read, and the records have     | the metadata goes: only the index      |
 * | taken it in                                           | still waits for the row                |
 * | anything else                                         | it is set aside in a file              |
 *
 * Every row that is changed or set aside is in the file first, with all its columns.
 *
 * @module
 */

import type { SqlValue, StoreDatabase } from "../../../../sqlite/database.ts";
import { listCollections } from "../../catalogue/catalogue.ts";
import type { QueuePosition } from "../../records/queue.ts";
import { findRowFault, type RowFault } from "../../records/queue_row.ts";
import { decodeWholeRow, WHOLE_ROW } from "../../records/read_queue.ts";
import type { SavedFiles } from "../../../saved_files.ts";
import { deleteQueueRows } from "./delete_queue_rows.ts";
import type { RecordStore } from "./record_store.ts";

/** The file of rows that have left the queue. */
export const QUEUE_ROWS_FILE = "queue-rows.jsonl";

/** What is done about a row. */
export type QueueCure = "new-time" | "without-metadata" | "set-aside";

/** A row that no engine can apply. */
export interface CuredRow {
  /** Its sequence number. */
  readonly sequence: string;
  /** What keeps it from being applied, or that its record is gone. */
  readonly fault: RowFault | "record gone";
  /** What is done about it. */
  readonly cure: QueueCure;
}

/** The columns of the queue. */
const COLUMNS = [
  "seq_id",
  "created_at",
  "operation",
  "topic",
  "id",
  "vector",
  "encoding",
  "metadata",
];

const BYTES_PER_FLOAT = 4;

/** Rows of which vectors and metadata are in memory. */
const ROWS_PER_PAGE = 256;

/**
 * Finds the rows of a collection that wait and that no engine can apply.
 *
 * @param store The store.
 * @param position How far the collection has got.
 * @returns The rows, and what is to be done about each.
 * @throws {SqliteError} The queue cannot be read.
 */
export function findFaultyRows(
  { database, engine, catalogue }: Pick<RecordStore, "database" | "engine" | "catalogue">,
  position: QueuePosition,
): CuredRow[] {
  const { collectionId, dimension, metadata, vector } = position;
  const segmentId = listCollections(catalogue)
    .find(({ collection }) => collection.id === collectionId)?.metadata?.id ?? null;
  const isDimensionDoubtful = !hasFittingVector(database, position);
  const faulty: CuredRow[] = [];
  let after = String(vector === null ? metadata : Math.min(metadata, vector));
  while (true) {
    const rows = database.rows(
      `SELECT ${WHOLE_ROW} FROM embeddings_queue WHERE seq_id > CAST(? AS INTEGER)
         AND substr(topic, -36) = ? ORDER BY seq_id LIMIT ${ROWS_PER_PAGE}`,
      after,
      collectionId,
    );
    for (const columns of rows) {
      const { sequence, row } = decodeWholeRow(columns);
      after = sequence;
      const fault = findRowFault(row, dimension, engine);
      if (fault === null || (fault === "vector length" && isDimensionDoubtful)) continue;
      const isSound = (change: Partial<typeof row>): boolean =>
        findRowFault({ ...row, ...change }, dimension, engine) === null;
      const cure = chooseCure(Number(sequence), fault, position, {
        withTime: isSound({ createdSeconds: 0 }),
        withoutMetadata: isSound({ metadata: { storage: "null", text: null } }),
        isTaken: isTaken(database, segmentId, row.id.text, sequence),
      });
      faulty.push({ sequence, fault, cure });
    }
    if (rows.length < ROWS_PER_PAGE) return faulty;
  }
}

/**
 * Whether any row of a collection has a vector of its dimension. Where none has, it is the dimension
 * that is wrong, and not the rows.
 */
function hasFittingVector(
  database: StoreDatabase,
  { collectionId, dimension }: QueuePosition,
): boolean {
  return dimension === null || database.row(
        `SELECT 1 FROM embeddings_queue
     WHERE substr(topic, -36) = ? AND octet_length(vector) = ? LIMIT 1`,
        collectionId,
        BYTES_PER_FLOAT * dimension,
      ) !== null;
}

/** What is known of a row besides its fault. */
interface RowEvidence {
  /** Whether a new time alone makes it sound. */
  readonly withTime: boolean;
  /** Whether it is sound without its metadata. */
  readonly withoutMetadata: boolean;
  /** Whether its record was written by it last. */
  readonly isTaken: boolean;
}

function chooseCure(
  sequence: number,
  fault: RowFault,
  { metadata, vector }: QueuePosition,
  { withTime, withoutMetadata, isTaken }: RowEvidence,
): QueueCure {
  const isPending = vector !== null && sequence > vector;
  // A half that has got beyond a row without its time has passed over it, unless its record tells
  // otherwise; the row must not come to the other half alone.
  if (fault === "created_at" && withTime && isPending && (sequence > metadata || isTaken)) {
    return "new-time";
  }
  if (fault === "metadata" && withoutMetadata && sequence <= metadata) return "without-metadata";
  return "set-aside";
}

/** Whether a row of the queue is the one that wrote its record last. */
function isTaken(
  database: StoreDatabase,
  segmentId: string | null,
  id: string | null,
  sequence: string,
): boolean {
  return segmentId !== null && id !== null && database.row(
        `SELECT 1 FROM embeddings WHERE segment_id = ?1 AND embedding_id = ?2
       AND (seq_id = CAST(?3 AS INTEGER) OR hex(seq_id) = printf('%016X', CAST(?3 AS INTEGER)))`,
        segmentId,
        id,
        sequence,
      ) !== null;
}

/**
 * Does what was decided about rows of the queue.
 *
 * @param database The private copy of the database.
 * @param rows The rows.
 * @param collection The name of the collection, or null.
 * @param saved Takes every row first.
 * @throws {SqliteError} The queue cannot be read or written.
 */
export function cureQueueRows(
  database: StoreDatabase,
  rows: readonly CuredRow[],
  collection: string | null,
  saved: Pick<SavedFiles, "add">,
): void {
  const read = `SELECT ${COLUMNS.map(savedExpression).join(", ")} FROM embeddings_queue
    WHERE seq_id = CAST(? AS INTEGER)`;
  for (const { sequence, fault, cure } of rows) {
    const values = database.bigintRows(read, sequence)[0] ?? [];
    const columns = COLUMNS.map((name, index) =>
      [name, toSaved(values[2 * index], values[2 * index + 1])] as const
    );
    saved.add(QUEUE_ROWS_FILE, { collection, fault, cure, ...Object.fromEntries(columns) });
  }
  const change = (cure: QueueCure, assignment: string): void => {
    const run = database.prepare(
      `UPDATE embeddings_queue SET ${assignment} WHERE seq_id = CAST(? AS INTEGER)`,
    );
    for (const row of rows) if (row.cure === cure) run(row.sequence);
  };
  change("new-time", "created_at = CURRENT_TIMESTAMP");
  change("without-metadata", "metadata = NULL");
  const leaving = rows.filter(({ cure }) => cure === "set-aside").map(({ sequence }) => sequence);
  deleteQueueRows(
    database,
    "seq_id IN (SELECT CAST(value AS INTEGER) FROM json_each(?))",
    JSON.stringify(leaving),
  );
}

/** The storage class, and the value: text as bytes, for SQLite cuts it at a zero byte. */
function savedExpression(column: string): string {
  return `typeof(${column}),
    CASE typeof(${column}) WHEN 'text' THEN CAST(${column} AS BLOB) ELSE ${column} END`;
}

const STRICT_UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** What JSON can say of a value; bytes in base64, and text that is no UTF-8 as bytes. */
function toSaved(storage: SqlValue | undefined, value: SqlValue | undefined): unknown {
  if (typeof value === "bigint") {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  if (!(value instanceof Uint8Array)) return value ?? null;
  if (storage === "text") {
    try {
      return STRICT_UTF8.decode(value);
    } catch {
      return { base64: value.toBase64(), storage: "text" };
    }
  }
  return { base64: value.toBase64() };
}
