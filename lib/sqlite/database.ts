/**
 * The only door to SQLite: every other module reads databases through {@linkcode StoreDatabase}.
 *
 * To swap the SQLite that lies beneath, this file is rewritten and nothing else
 * (`docs/decisions/0001-sqlite.md`).
 *
 * @module
 */

import { backup, DatabaseSync, type DatabaseSyncOptions, type StatementSync } from "node:sqlite";
import { guarded, SQLITE_RESULT, SqliteError, toSqliteError } from "./sqlite_error.ts";
import { ForeignCode, type GuardedConnection, requireFiles } from "./foreign_code.ts";

export { SQLITE_RESULT, SqliteError } from "./sqlite_error.ts";

/** A value that a query takes or gives. Integers above 2^53 come only when asked for as bigint. */
export type SqlValue = null | number | bigint | string | Uint8Array;

// Deno 2.9 has the option and the method; its type declarations lack them.
type ConnectionOptions = DatabaseSyncOptions & { defensive: boolean };
type ArrayStatement = StatementSync & { setReturnArrays(enabled: boolean): void };
/** SQLite's words (sqlite3_errstr) for what can go wrong while a database is copied. */
const BACKUP_RESULTS: Readonly<Record<string, number>> = {
  "database is locked": SQLITE_RESULT.BUSY,
  "disk I/O error": SQLITE_RESULT.IOERR,
  "database disk image is malformed": SQLITE_RESULT.CORRUPT,
  "database or disk is full": SQLITE_RESULT.FULL,
};

/** How a database is opened. */
export interface OpenOptions {
  /** Whether the file may be written; only ever true for a private copy. */
  writable?: boolean;
  /**
   * Whether a file is read that SQLite refuses whole: one that is shorter than its header says, or
   * whose schema has rows that make no sense. What is left of it can then be read; false by default.
   */
  tolerant?: boolean;
  /** How long a lock of another process is waited for, in milliseconds. */
  busyTimeoutMs?: number;
}

/**
 * A connection to one SQLite file; every failure is a {@linkcode SqliteError}.
 *
 * Nothing runs that the file brings along: a statement that would run a view or a trigger of it is
 * refused as if the table were missing, and no extension is loaded, no other database attached.
 */
export class StoreDatabase implements Disposable {
  readonly #connection: DatabaseSync;
  readonly #foreignCode: ForeignCode;

  private constructor(connection: DatabaseSync, foreignCode: ForeignCode) {
    this.#connection = connection;
    this.#foreignCode = foreignCode;
  }

  /**
   * Opens a database file that exists.
   *
   * @param path The file.
   * @param options Read-only with two seconds of patience, unless told otherwise.
   * @returns The open connection; nothing has been read yet.
   * @throws {SqliteError} The file cannot be opened.
   * @throws {OperationError} What stands there, or where SQLite keeps a file beside it, is no file.
   */
  static open(path: string, options: OpenOptions = {}): StoreDatabase {
    const { writable = false, tolerant = false, busyTimeoutMs = 2_000 } = options;
    requireFiles(path);
    return guarded(() => {
      const connectionOptions: ConnectionOptions = {
        readOnly: !writable,
        allowExtension: false,
        enableForeignKeyConstraints: false,
        defensive: !tolerant,
      };
      const connection = new DatabaseSync(path, connectionOptions);
      const foreignCode = ForeignCode.refuse(
        connection as DatabaseSync & GuardedConnection,
        writable ? null : path,
      );
      // A hostile schema must not reach functions with side effects through views and triggers.
      connection.exec("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON");
      // Deno 2.9 takes no notice of the option `timeout`.
      connection.exec(`PRAGMA busy_timeout = ${Math.max(0, Math.trunc(busyTimeoutMs))}`);
      // Its other meaning is what counts here: damage of the schema is passed over.
      if (tolerant) connection.exec("PRAGMA writable_schema = ON");
      return new StoreDatabase(connection, foreignCode);
    });
  }

  /**
   * Runs a query and returns its rows as arrays.
   *
   * @param sql One statement.
   * @param parameters The values of its `?`.
   * @returns The rows, each an array of values in the order of the columns.
   * @throws {SqliteError} SQLite refused the statement or found damage on the way.
   */
  rows(sql: string, ...parameters: SqlValue[]): SqlValue[][] {
    return guarded(() => this.#prepare(sql).all(...parameters) as unknown as SqlValue[][]);
  }

  /** Like {@linkcode StoreDatabase.rows}, with every integer as a bigint. */
  bigintRows(sql: string, ...parameters: SqlValue[]): SqlValue[][] {
    return guarded(() => {
      const statement = this.#prepare(sql);
      statement.setReadBigInts(true);
      return statement.all(...parameters) as unknown as SqlValue[][];
    });
  }

  /** Runs a query and returns its first row, or null when there is none. */
  row(sql: string, ...parameters: SqlValue[]): SqlValue[] | null {
    return guarded(() => {
      const row = this.#prepare(sql).get(...parameters) as unknown as SqlValue[] | undefined;
      return row ?? null;
    });
  }

  /** Runs a query that yields one number, for instance a count; null when it yields none. */
  number(sql: string, ...parameters: SqlValue[]): number | null {
    const value = this.row(sql, ...parameters)?.[0];
    return typeof value === "number" ? value : null;
  }

  /**
   * Runs a SELECT and yields its rows one by one, so that memory stays flat.
   *
   * @param sql One SELECT.
   * @param parameters The values of its `?`.
   * @yields The rows, each an array of values in the order of the columns.
   * @throws {SqliteError} SQLite refused the statement or found damage on the way.
   */
  *iterate(sql: string, ...parameters: SqlValue[]): Generator<SqlValue[], void, undefined> {
    // The iterator of Deno 2.9 ends at damage as if there were no more rows. So one more row is
    // asked for behind the last: where it does not come, the rows have ended before their end.
    const columns = guarded(() => this.#prepare(sql).columns().length);
    const nothing = Array<string>(columns).fill("NULL").join(", ");
    const guardedSql = `SELECT *, 0 FROM (${sql}) UNION ALL SELECT ${nothing}, 1`;
    for (const row of this.rowsBeforeDamage(guardedSql, ...parameters)) {
      if (row.pop() === 1) return;
      yield row;
    }
    this.rows(sql, ...parameters);
    throw new SqliteError(SQLITE_RESULT.CORRUPT, "The rows end before their end");
  }

  /** Runs a query and yields its rows one by one; at damage it ends, without an error. */
  rowsBeforeDamage(sql: string, ...parameters: SqlValue[]): Generator<SqlValue[]> {
    return this.#iterate(sql, parameters, false);
  }

  /** Like {@linkcode StoreDatabase.rowsBeforeDamage}, with every integer as a bigint. */
  bigintRowsBeforeDamage(sql: string, ...parameters: SqlValue[]): Generator<SqlValue[]> {
    return this.#iterate(sql, parameters, true);
  }

  *#iterate(
    sql: string,
    parameters: readonly SqlValue[],
    asBigints: boolean,
  ): Generator<SqlValue[]> {
    const iterator = guarded(() => {
      const statement = this.#prepare(sql);
      statement.setReadBigInts(asBigints);
      return statement.iterate(...parameters) as unknown as Iterator<SqlValue[]>;
    });
    try {
      while (true) {
        const next = guarded(() => iterator.next());
        if (next.done) return;
        yield next.value;
      }
    } finally {
      // A statement that has not come to its end keeps tables from being dropped.
      guarded(() => iterator.return?.());
    }
  }

  /**
   * Prepares a statement that is run many times.
   *
   * @param sql One statement.
   * @returns What runs it with the values of its `?`, and tells how many rows that has changed.
   * @throws {SqliteError} SQLite refuses the statement; or, later, a run of it.
   */
  prepare(sql: string): (...parameters: SqlValue[]) => number {
    const statement = guarded(() => this.#prepare(sql));
    return (...parameters) => Number(guarded(() => statement.run(...parameters)).changes);
  }

  /**
   * Prepares a query that is run many times.
   *
   * @param sql One SELECT.
   * @returns What runs it with the values of its `?`, and gives its first row, or null.
   * @throws {SqliteError} SQLite refuses the statement; or, later, a run of it.
   */
  prepareRow(sql: string): (...parameters: SqlValue[]) => SqlValue[] | null {
    const statement = guarded(() => this.#prepare(sql));
    return (...parameters) =>
      guarded(() => statement.get(...parameters) as unknown as SqlValue[] | undefined) ?? null;
  }

  /**
   * Prepares a query that is asked many times whether it has a row.
   *
   * @param sql One statement.
   * @returns What asks it with the values of its `?`.
   * @throws {SqliteError} SQLite refuses the statement; or, later, a run of it.
   */
  prepareTest(sql: string): (...parameters: SqlValue[]) => boolean {
    const statement = guarded(() => this.#prepare(sql));
    return (...parameters) => guarded(() => statement.get(...parameters)) !== undefined;
  }

  /** Runs statements that return nothing. */
  execute(sql: string): void {
    this.#foreignCode.allow(sql);
    guarded(() => this.#connection.exec(sql));
  }

  /**
   * Copies the database into another file by SQLite's online backup, in one step: no process can
   * end a transaction meanwhile, so it is never begun again (`online_backup.ts` says why).
   *
   * @param path The file, which does not exist yet.
   * @throws {SqliteError} The file cannot be written, or the database not be read.
   */
  async copyTo(path: string): Promise<void> {
    try {
      await backup(this.#connection, path, { rate: -1 });
    } catch (error) {
      const { resultCode, message } = toSqliteError(error);
      // Deno 2.9 gives the errors of a step no code, only SQLite's words for it.
      throw new SqliteError(resultCode === 0 ? BACKUP_RESULTS[message] ?? 0 : resultCode, message);
    }
  }

  /** Closes the connection. */
  close(): void {
    this.#connection.close();
  }

  /** Closes the connection at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.close();
  }

  #prepare(sql: string): StatementSync {
    this.#foreignCode.allow(sql);
    const statement = this.#connection.prepare(sql) as ArrayStatement;
    statement.setReturnArrays(true);
    return statement;
  }
}
