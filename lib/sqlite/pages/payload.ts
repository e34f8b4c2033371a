/**
 * The payload of a row, or of an entry of an index, that is longer than a page: its rest stands on a
 * chain of overflow pages, each of which begins with the number of the next one (four bytes,
 * big-endian, 0 at the end).
 *
 * @module
 */

import { type PayloadCell, readU32 } from "./btree_page.ts";
import type { PageFile } from "./page_file.ts";

const NEXT_PAGE_SIZE_BYTES = 4;

/**
 * Puts a payload together.
 *
 * @param pages The pages; the one with the cell need not be kept.
 * @param cell The cell.
 * @returns The payload, or null where the chain ends early, goes on too long, or leaves the file.
 * @throws {OperationError} A page cannot be read.
 */
export function readPayload(pages: PageFile, cell: PayloadCell): Uint8Array | null {
  const { payloadSizeBytes, local, overflowPage } = cell;
  if (payloadSizeBytes === local.byteLength) return local;
  if (payloadSizeBytes > pages.pageCount * pages.pageSizeBytes) return null;
  if (!pages.has(overflowPage) || !pages.mayReadPayload(payloadSizeBytes)) return null;
  const payload = new Uint8Array(payloadSizeBytes);
  payload.set(local);
  let filled = local.byteLength;
  let next = overflowPage;
  while (filled < payloadSizeBytes) {
    if (!pages.has(next)) return null;
    const bytes = pages.read(next);
    const part = bytes.subarray(
      NEXT_PAGE_SIZE_BYTES,
      NEXT_PAGE_SIZE_BYTES + payloadSizeBytes - filled,
    );
    payload.set(part, filled);
    filled += part.byteLength;
    next = readU32(bytes, 0);
  }
  return next === 0 ? payload : null;
}
