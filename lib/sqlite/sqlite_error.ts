/**
 * The errors of SQLite.
 *
 * @module
 */

/** SQLite's result codes that this program tells apart; see sqlite.org/rescode.html. */
export const SQLITE_RESULT = {
  /** A statement is wrong for this database: no such table, no such column. */
  ERROR: 1,
  /** Another process holds a lock. */
  BUSY: 5,
  /** The file may only be read. */
  READONLY: 8,
  /** A read failed. */
  IOERR: 10,
  /** The database disk image is malformed. */
  CORRUPT: 11,
  /** The disk is full. */
  FULL: 13,
  /** The file could not be opened. */
  CANTOPEN: 14,
  /** A statement was refused, for it would run a view or a trigger of the file. */
  AUTH: 23,
  /** The file is not a database. */
  NOTADB: 26,
  /** A hot journal must be rolled back, which a read-only connection does not do. */
  READONLY_ROLLBACK: 776,
} as const;

/** SQLite refused a statement. It may be the data's fault: the caller decides. */
export class SqliteError extends Error {
  /** The extended result code, or 0 where SQLite gave none. */
  readonly resultCode: number;

  /** Makes an error from SQLite's extended result code and its message. */
  constructor(resultCode: number, message: string) {
    super(message);
    this.name = "SqliteError";
    this.resultCode = resultCode;
  }

  /** The primary result code, without the extension. */
  get primaryCode(): number {
    return this.resultCode & 0xff;
  }
}

/**
 * Does something with SQLite.
 *
 * @param action What is done.
 * @returns Its result.
 * @throws {SqliteError} SQLite has thrown something.
 */
export function guarded<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw toSqliteError(error);
  }
}

/**
 * Turns whatever the runtime threw into an error with SQLite's code.
 *
 * @param error What was thrown.
 * @returns The error.
 */
export function toSqliteError(error: unknown): SqliteError {
  if (error instanceof SqliteError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const given = error instanceof Error && "errcode" in error ? Number(error.errcode) : 0;
  const resultCode = Number.isFinite(given) ? given : 0;
  // Only our own refusal has this code. To whoever asked, what cannot be read is no table.
  if (resultCode === SQLITE_RESULT.AUTH) {
    return new SqliteError(SQLITE_RESULT.ERROR, `a view or a trigger is not run: ${message}`);
  }
  return new SqliteError(resultCode, message);
}
