/**
 * Copying the rows of one table into another database, every value as it is stored.
 *
 * A text goes through as its bytes: one with a zero in it, or with bytes that are no UTF-8, would
 * come out of a string as another one. Which values of a row are texts is said by the bits of a
 * number behind it.
 *
 * @module
 */

import type { SqlValue, StoreDatabase } from "../database.ts";
import { quoteName, type TableShape } from "./schema_rows.ts";

/** Rows that are left out. */
export interface OmittedRows {
  /** Which, in SQL over the columns of the table. */
  readonly condition: string;
  /** The values of the `?` in the condition. */
  readonly parameters: readonly SqlValue[];
}

/** What is copied. */
export interface RowCopy {
  /** The database that has the rows. */
  readonly source: StoreDatabase;
  /** The one that gets them. */
  readonly target: StoreDatabase;
  /** The table. */
  readonly shape: TableShape;
  /** The rows that are left out, or null. */
  readonly omitted: OmittedRows | null;
}

/** The columns whose type can be told by one number. */
const COLUMNS_IN_A_MASK = 30;

/**
 * Copies rows, and tells of each how large it is.
 *
 * @param copy What is copied.
 * @yields About how many bytes were copied, row by row.
 * @throws {SqliteError} A row cannot be read, or is refused.
 */
export function* copyRows(
  { source, target, shape, omitted }: RowCopy,
): Generator<number, void, undefined> {
  const { name, columns, order } = shape;
  const insert = prepareInsert(target, shape);
  const sql = `SELECT ${[...columns.map(readWhole), ...typeMasks(columns)].join(", ")}
    FROM ${quoteName(name)} ${whereOf(omitted)}
    ${order.length === 0 ? "" : `ORDER BY ${order.map(quoteName).join(", ")}`}`;
  for (const row of source.bigintRowsBeforeDamage(sql, ...omitted?.parameters ?? [])) {
    insert(...row);
    yield sizeOf(row);
  }
}

/**
 * Sums up the rows of a table, so that a copy can be held against what it was made of: how many
 * there are, and of each column how many bytes its values have in each type.
 *
 * @param database The database.
 * @param shape The table.
 * @param omitted The rows that are left out, or null.
 * @returns The sums as one text.
 * @throws {SqliteError} The table cannot be read.
 */
export function sumUpRows(
  database: StoreDatabase,
  { name, columns }: TableShape,
  omitted: OmittedRows | null,
): string {
  const sums = columns.map(quoteName).flatMap((column) => [
    `count(${column})`,
    `coalesce(sum(octet_length(${column}) * (typeof(${column}) = 'text')), 0)`,
    `coalesce(sum(octet_length(${column}) * (typeof(${column}) = 'blob')), 0)`,
    `total(${column}) FILTER (WHERE typeof(${column}) IN ('integer', 'real'))`,
  ]);
  const sql = `SELECT ${["count(*)", ...sums].join(", ")} FROM ${quoteName(name)} ${
    whereOf(omitted)
  }`;
  const [row = []] = database.bigintRows(sql, ...omitted?.parameters ?? []);
  return row.join(" ");
}

function whereOf(omitted: OmittedRows | null): string {
  return omitted === null ? "" : `WHERE (${omitted.condition}) IS NOT TRUE`;
}

function readWhole(column: string): string {
  const name = quoteName(column);
  return `CASE typeof(${name}) WHEN 'text' THEN CAST(${name} AS BLOB) ELSE ${name} END`;
}

/** Says by bits in which columns a row has a text. */
function typeMasks(columns: readonly string[]): string[] {
  const masks: string[] = [];
  for (let first = 0; first < columns.length; first += COLUMNS_IN_A_MASK) {
    const bits = columns.slice(first, first + COLUMNS_IN_A_MASK)
      .map((column, at) => `(typeof(${quoteName(column)}) = 'text') << ${at}`);
    masks.push(bits.map((bit) => `(${bit})`).join(" | "));
  }
  return masks;
}

/** Prepares the insertion of a row whose texts are given as bytes, with its masks behind it. */
function prepareInsert(
  target: StoreDatabase,
  { name, columns }: TableShape,
): (...values: SqlValue[]) => number {
  const values = columns.map((_, at) => {
    const mask = 1 + columns.length + Math.floor(at / COLUMNS_IN_A_MASK);
    const bit = 1 << (at % COLUMNS_IN_A_MASK);
    return `iif(?${mask} & ${bit}, CAST(?${1 + at} AS TEXT), ?${1 + at})`;
  });
  return target.prepare(
    `INSERT INTO ${quoteName(name)} (${columns.map(quoteName).join(", ")})
     VALUES (${values.join(", ")})`,
  );
}

/** What a number takes at the most. */
const NUMBER_SIZE_BYTES = 8;

function sizeOf(row: readonly SqlValue[]): number {
  let sizeBytes = 0;
  for (const value of row) {
    sizeBytes += value instanceof Uint8Array
      ? value.byteLength
      : value === null
      ? 0
      : NUMBER_SIZE_BYTES;
  }
  return sizeBytes;
}
