/**
 * Reading the rows of a database page by page, past everything that SQLite stops at: the rows of a
 * healthy leaf come back though the pages above it are gone.
 *
 * Nothing is believed that does not fit: a row counts only when its record fits its payload to the
 * byte. Memory is flat: two bytes for each page of the file, and one row.
 *
 * @module
 */

import { BoundedFile } from "../../fs/read_fs.ts";
import type { SqlValue } from "../database.ts";
import { parseBtreePage, readLeafCell } from "./btree_page.ts";
import { PageFile } from "./page_file.ts";
import { findPageOwners, type PageOwners } from "./page_owners.ts";
import { readPayload } from "./payload.ts";
import { decodeRecord } from "./record.ts";

/** Where the cell begins, its two lengths, its id and a record without a value. */
const SMALLEST_ROW_SIZE_BYTES = 5;

/** A row that was found. */
export interface SalvagedRow {
  /** The table whose tree leads to it, or null where the pages above it are gone. */
  readonly table: string | null;
  /** The page on which it stands, from 1. */
  readonly pageNumber: number;
  /** The row's id: the value of an INTEGER PRIMARY KEY, which is NULL among the values. */
  readonly rowId: number;
  /** The values in the order of the columns; a column that was added later can be missing. */
  readonly values: readonly SqlValue[];
  /** Whether a text had bytes that are none; they are U+FFFD in the value. */
  readonly isLossy: boolean;
}

/** A row that stands on a leaf and cannot be read. */
export interface LostRow {
  /** The table whose tree leads to it, or null where the pages above it are gone. */
  readonly table: string | null;
  /** The page on which it stands, from 1. */
  readonly pageNumber: number;
  /** Its id, or null where not even that can be read. */
  readonly rowId: number | null;
  /** What is wrong with it: a sentence without a final period. */
  readonly reason: string;
}

/** What is read, and what is told besides the rows. */
export interface SalvageOptions {
  /** The pages that are read, all by default. */
  pages?: ReadonlySet<number>;
  /** Tables of which rows are wanted even where the list of free pages has the page too. */
  keepsFreed?: ReadonlySet<string>;
  /** Is told to which tables the pages belong, before the first row. */
  onOwners?: (owners: PageOwners) => void;
  /** Is told of every row that stands there and cannot be read. */
  onLost?: (row: LostRow) => void;
  /** Is told of every leaf of a table that holds anything but rows. */
  onLostPage?: (table: string | null) => void;
}

/**
 * Reads every row that stands in a database file, damaged or not. The file is read as it is: a
 * journal or a write-ahead log beside it is not looked at.
 *
 * @param path The file.
 * @param options Who is told of what is lost.
 * @yields The rows, page by page.
 * @throws {OperationError} The file cannot be read.
 */
export function* salvageRows(
  path: string,
  options: SalvageOptions = {},
): Generator<SalvagedRow, void, undefined> {
  using file = BoundedFile.open(path);
  const pages = new PageFile(file);
  const owners = findPageOwners(pages, options.keepsFreed);
  options.onOwners?.(owners);
  // A page of its own: reading an overflow page must not overwrite the leaf.
  const leaf = new Uint8Array(pages.pageSizeBytes);
  for (let pageNumber = 1; pageNumber <= pages.pageCount; pageNumber++) {
    if (owners.isFree(pageNumber) || options.pages?.has(pageNumber) === false) continue;
    const bytes = pages.read(pageNumber, leaf);
    yield* readLeaf(pages, owners, pageNumber, bytes, options);
  }
}

function* readLeaf(
  pages: PageFile,
  owners: PageOwners,
  pageNumber: number,
  bytes: Uint8Array,
  { onLost, onLostPage }: SalvageOptions,
): Generator<SalvagedRow, void, undefined> {
  const page = parseBtreePage(bytes, pageNumber);
  if (page.kind !== "table-leaf") return;
  const table = owners.tableOf(pageNumber)?.name ?? null;
  if (page.cellCount > bytes.byteLength / SMALLEST_ROW_SIZE_BYTES) {
    onLostPage?.(table);
    return;
  }
  for (let index = 0; index < page.cellCount; index++) {
    const cell = readLeafCell(page, index);
    const payload = cell === null ? null : readPayload(pages, cell);
    const record = payload === null ? null : decodeRecord(payload, pages.textEncoding);
    if (cell !== null && record !== null) {
      yield { table, pageNumber, rowId: cell.rowId, ...record };
      continue;
    }
    const reason = cell === null
      ? `Cell ${index} lies outside its page`
      : payload === null
      ? `The overflow pages from ${cell.overflowPage} on are damaged`
      : `Cell ${index} is no record`;
    onLost?.({ table, pageNumber, rowId: cell?.rowId ?? null, reason });
  }
}
