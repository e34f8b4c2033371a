import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../lib/base/errors.ts";
import { keepEnginesOut, withOwnStore } from "../../lib/engine/own_store.ts";
import { acquireStoreLock } from "../../lib/fs/lock.ts";
import { localFs } from "../../lib/fs/platform.ts";
import type { RecoveredChange } from "../../lib/fs/recover.ts";
import { StoreDatabase } from "../../lib/sqlite/database.ts";
import { requireStore } from "../../lib/stores/registry.ts";
import { holdTransaction } from "../support/engine_process.ts";
import { goldenStore } from "../support/fixtures.ts";
import { anySegmentOf, stopBetweenRenames } from "../support/stopped_swap.ts";

Deno.test("withOwnStore() keeps a second vecfsck out while the action runs, and not longer", async () => {
  const store = await goldenStore("chroma-1.5.9");
  await withOwnStore(store, {}, () => {
    const error = assertThrows(() => acquireStoreLock(store), OperationError);
    assertEquals(error.code, "busy");
  });
  acquireStoreLock(store).release();
  await assertRejects(
    () => withOwnStore(store, {}, () => Promise.reject(new Error("Failed"))),
    Error,
    "Failed",
  );
  acquireStoreLock(store).release();
});

Deno.test("withOwnStore() first brings in order what a crash has left, and tells of it", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const segment = anySegmentOf(store);
  stopBetweenRenames(store, segment);
  const changes: RecoveredChange[] = [];
  const isThere = await withOwnStore(
    store,
    { onRecovered: (change) => changes.push(change) },
    () => localFs.look(segment) !== null,
  );
  assertEquals(isThere, true);
  assertEquals(changes.map(({ outcome }) => outcome), ["completed"]);
});

Deno.test("withOwnStore() brings back a store whose directory itself was away", async () => {
  const store = await goldenStore("chroma-1.5.9");
  stopBetweenRenames(store, store);
  assertEquals(localFs.look(store), null);
  await withOwnStore(store, {}, () => assertEquals(localFs.look(store)?.kind, "directory"));
});

Deno.test("withOwnStore() touches nothing while an engine is in the middle of a transaction", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const segment = anySegmentOf(store);
  stopBetweenRenames(store, segment);
  await using _engine = await holdTransaction(store);
  const error = await assertRejects(() => withOwnStore(store, {}, () => {}), OperationError);
  assertEquals(error.code, "busy");
  assertEquals(localFs.look(segment), null);
});

Deno.test("keepEnginesOut() holds the store's database while the action runs", async () => {
  const path = await goldenStore("chroma-1.5.9");
  const store = requireStore(path);
  // The lock of this process would not keep itself out, so only the answer is looked at.
  assertEquals(keepEnginesOut(store, {}, () => 5), 5);
  using database = StoreDatabase.open(join(path, "chroma.sqlite3"), { writable: true });
  database.rows("BEGIN EXCLUSIVE");
  assertEquals(database.rows("SELECT 1"), [[1]]);
});
