/**
 * Whether a record of the journal is about the store at all. A work directory can come with a store
 * that somebody else has made, and what a record names is renamed and removed.
 *
 * | path                | has to be                                                             |
 * | ------------------- | --------------------------------------------------------------------- |
 * | of a swap           | in the store, or in the work directory beside it; links are resolved, |
 * |                     | also those of the directories whose entries it names                  |
 * | of a move           | the same; or where nothing is; or in a place outside for an entry of  |
 * |                     | the quarantine (`--to DIR`), known by the very manifest of the entry  |
 *
 * @module
 */

import { basename, dirname, join } from "@std/path";
import { digestFile } from "./copy.ts";
import { foldersOf } from "./entry_names.ts";
import { type JournalRecord, pathsOf } from "./journal.ts";
import { isAbove } from "./tree.ts";
import { INNER_WORK_DIRECTORY_NAME, WORK_DIRECTORY_SUFFIX } from "./work_directory.ts";
import type { WriteFs } from "./write_fs.ts";

/** The name of the quarantine in the work directory. */
export const QUARANTINE_DIRECTORY_NAME = "quarantine";

/** The name of the manifest in the directory of an entry of the quarantine. */
export const ENTRY_MANIFEST_NAME = "manifest.json";

/** The name of what holds the moved data in the directory of an entry. */
export const ENTRY_DATA_NAME = "data";

/** How a manifest of ours begins. */
const MANIFEST_START = /^\{\s*"vecfsckQuarantine"/;
const MANIFEST_START_BYTES = 64;

/**
 * Finds a path in a record that leads out of what belongs to the store.
 *
 * @param fs The file system.
 * @param workDirectory The work directory in whose journal the record is, with links resolved.
 * @param record The record.
 * @returns The path, or null where the record may be carried out.
 */
export function findForeignPath(
  fs: WriteFs,
  workDirectory: string,
  record: JournalRecord,
): string | null {
  const store = storeOf(workDirectory);
  const own = [store, store + WORK_DIRECTORY_SUFFIX];
  const isOwn = (path: string): boolean => own.some((directory) => isAbove(directory, path));
  const foreign = [...pathsOf(record), ...innerPathsOf(record)].find((path) => {
    if (!isOwn(resolveParent(fs, path))) return !isPlaceOfEntry(fs, own, record, path);
    // What is done to the entries of a directory is done where it leads.
    return isContainer(record, path) && !isOwn(resolveAsFar(fs, path));
  });
  return foreign ?? null;
}

/** The directories in which entries are that are exchanged by themselves. */
function innerPathsOf(record: JournalRecord): string[] {
  if (record.kind !== "swap-entries") return [];
  const folders = foldersOf([...record.leaving, ...record.coming]);
  return pathsOf(record).flatMap((path) => folders.map((folder) => join(path, folder)));
}

function storeOf(workDirectory: string): string {
  return basename(workDirectory) === INNER_WORK_DIRECTORY_NAME
    ? dirname(workDirectory)
    : workDirectory.slice(0, -WORK_DIRECTORY_SUFFIX.length);
}

/** Whether a record is about the entries of a directory, and not only about itself. */
function isContainer(record: JournalRecord, path: string): boolean {
  if (record.kind === "swap-entries") return true;
  return record.kind === "swap-file" && path === record.aside;
}

function resolveParent(fs: WriteFs, path: string): string {
  const parent = dirname(path);
  return parent === path ? path : join(resolveAsFar(fs, parent), basename(path));
}

/** Resolves the links of as much of a path as there is. */
function resolveAsFar(fs: WriteFs, path: string): string {
  if (fs.look(path) !== null) return resolveOrSame(fs, path);
  const parent = dirname(path);
  return parent === path ? path : join(resolveAsFar(fs, parent), basename(path));
}

function resolveOrSame(fs: WriteFs, path: string): string {
  try {
    return fs.resolve(path);
  } catch {
    // A link that leads nowhere: nothing can be done through it.
    return path;
  }
}

/** Whether a path of a move is where nothing can be touched, or an entry has its data. */
function isPlaceOfEntry(
  fs: WriteFs,
  own: readonly string[],
  { kind }: JournalRecord,
  path: string,
): boolean {
  if (kind !== "move") return false;
  const resolved = resolveParent(fs, path);
  if (fs.look(dirname(resolved)) === null) return true;
  for (let directory = dirname(resolved); directory !== dirname(directory);) {
    const parent = dirname(directory);
    const isData = directory !== resolved && basename(directory) === ENTRY_DATA_NAME;
    if (isData && hasManifestOfEntry(fs, own, parent)) return true;
    directory = parent;
  }
  return hasManifestOfEntry(fs, own, dirname(resolved));
}

/** Whether the same manifest lies in a directory as in an entry of the store's quarantine. */
function hasManifestOfEntry(fs: WriteFs, own: readonly string[], directory: string): boolean {
  const digest = digestManifest(fs, directory);
  if (digest === null) return false;
  return own.map((root) => join(root, QUARANTINE_DIRECTORY_NAME))
    .concat(own.map((root) => join(root, INNER_WORK_DIRECTORY_NAME, QUARANTINE_DIRECTORY_NAME)))
    .filter((quarantine) => fs.look(quarantine)?.kind === "directory")
    .some((quarantine) =>
      fs.list(quarantine).some((name) => digestManifest(fs, join(quarantine, name)) === digest)
    );
}

function digestManifest(fs: WriteFs, directory: string): string | null {
  const path = join(directory, ENTRY_MANIFEST_NAME);
  if (fs.look(directory)?.kind !== "directory" || fs.look(path)?.kind !== "file") return null;
  using file = fs.openForReading(path);
  const start = file.readAt(0, new Uint8Array(Math.min(file.sizeBytes, MANIFEST_START_BYTES)));
  return MANIFEST_START.test(new TextDecoder().decode(start)) ? digestFile(fs, path) : null;
}
