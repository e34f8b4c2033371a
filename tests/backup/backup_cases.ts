/**
 * Stores and backups for the tests of this folder.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { isTemporaryName } from "../../lib/fs/names.ts";
import type { ListedBackup } from "../../lib/backup/catalogue.ts";
import { createBackup, type CreateBackupOptions } from "../../lib/backup/create.ts";
import { isBackupId } from "../../lib/backup/manifest.ts";
import { verifyFiles } from "../../lib/backup/verify.ts";
import { StoreDatabase } from "../../lib/sqlite/database.ts";
import { rebuildDatabase } from "../../lib/stores/chroma/rebuild/rebuild_database.ts";
import { goldenStore } from "../support/fixtures.ts";

/** Tables that a Chroma store without collections needs. */
const KEPT_TABLES = ["migrations", "tenants", "databases"];

/** Makes a store that a check calls clean in milliseconds: no collection, and two plain files. */
export async function tinyStore(): Promise<string> {
  const store = await goldenStore("chroma-1.5.9");
  for (const entry of Deno.readDirSync(store)) {
    if (entry.isDirectory) Deno.removeSync(join(store, entry.name), { recursive: true });
  }
  const path = join(store, "chroma.sqlite3");
  {
    using database = StoreDatabase.open(path, { writable: true });
    const tables = database.rows("SELECT name FROM sqlite_schema WHERE type = 'table'").flat();
    for (const table of tables.map(String)) {
      const isInner = table.startsWith("embedding_fulltext_search_") || KEPT_TABLES.includes(table);
      if (!isInner) database.execute(`DELETE FROM ${table}`);
    }
  }
  // VACUUM needs ATTACH, which there is not under the permissions of the tests.
  rebuildDatabase(path, `${path}.small`);
  Deno.renameSync(`${path}.small`, path);
  Deno.mkdirSync(join(store, "notes", "deep"), { recursive: true });
  Deno.writeTextFileSync(join(store, "notes", "deep", "one.txt"), "one");
  Deno.writeTextFileSync(join(store, "two.txt"), "two");
  letStampsSettle(store);
  return store;
}

/** Sets the times of every file back, so that no backup has to wait for them. */
export function letStampsSettle(directory: string): void {
  for (const entry of Deno.readDirSync(directory)) {
    const path = join(directory, entry.name);
    if (entry.isDirectory) letStampsSettle(path);
    else Deno.utimeSync(path, new Date("2026-01-01T00:00:00Z"), new Date("2026-01-01T00:00:00Z"));
  }
}

/** A clock that is ahead, so that what was changed just now counts as old. */
export function aheadClock(): Date {
  return new Date(Date.now() + 9_000);
}

/** Makes a backup that has to succeed. */
export async function backUp(
  store: string,
  options: CreateBackupOptions = {},
): Promise<ListedBackup> {
  const { backup, findings } = await createBackup(store, { now: aheadClock, ...options });
  if (backup === null) throw new Error(`The store is damaged: ${JSON.stringify(findings)}`);
  return backup;
}

/** Holds that the files of a backup are what its manifest says. */
export async function assertWhole(directory: string): Promise<void> {
  assertEquals((await verifyFiles(directory)).problems, []);
}

/** The names in a directory, sorted; none where it is missing. */
export function namesIn(directory: string): string[] {
  try {
    return Array.from(Deno.readDirSync(directory), ({ name }) => name).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** The names in a directory of backups that nobody can explain. */
export function unexplainedIn(directory: string): string[] {
  return namesIn(directory).filter((name) => !isBackupId(name) && !isTemporaryName(name));
}

/** A clock that goes on by a second with every look. */
export function tickingClock(start = "2026-03-01T12:00:00Z"): () => Date {
  let timeMs = Date.parse(start);
  return () => new Date(timeMs += 1000);
}
