/**
 * Showing a store as it is going to be: a directory in which entries stand side by side that lie in
 * different places.
 *
 * The entries are symbolic links, which leave no trace in what they lead to; a hard link changes
 * the file's time of change. Where links cannot be made, as on Windows without a privilege, they
 * are copies.
 *
 * @module
 */

import { join } from "@std/path";
import { copyTree } from "./copy.ts";
import { INNER_WORK_DIRECTORY_NAME } from "./work_directory.ts";
import { isRefusal, type WriteFs } from "./write_fs.ts";

/** What stands in a view, in the order in which it is looked for. */
export interface ViewSource {
  /** The directory that has the entries. */
  readonly directory: string;
  /** Those that are shown; all but vecfsck's own work directory when left out. */
  readonly names?: readonly string[];
}

/**
 * Makes a view.
 *
 * @param fs The file system.
 * @param view The directory, which is made.
 * @param sources Where the entries are; of several with one name the first is shown.
 * @throws The system's error, unchanged.
 */
export function makeStoreView(fs: WriteFs, view: string, sources: readonly ViewSource[]): void {
  fs.makeDirectory(view, 0o700);
  const shown = new Set([INNER_WORK_DIRECTORY_NAME]);
  for (const { directory, names } of sources) {
    const root = fs.resolve(directory);
    for (const name of names ?? fs.list(root)) {
      if (shown.has(name)) continue;
      shown.add(name);
      showEntry(fs, join(root, name), join(view, name));
    }
  }
}

/**
 * Shows an entry in a view.
 *
 * @param fs The file system.
 * @param entry The entry.
 * @param path Where it is shown; nothing stands there.
 * @throws The system's error, unchanged.
 */
export function showEntry(fs: WriteFs, entry: string, path: string): void {
  try {
    fs.makeSymbolicLink(entry, path);
  } catch (error) {
    if (!isRefusal(error) && !(error instanceof Deno.errors.NotCapable)) throw error;
    copyTree(fs, fs.resolve(entry), path);
  }
}
