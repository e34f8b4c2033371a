/**
 * Copying a database that other processes may be writing, as it is at one instant.
 *
 * It is SQLite's online backup, from within a read transaction. What was measured and looked up
 * with SQLite 3.53 in Deno 2.9 and Chroma 0.4 to 1.5, which use a rollback journal:
 *
 * - Copied step by step without a transaction, every commit of another process has the backup begin
 *   again, and under a steady writer it never ends; a busy database has the runtime spin for ever.
 *   Within a read transaction neither can happen: what is copied is the state at its begin.
 * - The price: no other process can commit until the copy is done, 0.3 s for 212 MB. It waits, as
 *   every process with a busy timeout does: in Chroma 1.x it is 1,000 s
 *   (`rust/sqlite/src/config.rs`), in 0.4 to 0.6 too (`sqlite_pool.py`). While one waits to commit,
 *   readers that come after it wait as well.
 * - The transaction can be held for longer than the copy: then nothing at all is committed, and an
 *   engine comes to rest. That is how the files beside a database are copied that never rests.
 * - Chroma 0.4 to 0.6 flush an index within the transaction whose records go into it
 *   (`embeddings_queue.py` notifies before it commits). A copy that begins while such a one is open
 *   would have the index of after it and the database of before. So a second connection takes the
 *   one lock that a writer needs, without writing anything: there is no open transaction then, and
 *   none begins. A file that may only be read is held without it.
 * - A second descriptor of the database in this process, once closed, ends the lock without a word,
 *   for so POSIX has it. Between {@linkcode holdDatabase} and the release the file must not be
 *   opened, only looked at.
 * - A hot journal whose writer is gone, and a database in WAL mode, are copied by way of a private
 *   copy (`reading.ts`), for SQLite would change files of the store.
 * - The copy has another change counter and the version of this SQLite in its header; every other
 *   byte is the same, where nothing had to be rolled back or applied.
 *
 * @module
 */

import { OperationError, toOperationError } from "../base/errors.ts";
import { SQLITE_RESULT, SqliteError, type StoreDatabase } from "./database.ts";
import { sleep } from "../fs/platform.ts";
import { DatabaseFiles } from "./database_files.ts";
import { openConnection, requireDataError, toMachineError } from "./machine_error.ts";
import { openForReading } from "./reading.ts";

/** A database that stays as it is until it is released. */
export interface HeldDatabase extends Disposable {
  /**
   * Copies the state at which the database is held.
   *
   * @param target The copy, which does not exist yet.
   * @throws {OperationError} It cannot be written, or the database not be read.
   */
  copyTo(target: string): Promise<void>;
}

/** How a database is held. */
export interface HoldOptions {
  /** How long a transaction of another process is waited for, in milliseconds. */
  busyTimeoutMs?: number;
}

/** A commit of the engines takes milliseconds, a large one a second or two. */
const BUSY_TIMEOUT_MS = 10_000;

/** Of the pauses in which another process can end its transaction. */
const LONGEST_PAUSE_MS = 10;

/**
 * Takes hold of the state of a database. Nothing in its directory is changed.
 *
 * @param path The database file; it exists.
 * @param options How long is waited for a transaction that is being committed.
 * @returns The database, or null where SQLite refuses the file: it is damaged, and all that is left
 * is to copy its bytes.
 * @throws {OperationError} `busy`: it is being written to all the time. Or a file cannot be read.
 *
 * @example
 * ```ts ignore
 * using held = holdDatabase("/data/store/chroma.sqlite3");
 * await held?.copyTo("/backup/chroma.sqlite3");
 * ```
 */
export function holdDatabase(path: string, options: HoldOptions = {}): HeldDatabase | null {
  const { busyTimeoutMs = BUSY_TIMEOUT_MS } = options;
  const files = DatabaseFiles.resolve(path);
  const { header, log } = files.readFacts();
  if (header === null || !header.hasMagic) return null;
  const usesLog = header.writeVersion === 2 || header.readVersion === 2 || log.sizeBytes > 0;
  return usesLog ? holdCopy(path) : holdInPlace(files.path, busyTimeoutMs);
}

function holdInPlace(path: string, busyTimeoutMs: number): HeldDatabase | null {
  const endMs = performance.now() + busyTimeoutMs;
  for (;;) {
    const reader = openConnection(path, { busyTimeoutMs });
    try {
      reader.rows("BEGIN");
      // The lock is taken by the first read, not by BEGIN.
      reader.rows("SELECT count(*) FROM sqlite_schema");
      const writer = keepWritersOut(path);
      return createHeld(path, reader, () => {
        writer?.close();
        reader.close();
      });
    } catch (error) {
      reader.close();
      if (isResult(error, SQLITE_RESULT.READONLY_ROLLBACK)) return holdCopy(path);
      // A writer that is about to commit waits for the reader, so the reader does not wait for it.
      if (!isResult(error, SQLITE_RESULT.BUSY) || performance.now() > endMs) {
        requireDataError(error, path);
        return null;
      }
    }
    sleep(LONGEST_PAUSE_MS * Math.random());
  }
}

/** Takes the lock that writers need; null where the file may only be read. */
function keepWritersOut(path: string): StoreDatabase | null {
  const writer = openConnection(path, { writable: true, busyTimeoutMs: 0 });
  try {
    writer.rows("BEGIN IMMEDIATE");
    return writer;
  } catch (error) {
    writer.close();
    if (isResult(error, SQLITE_RESULT.READONLY)) return null;
    throw error;
  }
}

function isResult(error: unknown, code: number): boolean {
  return error instanceof SqliteError && (error.resultCode === code || error.primaryCode === code);
}

/** Holds a private copy; nobody else knows it, so it needs no transaction. */
function holdCopy(path: string): HeldDatabase | null {
  const reading = openForReading(path);
  if (reading.database !== null && reading.location?.tolerant === false) {
    return createHeld(path, reading.database, () => reading.release());
  }
  reading.release();
  return null;
}

function createHeld(path: string, database: StoreDatabase, release: () => void): HeldDatabase {
  let isReleased = false;
  return {
    async copyTo(target) {
      try {
        await database.copyTo(target);
      } catch (error) {
        throw toCopyError(error, path, target);
      }
    },
    [Symbol.dispose]() {
      if (!isReleased) release();
      isReleased = true;
    },
  };
}

function toCopyError(error: unknown, path: string, target: string): OperationError {
  const code = error instanceof SqliteError ? error.primaryCode : 0;
  if (code === SQLITE_RESULT.FULL) {
    return new OperationError("no-space", `No space left while writing ${target}`, {
      path: target,
      hint: "Free some space on that file system and try again; nothing was changed.",
      cause: error,
    });
  }
  if (code === SQLITE_RESULT.CANTOPEN) {
    return new OperationError("write-failed", `Cannot write ${target}`, {
      path: target,
      hint: "Look at the permissions of the directory, and whether it is still there.",
      cause: error,
    });
  }
  return toMachineError(error, path) ?? toOperationError(error, path);
}
