/**
 * The records of a collection with their metadata, in pages. SQLite puts a page together as bytes,
 * which is several times cheaper than a row at a time, and loses nothing of texts that are no UTF-8.
 *
 * A record and a value are written one behind another as
 *
 * ```
 * number,size of the id,id
 * number,size of the key,size of the text;key text
 * number,size of the key,size of the text,integer,float,boolean,key text
 * ```
 *
 * where `number` is `embeddings.id`; a column that is NULL is empty; `x` before a size or a value
 * says that the column has another storage class than its type, and then hexadecimal digits follow
 * for a value. A value that is nothing but a text has the shorter form. A long text is left out here
 * and read by itself.
 *
 * @module
 */

import type { SqlValue, StoreDatabase } from "../../../sqlite/database.ts";
import { createFormatError, Fields, OTHER } from "./page_fields.ts";
import {
  floatBytes,
  type Slice,
  sliceOf,
  type ValueColumn,
  type ValueSlice,
} from "./record_facts.ts";

/** How many records there are in a page. */
const RECORDS_PER_PAGE = 2048;

/** Longer texts are read one by one, so that a page stays small. */
const LONGEST_TEXT_BYTES = 16 << 10;

const RECORD = "concat(id, ',', octet_length(embedding_id), ',', embedding_id)";

/** Every text sorts before this: ids are texts, whatever else was put there. */
const BEHIND_TEXTS = "x''";

/** A page of records. */
export interface RecordPage {
  /** The bytes that have the ids. */
  readonly bytes: Uint8Array;
  /** The number of each record, `embeddings.id`. */
  readonly numbers: readonly number[];
  /** Where the id of each record begins in the bytes. */
  readonly starts: readonly number[];
  /** Where it ends. */
  readonly ends: readonly number[];
  /** Which rows of `embeddings` these are: a condition, and the values of its `?`. */
  readonly selection: { readonly condition: string; readonly values: readonly SqlValue[] };
}

/**
 * Reads the records of a segment.
 *
 * @param database The open chroma.sqlite3.
 * @param segmentId The METADATA segment.
 * @param mostRecords How many records the next page has at the most.
 * @yields The records in pages, in the order of their ids.
 * @throws {SqliteError} The records cannot be read.
 * @throws {OperationError} They are not what an engine writes.
 */
export function* readRecordPages(
  database: StoreDatabase,
  segmentId: string,
  mostRecords: () => number = () => RECORDS_PER_PAGE,
): Generator<RecordPage, void, undefined> {
  let last: Uint8Array | null = null;
  while (true) {
    const row: SqlValue[] | null = database.row(
      `SELECT CAST(group_concat(record, '') AS BLOB), CAST(min(embedding_id) AS BLOB),
         CAST(max(embedding_id) AS BLOB)
       FROM (SELECT ${RECORD} AS record, embedding_id FROM embeddings
         WHERE segment_id = ? AND embedding_id ${last === null ? ">=" : ">"} CAST(? AS TEXT)
           AND embedding_id < ${BEHIND_TEXTS}
         ORDER BY embedding_id LIMIT ?)`,
      segmentId,
      last ?? new Uint8Array(),
      mostRecords(),
    );
    const [joined, first, highest] = row ?? [];
    if (!(joined instanceof Uint8Array) || !(first instanceof Uint8Array)) return;
    // Every page begins behind the one before, so that even a damaged index comes to an end.
    if (!(highest instanceof Uint8Array) || (last !== null && !isBehind(highest, last))) {
      throw createFormatError("the index over the records is damaged");
    }
    last = highest;
    yield parseRecords(joined, {
      condition:
        "segment_id = ? AND embedding_id >= CAST(? AS TEXT) AND embedding_id <= CAST(? AS TEXT)",
      values: [segmentId, first, highest],
    });
  }
}

/**
 * Reads the records of a segment in the order of their numbers, in which their values stand too.
 *
 * @param database The open chroma.sqlite3.
 * @param segmentId The METADATA segment.
 * @param mostRecords How many records the next page has at the most.
 * @yields The records in pages, in that order.
 * @throws {SqliteError} The records cannot be read.
 * @throws {OperationError} They are not what an engine writes.
 */
export function* readNumberedPages(
  database: StoreDatabase,
  segmentId: string,
  mostRecords: () => number,
): Generator<RecordPage, void, undefined> {
  let last = Number.MIN_SAFE_INTEGER;
  while (true) {
    const [joined, highest] = database.row(
      `SELECT CAST(group_concat(record, '') AS BLOB), max(id)
       FROM (SELECT ${RECORD} AS record, id FROM embeddings NOT INDEXED
         WHERE id > ? AND segment_id = ? AND embedding_id < ${BEHIND_TEXTS}
         ORDER BY id LIMIT ?)`,
      last,
      segmentId,
      mostRecords(),
    ) ?? [];
    if (!(joined instanceof Uint8Array)) return;
    if (typeof highest !== "number" || highest <= last) {
      throw createFormatError("the table of the records is damaged");
    }
    const values = [segmentId, last, highest];
    last = highest;
    yield parseRecords(joined, {
      // SQLite takes the other index unless it is kept from it.
      condition: `+segment_id = ? AND id > ? AND id <= ? AND +embedding_id < ${BEHIND_TEXTS}`,
      values,
    });
  }
}

function parseRecords(bytes: Uint8Array, selection: RecordPage["selection"]): RecordPage {
  const [numbers, starts, ends]: [number[], number[], number[]] = [[], [], []];
  const fields = new Fields(bytes);
  const id = sliceOf(bytes);
  while (!fields.atEnd) {
    numbers.push(fields.number());
    fields.take(fields.number(), id);
    starts.push(id.start);
    ends.push(id.end);
  }
  return { bytes, numbers, starts, ends, selection };
}

function isBehind(left: Uint8Array, right: Uint8Array): boolean {
  const length = Math.min(left.byteLength, right.byteLength);
  for (let index = 0; index < length; index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return left.byteLength > right.byteLength;
}

/** A table of values. */
export interface ValueTable {
  /** Its name. */
  readonly name: "embedding_metadata" | "embedding_metadata_array";
  /** The columns that it has. */
  readonly columns: readonly string[];
}

/**
 * Is told a value; key and value are good until it returns. A key without a value has the column
 * `nothing`.
 */
export type ValueVisitor = (number: number, key: Slice, value: ValueSlice) => void;

/**
 * Reads the values of a page of records.
 *
 * @param database The open chroma.sqlite3.
 * @param page The page.
 * @param table Where the values are; those of a list come in their order.
 * @param onValue Is told every value.
 * @throws {SqliteError} The values cannot be read.
 * @throws {OperationError} They are not what an engine writes.
 */
export function readValues(
  database: StoreDatabase,
  page: RecordPage,
  table: ValueTable,
  onValue: ValueVisitor,
): void {
  const order = table.name === "embedding_metadata" ? "" : "ORDER BY m.id, m.key, m.rowid";
  const [joined] = database.row(
    `SELECT CAST(group_concat(value, '') AS BLOB) FROM (SELECT ${valueExpression(table)} AS value
       FROM (SELECT id FROM embeddings WHERE ${page.selection.condition}) AS e
       CROSS JOIN ${table.name} AS m ON m.id = e.id ${order})`,
    ...page.selection.values,
  ) ?? [];
  if (!(joined instanceof Uint8Array)) return;
  const reader = new ValueReader(database, table, new Fields(joined));
  reader.readAll(onValue);
}

function valueExpression({ columns }: ValueTable): string {
  const column = (name: string): string => columns.includes(name) ? `m.${name}` : "NULL";
  const text = column("string_value");
  const typed = (name: string, type: string, value: string): string =>
    `CASE typeof(${column(name)}) WHEN 'null' THEN '' WHEN '${type}' THEN ${value}
      ELSE concat('x', hex(${column(name)})) END`;
  // A text sorts before every BLOB, and NULL is less than nothing.
  return `CASE WHEN octet_length(${text}) <= ${LONGEST_TEXT_BYTES} AND ${text} < ${BEHIND_TEXTS}
      AND ${column("int_value")} IS NULL AND ${column("float_value")} IS NULL
      AND ${column("bool_value")} IS NULL
    THEN concat(m.id, ',', octet_length(m.key), ',', octet_length(${text}), ';', m.key, ${text})
    ELSE concat(m.id, ',', octet_length(m.key), ',', iif(typeof(${text}) = 'blob', 'x', ''),
      octet_length(${text}), ',', ${typed("int_value", "integer", column("int_value"))}, ',',
      ${typed("float_value", "real", `printf('%!.17g', ${column("float_value")})`)}, ',',
      ${typed("bool_value", "integer", column("bool_value"))}, ',', m.key,
      iif(octet_length(${text}) > ${LONGEST_TEXT_BYTES}, concat(m.rowid, ','), ${text})) END`;
}

/** Takes the values of a page apart. */
class ValueReader {
  readonly #database: StoreDatabase;
  readonly #table: ValueTable;
  readonly #fields: Fields;
  readonly #key: Slice = sliceOf(new Uint8Array());
  readonly #text: ValueSlice = { ...sliceOf(new Uint8Array()), column: "text" };

  constructor(database: StoreDatabase, table: ValueTable, fields: Fields) {
    this.#database = database;
    this.#table = table;
    this.#fields = fields;
  }

  readAll(onValue: ValueVisitor): void {
    const fields = this.#fields;
    while (!fields.atEnd) {
      const number = fields.number();
      const keySizeBytes = fields.size();
      const isBlob = fields.skipOther();
      const textSizeBytes = fields.size();
      if (fields.endsShort) {
        const key = fields.take(keySizeBytes, this.#key);
        onValue(number, key, fields.take(textSizeBytes, this.#text));
        continue;
      }
      const [integer, float, boolean] = [fields.field(), fields.field(), fields.field()];
      const key = fields.take(Math.max(0, keySizeBytes), this.#key);
      const text = textSizeBytes < 0 ? null : this.#readText(textSizeBytes);
      if (text !== null) onValue(number, key, { ...text, column: isBlob ? "other" : "text" });
      if (integer !== null) onValue(number, key, toValue(integer, "integer"));
      if (float !== null) onValue(number, key, toFloatValue(float));
      if (boolean !== null) onValue(number, key, toValue(boolean, "boolean"));
      if (text === null && integer === null && float === null && boolean === null) {
        onValue(number, key, { ...key, start: key.end, column: "nothing" });
      }
    }
  }

  #readText(sizeBytes: number): Slice {
    if (sizeBytes <= LONGEST_TEXT_BYTES) return this.#fields.take(sizeBytes, this.#text);
    const [text] = this.#database.row(
      `SELECT CAST(string_value AS BLOB) FROM ${this.#table.name} WHERE rowid = ?`,
      this.#fields.number(),
    ) ?? [];
    if (!(text instanceof Uint8Array)) throw createFormatError("a long text is gone");
    return sliceOf(text);
  }
}

function toValue(slice: Slice, column: ValueColumn): ValueSlice {
  return { ...slice, column: slice.bytes[slice.start] === OTHER ? "other" : column };
}

/** Seventeen digits tell every float from every other. */
function toFloatValue(slice: Slice): ValueSlice {
  if (slice.bytes[slice.start] === OTHER) return { ...slice, column: "other" };
  const text = String.fromCharCode(...slice.bytes.subarray(slice.start, slice.end));
  const number = Number(text.replace("Inf", "Infinity"));
  return { ...sliceOf(floatBytes(number)), column: "float" };
}
