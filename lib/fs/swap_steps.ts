/**
 * The steps of a swap, each of which leaves a state that the journal's record explains. What the
 * states mean stands in `swap.ts`.
 *
 * @module
 */

import { basename, dirname, join } from "@std/path";
import { OperationError } from "../base/errors.ts";
import { copyFile } from "./copy.ts";
import type { SwapRecord } from "./journal.ts";
import { temporaryPathBeside } from "./names.ts";
import { removeTemporaries, syncNames } from "./tree.ts";
import { ensureDirectory } from "./work_directory.ts";
import type { WriteFs } from "./write_fs.ts";
import { isRefusal } from "./write_errors.ts";

/** The swap of a database, as one step of exchanging the entries of a directory. */
export interface DatabaseSwap extends SwapRecord {
  /** The names of the companions that the new database has, and that come in before it. */
  readonly companions: readonly string[];
}

/** How things stand with a swap. */
export type SwapStanding = "not-begun" | "begun" | "between" | "done" | "lost" | "conflict";

/** What SQLite keeps beside a database: https://sqlite.org/tempfiles.html. */
const COMPANION_SUFFIXES = ["-journal", "-wal", "-shm"] as const;

/**
 * Tells how things stand with a swap.
 *
 * @param fs The file system.
 * @param record The journal's record of it.
 * @returns The standing, by what is there.
 */
export function findStanding(fs: WriteFs, record: SwapRecord): SwapStanding {
  const live = fs.look(record.live) !== null;
  const replacement = fs.look(record.replacement) !== null;
  const aside = fs.look(originalPath(record)) !== null;
  if (!replacement) return live ? "done" : aside ? "lost" : "conflict";
  if (!live) return aside || !record.hadLive ? "between" : "conflict";
  if (!aside) return "not-begun";
  return isSameFile(fs, record.live, originalPath(record)) ? "begun" : "conflict";
}

/** The directories whose names tell how things stand with a swap. */
export function directoriesOf(record: SwapRecord): string[] {
  const { live, replacement, aside } = record;
  return [originalPath(record), aside, live, replacement].map((path) => dirname(path));
}

/** Where the original itself is while it is aside. */
export function originalPath(record: SwapRecord): string {
  return record.kind === "swap-file" ? join(record.aside, basename(record.live)) : record.aside;
}

/**
 * Renames the original aside; a database without companions gets a second name there instead.
 *
 * @param fs The file system.
 * @param record The journal's record of the swap.
 */
export function setAside(fs: WriteFs, record: SwapRecord): void {
  ensureDirectory(fs, dirname(originalPath(record)));
  syncNames(fs, originalPath(record), record.live);
  if (record.kind === "swap-file") {
    const companions = companionsOf(fs, record.live);
    for (const path of companions) keepCompanion(fs, path, record);
    // With companions of either there has to be a moment without a database.
    const isPlain = companions.length === 0 && comingCompanions(record).length === 0;
    const linked = isPlain && isTellable(fs, record.live) &&
      tryLink(fs, record.live, originalPath(record));
    fs.syncDirectory(record.aside);
    if (linked) return;
  }
  fs.rename(record.live, originalPath(record));
  syncBoth(fs, originalPath(record), record.live);
}

/**
 * Renames the replacement in.
 *
 * @param fs The file system.
 * @param record The journal's record of the swap.
 * @throws {OperationError} Another process has taken the place.
 */
export function putIn(fs: WriteFs, record: SwapRecord): void {
  const standing = findStanding(fs, record);
  const isInUse = record.kind === "swap-file" && standing === "begun" &&
    companionsOf(fs, record.live).length > 0;
  // A rename would replace what another process has made, if it is a file or has no entries.
  if (isInUse || (standing !== "between" && standing !== "begun")) {
    throw new OperationError("busy", `Another process has written to ${record.live}`, {
      path: record.live,
      hint: "Stop every process that uses the store, and keep its supervisor from restarting it.",
    });
  }
  if (record.kind === "swap-file") {
    dropCompanions(fs, record);
    bringCompanions(fs, record);
  }
  fs.rename(record.replacement, record.live);
  syncBoth(fs, record.live, record.replacement);
}

/** The companions that a database has. */
export function companionsOf(fs: WriteFs, path: string): string[] {
  return companionNamesOf(path).filter((companion) => fs.look(companion) !== null);
}

/** The names that companions of a database have. */
export function companionNamesOf(database: string): string[] {
  return COMPANION_SUFFIXES.map((suffix) => database + suffix);
}

/** Whether a name is that of a companion of a database, by its name too. */
export function isCompanionName(name: string, database: string): boolean {
  return companionNamesOf(database).includes(name);
}

/** Gives a companion a second name aside. */
function keepCompanion(fs: WriteFs, path: string, record: SwapRecord): void {
  const kept = join(record.aside, basename(path));
  if (fs.look(kept) === null) duplicate(fs, path, kept);
}

/** Takes the companions away from beside the database, which has left. */
function dropCompanions(fs: WriteFs, record: SwapRecord): void {
  const own = comingCompanions(record).filter((name) => hasCome(fs, record, name));
  const companions = companionsOf(fs, record.live).filter((path) => !own.includes(basename(path)));
  if (companions.length === 0) return;
  ensureDirectory(fs, record.aside);
  for (const path of companions) keepCompanion(fs, path, record);
  fs.syncDirectory(record.aside);
  for (const path of companions) fs.removeFile(path);
  fs.syncDirectory(dirname(record.live));
}

/** The names of the companions that come with the replacement. */
function comingCompanions(record: SwapRecord | DatabaseSwap): readonly string[] {
  return "companions" in record ? record.companions : [];
}

function hasCome(fs: WriteFs, { live, replacement }: SwapRecord, name: string): boolean {
  return fs.look(join(dirname(replacement), name)) === null &&
    fs.look(join(dirname(live), name)) !== null;
}

/** Renames the companions in that come with the replacement, before it comes itself. */
function bringCompanions(fs: WriteFs, record: SwapRecord): void {
  const from = dirname(record.replacement);
  const coming = comingCompanions(record).filter((name) => fs.look(join(from, name)) !== null);
  if (coming.length === 0) return;
  const to = dirname(record.live);
  for (const name of coming) fs.rename(join(from, name), join(to, name));
  fs.syncDirectory(to);
  fs.syncDirectory(from);
}

/** Takes those back that have come in, once the replacement is no longer there. */
function takeCompanionsBack(fs: WriteFs, record: SwapRecord): void {
  const back = comingCompanions(record).filter((name) => hasCome(fs, record, name));
  if (back.length === 0) return;
  const [from, to] = [dirname(record.live), dirname(record.replacement)];
  for (const name of back) fs.rename(join(from, name), join(to, name));
  fs.syncDirectory(to);
  fs.syncDirectory(from);
}

/** Gives a file a second name, or a whole copy where the file system has no links. */
function duplicate(fs: WriteFs, path: string, second: string): void {
  if (tryLink(fs, path, second)) return;
  const incomplete = temporaryPathBeside(fs, second, "new");
  copyFile(fs, path, incomplete);
  fs.rename(incomplete, second);
}

function tryLink(fs: WriteFs, path: string, second: string): boolean {
  try {
    fs.linkFile(path, second);
    return true;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return false;
  }
}

/** Whether two names of one file can be told from two files. */
function isTellable(fs: WriteFs, path: string): boolean {
  const facts = fs.look(path);
  return facts?.kind === "file" && facts.inode !== null;
}

function isSameFile(fs: WriteFs, path: string, second: string): boolean {
  const [first, other] = [fs.look(path), fs.look(second)];
  if (first?.kind !== "file" || first.inode === null || other === null) return false;
  // The runtime rounds inodes above 2^53, so they alone would not do.
  return first.inode === other.inode && first.device === other.device &&
    first.sizeBytes === other.sizeBytes && first.modifiedMs === other.modifiedMs;
}

function syncBoth(fs: WriteFs, gained: string, lost: string): void {
  fs.syncDirectory(dirname(gained));
  if (dirname(lost) !== dirname(gained)) fs.syncDirectory(dirname(lost));
}

/**
 * Puts the original back, from wherever a swap stands.
 *
 * @param fs The file system.
 * @param record The journal's record of it.
 */
export function undoSwap(fs: WriteFs, record: SwapRecord): void {
  const original = originalPath(record);
  const standing = findStanding(fs, record);
  if (standing === "conflict") throw createConflictError(record);
  if (standing === "done") {
    fs.rename(record.live, record.replacement);
    syncBoth(fs, record.replacement, record.live);
  }
  if (fs.look(record.live) === null) {
    takeCompanionsBack(fs, record);
    const hasOriginal = fs.look(original) !== null;
    // Companions without a database were put aside too: they may be all that is left of one.
    if (record.kind === "swap-file" && (hasOriginal || !record.hadLive)) {
      restoreCompanions(fs, record);
    }
    if (hasOriginal) {
      fs.rename(original, record.live);
      syncBoth(fs, record.live, original);
    }
  }
  if (record.kind === "swap-file") clearAside(fs, record);
}

/**
 * Gives the companions back their name beside the database, before that returns. While it is there,
 * those beside it are the right ones, and none is right too: an engine may have used it since.
 */
function restoreCompanions(fs: WriteFs, record: SwapRecord): void {
  let restored = false;
  for (const kept of companionsOf(fs, originalPath(record))) {
    const path = join(dirname(record.live), basename(kept));
    if (fs.look(path) !== null) continue;
    duplicate(fs, kept, path);
    restored = true;
  }
  if (restored) fs.syncDirectory(dirname(record.live));
}

/** Takes away the second names aside, now that everything has its first one again. */
function clearAside(fs: WriteFs, record: SwapRecord): void {
  if (fs.look(record.aside)?.kind !== "directory") return;
  const original = originalPath(record);
  if (isSameFile(fs, record.live, original)) fs.removeFile(original);
  for (const kept of companionsOf(fs, original)) fs.removeFile(kept);
  removeTemporaries(fs, record.aside);
  // Where all entries of a directory are exchanged, others are there too.
  if (fs.list(record.aside).length > 0) return fs.syncDirectory(record.aside);
  fs.removeDirectory(record.aside);
  fs.syncDirectory(dirname(record.aside));
}

/**
 * Makes the error for a swap that cannot go on, nor back, for somebody else has the place.
 *
 * @param record The journal's record of it.
 * @returns The error, which names every path.
 */
export function createConflictError(record: SwapRecord): OperationError {
  const { live, replacement } = record;
  return new OperationError(
    "busy",
    `${live} is neither the original, which is ${originalPath(record)}, nor the replacement, ` +
      `which is ${replacement}`,
    {
      path: live,
      hint: `Stop every process that uses the store, move ${live} out of the way, and run ` +
        "vecfsck on the store again.",
    },
  );
}
