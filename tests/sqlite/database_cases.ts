/**
 * Databases in every state in which an engine, a crash or a disk leaves them, made by SQLite itself.
 *
 * @module
 */

import { join } from "@std/path";
import { StoreDatabase } from "../../lib/sqlite/database.ts";
import { scratchDirectory } from "../support/fixtures.ts";

/** Runs statements on a database that a test owns; the schema itself can be changed too. */
export function editDatabase(path: string, ...statements: string[]): void {
  using database = StoreDatabase.open(path, { writable: true, tolerant: true });
  for (const statement of statements) database.execute(statement);
}

/** Writes bytes into a file that a test owns. */
export async function patchFile(path: string, offset: number, bytes: Uint8Array): Promise<void> {
  const content = await Deno.readFile(path);
  content.set(bytes, offset);
  await Deno.writeFile(path, content);
}

/** Makes a database with one table of 2,000 rows of `a`. */
export async function makeDatabase(...pragmas: string[]): Promise<string> {
  const path = join(await scratchDirectory(), "test.sqlite3");
  await Deno.writeFile(path, new Uint8Array());
  editDatabase(
    path,
    ...pragmas,
    "CREATE TABLE letters (letter TEXT NOT NULL)",
    `INSERT INTO letters WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 2000)
       SELECT 'a' || hex(zeroblob(200)) FROM n`,
  );
  return path;
}

/** Makes a database whose writer was killed while it turned every `a` into a `b`. */
export async function makeHotDatabase(): Promise<string> {
  const source = await makeDatabase();
  const path = join(await scratchDirectory(), "hot.sqlite3");
  using writer = StoreDatabase.open(source, { writable: true });
  // So small a cache has SQLite write pages, and so the journal before them, within a transaction.
  writer.execute("PRAGMA synchronous = OFF; PRAGMA cache_size = 5");
  writer.execute("BEGIN");
  writer.execute("UPDATE letters SET letter = 'b' || substr(letter, 2)");
  await Deno.copyFile(source, path);
  await Deno.copyFile(`${source}-journal`, `${path}-journal`);
  writer.execute("ROLLBACK");
  return path;
}

/** Makes a database in WAL mode with its log, in which every `a` has become a `b`. */
export async function makeLoggedDatabase(): Promise<string> {
  const source = await makeDatabase("PRAGMA journal_mode = WAL");
  const path = join(await scratchDirectory(), "logged.sqlite3");
  using writer = StoreDatabase.open(source, { writable: true });
  writer.execute("UPDATE letters SET letter = 'b' || substr(letter, 2)");
  await Deno.copyFile(source, path);
  await Deno.copyFile(`${source}-wal`, `${path}-wal`);
  return path;
}

/** Counts the rows by their first letter. */
export function countLetters(database: StoreDatabase | null): unknown {
  return database?.rows("SELECT substr(letter, 1, 1), count(*) FROM letters GROUP BY 1");
}

/** Lists a directory with lengths, times and contents: what a reader must not change. */
export async function describeDirectory(path: string): Promise<string[]> {
  const entries: string[] = [];
  for await (const entry of Deno.readDir(path)) {
    const file = join(path, entry.name);
    if (!entry.isFile) continue;
    const { mtime, size, mode } = await Deno.stat(file);
    const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(file));
    entries.push(`${entry.name} ${size} ${mtime?.getTime()} ${mode} ${new Uint8Array(digest)}`);
  }
  return entries.sort();
}
