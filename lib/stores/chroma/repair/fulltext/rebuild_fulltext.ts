/**
 * The full text, made anew from the documents.
 *
 * `embedding_fulltext_search` is a table of FTS5, which keeps five ordinary tables behind it:
 *
 * | table    | content                                                                         |
 * | -------- | ------------------------------------------------------------------------------- |
 * | _content | `id`, which is `embeddings.id`, and `c0`, the text of the document once more    |
 * | _data    | the index: for each three letters the documents that have them                  |
 * | _idx     | where in `_data` which letters stand                                            |
 * | _docsize | how long each document is                                                       |
 * | _config  | the version of FTS5                                                             |
 *
 * It is brought in order in its place: the index is made of `_content`, then rows that differ from
 * the documents go, and those that are missing come. Where that fails, all six tables are dropped
 * and made again.
 *
 * @module
 */

import type { StoreDatabase } from "../../../../sqlite/database.ts";
import { requireDataError } from "../../../../sqlite/machine_error.ts";

/** The table of the full text. */
export const FULLTEXT_TABLE = "embedding_fulltext_search";

/** The tables that FTS5 keeps behind it. */
const SHADOW_TABLES = ["_content", "_data", "_idx", "_docsize", "_config"]
  .map((suffix) => `${FULLTEXT_TABLE}${suffix}`);

/** The statement of metadb/00003, which every version since 0.4.6 has. */
const CREATE =
  `CREATE VIRTUAL TABLE ${FULLTEXT_TABLE} USING fts5(string_value, tokenize='trigram')`;

/** How the full text was brought in order. */
export interface FulltextRebuild {
  /** Whether the tables were kept or made again. */
  readonly way: "in-place" | "recreated";
  /** How many documents it has now. */
  readonly documents: number;
}

/**
 * Makes the full text of the documents.
 *
 * @param database The private copy of the database.
 * @param records A SELECT that gives the numbers of the records whose documents belong in it.
 * @returns How that was done.
 * @throws {SqliteError} The database cannot be written, or the documents cannot be read.
 */
export function rebuildFulltext(
  database: StoreDatabase,
  records = "SELECT id FROM embeddings",
): FulltextRebuild {
  const documents = selectDocuments(records);
  if (!rebuildInPlace(database, documents)) return recreateFulltext(database, records);
  return { way: "in-place", documents: countDocuments(database, documents) };
}

/**
 * Drops the tables of the full text, and makes them again of the documents.
 *
 * @param database The private copy of the database.
 * @param records A SELECT that gives the numbers of the records whose documents belong in it.
 * @returns How that was done.
 * @throws {SqliteError} The database cannot be written, or the documents cannot be read.
 */
export function recreateFulltext(
  database: StoreDatabase,
  records = "SELECT id FROM embeddings",
): FulltextRebuild {
  const documents = selectDocuments(records);
  recreate(database, documents);
  return { way: "recreated", documents: countDocuments(database, documents) };
}

function selectDocuments(records: string): string {
  return `SELECT id, string_value FROM embedding_metadata
    WHERE key = 'chroma:document' AND string_value IS NOT NULL AND id IN (${records})`;
}

function countDocuments(database: StoreDatabase, documents: string): number {
  return database.number(`SELECT count(*) FROM (${documents})`) ?? 0;
}

function rebuildInPlace(database: StoreDatabase, documents: string): boolean {
  database.execute("SAVEPOINT rebuild_fulltext");
  try {
    command(database, "rebuild");
    database.execute(`DELETE FROM ${FULLTEXT_TABLE} WHERE rowid IN (
      SELECT c.id FROM ${FULLTEXT_TABLE}_content AS c LEFT JOIN (${documents}) AS d ON d.id = c.id
      WHERE d.id IS NULL OR d.string_value IS NOT c.c0)`);
    insert(database, documents, `WHERE id NOT IN (SELECT id FROM ${FULLTEXT_TABLE}_content)`);
    command(database, "integrity-check");
    database.execute("RELEASE rebuild_fulltext");
    return true;
  } catch (error) {
    database.execute("ROLLBACK TO rebuild_fulltext; RELEASE rebuild_fulltext");
    requireDataError(error);
    return false;
  }
}

function recreate(database: StoreDatabase, documents: string): void {
  database.execute("SAVEPOINT recreate_fulltext");
  try {
    drop(database);
    database.execute(CREATE);
    insert(database, documents, "");
    database.execute("RELEASE recreate_fulltext");
  } catch (error) {
    database.execute("ROLLBACK TO recreate_fulltext; RELEASE recreate_fulltext");
    throw error;
  }
}

/** Dropping the table drops those behind it; without it they are ordinary tables. */
function drop(database: StoreDatabase): void {
  for (const table of [FULLTEXT_TABLE, ...SHADOW_TABLES]) {
    database.execute(`DROP TABLE IF EXISTS ${table}`);
  }
}

function insert(database: StoreDatabase, documents: string, condition: string): void {
  database.execute(`INSERT INTO ${FULLTEXT_TABLE} (rowid, string_value)
    SELECT id, string_value FROM (${documents}) ${condition} ORDER BY id`);
}

function command(database: StoreDatabase, name: "rebuild" | "integrity-check"): void {
  database.execute(`INSERT INTO ${FULLTEXT_TABLE} (${FULLTEXT_TABLE}) VALUES ('${name}')`);
}
