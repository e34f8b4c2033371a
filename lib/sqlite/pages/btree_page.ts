/**
 * A page of a table's b-tree (sqlite.org/fileformat2.html, "B-tree Pages"); on page 1 it begins
 * behind the 100 bytes of the database's header. Integers are big-endian.
 *
 * | offset | bytes | meaning                                                            |
 * | ------ | ----- | ------------------------------------------------------------------ |
 * | 0      | 1     | 5 interior page of a table, 13 leaf of a table; 2 and 10 an index  |
 * | 1      | 2     | the first free block                                               |
 * | 3      | 2     | how many cells                                                     |
 * | 5      | 2     | where the cells' content begins, 0 for 65,536                      |
 * | 7      | 1     | fragmented free bytes                                              |
 * | 8      | 4     | on interior pages the right-most child                             |
 * | 8, 12  | 2 n   | where each cell begins                                             |
 *
 * A cell of a leaf is the length of its payload, the row's id, the payload as far as it stands
 * here, and the number of the first overflow page where there is more; a cell of an interior page
 * is the number of the child on its left and a row's id. In an index there are no ids of rows, and
 * the cells of its interior pages have a payload too, behind the number of the child: the entries
 * of an index stand on every one of its pages.
 *
 * @module
 */

import { DATABASE_HEADER_SIZE_BYTES } from "../file_header.ts";
import { readVarint } from "./record.ts";

/** The kind of a page, by its first byte. */
export type PageKind =
  | "table-interior"
  | "table-leaf"
  | "index-interior"
  | "index-leaf"
  | "other";

/** A payload as far as it stands on one page. */
export interface PayloadCell {
  /** How long the whole payload is. */
  readonly payloadSizeBytes: number;
  /** The part that stands on this page. */
  readonly local: Uint8Array;
  /** The first overflow page, or 0. */
  readonly overflowPage: number;
}

/** A cell of a leaf of a table: one row. */
export interface LeafCell extends PayloadCell {
  /** The row's id. */
  readonly rowId: number;
}

/** A page, with its cells not read yet. */
export interface BtreePage {
  /** Its kind. */
  readonly kind: PageKind;
  /** How many cells it says it has. */
  readonly cellCount: number;
  /** Its bytes that SQLite uses. */
  readonly bytes: Uint8Array;
  /** Where its own header begins: 100 on page 1, else 0. */
  readonly start: number;
}

const KINDS: Readonly<Record<number, PageKind>> = {
  2: "index-interior",
  5: "table-interior",
  10: "index-leaf",
  13: "table-leaf",
};

/**
 * Reads the header of a page.
 *
 * @param bytes The page without the bytes that are set aside at its end.
 * @param pageNumber Its number, from 1.
 * @returns The page; of the kind `other` where it is none of a b-tree.
 */
export function parseBtreePage(bytes: Uint8Array, pageNumber: number): BtreePage {
  const start = pageNumber === 1 ? DATABASE_HEADER_SIZE_BYTES : 0;
  const kind = KINDS[bytes[start] ?? 0] ?? "other";
  return { kind, cellCount: readU16(bytes, start + 3), bytes, start };
}

/**
 * Lists the children of an interior page.
 *
 * @param page The page.
 * @returns The numbers that stand there, which may be anything.
 */
export function listChildren({ bytes, start, cellCount }: BtreePage): number[] {
  const children: number[] = [];
  for (let index = 0; index < cellCount; index++) {
    const pointer = start + 12 + 2 * index;
    if (pointer + 2 > bytes.byteLength) break;
    const cell = readU16(bytes, pointer);
    if (cell >= start + 12 && cell + 4 <= bytes.byteLength) children.push(readU32(bytes, cell));
  }
  if (start + 12 <= bytes.byteLength) children.push(readU32(bytes, start + 8));
  return children;
}

/**
 * Reads a cell of a leaf of a table.
 *
 * @param page The page.
 * @param index Which cell.
 * @returns The cell, or null where none can stand there.
 */
export function readLeafCell(page: BtreePage, index: number): LeafCell | null {
  const { bytes, start } = page;
  const offset = cellOffset(page, start + 8, index);
  const payloadSize = offset === null ? null : readVarint(bytes, offset);
  if (offset === null || payloadSize === null || payloadSize.value <= 0) return null;
  const rowId = readVarint(bytes, offset + payloadSize.sizeBytes);
  if (rowId === null) return null;
  const payloadStart = offset + payloadSize.sizeBytes + rowId.sizeBytes;
  const cell = readPayloadCell(bytes, payloadStart, payloadSize.value, bytes.byteLength - 35);
  return cell === null ? null : { rowId: rowId.value, ...cell };
}

/**
 * Reads a cell of a page of an index.
 *
 * @param page The page.
 * @param index Which cell.
 * @returns The cell, or null where none can stand there.
 */
export function readIndexCell(page: BtreePage, index: number): PayloadCell | null {
  const { bytes, start, kind } = page;
  const isInterior = kind === "index-interior";
  const offset = cellOffset(page, start + (isInterior ? 12 : 8), index);
  if (offset === null) return null;
  const sizeOffset = offset + (isInterior ? 4 : 0);
  const payloadSize = readVarint(bytes, sizeOffset);
  if (payloadSize === null || payloadSize.value <= 0) return null;
  const most = Math.floor((bytes.byteLength - 12) * 64 / 255) - 23;
  return readPayloadCell(bytes, sizeOffset + payloadSize.sizeBytes, payloadSize.value, most);
}

/** Where a cell begins, by the list of cells that begins at `list`; null where none can. */
function cellOffset({ bytes }: BtreePage, list: number, index: number): number | null {
  const pointer = list + 2 * index;
  if (pointer + 2 > bytes.byteLength) return null;
  const offset = readU16(bytes, pointer);
  return offset < pointer + 2 ? null : offset;
}

/** Reads the part of a payload that stands on the page, of which `most` bytes can. */
function readPayloadCell(
  bytes: Uint8Array,
  start: number,
  payloadSizeBytes: number,
  most: number,
): PayloadCell | null {
  const localSizeBytes = localSizeOf(payloadSizeBytes, bytes.byteLength, most);
  const hasOverflow = localSizeBytes < payloadSizeBytes;
  const end = start + localSizeBytes;
  if (end + (hasOverflow ? 4 : 0) > bytes.byteLength) return null;
  return {
    payloadSizeBytes,
    local: bytes.subarray(start, end),
    overflowPage: hasOverflow ? readU32(bytes, end) : 0,
  };
}

/** How much of a payload stands on the page itself; the letters are those of the file format. */
function localSizeOf(payloadSizeBytes: number, usableSizeBytes: number, most: number): number {
  if (payloadSizeBytes <= most) return payloadSizeBytes;
  const least = Math.floor((usableSizeBytes - 12) * 32 / 255) - 23;
  const wanted = least + (payloadSizeBytes - least) % (usableSizeBytes - 4);
  return wanted <= most ? wanted : least;
}

function readU16(bytes: Uint8Array, offset: number): number {
  return (bytes[offset] ?? 0) << 8 | (bytes[offset + 1] ?? 0);
}

/** Reads a big-endian 32-bit number, as the numbers of pages are written. */
export function readU32(bytes: Uint8Array, offset: number): number {
  return readU16(bytes, offset) * 65_536 + readU16(bytes, offset + 2);
}
