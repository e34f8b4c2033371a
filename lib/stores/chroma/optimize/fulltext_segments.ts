/**
 * How many segments the full text has. FTS5 writes every batch of documents as a segment of its own
 * and merges a few of them from time to time; a search looks into each.
 *
 * The table `_data` has a row 10 that lists them (fts5_index.c): a cookie of four bytes, four more in
 * the newer form, then as varints the number of levels and that of segments.
 *
 * @module
 */

import type { StoreDatabase } from "../../../sqlite/database.ts";

const COOKIE_SIZE_BYTES = 4;

/** What stands behind the cookie in the newer form. */
const NEWER_FORM: readonly number[] = [0xff, 0x00, 0x00, 0x01];

/** A varint has seven bits in each byte; the ninth has eight, and such a number is never here. */
const LONGEST_VARINT_BYTES = 5;

/**
 * Counts the segments.
 *
 * @param database The open chroma.sqlite3.
 * @returns How many there are; null where there is no full text, or its list is of a form that is
 * not known.
 * @throws {SqliteError} The table cannot be read.
 */
export function countFulltextSegments(database: StoreDatabase): number | null {
  const isThere = database.number(
    "SELECT count(*) FROM sqlite_schema WHERE name = 'embedding_fulltext_search_data'",
  );
  if (isThere !== 1) return null;
  const [list] = database.row("SELECT block FROM embedding_fulltext_search_data WHERE id = 10") ??
    [];
  return list instanceof Uint8Array ? decodeSegmentCount(list) : null;
}

/**
 * Reads the number of segments in the list of them.
 *
 * @param list The list, as FTS5 writes it.
 * @returns The number; null where it is of a form that is not known.
 */
export function decodeSegmentCount(list: Uint8Array): number | null {
  const isNewer = NEWER_FORM.every((byte, at) => list[COOKIE_SIZE_BYTES + at] === byte);
  const levels = readVarint(list, COOKIE_SIZE_BYTES + (isNewer ? NEWER_FORM.length : 0));
  const segments = levels === null ? null : readVarint(list, levels.end);
  return segments?.value ?? null;
}

function readVarint(
  bytes: Uint8Array,
  start: number,
): { readonly value: number; readonly end: number } | null {
  let value = 0;
  for (let at = start; at < start + LONGEST_VARINT_BYTES; at++) {
    const byte = bytes[at];
    if (byte === undefined) return null;
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return { value, end: at + 1 };
  }
  return null;
}
