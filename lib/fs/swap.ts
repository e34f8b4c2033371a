/**
 * Putting a replacement in the place of a directory or of a database file. The original is never
 * removed: it goes aside, and comes back when anything fails.
 *
 * Every step is on the disk before the next begins, so a power cut leaves one of these states, and
 * the journal's record tells what belongs to it:
 *
 * | live     | replacement | aside    | what it means          | what the next start does           |
 * | -------- | ----------- | -------- | ---------------------- | ---------------------------------- |
 * | original | there       | no       | not begun, or undone   | nothing: undone                    |
 * | original | there       | same file| begun (a file only)    | takes the second name away: undone |
 * | no       | there       | original | between the two        | puts the replacement in: completed |
 * | new      | no          | original | done                   | nothing: completed                 |
 * | no       | no          | original | replacement was lost   | puts the original back: undone     |
 * | other    | there       | original | somebody made a new one| nothing is touched: conflict       |
 *
 * A database has companions, the rollback journal and the write-ahead log, which change what it
 * holds: the wrong ones destroy it. So they get a second name aside before the database leaves,
 * lose the one beside it after it has left, and only then does the replacement come in: at no
 * moment are there companions of one database beside the other, nor is one without its own. Where
 * there are none, the replacement is renamed over the database, and there always is one.
 *
 * @module
 */

import { basename, dirname, join, resolve } from "@std/path";
import { OperationError } from "../base/errors.ts";
import { Journal, JOURNAL_DIRECTORY_NAME, type SwapRecord } from "./journal.ts";
import { localFs } from "./platform.ts";
import {
  companionsOf,
  findStanding,
  originalPath,
  putIn,
  setAside,
  type SwapStanding,
  undoSwap,
} from "./swap_steps.ts";
import { syncNames, syncTree } from "./tree.ts";
import { openWorkDirectory, removeIfEmpty } from "./work_directory.ts";
import type { WriteFs } from "./write_fs.ts";
import { toWriteError } from "./write_errors.ts";

/** Where originals go in the work directory when no other place is named. */
export const REPLACED_DIRECTORY_NAME = "replaced";

/** How something is replaced. */
export interface SwapOptions {
  /** The store to which it belongs: the journal is kept there. */
  store: string;
  /**
   * Where the original goes, on the same file system; it does not exist yet. A directory gets this
   * path; a file and its companions go into a directory of this path. By default a directory of
   * its own in the store's work directory.
   */
  aside?: string;
  /** The file system; this machine's by default. */
  fs?: WriteFs;
  /** The clock. */
  now?: () => Date;
  /** Whether the files of the replacement are on the disk already; their names are not yet. */
  isSynced?: boolean;
}

/** What a swap has done. */
export interface SwapResult {
  /** Where the original is, or null when there was none. */
  readonly aside: string | null;
}

/**
 * Puts a directory in the place of another. When it throws, the original is where it was, unless
 * the error says otherwise. Between the two renames there is no directory of that name: keep the
 * engine out, with `withExclusiveDatabase`.
 *
 * @param live The directory that is replaced; it may be missing.
 * @param replacement The directory that takes its place, on the same file system.
 * @param options The store, and where the original goes.
 * @returns Where the original is.
 * @throws {OperationError} The swap failed and was undone; or putting back failed too, and the
 * error names every path and says which holds the data.
 *
 * @example
 * ```ts ignore
 * const { aside } = swapDirectory("/data/store/segment", "/data/store.vecfsck/rebuilt", {
 *   store: "/data/store",
 * });
 * ```
 */
export function swapDirectory(
  live: string,
  replacement: string,
  options: SwapOptions,
): SwapResult {
  return swap("swap-directory", { live, replacement }, options);
}

/**
 * Puts a database file in the place of another, and never leaves a companion of the one beside the
 * other. When it throws, the original is where it was with its companions, unless the error says
 * otherwise.
 *
 * @param live The file that is replaced; it may be missing.
 * @param replacement The file that takes its place, on the same file system; it has no companions.
 * @param options The store, and where the original goes.
 * @returns The directory that holds the original and its companions.
 * @throws {OperationError} As with {@linkcode swapDirectory}.
 */
export function swapFile(live: string, replacement: string, options: SwapOptions): SwapResult {
  return swap("swap-file", { live, replacement }, options);
}

function swap(
  kind: SwapRecord["kind"],
  given: { live: string; replacement: string },
  { store, aside, fs = localFs, now = () => new Date(), isSynced = false }: SwapOptions,
): SwapResult {
  const live = resolve(given.live);
  const replacement = resolve(given.replacement);
  const hadLive = requireEntries(fs, kind, { live, replacement });
  const workDirectory = openWorkDirectory(fs, store);
  const journal = new Journal(fs, workDirectory);
  const startedAt = now().toISOString();
  const id = `${startedAt.replaceAll(/[-:]|\.\d+Z/g, "")}-${fs.makeId()}`;
  const keep = resolve(
    aside ?? join(workDirectory, REPLACED_DIRECTORY_NAME, `${basename(live)}.${id}`),
  );
  const record: SwapRecord = { kind, id, startedAt, live, hadLive, replacement, aside: keep };
  requireAbsent(fs, keep);
  try {
    if (kind === "swap-file") fs.syncFile(replacement);
    else syncTree(fs, replacement, () => isSynced);
    syncNames(fs, replacement, live);
    journal.write(record);
  } catch (error) {
    removeQuietly(journal, record);
    tidy(fs, record, workDirectory);
    throw toWriteError(error, live);
  }
  try {
    if (hadLive) setAside(fs, record);
    putIn(fs, record);
  } catch (error) {
    throw undoFailed(fs, { record, journal, workDirectory }, error);
  }
  removeQuietly(journal, record);
  tidy(fs, record, workDirectory);
  return { aside: fs.look(keep) === null ? null : keep };
}

/** Looks at what is swapped before anything is written; returns whether there is an original. */
function requireEntries(
  fs: WriteFs,
  kind: SwapRecord["kind"],
  { live, replacement }: { live: string; replacement: string },
): boolean {
  const wanted = kind === "swap-file" ? "file" : "directory";
  const liveKind = fs.look(live)?.kind ?? null;
  if (fs.look(replacement)?.kind !== wanted) {
    throw new OperationError("not-found", `There is no ${wanted} ${replacement}`, {
      path: replacement,
      hint: "Nothing was changed.",
    });
  }
  if (liveKind !== null && liveKind !== wanted) {
    throw new OperationError("write-failed", `${live} is not a ${wanted}`, {
      path: live,
      hint: "Move it out of the way; nothing was changed.",
    });
  }
  const companion = kind === "swap-file" ? companionsOf(fs, replacement)[0] : undefined;
  if (companion !== undefined) {
    throw new OperationError("write-failed", `The replacement has a companion: ${companion}`, {
      path: companion,
      hint: "Open and close the replacement with SQLite first, so that it is whole by itself.",
    });
  }
  return liveKind !== null;
}

function requireAbsent(fs: WriteFs, path: string): void {
  if (fs.look(path) === null) return;
  throw new OperationError("write-failed", `${path} exists already and is not overwritten`, {
    path,
    hint: "Move it out of the way, or choose another place; nothing was changed.",
  });
}

/** What undoing a swap needs to know. */
interface SwapUnderWay {
  readonly record: SwapRecord;
  readonly journal: Journal;
  readonly workDirectory: string;
}

/** Undoes a swap that has failed, and returns the error to throw. */
function undoFailed(fs: WriteFs, underWay: SwapUnderWay, cause: unknown): OperationError {
  const { record, journal, workDirectory } = underWay;
  try {
    undoSwap(fs, record);
  } catch (error) {
    if (findStandingOrNull(fs, record) !== "not-begun") {
      return createPutBackError(fs, record, { cause, error });
    }
    // The original is back, but not surely on the disk: the record stays until it is.
    return toWriteError(cause, record.live);
  }
  removeQuietly(journal, record);
  tidy(fs, record, workDirectory);
  return toWriteError(cause, record.live);
}

function findStandingOrNull(fs: WriteFs, record: SwapRecord): SwapStanding | null {
  try {
    return findStanding(fs, record);
  } catch {
    return null;
  }
}

function createPutBackError(
  fs: WriteFs,
  record: SwapRecord,
  { cause, error }: { cause: unknown; error: unknown },
): OperationError {
  const { live, replacement } = record;
  const original = originalPath(record);
  const standing = findStandingOrNull(fs, record);
  const holds = standing === "done"
    ? `${live} holds the replacement and ${original} the original`
    : standing === "begun"
    ? `${live} holds the original`
    : standing === "conflict"
    ? `${original} holds the original, ${replacement} the replacement, and ${live} neither`
    : `${original} holds the original, ${replacement} the replacement, and ${live} is missing`;
  const first = toWriteError(cause, live).message;
  const second = toWriteError(error, live).message;
  return new OperationError(
    "write-failed",
    `${first}; then putting the original back failed: ${second}; ${holds}`,
    {
      path: live,
      hint: "Nothing is lost. Once the disk can be written again, the next run of vecfsck on " +
        "the store brings it in order; keep the engine from starting before that.",
      cause,
    },
  );
}

/** The swap is done or undone; a record that stays is found again and leads to the same. */
function removeQuietly(journal: Journal, record: SwapRecord): void {
  try {
    journal.remove(record);
  } catch {
    // The next start reports the swap as completed or undone, which it is.
  }
}

function tidy(fs: WriteFs, record: SwapRecord, workDirectory: string): void {
  const parent = dirname(record.aside);
  if (parent === join(workDirectory, REPLACED_DIRECTORY_NAME)) removeIfEmpty(fs, parent);
  removeIfEmpty(fs, join(workDirectory, JOURNAL_DIRECTORY_NAME), workDirectory);
}
