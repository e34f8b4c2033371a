/**
 * Making a full text that SQLite refuses to open one that it can drop.
 *
 * FTS5 opens its table by the version in `_config`. Where that is gone, the table can neither be
 * read nor dropped, and what stands behind it is protected: so the version is put back first.
 *
 * @module
 */

import { SqliteError, StoreDatabase } from "../../../../sqlite/database.ts";
import type { WorkingStore } from "../working_store.ts";
import { FULLTEXT_TABLE } from "./rebuild_fulltext.ts";

/** The version of FTS5's tables, the same in every engine. */
const FTS5_VERSION = 4;

/**
 * Puts the version of the full text back, where it is gone.
 *
 * @param working The working store; its private copy of the database is made where there is none.
 * @throws {OperationError} The database cannot be copied.
 * @throws {SqliteError} It cannot be written.
 */
export async function mendFulltextTables(working: WorkingStore): Promise<void> {
  const database = await working.openDatabase();
  if (canOpen(database)) return;
  working.settle();
  using tolerant = StoreDatabase.open(working.databasePath, { writable: true, tolerant: true });
  tolerant.execute(`CREATE TABLE IF NOT EXISTS '${FULLTEXT_TABLE}_config'
    (k PRIMARY KEY, v) WITHOUT ROWID`);
  tolerant.execute(`DELETE FROM '${FULLTEXT_TABLE}_config'`);
  tolerant.execute(`INSERT INTO '${FULLTEXT_TABLE}_config' VALUES ('version', ${FTS5_VERSION})`);
}

function canOpen(database: StoreDatabase): boolean {
  try {
    database.rows(`SELECT rowid FROM ${FULLTEXT_TABLE} LIMIT 0`);
    return true;
  } catch (error) {
    if (!(error instanceof SqliteError)) throw error;
    return /no such table/.test(error.message);
  }
}
