/**
 * Numbers by which SQLite decides how it looks for rows, which SQLite advises to gather
 * (`PRAGMA optimize`) and no version of Chroma does. They stay in the file, in the table
 * `sqlite_stat1`.
 *
 * Measured with Chroma 1.5.9 on 135,464 records: a filter on documents takes half of the time of the
 * processor that it took without them, a filter on metadata between a fifth and half.
 *
 * Only the two tables are looked at in which filters search. Numbers of a table that is empty now, or
 * comes and goes as the queue does, would lead SQLite astray once it is full. Samples of what stands
 * in an index (`sqlite_stat4`) are not kept: they would be documents, and outlive their records.
 *
 * @module
 */

import type { StoreDatabase } from "../../../sqlite/database.ts";

/** The tables in which filters search. */
const TABLES = ["embeddings", "embedding_metadata"] as const;

/** Numbers are old when a table has so many times the rows, or so many times less. */
const OUTDATED_FACTOR = 10;

/** Filters of fewer records are quick whatever SQLite decides. */
const FEWEST_RECORDS = 1_000;

/** A row of the statistics begins with the number of rows of the table, or of the index. */
const NOTHING_COUNTED = "0 %";

/**
 * Whether numbers have to be gathered: there are none, or they are old.
 *
 * @param database The open chroma.sqlite3.
 * @returns False also where there are too few records for them to be of use.
 * @throws {SqliteError} A table cannot be read.
 */
export function areStatisticsOutdated(database: StoreDatabase): boolean {
  const [counts, gathered] = [countRows(database), readGathered(database)];
  if ((counts.get("embeddings") ?? 0) < FEWEST_RECORDS) return false;
  return TABLES.some((table) => {
    const now = counts.get(table) ?? 0;
    const then = gathered.get(table) ?? 0;
    return now > OUTDATED_FACTOR * then || then > OUTDATED_FACTOR * now;
  });
}

function countRows(database: StoreDatabase): Map<string, number> {
  return new Map(TABLES.map((table) => [
    table,
    database.number(`SELECT count(*) FROM ${table}`) ?? 0,
  ]));
}

/** How many rows each table had; nothing where nobody has gathered anything. */
function readGathered(database: StoreDatabase): Map<string, number> {
  if (!hasTable(database, "sqlite_stat1")) return new Map();
  const rows = database.rows(
    "SELECT tbl, max(CAST(stat AS INTEGER)) FROM sqlite_stat1 GROUP BY tbl",
  );
  return new Map(rows.map(([table, count]) => [String(table), Number(count)]));
}

/**
 * Gathers the numbers.
 *
 * @param database The private copy of the database.
 * @throws {SqliteError} The database cannot be written.
 */
export function gatherStatistics(database: StoreDatabase): void {
  const hadSamples = hasTable(database, "sqlite_stat4");
  for (const table of TABLES) database.execute(`ANALYZE ${table}`);
  if (!hadSamples) database.execute("DROP TABLE IF EXISTS sqlite_stat4");
  database.prepare("DELETE FROM sqlite_stat1 WHERE stat LIKE ?")(NOTHING_COUNTED);
}

function hasTable(database: StoreDatabase, name: string): boolean {
  return database.number("SELECT count(*) FROM sqlite_schema WHERE name = ?", name) === 1;
}
