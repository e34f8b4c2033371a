/**
 * Reading and writing the file of a seal.
 *
 * @module
 */

import { dirname, join } from "@std/path";
import { OperationError, toOperationError } from "../base/errors.ts";
import { writeAtomically } from "../fs/atomic.ts";
import { ensureDirectory, openWorkDirectory } from "../fs/work_directory.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import { toWriteError } from "../fs/write_errors.ts";
import { findInWorkDirectory, readWhole, SEAL_NAME } from "./places.ts";
import { encodeSeal, parseSeal, type Seal } from "./seal_format.ts";

/** A seal, and the file that it was read from or written to. */
export interface SealFile {
  /** The file. */
  readonly path: string;
  /** How long it is. */
  readonly sizeBytes: number;
  /** What it holds. */
  readonly seal: Seal;
}

/**
 * Reads a seal.
 *
 * @param fs The file system.
 * @param path Its file.
 * @returns The seal.
 * @throws {OperationError} The file is missing, cannot be read, or is no whole seal.
 */
export function readSeal(fs: WriteFs, path: string): SealFile {
  const bytes = readWhole(fs, path);
  const seal = bytes === null ? "is longer than any seal" : parseSeal(bytes);
  if (typeof seal !== "string") return { path, sizeBytes: bytes?.byteLength ?? 0, seal };
  throw new OperationError("read-failed", `The seal cannot be used: ${path} ${seal}`, {
    path,
    hint: "This says nothing about the store. Check it without the seal, and make a new one with " +
      "`vecfsck seal`.",
  });
}

/**
 * Reads the seal of a store from its usual place.
 *
 * @param fs The file system.
 * @param store The store's directory.
 * @returns The seal.
 * @throws {OperationError} There is none, or it cannot be used.
 */
export function readOwnSeal(fs: WriteFs, store: string): SealFile {
  if (fs.look(store) === null) throw toOperationError(new Deno.errors.NotFound(), store);
  const path = findInWorkDirectory(fs, store, SEAL_NAME);
  if (path !== null) return readSeal(fs, path);
  throw new OperationError("not-found", `The store has no seal: ${store}`, {
    path: store,
    hint: "Make one with `vecfsck seal`, or name the file of one with --seal FILE.",
  });
}

/**
 * Writes a seal; one that was there is replaced at once or not at all.
 *
 * @param fs The file system.
 * @param store The store's directory.
 * @param seal The seal.
 * @param output The file; in the work directory of the store when left out.
 * @returns The seal and where it is.
 * @throws {OperationError} It could not be written; an older one is there as it was.
 */
export function writeSeal(
  fs: WriteFs,
  store: string,
  seal: Seal,
  output: string | undefined,
): SealFile {
  const path = output ?? join(openWorkDirectory(fs, store), SEAL_NAME);
  const bytes = encodeSeal(seal);
  try {
    ensureDirectory(fs, dirname(path));
  } catch (error) {
    throw toWriteError(error, path);
  }
  writeAtomically(path, bytes, { fs, mode: 0o600, followsLink: output !== undefined });
  return { path, sizeBytes: bytes.byteLength, seal };
}
