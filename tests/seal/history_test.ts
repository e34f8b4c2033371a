import { assert, assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { createHash } from "node:crypto";
import { OperationError } from "../../lib/base/errors.ts";
import type { RunCheckOptions } from "../../lib/engine/run_check.ts";
import { localFs } from "../../lib/fs/platform.ts";
import type { WriteFs } from "../../lib/fs/write_fs.ts";
import { StoredHistory, type StoredHistoryOptions } from "../../lib/seal/history.ts";
import { STATE_NAME } from "../../lib/seal/places.ts";
import { StoreDatabase } from "../../lib/sqlite/database.ts";
import { applyDamage, DamageNotApplicable, DAMAGES } from "../support/damages/mod.ts";
import { OUTCOME_SEED } from "../support/damages/outcomes.ts";
import { BrokenStore } from "../support/broken_store.ts";
import { everyFault, withFault } from "../support/fault_fs.ts";
import { brief, type CheckedStore, checkWhole } from "../support/findings.ts";
import {
  copyTree,
  goldenStore,
  REPOSITORY,
  scratchDirectory,
  tornStore,
} from "../support/fixtures.ts";
import { findEngine } from "../support/judge.ts";
import { flipBit } from "../support/seals.ts";
import { snapshotTree } from "../support/snapshot.ts";

const MINUTE_MS = 60_000;

/** So long after a test has written files that their stamps can be believed. */
function later(minutes = 1): () => Date {
  const timeMs = Date.now() + minutes * MINUTE_MS;
  return () => new Date(timeMs);
}

/** Checks a store as `check --since-seal` does. */
async function checkSince(
  store: string,
  options: StoredHistoryOptions = {},
  checkOptions: RunCheckOptions = {},
): Promise<CheckedStore & { kept: string | null }> {
  const history = StoredHistory.open(store, { now: later(), ...options });
  const checked = await checkWhole(store, { history, skipUnchanged: true, ...checkOptions });
  return { ...checked, kept: history.keep() };
}

for (const name of ["chroma-1.5.9", "chroma-0.4.24", "chroma-0.5.23-then-1.5.9"] as const) {
  Deno.test(`an incremental check of an unchanged ${name} reads nothing and says so`, async () => {
    const store = await goldenStore(name);
    const before = await snapshotTree(store);
    const first = await checkSince(store);
    const second = await checkSince(store, { now: later(3) });
    assertEquals(await snapshotTree(store), before);
    assertEquals(second.findings, first.findings);
    const { summary } = second;
    assertEquals([summary.verdict, summary.bytesChecked, summary.complete], ["clean", 0, true]);
    assertEquals(summary.records, first.summary.records);
    assertEquals(summary.bytesVerified, first.summary.bytesChecked);
    assertEquals(
      summary.bytesChecked + summary.bytesSkipped,
      first.summary.bytesChecked + first.summary.bytesSkipped,
    );
    const explained = summary.skipped.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    assertEquals(explained, summary.bytesSkipped);
    const unchanged = summary.skipped.filter(({ reason }) =>
      reason.startsWith("unchanged since the check of 2")
    );
    assertEquals(unchanged.map(({ sizeBytes }) => sizeBytes), [summary.bytesVerified]);
    assert(Math.abs((summary.oldestUnverifiedSeconds ?? 0) - 120) <= 30);
  });
}

for (const golden of ["chroma-1.5.9", "chroma-0.5.23"] as const) {
  Deno.test(`an incremental check of ${golden} finds after every damage what a full one finds`, async () => {
    const clean = await goldenStore(golden);
    let tried = 0;
    for (const { name } of DAMAGES) {
      const store = join(await scratchDirectory(), "store");
      await copyTree(clean, store);
      const first = await checkSince(store);
      assertEquals(first.kept, null);
      try {
        applyDamage(name, { store, collection: "notes" }, OUTCOME_SEED);
      } catch (error) {
        if (error instanceof DamageNotApplicable) continue;
        throw error;
      }
      tried++;
      const whole = await checkWhole(store);
      // Twice: once from what is known of the sound store, once from what is known of this one.
      for (const round of ["first", "second"]) {
        const since = await checkSince(store);
        assertEquals(since.findings, whole.findings, `${name}, ${round}`);
        assertEquals(since.summary.verdict, whole.summary.verdict);
        assertEquals(since.summary.records, whole.summary.records);
      }
    }
    assert(tried > 60, `${tried} damages`);
  });
}

Deno.test("an incremental check reads an index again when a file of it has changed", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  await checkSince(store.path);
  flipBit(store.file("link_lists.bin"), 3);
  await Deno.utime(store.file("link_lists.bin"), 1_000_000, 1_000_000);
  const { findings, summary } = await checkSince(store.path);
  const whole = await checkWhole(store.path);
  assertEquals(findings, whole.findings);
  assert(summary.bytesChecked > 0 && summary.bytesChecked < whole.summary.bytesChecked);
});

Deno.test("an incremental check spares the index files when only the database has changed", async () => {
  for (const golden of ["chroma-1.5.9", "chroma-0.5.23"] as const) {
    const store = await BrokenStore.copyOf(golden);
    const first = await checkSince(store.path);
    // A record without a vector: it shows only where the ids are held against the database.
    store.sql(
      "INSERT INTO embeddings (segment_id, embedding_id, seq_id) " +
        "SELECT segment_id, 'lost', seq_id FROM embeddings LIMIT 1",
    );
    const { findings, summary } = await checkSince(store.path);
    const whole = await checkWhole(store.path);
    assertEquals(findings, whole.findings);
    assert(findings.some(({ name }) => name === "vectors-missing"), findings.map(brief).join());
    assertEquals(summary.bytesVerified, whole.summary.bytesChecked);
    const database = (await Deno.stat(store.catalogue())).size;
    assert(summary.bytesChecked >= database);
    assert(summary.bytesChecked < first.summary.bytesChecked / 2 + database);
  }
});

Deno.test("an incremental check notices a journal that has appeared", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  await checkSince(store.path);
  await Deno.writeFile(store.catalogue("-journal"), new Uint8Array(600));
  const { findings, summary } = await checkSince(store.path);
  assertEquals(findings, (await checkWhole(store.path)).findings);
  assert(summary.bytesChecked > 0);
});

Deno.test("an incremental check begins anew after one that found damage", async () => {
  const store = await tornStore("chroma-1.5.9-2");
  const first = await checkSince(store);
  assert(["damaged", "unsafe"].includes(first.summary.verdict));
  const second = await checkSince(store, { now: later(2) });
  assertEquals(second.summary.bytesChecked, first.summary.bytesChecked);
  assertEquals(second.findings, first.findings);
});

Deno.test("stamps that are too young, and clocks that went back, are not believed", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const whole = await checkWhole(store);
  const cases: [string, () => Date, () => Date][] = [
    ["written just before the check", () => new Date(), later(1)],
    ["the clock went back an hour", later(90), later(30)],
    ["the check was in the past of the files", later(-60), later(1)],
  ];
  for (const [says, first, second] of cases) {
    const file = join(await scratchDirectory(), "state");
    // A stamp that is younger than the check by less than two seconds, whatever the test took.
    await Deno.chmod(join(store, "chroma.sqlite3"), 0o644);
    await checkSince(store, { now: first, file });
    const { summary } = await checkSince(store, { now: second, file });
    assert(summary.bytesChecked >= (await Deno.stat(join(store, "chroma.sqlite3"))).size, says);
    assertEquals(summary.bytesVerified, whole.summary.bytesChecked);
  }
});

Deno.test("a check keeps its state beside the store, or where it is told, and nowhere else", async () => {
  const store = await goldenStore("chroma-1.5.9");
  await checkSince(store);
  assertEquals(localFs.list(`${store}.vecfsck`), [STATE_NAME]);
  const other = await goldenStore("chroma-1.5.9");
  const file = join(await scratchDirectory(), "deeper", "state");
  await checkSince(other, { file });
  assertEquals(localFs.look(`${other}.vecfsck`), null);
  assertEquals((await checkSince(other, { file })).summary.bytesChecked, 0);
});

Deno.test("a check never keeps its state in the store", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const before = await snapshotTree(store);
  for (const file of [join(store, "state"), join(store, ".vecfsck", "state")]) {
    const error = assertThrows(() => StoredHistory.open(store, { file }), OperationError);
    assertEquals(error.code, "usage");
  }
  // Nor by a way round: a link, a directory that is not there yet.
  const link = join(await scratchDirectory(), "link");
  await Deno.symlink(store, link);
  for (const file of [join(link, "state"), join(link, "new", "state"), `${link}/../link/x`]) {
    assertThrows(() => StoredHistory.open(store, { file }), OperationError);
  }
  // A store that is a mount of its own: the file system beside it is another one.
  const mounted: WriteFs = {
    ...localFs,
    look(path) {
      const facts = localFs.look(path);
      return facts === null || path.startsWith(store) ? facts : { ...facts, device: -1 };
    },
  };
  const { summary, kept } = await checkSince(store, { fs: mounted });
  assertEquals(summary.verdict, "clean");
  assert(kept?.includes("no place beside the store"), `${kept}`);
  assertEquals(await snapshotTree(store), before);
});

Deno.test("a check goes on where its state cannot be written, and says so", async () => {
  const store = await goldenStore("chroma-0.4.24");
  const before = await snapshotTree(store);
  let told = 0;
  for (const fault of everyFault()) {
    const { fs, wasHit } = withFault(localFs, fault);
    const file = join(await scratchDirectory(), "state");
    await checkSince(store, { file });
    await Deno.utime(join(store, "chroma.sqlite3"), 1_000_000, ++told);
    const { summary, kept } = await checkSince(store, { fs, file });
    assertEquals(summary.verdict, "clean");
    if (kept !== null) assert(kept.startsWith("What was found is not kept"), kept);
    // The old state or the new one: both say of every file only what holds.
    const { summary: next } = await checkSince(store, { file });
    assertEquals([next.verdict, next.bytesVerified], ["clean", summary.bytesVerified]);
    assertEquals(StoredHistory.open(store, { file }).problem, null);
    if (!wasHit()) fault.skipRest();
  }
  assertEquals((await snapshotTree(store)).length, before.length);
});

Deno.test("a state that is damaged is not believed, and the check says so", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const { summary: first } = await checkSince(store);
  const path = join(`${store}.vecfsck`, STATE_NAME);
  const state = await Deno.readFile(path);
  for (const bytes of [state.slice(0, 300), new Uint8Array(), state.map((byte) => byte ^ 1)]) {
    await Deno.writeFile(path, bytes);
    assert(StoredHistory.open(store).problem?.includes("is not used"));
    const { summary } = await checkSince(store);
    assertEquals(summary.bytesChecked, first.bytesChecked);
  }
});

/** Rewrites the tasks of a state, with a digest that is right. */
async function forgeState(path: string, change: (task: ForgedTask) => unknown): Promise<void> {
  const [, text = ""] = (await Deno.readTextFile(path)).split("\n");
  const state: { tasks: ForgedTask[] } = JSON.parse(text);
  state.tasks.forEach(change);
  const forged = JSON.stringify(state);
  const digest = createHash("sha256").update(forged).digest("hex");
  await Deno.writeTextFile(path, `vecfsck-checked 1 ${digest}\n${forged}\n`);
}

interface ForgedTask {
  whole: { facts: unknown };
  part: { data: unknown } | null;
}

Deno.test("a state whose facts are no facts of the format is not believed", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  const path = join(`${store.path}.vecfsck`, STATE_NAME);
  for (const facts of [{ integrity: 7 }, { fulltext: [3] }, { integrity: { problems: {} } }]) {
    const { summary: first } = await checkSince(store.path);
    await forgeState(path, (task) => task.whole.facts = facts);
    const { summary } = await checkSince(store.path);
    assertEquals([summary.verdict, summary.bytesChecked], ["clean", first.bytesVerified]);
  }
  for (const data of [null, 7, { slots: "many" }, { slots: -1 }, {}]) {
    await checkSince(store.path);
    await forgeState(path, (task) => {
      if (task.part !== null) task.part.data = data;
    });
    store.sql("UPDATE tenants SET id = id");
    assertEquals((await checkSince(store.path)).summary.verdict, "clean");
  }
});

Deno.test("an incremental check works on a store in WAL mode", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  {
    using database = StoreDatabase.open(store.catalogue(), { writable: true });
    database.rows("PRAGMA journal_mode = WAL");
  }
  const whole = await checkWhole(store.path);
  await checkSince(store.path);
  const { findings, summary } = await checkSince(store.path);
  assertEquals(findings, whole.findings);
  assertEquals(summary.bytesChecked, 0);
});

for (const version of ["1.5.9", "0.5.23"]) {
  const python = findEngine(version);
  Deno.test({
    name: `an incremental check finds what a full one finds after ${version} has written`,
    ignore: python === null,
    async fn() {
      const store = await goldenStore(`chroma-${version}` as "chroma-1.5.9");
      const first = await checkSince(store);
      const script = join(REPOSITORY, "tests", "seal", "rewrite.py");
      const { code, stderr } = await new Deno.Command(python ?? "", { args: [script, store] })
        .output();
      assertEquals(code, 0, new TextDecoder().decode(stderr));
      const { findings, summary } = await checkSince(store);
      const whole = await checkWhole(store);
      assertEquals(findings, whole.findings);
      assertEquals([summary.verdict, summary.records], ["clean", whole.summary.records]);
      assertEquals(summary.records, (first.summary.records ?? 0) + 50);
      assertEquals(summary.bytesVerified, whole.summary.bytesChecked);
    },
  });
}
