/**
 * Removing what the tables below `embeddings` hold of records, by the number in `embeddings.id`.
 *
 * @module
 */

import type { StoreDatabase } from "../../../../sqlite/database.ts";
import { requireDataError } from "../../../../sqlite/machine_error.ts";
import { FULLTEXT_TABLE, rebuildFulltext } from "../fulltext/rebuild_fulltext.ts";

/** The tables with values of records. */
export const VALUE_TABLES = ["embedding_metadata", "embedding_metadata_array"] as const;

/** A table with values of records. */
export type ValueTable = typeof VALUE_TABLES[number];

/**
 * Removes records with everything below them.
 *
 * @param database The private copy of the database.
 * @param rows A SELECT that gives the numbers of the records, from another table than these.
 * @returns How many rows were removed, by table.
 * @throws {SqliteError} The database cannot be written.
 */
export function removeRecordRows(
  database: StoreDatabase,
  rows: string,
): ReadonlyMap<string, number> {
  const removed = new Map<string, number>();
  const remove = (table: string, key: string): void => {
    removed.set(table, database.prepare(`DELETE FROM ${table} WHERE ${key} IN (${rows})`)());
  };
  removeFulltextRows(database, rows);
  for (const table of VALUE_TABLES) if (hasTable(database, table)) remove(table, "id");
  remove("embeddings", "id");
  return removed;
}

/**
 * Removes rows of the full text, so that its index knows of it. Where the index is damaged, the full
 * text is made anew.
 *
 * @param database The private copy of the database.
 * @param rows A SELECT that gives the numbers of the rows.
 * @throws {SqliteError} The database cannot be written.
 */
export function removeFulltextRows(database: StoreDatabase, rows: string): void {
  if (!hasTable(database, FULLTEXT_TABLE)) return;
  try {
    database.execute(`DELETE FROM ${FULLTEXT_TABLE} WHERE rowid IN (${rows})`);
  } catch (error) {
    requireDataError(error);
    // A row that stays behind keeps its number from being given to the next record.
    rebuildFulltext(database, `SELECT id FROM embeddings WHERE id NOT IN (${rows})`);
  }
}

/** Whether a database has a table. */
export function hasTable(database: StoreDatabase, table: string): boolean {
  return database.row("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?", table) !==
    null;
}
