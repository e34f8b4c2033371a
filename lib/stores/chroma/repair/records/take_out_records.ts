/**
 * Taking records out of a store, with everything that it held of them in a file.
 *
 * A record stands in `embeddings`, `embedding_metadata`, `embedding_metadata_array` and the full
 * text, all by the number in `embeddings.id`, and rows of the queue name it by its id. Its line says
 * what the engine would have shown of it: what still waited in the queue is applied.
 *
 * @module
 */

import { createFormatError } from "../../contents/page_fields.ts";
import { PendingRecords } from "../../contents/pending_operations.ts";
import type { Engine } from "../../catalogue/migrations.ts";
import type { RecordPlace } from "../../records/read_records.ts";
import { findRowFault, QUEUE_OPERATIONS } from "../../records/queue_row.ts";
import { decodeWholeRow, WHOLE_ROW } from "../../records/read_queue.ts";
import type { SqlValue, StoreDatabase } from "../../../../sqlite/database.ts";
import type { SavedFiles } from "../../../saved_files.ts";
import { deleteQueueRows } from "./delete_queue_rows.ts";
import { readRecordMetadata, toRecordText } from "./record_values.ts";
import { removeRecordRows } from "./remove_rows.ts";

/** The file of records that have left a store. */
export const MISSING_FILE = "missing.jsonl";

/** How many records are in memory with their documents. */
const RECORDS_PER_PAGE = 64;

/** Where the records stand. */
export interface TakeOutPlace {
  /** The name of the collection, for the file. */
  readonly collection: string;
  /** Where its records are, and how far they have got. */
  readonly records: Pick<
    RecordPlace,
    "metadataSegmentId" | "collectionId" | "metadataWatermark"
  >;
  /** Floats of a vector, or null when that is not known. */
  readonly dimension: number | null;
  /** The engine that wrote the store. */
  readonly engine: Engine;
}

/** A record that is taken out. */
export interface LeavingRecord {
  /** Its id. */
  readonly id: string;
  /** `embeddings.id`; null for a record that only the queue has. */
  readonly rowId: number | null;
  /** Why, for people and programs: one clause. */
  readonly reason: string;
}

/** What was taken out. */
export interface TakenOut {
  /** How many records; fewer than asked for only where the queue deletes them anyway. */
  readonly count: number;
  /** Their ids. */
  readonly ids: readonly string[];
  /** How many rows of the queue went with them. */
  readonly queueRows: number;
}

/**
 * Takes records out of a store.
 *
 * @param database The private copy of the database.
 * @param place Where the records stand.
 * @param records The records, each of them once.
 * @param saved Takes a line for each.
 * @returns What was taken out.
 * @throws {SqliteError} The database cannot be read or written; nothing has changed in it then.
 * @throws {OperationError} The file cannot be written.
 */
export function takeOutRecords(
  database: StoreDatabase,
  place: TakeOutPlace,
  records: Iterable<LeavingRecord>,
  saved: Pick<SavedFiles, "add">,
): TakenOut {
  database.execute("SAVEPOINT take_out_records");
  try {
    const taken = new RecordTaker(database, place, saved).take(records);
    database.execute("RELEASE take_out_records");
    return taken;
  } catch (error) {
    database.execute("ROLLBACK TO take_out_records; RELEASE take_out_records");
    throw error;
  }
}

/** The rows of the queue that touch the records of a collection that leave. */
const OF_LEAVING = "substr(topic, -36) = ? AND id IN (SELECT id FROM temp.leaving_records)";

class RecordTaker {
  readonly #database: StoreDatabase;
  readonly #place: TakeOutPlace;
  readonly #saved: Pick<SavedFiles, "add">;
  readonly #ids: string[] = [];

  constructor(database: StoreDatabase, place: TakeOutPlace, saved: Pick<SavedFiles, "add">) {
    this.#database = database;
    this.#place = place;
    this.#saved = saved;
  }

  take(records: Iterable<LeavingRecord>): TakenOut {
    this.#database.execute(`CREATE TEMP TABLE leaving_records (
      place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, row INTEGER, reason TEXT NOT NULL)`);
    this.#list(records);
    const pending = this.#readPending();
    for (const page of this.#pages()) this.#savePage(page, pending);
    const queueRows = this.#remove();
    this.#database.execute("DROP TABLE temp.leaving_records");
    return { count: this.#ids.length, ids: this.#ids, queueRows };
  }

  #list(records: Iterable<LeavingRecord>): void {
    const insert = this.#database.prepare(
      "INSERT INTO temp.leaving_records (id, row, reason) VALUES (?, ?, ?)",
    );
    for (const { id, rowId, reason } of records) insert(id, rowId, reason);
    const [stranger] = this.#database.row(
      `SELECT l.id FROM temp.leaving_records AS l LEFT JOIN embeddings AS e ON e.id = l.row
         AND e.embedding_id = l.id AND e.segment_id = ?
       WHERE l.row IS NOT NULL AND e.id IS NULL`,
      this.#place.records.metadataSegmentId,
    ) ?? [];
    // Nothing may leave on the strength of a number that is another record's.
    if (stranger !== undefined) throw createFormatError("a record that should leave is not there");
  }

  /** The rows that the records have not taken in yet, as far as an engine can apply them. */
  #readPending(): PendingRecords {
    const { records: { collectionId, metadataWatermark }, dimension, engine } = this.#place;
    const pending = new PendingRecords(this.#database, engine.era);
    const rows = this.#database.iterate(
      `SELECT ${WHOLE_ROW} FROM embeddings_queue WHERE ${OF_LEAVING} AND seq_id > ?
       ORDER BY seq_id`,
      collectionId,
      metadataWatermark ?? 0,
    );
    for (const columns of rows) {
      const { sequence, row } = decodeWholeRow(columns);
      const { operation, id } = row;
      if (id.text === null || operation === null || operation === QUEUE_OPERATIONS.backfill) {
        continue;
      }
      // A vector that is missing is why the record leaves: what stands beside it counts.
      const fault = findRowFault(row, dimension, engine);
      if (fault === null || fault.startsWith("vector")) {
        pending.add(id.text, { sequence, operation });
      }
    }
    return pending;
  }

  *#pages(): Generator<SqlValue[][], void, undefined> {
    let after = 0;
    while (true) {
      const rows = this.#database.rows(
        `SELECT place, CAST(id AS BLOB), row, reason FROM temp.leaving_records WHERE place > ?
         ORDER BY place LIMIT ${RECORDS_PER_PAGE}`,
        after,
      );
      if (rows.length === 0) return;
      after = Number(rows.at(-1)?.[0]);
      yield rows;
    }
  }

  #savePage(page: readonly SqlValue[][], pending: PendingRecords): void {
    const rowIds = page.flatMap(([, , row]) => typeof row === "number" ? [row] : []);
    const stored = readRecordMetadata(this.#database, rowIds);
    for (const [, bytes, row, reason] of page) {
      const id = decodeId(bytes);
      const own = typeof row === "number" ? stored.get(row) ?? new Map() : null;
      const values = pending.has(id) ? pending.apply(id, own) : own;
      if (values === null) continue;
      const { document, metadata } = toRecordText(values);
      const { collection } = this.#place;
      this.#saved.add(MISSING_FILE, {
        collection,
        id,
        document,
        metadata,
        embedding: null,
        reason,
      });
      this.#ids.push(id);
    }
  }

  /** Removes them; returns how many rows of the queue went with them. */
  #remove(): number {
    removeRecordRows(
      this.#database,
      "SELECT row FROM temp.leaving_records WHERE row IS NOT NULL",
    );
    return deleteQueueRows(this.#database, OF_LEAVING, this.#place.records.collectionId);
  }
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

function decodeId(value: SqlValue | undefined): string {
  return value instanceof Uint8Array ? decoder.decode(value) : String(value);
}
