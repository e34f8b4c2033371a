/**
 * Carrying corrections of the catalogue out: all of them, or none.
 *
 * @module
 */

import type { StoreDatabase } from "../../../../sqlite/database.ts";
import type { CatalogueEdit } from "./catalogue_edit.ts";

/**
 * Applies edits in one transaction.
 *
 * @param database The private copy of the database.
 * @param edits The edits, in order.
 * @throws {SqliteError} SQLite refuses a statement; nothing is changed then.
 */
export function applyEdits(database: StoreDatabase, edits: readonly CatalogueEdit[]): void {
  database.execute("BEGIN IMMEDIATE");
  try {
    for (const { statements } of edits) {
      for (const { sql, parameters } of statements) database.prepare(sql)(...parameters);
    }
    database.execute("COMMIT");
  } catch (error) {
    database.execute("ROLLBACK");
    throw error;
  }
}
