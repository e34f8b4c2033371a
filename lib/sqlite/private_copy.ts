/**
 * A private copy of a database, in which SQLite may do what it does at every start.
 *
 * @module
 */

import type { ScratchDirectory } from "../fs/scratch.ts";
import type { DatabaseFileFacts, DatabaseFiles } from "./database_files.ts";
import { createBusyError, openConnection, requireDataError } from "./machine_error.ts";

/** Which of the files beside a database are left behind. */
export interface LeftBehind {
  /** Whether the rollback journal stays behind: then nothing is rolled back in the copy. */
  readonly journal?: boolean;
  /** Whether the write-ahead log stays behind: then nothing is applied to the copy. */
  readonly log?: boolean;
}

/**
 * Copies the files as they were at one moment; a writer at work gets a second chance to pause.
 *
 * @param files The files of the database.
 * @param scratch Where the copies go.
 * @param leftBehind What is not copied, though SQLite would use it.
 * @returns What the copied files say, and the path of the database among them.
 * @throws {OperationError} A file cannot be copied, or another process writes all the time.
 */
export function copyDatabase(
  files: DatabaseFiles,
  scratch: ScratchDirectory,
  leftBehind: LeftBehind = {},
): { facts: DatabaseFileFacts; path: string } {
  for (const name of ["database", "database-again"]) {
    const before = files.stamp();
    const facts = files.readFacts();
    const path = scratch.copyIn(files.path, name);
    // The path of a super-journal at the end would have SQLite look at, and delete, a file outside
    // the copy: one more byte, and it is not found there.
    if (facts.journal.state === "hot" && leftBehind.journal !== true) {
      scratch.copyIn(files.journalPath, `${name}-journal`, Uint8Array.of(0));
    }
    const usesLog = facts.log.state === "pending" && leftBehind.log !== true;
    if (usesLog) scratch.copyIn(files.logPath, `${name}-wal`);
    if (files.stamp() === before) return { facts, path };
  }
  throw createBusyError(files.path);
}

/**
 * Has SQLite do to the copy what the next process that opens the database would do to it, and takes
 * it out of WAL mode, so that every thread can open it.
 *
 * @param path The copy.
 * @throws {OperationError} The copy cannot be written.
 */
export function settleCopy(path: string): void {
  using database = openConnection(path, { writable: true });
  try {
    database.execute("PRAGMA synchronous = OFF");
    database.rows("PRAGMA journal_mode = DELETE");
    database.rows("SELECT count(*) FROM sqlite_schema");
  } catch (error) {
    // Damage shows again, and is told, when the copy is opened for reading.
    requireDataError(error, path);
  }
}
