/**
 * Running SQLite's own check over chroma.sqlite3, in two parts that do not need each other, so that
 * two threads can share the work: the full text, which costs most, and everything else.
 *
 * `PRAGMA integrity_check` of the whole file would do the full text again. Table by table it leaves
 * out which pages belong to nothing or to two b-trees; the sums of `dbstat` make up for that, and
 * the list of free pages is walked with `sqlite_schema` (btree.c, sqlite3BtreeIntegrityCheck).
 *
 * @module
 */

import type { StoreDatabase } from "../../../sqlite/database.ts";
import { countServicePages, type DatabaseHeader } from "../../../sqlite/file_header.ts";
import { type IntegrityMessage, parseIntegrityRow } from "../../../sqlite/integrity_message.ts";
import { requireDataError } from "../../../sqlite/machine_error.ts";
import { type IntegrityProblem, type IntegrityReport, IntegrityTally } from "./integrity_report.ts";

/** The full-text tables of Chroma: that of 0.4.15 and later, and that of the versions before. */
const FULLTEXT_TABLES = ["embedding_fulltext_search", "embedding_fulltext"] as const;

/**
 * Checks every ordinary table with its indexes, the tables behind the full text included, the
 * schema, the list of free pages, and that no page stands in two b-trees.
 *
 * @param database The open database.
 * @param header The header of the file.
 * @returns What was found; damage that stops SQLite is in it.
 * @throws {OperationError} The database cannot be read, or another process writes to it.
 */
export function readOrdinaryIntegrity(
  database: StoreDatabase,
  header: DatabaseHeader,
): IntegrityReport {
  const problems: IntegrityProblem[] = [];
  const { treeNames, tables, problem } = readTrees(database);
  if (problem !== null) problems.push(problem);
  for (const table of new Set(["sqlite_schema", ...tables])) {
    problems.push(...checkTable(database, table, treeNames));
  }
  return {
    pageSizeBytes: header.pageSizeBytes,
    problems,
    unaccountedPages: problems.length === 0 ? countUnaccountedPages(database, header) : null,
  };
}

/**
 * Has the full text check itself: every word against the text that it stands in.
 *
 * @param database The open database.
 * @param header The header of the file.
 * @returns What was found; nothing where there is no full-text table.
 * @throws {OperationError} The database cannot be read, or another process writes to it.
 */
export function readFulltextIntegrity(
  database: StoreDatabase,
  header: DatabaseHeader,
): IntegrityReport {
  const problems = FULLTEXT_TABLES
    .filter((table) => hasTable(database, table))
    .flatMap((table) => {
      const tally = new IntegrityTally(table, new Map());
      for (const message of askAboutTable(database, table)) tally.add(message, "fulltext");
      return tally.problems;
    });
  return { pageSizeBytes: header.pageSizeBytes, problems, unaccountedPages: null };
}

interface Trees {
  readonly treeNames: ReadonlyMap<number, string>;
  readonly tables: readonly string[];
  readonly problem: IntegrityProblem | null;
}

/** Lists the b-trees that the schema names, as far as it can be read. */
function readTrees(database: StoreDatabase): Trees {
  const treeNames = new Map([[1, "sqlite_schema"]]);
  const tables: string[] = [];
  try {
    const rows = database.iterate(
      "SELECT type, CAST(name AS TEXT), rootpage FROM sqlite_schema " +
        "WHERE typeof(rootpage) = 'integer' AND rootpage BETWEEN 1 AND 4294967294",
    );
    for (const [type, name, rootPage] of rows) {
      if (typeof name !== "string" || typeof rootPage !== "number") continue;
      treeNames.set(rootPage, name);
      if (type === "table") tables.push(name);
    }
    return { treeNames, tables, problem: null };
  } catch (error) {
    const { message } = requireDataError(error);
    const tally = new IntegrityTally("sqlite_schema", treeNames);
    tally.add(describeFailure(message));
    return { treeNames, tables, problem: tally.problems[0] ?? null };
  }
}

function hasTable(database: StoreDatabase, table: string): boolean {
  try {
    return database.row("SELECT 1 FROM sqlite_schema WHERE name = ?", table) !== null;
  } catch (error) {
    requireDataError(error);
    // The schema is damaged; the check of the ordinary tables tells of it.
    return false;
  }
}

function checkTable(
  database: StoreDatabase,
  table: string,
  treeNames: ReadonlyMap<number, string>,
): IntegrityProblem[] {
  const tally = new IntegrityTally(table, treeNames);
  for (const message of askAboutTable(database, table)) tally.add(message);
  return tally.problems;
}

function* askAboutTable(database: StoreDatabase, table: string): Generator<IntegrityMessage> {
  const quoted = `"${table.replaceAll('"', '""')}"`;
  const sql = `PRAGMA integrity_check(${quoted})`;
  try {
    for (const [row] of database.rows(sql)) yield* parseIntegrityRow(String(row));
  } catch (error) {
    const failure = describeFailure(requireDataError(error).message);
    yield* messagesBeforeDamage(database, sql);
    yield failure;
  }
}

function* messagesBeforeDamage(database: StoreDatabase, sql: string): Generator<IntegrityMessage> {
  try {
    for (const [row] of database.rowsBeforeDamage(sql)) yield* parseIntegrityRow(String(row));
  } catch (error) {
    // What keeps the statement from being run at all is told by the caller.
    requireDataError(error);
  }
}

function describeFailure(message: string): IntegrityMessage {
  return {
    kind: "malformed",
    rootPage: null,
    page: null,
    subject: null,
    freelist: false,
    text: message,
  };
}

function countUnaccountedPages(database: StoreDatabase, header: DatabaseHeader): number | null {
  try {
    const pages = database.number("PRAGMA page_count");
    const freePages = database.number("PRAGMA freelist_count");
    const usedPages = database.number("SELECT sum(pageno) FROM dbstat WHERE aggregate = TRUE");
    if (pages === null || freePages === null || usedPages === null) return null;
    return pages - freePages - usedPages - countServicePages(header, pages);
  } catch (error) {
    requireDataError(error);
    return null;
  }
}
