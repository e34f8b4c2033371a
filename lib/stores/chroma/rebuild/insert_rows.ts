/**
 * Putting salvaged rows into a fresh database. A torn file can hold a page twice, in an older and a
 * newer state; so can the list of rows.
 *
 * @module
 */

import type { SqlValue, StoreDatabase } from "../../../sqlite/database.ts";
import type { SalvagedRow } from "../../../sqlite/pages/salvage_rows.ts";
import type { RebuiltTable } from "./table_shapes.ts";

/** What became of the rows of a table. */
export interface TableCounts {
  /** Rows that are in the new database. */
  inserted: number;
  /** Rows that were there already, word for word. */
  repeated: number;
  /** Rows whose key was there already with other values: the newer one, or the first, stands. */
  conflicting: number;
}

/** Tables whose first column is the row's id. */
const KEYED_BY_ROW_ID: ReadonlySet<RebuiltTable> = new Set([
  "embeddings",
  "embeddings_queue",
  "embeddings_queue_config",
]);

/** Documents as the full text holds them are kept apart until the records are known. */
const DOCUMENTS_TABLE = "salvaged_documents";

/** Puts rows into the tables of a fresh database. */
export class RowInserter {
  readonly #database: StoreDatabase;
  readonly #statements = new Map<RebuiltTable, TableStatements>();
  readonly #counts = new Map<RebuiltTable, TableCounts>();

  /** Takes a database with the schema of its version. */
  constructor(database: StoreDatabase) {
    this.#database = database;
    database.execute(`CREATE TEMP TABLE ${DOCUMENTS_TABLE} (id INTEGER PRIMARY KEY, c0 TEXT)`);
  }

  /** What became of the rows, by table. */
  get counts(): ReadonlyMap<RebuiltTable, TableCounts> {
    return this.#counts;
  }

  /** Puts a row into its table, unless it is there. */
  insert(table: RebuiltTable, { rowId, values }: SalvagedRow): void {
    const statements = this.#statementsOf(table);
    const hasRowId = KEYED_BY_ROW_ID.has(table) || table === "embedding_fulltext_search_content";
    const row = hasRowId ? [BigInt(rowId), ...values.slice(1)] : [...values];
    while (row.length < statements.columns) row.push(null);
    const counts = this.#countsOf(table);
    if (statements.insert(...row) === 1) counts.inserted++;
    else if (statements.isThere(row)) counts.repeated++;
    else {
      counts.conflicting++;
      if (table === "embeddings") this.#keepNewer(statements, row);
    }
  }

  /** Of two states of a record the one that the engine wrote later stands. */
  #keepNewer(statements: TableStatements, row: readonly SqlValue[]): void {
    const [id = null, segment = null, embeddingId = null, sequence] = row;
    const rivals = this.#database.bigintRows(
      "SELECT id, seq_id FROM embeddings WHERE id = ? OR (segment_id = ? AND embedding_id = ?)",
      id,
      segment,
      embeddingId,
    );
    const own = toSequence(sequence);
    if (!rivals.every(([, rival]) => toSequence(rival) < own)) return;
    const remove = this.#database.prepare("DELETE FROM embeddings WHERE id = ?");
    for (const [rival = null] of rivals) remove(rival);
    statements.insert(...row);
  }

  #countsOf(table: RebuiltTable): TableCounts {
    const counts = this.#counts.get(table) ?? { inserted: 0, repeated: 0, conflicting: 0 };
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
  readonly #names: readonly string[];
  readonly insert: (...parameters: SqlValue[]) => number;

  constructor(database: StoreDatabase, table: string) {
    this.#database = database;
    this.#table = table;
    this.#names = database.rows(`SELECT name FROM pragma_table_info('${table}')`)
      .map(([name]) => String(name));
    const marks = this.#names.map(() => "?").join(", ");
    this.insert = database.prepare(`INSERT OR IGNORE INTO ${table} VALUES (${marks})`);
  }

  /** How many columns there are. */
  get columns(): number {
    return this.#names.length;
  }

  /** Whether a row is there with these very values. */
  isThere(row: readonly SqlValue[]): boolean {
    const same = this.#names.map((name) => `"${name}" IS ?`).join(" AND ");
    return this.#database.row(`SELECT 1 FROM ${this.#table} WHERE ${same}`, ...row) !== null;
  }
}

/** The Python era writes a sequence as eight bytes, the highest first. */
function toSequence(value: SqlValue | undefined): bigint {
  if (value instanceof Uint8Array) {
    return value.reduce((sequence, byte) => sequence * 256n + BigInt(byte), 0n);
  }
  return typeof value === "bigint" || typeof value === "number" ? BigInt(value) : -1n;
}
