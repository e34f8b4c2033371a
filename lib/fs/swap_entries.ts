/**
 * Exchanging entries of a directory that itself stays: all of them where it is a mount point, as the
 * volume of a container is, or its parent may not be written; or only some, which belong together.
 *
 * One record of the journal lists the names that leave and those that come. A database that takes
 * the place of another is exchanged last of all, as `swap.ts` does it, for the others go by it:
 *
 * | step | what is done                                              | an engine that starts then  |
 * | ---- | --------------------------------------------------------- | --------------------------- |
 * | 1    | every old entry but the database is renamed aside         | waits at the database,      |
 * | 2    | every new entry but the database is renamed in            | which the caller has locked |
 * | 3    | the new database takes the place of the old one           | finds the new store whole   |
 *
 * So the old database stands there, locked, until everything else of the new store is in place, and
 * there is never none, unless the old or the new one has companions, which must not stand beside the
 * other. Each step is on the disk before the next begins. A crash before the end of step 3 is
 * undone, one after it has nothing left to do:
 *
 * | a name is in              | what it means                | undoing renames it |
 * | ------------------------- | ---------------------------- | ------------------ |
 * | live, not aside           | old, has not left            |                    |
 * | aside                     | old, has left                | aside to live      |
 * | replacement               | new, has not come            |                    |
 * | live, not in replacement  | new, has come                | live to replacement|
 * | live, aside, replacement  | somebody made a new one      | conflict: nothing  |
 *
 * Where no database takes the place of another, the last name that comes is the end: a database
 * where there was none. Where nothing comes, it is the last name that leaves: a database, and after
 * it what stands beside it.
 *
 * A name can also be that of an entry of a directory, `folder/name` (`entry_names.ts`): then the
 * directory stays, and one of the same name holds the entry aside and in the replacement. Files
 * move by renames alone. An engine that writes a file in place would write to every link of it.
 *
 * @module
 */

import { basename, join, resolve } from "@std/path";
import { OperationError } from "../base/errors.ts";
import { type EntriesRecord, Journal } from "./journal.ts";
import { localFs } from "./platform.ts";
import type { SwapResult } from "./swap.ts";
import {
  listStanding,
  lookAtName,
  requireApart,
  requireFolders,
  type SwapNames,
} from "./entry_names.ts";
import { exchange, findConflicts, hasOld, tidyPlaces, undoEntries } from "./entries_steps.ts";
import { companionsOf, isCompanionName } from "./swap_steps.ts";
import { syncNames, syncTree } from "./tree.ts";
import { INNER_WORK_DIRECTORY_NAME, openWorkDirectory } from "./work_directory.ts";
import type { WriteFs } from "./write_fs.ts";
import { toWriteError } from "./write_errors.ts";

/** How entries are exchanged. */
export interface SwapEntriesOptions {
  /** The store to which the directory belongs: the journal is kept there. */
  store: string;
  /** The directory that gets what was there; it does not exist yet, on the same file system. */
  aside: string;
  /** The name of the database, which is exchanged last; null where there is none. */
  database: string | null;
  /** Which entries are exchanged; all but vecfsck's own work directory when left out. */
  names?: SwapNames;
  /** The file system; this machine's by default. */
  fs?: WriteFs;
  /** The clock. */
  now?: () => Date;
  /** Whether the files of the replacement are on the disk already; their names are not yet. */
  isSynced?: boolean;
}

/**
 * Exchanges everything in a directory but vecfsck's own work directory, or what is named of it. When
 * it throws, everything is where it was, unless the error says otherwise.
 *
 * @param live The directory, which stays.
 * @param replacement The directory whose entries come in, on the same file system; it is removed
 * when it is empty then. It may be missing where nothing comes.
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
  const { store, fs = localFs, isSynced = false } = options;
  const record = planExchange(fs, { live, replacement }, options);
  requireFree(fs, record, options.names);
  requireThere(fs, record);
  const journal = new Journal(fs, openWorkDirectory(fs, store));
  try {
    if (record.coming.length > 0) {
      syncTree(fs, record.replacement, () => isSynced);
      syncNames(fs, record.replacement, join(record.live, "entry"));
    }
    journal.write(record);
    exchange(fs, record);
  } catch (error) {
    throw undoFailed(fs, journal, record, error);
  }
  tidyPlaces(fs, record.replacement, record.coming);
  removeQuietly(journal, record);
  return { aside: hasOld(record) ? record.aside : null };
}

function planExchange(
  fs: WriteFs,
  given: { live: string; replacement: string },
  { aside, database: name, names, now = () => new Date() }: SwapEntriesOptions,
): EntriesRecord {
  const startedAt = now().toISOString();
  const { live, replacement } = {
    live: resolve(given.live),
    replacement: resolve(given.replacement),
  };
  const coming = [...names?.coming ?? fs.list(replacement)];
  const named = new Set([...names?.leaving ?? [], ...coming]);
  requireApart(live, { leaving: names?.leaving ?? [], coming });
  requireFolders(fs, live, coming);
  const standing = listStanding(fs, live, named)
    .filter((entry) => entry !== INNER_WORK_DIRECTORY_NAME);
  const leaving = standing.filter((entry) => names === undefined || named.has(entry));
  // Only one that takes the place of another is a case of its own.
  const isSwapped = name !== null && coming.includes(name) && standing.includes(name);
  const database = isSwapped ? name : null;
  const own = database === null ? [] : [database, ...companionNames(fs, live, database)];
  return {
    kind: "swap-entries",
    id: `${startedAt.replaceAll(/[-:]|\.\d+Z/g, "")}-${fs.makeId()}`,
    startedAt,
    live,
    replacement,
    aside: resolve(aside),
    // What belongs to the database goes with it.
    leaving: orderForLeaving(leaving.filter((entry) => !own.includes(entry)), name),
    coming: orderForComing(coming, name),
    database,
    hadDatabase: isSwapped,
  };
}

function companionNames(fs: WriteFs, directory: string, database: string): string[] {
  return companionsOf(fs, join(directory, database)).map((path) => basename(path));
}

/** A database leaves after everything else, and what stands beside it after it. */
function orderForLeaving(names: readonly string[], database: string | null): string[] {
  return sortByRank(names, (name) => name === database ? 1 : isBeside(name, database) ? 2 : 0);
}

/** A database comes after everything else, also after what stands beside it. */
function orderForComing(names: readonly string[], database: string | null): string[] {
  return sortByRank(names, (name) => name === database ? 2 : isBeside(name, database) ? 1 : 0);
}

function isBeside(name: string, database: string | null): boolean {
  return database !== null && isCompanionName(name, database);
}

function sortByRank(names: readonly string[], rank: (name: string) => number): string[] {
  return names.toSorted((first, second) => rank(first) - rank(second));
}

function requireFree(
  fs: WriteFs,
  { live, replacement, aside, leaving, coming }: EntriesRecord,
  names: SwapNames | undefined,
): void {
  const isNothing = coming.length === 0 && (names === undefined || leaving.length === 0);
  if (isNothing || coming.includes(INNER_WORK_DIRECTORY_NAME)) {
    const what = names === undefined ? "is no store" : `has nothing for ${live}`;
    throw new OperationError("write-failed", `${replacement} ${what}`, {
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

function requireThere(fs: WriteFs, { replacement, coming }: EntriesRecord): void {
  const missing = coming.find((name) => lookAtName(fs, replacement, name) === null);
  if (missing === undefined) return;
  throw new OperationError("not-found", `There is no ${missing} in ${replacement}`, {
    path: replacement,
    hint: "Nothing was changed.",
  });
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
