/**
 * Moving a file or a directory, to another file system too.
 *
 * Within a file system a move is a rename. Between two it is a copy under a temporary name, fsync,
 * comparison of SHA-256 digests, rename into place, and removal of the original, a directory under
 * a temporary name as well: so neither place ever holds a part under its real name. With a journal,
 * what a crash leaves of this is brought in order by the next run:
 *
 * | source | destination | incomplete | removed | what the next start does                          |
 * | ------ | ----------- | ---------- | ------- | ------------------------------------------------- |
 * | there  | no          | any        | no      | removes the incomplete copy: undone               |
 * | there  | the same    | no         | no      | removes the source: completed                     |
 * | there  | another     | any        | no      | nothing is touched: conflict                      |
 * | no     | there       | no         | any     | removes the rest of the source: completed         |
 *
 * @module
 */

import { basename, dirname, resolve } from "@std/path";
import { OperationError } from "../base/errors.ts";
import { copyTree, digestTree } from "./copy.ts";
import { Journal, type MoveRecord } from "./journal.ts";
import { temporaryPathBeside } from "./names.ts";
import { localFs } from "./platform.ts";
import { isAbove, removeTree, settleNames } from "./tree.ts";
import { openWorkDirectory, removeIfEmpty } from "./work_directory.ts";
import type { WriteFs } from "./write_fs.ts";
import { errorCodeOf, toWriteError } from "./write_errors.ts";

/** How something is moved. */
export interface MoveOptions {
  /**
   * The store that it belongs to: a record of a copy under way is kept in its journal, so that the
   * next run brings in order what a crash leaves. Without it, that stays under temporary names.
   */
  store?: string;
  /** The file system; this machine's by default. */
  fs?: WriteFs;
  /** The clock. */
  now?: () => Date;
}

/** What a move has done. */
export interface MoveResult {
  /** Whether it was a rename or a copy. */
  readonly how: "renamed" | "copied";
  /** What is left of the original because it could not be removed, or null. */
  readonly leftover: string | null;
}

/**
 * Moves a file, a link or a directory. Only where the two places are on different file systems is
 * it copied; every other error of the rename is thrown as it is. When it throws, the source is
 * where it was and there is no destination, unless the error says otherwise.
 *
 * @param source What is moved.
 * @param destination Where it goes; it does not exist yet, and its directory does.
 * @param options The store that it belongs to.
 * @returns Whether it was renamed or copied.
 * @throws {OperationError} The destination exists, the source has changed meanwhile, or putting it
 * back failed: then the error names both places and says which holds the data.
 * @throws The system's error, unchanged.
 *
 * @example
 * ```ts ignore
 * moveAcrossDevices("/data/store/segment", "/backup/quarantine/segment", { store: "/data/store" });
 * ```
 */
export function moveAcrossDevices(
  source: string,
  destination: string,
  options: MoveOptions = {},
): MoveResult {
  const { fs = localFs } = options;
  const move = { source: resolve(source), destination: resolve(destination) };
  requireAbsent(fs, move.destination);
  try {
    fs.rename(move.source, move.destination);
  } catch (error) {
    if (errorCodeOf(error) !== "EXDEV") throw error;
    return moveByCopy(fs, move, options);
  }
  try {
    syncBoth(fs, move);
  } catch (error) {
    putBackRenamed(fs, move, error);
    throw error;
  }
  return { how: "renamed", leftover: null };
}

/** The two places of a move. */
interface Places {
  readonly source: string;
  readonly destination: string;
}

function requireAbsent(fs: WriteFs, path: string): void {
  if (fs.look(path) === null) return;
  throw new OperationError("write-failed", `${path} exists already and is not overwritten`, {
    path,
    hint: "Move it out of the way, or choose another place; nothing was changed.",
  });
}

function syncBoth(fs: WriteFs, { source, destination }: Places): void {
  fs.syncDirectory(dirname(destination));
  if (dirname(source) !== dirname(destination)) fs.syncDirectory(dirname(source));
}

function putBackRenamed(fs: WriteFs, { source, destination }: Places, cause: unknown): void {
  try {
    fs.rename(destination, source);
  } catch (error) {
    throw createPutBackError({ source, destination }, {
      cause,
      error,
      holds: `${destination} holds the data, and ${source} is missing`,
    });
  }
}

function moveByCopy(fs: WriteFs, move: Places, options: MoveOptions): MoveResult {
  const { store, now = () => new Date() } = options;
  requireOutside(move);
  const startedAt = now().toISOString();
  const record: MoveRecord = {
    kind: "move",
    id: `${startedAt.replaceAll(/[-:]|\.\d+Z/g, "")}-${fs.makeId()}`,
    startedAt,
    ...move,
    incomplete: temporaryPathBeside(fs, move.destination, "new"),
    removed: temporaryPathBeside(fs, move.source, "removed"),
  };
  const entry = store === undefined ? null : new JournalEntry(fs, store, record);
  try {
    entry?.write();
    copyIntoPlace(fs, record);
  } catch (error) {
    // The copy is only known to be gone when its removal did not fail.
    if (removeQuietly(fs, record.incomplete)) entry?.remove();
    throw error;
  }
  removeSource(fs, record, entry);
  const leftover = fs.look(record.removed) === null ? null : record.removed;
  if (leftover === null) entry?.remove();
  return { how: "copied", leftover };
}

/** The record of a move in the journal of a store. */
class JournalEntry {
  readonly #fs: WriteFs;
  readonly #workDirectory: string;
  readonly #journal: Journal;
  readonly #record: MoveRecord;

  constructor(fs: WriteFs, store: string, record: MoveRecord) {
    this.#fs = fs;
    this.#workDirectory = openWorkDirectory(fs, store);
    this.#journal = new Journal(fs, this.#workDirectory);
    this.#record = record;
  }

  write(): void {
    this.#journal.write(this.#record);
  }

  /** The move is done or undone; a record that stays is found again and leads to the same. */
  remove(): void {
    try {
      this.#journal.remove(this.#record);
    } catch {
      // The next start reports the move as completed or undone, which it is.
    }
    removeIfEmpty(this.#fs, this.#workDirectory);
  }
}

function requireOutside({ source, destination }: Places): void {
  if (!isAbove(source, destination)) return;
  throw new OperationError("write-failed", `${destination} is inside ${source}`, {
    path: destination,
    hint: "Choose another place; nothing was changed.",
  });
}

function copyIntoPlace(fs: WriteFs, { source, destination, incomplete }: MoveRecord): void {
  copyTree(fs, source, incomplete);
  requireAbsent(fs, destination);
  fs.rename(incomplete, destination);
  try {
    fs.syncDirectory(dirname(destination));
  } catch (error) {
    removeCopy(fs, { source, destination, incomplete }, error);
    throw error;
  }
}

/** Takes the copy away again, from under its real name first. */
function removeCopy(
  fs: WriteFs,
  { source, destination, incomplete }: Pick<MoveRecord, "source" | "destination" | "incomplete">,
  cause: unknown,
): void {
  try {
    fs.rename(destination, incomplete);
  } catch (error) {
    throw createPutBackError({ source, destination }, {
      cause,
      error,
      holds: `${source} and ${destination} both hold the data`,
    });
  }
  removeQuietly(fs, incomplete);
}

function removeSource(fs: WriteFs, record: MoveRecord, entry: JournalEntry | null): void {
  const { source, destination, removed } = record;
  try {
    // Both are one step: from here on the original is gone, or is there whole.
    if (fs.look(source)?.kind === "directory") fs.rename(source, removed);
    else fs.removeFile(source);
  } catch (error) {
    removeCopy(fs, record, error);
    if (fs.look(record.incomplete) === null) entry?.remove();
    throw error;
  }
  try {
    fs.syncDirectory(dirname(source));
  } catch (error) {
    throw new OperationError(
      "write-failed",
      `${source} was moved, but may come back after a power cut: ${
        toWriteError(error, source).message
      }; ${destination} holds the data`,
      { path: source, hint: "Look into the kernel's log for errors of the disk.", cause: error },
    );
  }
  removeQuietly(fs, removed);
}

/** Removes a tree whose name says that it is nothing any more; tells whether it is gone. */
function removeQuietly(fs: WriteFs, path: string): boolean {
  try {
    // It must have this name on the disk before anything in it goes, or a part would be left there
    // under its real name.
    fs.syncDirectory(dirname(path));
    removeTree(fs, path);
    fs.syncDirectory(dirname(path));
    return true;
  } catch {
    return false;
  }
}

function createPutBackError(
  { source, destination }: Places,
  { cause, error, holds }: { cause: unknown; error: unknown; holds: string },
): OperationError {
  const first = toWriteError(cause, destination).message;
  const second = toWriteError(error, source).message;
  return new OperationError(
    "write-failed",
    `${first}; then putting ${basename(source)} back failed: ${second}; ${holds}`,
    {
      path: source,
      hint: "Nothing is lost. Look into the kernel's log for errors of the disk before you move " +
        "anything by hand.",
      cause,
    },
  );
}

/**
 * Brings in order what a crash has left of a move.
 *
 * @param fs The file system.
 * @param record The journal's record of it.
 * @returns What was done; `conflict` where nothing may be touched.
 */
export function recoverMove(
  fs: WriteFs,
  record: MoveRecord,
): "completed" | "undone" | "conflict" {
  const { source, destination, incomplete, removed } = record;
  settleNames(fs, [dirname(destination), dirname(source)]);
  const hasSource = fs.look(source) !== null;
  const hasDestination = fs.look(destination) !== null;
  if (hasSource && !hasDestination) {
    removeAndSync(fs, incomplete);
    return fs.look(removed) === null ? "undone" : "conflict";
  }
  if (!hasDestination) return "conflict";
  if (hasSource) {
    if (fs.look(incomplete) !== null || digestTree(fs, source) !== digestTree(fs, destination)) {
      return "conflict";
    }
    if (fs.look(source)?.kind === "directory") fs.rename(source, removed);
    else fs.removeFile(source);
    fs.syncDirectory(dirname(source));
  }
  removeAndSync(fs, removed);
  return "completed";
}

function removeAndSync(fs: WriteFs, path: string): void {
  if (fs.look(path) === null) return;
  removeTree(fs, path);
  fs.syncDirectory(dirname(path));
}
