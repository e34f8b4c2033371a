/**
 * Showing a store as it is going to be: a directory in which entries stand side by side that lie in
 * different places.
 *
 * | what stands in the store            | what stands in the view                              |
 * | ----------------------------------- | ---------------------------------------------------- |
 * | a directory of which entries are    | a directory with a link to each of those that are    |
 * | named by themselves, `folder/name`  | named                                                |
 * | a directory that is mirrored        | a directory with the same, and so on inward          |
 * | everything else                     | a symbolic link to it                                |
 *
 * Links leave no trace in what they lead to; a hard link changes the file's time of change. Where
 * links cannot be made, as on Windows without a privilege, they are copies.
 *
 * @module
 */

import { dirname, join, relative } from "@std/path";
import { copyTree } from "./copy.ts";
import { foldersOf, type SwapNames } from "./entry_names.ts";
import { INNER_WORK_DIRECTORY_NAME } from "./work_directory.ts";
import type { WriteFs } from "./write_fs.ts";
import { isRefusal } from "./write_errors.ts";

const PRIVATE_DIRECTORY_MODE = 0o700;

/** What stands in a view, in the order in which it is looked for. */
export interface ViewSource {
  /** The directory that has the entries. */
  readonly directory: string;
  /**
   * Those that are shown, of the directory or of one of its directories; all but vecfsck's own work
   * directory when left out.
   */
  readonly names?: readonly string[];
  /** Directories of it that are shown even where nothing of them is. */
  readonly folders?: readonly string[];
}

/**
 * How directories stand in a view: as links to them, or mirrored, for engines that pass over a link
 * to a directory and follow one to a file.
 */
export type ViewDirectories = "linked" | "mirrored";

/**
 * Makes a view.
 *
 * @param fs The file system.
 * @param view The directory, which is made.
 * @param sources Where the entries are; of several with one name the first is shown.
 * @param directories How directories stand in it.
 * @throws The system's error, unchanged.
 */
export function makeStoreView(
  fs: WriteFs,
  view: string,
  sources: readonly ViewSource[],
  directories: ViewDirectories = "linked",
): void {
  fs.makeDirectory(view, PRIVATE_DIRECTORY_MODE);
  const target = fs.resolve(view);
  const show = directories === "linked" ? showEntry : mirrorEntry;
  const shown = new Set([INNER_WORK_DIRECTORY_NAME]);
  for (const { directory, names, folders = [] } of sources) {
    const root = fs.resolve(directory);
    const own = new Set(names ?? fs.list(root)).difference(shown);
    for (const folder of new Set([...foldersOf([...own]), ...folders])) {
      if (fs.look(join(target, folder)) !== null) continue;
      fs.makeDirectory(join(target, folder), PRIVATE_DIRECTORY_MODE);
    }
    for (const name of own) {
      shown.add(name);
      show(fs, join(root, name), join(target, name));
    }
  }
}

/**
 * Lists what of a store stays where it is when entries of it leave, or others take their places. Of
 * its directories only those are listed of which single entries leave or come.
 *
 * @param fs The file system.
 * @param store The store's directory.
 * @param names What leaves and what comes.
 * @returns What stays, as a view takes it.
 */
export function listStaying(
  fs: WriteFs,
  store: string,
  { leaving, coming }: SwapNames,
): Required<ViewSource> {
  const gone = new Set([...leaving, ...coming]);
  const folders = foldersOf([...gone])
    .filter((folder) => fs.look(join(store, folder))?.kind === "directory");
  const names = fs.list(store).filter((name) => !gone.has(name) && !folders.includes(name));
  const inner = folders.flatMap((folder) =>
    fs.list(join(store, folder)).map((name) => `${folder}/${name}`)
      .filter((name) => !gone.has(name))
  );
  return { directory: store, names: [...names, ...inner], folders };
}

/**
 * Shows an entry in a view.
 *
 * @param fs The file system.
 * @param entry The entry.
 * @param path Where it is shown; nothing stands there.
 * @param target What the link says of where the entry is.
 * @throws The system's error, unchanged.
 */
export function showEntry(fs: WriteFs, entry: string, path: string, target = entry): void {
  try {
    fs.makeSymbolicLink(target, path);
  } catch (error) {
    if (!isRefusal(error) && !(error instanceof Deno.errors.NotCapable)) throw error;
    copyTree(fs, fs.resolve(entry), path);
  }
}

/** Shows a directory as one, and everything else as a link. */
function mirrorEntry(fs: WriteFs, entry: string, path: string): void {
  const names = fs.look(entry)?.kind === "directory" ? listOrNull(fs, entry) : null;
  if (names === null) return showEntry(fs, entry, path, findShortestTarget(entry, path));
  fs.makeDirectory(path, PRIVATE_DIRECTORY_MODE);
  for (const name of names) mirrorEntry(fs, join(entry, name), join(path, name));
}

/** A link of up to 59 bytes takes no block of its own on ext4, which counts where there are many. */
function findShortestTarget(entry: string, path: string): string {
  const from = relative(dirname(path), entry);
  return from.length < entry.length ? from : entry;
}

/** What may not be listed is shown by a link, through which nobody sees any more. */
function listOrNull(fs: WriteFs, directory: string): string[] | null {
  try {
    return fs.list(directory);
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied) return null;
    throw error;
  }
}
