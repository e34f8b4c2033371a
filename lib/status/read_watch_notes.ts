/**
 * Finding and reading what a watch has noted down about a store.
 *
 * @module
 */

import { createHash } from "../base/node_library.ts";
import { basename, join, resolve } from "@std/path";
import { OperationError, toOperationError } from "../base/errors.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import { findInWorkDirectory } from "../seal/places.ts";
import type { WatchNotes } from "./watch_notes.ts";
import { parseNotes } from "./watch_notes_format.ts";

/** The directory of a watch in the work directory of a store. */
export const WATCH_DIRECTORY_NAME = "watch";

/** The name of the notes in that directory. */
export const NOTES_NAME = "notes.json";

/** More than any notes have. */
const LARGEST_NOTES_BYTES = 1 << 20;

/** What was read of the notes. */
export interface ReadNotes {
  /** The notes; null where there are none that can be used. */
  readonly notes: WatchNotes | null;
  /** Why they cannot be used, as a sentence without a final period; null where there are none. */
  readonly problem: string | null;
}

/**
 * Tells where the notes of a store are in a directory that holds those of several stores.
 *
 * @param directory The directory.
 * @param store The store, as an absolute path.
 * @returns The directory for this store alone.
 */
export function notesDirectoryIn(directory: string, store: string): string {
  const digest = createHash("sha256").update(store).digest("hex").slice(0, 16);
  return join(directory, `${basename(store)}-${digest}`);
}

/**
 * Reads what a watch has noted down about a store.
 *
 * @param fs The file system.
 * @param store The store's directory.
 * @param directory The directory for notes, where the watch was given one.
 * @returns The notes; that there are none is no problem.
 */
export function readWatchNotes(
  fs: WriteFs,
  store: string,
  directory: string | null = null,
): ReadNotes {
  try {
    const path = directory === null
      ? findInWorkDirectory(fs, store, join(WATCH_DIRECTORY_NAME, NOTES_NAME))
      : join(notesDirectoryIn(directory, resolve(store)), NOTES_NAME);
    if (path === null || fs.look(path) === null) return { notes: null, problem: null };
    return readNotesFile(fs, path);
  } catch (error) {
    // A store that is missing is for others to say.
    if (error instanceof OperationError && error.code === "not-found") {
      return { notes: null, problem: null };
    }
    return { notes: null, problem: toOperationError(error, store).message };
  }
}

/**
 * Reads notes from their file.
 *
 * @param fs The file system.
 * @param path The file.
 * @returns The notes, or why they cannot be used.
 * @throws {OperationError} The file cannot be read.
 */
export function readNotesFile(fs: WriteFs, path: string): ReadNotes {
  using file = fs.openForReading(path);
  const notes = file.sizeBytes > LARGEST_NOTES_BYTES
    ? "is longer than any notes"
    : parseNotes(file.readAt(0, new Uint8Array(file.sizeBytes)));
  if (typeof notes !== "string") return { notes, problem: null };
  return { notes: null, problem: `The notes of the watch are not used: ${path} ${notes}` };
}
