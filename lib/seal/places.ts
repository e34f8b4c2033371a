/**
 * Where the seal of a store is, and where what earlier checks have found is kept.
 *
 * | file in the work directory | what it is                                    | written by          |
 * | -------------------------- | --------------------------------------------- | ------------------- |
 * | seal                       | the seal (seal_format.ts)                     | seal                |
 * | checked.json               | what checks have found (state_format.ts)      | check, seal         |
 *
 * @module
 */

import { basename, dirname, isAbsolute, join, relative, resolve } from "@std/path";
import { OperationError } from "../base/errors.ts";
import { ensureDirectory, findWorkDirectories, workPlacesOf } from "../fs/work_directory.ts";
import type { WriteFs } from "../fs/write_fs.ts";

/** The name of the seal in the work directory. */
export const SEAL_NAME = "seal";

/** The name of the state in the work directory. */
export const STATE_NAME = "checked.json";

/** More than any seal or state has: a seal of this size covers 4 TB. */
const LARGEST_FILE_BYTES = 256 << 20;

/**
 * Finds a file in the work directories of a store.
 *
 * @param fs The file system.
 * @param store The store's directory.
 * @param name The name of the file.
 * @returns Its path, or null when there is none.
 */
export function findInWorkDirectory(fs: WriteFs, store: string, name: string): string | null {
  return findWorkDirectories(fs, store).map((directory) => join(directory, name))
    .find((path) => fs.look(path)?.kind === "file") ?? null;
}

/**
 * Makes the directory beside a store where a check may write: never one in the store.
 *
 * @param fs The file system.
 * @param store The store's directory.
 * @returns Its path, or null where what belongs to the store has to be in it.
 * @throws {unknown} It cannot be made.
 */
export function openBesideStore(fs: WriteFs, store: string): string | null {
  const { beside, inside } = workPlacesOf(fs, store);
  const root = dirname(inside);
  // Beside the mount point of a container, a file is gone with the container.
  if (fs.look(root)?.device !== fs.look(dirname(beside))?.device) return null;
  ensureDirectory(fs, beside, root);
  return beside;
}

/**
 * Refuses a place that is in the store itself: a check writes nothing there.
 *
 * @param fs The file system.
 * @param store The store's directory.
 * @param path The file that is to be written.
 * @throws {OperationError} With the code `usage`: it is in the store.
 */
export function requireOutside(fs: WriteFs, store: string, path: string): void {
  const root = dirname(workPlacesOf(fs, store).inside);
  const inner = relative(root, resolveExisting(fs, resolve(path)));
  if (!inner.startsWith("..") && !isAbsolute(inner)) {
    throw new OperationError("usage", `${path} is in the store`, {
      path,
      hint: "Name a file outside of the store: a check writes nothing in it.",
    });
  }
}

/** Resolves the links of the part of a path that can be looked at; the rest stays as it is. */
function resolveExisting(fs: WriteFs, path: string): string {
  const parent = dirname(path);
  try {
    if (parent === path || fs.look(path) !== null) return fs.resolve(path);
  } catch {
    // What cannot be looked at cannot be written either, and that is told then.
  }
  return parent === path ? path : join(resolveExisting(fs, parent), basename(path));
}

/**
 * Reads a file whole that has to be of some bearable size.
 *
 * @param fs The file system.
 * @param path The file.
 * @returns Its bytes, or null where it is longer than any such file.
 * @throws {OperationError} It is missing or cannot be read.
 */
export function readWhole(fs: WriteFs, path: string): Uint8Array | null {
  using file = fs.openForReading(path);
  if (file.sizeBytes > LARGEST_FILE_BYTES) return null;
  return file.readAt(0, new Uint8Array(file.sizeBytes));
}
