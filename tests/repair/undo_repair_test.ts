import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../lib/base/errors.ts";
import { collectCheck } from "../../lib/engine/collect_check.ts";
import { localFs } from "../../lib/fs/platform.ts";
import { readQuarantine } from "../../lib/quarantine/list_quarantine.ts";
import { executePurge, planPurge } from "../../lib/quarantine/purge.ts";
import { restoreEntry } from "../../lib/quarantine/restore_entry.ts";
import { planUndo } from "../../lib/repair/plan_undo.ts";
import { runRepair } from "../../lib/repair/repair_store.ts";
import { undoRepair } from "../../lib/repair/undo_repair.ts";
import { StoreDatabase } from "../../lib/sqlite/database.ts";
import { snapshotTree } from "../support/snapshot.ts";
import { copyEntry, filesBelow } from "../verbs/world.ts";
import {
  BUILD_STEP,
  DAMAGED_PATH,
  DamagedStore,
  DOT_SEGMENT,
  type FakeRepair,
  filesOf,
} from "./fake_repairer.ts";

const REPAIR_ID = "20400103T000000Z";
const UNDO_TIME = new Date("2040-02-01T00:00:00Z");
const UNDO_ID = "20400201T000000Z";
const AGAIN_TIME = new Date("2040-03-01T00:00:00Z");
const LATER = new Date("2050-01-01T00:00:00Z");

/** A store of which index and database were replaced. */
async function repaired(repair: Partial<FakeRepair> = {}): Promise<DamagedStore> {
  const store = await DamagedStore.create();
  const step = { ...BUILD_STEP, collection: null, kind: "rebuild-database" } as const;
  await runRepair(
    store.path,
    store.options({
      steps: [step],
      coming: [store.wholeIndex, store.wholeDatabase],
      ...repair,
    }),
  );
  return store;
}

Deno.test("undoRepair() gives back the old bytes and times, and an undo can be undone", async () => {
  const original = await DamagedStore.create();
  const before = await snapshotTree(original.path);
  const step = { ...BUILD_STEP, kind: "rebuild-database" } as const;
  const coming = [original.wholeIndex, original.wholeDatabase];
  await runRepair(original.path, original.options({ steps: [step], coming }));
  const between = original.read();
  const outcome = await undoRepair(original.path, { now: () => UNDO_TIME });
  assertEquals(outcome.state, "undone");
  assertEquals(outcome.plan.id, REPAIR_ID);
  assertEquals(outcome.plan.returns, [DOT_SEGMENT, "chroma.sqlite3"]);
  assertEquals(outcome.plan.changedSince, []);
  assertEquals(outcome.quarantined, UNDO_ID);
  // Of the store's directory itself, and of what was renamed, the times of change are others.
  const stable = (lines: string[]): string[] =>
    lines.slice(1).map((line) =>
      line.replace(/ (\d+) (\d+) (\d+) (\d+) (\d+)( \S+)?$/, " $1 $3$6")
    );
  assertEquals(stable(await snapshotTree(original.path)), stable(before));
  assertEquals(readQuarantine(original.path).entries.map(({ entry }) => entry.id), [UNDO_ID]);
  const again = await undoRepair(original.path, { now: () => AGAIN_TIME });
  assertEquals(again.plan.id, UNDO_ID);
  assertEquals(filesBelow(original.read(), "store"), filesBelow(between, "store"));
});

Deno.test("undoRepair() takes out again what the repair had added, and puts it in again", async () => {
  const store = await DamagedStore.create();
  await Deno.remove(join(store.path, DOT_SEGMENT), { recursive: true });
  const before = filesBelow(store.read(), "store");
  const outcome = await runRepair(store.path, store.options());
  assertEquals(outcome.quarantined, REPAIR_ID);
  const plan = await planUndo(store.path);
  assertEquals({ returns: plan.returns, leaves: plan.leaves }, {
    returns: [],
    leaves: [DOT_SEGMENT],
  });
  await undoRepair(store.path, { now: () => UNDO_TIME });
  assertEquals(filesBelow(store.read(), "store"), before);
  await undoRepair(store.path, { now: () => AGAIN_TIME });
  assertEquals(filesOf(join(store.path, DOT_SEGMENT)), filesOf(store.wholeIndex));
});

Deno.test("undoRepair() brings back what a repair had only moved aside", async () => {
  const store = await DamagedStore.create();
  const orphan = join(store.path, "00000000-0000-4000-8000-000000000000");
  copyEntry(store.wholeIndex, orphan);
  const before = filesBelow(store.read(), "store");
  const step = { ...BUILD_STEP, kind: "set-aside", collection: null, answers: [] } as const;
  const leaving = ["00000000-0000-4000-8000-000000000000"];
  await runRepair(store.path, store.options({ steps: [step], coming: [], leaving }));
  assertEquals(localFs.look(orphan), null);
  await undoRepair(store.path, { now: () => UNDO_TIME });
  assertEquals(filesBelow(store.read(), "store"), before);
});

Deno.test("undoRepair() brings a database back with the journal that it had", async () => {
  const store = await DamagedStore.create();
  await Deno.writeTextFile(join(store.path, "chroma.sqlite3-shm"), "what an engine had left");
  const before = filesBelow(store.read(), "store");
  const step = { ...BUILD_STEP, collection: null, kind: "rebuild-database" } as const;
  const coming = [store.wholeIndex, store.wholeDatabase];
  const leaving = ["chroma.sqlite3-shm"];
  await runRepair(store.path, store.options({ steps: [step], coming, leaving }));
  assertEquals(localFs.look(join(store.path, "chroma.sqlite3-shm")), null);
  await undoRepair(store.path, { now: () => UNDO_TIME });
  assertEquals(filesBelow(store.read(), "store"), before);
});

Deno.test("undoRepair() refuses when something has written since, unless it is forced", async () => {
  const store = await repaired();
  {
    using database = StoreDatabase.open(join(store.path, "chroma.sqlite3"), { writable: true });
    database.execute("CREATE TABLE written_since (id)");
  }
  await Deno.writeTextFile(join(store.path, DOT_SEGMENT, "made"), "made since");
  const written = ["5c9b36b3-ea3d-481d-bce4-eb75e0156ab2/made", "chroma.sqlite3"];
  assertEquals((await planUndo(store.path)).changedSince, written);
  const before = store.read();
  const error = await assertRejects(() => undoRepair(store.path), OperationError);
  assertEquals(error.code, "busy");
  assertStringIncludes(error.message, "chroma.sqlite3");
  assertStringIncludes(error.hint ?? "", "--force");
  assertEquals(store.read(), before);
  const outcome = await undoRepair(store.path, { force: true, now: () => UNDO_TIME });
  assertEquals(outcome.plan.changedSince, written);
  assertEquals(filesBelow(store.read(), "store"), filesBelow(store.files, "store"));
  const kept = filesBelow(store.read(), `store.vecfsck/quarantine/${UNDO_ID}/data`);
  assertEquals(kept, keptOf(before));
  const plan = await planPurge(store.path, { olderThanMs: 0, now: () => LATER });
  assertEquals(plan.decisions.map(({ decision }) => decision), ["keep"]);
});

/** The files of the entries that a repair had replaced. */
function keptOf(files: ReadonlyMap<string, string>): Map<string, string> {
  return new Map(
    [...filesBelow(files, "store")].filter(([path]) =>
      path === "chroma.sqlite3" || path.startsWith(DOT_SEGMENT)
    ),
  );
}

Deno.test("undoRepair() refuses what is not as it was put there", async () => {
  const store = await repaired();
  const path = join(`${store.path}.vecfsck`, "quarantine", REPAIR_ID, "data", DAMAGED_PATH);
  const bytes = await Deno.readFile(path);
  bytes[100] = (bytes[100] ?? 0) ^ 1;
  await Deno.writeFile(path, bytes);
  const before = store.read();
  const error = await assertRejects(() => undoRepair(store.path), OperationError, "its digest");
  assertEquals(error.code, "read-failed");
  assertEquals(store.read(), before);
});

Deno.test("undoRepair() changes nothing when the plan is declined, or nothing was repaired", async () => {
  const store = await repaired();
  const before = store.read();
  const confirm = (): Promise<boolean> => Promise.resolve(false);
  assertEquals((await undoRepair(store.path, { confirm })).state, "declined");
  assertEquals(store.read(), before);
  const other = await DamagedStore.create();
  const error = await assertRejects(() => undoRepair(other.path), OperationError, "no repair of");
  assertEquals(error.code, "not-found");
  assertEquals(other.read(), other.files);
});

Deno.test("restoreEntry() leaves an entry of a repair to undo", async () => {
  const store = await repaired();
  const before = store.read();
  const error = await assertRejects(() => restoreEntry(store.path, REPAIR_ID), OperationError);
  assertEquals(error.code, "usage");
  assertStringIncludes(error.hint ?? "", "vecfsck undo");
  assertEquals(store.read(), before);
});

Deno.test("planPurge() removes what a repair has replaced once every vector is in the store", async () => {
  const store = await repaired();
  assertEquals((await collectCheck(store.path)).summary.counts.fatal, 0);
  const plan = await planPurge(store.path, { olderThanMs: 1, now: () => LATER });
  assertEquals(plan.decisions.map(({ decision, reason }) => ({ decision, reason })), [
    { decision: "remove", reason: "every vector in it is elsewhere too" },
  ]);
  await executePurge(plan);
  assertEquals(localFs.look(`${store.path}.vecfsck`), null);
});

Deno.test("planPurge() keeps what a repair has replaced while the store lacks vectors", async () => {
  const store = await repaired();
  await Deno.truncate(join(store.path, DAMAGED_PATH), 9_000);
  const plan = await planPurge(store.path, { olderThanMs: 1, now: () => LATER });
  assertEquals(plan.decisions.map(({ decision, reason }) => ({ decision, reason })), [{
    decision: "keep",
    reason: "it may hold the only copy of vectors: the store has 76 vectors of 132 records",
  }]);
});
