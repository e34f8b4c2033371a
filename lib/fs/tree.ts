/**
 * Directory trees: walking, syncing and removing them. Links are never followed.
 *
 * @module
 */

import { dirname, isAbsolute, join, relative, SEPARATOR } from "@std/path";
import { OperationError } from "../base/errors.ts";
import { runAtOnce, type Steps } from "../base/turns.ts";
import { isTemporaryName } from "./names.ts";
import type { EntryFacts, WriteFs } from "./write_fs.ts";

/** An entry of a tree. */
export interface TreeEntry {
  /** Its path from the root of the tree, with forward slashes; empty for the root itself. */
  readonly name: string;
  /** Its path. */
  readonly path: string;
  /** What is known of it. */
  readonly facts: EntryFacts;
}

/**
 * Walks a tree, a directory before what is in it, by names in order.
 *
 * @param fs The file system.
 * @param root A file, a link or a directory.
 * @yields Every entry, the root first.
 * @throws {OperationError} There is no root, or an entry has a name that the runtime cannot say.
 */
export function* walkTree(fs: WriteFs, root: string): Generator<TreeEntry, void, undefined> {
  yield* walkFrom(fs, { name: "", path: root, facts: lookAt(fs, root) });
}

function* walkFrom(fs: WriteFs, entry: TreeEntry): Generator<TreeEntry, void, undefined> {
  yield entry;
  if (entry.facts.kind !== "directory") return;
  for (const child of fs.list(entry.path)) {
    const path = join(entry.path, child);
    const name = entry.name === "" ? child : `${entry.name}/${child}`;
    yield* walkFrom(fs, { name, path, facts: lookAt(fs, path) });
  }
}

function lookAt(fs: WriteFs, path: string): EntryFacts {
  const facts = fs.look(path);
  if (facts !== null) return facts;
  // The runtime lists a name that is not UTF-8 with U+FFFD in it, and then does not find it.
  const unspeakable = path.includes("\ufffd");
  throw new OperationError(
    unspeakable ? "write-failed" : "not-found",
    unspeakable
      ? `The name of ${path} is not UTF-8 and cannot be handled`
      : `No such file or directory: ${path}`,
    {
      path,
      hint: unspeakable
        ? "Rename it, or move it out of the directory; nothing was changed."
        : "Something else has changed the directory at the same time.",
    },
  );
}

/**
 * Removes a tree, from the leaves to the root.
 *
 * @param fs The file system.
 * @param root A file, a link or a directory; nothing is done where there is none.
 */
export function removeTree(fs: WriteFs, root: string): void {
  runAtOnce(removeTreeInSteps(fs, root));
}

/**
 * Removes a tree as {@linkcode removeTree} does, entry by entry.
 *
 * @param fs The file system.
 * @param root A file, a link or a directory; nothing is done where there is none.
 * @yields After each entry.
 */
export function* removeTreeInSteps(fs: WriteFs, root: string): Steps<void> {
  const facts = fs.look(root);
  if (facts === null) return;
  if (facts.kind !== "directory") return fs.removeFile(root);
  // What is in a directory that its owner may not write cannot be removed.
  if (facts.mode !== null && (facts.mode & 0o300) !== 0o300) fs.setMode(root, facts.mode | 0o700);
  for (const name of fs.list(root)) {
    yield* removeTreeInSteps(fs, join(root, name));
    yield;
  }
  fs.removeDirectory(root);
}

/**
 * Removes a temporary tree, if that is possible: what has failed before is what is to be told. The
 * name of what stays says what it is, and the next run removes it.
 *
 * @param fs The file system.
 * @param root Its path, which was made up for it.
 */
export function removeTreeQuietly(fs: WriteFs, root: string): void {
  try {
    removeTree(fs, root);
  } catch {
    // The next run removes it.
  }
}

/**
 * Waits until every file of a tree and every name in it is on the disk.
 *
 * @param fs The file system.
 * @param root The tree.
 * @param isSynced Tells of a file that it is on the disk already.
 */
export function syncTree(
  fs: WriteFs,
  root: string,
  isSynced: (path: string) => boolean = () => false,
): void {
  runAtOnce(syncTreeInSteps(fs, root, isSynced));
}

/**
 * Waits for the disk as {@linkcode syncTree} does, entry by entry.
 *
 * @param fs The file system.
 * @param root The tree.
 * @param isSynced Tells of a file that it is on the disk already.
 * @yields After each entry.
 */
export function* syncTreeInSteps(
  fs: WriteFs,
  root: string,
  isSynced: (path: string) => boolean,
): Steps<void> {
  const directories: string[] = [];
  for (const { path, facts } of walkTree(fs, root)) {
    if (facts.kind === "file" && !isSynced(path)) fs.syncFile(path);
    if (facts.kind === "directory") directories.push(path);
    yield;
  }
  for (const directory of directories.reverse()) {
    fs.syncDirectory(directory);
    yield;
  }
}

/**
 * Waits until the names are on the disk by which an entry is reached, up to the first directory
 * that is also above another entry, which is taken to be there for long.
 *
 * @param fs The file system.
 * @param path The entry.
 * @param old The other entry.
 */
export function syncNames(fs: WriteFs, path: string, old: string): void {
  let directory = dirname(path);
  fs.syncDirectory(directory);
  while (!isAbove(directory, old) && dirname(directory) !== directory) {
    directory = dirname(directory);
    try {
      fs.syncDirectory(directory);
    } catch (error) {
      // A directory that may be passed through and not be read was not made by this user.
      if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
    }
  }
}

/**
 * Waits until the names in the directories that there are of those given are on the disk. What a
 * killed process has done is seen by the next one and can still be lost with the power: nothing may
 * be concluded from it before this.
 *
 * @param fs The file system.
 * @param directories The directories.
 */
export function settleNames(fs: WriteFs, directories: readonly string[]): void {
  for (const directory of new Set(directories)) {
    if (fs.look(directory)?.kind === "directory") fs.syncDirectory(directory);
  }
}

/**
 * Whether a path is that of a directory or leads to something below it; nothing is looked at.
 *
 * @param directory The directory.
 * @param path The path, absolute as well.
 * @returns Whether it is the same, or goes on from there.
 */
export function isAbove(directory: string, path: string): boolean {
  const rest = relative(directory, path);
  return rest !== ".." && !rest.startsWith(`..${SEPARATOR}`) && !isAbsolute(rest);
}

/**
 * Removes the temporary entries that a run of vecfsck has left in a directory when it was killed.
 * The caller holds the lock, for a run that is under way has such entries too.
 *
 * @param fs The file system.
 * @param directory The directory; nothing is done where there is none.
 * @param isUsed Whether one of them stays all the same.
 * @returns The paths that were removed.
 */
export function removeTemporaries(
  fs: WriteFs,
  directory: string,
  isUsed: (path: string) => boolean = () => false,
): string[] {
  if (fs.look(directory)?.kind !== "directory") return [];
  const paths = fs.list(directory).filter(isTemporaryName).map((name) => join(directory, name))
    .filter((path) => !isUsed(path));
  for (const path of paths) removeTree(fs, path);
  if (paths.length > 0) fs.syncDirectory(directory);
  return paths;
}
