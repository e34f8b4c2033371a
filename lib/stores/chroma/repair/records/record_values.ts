/**
 * What the store holds of some records: the values of their metadata, the document among them, and
 * the same as JSON, in which nothing of a type is lost:
 *
 * | stored                    | as JSON                                      |
 * | ------------------------- | -------------------------------------------- |
 * | text                      | a string                                     |
 * | integer                   | digits, all of them                          |
 * | float                     | a number with a point or an exponent         |
 * | infinite float            | `1e999`, which every reader takes for it     |
 * | boolean                   | `true` or `false`                            |
 * | NaN, which SQLite drops   | `null`                                       |
 * | list of 1.5               | a list of these                              |
 *
 * @module
 */

import type { SqlValue, StoreDatabase } from "../../../../sqlite/database.ts";
import type { KeyContents, RecordMetadata } from "../../contents/pending_operations.ts";
import {
  DOCUMENT_KEY,
  floatBytes,
  sliceOf,
  type ValueColumn,
  type ValueSlice,
} from "../../contents/record_facts.ts";

/** What a record holds besides its vector, as JSON takes it. */
export interface RecordText {
  /** The document, or null without one. */
  readonly document: string | null;
  /** The other values by key, or null without any; what `JSON.stringify` takes. */
  readonly metadata: Readonly<Record<string, unknown>> | null;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Reads the metadata of some records.
 *
 * @param database The open database.
 * @param rowIds The records, by `embeddings.id`; few enough for their documents to be in memory.
 * @returns The values of each record; a record without any has no entry.
 * @throws {SqliteError} They cannot be read.
 */
export function readRecordMetadata(
  database: StoreDatabase,
  rowIds: readonly number[],
): Map<number, RecordMetadata> {
  const records = new Map<number, RecordMetadata>();
  for (const table of ["embedding_metadata", "embedding_metadata_array"] as const) {
    for (const [row, key, ...values] of readValueRows(database, table, rowIds)) {
      const metadata = getOrMake<number, RecordMetadata>(records, Number(row), () => new Map());
      const contents = getOrMake<string, KeyContents>(
        metadata,
        decodeText(key),
        () => ({ values: [], elements: [] }),
      );
      const value = toValueSlice(values);
      (table === "embedding_metadata" ? contents.values : contents.elements).push(value);
    }
  }
  return records;
}

function readValueRows(
  database: StoreDatabase,
  table: string,
  rowIds: readonly number[],
): SqlValue[][] {
  const columns = database.rows(`SELECT name FROM pragma_table_info('${table}')`)
    .map(([name]) => String(name));
  if (columns.length === 0) return [];
  const boolean = columns.includes("bool_value") ? "bool_value" : "NULL";
  // As bytes: SQLite's texts are cut at a zero byte on their way out.
  return database.bigintRows(
    `SELECT id, CAST(key AS BLOB), CAST(string_value AS BLOB), int_value, float_value, ${boolean}
     FROM ${table} WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id, rowid`,
    JSON.stringify(rowIds),
  );
}

/** The one column that has a value; of several, as only somebody else writes them, the first. */
function toValueSlice([text, integer, float, boolean]: readonly SqlValue[]): ValueSlice {
  if (text instanceof Uint8Array) return makeSlice("text", text);
  if (typeof integer === "bigint") return makeSlice("integer", encoder.encode(String(integer)));
  if (typeof float === "number") return makeSlice("float", floatBytes(float));
  if (typeof float === "bigint") return makeSlice("float", floatBytes(Number(float)));
  if (typeof boolean === "bigint") return makeSlice("boolean", encoder.encode(String(boolean)));
  const other = [integer, float, boolean].find((value) => value !== null && value !== undefined);
  if (other === undefined || other === null) return makeSlice("nothing", new Uint8Array());
  return makeSlice("text", other instanceof Uint8Array ? other : encoder.encode(String(other)));
}

function makeSlice(column: ValueColumn, bytes: Uint8Array): ValueSlice {
  return { column, ...sliceOf(bytes) };
}

/**
 * Puts what a record holds into the form of a line of `missing.jsonl`.
 *
 * @param values The values of the record.
 * @returns The document, and the metadata.
 */
export function toRecordText(values: RecordMetadata): RecordText {
  const metadata: Record<string, unknown> = {};
  let document: string | null = null;
  for (const [key, contents] of values) {
    const [first] = contents.values;
    if (key === DOCUMENT_KEY && first?.column === "text") document = decodeSlice(first);
    // A property of that name would set the prototype.
    else if (key === "__proto__") Object.defineProperty(metadata, key, shown(toJson(contents)));
    else metadata[key] = toJson(contents);
  }
  return { document, metadata: Object.keys(metadata).length === 0 ? null : metadata };
}

function shown(value: unknown): PropertyDescriptor {
  return { value, enumerable: true, configurable: true, writable: true };
}

function toJson({ values, elements }: KeyContents): unknown {
  const [first] = values;
  return first === undefined ? elements.map(valueToJson) : valueToJson(first);
}

function valueToJson(value: ValueSlice): unknown {
  const { column, bytes, start, end } = value;
  switch (column) {
    case "integer":
      return rawJson(decodeSlice(value));
    case "float":
      return rawJson(
        floatText(new DataView(bytes.buffer, bytes.byteOffset).getFloat64(start, true)),
      );
    case "boolean":
      return decodeSlice(value) !== "0";
    case "nothing":
      return null;
    default:
      return decodeText(bytes.subarray(start, end));
  }
}

/** Writes a float so that every reader sees that it is one. */
function floatText(value: number): string {
  if (!Number.isFinite(value)) return value < 0 ? "-1e999" : "1e999";
  const text = Object.is(value, -0) ? "-0" : String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/** JSON with a number exactly as it is written; newer than the types of `JSON`. */
function rawJson(text: string): unknown {
  return (JSON as typeof JSON & { rawJSON(text: string): unknown }).rawJSON(text);
}

function decodeSlice({ bytes, start, end }: ValueSlice): string {
  return decodeText(bytes.subarray(start, end));
}

function decodeText(value: SqlValue | undefined): string {
  return value instanceof Uint8Array ? decoder.decode(value) : String(value);
}

function getOrMake<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
