/**
 * Keeping what leaves a store, in files that people and programs read: `saved/<ID>/` in the work
 * directory, and `missing.jsonl` also where the user wants it.
 *
 * They are on the disk before anything leaves the store. When the machine stops between the two,
 * they are there, and nothing has left.
 *
 * @module
 */

import { dirname, join, resolve } from "@std/path";
import { OperationError } from "../base/errors.ts";
import { writeAtomically } from "../fs/atomic.ts";
import { copyFile, copyPermissions, digestFile } from "../fs/copy.ts";
import { CHUNK_SIZE_BYTES } from "../fs/read_fs.ts";
import { isAbove, removeTreeQuietly } from "../fs/tree.ts";
import { ensureDirectory, removeIfEmpty } from "../fs/work_directory.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import type { SavedFile } from "../stores/repair_format.ts";
import type { KeptFile } from "./outcome.ts";

/** The name of the directory in the work directory. */
export const SAVED_DIRECTORY_NAME = "saved";

/** The file that `--missing` asks for. */
export const MISSING_NAME = "missing.jsonl";

/** What is in it is nobody else's business. */
const PRIVATE_FILE_MODE = 0o600;

/** Where files are kept. */
export interface KeepPlaces {
  /** The work directory of the store. */
  readonly workDirectory: string;
  /** The name of the directory for them; another one is taken where there is such already. */
  readonly id: string;
  /** A directory on the same file system that goes when the repair ends. */
  readonly temporary: string;
  /** Where the file of missing records goes besides, or undefined. */
  readonly missingPath: string | undefined;
}

/**
 * Looks whether the file for missing records can be made, before anything is begun.
 *
 * @param fs The file system.
 * @param store The store's directory.
 * @param path The file, or undefined.
 * @throws {OperationError} There is something of that name, or nothing to put it into.
 */
export function requireFreePath(fs: WriteFs, store: string, path: string | undefined): void {
  if (path === undefined) return;
  const absolute = resolve(path);
  if (fs.look(absolute) !== null) {
    throw new OperationError("usage", `${path} exists already and is not overwritten`, {
      path: absolute,
      hint: "Name another file, or move this one out of the way; nothing was changed.",
    });
  }
  const parent = dirname(absolute);
  if (fs.look(parent) === null || fs.look(fs.resolve(parent))?.kind !== "directory") {
    throw new OperationError("not-found", `No such directory: ${parent}`, {
      path: parent,
      hint: "Make it first; nothing was changed.",
    });
  }
  if (fs.look(store) !== null && isAbove(fs.resolve(store), fs.resolve(parent))) {
    throw new OperationError("usage", `${path} would be in the store itself`, {
      path: absolute,
      hint: "Name a file outside the store; nothing was changed.",
    });
  }
}

/**
 * Keeps files; when it throws, none is left.
 *
 * @param fs The file system.
 * @param saved The files.
 * @param places Where they go.
 * @returns Where they are.
 * @throws {OperationError} They cannot be written.
 * @throws The system's error, unchanged.
 */
export function keepFiles(
  fs: WriteFs,
  saved: readonly SavedFile[],
  places: KeepPlaces,
): KeptFile[] {
  if (saved.length === 0) return [];
  const { workDirectory, temporary, missingPath } = places;
  const parent = join(workDirectory, SAVED_DIRECTORY_NAME);
  const directory = findFreeName(fs, join(parent, places.id));
  const kept = saved.map(({ name, lines }) => ({ name, path: join(directory, name), lines }));
  const missing = saved.find(({ name }) => name === MISSING_NAME);
  try {
    ensureDirectory(fs, temporary, workDirectory);
    const owner = fs.look(temporary);
    for (const { name, path } of saved) {
      copyFile(fs, path, join(temporary, name));
      const permissions = { mode: PRIVATE_FILE_MODE, kind: "file" } as const;
      if (owner !== null) copyPermissions(fs, { ...owner, ...permissions }, join(temporary, name));
    }
    fs.syncDirectory(temporary);
    ensureDirectory(fs, parent);
    fs.rename(temporary, directory);
    fs.syncDirectory(parent);
    if (missing === undefined || missingPath === undefined) return kept;
    const path = resolve(missingPath);
    requireFreePath(fs, workDirectory, path);
    writeNew(fs, path, missing.path);
    return [{ name: MISSING_NAME, path, lines: missing.lines }, ...kept];
  } catch (error) {
    removeKept(fs, kept, workDirectory);
    throw error;
  }
}

/**
 * Finds the very same files where an earlier repair has kept them: what can only be written out is
 * written once.
 *
 * @param fs The file system.
 * @param saved The files.
 * @param workDirectory The work directory of the store.
 * @returns Where they are; null where they are not all in one place.
 */
export function findKept(
  fs: WriteFs,
  saved: readonly SavedFile[],
  workDirectory: string,
): KeptFile[] | null {
  const parent = join(workDirectory, SAVED_DIRECTORY_NAME);
  if (saved.length === 0 || fs.look(parent)?.kind !== "directory") return null;
  for (const directory of fs.list(parent).map((name) => join(parent, name))) {
    const kept = saved.map(({ name, lines }) => ({ name, path: join(directory, name), lines }));
    if (kept.every(({ path }, index) => isSame(fs, path, saved[index]?.path ?? ""))) return kept;
  }
  return null;
}

function isSame(fs: WriteFs, path: string, other: string): boolean {
  const facts = fs.look(dirname(path))?.kind === "directory" ? fs.look(path) : null;
  return facts?.kind === "file" && facts.sizeBytes === fs.look(other)?.sizeBytes &&
    digestFile(fs, path) === digestFile(fs, other);
}

/** Writes a file that was not there a moment ago, or leaves none. */
function writeNew(fs: WriteFs, path: string, source: string): void {
  try {
    const how = { fs, mode: PRIVATE_FILE_MODE, followsLink: true };
    writeAtomically(path, readChunks(fs, source), how);
  } catch (error) {
    removeTreeQuietly(fs, path);
    throw error;
  }
}

function findFreeName(fs: WriteFs, path: string): string {
  let name = path;
  for (let number = 2; fs.look(name) !== null; number++) name = `${path}-${number}`;
  return name;
}

function* readChunks(fs: WriteFs, path: string): Generator<Uint8Array, void, undefined> {
  using file = fs.openForReading(path);
  const buffer = new Uint8Array(Math.min(CHUNK_SIZE_BYTES, file.sizeBytes));
  for (let offset = 0; offset < file.sizeBytes;) {
    const chunk = file.readAt(offset, buffer.subarray(0, file.sizeBytes - offset));
    if (chunk.byteLength === 0) return;
    yield chunk;
    offset += chunk.byteLength;
  }
}

/**
 * Removes files that were kept for a repair that did not take place.
 *
 * @param fs The file system.
 * @param kept The files.
 * @param workDirectory The work directory of the store.
 */
export function removeKept(fs: WriteFs, kept: readonly KeptFile[], workDirectory: string): void {
  const parent = join(workDirectory, SAVED_DIRECTORY_NAME);
  for (const { path } of kept) {
    removeTreeQuietly(fs, path);
    const directory = dirname(path);
    if (dirname(directory) === parent) removeIfEmpty(fs, directory, parent);
  }
}
