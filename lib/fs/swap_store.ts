/**
 * Putting a whole store in the place of another, whether or not its directory can be renamed.
 *
 * | the store's directory                             | how it is swapped                          |
 * | ------------------------------------------------- | ------------------------------------------ |
 * | can be renamed                                    | as a whole (`swap.ts`)                     |
 * | has a work directory inside: a mount point        | its entries are exchanged                  |
 * | the rename is refused: EBUSY, EACCES, EPERM, EXDEV| nothing has changed: entries are exchanged |
 *
 * A work directory inside can also be one of an earlier run, of a user that may not write beside the
 * store. What lies there in quarantine would go aside with the store, and nobody would find it.
 *
 * @module
 */

import { OperationError } from "../base/errors.ts";
import type { StoreLock } from "./lock.ts";
import { localFs } from "./platform.ts";
import { listInterruptedChanges } from "./recover.ts";
import { swapDirectory, type SwapResult } from "./swap.ts";
import { swapEntries, type SwapEntriesOptions } from "./swap_entries.ts";
import { openWorkDirectory, workPlacesOf } from "./work_directory.ts";
import type { WriteFs } from "./write_fs.ts";
import { errorCodeOf } from "./write_errors.ts";

/** How a whole store is swapped. */
export interface SwapStoreOptions extends Omit<SwapEntriesOptions, "store"> {
  /** The lock of the store, where the caller holds one: it then covers the replacement as well. */
  lock?: StoreLock | undefined;
}

/** What a system answers where a directory has to stay: it is mounted, or its parent is another's. */
const IMMOVABLE_CODES: ReadonlySet<string> = new Set(["EBUSY", "EACCES", "EPERM", "EXDEV"]);

/**
 * Puts a store in the place of another. When it throws, the original is where it was, unless the
 * error says otherwise.
 *
 * @param store The store's directory, which is there.
 * @param replacement The directory that takes its place, on the same file system.
 * @param options Where the original goes, and which is the database.
 * @returns Where the original is.
 * @throws {OperationError} As with {@linkcode swapDirectory} and {@linkcode swapEntries}.
 *
 * @example
 * ```ts ignore
 * using lock = acquireStoreLock("/data");
 * swapStore("/data", "/data.vecfsck/restored", {
 *   lock,
 *   aside: "/data.vecfsck/quarantine/20260131T040000Z/data",
 *   database: "chroma.sqlite3",
 * });
 * ```
 */
export function swapStore(
  store: string,
  replacement: string,
  { lock, ...options }: SwapStoreOptions,
): SwapResult {
  const { fs = localFs } = options;
  if (!hasInnerWorkDirectory(fs, store)) {
    lock?.cover(replacement);
    try {
      return swapDirectory(store, replacement, { ...options, store });
    } catch (error) {
      if (!isImmovable(error) || !isUntouched(fs, store, replacement)) throw error;
    }
  }
  return swapEntries(store, replacement, { ...options, store });
}

/**
 * Tells whether a store has a work directory inside: it is a mount point, or nothing could be made
 * beside it when this was last tried.
 *
 * @param fs The file system.
 * @param store The store's directory.
 * @returns Whether there is one, which is made where it is needed.
 * @throws {OperationError} It can be made in neither place.
 */
export function hasInnerWorkDirectory(fs: WriteFs, store: string): boolean {
  openWorkDirectory(fs, store);
  return fs.look(workPlacesOf(fs, store).inside) !== null;
}

function isImmovable(error: unknown): boolean {
  return error instanceof OperationError && IMMOVABLE_CODES.has(errorCodeOf(error.cause));
}

/** Whether a swap that has failed was undone, down to its record in the journal. */
function isUntouched(fs: WriteFs, store: string, replacement: string): boolean {
  return fs.look(store) !== null && fs.look(replacement) !== null &&
    listInterruptedChanges(store, { fs }).length === 0;
}
