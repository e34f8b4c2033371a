/**
 * Reading the entries of the indexes of a database page by page, as `salvage_rows.ts` reads rows. An
 * index holds what it orders a second time: where a leaf of a table is gone, its indexes still tell
 * which rows stood there, and some of their values.
 *
 * @module
 */

import { BoundedFile } from "../../fs/read_fs.ts";
import type { SqlValue } from "../database.ts";
import { parseBtreePage, readIndexCell } from "./btree_page.ts";
import { PageFile } from "./page_file.ts";
import { findPageOwners } from "./page_owners.ts";
import { readPayload } from "./payload.ts";
import { decodeRecord } from "./record.ts";

/** An entry of an index. */
export interface SalvagedEntry {
  /** The index whose tree leads to it, or null where the pages above it are gone. */
  readonly index: string | null;
  /** The page on which it stands, from 1. */
  readonly pageNumber: number;
  /** The values of its columns, and behind them the id of the row. */
  readonly values: readonly SqlValue[];
}

/**
 * Reads every entry of every index that stands in a database file, damaged or not.
 *
 * @param path The file; a journal or a write-ahead log beside it is not looked at.
 * @yields The entries, page by page. What cannot be read, or has bytes that are no text, is left out.
 * @throws {OperationError} The file cannot be read.
 */
export function* salvageIndexEntries(path: string): Generator<SalvagedEntry, void, undefined> {
  using file = BoundedFile.open(path);
  const pages = new PageFile(file);
  const owners = findPageOwners(pages);
  // A page of its own: reading an overflow page must not overwrite this one.
  const buffer = new Uint8Array(pages.pageSizeBytes);
  for (let pageNumber = 1; pageNumber <= pages.pageCount; pageNumber++) {
    if (owners.isFree(pageNumber)) continue;
    const page = parseBtreePage(pages.read(pageNumber, buffer), pageNumber);
    if (page.kind !== "index-leaf" && page.kind !== "index-interior") continue;
    const index = owners.indexOf(pageNumber)?.name ?? null;
    // A page has room for no more cells than it has pairs of bytes.
    const cellCount = Math.min(page.cellCount, page.bytes.byteLength >>> 1);
    for (let at = 0; at < cellCount; at++) {
      const cell = readIndexCell(page, at);
      const payload = cell === null ? null : readPayload(pages, cell);
      const record = payload === null ? null : decodeRecord(payload, pages.textEncoding);
      if (record === null || record.isLossy) continue;
      yield { index, pageNumber, values: record.values };
    }
  }
}
