/**
 * Writing values of records into the tables that hold them.
 *
 * @module
 */

import type { SqlValue, StoreDatabase } from "../../../../sqlite/database.ts";
import type { RecordMetadata } from "../../contents/pending_operations.ts";
import type { ValueSlice } from "../../contents/record_facts.ts";
import { hasTable } from "./remove_rows.ts";

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Writes values of records; a key that a record has already is left as it is. */
export class ValueWriter {
  readonly #database: StoreDatabase;
  readonly #insertValue: ReturnType<StoreDatabase["prepare"]>;
  readonly #insertElement: ReturnType<StoreDatabase["prepare"]> | null;

  /**
   * Begins with a database.
   *
   * @param database The private copy of the database.
   * @throws {SqliteError} It has no table for values.
   */
  constructor(database: StoreDatabase) {
    this.#database = database;
    const columns = "(id, key, string_value, int_value, float_value, bool_value)";
    this.#insertValue = database.prepare(
      `INSERT OR IGNORE INTO embedding_metadata ${columns} VALUES (?, ?, ?, ?, ?, ?)`,
    );
    this.#insertElement = hasTable(database, "embedding_metadata_array")
      ? database.prepare(
        `INSERT INTO embedding_metadata_array ${columns} VALUES (?, ?, ?, ?, ?, ?)`,
      )
      : null;
  }

  /**
   * Writes values of a record.
   *
   * @param row The record, `embeddings.id`.
   * @param metadata The values.
   * @returns The keys that the record did not have.
   * @throws {SqliteError} They cannot be written.
   */
  write(row: number, metadata: RecordMetadata): string[] {
    const written: string[] = [];
    const [lists] = this.#insertElement === null ? [] : this.#database.rows(
      "SELECT json_group_array(DISTINCT key) FROM embedding_metadata_array WHERE id = ?",
      row,
    )[0] ?? [];
    const listed: readonly unknown[] = JSON.parse(String(lists ?? "[]"));
    for (const [key, { values, elements }] of metadata) {
      const [value] = values;
      if (listed.includes(key)) continue;
      let count = value === undefined ? 0 : this.#insertValue(row, key, ...toColumns(value));
      if (value === undefined) {
        for (const element of elements) {
          count += this.#insertElement?.(row, key, ...toColumns(element)) ?? 0;
        }
      }
      if (count > 0) written.push(key);
    }
    return written;
  }
}

function toColumns({ column, bytes, start, end }: ValueSlice): SqlValue[] {
  const text = decoder.decode(bytes.subarray(start, end));
  switch (column) {
    case "integer":
      return [null, BigInt(text), null, null];
    case "float":
      return [
        null,
        null,
        new DataView(bytes.buffer, bytes.byteOffset).getFloat64(start, true),
        null,
      ];
    case "boolean":
      return [null, null, null, text === "0" ? 0 : 1];
    case "nothing":
      return [null, null, null, null];
    default:
      return [text, null, null, null];
  }
}
