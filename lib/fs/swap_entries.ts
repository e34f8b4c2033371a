/**
 * Exchanging everything in a directory that itself has to stay: a mount point, as the volume of a
 * container is, or a directory whose parent may not be written.
 *
 * One record of the journal lists the names that leave and those that come. The database is
 * exchanged last of all, as `swap.ts` does it, for the others go by it:
 *
 * | step | what is done                                              | an engine that starts then  |
 * | ---- | --------------------------------------------------------- | --------------------------- |
 * | 1    | every old entry but the database is renamed aside         | waits at the database,      |
 * | 2    | every new entry but the database is renamed in            | which the caller has locked |
 * | 3    | the new database takes the place of the old one           | finds the new store whole   |
 *
 * So the old database stands there, locked, until everything else of the new store is in place, and
 * there is never none. Each step is on the disk before the next begins. A crash before the end of
 * step 3 is undone, one after it has nothing left to do:
 *
 * | a name is in              | what it means                | undoing renames it |
 * | ------------------------- | ---------------------------- | ------------------ |
 * | live, not aside           | old, has not left            |                    |
 * | aside                     | old, has left                | aside to live      |
 * | replacement               | new, has not come            |                    |
 * | live, not in replacement  | new, has come                | live to replacement|
 * | live, aside, replacement  | somebody made a new one      | conflict: nothing  |
 *
 * @module
 */

import { dirname, join, resolve } from "@std/path";
import { OperationError } from "../base/errors.ts";
import { type EntriesRecord, Journal, type SwapRecord } from "./journal.ts";
import { localFs } from "./platform.ts";
import type { SwapResult } from "./swap.ts";
import { companionsOf, findStanding, putIn, setAside, undoSwap } from "./swap_steps.ts";
import { settleNames, syncNames, syncTree } from "./tree.ts";
import {
  ensureDirectory,
  INNER_WORK_DIRECTORY_NAME,
  openWorkDirectory,
  removeIfEmpty,
} from "./work_directory.ts";
import { toWriteError, type WriteFs } from "./write_fs.ts";

/** How entries are exchanged. */
export interface SwapEntriesOptions {
  /** The store to which the directory belongs: the journal is kept there. */
  store: string;
  /** The directory that gets what was there; it does not exist yet, on the same file system. */
  aside: string;
  /** The name of the database, which is exchanged last; null where there is none. */
  database: string | null;
  /** The file system; this machine's by default. */
  fs?: WriteFs;
  /** The clock. */
  now?: () => Date;
}

/**
 * Exchanges everything in a directory but vecfsck's own work directory. When it throws, everything
 * is where it was, unless the error says otherwise.
 *
 * @param live The directory, which stays.
 * @param replacement The directory whose entries come in, on the same file system; it is removed.
 * @param options Where the old entries go, and which is the database.
 * @returns Where the old entries are; null when there were none.
 * @throws {OperationError} The swap failed and was undone; or putting back failed too, and the
 * error names every path.
 *
 * @example
 * ```ts ignore
 * swapEntries("/data", "/data/.vecfsck/restored", {
 *   store: "/data",
 *   aside: "/data/.vecfsck/quarantine/20260131T040000Z/data",
 *   database: "chroma.sqlite3",
 * });
 * ```
 */
export function swapEntries(
  live: string,
  replacement: string,
  options: SwapEntriesOptions,
): SwapResult {
  const { store, fs = localFs, now = () => new Date() } = options;
  const startedAt = now().toISOString();
  const hasNew = options.database !== null &&
    fs.look(join(replacement, options.database)) !== null;
  const database = hasNew ? options.database : null;
  const record: EntriesRecord = {
    kind: "swap-entries",
    id: `${startedAt.replaceAll(/[-:]|\.\d+Z/g, "")}-${fs.makeId()}`,
    startedAt,
    live: resolve(live),
    replacement: resolve(replacement),
    aside: resolve(options.aside),
    leaving: listLeaving(fs, live, database),
    coming: fs.list(replacement),
    database,
    hadDatabase: database !== null && fs.look(join(live, database)) !== null,
  };
  requireFree(fs, record);
  const journal = new Journal(fs, openWorkDirectory(fs, store));
  try {
    syncTree(fs, record.replacement);
    syncNames(fs, record.replacement, join(record.live, "entry"));
    journal.write(record);
    exchange(fs, record);
  } catch (error) {
    throw undoFailed(fs, journal, record, error);
  }
  removeQuietly(journal, record);
  removeIfEmpty(fs, record.replacement);
  const hadAny = record.leaving.length > 0 || record.hadDatabase;
  return { aside: hadAny ? record.aside : null };
}

/** What belongs to the database goes with it. */
function listLeaving(fs: WriteFs, live: string, database: string | null): string[] {
  const path = database === null ? null : join(live, database);
  const own = path === null ? [] : [path, ...companionsOf(fs, path)];
  return fs.list(live).filter((name) =>
    name !== INNER_WORK_DIRECTORY_NAME && !own.includes(join(live, name))
  );
}

function requireFree(fs: WriteFs, { replacement, aside, coming }: EntriesRecord): void {
  if (coming.length === 0 || coming.includes(INNER_WORK_DIRECTORY_NAME)) {
    throw new OperationError("write-failed", `${replacement} is no store`, {
      path: replacement,
      hint: "Nothing was changed.",
    });
  }
  if (fs.look(aside) === null) return;
  throw new OperationError("write-failed", `${aside} exists already and is not overwritten`, {
    path: aside,
    hint: "Move it out of the way, or choose another place; nothing was changed.",
  });
}

function exchange(fs: WriteFs, record: EntriesRecord): void {
  const { live, replacement, aside, leaving, coming, database } = record;
  const hasOld = leaving.length > 0 || record.hadDatabase;
  if (hasOld) ensureDirectory(fs, aside);
  renameAll(fs, leaving, live, aside);
  renameAll(fs, coming.filter((name) => name !== database), replacement, live);
  const swap = databaseSwapOf(record);
  if (swap === null) return;
  if (swap.hadLive) setAside(fs, swap);
  putIn(fs, swap);
}

function renameAll(fs: WriteFs, names: readonly string[], from: string, to: string): void {
  if (names.length === 0) return;
  for (const name of names) {
    requireAbsent(fs, join(to, name));
    fs.rename(join(from, name), join(to, name));
  }
  // A name must have left for good before another takes it.
  fs.syncDirectory(to);
  fs.syncDirectory(from);
}

function requireAbsent(fs: WriteFs, path: string): void {
  if (fs.look(path) === null) return;
  throw new OperationError("busy", `Another process has made ${path}`, {
    path,
    hint: "Stop every process that uses the store, and keep its supervisor from restarting it.",
  });
}

/** The swap of the database by itself, whose record is never written down. */
function databaseSwapOf(record: EntriesRecord): SwapRecord | null {
  const { id, startedAt, live, replacement, aside, database, hadDatabase } = record;
  if (database === null) return null;
  return {
    kind: "swap-file",
    id,
    startedAt,
    live: join(live, database),
    hadLive: hadDatabase,
    replacement: join(replacement, database),
    aside,
  };
}

/**
 * Completes or undoes an exchange that a crash has interrupted.
 *
 * @param fs The file system.
 * @param record The journal's record of it.
 * @returns What became of it; in a conflict nothing was touched.
 */
export function recoverEntries(
  fs: WriteFs,
  record: EntriesRecord,
): "completed" | "undone" | "conflict" {
  const { live, replacement, aside } = record;
  settleNames(fs, [live, replacement, aside, dirname(aside)]);
  const swap = databaseSwapOf(record);
  const standing = swap === null ? null : findStanding(fs, swap);
  if (standing === "conflict") return "conflict";
  if (swap !== null && standing === "between" && swap.hadLive) putIn(fs, swap);
  const isDone = swap === null
    ? record.coming.every((name) => fs.look(join(replacement, name)) === null)
    : standing === "done" || (standing === "between" && swap.hadLive);
  if (isDone) {
    removeIfEmpty(fs, replacement);
    return "completed";
  }
  if (findConflicts(fs, record).length > 0) return "conflict";
  undoEntries(fs, record);
  return "undone";
}

/**
 * Finds what somebody has made under names whose old and new entries are both elsewhere.
 *
 * @param fs The file system.
 * @param record The journal's record of the exchange.
 * @returns The paths.
 */
export function findConflicts(fs: WriteFs, record: EntriesRecord): string[] {
  const { live, replacement, aside, leaving, coming, database } = record;
  const isIn = (directory: string, name: string): boolean =>
    fs.look(join(directory, name)) !== null;
  const others = coming.filter((name) => name !== database);
  const foreign = [...new Set([...leaving, ...others])].filter((name) => {
    const hasLeft = !leaving.includes(name) || isIn(aside, name);
    const hasCome = others.includes(name) && !isIn(replacement, name);
    return isIn(live, name) && hasLeft && !hasCome;
  });
  const swap = databaseSwapOf(record);
  const isTaken = swap !== null && findStanding(fs, swap) === "conflict";
  return [...foreign.map((name) => join(live, name)), ...(isTaken ? [swap.live] : [])];
}

/** Puts everything back, from wherever an exchange stands before its end. */
function undoEntries(fs: WriteFs, record: EntriesRecord): void {
  const { live, replacement, aside, leaving, coming, database } = record;
  const isIn = (directory: string, name: string): boolean =>
    fs.look(join(directory, name)) !== null;
  // The database first: while it is the new one, the others are too.
  const swap = databaseSwapOf(record);
  if (swap !== null) undoSwap(fs, swap);
  const hasLeft = (name: string): boolean => !leaving.includes(name) || isIn(aside, name);
  const back = coming.filter((name) =>
    name !== database && isIn(live, name) && !isIn(replacement, name) && hasLeft(name)
  );
  renameAll(fs, back, live, replacement);
  renameAll(fs, leaving.filter((name) => isIn(aside, name)), aside, live);
  removeIfEmpty(fs, aside);
}

function requireNoConflict(fs: WriteFs, record: EntriesRecord): void {
  const conflicts = findConflicts(fs, record);
  if (conflicts.length === 0) return;
  throw new OperationError("busy", `Another process has made ${conflicts.join(", ")}`, {
    path: record.live,
    hint: "Stop every process that uses the store, and move what it has made out of the way.",
  });
}

/** Undoes an exchange that has failed, and returns the error to throw. */
function undoFailed(
  fs: WriteFs,
  journal: Journal,
  record: EntriesRecord,
  cause: unknown,
): OperationError {
  const { live, replacement, aside } = record;
  const first = toWriteError(cause, live);
  try {
    requireNoConflict(fs, record);
    undoEntries(fs, record);
  } catch (error) {
    const second = toWriteError(error, live).message;
    return new OperationError(
      "write-failed",
      `${first.message}; then putting everything back failed: ${second}; the old entries are in ` +
        `${aside} and ${live}, the new ones in ${replacement} and ${live}`,
      {
        path: live,
        hint: "Nothing is lost. Once the disk can be written again, the next run of vecfsck on " +
          "the store brings it in order; keep the engine from starting before that.",
        cause,
      },
    );
  }
  removeQuietly(journal, record);
  return first;
}

/** The exchange is done or undone; a record that stays is found again and leads to the same. */
function removeQuietly(journal: Journal, record: EntriesRecord): void {
  try {
    journal.remove(record);
  } catch {
    // The next start reports the exchange as completed or undone, which it is.
  }
}
