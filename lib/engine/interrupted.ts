/**
 * What a check says of changes that a crash of vecfsck has interrupted. Nothing is brought in order
 * here: a check writes nothing; the other verbs do that when they begin.
 *
 * @module
 */

import { relative } from "@std/path";
import { OperationError } from "../base/errors.ts";
import type { JournalRecord } from "../fs/journal.ts";
import { localFs } from "../fs/platform.ts";
import { listInterruptedChanges } from "../fs/recover.ts";
import { createFinding, type Finding } from "../model/finding.ts";
import { readTransactionRecord, type TransactionRecord } from "./transaction_record.ts";

/**
 * Reads the records of changes of a store that were begun and not ended.
 *
 * @param path The store's directory; it may be missing.
 * @returns The records; none where their place cannot be looked at.
 * @throws {OperationError} `busy`: another vecfsck is changing the store just now.
 */
export function readInterruptedChanges(path: string): JournalRecord[] {
  let records: JournalRecord[];
  try {
    records = listInterruptedChanges(path);
  } catch {
    // A store that may be read can lie where nothing beside it may be.
    return [];
  }
  if (records.length > 0 && isLocked(path)) {
    throw new OperationError("busy", "Another vecfsck is changing the store", {
      path,
      hint: "Wait until it is done.",
    });
  }
  return records;
}

/** Whether somebody holds the lock of a directory; taking it for a moment writes nothing. */
function isLocked(path: string): boolean {
  try {
    const lock = localFs.tryLock(localFs.resolve(path));
    lock?.release();
    return lock === null;
  } catch {
    return false;
  }
}

/**
 * Judges interrupted changes.
 *
 * @param storePath The store's directory.
 * @param records The records of the changes.
 * @returns A finding for each.
 */
export function checkInterruptedChanges(
  storePath: string,
  records: readonly JournalRecord[],
): Finding[] {
  return records.map((record) => {
    const changed = record.kind === "move" ? record.source : record.live;
    const path = relative(storePath, changed).replaceAll("\\", "/");
    return createFinding("change-interrupted", {
      path: path === "" || path.startsWith("..") ? null : path,
      message: `A change of ${changed} that vecfsck began at ${record.startedAt} was interrupted`,
      detail: { kind: record.kind, startedAt: record.startedAt },
    });
  });
}

/**
 * Reads the record of a guarded write that was begun and not ended.
 *
 * @param path The store's directory.
 * @returns The record; null where there is none, where the write is under way, or where its place
 * cannot be looked at.
 */
export function readInterruptedTransaction(path: string): TransactionRecord | null {
  try {
    const record = readTransactionRecord(localFs, path);
    return record === null || isLocked(path) ? null : record;
  } catch {
    // A store that may be read can lie where nothing beside it may be.
    return null;
  }
}

/**
 * Judges a guarded write that was interrupted.
 *
 * @param record Its record, or null.
 * @returns A finding, or none.
 */
export function checkInterruptedTransaction(record: TransactionRecord | null): Finding[] {
  if (record === null) return [];
  const { path, startedAt, backup } = record;
  const message = startedAt === null || backup === null
    ? `A guarded write was interrupted, and its record ${path} is damaged`
    : `A guarded write that began at ${startedAt} was interrupted; ${backup} holds the store as ` +
      `it was before, and ${path} is its record`;
  return [
    createFinding("transaction-interrupted", {
      message,
      detail: { startedAt, backup, record: path },
    }),
  ];
}

/**
 * Explains a store that is missing because a crash came between the two renames of its swap.
 *
 * @param error What was thrown when the store was looked for.
 * @param path Where it was looked for.
 * @returns The error to throw.
 */
export function explainMissingStore(error: unknown, path: string): unknown {
  const isMissing = error instanceof OperationError &&
    (error.code === "not-found" || error.code === "not-a-store");
  if (!isMissing || readInterruptedChanges(path).length === 0) return error;
  return new OperationError(error.code, `${error.message}; a change of it was interrupted`, {
    path,
    hint: `Nothing is lost. Run \`vecfsck quarantine list ${path}\`: it completes or undoes the ` +
      "change and says where everything is.",
    cause: error,
  });
}
