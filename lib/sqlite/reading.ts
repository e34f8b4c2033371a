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
 * A journal with bytes is looked at by SQLite, and where it runs as root, it gives that file the owner
 * of the database: the time of change is another then, and may be the owner too. So root has SQLite
 * look at such a database only while the files were written a moment ago: that alone tells a writer
 * at work from one that is gone. Later a copy is read.
 *
 * @module
 */

import { OperationError } from "../base/errors.ts";
import { stampFile } from "../fs/read_fs.ts";
import { ScratchDirectory } from "../fs/scratch.ts";
import { type OpenOptions, SQLITE_RESULT, SqliteError, type StoreDatabase } from "./database.ts";
import { type DatabaseFileFacts, DatabaseFiles, readDatabaseStart } from "./database_files.ts";
import { type JournalFacts, readJournal } from "./journal.ts";
import { createBusyError, openConnection, requireDataError } from "./machine_error.ts";
import { copyDatabase, settleCopy } from "./private_copy.ts";

/** A writer at work that has written nothing for so long is none of an engine. */
const QUIET_MS = 60_000;

/** Where a database can be opened by any thread, read-only; plain data. */
export interface DatabaseLocation {
  /** The file: the store's own, or a private copy. */
  readonly path: string;
  /** Whether SQLite reads it only when it is told to pass over damage. */
  readonly tolerant: boolean;
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
  const files = DatabaseFiles.resolve(path);
  const facts = files.readFacts();
  if (!facts.header?.hasMagic) return createReading({ facts, opened: null, scratch: null });
  if (!needsCopy(facts) && !wouldTouchJournal(files, facts)) {
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

function needsCopy(facts: DatabaseFileFacts): boolean {
  const { header, log } = facts;
  return header?.writeVersion === 2 || header?.readVersion === 2 || log.sizeBytes > 0;
}

/** Whether a look at the database by SQLite would change what is known of its journal. */
function wouldTouchJournal(files: DatabaseFiles, { journal }: DatabaseFileFacts): boolean {
  if (journal.state === "absent" || journal.state === "empty") return false;
  const writtenMs = [files.path, files.journalPath]
    .map((path) => stampFile(path, path)?.modifiedMs ?? 0);
  return Date.now() - Math.max(...writtenMs) > QUIET_MS && isRoot();
}

let knownRoot: boolean | null = null;

/** Whether this process runs as root: it may not ask the system, but what it makes is its own. */
function isRoot(): boolean {
  knownRoot ??= ownsAsRoot();
  return knownRoot;
}

function ownsAsRoot(): boolean {
  try {
    using scratch = ScratchDirectory.create();
    return Deno.statSync(scratch.path).uid === 0;
  } catch (error) {
    // Without a place for copies everything is read where it is.
    if (error instanceof OperationError) return false;
    throw error;
  }
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
      if (isRollbackRefused(error)) return null;
      refusal ??= requireDataError(error, path).message;
    }
  }
  return { database: null, location: null, refusal };
}

function isRollbackRefused(error: unknown): boolean {
  return error instanceof SqliteError && error.resultCode === SQLITE_RESULT.READONLY_ROLLBACK;
}

function openCopy(files: DatabaseFiles): DatabaseReading {
  const scratch = ScratchDirectory.create();
  try {
    const copied = copyDatabase(files, scratch);
    const { path } = copied;
    settleCopy(path);
    const { sizeBytes, header } = readDatabaseStart(path);
    const facts = {
      ...copied.facts,
      judgedSizeBytes: sizeBytes,
      judgedHeader: header,
      privateCopy: true,
    };
    // The rollback of the very first transaction leaves nothing.
    if (!header?.hasMagic) return createReading({ facts, opened: null, scratch });
    const opened = openProbed(path, {});
    const refusal = opened === null ? "the hot journal cannot be rolled back" : opened.refusal;
    return createReading({ facts: { ...facts, refusal }, opened, scratch });
  } catch (error) {
    scratch.remove();
    throw error;
  }
}
