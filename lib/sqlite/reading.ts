/**
 * Reading a database without changing anything beside it.
 *
 * SQLite itself writes when it only reads: it rolls back a hot journal, makes `-shm` and `-wal`
 * beside a database in WAL mode, deletes a log that is none, and deletes the journal of a database
 * without bytes. So a database is opened in its place, read-only, only where none of that can
 * happen; else a private copy is. What was measured with SQLite 3.53 and 3.40:
 *
 * | in the directory of the store                  | read-only, in its place      | so it is read    |
 * | ---------------------------------------------- | ---------------------------- | ---------------- |
 * | no journal, or one that is empty or zeroed     | nothing is written           | in its place     |
 * | hot journal, writer gone                       | refused: READONLY_ROLLBACK   | copy, rolled back|
 * | hot journal, writer at work                    | reads the state before       | not: busy        |
 * | journal that is none                           | refused: READONLY_ROLLBACK   | copy without it  |
 * | WAL mode, no log                               | makes -wal and -shm          | copy             |
 * | log with commits, in any journal mode          | makes -shm, applies the log  | copy with the log|
 * | log without commits, or that is none           | makes -shm                   | copy without it  |
 * | no bytes                                       | a writer deletes the journal | not opened       |
 *
 * @module
 */

import { toOperationError } from "../base/errors.ts";
import { BoundedFile, stampFile } from "../fs/read_fs.ts";
import { ScratchDirectory } from "../fs/scratch.ts";
import { type OpenOptions, SQLITE_RESULT, SqliteError, StoreDatabase } from "./database.ts";
import {
  DATABASE_HEADER_SIZE_BYTES,
  type DatabaseHeader,
  parseDatabaseHeader,
} from "./file_header.ts";
import { type JournalFacts, readJournal } from "./journal.ts";
import { createBusyError, toMachineError } from "./machine_error.ts";
import { readWriteAheadLog, type WriteAheadLogFacts } from "./write_ahead_log.ts";

/** Where a database can be opened by any thread, read-only; plain data. */
export interface DatabaseLocation {
  /** The file: the store's own, or a private copy. */
  readonly path: string;
  /** Whether SQLite reads it only when it is told to pass over damage. */
  readonly tolerant: boolean;
}

/** What is known of the file of a database and of those beside it; plain data. */
export interface DatabaseFileFacts {
  /** The length of the file, in bytes. */
  readonly sizeBytes: number;
  /** The header of the file, or null where it is too short to have one. */
  readonly header: DatabaseHeader | null;
  /** The length of what is judged: after a rollback, or with the log applied. */
  readonly judgedSizeBytes: number;
  /** The header of what is judged. */
  readonly judgedHeader: DatabaseHeader | null;
  /** The rollback journal. */
  readonly journal: JournalFacts;
  /** The write-ahead log. */
  readonly log: WriteAheadLogFacts;
  /** Whether a private copy is read. */
  readonly privateCopy: boolean;
  /** Why SQLite refuses the file as it is, or null when it opens. */
  readonly refusal: string | null;
}

/** A database that is open for reading. */
export interface DatabaseReading extends Disposable {
  /** The open connection, or null where nothing can be read. */
  readonly database: StoreDatabase | null;
  /** Where other threads open it, or null where nothing can be read. */
  readonly location: DatabaseLocation | null;
  /** What is known of the files. */
  readonly facts: DatabaseFileFacts;
  /** Closes the connection and removes the private copy; does nothing the second time. */
  release(): void;
}

/**
 * Opens a database for reading; nothing in its directory is changed, not even a time stamp.
 *
 * @param path The database file; it exists. Links are followed, as SQLite follows them.
 * @param options How long a lock of another process is waited for.
 * @returns The connection where there is one, and what the files say.
 * @throws {OperationError} A file cannot be read, another process writes, or there is no room for
 * a private copy.
 */
export function openForReading(
  path: string,
  options: { busyTimeoutMs?: number } = {},
): DatabaseReading {
  const files = new DatabaseFiles(resolvePath(path));
  const facts = files.readFacts();
  if (!facts.header?.hasMagic) return createReading({ facts, opened: null, scratch: null });
  if (!needsCopy(facts)) {
    const opened = tryInPlace(files, facts, options);
    if (opened !== null) {
      return createReading({
        facts: { ...facts, refusal: opened.refusal },
        opened,
        scratch: null,
      });
    }
  }
  return openCopy(files);
}

/**
 * Opens a connection of one's own to a database that {@linkcode openForReading} has opened.
 *
 * @param location Where it is.
 * @returns The connection; the caller closes it.
 * @throws {OperationError} It cannot be opened any more.
 */
export function openLocation(location: DatabaseLocation): StoreDatabase {
  return openConnection(location.path, { tolerant: location.tolerant });
}

/** The file of a database and those that SQLite keeps beside it, by their names on the disk. */
class DatabaseFiles {
  readonly path: string;
  readonly journalPath: string;
  readonly logPath: string;

  constructor(path: string) {
    this.path = path;
    this.journalPath = `${path}-journal`;
    this.logPath = `${path}-wal`;
  }

  readFacts(): DatabaseFileFacts {
    const { sizeBytes, header } = readStart(this.path);
    return {
      sizeBytes,
      header,
      judgedSizeBytes: sizeBytes,
      judgedHeader: header,
      journal: readJournal(this.journalPath, sizeBytes),
      log: readWriteAheadLog(this.logPath),
      privateCopy: false,
      refusal: null,
    };
  }

  /** What changes when any of the files is written to. */
  stamp(): string {
    const paths = [this.path, this.journalPath, this.logPath];
    return JSON.stringify(paths.map((path) => stampFile(path, path)));
  }
}

/** A connection, and how SQLite came to open it. */
interface OpenedDatabase {
  readonly database: StoreDatabase | null;
  readonly location: DatabaseLocation | null;
  readonly refusal: string | null;
}

function createReading(
  parts: {
    facts: DatabaseFileFacts;
    opened: OpenedDatabase | null;
    scratch: ScratchDirectory | null;
  },
): DatabaseReading {
  const database = parts.opened?.database ?? null;
  let released = false;
  const release = (): void => {
    if (released) return;
    released = true;
    database?.close();
    parts.scratch?.remove();
  };
  return {
    database,
    location: parts.opened?.location ?? null,
    facts: parts.facts,
    release,
    [Symbol.dispose]: release,
  };
}

function resolvePath(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch (error) {
    throw toOperationError(error, path);
  }
}

function readStart(path: string): { sizeBytes: number; header: DatabaseHeader | null } {
  using file = BoundedFile.open(path);
  const header = parseDatabaseHeader(file.read(0, DATABASE_HEADER_SIZE_BYTES));
  return { sizeBytes: file.sizeBytes, header };
}

function needsCopy(facts: DatabaseFileFacts): boolean {
  const { header, log } = facts;
  return header?.writeVersion === 2 || header?.readVersion === 2 || log.sizeBytes > 0;
}

/** Opens the file where it is; null where a journal must be rolled back or thrown away first. */
function tryInPlace(
  files: DatabaseFiles,
  facts: DatabaseFileFacts,
  options: OpenOptions,
): OpenedDatabase | null {
  const opened = openProbed(files.path, options);
  if (opened === null) return null;
  // SQLite opens beside such a journal only while the process that wrote it holds its lock.
  if (isHot(facts.journal) && isHot(readJournal(files.journalPath, facts.sizeBytes))) {
    opened.database?.close();
    throw createBusyError(files.path);
  }
  return opened;
}

function isHot(journal: JournalFacts): boolean {
  return journal.state === "hot" || journal.state === "unusable" || journal.state === "superseded";
}

/** Opens a file as it is or, where SQLite refuses it, for what is left; null for a hot journal. */
function openProbed(path: string, options: OpenOptions): OpenedDatabase | null {
  let refusal: string | null = null;
  for (const tolerant of [false, true]) {
    const database = openConnection(path, { ...options, tolerant });
    try {
      // Reads page 1 and parses the schema, with everything that SQLite does before.
      database.rows("SELECT count(*) FROM sqlite_schema");
      return { database, location: { path, tolerant }, refusal };
    } catch (error) {
      database.close();
      if (!(error instanceof SqliteError)) throw error;
      if (error.resultCode === SQLITE_RESULT.READONLY_ROLLBACK) return null;
      const machineError = toMachineError(error, path);
      if (machineError !== null) throw machineError;
      refusal ??= error.message;
    }
  }
  return { database: null, location: null, refusal };
}

function openConnection(path: string, options: OpenOptions): StoreDatabase {
  try {
    return StoreDatabase.open(path, options);
  } catch (error) {
    // Opening reads nothing, so the data cannot be at fault.
    throw toMachineError(error, path) ?? toOperationError(error, path);
  }
}

function openCopy(files: DatabaseFiles): DatabaseReading {
  const scratch = ScratchDirectory.create();
  try {
    const { facts, path } = copyUnchanged(files, scratch);
    settleCopy(path);
    const opened = openProbed(path, {});
    const { sizeBytes, header } = readStart(path);
    return createReading({
      facts: {
        ...facts,
        judgedSizeBytes: sizeBytes,
        judgedHeader: header,
        privateCopy: true,
        refusal: opened === null ? "the hot journal cannot be rolled back" : opened.refusal,
      },
      opened,
      scratch,
    });
  } catch (error) {
    scratch.remove();
    throw error;
  }
}

/** Copies the files as they were at one moment; a writer at work gets a second chance to pause. */
function copyUnchanged(
  files: DatabaseFiles,
  scratch: ScratchDirectory,
): { facts: DatabaseFileFacts; path: string } {
  for (const name of ["database", "database-again"]) {
    const before = files.stamp();
    const facts = files.readFacts();
    const path = scratch.copyIn(files.path, name);
    // The path of a super-journal at the end would have SQLite look at, and delete, a file outside
    // the copy: one more byte, and it is not found there.
    if (facts.journal.state === "hot") {
      scratch.copyIn(files.journalPath, `${name}-journal`, Uint8Array.of(0));
    }
    if (facts.log.state === "pending") scratch.copyIn(files.logPath, `${name}-wal`);
    if (files.stamp() === before) return { facts, path };
  }
  throw createBusyError(files.path);
}

/** Has SQLite do to the copy what the next process that opens the database would do to it. */
function settleCopy(path: string): void {
  using database = openConnection(path, { writable: true });
  try {
    database.execute("PRAGMA synchronous = OFF");
    database.rows("PRAGMA journal_mode = DELETE");
    database.rows("SELECT count(*) FROM sqlite_schema");
  } catch (error) {
    const machineError = toMachineError(error, path);
    if (machineError !== null) throw machineError;
    // Damage shows again, and is told, when the copy is opened for reading.
    if (!(error instanceof SqliteError)) throw error;
  }
}
