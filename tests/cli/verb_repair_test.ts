import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { main } from "../../lib/cli/main.ts";
import { StoreDatabase } from "../../lib/sqlite/database.ts";
import { tinyStore } from "../verbs/tiny_store.ts";
import { scratchDirectory } from "../support/fixtures.ts";
import { snapshotTree } from "../support/snapshot.ts";
import { FakeEnvironment } from "./fake_environment.ts";
import { runMain, type World } from "./run_main.ts";

const TIME = new Date("2040-01-31T04:00:00Z");
const ID = "20400131T040000Z";
const DOT = "5c9b36b3-ea3d-481d-bce4-eb75e0156ab2";

/** Runs a call at the time that the names of entries tell. */
const run = (args: readonly string[], world: World = {}): ReturnType<typeof runMain> =>
  runMain(args, { time: TIME, ...world });

/** A store whose tenant has lost its row: cured within the database. */
async function tenantless(): Promise<string> {
  const store = await tinyStore();
  using database = StoreDatabase.open(join(store, "chroma.sqlite3"), { writable: true });
  database.execute("DELETE FROM tenants");
  return store;
}

/** A store with records whose vectors are nowhere: the first of the index are zeros, and not late. */
async function vectorless(): Promise<string> {
  const store = await tinyStore();
  const path = join(store, DOT, "data_level0.bin");
  const bytes = await Deno.readFile(path);
  const header = await Deno.readFile(join(store, DOT, "header.bin"));
  const slotSizeBytes = Number(new DataView(header.buffer).getBigUint64(28, true));
  bytes.fill(0, 0, 3 * slotSizeBytes);
  await Deno.writeFile(path, bytes);
  return store;
}

function namesIn(directory: string): string[] {
  return Array.from(Deno.readDirSync(directory), ({ name }) => name).sort();
}

Deno.test("repair leaves a healthy store and its directory byte for byte as they are", async () => {
  const store = await tinyStore();
  const before = await snapshotTree(store);
  const { code, stdout, stderr, questions } = await run(["repair", store]);
  assertEquals([code, stderr.text, questions], [0, "", []]);
  assertMatch(stdout.lines[0] ?? "", /^NOTHING TO DO {2}.*: clean$/);
  assertEquals(await snapshotTree(store), before);
  assertEquals(namesIn(join(store, "..")), ["store"]);
});

Deno.test("repair shows the plan, asks, and says how to take it back", async () => {
  const store = await tenantless();
  const { code, stdout, stderr, questions } = await run(["repair", store], { answer: true });
  assertEquals([code, stderr.text, questions], [1, "", [`Repair ${store}`]]);
  assertStringIncludes(stdout.text, "tenant-missing (VF1203)");
  assertStringIncludes(stdout.text, `REPAIRED  ${store}: damaged before, clean now`);
  assertStringIncludes(stdout.text, `vecfsck undo ${store} ${ID}`);
  assertEquals(namesIn(join(`${store}.vecfsck`, "quarantine")), [ID]);
  assertMatch((await run(["repair", store])).stdout.lines[0] ?? "", /^NOTHING TO DO/);
});

Deno.test("repair changes nothing after a no, with --dry-run, or when nobody can be asked", async () => {
  const store = await tenantless();
  const before = await snapshotTree(store);
  const refused = await run(["repair", store], { answer: false });
  assertEquals([refused.code, refused.stderr.lines], [32, ["Nothing was changed."]]);
  const unasked = await run(["repair", store], { answer: null });
  assertEquals(unasked.code, 16);
  assertStringIncludes(unasked.stderr.text, "--yes");
  const dry = await run(["repair", "-n", store]);
  assertEquals([dry.code, dry.questions, dry.stderr.text], [4, [], ""]);
  assertStringIncludes(dry.stdout.text, "tenant-missing (VF1203)");
  assertEquals(await snapshotTree(store), before);
  assertEquals(namesIn(join(store, "..")), ["store"]);
});

Deno.test("repair --quiet is silent while all is well, and names what is lost", async () => {
  const well = await run(["repair", "-qy", await tenantless()]);
  assertEquals([well.code, well.stdout.text, well.stderr.text], [1, "", ""]);
  const again = await run(["repair", "-qy", await tinyStore()]);
  assertEquals([again.code, again.stdout.text], [0, ""]);
  const lost = await run(["repair", "-qy", await vectorless()]);
  assertEquals(lost.code, 1);
  assertStringIncludes(lost.stdout.text, "LOST      3 vectors of dot");
});

Deno.test("repair --json prints the plan, every step, what is left, and what became of it", async () => {
  const store = await tenantless();
  const { code, jsonLines, stdout } = await run(["repair", "--json", "--yes", store]);
  assertEquals(code, 1);
  assertEquals(
    jsonLines.map(({ type }) => type).filter((type) => type !== "repair-left"),
    ["repair-plan", "repair-step", "repaired"],
  );
  assertEquals(jsonLines.at(-1)?.state, "repaired");
  assertEquals(jsonLines.at(-1)?.quarantined, ID);
  assertEquals(stdout.lines.length, jsonLines.length);
  const nothing = await run(["repair", "--json", store]);
  assertEquals(nothing.code, 0);
  assertEquals(nothing.jsonLines[0]?.steps, 0);
  assertEquals(nothing.jsonLines.at(-1)?.state, "nothing-to-do");
});

Deno.test("repair --json says what was declined, after its plan", async () => {
  const { code, jsonLines, stderr } = await run(["repair", "--json", await tenantless()], {
    answer: false,
  });
  assertEquals([code, stderr.lines], [32, ["Nothing was changed."]]);
  assertEquals(jsonLines.at(-1)?.state, "declined");
});

Deno.test("repair --only takes codes and names, several of them, and refuses what is neither", async () => {
  const store = await tenantless();
  const other = await run(["repair", "--yes", "--only", "vf1004,watermark-poisoned", store]);
  assertEquals(other.code, 4);
  assertStringIncludes(other.stdout.text, "NOTHING TO DO");
  assertStringIncludes(other.stdout.text, "tenant-missing (VF1203)");
  const unknown = await run(["repair", "--only", "tenant-mising", store]);
  assertEquals(unknown.code, 16);
  assertStringIncludes(unknown.stderr.text, "did you mean tenant-missing?");
  assertEquals((await run(["repair", "--only", "VF1203,", store])).code, 16);
  const named = await run([
    "repair",
    "--yes",
    "--only",
    "VF1004",
    "--only",
    "tenant-missing",
    store,
  ]);
  assertEquals(named.code, 1);
});

Deno.test("repair refuses calls that make no sense, and touches nothing", async () => {
  const store = await tenantless();
  const before = await snapshotTree(store);
  const missing = join(await scratchDirectory(), "none.jsonl");
  const calls: [string[], number, string][] = [
    [["--strategy", "best"], 16, "auto, index or queue"],
    [["--shadowed", "best"], 16, "--shadowed needs apart or merge"],
    [["--names", missing], 8, missing],
    [["--jobs", "0"], 16, "--jobs needs at least 1"],
    [["--max-memory", "lots"], 16, "--max-memory needs a size"],
    [["--vectors", "a", "--embed-command", "b"], 16, "cannot be used together"],
    [["--embed-command", "it's"], 16, "needs a program"],
    [["--collection", "nobody"], 16, "nobody"],
    [["--vectors", missing], 8, missing],
    [["--missing", join(store, "missing.jsonl")], 16, "in the store itself"],
  ];
  for (const [args, code, words] of calls) {
    const result = await run(["repair", "--yes", ...args, store]);
    assertEquals(result.code, code, `${args.join(" ")}: ${result.stderr.text}`);
    assertStringIncludes(result.stderr.text, words);
  }
  assertEquals(await snapshotTree(store), before);
  assertEquals(namesIn(join(store, "..")), ["store"]);
  const none = await run(["repair", join(store, "..", "nowhere")]);
  assertEquals(none.code, 8);
});

Deno.test("repair refuses --vectors whose lines cannot be used, and names the line", async () => {
  const store = await vectorless();
  const path = join(await scratchDirectory(), "vectors.jsonl");
  const lines: [string, string][] = [
    ['{"collection":"dot","id":"dot-00000","embedding":[1,2]}', "dimensions"],
    ['{"collection":"dot","id":"dot-00000","embedding":[1,null]}', "no finite number"],
    ['{"collection":"dots","id":"dot-00000","embedding":[1,2]}', "no collection dots"],
    ['{"collection":"dot","embedding":[1,2]}', "no id"],
    ["nonsense", "no JSON object"],
  ];
  for (const [line, words] of lines) {
    await Deno.writeTextFile(path, `\n${line}\n`);
    const { code, stderr } = await run(["repair", "--yes", "--vectors", path, store]);
    assertEquals(code, 16, stderr.text);
    assertStringIncludes(stderr.text, `Line 2 of ${path}`);
    assertStringIncludes(stderr.text, words);
  }
  assertEquals(namesIn(join(store, "..")), ["store"]);
});

Deno.test("repair takes records without a vector out into --missing, and --vectors puts them back", async () => {
  const store = await vectorless();
  const missing = join(await scratchDirectory(), "missing.jsonl");
  const first = await run(["repair", "--yes", "--missing", missing, store]);
  assertEquals(first.code, 1, first.stderr.text);
  assertStringIncludes(first.stdout.text, `vecfsck repair ${store} --vectors ${missing}`);
  const records = readLines(missing);
  assertEquals(records.length, 3);
  assert(records.every(({ collection, embedding }) => collection === "dot" && embedding === null));
  const filled = join(await scratchDirectory(), "filled.jsonl");
  await Deno.writeTextFile(
    filled,
    records.map((record, index) =>
      `${JSON.stringify({ ...record, embedding: vectorOf(store, index) })}\n`
    ).join(""),
  );
  const second = await run(["repair", "--yes", "--vectors", filled, store]);
  assertEquals(second.code, 1, second.stderr.text);
  const third = await run(["repair", "--yes", store]);
  assertEquals([third.code, third.stdout.lines[0]?.slice(0, 13)], [0, "NOTHING TO DO"]);
  using database = StoreDatabase.open(join(store, "chroma.sqlite3"));
  const ids = records.map(({ id }) => id);
  const [count] = database.row(
    `SELECT count(*) FROM (SELECT embedding_id AS id FROM embeddings UNION
       SELECT id FROM embeddings_queue WHERE operation <> 3)
     WHERE id IN (SELECT value FROM json_each(?))`,
    JSON.stringify(ids),
  ) ?? [];
  assertEquals(count, 3);
});

interface MissingLine {
  readonly collection: string;
  readonly id: string;
  readonly embedding: unknown;
}

function readLines(path: string): MissingLine[] {
  return Deno.readTextFileSync(path).split("\n").filter((line) => line !== "")
    .map((line): MissingLine => JSON.parse(line));
}

function dimensionOf(store: string): number {
  using database = StoreDatabase.open(join(store, "chroma.sqlite3"));
  return Number(database.row("SELECT dimension FROM collections WHERE name = 'dot'")?.[0]);
}

function vectorOf(store: string, seed: number): number[] {
  return Array.from({ length: dimensionOf(store) }, (_, axis) => Math.sin(seed * 100 + axis));
}

Deno.test("repair says in one line what --no-backup does not keep, and keeps what was lost", async () => {
  const store = await tenantless();
  const { code, stdout } = await run(["repair", "--yes", "--no-backup", store]);
  assertEquals(code, 1);
  assertStringIncludes(stdout.text, "What is replaced is not kept");
  assertStringIncludes(stdout.text, "what was replaced was not kept");
  assertEquals((await run(["undo", "--yes", store])).code, 8);
  const lossy = await run(["repair", "--yes", "--no-backup", await vectorless()]);
  assertStringIncludes(lossy.stdout.text, "vecfsck undo");
});

Deno.test("repair ends without a change when it is cancelled", async () => {
  const store = await tenantless();
  const environment = Object.assign(new FakeEnvironment(), { time: TIME });
  const running = main(["repair", "--yes", store], environment);
  await new Promise((resolve) => setTimeout(resolve, 0));
  environment.cancel("SIGINT");
  assertEquals(await running, 32);
  assertEquals(namesIn(join(store, "..")), ["store"]);
});

Deno.test("undo brings back what a repair has replaced, and refuses what was written since", async () => {
  const store = await tenantless();
  const before = await Deno.readFile(join(store, "chroma.sqlite3"));
  assertEquals((await run(["repair", "--yes", store])).code, 1);
  const dry = await run(["undo", "-n", store]);
  assertEquals([dry.code, dry.questions], [0, []]);
  assertStringIncludes(dry.stdout.text, `Undo of the repair ${ID}`);
  const refused = await run(["undo", store], { answer: false });
  assertEquals([refused.code, refused.questions], [32, [`Take the repair ${ID} back`]]);
  {
    using database = StoreDatabase.open(join(store, "chroma.sqlite3"), { writable: true });
    database.execute("INSERT INTO tenants (id) VALUES ('later')");
  }
  const changed = await run(["undo", "--yes", store]);
  assertEquals(changed.code, 8);
  assertStringIncludes(changed.stderr.text, "--force");
  const forced = await run(["undo", "--yes", "--force", store, ID]);
  assertEquals(forced.code, 0, forced.stderr.text);
  assertEquals(await Deno.readFile(join(store, "chroma.sqlite3")), before);
});

Deno.test("undo prints JSON, and one clear error where there is nothing to undo", async () => {
  const store = await tenantless();
  const none = await run(["undo", "--yes", "--json", store]);
  assertEquals([none.code, none.jsonLines.map(({ type }) => type)], [8, ["error"]]);
  assertEquals((await run(["undo", store, "nonsense"])).code, 16);
  await run(["repair", "--yes", store]);
  const undone = await run(["undo", "--yes", "--json", store]);
  assertEquals([undone.code, undone.jsonLines.map(({ type }) => type)], [0, [
    "undo-plan",
    "undone",
  ]]);
  assertEquals(undone.jsonLines[1]?.state, "undone");
});
