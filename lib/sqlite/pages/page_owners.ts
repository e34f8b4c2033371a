/**
 * Which table a page belongs to, as far as the pages above it still tell.
 *
 * The trees are walked from their roots through whatever is whole. A leaf that no walk reaches is
 * lost, for a page above it is damaged; what stands on it is still a part of its table. A page in
 * the list of free pages holds rows that were deleted, and is passed over.
 *
 * @module
 */

import type { SqlValue } from "../database.ts";
import { listChildren, parseBtreePage, readLeafCell, readU32 } from "./btree_page.ts";
import type { PageFile } from "./page_file.ts";
import { readPayload } from "./payload.ts";
import { decodeRecord } from "./record.ts";

/** A table as the schema names it. */
export interface SchemaTable {
  /** Its name. */
  readonly name: string;
  /** The statement that makes it, or null. */
  readonly sql: string | null;
  /** The page where its tree begins. */
  readonly rootPage: number;
}

/** The page of the table of all tables. */
const SCHEMA_ROOT_PAGE = 1;

/** The numbers by which owners are kept; those of tables follow. */
const LOST = 0;
const FREE = 1;
const FIRST_TABLE = 2;

/** More tables than any engine makes; the others' pages count as lost. */
const MOST_TABLES = 10_000;

/** Which table each page belongs to. */
export class PageOwners {
  readonly #owners: Uint16Array;
  /** The tables that the schema still names. */
  readonly tables: readonly SchemaTable[];

  /** Made by {@linkcode findPageOwners} alone. */
  constructor(owners: Uint16Array, tables: readonly SchemaTable[]) {
    this.#owners = owners;
    this.tables = tables;
  }

  /** Whether the list of free pages names a page. */
  isFree(pageNumber: number): boolean {
    return this.#owners[pageNumber] === FREE;
  }

  /** The table whose tree leads to a page, or null where none does. */
  tableOf(pageNumber: number): SchemaTable | null {
    return this.tables[(this.#owners[pageNumber] ?? LOST) - FIRST_TABLE] ?? null;
  }
}

/**
 * Finds out which table each page belongs to.
 *
 * @param pages The pages.
 * @returns The owners: two bytes of memory for each page.
 * @throws {OperationError} A page cannot be read.
 */
export function findPageOwners(pages: PageFile): PageOwners {
  const owners = new Uint16Array(pages.pageCount + 1);
  // The free pages first: no tree may take one, for it would bring deleted rows back.
  markFreePages(pages, owners);
  const schema: SchemaTable = { name: "sqlite_schema", sql: null, rootPage: SCHEMA_ROOT_PAGE };
  const leaves = claimTree(pages, owners, SCHEMA_ROOT_PAGE, FIRST_TABLE);
  const tables = [schema, ...leaves.flatMap((leaf) => readSchemaLeaf(pages, leaf))]
    .slice(0, MOST_TABLES);
  for (const [index, table] of tables.entries()) {
    if (index > 0) claimTree(pages, owners, table.rootPage, FIRST_TABLE + index);
  }
  return new PageOwners(owners, tables);
}

/**
 * Marks the pages in the list of free pages. Where the header is lost, which says where the list
 * begins, its trunks are known by their look: rows that were deleted must not come back.
 */
function markFreePages(pages: PageFile, owners: Uint16Array): void {
  if (pages.freelistTrunkPage === null) {
    for (let page = 1; page <= pages.pageCount; page++) markTrunk(pages, owners, page);
    return;
  }
  let trunk = pages.freelistTrunkPage;
  while (trunk !== 0 && pages.has(trunk) && owners[trunk] !== FREE) {
    owners[trunk] = FREE;
    trunk = markTrunk(pages, owners, trunk);
  }
}

/**
 * Marks a trunk page and the free pages that it lists: the number of the next trunk, how many, and
 * their numbers, each in four bytes, and nothing is listed twice. Returns the next trunk, or 0.
 */
function markTrunk(pages: PageFile, owners: Uint16Array, trunk: number): number {
  const bytes = pages.read(trunk);
  const next = readU32(bytes, 0);
  const count = readU32(bytes, 4);
  if ((next !== 0 && !pages.has(next)) || count > Math.floor(bytes.byteLength / 4) - 2) return 0;
  const leaves = Array.from({ length: count }, (_, index) => readU32(bytes, 8 + 4 * index));
  const isList = leaves.every((leaf) => leaf > SCHEMA_ROOT_PAGE && pages.has(leaf));
  if (!isList || new Set(leaves).size < count) return 0;
  if (count > 0) owners[trunk] = FREE;
  for (const leaf of leaves) owners[leaf] = FREE;
  return next;
}

/** Marks the pages of a tree that the walk reaches, and returns its leaves. */
function claimTree(
  pages: PageFile,
  owners: Uint16Array,
  rootPage: number,
  owner: number,
): number[] {
  const leaves: number[] = [];
  const waiting = [rootPage];
  for (let page = waiting.pop(); page !== undefined; page = waiting.pop()) {
    // A page has one owner: what is claimed already is not walked again, so nothing can loop.
    if (!pages.has(page) || owners[page] !== LOST) continue;
    const parsed = parseBtreePage(pages.read(page), page);
    if (parsed.kind !== "table-interior" && parsed.kind !== "table-leaf") continue;
    owners[page] = owner;
    if (parsed.kind === "table-leaf") leaves.push(page);
    else waiting.push(...listChildren(parsed).reverse());
  }
  return leaves;
}

/** Reads the tables that a leaf of the schema names: type, name, tbl_name, rootpage, sql. */
function readSchemaLeaf(pages: PageFile, pageNumber: number): SchemaTable[] {
  const bytes = pages.read(pageNumber, new Uint8Array(pages.pageSizeBytes));
  const page = parseBtreePage(bytes, pageNumber);
  const tables: SchemaTable[] = [];
  for (let index = 0; index < Math.min(page.cellCount, bytes.byteLength >>> 1); index++) {
    const cell = readLeafCell(page, index);
    const payload = cell === null ? null : readPayload(pages, cell);
    const record = payload === null ? null : decodeRecord(payload, pages.textEncoding);
    const table = record === null ? null : toSchemaTable(record.values);
    if (table !== null) tables.push(table);
  }
  return tables;
}

function toSchemaTable(values: readonly SqlValue[]): SchemaTable | null {
  const [type, name, , rootPage, sql] = values;
  const isTable = type === "table" && typeof name === "string" && typeof rootPage === "bigint";
  return isTable && rootPage > 0n
    ? { name, rootPage: Number(rootPage), sql: typeof sql === "string" ? sql : null }
    : null;
}
