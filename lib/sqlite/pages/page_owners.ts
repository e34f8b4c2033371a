/**
 * Which table or index a page belongs to, as far as the pages above it still tell.
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

/** A table or an index as the schema names it. */
export interface SchemaTable {
  /** Which of the two it is. */
  readonly type: "table" | "index";
  /** Its name. */
  readonly name: string;
  /** The statement that makes it, or null. */
  readonly sql: string | null;
  /** The page where its tree begins. */
  readonly rootPage: number;
}

/** The page of the table of all tables. */
const SCHEMA_ROOT_PAGE = 1;

const SCHEMA: SchemaTable = {
  type: "table",
  name: "sqlite_schema",
  sql: null,
  rootPage: SCHEMA_ROOT_PAGE,
};

/** The numbers by which owners are kept; those of trees follow. */
const LOST = 0;
const FREE = 1;
const FIRST_TREE = 2;

/** More trees than any engine makes; the others' pages count as lost. */
const MOST_TREES = 10_000;

/** Which table or index each page belongs to. */
export class PageOwners {
  readonly #owners: Uint16Array;
  readonly #trees: readonly SchemaTable[];
  readonly #broken: ReadonlySet<string>;
  /** Whether every free page is known, so that a page without an owner holds rows that were lost. */
  readonly knowsFreePages: boolean;

  /** Made by {@linkcode findPageOwners} alone. */
  constructor(parts: {
    readonly owners: Uint16Array;
    readonly trees: readonly SchemaTable[];
    readonly broken: ReadonlySet<string>;
    readonly knowsFreePages: boolean;
  }) {
    this.#owners = parts.owners;
    this.#trees = parts.trees;
    this.#broken = parts.broken;
    this.knowsFreePages = parts.knowsFreePages;
  }

  /** The tables that the schema still names. */
  get tables(): readonly SchemaTable[] {
    return this.#trees.filter(({ type }) => type === "table");
  }

  /** Whether the list of free pages names a page. */
  isFree(pageNumber: number): boolean {
    return this.#owners[pageNumber] === FREE;
  }

  /** The table whose tree leads to a page, or null where none does. */
  tableOf(pageNumber: number): SchemaTable | null {
    return this.#ownerOf(pageNumber, "table");
  }

  /** The index whose tree leads to a page, or null where none does. */
  indexOf(pageNumber: number): SchemaTable | null {
    return this.#ownerOf(pageNumber, "index");
  }

  /**
   * Whether every page of a table was reached and its rows are in order, so that no page without an
   * owner can be one of its.
   */
  isWhole(table: string): boolean {
    return !this.#broken.has(table) && this.#trees.some(({ name }) => name === table);
  }

  #ownerOf(pageNumber: number, wanted: SchemaTable["type"]): SchemaTable | null {
    const tree = this.#trees[(this.#owners[pageNumber] ?? LOST) - FIRST_TREE];
    return tree?.type === wanted ? tree : null;
  }
}

/**
 * Finds out which table or index each page belongs to.
 *
 * @param pages The pages.
 * @param keepsFreed Tables of which rows are wanted even where the list of free pages has the page
 * too: in a torn file the list can be newer than the tree.
 * @returns The owners: two bytes of memory for each page.
 * @throws {OperationError} A page cannot be read.
 */
export function findPageOwners(
  pages: PageFile,
  keepsFreed: ReadonlySet<string> = new Set(),
): PageOwners {
  const owners = new Uint16Array(pages.pageCount + 1);
  // The free pages first: no tree may take one, for it would bring deleted rows back.
  const knowsFreePages = markFreePages(pages, owners);
  const schema = claimTree(pages, owners, SCHEMA, FIRST_TREE);
  const trees = [SCHEMA, ...schema.leaves.flatMap((leaf) => readSchemaLeaf(pages, leaf))]
    .slice(0, MOST_TREES);
  const broken = new Set(schema.isWhole ? [] : [SCHEMA.name]);
  for (const [index, tree] of trees.entries()) {
    if (index === 0) continue;
    const mayTake = keepsFreed.has(tree.name) ? [LOST, FREE] : [LOST];
    if (!claimTree(pages, owners, tree, FIRST_TREE + index, mayTake).isWhole) broken.add(tree.name);
  }
  return new PageOwners({ owners, trees, broken, knowsFreePages });
}

/**
 * Marks the pages in the list of free pages. Where the list, or the header that says where it
 * begins, is damaged, its trunks are known by their look: rows that were deleted must not come back.
 * Returns whether every free page is known.
 */
function markFreePages(pages: PageFile, owners: Uint16Array): boolean {
  let marked = 0;
  let trunk = pages.freelistTrunkPage ?? 0;
  while (trunk !== 0 && pages.has(trunk) && owners[trunk] !== FREE) {
    const list = readTrunk(pages, trunk);
    owners[trunk] = FREE;
    marked++;
    if (list === null) break;
    for (const leaf of list.leaves) owners[leaf] = FREE;
    marked += list.leaves.length;
    trunk = list.next;
  }
  if (marked === pages.freelistPageCount) return true;
  for (let page = 1; page <= pages.pageCount; page++) {
    const leaves = readTrunk(pages, page)?.leaves ?? [];
    if (leaves.length > 0) owners[page] = FREE;
    for (const leaf of leaves) owners[leaf] = FREE;
  }
  return false;
}

/**
 * Reads a trunk page of the list of free pages: the number of the next trunk, how many pages it
 * lists, and their numbers, each in four bytes, and nothing is listed twice. Null for another page.
 */
function readTrunk(pages: PageFile, trunk: number): { next: number; leaves: number[] } | null {
  const bytes = pages.read(trunk);
  const next = readU32(bytes, 0);
  const count = readU32(bytes, 4);
  if (next !== 0 && !pages.hadOnce(next)) return null;
  if (count > Math.floor(bytes.byteLength / 4) - 2) return null;
  const leaves = Array.from({ length: count }, (_, index) => readU32(bytes, 8 + 4 * index));
  const isList = leaves.every((leaf) => leaf > SCHEMA_ROOT_PAGE && pages.hadOnce(leaf));
  return isList && new Set(leaves).size === count ? { next, leaves } : null;
}

/** What a walk through a tree has found. */
interface Walk {
  /** The leaves, in the order of the tree. */
  readonly leaves: readonly number[];
  /** Whether nothing was in the way, and the rows of a table ascend. */
  readonly isWhole: boolean;
}

/** Marks the pages of a tree that the walk reaches. */
function claimTree(
  pages: PageFile,
  owners: Uint16Array,
  { type, rootPage }: SchemaTable,
  owner: number,
  mayTake: readonly number[] = [LOST],
): Walk {
  const leaves: number[] = [];
  let isWhole = true;
  let lastRowId = -Infinity;
  const waiting = [rootPage];
  for (let page = waiting.pop(); page !== undefined; page = waiting.pop()) {
    // A page has one owner: what is claimed already is not walked again, so nothing can loop.
    const isOpen = pages.has(page) && mayTake.includes(owners[page] ?? LOST);
    const parsed = isOpen ? parseBtreePage(pages.read(page), page) : null;
    if (parsed === null || !parsed.kind.startsWith(type)) {
      isWhole = false;
      continue;
    }
    owners[page] = owner;
    if (parsed.kind.endsWith("interior")) {
      const children = listChildren(parsed);
      if (children.length !== parsed.cellCount + 1) isWhole = false;
      waiting.push(...children.reverse());
      continue;
    }
    leaves.push(page);
    if (type === "index" || parsed.cellCount === 0) continue;
    const first = readLeafCell(parsed, 0)?.rowId ?? -Infinity;
    if (first <= lastRowId) isWhole = false;
    lastRowId = readLeafCell(parsed, parsed.cellCount - 1)?.rowId ?? Infinity;
  }
  return { leaves, isWhole };
}

/** Reads the trees that a leaf of the schema names: type, name, tbl_name, rootpage, sql. */
function readSchemaLeaf(pages: PageFile, pageNumber: number): SchemaTable[] {
  const bytes = pages.read(pageNumber, new Uint8Array(pages.pageSizeBytes));
  const page = parseBtreePage(bytes, pageNumber);
  const trees: SchemaTable[] = [];
  for (let index = 0; index < Math.min(page.cellCount, bytes.byteLength >>> 1); index++) {
    const cell = readLeafCell(page, index);
    const payload = cell === null ? null : readPayload(pages, cell);
    const record = payload === null ? null : decodeRecord(payload, pages.textEncoding);
    const tree = record === null ? null : toSchemaTable(record.values);
    if (tree !== null) trees.push(tree);
  }
  return trees;
}

function toSchemaTable(values: readonly SqlValue[]): SchemaTable | null {
  const [type, name, , rootPage, sql] = values;
  if (type !== "table" && type !== "index") return null;
  return typeof name === "string" && typeof rootPage === "bigint" && rootPage > 0n
    ? { type, name, rootPage: Number(rootPage), sql: typeof sql === "string" ? sql : null }
    : null;
}
