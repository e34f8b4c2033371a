/**
 * Drills of golden stores: the store is never touched, every kind of damage is found and cured, and
 * what is not as it has to be is said.
 */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../lib/base/errors.ts";
import { chromaDamages } from "../../lib/drill/damages/chroma/library.ts";
import type { Damage } from "../../lib/drill/damages/damage.ts";
import type { DrillOptions } from "../../lib/drill/drill_options.ts";
import type { DrillOutcome } from "../../lib/drill/drill_result.ts";
import { runDrill } from "../../lib/drill/run_drill.ts";
import { localFs } from "../../lib/fs/platform.ts";
import { removeTree } from "../../lib/fs/tree.ts";
import type { WriteFs } from "../../lib/fs/write_fs.ts";
import { undoRepair } from "../../lib/repair/undo_repair.ts";
import { aheadClock, namesIn, tinyStore } from "../backup/backup_cases.ts";
import { type GoldenStore, goldenStore, scratchDirectory } from "../support/fixtures.ts";
import { applyDamage } from "../support/damages/mod.ts";
import { checkWhole } from "../support/findings.ts";
import { snapshotTree } from "../support/snapshot.ts";

/** One damage of each part of the library, on a store of the newest era, and a few on the oldest. */
const CHOSEN: Readonly<Partial<Record<GoldenStore, readonly string[]>>> = {
  "chroma-1.5.9": [
    "index_metadata_missing",
    "header_cur_less",
    "vectors_nan",
    "links_last_cut",
    "pickle_labels_lost",
    "segment_is_a_file",
    "bit_flips_1",
    "sqlite_missing",
    "sqlite_half",
    "records_lost",
    "max_seq_poisoned",
    "config_without_type",
  ],
  "chroma-0.4.24": ["segment_missing", "sqlite_half", "max_seq_blob"],
};

function choose(...names: string[]): Damage[] {
  return chromaDamages.damages.filter(({ name }) => names.includes(name));
}

/** The file system of this machine with temporary directories in a place of the test. */
async function fsIn(): Promise<{ fs: WriteFs; temporary: string }> {
  const temporary = await scratchDirectory();
  const makeTemporaryDirectory = (prefix: string): string =>
    Deno.makeTempDirSync({ dir: temporary, prefix });
  return { fs: { ...localFs, makeTemporaryDirectory }, temporary };
}

async function drill(store: string, options: Partial<DrillOptions> = {}): Promise<DrillOutcome> {
  return await runDrill(store, { seed: 3, askEngine: null, now: aheadClock, ...options });
}

for (const [golden, chosen] of Object.entries(CHOSEN)) {
  Deno.test(`runDrill() passes every kind of damage to ${golden} and leaves the store alone`, async () => {
    const store = await goldenStore(golden as GoldenStore);
    const before = await snapshotTree(store);
    const { start, results } = await drill(store, { damages: choose(...chosen) });
    assertEquals([start.format, start.seed, start.damages], ["chroma", 3, chosen.length]);
    assertEquals(results.flatMap(({ problems }) => problems), []);
    const impossible = results.filter(({ state }) => state === "not-applicable");
    assertEquals(impossible.map(({ damage }) => damage), chosen.slice(-1));
    assertEquals(results.length, chosen.length);
    assertEquals(await snapshotTree(store), before);
    assertEquals(namesIn(join(store, "..")), ["store"]);
  });
}

Deno.test("runDrill() tells what was seen of a damage that costs records", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const { results: [result] } = await drill(store, { damages: choose("vectors_nan") });
  const lost = result?.repair?.losses.reduce((sum, { count }) => sum + count, 0) ?? 0;
  assert(lost > 0);
  const hit = result?.contents.find(({ isSame }) => !isSame);
  assertEquals(hit?.collection, result?.collection);
  assertEquals((hit?.recordsBefore ?? 0) - (hit?.recordsAfter ?? 0), lost);
  assertEquals(result?.check?.found.map(({ name }) => name), ["vector-not-finite"]);
  assertEquals([result?.engine, result?.directory, result?.hidden], [null, null, null]);
  assertEquals(result?.changed.length, 1);
});

Deno.test("runDrill() says which damage a check did not see, and why it cannot", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const { results: [result] } = await drill(store, {
    damages: choose("unreadable_pickle_protocol"),
  });
  assertEquals([result?.state, result?.check?.found], ["passed", []]);
  assertStringIncludes(result?.hidden ?? "", "protocol");
});

Deno.test("runDrill() says what is gone without a trace", async () => {
  const store = await goldenStore("chroma-0.4.24");
  const { results: [result] } = await drill(store, { damages: choose("sqlite_half") });
  assertEquals(result?.state, "passed");
  assertStringIncludes(result?.traceless ?? "", "lost pages");
});

Deno.test("runDrill() goes on when a damage leaves nothing that is known for a store", async () => {
  const [tenant] = choose("tenant_lost");
  assert(tenant !== undefined);
  const everything: Damage = {
    name: "everything_lost",
    description: "Nothing is left.",
    scope: "store",
    expected: { severity: "error", findings: [], hidden: null, curable: false },
    apply: ({ store, fs }) => fs.list(store).forEach((name) => removeTree(fs, join(store, name))),
  };
  const damages = [everything, tenant];
  const { results } = await drill(await goldenStore("chroma-1.5.9"), { damages });
  assertEquals(results.map(({ state }) => state), ["passed", "passed"]);
  assertEquals([results[0]?.check?.verdict, results[0]?.repair], [null, null]);
});

Deno.test("runDrill() refuses a store that holds no record", async () => {
  const error = await assertRejects(async () => await drill(await tinyStore()), OperationError);
  assertStringIncludes(error.message, "holds no record");
});

Deno.test("runDrill() fails a damage that is not found or not cured as expected", async () => {
  const [header, lost] = choose("header_half", "sqlite_missing");
  assert(header !== undefined && lost !== undefined);
  const damages: Damage[] = [
    { ...header, expected: { ...header.expected, findings: ["tenant-missing"] } },
    { ...lost, expected: { ...lost.expected, curable: true } },
  ];
  const { results } = await drill(await goldenStore("chroma-1.5.9"), { damages });
  assertEquals(results.map(({ state }) => state), ["failed", "failed"]);
  assertStringIncludes(results[0]?.problems[0] ?? "", "tenant-missing");
  assertStringIncludes(results[1]?.problems[0] ?? "", "VF1001");
});

Deno.test("runDrill() keeps the repaired copies on request, and their damage can be brought back", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const into = join(await scratchDirectory(), "kept");
  const damages = choose("header_half", "max_seq_blob", "config_without_type");
  const { results } = await drill(store, { into, damages });
  assertEquals(namesIn(into), ["header_half", "max_seq_blob"]);
  const kept = results.find(({ damage }) => damage === "header_half")?.directory ?? "";
  assertEquals(kept, join(into, "header_half", "store"));
  assertEquals((await checkWhole(kept)).summary.verdict, "clean");
  await undoRepair(kept);
  const { findings } = await checkWhole(kept);
  assertEquals(findings.some(({ name }) => name === "header-truncated"), true);
});

Deno.test("runDrill() takes no place for its copies that is used, or in the store", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const before = await snapshotTree(store);
  const damages = choose("header_half");
  for (const into of [store, join(store, "inside"), join(store, "..")]) {
    const error = await assertRejects(() => drill(store, { into, damages }), OperationError);
    assertEquals(error.code, "usage");
  }
  const link = join(await scratchDirectory(), "link");
  Deno.symlinkSync(store, link);
  await assertRejects(() => drill(store, { into: join(link, "in"), damages }), OperationError);
  assertEquals(await snapshotTree(store), before);
});

Deno.test("runDrill() does no damage to a store that is damaged itself", async () => {
  const store = await goldenStore("chroma-1.5.9");
  applyDamage("tenant_lost", { store, collection: "notes" }, 1);
  const { start, results } = await drill(store);
  assertEquals(start.damage.map(({ name }) => name), ["tenant-missing"]);
  assertEquals(results, []);
});

Deno.test("runDrill() hits nothing outside its copies when the store has links", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const elsewhere = await scratchDirectory();
  for (const { name, isDirectory } of [...Deno.readDirSync(store)]) {
    if (!isDirectory) continue;
    Deno.renameSync(join(store, name), join(elsewhere, name));
    Deno.symlinkSync(join(elsewhere, name), join(store, name));
  }
  const before = await snapshotTree(elsewhere);
  const damages = choose("header_random", "segment_missing", "data_level0_zeros");
  const { results } = await drill(store, { damages });
  assertEquals(results.map(({ state }) => state), ["passed", "passed", "passed"]);
  assertEquals(await snapshotTree(elsewhere), before);
});

Deno.test("runDrill() asks the engine about the undamaged copy first, then about each repaired one", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const asked: string[] = [];
  const askEngine = (directory: string) => {
    asked.push(directory);
    // An engine writes to what it opens.
    Deno.writeTextFileSync(join(directory, "engine.log"), "opened");
    return Promise.resolve({ agrees: asked.length < 3, says: "killed by SIGSEGV" });
  };
  const damages = choose("header_half", "sqlite_missing", "tenant_lost");
  const { results } = await drill(store, { damages, askEngine });
  assertEquals(new Set(asked).size, 3);
  assertEquals(results.map(({ state }) => state), ["passed", "passed", "failed"]);
  assertEquals(results.map(({ engine }) => engine?.agrees ?? null), [true, null, false]);
  assertStringIncludes(results[2]?.problems[0] ?? "", "SIGSEGV");
  assertEquals(namesIn(store).includes("engine.log"), false);
});

Deno.test("runDrill() ends when the engine does not take the store as it is", async () => {
  const { fs, temporary } = await fsIn();
  const store = await goldenStore("chroma-1.5.9");
  const askEngine = () => Promise.resolve({ agrees: false, says: "exit code 7" });
  const error = await assertRejects(
    () => drill(store, { askEngine, fs }),
    OperationError,
    "exit code 7",
  );
  assertEquals(error.code, "unsupported");
  assertEquals(namesIn(temporary), []);
});

Deno.test("runDrill() leaves nothing behind when it is done, and when it is cancelled", async () => {
  const { fs, temporary } = await fsIn();
  const store = await goldenStore("chroma-1.5.9");
  const most: number[] = [];
  const onResult = (): Promise<void> => {
    const [scratch = ""] = namesIn(temporary);
    most.push(namesIn(join(temporary, scratch)).length);
    return Promise.resolve();
  };
  await drill(store, { damages: choose("header_half", "tenant_lost"), fs, onResult });
  assertEquals([most, namesIn(temporary)], [[1, 1], []]);
  const controller = new AbortController();
  const cancelled = new OperationError("cancelled", "Cancelled by Ctrl-C");
  const running = drill(store, {
    fs,
    signal: controller.signal,
    onResult: () => Promise.resolve(controller.abort(cancelled)),
  });
  assertEquals(await assertRejects(() => running), cancelled);
  assertEquals(namesIn(temporary), []);
});
