/**
 * Looking at directories of stores without opening anything, for all formats alike.
 *
 * @module
 */

import { join } from "@std/path";
import { toOperationError } from "../base/errors.ts";
import { toFileStamp } from "../fs/read_fs.ts";
import type { FileStamp } from "../model/store.ts";

/** How many entries of foreign directories are counted; nobody keeps a home directory in a store. */
const MOST_FOREIGN_ENTRIES = 10_000;

/** A file of the store. */
export interface StoreFile extends FileStamp {
  /** Bytes that it takes on the disk, or null where the system does not tell. */
  readonly allocatedBytes: number | null;
}

/**
 * Lists a directory.
 *
 * @param path The directory.
 * @returns The names in it, sorted.
 * @throws {OperationError} It cannot be listed.
 */
export function listNames(path: string): string[] {
  return listEntries(path).map(({ name }) => name);
}

/**
 * Lists a directory with what the entries are, links as links.
 *
 * @param path The directory.
 * @returns The entries, sorted by name.
 * @throws {OperationError} It cannot be listed.
 */
export function listEntries(path: string): Deno.DirEntry[] {
  try {
    return Array.from(Deno.readDirSync(path))
      .sort((one, other) => one.name < other.name ? -1 : one.name > other.name ? 1 : 0);
  } catch (error) {
    throw toOperationError(error, path);
  }
}

/** Looks at an entry itself, even where it is a link; null when that cannot be done. */
export function lstatOrNull(path: string): Deno.FileInfo | null {
  try {
    return Deno.lstatSync(path);
  } catch {
    return null;
  }
}

/**
 * Looks at an entry, where it is a link at what it leads to.
 *
 * @param path The entry.
 * @returns What is there; null for a link that leads nowhere and a file that has just gone.
 * @throws {OperationError} It cannot be looked at.
 */
export function statOrNull(path: string): Deno.FileInfo | null {
  try {
    return Deno.statSync(path);
  } catch (error) {
    const operationError = toOperationError(error, path);
    if (operationError.code === "not-found" || operationError.code === "link-loop") return null;
    throw operationError;
  }
}

/**
 * Makes what is known of a file from what the system says.
 *
 * @param path The file, relative to the store.
 * @param info What the system says.
 * @returns The file; a directory has no bytes of its own.
 */
export function toStoreFile(path: string, info: Deno.FileInfo): StoreFile {
  return {
    ...toFileStamp(path, info),
    ...(info.isDirectory ? { sizeBytes: 0 } : {}),
    allocatedBytes: info.blocks === null ? null : info.blocks * 512,
  };
}

/**
 * Makes one entry of something that no engine wrote.
 *
 * @param storePath The store's directory.
 * @param name The entry, relative to the store.
 * @param info What the system says of it.
 * @returns The entry; a directory with the bytes of the files below it.
 * @throws {OperationError} A directory below it cannot be listed.
 */
export function toForeignEntry(storePath: string, name: string, info: Deno.FileInfo): StoreFile {
  const own = toStoreFile(name, info);
  if (!info.isDirectory) return own;
  return { ...own, sizeBytes: sumFileSizes(join(storePath, name)), aggregate: true };
}

/** Adds up the files below a directory; links are not followed, so that no loop can hold it. */
function sumFileSizes(path: string): number {
  const waiting = [path];
  let sizeBytes = 0;
  let entries = 0;
  for (let directory = waiting.pop(); directory !== undefined; directory = waiting.pop()) {
    for (const name of listNames(directory)) {
      if (++entries > MOST_FOREIGN_ENTRIES) return sizeBytes;
      const info = lstatOrNull(join(directory, name));
      if (info?.isDirectory) waiting.push(join(directory, name));
      else if (info?.isFile) sizeBytes += info.size;
    }
  }
  return sizeBytes;
}
