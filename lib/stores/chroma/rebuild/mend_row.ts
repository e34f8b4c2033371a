/**
 * Rows of a damaged database as the tables of a fresh one take them: values in the order of its
 * columns, and where a rule of the table was broken, what the other values of the row say.
 *
 * @module
 */

import { SqliteError, type SqlValue, StoreDatabase } from "../../../sqlite/database.ts";
import { REBUILT_TABLES, type RebuiltTable } from "./table_shapes.ts";

/** The names of the columns of tables, in lower case and in their order. */
export type ColumnNames = ReadonlyMap<RebuiltTable, readonly string[]>;

/** The database that every version makes, and the tenant that owns it. */
const DEFAULT_DATABASE_ID = "00000000-0000-0000-0000-000000000000";
const DEFAULT_TENANT_ID = "default_tenant";

/** No engine reads when a row was made; it only must have been some time. */
const UNKNOWN_TIME = "1970-01-01 00:00:00";

type Row = Readonly<Record<string, SqlValue>>;

/** A whole number in decimal, as SQLite takes one from a text. */
const WHOLE_NUMBER = /^\s*[+-]?\d{1,18}\s*$/;

/** What stands for a value that must be there and is not; null where the row tells nothing. */
const FALLBACKS: Partial<Record<RebuiltTable, Readonly<Record<string, (row: Row) => SqlValue>>>> = {
  collections: {
    name: ({ id }) => recoveredName(id),
    topic: ({ id }) => `persistent://default/default/${id}`,
    database_id: () => DEFAULT_DATABASE_ID,
  },
  segments: {
    type: ({ scope }) =>
      scope === "METADATA"
        ? "urn:chroma:segment/metadata/sqlite"
        : scope === "VECTOR"
        ? "urn:chroma:segment/vector/hnsw-local-persisted"
        : null,
    scope: ({ type }) => String(type).includes("/metadata/") ? "METADATA" : "VECTOR",
  },
  embeddings: { created_at: () => UNKNOWN_TIME },
  embeddings_queue: { created_at: () => UNKNOWN_TIME },
  databases: { name: ({ id }) => recoveredName(id), tenant_id: () => DEFAULT_TENANT_ID },
};

/** The name that a collection gets whose own is lost. */
export function recoveredName(id: SqlValue | undefined): string {
  return `recovered-${String(id).slice(0, 8)}`;
}

/**
 * Reads the columns of the tables of a database, as far as SQLite can.
 *
 * @param path The file, a private copy; its schema may be hostile: no view is looked into.
 * @returns The columns of each table that is an ordinary one; none where SQLite refuses the file.
 */
export function readColumnNames(path: string): ColumnNames {
  const columns = new Map<RebuiltTable, readonly string[]>();
  using database = StoreDatabase.open(path, { tolerant: true });
  try {
    const tables = new Set(
      database.rows(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'",
      ).flat(),
    );
    for (const table of REBUILT_TABLES) {
      if (!tables.has(table)) continue;
      // Generated columns that are not stored (2) have no value in a row.
      const names = database.rows(
        "SELECT lower(name) FROM pragma_table_xinfo(?) WHERE hidden <> 2 ORDER BY cid",
        table,
      );
      if (names.length > 0) columns.set(table, names.map(([name]) => String(name)));
    }
  } catch (error) {
    // Where SQLite does not read the schema, the values are in the order of the engines.
    if (!(error instanceof SqliteError)) throw error;
  }
  return columns;
}

/** A column of a fresh table. */
export interface FreshColumn {
  /** Its name, in lower case. */
  readonly name: string;
  /** Its declared type. */
  readonly type: string;
}

/** The columns of the tables of a fresh database, in their order. */
export type FreshColumns = ReadonlyMap<RebuiltTable, readonly FreshColumn[]>;

/** Brings the values of rows into the order of a fresh table. */
export class RowMender {
  readonly #from: ColumnNames;
  readonly #to: FreshColumns;

  /**
   * Takes the columns of both databases.
   *
   * @param from Those of the damaged one, as far as they are known.
   * @param to Those of the fresh one.
   */
  constructor(from: ColumnNames, to: FreshColumns) {
    this.#from = from;
    this.#to = to;
  }

  /**
   * Brings values into the order of the fresh table, by the names of the columns.
   *
   * @param table The table.
   * @param values The values as they stand in the damaged one.
   * @returns The same values where the order is the same.
   */
  arrange(table: RebuiltTable, values: readonly SqlValue[]): readonly SqlValue[] {
    const from = this.#from.get(table);
    const to = this.#to.get(table);
    if (from === undefined || to === undefined) return values;
    if (from.every((name, index) => name === to[index]?.name)) return values;
    return to.map(({ name }) => values[from.indexOf(name)] ?? null);
  }

  /**
   * Makes of a row what the rules of its table demand: values get the type of their column, and what
   * has to be there is taken from the rest of the row.
   *
   * @param table The table.
   * @param values The values in the order of the fresh table.
   * @returns The row as far as it tells itself what it lacks.
   */
  mend(table: RebuiltTable, values: readonly SqlValue[]): readonly SqlValue[] {
    const columns = this.#to.get(table) ?? [];
    const typed = columns.map(({ type }, index) => toType(type, values[index] ?? null));
    const row = Object.fromEntries(columns.map(({ name }, index) => [name, typed[index] ?? null]));
    return columns.map(({ name }, index) =>
      typed[index] ?? FALLBACKS[table]?.[name]?.(row) ?? null
    );
  }
}

/** Gives a value the type of its column, where that loses nothing. */
function toType(type: string, value: SqlValue): SqlValue {
  const isNumber = typeof value === "bigint" || typeof value === "number";
  if (type === "TEXT" && isNumber) return String(value);
  if (type.startsWith("INT")) {
    if (typeof value === "string" && WHOLE_NUMBER.test(value)) return BigInt(value.trim());
    if (typeof value === "number" && Number.isSafeInteger(value)) return BigInt(value);
  }
  if (type === "REAL" && typeof value === "string" && value.trim() !== "") {
    const number = Number(value);
    return Number.isFinite(number) ? number : value;
  }
  return value;
}
