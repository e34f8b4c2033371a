/**
 * The first pass over a damaged database: what placing its rows needs, and what may be lost of it.
 *
 * @module
 */

import type { SqlValue } from "../../../sqlite/database.ts";
import { type LostRow, salvageRows } from "../../../sqlite/pages/salvage_rows.ts";
import { type MigrationTrace, traceDeclaration, traceMigration } from "./make_schema.ts";
import { KEEPS_FREED, type KnownIds, tableByTree, toRebuiltTable } from "./place_rows.ts";
import { fitsTable, listFittingTables, REBUILT_TABLES, type RebuiltTable } from "./table_shapes.ts";

/** What the first pass over a file learns. */
export interface Overview {
  /** What the rows of `migrations` and the declarations of tables told. */
  readonly trace: MigrationTrace;
  /** The ids by which rows of metadata are told apart. */
  readonly known: KnownIds;
  /** The pages with rows that no tree places. */
  readonly lostPages: ReadonlySet<number>;
  /** Tables of which pages are gone, or rows on them cannot be read. */
  readonly broken: ReadonlySet<RebuiltTable>;
  /** Whether every free page is known, so that no other page holds rows that were deleted. */
  readonly knowsFreePages: boolean;
  /** Rows that stand on a page and cannot be read. */
  readonly unreadable: readonly LostRow[];
}

/** More ids than any store has; a hostile file must not fill the memory with them. */
const MOST_KNOWN_IDS = 1_000_000;

/** More damaged rows than are told one by one; the others are rows of pages that are lost. */
const MOST_UNREADABLE = 1_000_000;

/**
 * Looks a damaged file over.
 *
 * @param source The file.
 * @returns What it tells.
 * @throws {OperationError} The file cannot be read.
 */
export function lookOver(source: string): Overview {
  const collections = new Set<string>();
  const segments = new Set<string>();
  const lostPages = new Set<number>();
  const broken = new Set<RebuiltTable>();
  const unreadable: LostRow[] = [];
  let trace: MigrationTrace = { highest: {}, usesSha256: false };
  let knowsFreePages = false;
  const addBroken = (name: string | null): void => {
    const table = toRebuiltTable(name);
    if (table !== null) broken.add(table);
  };
  const rows = salvageRows(source, {
    keepsFreed: KEEPS_FREED,
    onOwners: (owners) => {
      knowsFreePages = owners.knowsFreePages;
      REBUILT_TABLES.filter((table) => !owners.isWhole(table)).forEach(addBroken);
    },
    onLostPage: addBroken,
    onLost: (row) => {
      if (unreadable.length < MOST_UNREADABLE) unreadable.push(row);
      addBroken(row.table);
    },
  });
  for (const row of rows) {
    const { table, values, pageNumber } = row;
    if (isForeign(row.table, tableByTree(row), values)) {
      lostPages.add(pageNumber);
      addBroken(table);
    }
    if (table === "sqlite_schema") trace = traceDeclaration(values, trace);
    else if (fitsTable("migrations", values)) trace = traceMigration(values, trace);
    const ids = fitsTable("segments", values)
      ? segments
      : fitsTable("collections", values)
      ? collections
      : null;
    if (ids !== null && ids.size < MOST_KNOWN_IDS) ids.add(String(values[0]));
  }
  const known = { collections, segments };
  return { trace, known, lostPages, broken, knowsFreePages, unreadable };
}

/** Whether no tree places a row, and it can be one of a table that is not made anew. */
export function isForeign(
  owner: string | null,
  placed: RebuiltTable | null,
  values: readonly SqlValue[],
): boolean {
  return placed === null && owner !== "sqlite_schema" &&
    listFittingTables(values).some((table) => table !== "migrations");
}
