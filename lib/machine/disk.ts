/**
 * How much room there is on the disk.
 *
 * @module
 */

import type { WriteFs } from "../fs/write_fs.ts";

/**
 * Tells how much can still be written where a store is.
 *
 * @param fs The file system.
 * @param store The store.
 * @returns The bytes; null where that may not be asked, or the system does not tell.
 */
export function readDiskFree(fs: WriteFs, store: string): number | null {
  try {
    return fs.freeBytes(store);
  } catch {
    return null;
  }
}
