/**
 * The steps of exchanging entries of a directory, and how they are taken back. What the states mean
 * stands in `swap_entries.ts`.
 *
 * @module
 */

import { dirname, join } from "@std/path";
import { OperationError } from "../base/errors.ts";
import { foldersOf, lookAtName, placesOf } from "./entry_names.ts";
import type { EntriesRecord } from "./journal.ts";
import {
  type DatabaseSwap,
  findStanding,
  isCompanionName,
  putIn,
  setAside,
  undoSwap,
} from "./swap_steps.ts";
import { settleNames } from "./tree.ts";
import { ensureDirectory, removeIfEmpty } from "./work_directory.ts";
import type { WriteFs } from "./write_fs.ts";

/** Whether anything goes aside. */
export function hasOld({ leaving, hadDatabase }: EntriesRecord): boolean {
  return leaving.length > 0 || hadDatabase;
}

/**
 * Exchanges the entries, in the order that {@linkcode swapEntries} tells of.
 *
 * @param fs The file system.
 * @param record The journal's record of it.
 * @throws The system's error, unchanged; or an error that says who has taken a place.
 */
export function exchange(fs: WriteFs, record: EntriesRecord): void {
  const { live, replacement, aside, leaving } = record;
  if (hasOld(record)) ensureDirectory(fs, aside);
  ensureFolders(fs, aside, { names: leaving, model: live });
  renameAll(fs, leaving, live, aside);
  const others = othersOf(record);
  // Where it is a database, everything else is there for good before it comes.
  renameAll(fs, others.slice(0, -1), replacement, live);
  renameAll(fs, others.slice(-1), replacement, live);
  const swap = databaseSwapOf(record);
  if (swap === null) return;
  if (swap.hadLive) setAside(fs, swap);
  putIn(fs, swap);
}

/** What comes, but for the database that takes the place of another, and what belongs to it. */
function othersOf({ coming, database }: EntriesRecord): string[] {
  return coming.filter((name) => !belongsTo(database, name));
}

function belongsTo(database: string | null, name: string): boolean {
  return database !== null && (name === database || isCompanionName(name, database));
}

function renameAll(fs: WriteFs, names: readonly string[], from: string, to: string): void {
  if (names.length === 0) return;
  for (const name of names) {
    requireAbsent(fs, join(to, name));
    fs.rename(join(from, name), join(to, name));
  }
  // A name must have left for good before another takes it.
  for (const place of [...placesOf(to, names), ...placesOf(from, names)]) fs.syncDirectory(place);
}

/** Makes the directories in which entries of directories get their place. */
function ensureFolders(
  fs: WriteFs,
  directory: string,
  { names, model }: { readonly names: readonly string[]; readonly model: string },
): void {
  for (const folder of foldersOf(names)) {
    ensureDirectory(fs, join(directory, folder), join(model, folder));
  }
}

/**
 * Removes what an exchange has left empty: a directory of its own, and those in it that held single
 * entries. The latter are gone for good then, so that nobody wonders what was in them.
 *
 * @param fs The file system.
 * @param directory The directory.
 * @param names The names of what was in it.
 */
export function tidyPlaces(fs: WriteFs, directory: string, names: readonly string[]): void {
  const folders = foldersOf(names).map((folder) => join(directory, folder));
  removeIfEmpty(fs, ...folders);
  try {
    if (folders.length > 0) settleNames(fs, [directory]);
  } catch {
    // What stays is empty: tidying up is not worth an error.
  }
  removeIfEmpty(fs, directory);
}

function requireAbsent(fs: WriteFs, path: string): void {
  if (fs.look(path) === null) return;
  throw new OperationError("busy", `Another process has made ${path}`, {
    path,
    hint: "Stop every process that uses the store, and keep its supervisor from restarting it.",
  });
}

/** The swap of the database by itself, whose record is never written down. */
function databaseSwapOf(record: EntriesRecord): DatabaseSwap | null {
  const { id, startedAt, live, replacement, aside, coming, database, hadDatabase } = record;
  if (database === null) return null;
  return {
    kind: "swap-file",
    id,
    startedAt,
    live: join(live, database),
    hadLive: hadDatabase,
    replacement: join(replacement, database),
    aside,
    companions: coming.filter((name) => isCompanionName(name, database)),
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
  const { live, replacement, aside, leaving, coming } = record;
  const folders = foldersOf([...leaving, ...coming]);
  settleNames(fs, [
    ...[live, replacement, aside].flatMap((place) => folders.map((name) => join(place, name))),
    ...[live, replacement, aside, dirname(aside)],
  ]);
  const swap = databaseSwapOf(record);
  const standing = swap === null ? null : findStanding(fs, swap);
  if (standing === "conflict") return "conflict";
  if (swap !== null && standing === "between" && swap.hadLive) putIn(fs, swap);
  const isDone = swap === null
    ? hasEnded(fs, record)
    : standing === "done" || (standing === "between" && swap.hadLive);
  if (isDone) {
    tidyPlaces(fs, replacement, coming);
    return "completed";
  }
  if (findConflicts(fs, record).length > 0) return "conflict";
  undoEntries(fs, record);
  return "undone";
}

/** Whether an exchange without a database that takes the place of another has come to its end. */
function hasEnded(
  fs: WriteFs,
  { live, replacement, aside, leaving, coming }: EntriesRecord,
): boolean {
  const isIn = (directory: string, name: string): boolean =>
    lookAtName(fs, directory, name) !== null;
  return coming.length > 0
    ? coming.every((name) => !isIn(replacement, name))
    : leaving.every((name) => isIn(aside, name) || !isIn(live, name));
}

/**
 * Finds what somebody has made under names whose old and new entries are both elsewhere.
 *
 * @param fs The file system.
 * @param record The journal's record of the exchange.
 * @returns The paths.
 */
export function findConflicts(fs: WriteFs, record: EntriesRecord): string[] {
  const { live, replacement, aside, leaving } = record;
  const isIn = (directory: string, name: string): boolean =>
    lookAtName(fs, directory, name) !== null;
  const [old, fresh] = [new Set(leaving), new Set(othersOf(record))];
  const foreign = [...old.union(fresh)].filter((name) => {
    const hasLeft = !old.has(name) || isIn(aside, name);
    const hasCome = fresh.has(name) && !isIn(replacement, name);
    return isIn(live, name) && hasLeft && !hasCome;
  });
  const swap = databaseSwapOf(record);
  const isTaken = swap !== null && findStanding(fs, swap) === "conflict";
  return [...foreign.map((name) => join(live, name)), ...(isTaken ? [swap.live] : [])];
}

/** Puts everything back, from wherever an exchange stands before its end. */
export function undoEntries(fs: WriteFs, record: EntriesRecord): void {
  const { live, replacement, aside, leaving } = record;
  const isIn = (directory: string, name: string): boolean =>
    lookAtName(fs, directory, name) !== null;
  // The database first: while it is the new one, the others are too.
  const swap = databaseSwapOf(record);
  if (swap !== null) undoSwap(fs, swap);
  const old = new Set(leaving);
  const hasLeft = (name: string): boolean => !old.has(name) || isIn(aside, name);
  const back = othersOf(record).filter((name) =>
    isIn(live, name) && !isIn(replacement, name) && hasLeft(name)
  );
  renameAll(fs, back.reverse(), live, replacement);
  const held = leaving.filter((name) => isIn(aside, name));
  // An engine may have removed a directory since, with everything that it had still in it.
  ensureFolders(fs, live, { names: held, model: aside });
  renameAll(fs, held.reverse(), aside, live);
  tidyPlaces(fs, aside, leaving);
}
