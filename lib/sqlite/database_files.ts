/**
 * The file of a database and those that SQLite keeps beside it.
 *
 * @module
 */

import { toOperationError } from "../base/errors.ts";
import { BoundedFile, stampFile } from "../fs/read_fs.ts";
import {
  DATABASE_HEADER_SIZE_BYTES,
  type DatabaseHeader,
  parseDatabaseHeader,
} from "./file_header.ts";
import { type JournalFacts, readJournal } from "./journal.ts";
import { readWriteAheadLog, type WriteAheadLogFacts } from "./write_ahead_log.ts";

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

/** The files of one database by their names on the disk. */
export class DatabaseFiles {
  /** The database file. */
  readonly path: string;
  /** Its rollback journal. */
  readonly journalPath: string;
  /** Its write-ahead log. */
  readonly logPath: string;

  private constructor(path: string) {
    this.path = path;
    this.journalPath = `${path}-journal`;
    this.logPath = `${path}-wal`;
  }

  /**
   * Finds the files of a database; SQLite too looks for them beside the file that a link leads to.
   *
   * @param path The database file.
   * @returns The files.
   * @throws {OperationError} The database file does not exist.
   */
  static resolve(path: string): DatabaseFiles {
    try {
      return new DatabaseFiles(Deno.realPathSync(path));
    } catch (error) {
      throw toOperationError(error, path);
    }
  }

  /** Reads what the files say without SQLite. */
  readFacts(): DatabaseFileFacts {
    const { sizeBytes, header } = readDatabaseStart(this.path);
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

  /** Takes the stamps that change when any of the files is written to. */
  stamp(): string {
    const paths = [this.path, this.journalPath, this.logPath];
    return JSON.stringify(paths.map((path) => stampFile(path, path)));
  }
}

/** Reads the length of a database file and its header. */
export function readDatabaseStart(
  path: string,
): { sizeBytes: number; header: DatabaseHeader | null } {
  using file = BoundedFile.open(path);
  const header = parseDatabaseHeader(file.read(0, DATABASE_HEADER_SIZE_BYTES));
  return { sizeBytes: file.sizeBytes, header };
}
