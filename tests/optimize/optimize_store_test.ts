import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { createBackup } from "../../lib/backup/create.ts";
import { OperationError } from "../../lib/base/errors.ts";
import { readStoreContents } from "../../lib/engine/contents.ts";
import { localFs } from "../../lib/fs/platform.ts";
import { optimizeStore, runOptimization } from "../../lib/optimize/optimize_store.ts";
import { planOptimization } from "../../lib/optimize/plan_optimization.ts";
import { planUndo } from "../../lib/repair/plan_undo.ts";
import { undoRepair } from "../../lib/repair/undo_repair.ts";
import { StoreDatabase } from "../../lib/sqlite/database.ts";
import { DatabaseFiles } from "../../lib/sqlite/database_files.ts";
import type { StoreOptimizer } from "../../lib/stores/optimize_format.ts";
import { chromemStore } from "../support/chromem_stores.ts";
import { applyDamage } from "../support/damages/mod.ts";
import { goldenStore } from "../support/fixtures.ts";
import { snapshotTree } from "../support/snapshot.ts";
import { filesBelow, readFiles } from "../verbs/world.ts";

const CATALOGUE = "chroma.sqlite3";

/** What a store is like, apart from the times when it was read. */
function read(store: string): unknown {
  return readFiles(store);
}

Deno.test("optimizeStore() makes a store smaller, and what it holds stays the same", async () => {
  const store = await goldenStore("chroma-0.4.24");
  const before = await readStoreContents(store);
  const outcome = await optimizeStore(store);
  assertEquals(outcome.state, "optimized");
  assertEquals(
    outcome.actions.map(({ kind, collection }) => [kind, collection]),
    [
      ["purge-queue", "notes"],
      ["purge-queue", "cosine"],
      ["purge-queue", "dot"],
      ["merge-fulltext", null],
      ["compact-database", null],
    ],
  );
  assertEquals(await readStoreContents(store), before);
  using database = StoreDatabase.open(join(store, CATALOGUE));
  assertEquals(database.number("PRAGMA freelist_count"), 0);
  assertEquals(database.number("SELECT count(*) FROM embeddings_queue"), 89);
  const pages = outcome.actions.flatMap(({ figures }) => figures)
    .find(({ measure }) => measure === "pages");
  assertEquals(pages?.after, database.number("PRAGMA page_count"));
  assertEquals(
    outcome.beforeBytes - outcome.afterBytes,
    4096 * (pages?.before ?? 0) -
      4096 * (pages?.after ?? 0),
  );
});

Deno.test("optimizeStore() changes no byte and no time the second time", async () => {
  const store = await goldenStore("chroma-1.5.9");
  await optimizeStore(store, { compactIndexes: true });
  const before = await snapshotTree(store);
  const outcome = await optimizeStore(store, { compactIndexes: true });
  assertEquals(outcome.state, "nothing-to-do");
  assertEquals(outcome.backup, null);
  assertEquals(await snapshotTree(store), before);
});

Deno.test("optimizeStore() writes indexes without deleted slots where that is asked for", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const { rests } = await planOptimization(store);
  assertEquals(rests.filter(({ kind }) => kind === "compact-index").map(({ count }) => count), [
    18,
  ]);
  const before = await readStoreContents(store);
  const { actions } = await optimizeStore(store, { compactIndexes: true });
  const compaction = actions.find(({ kind }) => kind === "compact-index");
  assertEquals(compaction?.collection, "notes");
  assertEquals(
    compaction?.figures.map(({ measure, before, after }) => [measure, before - after])
      .slice(0, 2),
    [["slots", 18], ["deleted-slots", 18]],
  );
  assertEquals(await readStoreContents(store), before);
});

Deno.test("optimizeStore() makes a backup first, or takes one that holds the same", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const made = await optimizeStore(store);
  assertEquals(made.backup?.isOlder, false);
  assertEquals(made.quarantined, null);
  const { directory = "" } = made.backup ?? {};
  assertEquals(localFs.look(join(directory, "files", CATALOGUE))?.kind, "file");
  assertEquals(localFs.look(`${store}.vecfsck`), null);
  const other = await goldenStore("chroma-1.5.9");
  // The stamp of what was written within the last second is not gone by.
  for (const { name } of Deno.readDirSync(other)) Deno.utimeSync(join(other, name), 1e9, 1e9);
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  const { backup } = await createBackup(other);
  const taken = await optimizeStore(other);
  assertEquals(taken.backup, { id: backup?.id, directory: backup?.directory, isOlder: true });
});

Deno.test("optimizeStore() keeps what it replaces without a backup, and it comes back", async () => {
  const store = await goldenStore("chroma-0.4.24");
  const before = read(store);
  const outcome = await optimizeStore(store, { makesBackup: false, compactIndexes: true });
  assertEquals(outcome.backup, null);
  assertEquals((await planUndo(store)).id, outcome.quarantined);
  await undoRepair(store);
  assertEquals(read(store), before);
  assertEquals(localFs.look(`${store}.backups`), null);
});

Deno.test("optimizeStore() gives the database another journal mode only where asked", async () => {
  const store = await goldenStore("chroma-1.5.9");
  // SQLite would make files beside a database in WAL mode.
  const modeOf = (): string => {
    const names = localFs.list(store).filter((name) => name.startsWith(CATALOGUE));
    assertEquals(names, [CATALOGUE]);
    const { header } = DatabaseFiles.resolve(join(store, CATALOGUE)).readFacts();
    return header?.writeVersion === 2 ? "wal" : "delete";
  };
  await optimizeStore(store);
  assertEquals(modeOf(), "delete");
  await optimizeStore(store, { journalMode: "wal" });
  assertEquals(modeOf(), "wal");
  assertEquals((await optimizeStore(store)).state, "nothing-to-do");
  assertEquals((await optimizeStore(store, { journalMode: "wal" })).state, "nothing-to-do");
  await optimizeStore(store, { journalMode: "delete" });
  assertEquals(modeOf(), "delete");
});

Deno.test("optimizeStore() leaves a damaged store alone, and one that is declined", async () => {
  const store = await goldenStore("chroma-1.5.9");
  let before = read(store);
  const declined = await optimizeStore(store, { confirm: () => Promise.resolve(false) });
  assertEquals(declined.state, "declined");
  assertEquals(read(store), before);
  applyDamage("vectors_nan", { store, collection: "notes" }, 1);
  before = read(store);
  const damaged = await optimizeStore(store);
  assertEquals(damaged.state, "damaged");
  assertEquals(damaged.plan.damage, ["VF2210"]);
  assertEquals(read(store), before);
  assertEquals((await planOptimization(store)).damage, ["VF2210"]);
  assertEquals(localFs.look(`${store}.backups`), null);
});

Deno.test("optimizeStore() refuses a store that is in use, or written to while it is asked", async () => {
  const store = await goldenStore("chroma-1.5.9");
  using writer = StoreDatabase.open(join(store, CATALOGUE), { writable: true });
  writer.execute("BEGIN IMMEDIATE");
  const inUse = await assertRejects(() => optimizeStore(store), OperationError);
  assertEquals(inUse.code, "busy");
  writer.execute("ROLLBACK");
  const confirm = (): Promise<boolean> => {
    writer.execute("UPDATE collections SET name = name || '!'");
    return Promise.resolve(true);
  };
  const written = await assertRejects(() => optimizeStore(store, { confirm }), OperationError);
  assertEquals(written.code, "busy");
  assertEquals(localFs.look(`${store}.vecfsck`), null);
});

Deno.test("optimizeStore() finds nothing to do in a database of chromem-go", async () => {
  const store = await chromemStore("plain");
  const before = read(store);
  const { state, plan } = await optimizeStore(store, { compactIndexes: true });
  assertEquals([state, plan.actions, plan.rests], ["nothing-to-do", [], []]);
  assertEquals(read(store), before);
});

/** Stages a database that is as a test has made it. */
function fakeOptimizer(change: string): StoreOptimizer {
  return {
    viewDirectories: "linked",
    survey: ({ path }) =>
      Promise.resolve({
        draft: { actions: [ACTION], rests: [], sizeBytes: 1 },
        stage({ staged }) {
          const copy = join(staged, CATALOGUE);
          Deno.copyFileSync(join(path, CATALOGUE), copy);
          using database = StoreDatabase.open(copy, { writable: true });
          database.execute(change);
          return Promise.resolve({ coming: [CATALOGUE], leaving: [], actions: [ACTION] });
        },
      }),
  };
}

const ACTION = {
  kind: "compact-database",
  title: "copy the rows",
  collection: null,
  segment: null,
  figures: [],
  replaces: [CATALOGUE],
} as const;

Deno.test("runOptimization() puts nothing into place that holds something else, or is damaged", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const before = read(store);
  for (
    const [change, message] of [
      ["UPDATE embedding_metadata SET int_value = 1 + int_value", "holds something else"],
      ["DELETE FROM tenants", "VF1203 was not there before"],
      ["DELETE FROM collections WHERE name = 'dot'", "is no longer there"],
    ] as const
  ) {
    const optimizer = fakeOptimizer(change);
    await assertRejects(
      () => runOptimization(store, { optimizer, makesBackup: false }),
      OperationError,
      message,
    );
    assertEquals(read(store), before);
    assertEquals(filesBelow(readFiles(join(store, "..")), "store.vecfsck"), new Map());
  }
});

Deno.test("runOptimization() ends without a change when nothing that was made is of use", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const before = read(store);
  const optimizer: StoreOptimizer = {
    viewDirectories: "linked",
    survey: () =>
      Promise.resolve({
        draft: { actions: [ACTION], rests: [], sizeBytes: 1 },
        stage: () => Promise.resolve({ coming: [], leaving: [], actions: [] }),
      }),
  };
  const outcome = await runOptimization(store, { optimizer, makesBackup: false });
  assertEquals(outcome.state, "nothing-to-do");
  assertEquals(read(store), before);
});
