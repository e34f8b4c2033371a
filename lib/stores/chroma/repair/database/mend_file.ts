/**
 * The gentle cures of a database as a file: a copy of what is sound but for what lies around it,
 * without the triggers that somebody has put in, and indexes that are made anew over tables that are
 * whole.
 *
 * @module
 */

import { join } from "@std/path";
import type { WriteFs } from "../../../../fs/write_fs.ts";
import type { Finding } from "../../../../model/finding.ts";
import { quoteName } from "../../../../sqlite/compact/schema_rows.ts";
import { SqliteError, StoreDatabase } from "../../../../sqlite/database.ts";
import { MIGRATION_TEXTS } from "../../catalogue/migration_texts.ts";
import { judgeDatabase } from "./judge_database.ts";
import type { SettledSource } from "./settle_source.ts";

/** What a copy by SQLite leaves behind by itself, and what is taken out of one. */
const CURED_BY_COPY: ReadonlySet<string> = new Set(["sqlite-trailing-bytes", "sqlite-trigger"]);

/** What indexes that are made anew put right. */
const CURED_BY_REINDEX: ReadonlySet<string> = new Set([
  ...CURED_BY_COPY,
  "sqlite-index-mismatch",
]);

/** A database that was mended. */
export interface MendedFile {
  /** The new file, in the scratch directory. */
  readonly path: string;
  /** What it was made of. */
  readonly source: SettledSource;
  /** Whether its indexes were made anew. */
  readonly isReindexed: boolean;
  /** The triggers that were taken out: their declarations. */
  readonly triggers: readonly string[];
}

/**
 * Copies a database where nothing else is needed, or makes its indexes anew where that is all.
 *
 * @param source A private copy of the database.
 * @param place The directory for private copies, and the file system.
 * @returns The new database, which has no finding any more; null where a gentle cure is not enough.
 * @throws {OperationError} The source cannot be read, or there is no room.
 */
export async function mendFile(
  source: SettledSource,
  { scratch, fs }: { readonly scratch: string; readonly fs: WriteFs },
): Promise<MendedFile | null> {
  const findings = judgeDatabase(source.path);
  if (!isCured(findings, CURED_BY_REINDEX)) return null;
  const isReindexed = !isCured(findings, CURED_BY_COPY);
  const path = join(scratch, "mended.sqlite3");
  {
    using database = StoreDatabase.open(source.path);
    await database.copyTo(path);
  }
  const triggers = dropTriggers(path);
  const isMended = triggers !== null && (!isReindexed || reindex(path)) &&
    judgeDatabase(path).length === 0;
  if (isMended) return { path, source, isReindexed, triggers };
  fs.removeFile(path);
  return null;
}

/** Takes the triggers out, and gives their declarations; null where SQLite cannot do that. */
function dropTriggers(path: string): string[] | null {
  using database = StoreDatabase.open(path, { writable: true });
  try {
    const rows = database.rows("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'");
    database.execute("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF");
    for (const [name] of rows) database.prepare(`DROP TRIGGER ${quoteName(String(name))}`)();
    return rows.map(([, sql]) => String(sql));
  } catch (error) {
    if (!(error instanceof SqliteError)) throw error;
    return null;
  }
}

function isCured(findings: readonly Finding[], cured: ReadonlySet<string>): boolean {
  return findings.every(({ name }) => cured.has(name));
}

/** Makes the indexes anew; false where the schema has anything that no engine made. */
function reindex(path: string): boolean {
  using database = StoreDatabase.open(path, { writable: true });
  try {
    if (!hasOwnIndexes(database)) return false;
    database.execute("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; REINDEX");
    return true;
  } catch (error) {
    if (!(error instanceof SqliteError)) throw error;
    return false;
  }
}

/** An index can run functions; those of the engines do not. */
function hasOwnIndexes(database: StoreDatabase): boolean {
  const known = new Set(MIGRATION_TEXTS.flatMap(({ sql }) => listIndexStatements(sql)));
  const statements = database.rows(
    "SELECT CAST(sql AS TEXT) FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL",
  );
  const generated = database.number(
    `SELECT count(*) FROM sqlite_schema AS s, pragma_table_xinfo(s.name) AS c
      WHERE s.type = 'table' AND s.sql NOT LIKE 'CREATE VIRTUAL%' AND c.hidden > 1`,
  );
  return generated === 0 && statements.every(([sql]) => known.has(simplify(String(sql))));
}

function listIndexStatements(sql: string): string[] {
  return (sql.match(/CREATE INDEX[^;]*/g) ?? []).map(simplify);
}

function simplify(sql: string): string {
  return sql.replace("IF NOT EXISTS ", "").replaceAll(/\s+/g, " ").trim();
}
