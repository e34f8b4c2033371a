/**
 * A copy of a store for a program that may write to what it is given.
 *
 * @module
 */

import { join } from "@std/path";
import { copyStore } from "../backup/copy_store.ts";
import { localFs } from "../fs/platform.ts";
import { ScratchDirectory } from "../fs/scratch.ts";
import { requireStore } from "../stores/registry.ts";

/** What a copy is called in the directory that is its own. */
const COPY_NAME = "store";

/**
 * Copies a store as a backup does, at one instant, and removes the copy afterwards.
 *
 * @param path The store's directory.
 * @param signal Ends the copying.
 * @param use Is given the directory of the copy.
 * @returns What `use` returns.
 * @throws {OperationError} There is no store, it is written to all the time, or there is no room.
 */
export async function withStoreCopy<Result>(
  path: string,
  signal: AbortSignal | undefined,
  use: (directory: string) => Promise<Result>,
): Promise<Result> {
  const store = requireStore(path);
  using scratch = ScratchDirectory.create();
  const copy = join(scratch.path, COPY_NAME);
  const options = { directory: scratch.path, fs: localFs, signal, now: () => new Date() };
  await copyStore(store, copy, options);
  return await use(copy);
}
