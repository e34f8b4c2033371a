/**
 * The names of what is exchanged in a directory: `name` is an entry of it, and `folder/name` an entry
 * of one of its directories, so that a few files of a folder that has very many can be exchanged by
 * themselves. Nothing lies deeper.
 *
 * A name comes from a record or a manifest that anybody may have written, and a folder may have
 * become a link since: none is followed.
 *
 * @module
 */

import { join } from "@std/path";
import { OperationError } from "../base/errors.ts";
import { isInnerPath } from "../base/inner_path.ts";
import { INNER_WORK_DIRECTORY_NAME } from "./work_directory.ts";
import type { EntryFacts, WriteFs } from "./write_fs.ts";

/** Which entries are exchanged. */
export interface SwapNames {
  /** The names that leave; those that something comes for leave in any case. */
  readonly leaving: readonly string[];
  /** The names that come, of those in the replacement. */
  readonly coming: readonly string[];
}

/** No name lies deeper than in a directory of the directory. */
const MOST_PARTS = 2;

/**
 * Whether a path is that of something in a store, and not in vecfsck's own work directory there.
 *
 * @param path A path with forward slashes, relative to the store, as anybody may have written it.
 */
export function isStorePath(path: string): boolean {
  return isInnerPath(path) && path.split("/")[0]?.toLowerCase() !== INNER_WORK_DIRECTORY_NAME;
}

/**
 * Whether a value is a name of something that can be exchanged: of an entry, or of one in a
 * directory; and not of vecfsck's own work directory.
 *
 * @param value What a record or a manifest says.
 */
export function isSwapName(value: unknown): value is string {
  if (typeof value !== "string") return false;
  return isStorePath(value) && value.split("/").length <= MOST_PARTS;
}

/**
 * Tells the directory in which a name lies.
 *
 * @param name The name.
 * @returns The name of the directory; null for an entry of the outermost one.
 */
export function folderOf(name: string): string | null {
  const end = name.indexOf("/");
  return end === -1 ? null : name.slice(0, end);
}

/**
 * Lists the directories in which names lie.
 *
 * @param names The names.
 * @returns Each directory once, in the order in which it is first named.
 */
export function foldersOf(names: readonly string[]): string[] {
  const folders = new Set<string>();
  for (const name of names) {
    const folder = folderOf(name);
    if (folder !== null) folders.add(folder);
  }
  return [...folders];
}

/**
 * Finds a name in what another one of them stands for.
 *
 * @param names The names.
 * @returns The inner one; null where there is none.
 */
export function findOverlap(names: readonly string[]): string | null {
  const known = new Set(names);
  return names.find((name) => known.has(folderOf(name) ?? "")) ?? null;
}

/**
 * Lists the directories whose names change when entries are renamed.
 *
 * @param directory The outermost directory.
 * @param names The names of the entries.
 * @returns Their paths, the outermost last.
 */
export function placesOf(directory: string, names: readonly string[]): string[] {
  const inner = foldersOf(names).map((folder) => join(directory, folder));
  return names.some((name) => folderOf(name) === null) ? [...inner, directory] : inner;
}

/**
 * Looks at what has a name, without following a link on the way.
 *
 * @param fs The file system.
 * @param directory The outermost directory.
 * @param name The name.
 * @returns What is known of it; null where there is none.
 */
export function lookAtName(fs: WriteFs, directory: string, name: string): EntryFacts | null {
  const folder = folderOf(name);
  if (folder !== null && fs.look(join(directory, folder))?.kind !== "directory") return null;
  return fs.look(join(directory, name));
}

/**
 * Tells which names stand in a directory: all its entries, and of what is in its directories only
 * what is named, for they may hold very much.
 *
 * @param fs The file system.
 * @param directory The directory.
 * @param named The names that are asked for.
 * @returns The names.
 */
export function listStanding(fs: WriteFs, directory: string, named: Iterable<string>): string[] {
  const inner = [...new Set(named)].filter((name) =>
    folderOf(name) !== null && lookAtName(fs, directory, name) !== null
  ).sort();
  return [...fs.list(directory), ...inner];
}

/**
 * Holds the names of an exchange against each other: none is in what another one stands for.
 *
 * @param directory The directory, for the message.
 * @param names The names.
 * @throws {OperationError} A name leads elsewhere, or an entry is named as well as what is in it.
 */
export function requireApart(directory: string, { leaving, coming }: SwapNames): void {
  const names = [...leaving, ...coming];
  const wrong = names.find((name) => !isSwapName(name));
  const inner = wrong ?? findOverlap(names);
  if (inner === null) return;
  const problem = wrong === undefined
    ? `${inner} cannot be exchanged together with ${folderOf(inner)}`
    : `${JSON.stringify(wrong)} is no name of an entry`;
  throw new OperationError("write-failed", problem, {
    path: directory,
    hint: "Nothing was changed.",
  });
}

/**
 * Makes sure that names lie in directories that are there, and are no links.
 *
 * @param fs The file system.
 * @param directory The outermost directory.
 * @param names The names.
 * @throws {OperationError} A directory is missing, or is something else.
 */
export function requireFolders(fs: WriteFs, directory: string, names: readonly string[]): void {
  for (const folder of foldersOf(names)) {
    const path = join(directory, folder);
    const kind = fs.look(path)?.kind ?? null;
    if (kind === "directory") continue;
    throw new OperationError(
      kind === null ? "not-found" : "not-a-directory",
      kind === null ? `There is no ${folder} in ${directory}` : `Not a directory: ${path}`,
      { path, hint: "Nothing was changed." },
    );
  }
}
