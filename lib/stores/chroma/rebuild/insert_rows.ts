/**
 * Putting salvaged rows into a fresh database. A torn file can hold a page twice, in an older and a
 * newer state; so can the list of rows.
 *
 * @module
 */

import type { SqlValue, StoreDatabase } from "../../../sqlite/database.ts";
import type { SalvagedRow } from "../../../sqlite/pages/salvage_rows.ts";
import type { RebuiltTable } from "./table_shapes.ts";

/** A row that a table does not take: a rule of the table is broken, or its key is taken. */
export interface RefusedRow {
  /** The table, or null where it cannot be told. */
  readonly table: RebuiltTable | null;
  /** The row's id. */
  readonly rowId: number;
  /** Its values, in the order of the columns. */
  readonly values: readonly SqlValue[];
  /** The values of the row that has its key, or null where none has. */
  readonly standing: readonly SqlValue[] | null;
}

/** What became of the rows of a table. */
export interface TableCounts {
  /** Rows that are in the new database. */
  inserted: number;
  /** Rows that were there already, word for word. */
  repeated: number;
  /** Rows whose key was there already with other values: the newer one, or the first, stands. */
  conflicting: number;
  /** Rows that break a rule of the table. */
  refused: number;
}

/** Tables whose first column is the row's id. */
const KEYED_BY_ROW_ID: ReadonlySet<RebuiltTable> = new Set([
  "embeddings",
  "embeddings_queue",
  "embeddings_queue_config",
  "embedding_fulltext_search_content",
]);

/** The elements of a list have no key and stand in the order of their rows. */
const ORDERED_BY_ROW_ID: RebuiltTable = "embedding_metadata_array";

/** Documents as the full text holds them are kept apart until the records are known. */
const DOCUMENTS_TABLE = "salvaged_documents";

/** Puts rows into the tables of a fresh database. */
export class RowInserter {
  readonly #database: StoreDatabase;
  readonly #statements = new Map<RebuiltTable, TableStatements>();
  readonly #counts = new Map<RebuiltTable, TableCounts>();
  readonly #onRefused: (row: RefusedRow) => void;

  /**
   * Takes a database with the schema of its version.
   *
   * @param database The database.
   * @param onRefused Is told of every row that a table does not take.
   */
  constructor(database: StoreDatabase, onRefused: (row: RefusedRow) => void) {
    this.#database = database;
    this.#onRefused = onRefused;
    database.execute(`CREATE TEMP TABLE ${DOCUMENTS_TABLE} (id INTEGER PRIMARY KEY, c0 TEXT)`);
  }

  /** What became of the rows, by table. */
  get counts(): ReadonlyMap<RebuiltTable, TableCounts> {
    return this.#counts;
  }

  /** Puts a row into its table, unless it is there. */
  insert(table: RebuiltTable, { rowId, values }: Pick<SalvagedRow, "rowId" | "values">): void {
    const statements = this.#statementsOf(table);
    const row = table === ORDERED_BY_ROW_ID
      ? [BigInt(rowId), ...values]
      : KEYED_BY_ROW_ID.has(table)
      ? [BigInt(rowId), ...values.slice(1)]
      : [...values];
    while (row.length < statements.columns) row.push(null);
    const counts = this.#countsOf(table);
    if (row.length > statements.columns) {
      // A row of a later version than all that the migrations still prove.
      if (row.slice(statements.columns).some((value) => value !== null)) {
        counts.refused++;
        this.#onRefused({ table, rowId, values: row, standing: null });
        return;
      }
      row.length = statements.columns;
    }
    if (statements.insert(...row) === 1) {
      counts.inserted++;
      return;
    }
    const standing = statements.findRival(row);
    if (standing === null) counts.refused++;
    else if (isSame(standing, row)) counts.repeated++;
    else counts.conflicting++;
    if (standing !== null && isSame(standing, row)) return;
    // Of two states of a record the one that the engine wrote later stands.
    const isNewer = table === "embeddings" && standing !== null &&
      this.#replaceOlder(statements, row);
    this.#onRefused(
      isNewer && standing !== null
        ? { table, rowId: Number(standing[0]), values: standing, standing: row }
        : { table, rowId, values: row, standing },
    );
  }

  /** Puts a record in the place of its older states; false where one of them is as new. */
  #replaceOlder(statements: TableStatements, row: readonly SqlValue[]): boolean {
    const [id = null, segment = null, embeddingId = null, sequence] = row;
    const rivals = this.#database.bigintRows(
      "SELECT id, seq_id FROM embeddings WHERE id = ? OR (segment_id = ? AND embedding_id = ?)",
      id,
      segment,
      embeddingId,
    );
    const own = toSequence(sequence);
    if (!rivals.every(([, rival]) => toSequence(rival) < own)) return false;
    const remove = this.#database.prepare("DELETE FROM embeddings WHERE id = ?");
    for (const [rival = null] of rivals) remove(rival);
    return statements.insert(...row) === 1;
  }

  #countsOf(table: RebuiltTable): TableCounts {
    const counts = this.#counts.get(table) ??
      { inserted: 0, repeated: 0, conflicting: 0, refused: 0 };
    this.#counts.set(table, counts);
    return counts;
  }

  #statementsOf(table: RebuiltTable): TableStatements {
    const known = this.#statements.get(table);
    if (known !== undefined) return known;
    const target = table === "embedding_fulltext_search_content" ? DOCUMENTS_TABLE : table;
    const statements = new TableStatements(this.#database, target);
    this.#statements.set(table, statements);
    return statements;
  }
}

/** The statements for one table. */
class TableStatements {
  readonly #database: StoreDatabase;
  readonly #table: string;
  readonly #keys: readonly (readonly number[])[];
  readonly #names: readonly string[];
  readonly insert: (...parameters: SqlValue[]) => number;

  constructor(database: StoreDatabase, table: string) {
    this.#database = database;
    this.#table = table;
    const columns = database.rows(`SELECT name, pk FROM pragma_table_info('${table}')`);
    const names = columns.map(([name]) => String(name));
    const isOrdered = table === ORDERED_BY_ROW_ID;
    this.#names = isOrdered ? ["rowid", ...names] : names;
    this.#keys = isOrdered ? [[0]] : this.#listKeys(columns);
    const marks = this.#names.map(() => "?").join(", ");
    this.insert = database.prepare(
      `INSERT OR IGNORE INTO ${table} (${this.#names.join(", ")}) VALUES (${marks})`,
    );
  }

  /** How many columns there are. */
  get columns(): number {
    return this.#names.length;
  }

  /** Finds the row that has a key of another; null where none has. */
  findRival(row: readonly SqlValue[]): SqlValue[] | null {
    for (const key of this.#keys) {
      const same = key.map((column) => `${this.#names[column]} = ?`).join(" AND ");
      const values = key.map((column) => row[column] ?? null);
      const sql = `SELECT ${this.#names.join(", ")} FROM ${this.#table} WHERE ${same} LIMIT 1`;
      const [rival] = this.#database.bigintRows(sql, ...values);
      if (rival !== undefined) return rival;
    }
    return null;
  }

  /** The columns of the primary key and of every unique index. */
  #listKeys(columns: readonly SqlValue[][]): number[][] {
    const primary = columns.flatMap(([, position], index) => position === 0 ? [] : [index]);
    const indexes = this.#database.rows(
      `SELECT name FROM pragma_index_list('${this.#table}') WHERE "unique"`,
    );
    const unique = indexes.map(([name = null]) =>
      this.#database.rows("SELECT cid FROM pragma_index_info(?)", name).map(([column]) =>
        Number(column)
      )
    );
    return primary.length === 0 ? unique : [primary, ...unique];
  }
}

function isSame(one: readonly SqlValue[], other: readonly SqlValue[]): boolean {
  return one.every((value, index) => isSameValue(value, other[index] ?? null));
}

/** SQLite may have stored a whole float as an integer, or the other way round. */
function isSameValue(one: SqlValue, other: SqlValue): boolean {
  if (one instanceof Uint8Array && other instanceof Uint8Array) {
    return one.byteLength === other.byteLength && one.every((byte, at) => byte === other[at]);
  }
  return one === other || (isNumber(one) && isNumber(other) && Number(one) === Number(other));
}

function isNumber(value: SqlValue): boolean {
  return typeof value === "bigint" || typeof value === "number";
}

/** The Python era writes a sequence as eight bytes, the highest first. */
function toSequence(value: SqlValue | undefined): bigint {
  if (value instanceof Uint8Array) {
    return value.reduce((sequence, byte) => sequence * 256n + BigInt(byte), 0n);
  }
  return typeof value === "bigint" || typeof value === "number" ? BigInt(value) : -1n;
}
