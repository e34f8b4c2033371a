/**
 * What a database brings along that could act: views, triggers, generated columns, and what is no
 * file where SQLite looks for one. Nothing of it runs.
 *
 * @module
 */

import { requireFile } from "../fs/read_fs.ts";

/** What is used of a connection; Deno 2.9 has it, and its type declarations lack it. */
export interface GuardedConnection {
  /** What no statement passes. */
  readonly limits: { length: number; triggerDepth: number; likePatternLength: number };
  /** Has every statement looked at before it is prepared. */
  setAuthorizer(
    decide: (
      action: number,
      first: string | null,
      second: string | null,
      schema: string | null,
      within: string | null,
    ) => number,
  ): void;
}

/** What SQLite puts behind the name of a database for the files that it keeps beside it. */
const COMPANION_SUFFIXES: readonly string[] = ["-journal", "-wal", "-shm"];

/** What an authorizer answers; see sqlite.org/c3ref/c_deny.html. */
const AUTHORIZER = { OK: 0, DENY: 1 } as const;

/** What SQLite takes for the longest text or blob when it is told nothing. */
const LONGEST_VALUE_BYTES = 1_000_000_000;

/** What a value may be longer than twice the file that it was read from, by conversions of ours. */
const LONGEST_ADDED_BYTES = 1 << 20;

/** No pattern of ours is longer; the time that one takes grows with its length. */
const LONGEST_PATTERN_BYTES = 1_000;

/** The name of a part of a statement: `WITH name AS`. */
const OWN_NAME = /\bWITH\s+(?:RECURSIVE\s+)?(\w+)/gi;

/**
 * Makes sure that SQLite finds files where it opens some: it would wait at a pipe for ever.
 *
 * @param path The database; it and what is kept beside it may be missing.
 * @throws {OperationError} Something else stands there.
 */
export function requireFiles(path: string): void {
  for (const suffix of ["", ...COMPANION_SUFFIXES]) {
    const info = statOrNull(path + suffix);
    if (info !== null) requireFile(info, path + suffix);
  }
}

/** Of what is not there, or cannot be looked at, SQLite itself says why. */
function statOrNull(path: string): Deno.FileInfo | null {
  try {
    return Deno.statSync(path);
  } catch {
    return null;
  }
}

/** Keeps a connection to our own statements. */
export class ForeignCode {
  readonly #ownNames = new Set<string>();

  private constructor() {}

  /**
   * Has SQLite run nothing but our own statements, and give values no more memory than the file can
   * account for: a view can go on for ever, a generated column can make a gigabyte of each row.
   *
   * @param connection The connection.
   * @param path The file, where it is only read; null where what is written may be longer than it.
   * @returns What has to be told of our own statements.
   * @throws The system's error, where the file cannot be looked at.
   */
  static refuse(connection: GuardedConnection, path: string | null): ForeignCode {
    const refused = new ForeignCode();
    const { limits } = connection;
    limits.triggerDepth = 0;
    limits.likePatternLength = LONGEST_PATTERN_BYTES;
    if (path !== null) {
      const sizeBytes = Deno.statSync(path).size;
      limits.length = Math.min(LONGEST_VALUE_BYTES, 2 * sizeBytes + LONGEST_ADDED_BYTES);
    }
    // The last argument is the innermost view or trigger in which the action would be done.
    connection.setAuthorizer((_action, _first, _second, _schema, within) =>
      typeof within === "string" && !refused.#ownNames.has(within) ? AUTHORIZER.DENY : AUTHORIZER.OK
    );
    return refused;
  }

  /**
   * Takes note of what a statement of ours calls its parts: SQLite tells of them as of views.
   *
   * @param sql The statement.
   */
  allow(sql: string): void {
    for (const [, name = ""] of sql.matchAll(OWN_NAME)) this.#ownNames.add(name);
  }
}
