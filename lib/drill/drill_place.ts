/**
 * Where the copies of a drill go.
 *
 * @module
 */

import { basename, dirname, join } from "@std/path";
import { requireEmpty } from "../backup/plan_restore.ts";
import { OperationError } from "../base/errors.ts";
import { isAbove } from "../fs/tree.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import { toWriteError } from "../fs/write_errors.ts";
import type { DetectedStore } from "../model/store.ts";

const PRIVATE_MODE = 0o700;

/**
 * Makes the directory for the copies, where it is not there yet.
 *
 * @param fs The file system.
 * @param store The store, in which it must not be.
 * @param into The directory that keeps the copies, as it was named; one for temporary files when
 * left out, which the caller removes.
 * @returns Its path.
 * @throws {OperationError} Something is in it, it is in the store, or it cannot be made.
 */
export function makeDrillPlace(
  fs: WriteFs,
  store: DetectedStore,
  into: string | undefined,
): string {
  const target = into === undefined ? null : requireFreeDirectory(fs, store, into);
  try {
    if (target === null) return fs.makeTemporaryDirectory("vecfsck-drill-");
    if (fs.look(target) === null) fs.makeDirectory(target, PRIVATE_MODE);
    return target;
  } catch (error) {
    throw toWriteError(error, target ?? "the directory for temporary files");
  }
}

/** Resolves the directory that keeps the copies, which nobody else may need. */
function requireFreeDirectory(fs: WriteFs, store: DetectedStore, into: string): string {
  const target = requireEmpty(fs, into);
  if (!isAbove(fs.resolve(store.path), join(fs.resolve(dirname(target)), basename(target)))) {
    return target;
  }
  throw new OperationError("usage", `${into} is in the store`, {
    path: target,
    hint: "Name a directory outside of the store: a drill changes nothing in it.",
  });
}

/**
 * Makes a directory that only this user can enter.
 *
 * @param fs The file system.
 * @param path The directory.
 * @throws {OperationError} It is there already, or cannot be made.
 */
export function makeDirectory(fs: WriteFs, path: string): void {
  try {
    fs.makeDirectory(path, PRIVATE_MODE);
  } catch (error) {
    throw toWriteError(error, path);
  }
}
