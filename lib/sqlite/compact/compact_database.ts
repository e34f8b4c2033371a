/**
 * Copying a database row by row into a fresh file, which has no free page and full ones. It is what
 * `VACUUM` does, which needs a permission that vecfsck does not ask for (decision 1).
 *
 * The fresh file has the same declarations, letter by letter, the same row numbers, page size, text
 * encoding, mode of auto-vacuum, user version and application id. As after a `VACUUM` tables stand
 * in the schema before their indexes, and its cookie is the next one, so that every connection reads
 * the schema anew.
 *
 * @module
 */

import { OperationError } from "../../base/errors.ts";
import { TurnTaker } from "../../hnsw/build/turn.ts";
import { StoreDatabase } from "../database.ts";
import { readDatabaseStart } from "../database_files.ts";
import { copyRows, type OmittedRows, sumUpRows } from "./copy_rows.ts";
import { findUncopied, readSchemaRows, readTableShape, type SchemaRow } from "./schema_rows.ts";

/** How a database is copied. */
export interface CompactOptions {
  /** The rows that are left out, by the name of their table. */
  readonly omitted: ReadonlyMap<string, OmittedRows>;
  /** Ends the work. */
  readonly signal: AbortSignal | undefined;
  /** Is told which part is done, from 0 to 1. */
  readonly onProgress: ((done: number) => void) | undefined;
}

/** How much of the fresh file is held in memory while it is written, in KiB. */
const CACHE_SIZE_KIB = 32_768;

/** Numbers that `AUTOINCREMENT` has given: every insert into another table changes it. */
const SEQUENCE_TABLE = "sqlite_sequence";

/**
 * Tells why a database cannot be copied so.
 *
 * @param path The file.
 * @param database The same, open.
 * @returns Why not, for people: one clause; null where it can be.
 * @throws {SqliteError} It cannot be read.
 */
export function findObstacle(path: string, database: StoreDatabase): string | null {
  const { header } = readDatabaseStart(path);
  if (header === null || header.reservedBytes > 0) {
    return "its pages set bytes aside for something that vecfsck does not know";
  }
  return findUncopied(database, readSchemaRows(database));
}

/**
 * Copies a database into a fresh file.
 *
 * @param sourcePath The file, a private copy: nobody else writes to it.
 * @param targetPath The fresh file, which does not exist yet; the caller syncs it, and removes it
 * after an error.
 * @param options Which rows are left out, and who is told of progress.
 * @throws {SqliteError} A row cannot be read or written.
 * @throws {OperationError} The work was cancelled, or the copy is not what was copied.
 */
export async function compactDatabase(
  sourcePath: string,
  targetPath: string,
  options: CompactOptions,
): Promise<void> {
  const { sizeBytes } = readDatabaseStart(sourcePath);
  using source = StoreDatabase.open(sourcePath);
  // What FTS5 keeps behind a table is written as it is, which only this mode lets pass.
  using target = StoreDatabase.open(targetPath, { writable: true, tolerant: true });
  const schema = readSchemaRows(source);
  begin(source, target);
  target.execute("BEGIN");
  for (const row of schema) if (isTable(row) && row.name !== SEQUENCE_TABLE) declare(target, row);
  await copyTables(source, target, schema, { ...options, totalBytes: sizeBytes });
  for (const row of schema) if (row.type === "index") declare(target, row);
  target.execute("COMMIT");
  finish(source, target, schema);
}

/** What is decided with the first page. */
function begin(source: StoreDatabase, target: StoreDatabase): void {
  target.rows("PRAGMA journal_mode = OFF");
  target.execute("PRAGMA synchronous = OFF");
  target.execute(`PRAGMA cache_size = -${CACHE_SIZE_KIB}`);
  for (const name of ["page_size", "encoding", "auto_vacuum"]) {
    const [value] = source.row(`PRAGMA ${name}`) ?? [];
    target.execute(`PRAGMA ${name} = ${typeof value === "string" ? `'${value}'` : value}`);
  }
}

/** What has no pages is a row of the schema and nothing else; numbers of versions come last. */
function finish(
  source: StoreDatabase,
  target: StoreDatabase,
  schema: readonly SchemaRow[],
): void {
  const insert = target.prepare(
    "INSERT INTO sqlite_schema (type, name, tbl_name, rootpage, sql) VALUES (?, ?, ?, 0, ?)",
  );
  for (const { type, name, table, sql, hasPages } of schema) {
    if (!hasPages && type !== "index") insert(type, name, table, sql);
  }
  for (const name of ["user_version", "application_id"]) {
    target.execute(`PRAGMA ${name} = ${source.number(`PRAGMA ${name}`) ?? 0}`);
  }
  const cookie = source.number("PRAGMA schema_version") ?? 0;
  target.execute(`PRAGMA schema_version = ${cookie + 1}`);
}

function isTable({ type, hasPages }: SchemaRow): boolean {
  return type === "table" && hasPages;
}

function declare(target: StoreDatabase, { sql }: SchemaRow): void {
  // The index of a key comes with its table.
  if (sql !== null) target.prepare(sql)();
}

interface CopyOptions extends CompactOptions {
  readonly totalBytes: number;
}

async function copyTables(
  source: StoreDatabase,
  target: StoreDatabase,
  schema: readonly SchemaRow[],
  { omitted, signal, onProgress, totalBytes }: CopyOptions,
): Promise<void> {
  const turns = new TurnTaker(signal);
  const names = schema.filter(isTable).map(({ name }) => name);
  let copiedBytes = 0;
  for (const name of [...names.filter((each) => each !== SEQUENCE_TABLE), SEQUENCE_TABLE]) {
    if (!names.includes(name)) continue;
    if (name === SEQUENCE_TABLE) target.execute(`DELETE FROM ${SEQUENCE_TABLE}`);
    const shape = readTableShape(source, name);
    const left = omitted.get(name) ?? null;
    for (const sizeBytes of copyRows({ source, target, shape, omitted: left })) {
      copiedBytes += sizeBytes;
      if (!turns.over) continue;
      onProgress?.(Math.min(1, copiedBytes / Math.max(1, totalBytes)));
      await turns.yield();
    }
    if (sumUpRows(source, shape, left) !== sumUpRows(target, shape, null)) {
      throw new OperationError("internal", `The copy of the table ${name} is not what was copied`);
    }
  }
}
