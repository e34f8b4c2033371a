/**
 * Deciding to which table each salvaged row goes.
 *
 * A row that its tree leads to belongs to that tree's table, if it can be one of it. The others are
 * placed by their shape, page by page: a page belongs to one table.
 *
 * @module
 */

import type { SqlValue } from "../../../sqlite/database.ts";
import type { SalvagedRow } from "../../../sqlite/pages/salvage_rows.ts";
import { fitsTable, listFittingTables, REBUILT_TABLES, type RebuiltTable } from "./table_shapes.ts";

/**
 * Tables whose rows are taken even from pages that the list of free pages has too. A row of the queue
 * that was purged does no harm, for every engine passes it over; one that was not is the only copy
 * of a vector.
 */
export const KEEPS_FREED: ReadonlySet<string> = new Set(["embeddings_queue"]);

/** Which ids tell metadata of collections from that of segments. */
export interface KnownIds {
  /** Ids of collections. */
  readonly collections: ReadonlySet<string>;
  /** Ids of segments. */
  readonly segments: ReadonlySet<string>;
}

/** Where the rows of a page belong. */
export interface PlacedPage {
  /** The table, or null where none is left or more than one. */
  readonly table: RebuiltTable | null;
  /** The rows that can be of it; all rows of the page where it has no table. */
  readonly rows: readonly SalvagedRow[];
}

/**
 * Tells the table of a row that its tree leads to.
 *
 * @param row The row.
 * @returns The table, or null where no tree leads to it or it can be no row of that table.
 */
export function tableByTree({ table, values }: SalvagedRow): RebuiltTable | null {
  const known = toRebuiltTable(table);
  return known !== null && fitsTable(known, values) ? known : null;
}

/** Tells whether a name is that of a table whose rows are brought back; null for any other. */
export function toRebuiltTable(name: string | null): RebuiltTable | null {
  return REBUILT_TABLES.find((table) => table === name) ?? null;
}

/**
 * Places the rows of a page by their shape.
 *
 * @param rows The rows of one page that no tree places.
 * @param known The ids of collections and segments.
 * @param tables The tables that the version has.
 * @returns Where they belong; rows that no engine wrote there are left out.
 */
export function placePage(
  rows: readonly SalvagedRow[],
  known: KnownIds,
  tables: ReadonlySet<RebuiltTable>,
): PlacedPage {
  const candidates = rows
    .map(({ values }) => listFittingTables(values).filter((table) => tables.has(table)))
    .filter((fitting) => fitting.length > 0);
  const [first = [], ...others] = candidates;
  const shared = first.filter((table) => others.every((fitting) => fitting.includes(table)));
  const table = decide(shared, rows, known);
  if (table === null) return { table, rows };
  return { table, rows: rows.filter(({ values }) => fitsTable(table, values)) };
}

function decide(
  shared: readonly RebuiltTable[],
  rows: readonly SalvagedRow[],
  known: KnownIds,
): RebuiltTable | null {
  const has = (table: RebuiltTable): boolean => shared.includes(table);
  if (has("embedding_metadata") && has("embedding_metadata_array")) {
    return hasRepeatedKeys(rows) ? "embedding_metadata_array" : "embedding_metadata";
  }
  if (has("collection_metadata") && has("segment_metadata")) return decideByIds(rows, known);
  if (has("embeddings_queue_config")) {
    const isOnlyRow = rows.length === 1 && rows[0]?.rowId === 1;
    return isOnlyRow ? "embeddings_queue_config" : "embedding_fulltext_search_content";
  }
  return shared.length === 1 ? shared[0] ?? null : null;
}

/** A record has a key once, but for lists. */
function hasRepeatedKeys(rows: readonly SalvagedRow[]): boolean {
  const keys = new Set(rows.map(({ values: [id, key] }) => `${id} ${key}`));
  return keys.size < rows.length;
}

function decideByIds(rows: readonly SalvagedRow[], known: KnownIds): RebuiltTable | null {
  const ids = rows.map(({ values }) => values[0]);
  const isOf = (set: ReadonlySet<string>): boolean =>
    ids.some((id: SqlValue | undefined) => typeof id === "string" && set.has(id));
  const [ofCollections, ofSegments] = [isOf(known.collections), isOf(known.segments)];
  if (ofCollections === ofSegments) return null;
  return ofCollections ? "collection_metadata" : "segment_metadata";
}
