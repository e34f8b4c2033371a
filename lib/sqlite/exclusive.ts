/**
 * Keeping every other process out of a database while its files, or those that belong to it, are
 * changed.
 *
 * An exclusive transaction of SQLite is held meanwhile. Nothing of the store is written for it: a
 * transaction that another process has left unfinished is not rolled back, and a write-ahead log is
 * not emptied. Where there is something of that kind, the lock is taken through a second name of
 * the file (a hard link in the work directory), for locks belong to the file and its companions to
 * the name.
 *
 * What was measured with SQLite 3.53, Chroma 0.5.23 and 1.5.9:
 *
 * - A process that only has the database open holds no lock in the journal mode that the engines
 *   use, so it is not noticed. After a swap its next write fails: SQLite sees that the file has
 *   moved (1032, attempt to write a readonly database). In WAL mode it is noticed.
 * - Opening the database in this process and closing it again ends the lock, for so POSIX has it.
 *   The action may look at the file, link it and rename it, and must not open it.
 * - On Windows the lock cannot be kept, for SQLite's handle keeps the file from being renamed; but
 *   then so does the handle of any other process. The lock is taken to see that it can be, and
 *   released before the action.
 *
 * @module
 */

import { basename, dirname, join } from "@std/path";
import { OperationError } from "../base/errors.ts";
import { localFs } from "../fs/platform.ts";
import { BoundedFile } from "../fs/read_fs.ts";
import { removeTreeQuietly } from "../fs/tree.ts";
import { openWorkDirectory, removeIfEmpty } from "../fs/work_directory.ts";
import { temporaryPathBeside } from "../fs/names.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import { errorCodeOf, isRefusal, toWriteError } from "../fs/write_errors.ts";
import { SQLITE_RESULT, SqliteError, StoreDatabase } from "./database.ts";
import { DATABASE_HEADER_SIZE_BYTES, parseDatabaseHeader } from "./file_header.ts";
import { requireDataError } from "./machine_error.ts";

/** How other processes are kept out. */
export interface ExclusiveOptions {
  /** How long a transaction of another process is waited for, in milliseconds; 2,000 by default. */
  busyTimeoutMs?: number;
  /** The file system; this machine's by default. */
  fs?: WriteFs;
  /** Whether the lock can be kept while files are renamed; not on Windows. */
  canKeep?: boolean;
}

/** What the action is told of the lock. */
export interface Exclusion {
  /**
   * Whether the database is locked, or on Windows was free a moment ago. A file that is missing or
   * that SQLite refuses cannot be locked: no process can have a transaction in it either.
   */
  readonly locked: boolean;
}

/**
 * Runs an action while no other process can read or write a database.
 *
 * @param path The database file; it may be missing or damaged.
 * @param action What is done meanwhile, without a pause for anything asynchronous; it does not open
 * the file.
 * @param options How long is waited.
 * @returns What the action returns.
 * @throws {OperationError} `busy`: another process uses the database; the error says what to stop.
 * And whatever the action throws.
 *
 * @example
 * ```ts ignore
 * withExclusiveDatabase("/data/store/chroma.sqlite3", () => {
 *   swapDirectory("/data/store/segment", rebuilt, { store: "/data/store" });
 * });
 * ```
 */
export function withExclusiveDatabase<Result>(
  path: string,
  action: (exclusion: Exclusion) => Result,
  options: ExclusiveOptions = {},
): Result {
  const { fs = localFs, canKeep = Deno.build.os !== "windows" } = options;
  const lock = takeLock(fs, path, options);
  if (lock === null) return action({ locked: false });
  if (canKeep) {
    using _held = lock;
    return action({ locked: true });
  }
  lock[Symbol.dispose]();
  return action({ locked: true });
}

/** Locks the database; null where that is impossible for every process. */
function takeLock(fs: WriteFs, path: string, options: ExclusiveOptions): Disposable | null {
  if (fs.look(path) === null) return null;
  const resolved = fs.resolve(path);
  return isSettled(fs, resolved)
    ? lockFile(resolved, path, options)
    : lockThroughLink(fs, resolved, path, options);
}

/** Whether opening the database finds nothing to roll back, to apply or to delete. */
function isSettled(fs: WriteFs, path: string): boolean {
  const companions = ["-journal", "-wal", "-shm"].map((suffix) => fs.look(path + suffix));
  if (companions.some((facts) => facts !== null && facts.sizeBytes > 0)) return false;
  using file = BoundedFile.open(path);
  const header = parseDatabaseHeader(file.read(0, DATABASE_HEADER_SIZE_BYTES));
  return header !== null && header.writeVersion !== 2 && header.readVersion !== 2;
}

/** Begins an exclusive transaction; null where SQLite refuses the file whatever is done. */
function lockFile(file: string, path: string, options: ExclusiveOptions): Disposable | null {
  const { busyTimeoutMs = 2_000 } = options;
  let database: StoreDatabase | null = null;
  try {
    database = StoreDatabase.open(file, { writable: true, busyTimeoutMs });
    // In WAL mode only this keeps readers out too, and needs no memory shared with them.
    database.rows("PRAGMA locking_mode = EXCLUSIVE");
    // Not by execute(): the runtime gives its errors no result code.
    database.rows("BEGIN EXCLUSIVE");
    return database;
  } catch (error) {
    database?.close();
    return requireDataErrorOrBusy(error, path);
  }
}

function requireDataErrorOrBusy(error: unknown, path: string): null {
  if (error instanceof SqliteError && error.primaryCode === SQLITE_RESULT.READONLY) {
    throw new OperationError("permission-denied", `No permission to write ${path}`, {
      path,
      hint: "Run as the user that owns the store, or as root, and where it may be written.",
      cause: error,
    });
  }
  try {
    requireDataError(error, path);
    return null;
  } catch (machineError) {
    if (!(machineError instanceof OperationError) || machineError.code !== "busy") {
      throw machineError;
    }
    throw new OperationError("busy", `Another process is using ${path}`, {
      path,
      hint: "Stop every process that uses the store (the Chroma server, or each program that has " +
        "it open with PersistentClient), and keep supervisors from restarting them meanwhile.",
      cause: error,
    });
  }
}

/** Locks the database under a second name, beside which there are no companions. */
function lockThroughLink(
  fs: WriteFs,
  file: string,
  path: string,
  options: ExclusiveOptions,
): Disposable | null {
  const workDirectory = openWorkDirectory(fs, dirname(file));
  const directory = temporaryPathBeside(fs, join(workDirectory, "database"), "new");
  const remove = (): void => {
    removeTreeQuietly(fs, directory);
    removeIfEmpty(fs, workDirectory);
  };
  try {
    fs.makeDirectory(directory, 0o700);
    const link = join(directory, basename(file));
    linkOrExplain(fs, file, link);
    const lock = lockFile(link, path, options);
    if (lock === null) remove();
    return lock === null ? null : {
      [Symbol.dispose]: () => {
        lock[Symbol.dispose]();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw toWriteError(error, directory);
  }
}

function linkOrExplain(fs: WriteFs, file: string, link: string): void {
  try {
    fs.linkFile(file, link);
  } catch (error) {
    if (!isRefusal(error) && errorCodeOf(error) !== "EXDEV") throw error;
    throw new OperationError(
      "busy",
      `${file} has an unfinished transaction and cannot be locked without finishing it here`,
      {
        path: file,
        hint: "Open the store once with its engine and stop that again, or work on a copy on a " +
          "file system that has hard links.",
        cause: error,
      },
    );
  }
}
