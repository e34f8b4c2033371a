/**
 * Making a fresh chroma.sqlite3 of all rows that a damaged one still holds.
 *
 * The schema comes from the migrations, not from the damaged file: a hostile schema cannot do
 * anything. Tables are filled from the leaves, first those that their trees lead to, then those that
 * no tree leads to, as far as a table has lost any. Rows that no leaf holds any more come back from
 * the indexes (`index_witnesses.ts`), and documents from the full text, which holds them a second
 * time. Indexes and the full text are made anew.
 *
 * Measured on the torn stores and on the golden ones with pages overwritten or cut off: every row of
 * an engine that SQLite itself can still step to is among those that are read page by page, which are
 * up to a third more; so SQLite is not asked for rows at all.
 *
 * @module
 */

import { StoreDatabase } from "../../../sqlite/database.ts";
import { readDatabaseStart } from "../../../sqlite/database_files.ts";
import { isPageSize } from "../../../sqlite/file_header.ts";
import { type LostRow, type SalvagedRow, salvageRows } from "../../../sqlite/pages/salvage_rows.ts";
import {
  listLostValues,
  type LostValue,
  restoreFromIndexes,
  type WitnessReport,
} from "./index_witnesses.ts";
import { type RefusedRow, RowInserter, type TableCounts } from "./insert_rows.ts";
import { isForeign, lookOver, type Overview } from "./look_over.ts";
import { chooseVersions, makeSchema, type SchemaVersions } from "./make_schema.ts";
import { makeFulltext } from "./make_fulltext.ts";
import { PageEdges } from "./page_edges.ts";
import { type FreshColumns, readColumnNames, RowMender } from "./mend_row.ts";
import { KEEPS_FREED, placePage, tableByTree, toRebuiltTable } from "./place_rows.ts";
import { restoreCollections, type RestoredCollection } from "./restore_collections.ts";
import { fitsTable, listFittingTables, REBUILT_TABLES, type RebuiltTable } from "./table_shapes.ts";

/** What was made of a damaged database. */
export interface RebuildReport {
  /** The version of the new database. */
  readonly versions: SchemaVersions;
  /** What became of the rows, by table. */
  readonly tables: ReadonlyMap<RebuiltTable, TableCounts>;
  /** Tables of which rows may be lost: pages of theirs are gone, or rows on them cannot be read. */
  readonly incomplete: ReadonlySet<RebuiltTable>;
  /** Rows that stand on a page and cannot be read. */
  readonly unreadable: readonly LostRow[];
  /** How many rows can be read, and no table can be told for them. */
  readonly unplaced: number;
  /** Collections whose row was lost and came back, but for their settings. */
  readonly collections: readonly RestoredCollection[];
  /** What the indexes gave. */
  readonly witnesses: WitnessReport;
  /** How many documents came from the full text. */
  readonly documentsFromFulltext: number;
  /** What is lost of the metadata of records, as far as the indexes know of it. */
  readonly lostValues: readonly LostValue[];
  /**
   * Records whose values stand at the edge of a page that is gone, so that some may have been on it:
   * their `embeddings.id`.
   */
  readonly edges: readonly number[];
}

/** What is known of the damage besides, and who is told of what does not get into the database. */
export interface RebuildOptions {
  /**
   * The tables in which SQLite found damage: of the others, what no tree leads to was deleted. Null,
   * the default, where SQLite could not look at them.
   */
  damagedTables?: ReadonlySet<string> | null;
  /** Is told of every row that a table does not take, or that no table can be told for. */
  onRefused?: (row: RefusedRow) => void;
}

/** How texts are encoded, by the number in the header. */
const ENCODINGS: Readonly<Record<number, string>> = { 2: "UTF-16le", 3: "UTF-16be" };

/**
 * Makes a fresh database of the rows of a damaged one, which is only read.
 *
 * @param source The damaged file, a private copy. What a journal or a write-ahead log beside it holds
 * is not looked at: settle it first.
 * @param target The new file, which does not exist yet; the caller syncs it.
 * @param options What is known besides, and who is told of what is left out.
 * @returns What became of the rows.
 * @throws {OperationError} The source cannot be read.
 * @throws {SqliteError} The target cannot be written.
 */
export function rebuildDatabase(
  source: string,
  target: string,
  options: RebuildOptions = {},
): RebuildReport {
  const overview = lookOver(source);
  const versions = chooseVersions(overview.trace);
  using database = StoreDatabase.open(target, { writable: true });
  setFormat(source, database);
  // The file is worth nothing before it is whole, and is synced then.
  database.execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN");
  makeSchema(database, versions, overview.trace.usesSha256);
  const filler = new TableFiller(source, { database, overview, options });
  filler.insertPlacedRows();
  const unplaced = filler.insertLostRows();
  const mayHaveLost = (table: RebuiltTable): boolean => filler.mayHaveLost(table);
  const collections = mayHaveLost("collections") ? restoreCollections(source, database) : [];
  const witnesses = restoreFromIndexes(source, database, mayHaveLost);
  const documentsFromFulltext = makeFulltext(
    database,
    versions,
    (row) => options.onRefused?.(row),
  );
  const lostValues = listLostValues(database);
  database.execute("COMMIT");
  const incomplete = new Set([...overview.broken, ...filler.completed]
    .filter((table) => filler.tables.has(table)));
  if (witnesses.records.length > 0) incomplete.add("embeddings");
  const values = witnesses.values + witnesses.documents + lostValues.length;
  if (values > 0) incomplete.add("embedding_metadata");
  return {
    versions,
    tables: filler.counts,
    incomplete,
    unreadable: overview.unreadable,
    unplaced,
    collections,
    witnesses,
    documentsFromFulltext,
    lostValues,
    edges: filler.edges,
  };
}

/** Gives a new database the page size, the encoding and the modes of the damaged one. */
function setFormat(source: string, database: StoreDatabase): void {
  const { header } = readDatabaseStart(source);
  if (header === null || !header.hasMagic || !isPageSize(header.pageSizeBytes)) return;
  const { pageSizeBytes, textEncoding, largestRootPage, incrementalVacuum } = header;
  database.execute(`PRAGMA page_size = ${pageSizeBytes}`);
  const encoding = ENCODINGS[textEncoding];
  if (encoding !== undefined) database.execute(`PRAGMA encoding = "${encoding}"`);
  if (largestRootPage === 0) return;
  database.execute(`PRAGMA auto_vacuum = ${incrementalVacuum === 0 ? "FULL" : "INCREMENTAL"}`);
}

/** Fills the tables of a fresh database. */
class TableFiller {
  readonly #source: string;
  readonly #overview: Overview;
  readonly #options: RebuildOptions;
  readonly #columns: FreshColumns;
  readonly #inserter: RowInserter;
  readonly #mender: RowMender;
  readonly #edges = new PageEdges();
  /** Tables that have got rows to which no tree leads. */
  readonly completed = new Set<RebuiltTable>();

  constructor(
    source: string,
    { database, overview, options }: {
      readonly database: StoreDatabase;
      readonly overview: Overview;
      readonly options: RebuildOptions;
    },
  ) {
    this.#source = source;
    this.#overview = overview;
    this.#options = options;
    this.#columns = listColumns(database);
    this.#inserter = new RowInserter(database, (row) => options.onRefused?.(row));
    this.#mender = new RowMender(readColumnNames(source), this.#columns);
  }

  get tables(): ReadonlySet<RebuiltTable> {
    return new Set(this.#columns.keys());
  }

  get edges(): readonly number[] {
    return this.#edges.list();
  }

  get counts(): ReadonlyMap<RebuiltTable, TableCounts> {
    return this.#inserter.counts;
  }

  /** Inserts the rows that their trees lead to. */
  insertPlacedRows(): void {
    for (const row of salvageRows(this.#source, { keepsFreed: KEEPS_FREED })) {
      const table = toRebuiltTable(row.table);
      if (table === null || !this.#columns.has(table)) continue;
      const placed = this.#placeByTree(table, row);
      if (placed !== null) this.#insert(table, placed);
      else if (listFittingTables(row.values).length === 0) this.#refuse(table, row);
    }
  }

  /** Places the rows that no tree leads to, and returns how many have no table. */
  insertLostRows(): number {
    let unplaced = 0;
    const { known, lostPages } = this.#overview;
    const found = salvageRows(this.#source, { pages: lostPages, keepsFreed: KEEPS_FREED });
    for (const rows of byPage(found)) {
      const lost = rows.filter((row) => isForeign(row.table, this.#tableOf(row), row.values));
      const { table, rows: placed } = placePage(lost, known, this.tables);
      if (table === null) {
        unplaced += lost.length;
        for (const row of lost) this.#refuse(null, row);
      } else if (this.mayHaveLost(table)) {
        for (const row of placed) this.#insert(table, row);
        this.completed.add(table);
      }
    }
    return unplaced;
  }

  #insert(table: RebuiltTable, row: SalvagedRow): void {
    this.#inserter.insert(table, row);
    if (table === "embedding_metadata") this.#edges.add(row);
  }

  /** A page without an owner is one of a table only where the table may have lost any. */
  mayHaveLost(table: RebuiltTable): boolean {
    const { broken, knowsFreePages } = this.#overview;
    const { damagedTables = null } = this.#options;
    return broken.has(table) || (damagedTables?.has(table) ?? knowsFreePages);
  }

  #tableOf(row: SalvagedRow): RebuiltTable | null {
    const table = toRebuiltTable(row.table);
    return table !== null && this.#placeByTree(table, row) !== null ? table : null;
  }

  #placeByTree(table: RebuiltTable, row: SalvagedRow): SalvagedRow | null {
    const values = this.#mender.arrange(table, row.values);
    if (fitsTable(table, values)) return values === row.values ? row : { ...row, values };
    if (tableByTree(row) !== null || listFittingTables(row.values).length > 0) return null;
    const mended = this.#mender.mend(table, values);
    return fitsTable(table, mended) ? { ...row, values: mended } : null;
  }

  #refuse(table: RebuiltTable | null, { rowId, values }: SalvagedRow): void {
    this.#options.onRefused?.({ table, rowId, values, standing: null });
  }
}

/** The tables of the version that rows are put into; its migrations are written down already. */
function listColumns(database: StoreDatabase): FreshColumns {
  const columns: [RebuiltTable, { name: string; type: string }[]][] = [];
  for (const table of REBUILT_TABLES) {
    const rows = table === "migrations"
      ? []
      : database.rows("SELECT lower(name), upper(type) FROM pragma_table_info(?)", table);
    if (rows.length === 0) continue;
    columns.push([table, rows.map(([name, type]) => ({ name: String(name), type: String(type) }))]);
  }
  return new Map(columns);
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
