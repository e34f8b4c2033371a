/**
 * Rows of the catalogue that a rebuilt database has lost and an older copy of the store still has:
 * names and settings of collections, their segments, and the metadata of both. They hardly ever
 * change, and nothing else in the store tells what they were. Only what is missing is filled in.
 *
 * @module
 */

import { join } from "@std/path";
import { formatCount } from "../../../../base/format.ts";
import { OperationError } from "../../../../base/errors.ts";
import { SqliteError, type SqlValue, StoreDatabase } from "../../../../sqlite/database.ts";
import { openForReading } from "../../../../sqlite/reading.ts";
import type { OlderCopy } from "../../../repair_format.ts";
import { statOrNull } from "../../../directory.ts";
import { CATALOGUE_NAME } from "../../layout.ts";
import type { RebuildReport } from "../../rebuild/rebuild_database.ts";
import type { RestoredCollection } from "../../rebuild/restore_collections.ts";

/** What came from older copies. */
export interface FilledCatalogue {
  /** Collections whose row is lost, in every copy too. */
  readonly collections: readonly RestoredCollection[];
  /** What came from which copy, for people: one clause each. */
  readonly details: readonly string[];
}

/** The tables, and the column that says to which collection, or segment, a row belongs. */
const OWNED_TABLES = [
  ["segments", "collection", "collections"],
  ["collection_metadata", "collection_id", "collections"],
  ["segment_metadata", "segment_id", "segments"],
] as const;

/**
 * Fills the catalogue of a rebuilt database from older copies.
 *
 * @param path The rebuilt database.
 * @param report What became of its rows.
 * @param copies The older copies, the newest first; only whole ones count.
 * @returns What is lost still, and what was done.
 * @throws {OperationError} A copy cannot be read by this machine.
 * @throws {SqliteError} The rebuilt database cannot be written.
 */
export function fillCatalogue(
  path: string,
  report: RebuildReport,
  copies: readonly OlderCopy[],
): FilledCatalogue {
  let collections = report.collections;
  const details: string[] = [];
  using database = StoreDatabase.open(path, { writable: true });
  for (const { isWhole, directory, label } of copies) {
    const source = join(directory, CATALOGUE_NAME);
    if (!isWhole || statOrNull(source) === null) continue;
    const filled = tolerateBadCopy(() => {
      using reading = openForReading(source);
      if (reading.database === null) return null;
      return new CatalogueFiller(database, reading.database, report).fill(collections);
    });
    if (filled === null || filled.rows === 0) continue;
    collections = collections.filter(({ id }) => !filled.named.has(id));
    details.push(`Take ${formatCount(filled.rows, "row")} of the catalogue from ${label}`);
  }
  return { collections, details };
}

/** A copy that cannot be read is as good as none. */
function tolerateBadCopy<T>(action: () => T): T | null {
  try {
    return action();
  } catch (error) {
    if (error instanceof SqliteError || error instanceof OperationError) return null;
    throw error;
  }
}

class CatalogueFiller {
  readonly #database: StoreDatabase;
  readonly #older: StoreDatabase;
  readonly #report: RebuildReport;

  constructor(database: StoreDatabase, older: StoreDatabase, report: RebuildReport) {
    this.#database = database;
    this.#older = older;
    this.#report = report;
  }

  fill(
    collections: readonly RestoredCollection[],
  ): { rows: number; named: ReadonlySet<string> } {
    const named = new Set<string>();
    for (const { id } of collections) {
      const [row] = this.#read("collections", "id", id);
      if (row === undefined) continue;
      this.#database.prepare("DELETE FROM collections WHERE id = ?")(id);
      if (this.#insert("collections", row) === 1) named.add(id);
    }
    let rows = named.size;
    for (const [table, column, owners] of OWNED_TABLES) {
      if (!this.#report.incomplete.has(table)) continue;
      for (const [owner = null] of this.#database.rows(`SELECT id FROM ${owners}`)) {
        for (const row of this.#read(table, column, owner)) rows += this.#insert(table, row);
      }
    }
    return { rows, named };
  }

  #read(table: string, column: string, value: SqlValue): ReadonlyMap<string, SqlValue>[] {
    const names = this.#columnsOf(this.#older, table);
    const rows = this.#older.bigintRows(
      `SELECT ${names.join(", ")} FROM ${table} WHERE ${column} = ?`,
      value,
    );
    return rows.map((row) => new Map(names.map((name, index) => [name, row[index] ?? null])));
  }

  #insert(table: string, row: ReadonlyMap<string, SqlValue>): number {
    const names = this.#columnsOf(this.#database, table).filter((name) => row.has(name));
    const marks = names.map(() => "?").join(", ");
    const insert = this.#database.prepare(
      `INSERT OR IGNORE INTO ${table} (${names.join(", ")}) VALUES (${marks})`,
    );
    return insert(...names.map((name) => row.get(name) ?? null));
  }

  /** The columns that both can have, by the names that the engines give them. */
  #columnsOf(database: StoreDatabase, table: string): string[] {
    return database.rows("SELECT name FROM pragma_table_info(?)", table).map(([name]) =>
      String(name)
    ).filter((name) => /^[a-z_]+$/.test(name));
  }
}
