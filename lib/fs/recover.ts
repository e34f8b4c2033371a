/**
 * Bringing in order what a crash has left of swaps and moves.
 *
 * @module
 */

import { join } from "@std/path";
import type { OperationError } from "../base/errors.ts";
import { findForeignPath } from "./confine.ts";
import { findConflicts, recoverEntries } from "./entries_steps.ts";
import {
  type EntriesRecord,
  Journal,
  JOURNAL_DIRECTORY_NAME,
  type JournalRecord,
  pathsOf,
  type SwapRecord,
} from "./journal.ts";
import { acquireStoreLock, isLockName, type StoreLock } from "./lock.ts";
import { recoverMove } from "./move.ts";
import { isTemporaryName } from "./names.ts";
import { localFs } from "./platform.ts";
import { REPLACED_DIRECTORY_NAME } from "./swap.ts";

import { directoriesOf, findStanding, originalPath, putIn, undoSwap } from "./swap_steps.ts";
import { isAbove, removeTemporaries, settleNames } from "./tree.ts";
import { findWorkDirectories, removeIfEmpty } from "./work_directory.ts";
import type { WriteFs } from "./write_fs.ts";
import { toWriteError } from "./write_errors.ts";

/** What became of a change that a crash had interrupted. */
export interface RecoveredChange {
  /**
   * `completed`: the replacement is in its place, or the moved data. `undone`: the original is.
   * `conflict`: somebody else has the place, and nothing was touched. `failed`: the disk refused.
   * `unreadable`: the record itself is damaged.
   */
  readonly outcome: "completed" | "undone" | "conflict" | "failed" | "unreadable";
  /** The record, or null where it cannot be read. */
  readonly record: JournalRecord | null;
  /** What the user is told: a sentence that names every path, without a final period. */
  readonly message: string;
  /** Why it failed, or null. */
  readonly error: OperationError | null;
}

/** How changes are recovered. */
export interface RecoverOptions {
  /** The file system; this machine's by default. */
  fs?: WriteFs;
  /** The lock of the store, where the caller holds it already. */
  lock?: StoreLock;
}

/**
 * Tells whether a crash has interrupted a change of a store. Nothing is written: a check calls this
 * where the other verbs call {@linkcode recoverSwaps}.
 *
 * @param store The store's directory, which may be missing.
 * @param options The file system.
 * @returns The records of the changes, which may also be those of a run that is under way.
 */
export function listInterruptedChanges(
  store: string,
  { fs = localFs }: RecoverOptions = {},
): JournalRecord[] {
  return findWorkDirectories(fs, store).flatMap((workDirectory) =>
    new Journal(fs, workDirectory).read().records
  );
}

/**
 * Completes or undoes every change of a store that a crash has interrupted. Every verb that writes
 * calls this first. The engine must be kept out where there is something to recover.
 *
 * @param store The store's directory; it may be missing, for the crash may have been in between.
 * @param options The lock, where the caller holds it.
 * @returns What was found and what became of it, to be reported; mostly nothing.
 * @throws {OperationError} Another vecfsck is at work on the store.
 *
 * @example
 * ```ts ignore
 * for (const { outcome, message } of recoverSwaps("/data/store")) report(outcome, message);
 * ```
 */
export function recoverSwaps(store: string, options: RecoverOptions = {}): RecoveredChange[] {
  const { fs = localFs, lock } = options;
  if (!hasAnything(fs, store)) return [];
  const own = lock === undefined ? acquireStoreLock(store, { fs }) : null;
  try {
    // Whoever held the lock before may have put everything in order.
    return findWorkDirectories(fs, store).flatMap((workDirectory) =>
      recoverWorkDirectory(fs, workDirectory)
    );
  } finally {
    own?.release();
  }
}

/** Whether a run has left anything that it takes away when it ends by itself. */
function hasAnything(fs: WriteFs, store: string): boolean {
  return findWorkDirectories(fs, store).map(fs.list).some((names) =>
    names.length === 0 ||
    names.some((name) =>
      name === JOURNAL_DIRECTORY_NAME || isLockName(name) || isTemporaryName(name)
    )
  );
}

function recoverWorkDirectory(fs: WriteFs, workDirectory: string): RecoveredChange[] {
  const journal = new Journal(fs, workDirectory);
  journal.settle();
  const { records, unreadable } = journal.read();
  const changes = records.map((record) => {
    const foreign = findForeignPath(fs, workDirectory, record);
    return foreign === null ? recoverRecord(fs, journal, record) : refuse(record, foreign);
  });
  for (const path of unreadable) {
    changes.push({
      outcome: "unreadable",
      record: null,
      message: `The record ${path} of an interrupted change is damaged; nothing was touched`,
      error: null,
    });
  }
  journal.tidy();
  removeUnused(fs, workDirectory, changes);
  removeIfEmpty(fs, join(workDirectory, REPLACED_DIRECTORY_NAME), workDirectory);
  return changes;
}

/** What leads elsewhere may have come with a store that somebody else has made. */
function refuse(record: JournalRecord, foreign: string): RecoveredChange {
  return {
    outcome: "conflict",
    record,
    message: `The record ${record.id} of a change that was interrupted (begun at ` +
      `${record.startedAt}) leads to ${foreign}, which is no part of the store; nothing was touched`,
    error: null,
  };
}

/** Removes temporary entries, but for those that a change is about which stays as it is. */
function removeUnused(
  fs: WriteFs,
  workDirectory: string,
  changes: readonly RecoveredChange[],
): void {
  const open = changes.filter(({ outcome }) => outcome !== "completed" && outcome !== "undone");
  // What a record is about that cannot be read is not known.
  if (open.some(({ record }) => record === null)) return;
  const used = open.flatMap(({ record }) => record === null ? [] : pathsOf(record));
  removeTemporaries(fs, workDirectory, (path) => used.some((inner) => isAbove(path, inner)));
}

function recoverRecord(fs: WriteFs, journal: Journal, record: JournalRecord): RecoveredChange {
  try {
    const outcome = recoverChange(fs, record);
    if (outcome !== "conflict") journal.remove(record);
    const message = outcome === "conflict" && record.kind === "swap-entries"
      ? describeConflict(fs, record)
      : describe(record, outcome);
    return { outcome, record, message, error: null };
  } catch (error) {
    const path = record.kind === "move" ? record.source : record.live;
    const failure = toWriteError(error, path);
    return { outcome: "failed", record, message: failure.message, error: failure };
  }
}

function recoverChange(
  fs: WriteFs,
  record: JournalRecord,
): "completed" | "undone" | "conflict" {
  switch (record.kind) {
    case "move":
      return recoverMove(fs, record);
    case "swap-entries":
      return recoverEntries(fs, record);
    case "swap-directory":
    case "swap-file":
      return recoverSwap(fs, record);
  }
}

function recoverSwap(
  fs: WriteFs,
  record: SwapRecord,
): "completed" | "undone" | "conflict" {
  settleNames(fs, directoriesOf(record));
  switch (findStanding(fs, record)) {
    case "between":
      putIn(fs, record);
      return "completed";
    case "done":
      return "completed";
    case "conflict":
      return "conflict";
    case "not-begun":
    case "begun":
    case "lost":
      undoSwap(fs, record);
      return "undone";
  }
}

function describeConflict(fs: WriteFs, record: EntriesRecord): string {
  const { startedAt, live, replacement, aside } = record;
  return `Cannot complete a change that was interrupted (begun at ${startedAt}): another process ` +
    `has made ${findConflicts(fs, record).join(", ")}; the original entries are in ${aside} and ` +
    `${live}, the new ones in ${replacement} and ${live}; nothing was touched`;
}

function describe(record: JournalRecord, outcome: "completed" | "undone" | "conflict"): string {
  const when = `that was interrupted (begun at ${record.startedAt})`;
  if (record.kind === "move") {
    const { source, destination } = record;
    switch (outcome) {
      case "completed":
        return `Completed a move ${when}: ${source} is now ${destination}`;
      case "undone":
        return `Undid a move ${when}: ${source} is where it was`;
      case "conflict":
        return `Cannot complete a move ${when}: ${source} and ${destination} are not the same; ` +
          "nothing was touched";
    }
  }
  const { live, replacement } = record;
  const hadLive = record.kind === "swap-entries" || record.hadLive;
  const original = record.kind === "swap-entries" ? record.aside : originalPath(record);
  switch (outcome) {
    case "completed":
      return `Completed a change ${when}: ${live} is the replacement` +
        (hadLive ? `, the original is in ${original}` : "");
    case "undone":
      return `Undid a change ${when}: ${live} is the original, the replacement is ${replacement}`;
    case "conflict":
      return `Cannot complete a change ${when}: ${live} is neither the original (${original}) ` +
        `nor the replacement (${replacement}); nothing was touched`;
  }
}
