/**
 * Where vecfsck keeps what belongs to a store and is not part of it: the journal, the lock's file,
 * what was replaced.
 *
 * | place            | when                                                                      |
 * | ---------------- | ------------------------------------------------------------------------- |
 * | `STORE.vecfsck`  | beside the store, where that is the same file system and may be written   |
 * | `STORE/.vecfsck` | else: the store is a mount of its own, or its parent belongs to others    |
 *
 * Renames from the store must stay within its file system, and a journal beside the mount point of
 * a container is gone with the container; so the second place is needed. No engine looks into it:
 * measured with Chroma 0.5.23 and 1.5.9; chromem-go passes over a directory without `.gob` files.
 * Both places are read, for the next run may be another user's.
 *
 * @module
 */

import { basename, dirname, join } from "@std/path";
import { OperationError } from "../base/errors.ts";
import { copyPermissions } from "./copy.ts";
import type { WriteFs } from "./write_fs.ts";
import { errorCodeOf, toWriteError } from "./write_errors.ts";

/** What the name of the directory beside a store adds to the store's. */
export const WORK_DIRECTORY_SUFFIX = ".vecfsck";

/** What the name of the directory beside a store that holds its backups adds to the store's. */
export const BACKUPS_SUFFIX = ".backups";

/** The name of the directory inside a store. */
export const INNER_WORK_DIRECTORY_NAME = ".vecfsck";

const PRIVATE_DIRECTORY_MODE = 0o700;

/** What the system answers where a user may not write. */
const NOT_ALLOWED: ReadonlySet<string> = new Set(["EACCES", "EPERM", "EROFS"]);

/** The places where the work directory of a store can be. */
export interface WorkPlaces {
  /** Beside the store. */
  readonly beside: string;
  /** Inside the store. */
  readonly inside: string;
}

/**
 * Tells the places where the work directory of a store can be; nothing is made.
 *
 * @param fs The file system.
 * @param store The store's directory, which may be missing.
 * @returns The two paths, with every link resolved.
 */
export function workPlacesOf(fs: WriteFs, store: string): WorkPlaces {
  const resolved = resolveStore(fs, store);
  return {
    beside: resolved + WORK_DIRECTORY_SUFFIX,
    inside: join(resolved, INNER_WORK_DIRECTORY_NAME),
  };
}

/** The paths of the work directories that a store has. */
export function findWorkDirectories(fs: WriteFs, store: string): string[] {
  const { beside, inside } = workPlacesOf(fs, store);
  return [beside, inside].filter((path) => isDirectory(fs, path));
}

/** An export file has nothing inside. */
function isDirectory(fs: WriteFs, path: string): boolean {
  try {
    return fs.look(path)?.kind === "directory";
  } catch (error) {
    if (errorCodeOf(error) === "ENOTDIR") return false;
    throw error;
  }
}

/**
 * Makes the work directory of a store, or finds it.
 *
 * @param fs The file system.
 * @param store The store's directory, which may be missing.
 * @returns The path.
 * @throws {OperationError} It can be made in neither place.
 */
export function openWorkDirectory(fs: WriteFs, store: string): string {
  const { beside, inside } = workPlacesOf(fs, store);
  const resolved = dirname(inside);
  const isMissing = fs.look(resolved) === null;
  try {
    if (isOnSameDevice(fs, resolved, dirname(beside))) {
      if (makeUnlessDenied(fs, beside, { owner: resolved, mayFail: !isMissing })) return beside;
    }
    ensureDirectory(fs, inside);
    return inside;
  } catch (error) {
    throw toWriteError(error, beside);
  }
}

/**
 * Removes the directories that are empty of those that were given, and passes over the others.
 *
 * @param fs The file system.
 * @param directories The directories, the inner ones first.
 */
export function removeIfEmpty(fs: WriteFs, ...directories: string[]): void {
  for (const directory of directories) {
    try {
      fs.removeDirectory(directory);
    } catch {
      // It is in use, or never was: tidying up is not worth an error.
    }
  }
}

/**
 * Makes a directory, and those above it, that only its owner can enter.
 *
 * @param fs The file system.
 * @param path The directory; nothing is done where it is there already.
 * @param model The entry whose owner it gets: the directory above, unless told otherwise.
 */
export function ensureDirectory(fs: WriteFs, path: string, model: string = dirname(path)): void {
  if (fs.look(path)?.kind === "directory") return;
  const parent = dirname(path);
  if (parent !== path) ensureDirectory(fs, parent);
  try {
    fs.makeDirectory(path, PRIVATE_DIRECTORY_MODE);
  } catch (error) {
    // Another run may have made it between the look and now.
    if (fs.look(path)?.kind === "directory") return;
    throw error;
  }
  // What root makes beside a store must be of use to the store's user.
  const owner = fs.look(model) ?? fs.look(parent);
  if (owner !== null) copyPermissions(fs, { ...owner, mode: PRIVATE_DIRECTORY_MODE }, path);
  fs.syncDirectory(parent);
}

function makeUnlessDenied(
  fs: WriteFs,
  path: string,
  { owner, mayFail }: { owner: string; mayFail: boolean },
): boolean {
  try {
    ensureDirectory(fs, path, owner);
    return true;
  } catch (error) {
    if (mayFail && NOT_ALLOWED.has(errorCodeOf(error))) return false;
    throw error;
  }
}

function isOnSameDevice(fs: WriteFs, path: string, parent: string): boolean {
  const facts = fs.look(path);
  return facts === null || facts.device === fs.look(parent)?.device;
}

function resolveStore(fs: WriteFs, store: string): string {
  if (fs.look(store) !== null) return fs.resolve(store);
  const parent = dirname(store);
  if (fs.look(parent) === null) {
    throw new OperationError("not-found", `No such file or directory: ${parent}`, {
      path: parent,
      hint: "Look at the spelling, and whether the volume is mounted.",
    });
  }
  return join(fs.resolve(parent), basename(store));
}
