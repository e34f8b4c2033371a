/**
 * The schema of a database, as far as copying its rows needs it.
 *
 * @module
 */

import type { StoreDatabase } from "../database.ts";

/** A row of `sqlite_schema`. */
export interface SchemaRow {
  /** `table`, `index`, `view` or `trigger`. */
  readonly type: string;
  /** Its name. */
  readonly name: string;
  /** The table that it belongs to. */
  readonly table: string;
  /** Whether it has pages of its own: a virtual table, a view and a trigger have none. */
  readonly hasPages: boolean;
  /** Its declaration; null for an index that follows from the declaration of a table. */
  readonly sql: string | null;
}

/** What of a table is copied, and in which order. */
export interface TableShape {
  /** Its name. */
  readonly name: string;
  /** The names of the columns; with that of the row number where no column is it. */
  readonly columns: readonly string[];
  /** The columns by which its rows are in order. */
  readonly order: readonly string[];
}

/** Names under which SQLite gives out the number of a row, where no column has them. */
const ROW_NUMBERS = ["rowid", "_rowid_", "oid"] as const;

/** What SQLite writes into `sqlite_schema`, whatever was typed. */
const DECLARATION = /^CREATE (?:TABLE|INDEX|UNIQUE INDEX|VIEW|TRIGGER|VIRTUAL TABLE)\b/i;

/**
 * Reads the schema.
 *
 * @param database The database.
 * @returns Its rows, in their order.
 * @throws {SqliteError} It cannot be read.
 */
export function readSchemaRows(database: StoreDatabase): SchemaRow[] {
  return database
    .rows("SELECT type, name, tbl_name, coalesce(rootpage, 0) > 0, sql FROM sqlite_schema")
    .map(([type, name, table, hasPages, sql]) => ({
      type: String(type),
      name: String(name),
      table: String(table),
      hasPages: hasPages === 1,
      sql: typeof sql === "string" ? sql : null,
    }));
}

/**
 * Finds what of a schema cannot be made a second time.
 *
 * @param database The database.
 * @param schema Its schema.
 * @returns What it is, for people; null where everything can.
 * @throws {SqliteError} It cannot be read.
 */
export function findUncopied(
  database: StoreDatabase,
  schema: readonly SchemaRow[],
): string | null {
  for (const { type, name, sql } of schema) {
    if (sql === null ? type !== "index" : !DECLARATION.test(sql)) {
      return `the declaration of ${name} is none that SQLite writes`;
    }
    if (type !== "table") continue;
    const hidden = database.number(
      `SELECT count(*) FROM pragma_table_xinfo(${quoteText(name)}) WHERE hidden > 1`,
    );
    if (hidden !== 0) return `the table ${name} has generated columns`;
  }
  return null;
}

/**
 * Tells how the rows of a table are copied.
 *
 * @param database The database.
 * @param table The name of the table.
 * @returns Its columns, and its order.
 * @throws {SqliteError} It cannot be read.
 */
export function readTableShape(database: StoreDatabase, table: string): TableShape {
  const listed = database.rows(`SELECT name, pk, type FROM pragma_table_info(${quoteText(table)})`);
  const columns = listed.map(([name]) => String(name));
  const key = listed.filter(([, place]) => Number(place) > 0)
    .sort(([, left], [, right]) => Number(left) - Number(right));
  const keyColumns = key.map(([name]) => String(name));
  const [only] = key;
  const isNumber = key.length === 1 && String(only?.[2]).toUpperCase() === "INTEGER";
  const taken = new Set(columns.map((name) => name.toLowerCase()));
  const number = ROW_NUMBERS.find((name) => !taken.has(name)) ?? null;
  if (isNumber || number === null || isWithoutRowNumbers(database, table)) {
    return { name: table, columns, order: keyColumns };
  }
  return { name: table, columns: [number, ...columns], order: [number] };
}

function isWithoutRowNumbers(database: StoreDatabase, table: string): boolean {
  const sql = `SELECT wr FROM pragma_table_list WHERE schema = 'main' AND name = ?`;
  return database.number(sql, table) === 1;
}

/** Quotes a name for a statement. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Quotes a text for a statement. */
function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
