/**
 * Telling trouble with the machine from damage of a database.
 *
 * @module
 */

import { OperationError, toOperationError } from "../base/errors.ts";
import { type OpenOptions, SQLITE_RESULT, SqliteError, StoreDatabase } from "./database.ts";

/** SQLite's primary result codes that say nothing about the data; see sqlite.org/rescode.html. */
const MACHINE_CODES = {
  permission: 3,
  busy: 5,
  locked: 6,
  outOfMemory: 7,
  interrupted: 9,
  readFailed: 10,
  full: 13,
  cannotOpen: 14,
  protocol: 15,
  noLargeFiles: 22,
  notAuthorised: 23,
} as const;

/**
 * Turns an error of SQLite that says nothing about the data into one of the operation.
 *
 * @param error What was thrown while the database was read.
 * @param path The database file.
 * @returns The error to throw; null where the data is at fault, or it is no error of SQLite.
 */
export function toMachineError(error: unknown, path: string): OperationError | null {
  if (!(error instanceof SqliteError)) return null;
  const code = error.primaryCode;
  const writing = code === MACHINE_CODES.busy || code === MACHINE_CODES.locked ||
    // A journal has become hot between two statements.
    error.resultCode === SQLITE_RESULT.READONLY_ROLLBACK;
  if (writing) return createBusyError(path, error);
  if (!Object.values<number>(MACHINE_CODES).includes(code)) return null;
  if (code === MACHINE_CODES.full) {
    return new OperationError("no-space", `No space left while writing ${path}`, {
      path,
      hint: "The check needs room there for a copy of the database; TMPDIR names another place.",
      cause: error,
    });
  }
  return new OperationError("read-failed", `Cannot read ${path}: ${error.message}`, {
    path,
    hint: code === MACHINE_CODES.protocol
      ? "The file system does not do SQLite's locks; check a copy on a local disk."
      : "Look into the kernel's log for errors of the disk, and at the free memory.",
    cause: error,
  });
}

/** Makes the error for a database that another process is writing. */
export function createBusyError(path: string, cause?: unknown): OperationError {
  return new OperationError("busy", `Another process is writing to ${path}`, {
    path,
    hint:
      "Stop every process that uses the store (the server, the application), or check a backup.",
    ...(cause === undefined ? {} : { cause }),
  });
}

/**
 * Lets pass what a damaged database makes SQLite throw, and throws everything else.
 *
 * @param error What was thrown while the database was read.
 * @param path The database file, for messages.
 * @returns The error, which the data has caused.
 * @throws {OperationError} The machine or another process is at fault.
 */
export function requireDataError(error: unknown, path = "the database"): SqliteError {
  const machineError = toMachineError(error, path);
  if (machineError !== null) throw machineError;
  if (!(error instanceof SqliteError)) throw error;
  return error;
}

/**
 * Opens a connection.
 *
 * @param path The database file.
 * @param options How it is opened.
 * @returns The connection; nothing has been read yet.
 * @throws {OperationError} It cannot be opened; reading nothing, that is never the data's fault.
 */
export function openConnection(path: string, options: OpenOptions): StoreDatabase {
  try {
    return StoreDatabase.open(path, options);
  } catch (error) {
    throw toMachineError(error, path) ?? toOperationError(error, path);
  }
}
