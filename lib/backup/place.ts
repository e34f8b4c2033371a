/**
 * Where the backups of a store are: in `STORE.backups` beside it, or in a directory that the user
 * names, which several stores may share.
 *
 * @module
 */

import { basename, dirname, isAbsolute, join, relative, resolve, SEPARATOR } from "@std/path";
import { OperationError } from "../base/errors.ts";
import { BACKUPS_SUFFIX, ensureDirectory } from "../fs/work_directory.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import { errorCodeOf, toWriteError } from "../fs/write_errors.ts";

/** Where the backups of a store are. */
export interface BackupPlace {
  /** The store's directory, with every link resolved; it may be missing. */
  readonly store: string;
  /** The directory that holds the backups; it may be missing. */
  readonly directory: string;
  /** Whether it is the one beside the store, and so for this store alone. */
  readonly isBeside: boolean;
}

/**
 * Tells where the backups of a store are; nothing is made.
 *
 * @param fs The file system.
 * @param store The store's directory, which may be missing.
 * @param to The directory that the user names, or undefined for the one beside the store.
 * @returns The place.
 * @throws {OperationError} The directory is inside the store.
 */
export function backupPlaceOf(fs: WriteFs, store: string, to?: string): BackupPlace {
  const resolved = resolveAsFar(fs, store);
  const beside = resolved + BACKUPS_SUFFIX;
  const directory = to === undefined ? beside : resolveAsFar(fs, to);
  if (isInside(directory, resolved)) {
    throw new OperationError("usage", `Backups do not go into the store itself: ${directory}`, {
      path: directory,
      hint: "Name a directory outside the store; best on another disk.",
    });
  }
  return { store: resolved, directory, isBeside: directory === beside };
}

/**
 * Makes the directory that holds the backups, or finds it. The one above it has to be there: a disk
 * that is not mounted must not be mistaken for an empty one.
 *
 * @param fs The file system.
 * @param place Where the backups go.
 * @throws {OperationError} It cannot be made, or what would be made is gone with a container.
 */
export function openBackupPlace(fs: WriteFs, { store, directory, isBeside }: BackupPlace): void {
  if (fs.look(directory)?.kind === "directory") return;
  const parent = dirname(directory);
  if (fs.look(parent)?.kind !== "directory") {
    throw new OperationError("not-found", `No such directory: ${parent}`, {
      path: parent,
      hint: "Is the disk mounted? Only the last part of the directory of backups is made.",
    });
  }
  if (isBeside && fs.look(store)?.device !== fs.look(parent)?.device) {
    throw new OperationError("usage", `${store} is a file system of its own`, {
      path: store,
      hint:
        "What is written beside it may be gone with its container, or fill another disk: name " +
        "a directory for the backups with --to.",
    });
  }
  try {
    ensureDirectory(fs, directory, isBeside ? store : parent);
  } catch (error) {
    throw explainDenied(error, directory, isBeside);
  }
}

function explainDenied(error: unknown, directory: string, isBeside: boolean): OperationError {
  const failure = toWriteError(error, directory);
  const isDenied = failure.code === "permission-denied" || errorCodeOf(error) === "EROFS";
  if (!isDenied || !isBeside) return failure;
  return new OperationError("permission-denied", `No permission to make ${directory}`, {
    path: directory,
    hint: "Nothing may be written beside the store: name a directory for the backups with --to.",
    cause: error,
  });
}

/** Resolves the links of as much of a path as there is. */
function resolveAsFar(fs: WriteFs, path: string): string {
  const absolute = resolve(path);
  if (fs.look(absolute) !== null) return fs.resolve(absolute);
  const parent = dirname(absolute);
  return parent === absolute ? absolute : join(resolveAsFar(fs, parent), basename(absolute));
}

function isInside(path: string, directory: string): boolean {
  const rest = relative(directory, path);
  return rest === "" || (rest !== ".." && !rest.startsWith(`..${SEPARATOR}`) && !isAbsolute(rest));
}
