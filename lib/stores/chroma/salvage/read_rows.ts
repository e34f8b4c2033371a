/**
 * The rows of `embeddings` of one collection, as far as they can be read: first by the integer key,
 * around damaged pages; then, where there was damage, the ids that the unique index still holds.
 *
 * @module
 */

import { toIndex } from "../../../base/bytes.ts";
import type { SqlValue, StoreDatabase } from "../../../sqlite/database.ts";
import { tolerateDamage } from "../catalogue/stored_values.ts";
import { LONGEST_ID_BYTES } from "./id_table.ts";
import { RECORD, type RecordTable } from "./record_table.ts";
import { stepRows } from "./step_rows.ts";

/** How well the rows of `embeddings` could be read. */
export interface RowReading {
  /** How many rows were read. */
  readonly rows: number;
  /** At how many places SQLite stopped, or keys were out of order; 0 in a healthy table. */
  readonly damagedPlaces: number;
  /** How many further ids the unique index gave. */
  readonly listed: number;
  /** The highest key of a row whose sequence number is a BLOB, in any collection; 0 without one. */
  readonly lastBlobKey: number;
}

/** The text of an id, or NULL for what is none. */
const ID_EXPRESSION =
  `CASE WHEN typeof(embedding_id) = 'text' AND octet_length(embedding_id) <= ${LONGEST_ID_BYTES} ` +
  "THEN embedding_id END";

/** What SQLite calls the index of UNIQUE (segment_id, embedding_id). */
const UNIQUE_INDEX = "sqlite_autoindex_embeddings_1";

const SEQUENCE_EXPRESSION = "CASE typeof(seq_id) WHEN 'integer' THEN CAST(seq_id AS TEXT) " +
  "WHEN 'blob' THEN hex(substr(seq_id, 1, 24)) END";

/**
 * Reads the rows of a collection into a table.
 *
 * @param database The database.
 * @param segmentId The METADATA segment.
 * @param records Takes the records, in the order of the key.
 * @returns How well that went.
 * @throws {OperationError} The file is in use, or the machine failed to read it.
 */
export function readRows(
  database: StoreDatabase,
  segmentId: string,
  records: RecordTable,
): RowReading {
  let rows = 0;
  let damagedPlaces = 0;
  let lastBlobKey = 0;
  const onDamage = (): number => damagedPlaces++;
  const selected = stepRows(database, {
    table: "embeddings",
    key: "id",
    expressions: [ID_EXPRESSION, "typeof(seq_id)", SEQUENCE_EXPRESSION, "segment_id"],
    where: "segment_id = ? OR typeof(seq_id) = 'blob'",
    parameters: [segmentId],
  }, onDamage);
  for (const { key, values, isInOrder } of selected) {
    const [id, storage, stored, owner] = values;
    if (storage === "blob" && isInOrder) lastBlobKey = Math.max(lastBlobKey, key);
    if (owner !== segmentId || typeof id !== "string") continue;
    const sequence = toSequence(storage, stored);
    const isKnown = records.ids.find(id) !== -1;
    const index = records.ids.add(id);
    if (index === -1) continue;
    // Torn pages can hold a row twice; the newer one is the record.
    if (isKnown) damagedPlaces++;
    else rows++;
    if (isKnown && sequence <= records.sequences.get(index)) continue;
    records.rowIds.set(index, key);
    records.sequences.set(index, sequence);
    records.mark(index, RECORD.row | RECORD.live | (storage === "integer" ? RECORD.integer : 0));
  }
  if (!isSound(database, "embeddings")) damagedPlaces++;
  const listed = damagedPlaces === 0 ? 0 : readUniqueIndex(database, segmentId, records);
  return { rows, damagedPlaces, listed, lastBlobKey };
}

/**
 * Reads ids from the unique index over segment and id, which holds them a second time, from either
 * end up to where SQLite stops. Their sequence numbers stand in the rows alone.
 */
function readUniqueIndex(
  database: StoreDatabase,
  segmentId: string,
  records: RecordTable,
): number {
  let listed = 0;
  for (const direction of ["ASC", "DESC"]) {
    const sql = `SELECT ${ID_EXPRESSION}, CAST(id AS REAL) FROM embeddings ` +
      `INDEXED BY ${UNIQUE_INDEX} WHERE segment_id = ? ORDER BY embedding_id ${direction}`;
    tolerateDamage(() => {
      for (const [id, key] of database.rowsBeforeDamage(sql, segmentId)) {
        if (typeof id !== "string" || typeof key !== "number" || records.ids.find(id) !== -1) {
          continue;
        }
        const index = records.ids.add(id);
        if (index === -1) continue;
        listed++;
        records.rowIds.set(index, key);
        records.mark(index, RECORD.row | RECORD.live | RECORD.listed);
      }
    }, () => {});
  }
  return listed;
}

/**
 * Whether a table and its indexes hold the same rows, in order: a page in the place of another takes
 * rows away, and SQLite does not stop there.
 *
 * @param database The database.
 * @param table The table.
 * @throws {OperationError} The file is in use, or the machine failed to read it.
 */
export function isSound(database: StoreDatabase, table: string): boolean {
  const said = tolerateDamage(() => database.rows(`PRAGMA integrity_check(${table})`), () => {});
  return said !== null && said.length === 1 && said[0]?.[0] === "ok";
}

/** Decodes `embeddings.seq_id`; -1 for what is no sequence number. */
function toSequence(storage: SqlValue | undefined, value: SqlValue | undefined): number {
  if (typeof value !== "string" || value === "") return -1;
  if (storage === "integer") {
    const number = Number(value);
    return Number.isSafeInteger(number) && number >= 0 ? number : -1;
  }
  return toIndex(BigInt(`0x${value}`)) ?? -1;
}
