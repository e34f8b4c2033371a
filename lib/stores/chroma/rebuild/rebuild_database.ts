/**
 * Making a fresh chroma.sqlite3 of all rows that a damaged one still holds.
 *
 * The schema comes from the migrations, not from the damaged file: a hostile schema cannot do
 * anything. Tables are filled from the leaves; indexes are made anew by SQLite, and the full text
 * from the documents, which the file holds twice: where the metadata of a record has lost its
 * document, the copy of the full text takes its place.
 *
 * @module
 */

import { StoreDatabase } from "../../../sqlite/database.ts";
import { type SalvagedRow, salvageRows } from "../../../sqlite/pages/salvage_rows.ts";
import { RowInserter, type TableCounts } from "./insert_rows.ts";
import {
  chooseVersions,
  makeSchema,
  type MigrationTrace,
  type SchemaVersions,
  traceMigration,
} from "./make_schema.ts";
import { type KnownIds, placePage, tableByTree } from "./place_rows.ts";
import { fitsTable, listFittingTables, REBUILT_TABLES, type RebuiltTable } from "./table_shapes.ts";

/** What was made of a damaged database. */
export interface RebuildReport {
  /** The version of the new database. */
  readonly versions: SchemaVersions;
  /** What became of the rows, by table. */
  readonly tables: ReadonlyMap<RebuiltTable, TableCounts>;
  /** Rows that stand on a page and cannot be read. */
  readonly unreadable: number;
  /** Rows that can be read, and no table can be told for them. */
  readonly unplaced: number;
  /** Documents that came from the full text. */
  readonly documentsFromFulltext: number;
}

/** What the first pass over a file learns. */
interface Overview {
  readonly versions: SchemaVersions;
  readonly usesSha256: boolean;
  readonly known: KnownIds;
  /** The pages with rows that no tree places. */
  readonly lostPages: ReadonlySet<number>;
  readonly unreadable: number;
}

/** More ids than any store has; a hostile file must not fill the memory with them. */
const MOST_KNOWN_IDS = 1_000_000;

/** The first version whose engine takes the full-text rows of a deleted record away. */
const FIRST_SYSDB_WITHOUT_LEFTOVERS = 5;

/**
 * Makes a fresh database of the rows of a damaged one, which is only read.
 *
 * @param source The damaged file. What a journal or a write-ahead log beside it holds is not looked
 * at: settle it on a copy first.
 * @param target The new file, which does not exist yet; the caller syncs it.
 * @returns What became of the rows.
 * @throws {OperationError} The source cannot be read.
 * @throws {SqliteError} The target cannot be written.
 */
export function rebuildDatabase(source: string, target: string): RebuildReport {
  const overview = lookOver(source);
  using database = StoreDatabase.open(target, { writable: true });
  // The file is worth nothing before it is whole, and is synced then.
  database.execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN");
  makeSchema(database, overview.versions, overview.usesSha256);
  const inserter = new RowInserter(database);
  const tables = listTables(database);
  for (const row of salvageRows(source)) {
    const table = tableByTree(row);
    if (table !== null && tables.has(table)) inserter.insert(table, row);
  }
  const unplaced = insertLostRows(source, { inserter, tables, overview });
  const documentsFromFulltext = makeFulltext(database, overview.versions);
  database.execute("COMMIT");
  const { versions, unreadable } = overview;
  return { versions, tables: inserter.counts, unreadable, unplaced, documentsFromFulltext };
}

/** Learns of the whole file what placing a row needs. */
function lookOver(source: string): Overview {
  const collections = new Set<string>();
  const segments = new Set<string>();
  let trace: MigrationTrace = { highest: {}, usesSha256: false };
  const lostPages = new Set<number>();
  let unreadable = 0;
  for (const row of salvageRows(source, { onLost: () => unreadable++ })) {
    const { values, pageNumber } = row;
    if (isLost(row)) lostPages.add(pageNumber);
    if (fitsTable("migrations", values)) trace = traceMigration(values, trace);
    const ids = fitsTable("segments", values)
      ? segments
      : fitsTable("collections", values)
      ? collections
      : null;
    if (ids !== null && ids.size < MOST_KNOWN_IDS) ids.add(String(values[0]));
  }
  return {
    versions: chooseVersions(trace),
    usesSha256: trace.usesSha256,
    known: { collections, segments },
    lostPages,
    unreadable,
  };
}

/** The tables of the version that rows are put into; its migrations are written down already. */
function listTables(database: StoreDatabase): ReadonlySet<RebuiltTable> {
  const names = database.rows("SELECT name FROM sqlite_schema WHERE type = 'table'").flat();
  return new Set(REBUILT_TABLES.filter((table) => table !== "migrations" && names.includes(table)));
}

/** Places the rows that no tree leads to, and returns how many have no table. */
function insertLostRows(
  source: string,
  { inserter, tables, overview: { known, lostPages } }: {
    inserter: RowInserter;
    tables: ReadonlySet<RebuiltTable>;
    overview: Overview;
  },
): number {
  let unplaced = 0;
  for (const rows of byPage(salvageRows(source, { pages: lostPages }))) {
    const lost = rows.filter(isLost);
    const { table, rows: placed } = placePage(lost, known, tables);
    if (table === null) unplaced += lost.length;
    else for (const row of placed) inserter.insert(table, row);
  }
  return unplaced;
}

/** Whether no tree places a row, and it can be one of a table that is not made anew. */
function isLost(row: SalvagedRow): boolean {
  return tableByTree(row) === null && row.table !== "sqlite_schema" &&
    listFittingTables(row.values).some((table) => table !== "migrations");
}

function* byPage(rows: Iterable<SalvagedRow>): Generator<SalvagedRow[], void, undefined> {
  let page: SalvagedRow[] = [];
  for (const row of rows) {
    if (page[0] !== undefined && page[0].pageNumber !== row.pageNumber) {
      yield page;
      page = [];
    }
    page.push(row);
  }
  if (page.length > 0) yield page;
}

/** Brings lost documents back from the full text's copy, and makes the full text of them all. */
function makeFulltext(database: StoreDatabase, versions: SchemaVersions): number {
  const hasLeftovers = versions.sysdb < FIRST_SYSDB_WITHOUT_LEFTOVERS;
  // Where copies of deleted documents stay behind, one could go to a record that took the number.
  const restored = hasLeftovers ? 0 : database.prepare(`
    INSERT OR IGNORE INTO embedding_metadata (id, key, string_value)
    SELECT id, 'chroma:document', c0 FROM salvaged_documents
    WHERE c0 IS NOT NULL AND id IN (SELECT id FROM embeddings)`)();
  database.execute(`
    INSERT INTO embedding_fulltext_search (rowid, string_value)
    SELECT id, string_value FROM embedding_metadata
    WHERE key = 'chroma:document' AND string_value IS NOT NULL
      AND id IN (SELECT id FROM embeddings) ORDER BY id`);
  return restored;
}
