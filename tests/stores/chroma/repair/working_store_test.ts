/**
 * Tests of `lib/stores/chroma/repair/working_store.ts`.
 */
import { assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../../../lib/base/errors.ts";
import { localFs } from "../../../../lib/fs/platform.ts";
import { StoreDatabase } from "../../../../lib/sqlite/database.ts";
import { WorkingStore } from "../../../../lib/stores/chroma/repair/working_store.ts";
import { requireStore } from "../../../../lib/stores/registry.ts";
import { goldenStore, scratchDirectory } from "../../../support/fixtures.ts";
import { readFiles } from "../../../verbs/world.ts";
import { findAll } from "./repair_request.ts";

async function openWorkingStore(): Promise<{ path: string; working: WorkingStore }> {
  const path = await goldenStore("chroma-1.5.9");
  return { path, working: new WorkingStore(requireStore(path), await scratchDirectory(), localFs) };
}

Deno.test("WorkingStore is the store itself until its database is opened", async () => {
  const { path, working } = await openWorkingStore();
  using _working = working;
  assertEquals(working.path, path);
  assertEquals(working.hasOwnDatabase, false);
  await working.openDatabase();
  assertNotEquals(working.path, path);
  assertEquals(working.hasOwnDatabase, true);
});

Deno.test("WorkingStore shows a check what the store shows, and its own database", async () => {
  const { path, working } = await openWorkingStore();
  using _working = working;
  const before = readFiles(path);
  const database = await working.openDatabase();
  working.settle();
  // The copy is younger than the indexes, which is no damage.
  const ofCopy = (await findAll(working.path)).filter(({ code }) => code !== "VF1009");
  assertEquals(ofCopy, await findAll(path));
  (await working.openDatabase()).execute("DELETE FROM tenants");
  working.settle();
  const codes = (await findAll(working.path)).map(({ code }) => code);
  assertEquals(codes.includes("VF1203"), true);
  assertEquals(readFiles(path), before);
  assertEquals(database === await working.openDatabase(), false);
});

Deno.test("WorkingStore.stageDatabase() keeps the journal mode of the original", async () => {
  const { path, working } = await openWorkingStore();
  using _working = working;
  {
    using original = StoreDatabase.open(join(path, "chroma.sqlite3"), { writable: true });
    original.rows("PRAGMA journal_mode = WAL");
  }
  (await working.openDatabase()).execute("DELETE FROM tenants");
  const target = await scratchDirectory();
  assertEquals(working.stageDatabase(target), []);
  using moved = StoreDatabase.open(join(target, "chroma.sqlite3"));
  assertEquals(moved.row("PRAGMA journal_mode"), ["wal"]);
  assertEquals(moved.number("SELECT count(*) FROM tenants"), 0);
});

Deno.test("WorkingStore.adoptDatabase() takes another database in the place of its own", async () => {
  const { working } = await openWorkingStore();
  using _working = working;
  (await working.openDatabase()).execute("DELETE FROM tenants");
  const other = join(await goldenStore("chroma-1.5.9"), "chroma.sqlite3");
  working.adoptDatabase(other);
  assertEquals((await working.openDatabase()).number("SELECT count(*) FROM tenants"), 1);
});

Deno.test("WorkingStore.openDatabase() says what to do when SQLite refuses the database", async () => {
  const { path, working } = await openWorkingStore();
  using _working = working;
  await Deno.writeTextFile(join(path, "chroma.sqlite3"), "no database");
  const error = await assertRejects(() => working.openDatabase(), OperationError, "SQLite refuses");
  assertEquals(error.code, "read-failed");
});
