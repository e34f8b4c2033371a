import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { main } from "../../lib/cli/main.ts";
import { checkStore } from "../../lib/engine/check.ts";
import { openWorkDirectory } from "../../lib/fs/work_directory.ts";
import { Journal } from "../../lib/fs/journal.ts";
import { localFs } from "../../lib/fs/platform.ts";
import { quarantineStaleHnsw } from "../../lib/quarantine/stale_hnsw.ts";
import { StoreDatabase } from "../../lib/sqlite/database.ts";
import { chromemStore } from "../support/chromem_stores.ts";
import { goldenStore, scratchDirectory } from "../support/fixtures.ts";
import { runCli } from "../support/run_cli.ts";
import { snapshotTree } from "../support/snapshot.ts";
import { FakeEnvironment } from "./fake_environment.ts";
import { runMain, type World } from "./run_main.ts";

const [NOTES, DOT, ORPHAN] = [
  "94e12c34-c66b-4d44-abb5-fd9ef78c9bfa",
  "5c9b36b3-ea3d-481d-bce4-eb75e0156ab2",
  "484350f4-c67c-4e70-9ba1-72149b0ee68e",
] as const;
const ID = "20260131T040000Z";
const TIME = new Date("2026-01-31T04:00:00Z");

/** Runs a call at the time that the names of entries tell. */
const run = (args: readonly string[], world: World = {}): ReturnType<typeof runMain> =>
  runMain(args, { time: TIME, ...world });

function store(): Promise<string> {
  return goldenStore("chroma-1.5.9");
}

function namesIn(directory: string): string[] {
  return Array.from(Deno.readDirSync(directory), ({ name }) => name).sort();
}

async function verdictOf(path: string): Promise<string> {
  for await (const event of checkStore(path)) if (event.type === "summary") return event.verdict;
  return "none";
}

function cut(path: string): void {
  Deno.truncateSync(path, Deno.statSync(path).size - 100);
}

Deno.test("quarantine says what it costs, asks, and moves the index", async () => {
  const path = await store();
  const { code, stdout, stderr, questions } = await run(["quarantine", path, "--segment", NOTES], {
    answer: true,
  });
  assertEquals([code, stderr.text, questions], [0, "", ["Move 1 index aside"]]);
  const moved = join(`${path}.vecfsck`, "quarantine", ID, "data", NOTES);
  assertEquals(namesIn(moved).length, 5);
  assert(!namesIn(path).includes(NOTES));
  assertEquals(stdout.lines, [
    `1 index of ${path} to be moved aside:`,
    "",
    `  ${NOTES}  collection notes, 128 kB`,
    "    Why: it was asked for.",
    "    366 of 382 vectors exist nowhere else. Without it, queries find none of the",
    "    382 records.",
    "",
    "NOTE  What queries do not find, the engine still counts, and has documents and",
    "metadata of; to ask for the embeddings fails or gives none. When it opens the",
    "store, it makes a new index in the same place, without these vectors.",
    "",
    `MOVED  1 index of ${path}:`,
    `  ${moved}`,
    "",
    `  Manifest:     ${join(`${path}.vecfsck`, "quarantine", ID, "manifest.json")}`,
    `  To undo this: vecfsck quarantine restore ${path} ${ID}`,
    `  To rebuild:   vecfsck repair ${path}`,
  ]);
});

Deno.test("quarantine changes nothing after a no, with --dry-run, or when nobody can be asked", async () => {
  const path = await store();
  const before = await snapshotTree(join(path, ".."));
  const args = ["quarantine", path, "--segment", NOTES];
  const refused = await run(args, { answer: false });
  assertEquals([refused.code, refused.stderr.lines], [32, ["Nothing was changed."]]);
  const unasked = await run(args, { answer: null });
  assertEquals(unasked.code, 16);
  assertStringIncludes(unasked.stderr.text, "--yes");
  const dry = await run([...args, "--dry-run"]);
  assertEquals([dry.code, dry.questions], [0, []]);
  assertStringIncludes(dry.stdout.text, "366 of 382 vectors");
  assertEquals(await snapshotTree(join(path, "..")), before);
});

Deno.test("quarantine needs a choice, and says so when there is nothing to move", async () => {
  const path = await store();
  const none = await run(["quarantine", path]);
  assertEquals(none.code, 16);
  assertStringIncludes(none.stderr.text, "--stale-seconds, --damaged or --segment");
  const clean = await run(["quarantine", path, "--damaged", "--yes"]);
  assertEquals([clean.code, clean.stdout.lines], [
    0,
    [`Nothing of ${path} is to be moved aside.`],
  ]);
  const unknown = await run(["quarantine", path, "--segment", "x", "--yes"]);
  assertEquals(unknown.code, 8);
  assertStringIncludes(unknown.stderr.text, "The store has no index x");
  assertEquals(namesIn(join(path, "..")), ["store"]);
});

Deno.test("quarantine --damaged moves the index that is damaged, and only that", async () => {
  const path = await store();
  cut(join(path, DOT, "data_level0.bin"));
  const { code, jsonLines } = await run(["quarantine", path, "--damaged", "--yes", "--json"]);
  assertEquals(code, 0);
  const [plan, moved] = jsonLines;
  assertEquals([plan?.type, plan?.segment, plan?.records, plan?.onlyCopies, plan?.replayable], [
    "quarantine-plan",
    DOT,
    120,
    119,
    1,
  ]);
  assertMatch(String(plan?.reasons), /^it is damaged: VF\d{4}/);
  assertEquals([moved?.type, moved?.id, moved?.holds, moved?.findings], [
    "quarantine",
    ID,
    "everything",
    plan?.findings,
  ]);
  assertEquals(jsonLines.length, 2);
  assertEquals(await verdictOf(path), "damaged");
});

Deno.test("quarantine --stale-seconds goes by the stamps alone", async () => {
  const path = await store();
  const time = new Date("2020-01-01T00:00:00Z");
  Deno.utimeSync(join(path, DOT, "data_level0.bin"), time, time);
  const { code, jsonLines } = await run([
    ...["quarantine", path, "--stale-seconds", "31536000"],
    ...["--yes", "--json"],
  ]);
  assertEquals(code, 0);
  assertEquals(jsonLines.map(({ type, segment }) => [type, segment]), [
    ["quarantine-plan", DOT],
    ["quarantine", undefined],
  ]);
  assertMatch(String(jsonLines[0]?.reasons), /^it is [\d]+ h \d+ min older than the catalogue$/);
});

Deno.test("quarantine says that it cannot tell what it costs where the database is lost", async () => {
  const path = await store();
  Deno.truncateSync(join(path, "chroma.sqlite3"), 0);
  const { code, stdout } = await run(["quarantine", path, "--segment", NOTES, "--yes"]);
  assertEquals(code, 0);
  assertStringIncludes(stdout.text, "cannot be told, for the database");
  const purged = await run(["quarantine", "purge", path, "--older-than", "0s", "--yes"]);
  assertEquals(purged.code, 4);
  assertStringIncludes(purged.stdout.text, `KEPT  ${ID}: what the store holds cannot be read`);
  assertEquals((await run(["quarantine", "restore", path, ID])).code, 0);
  assert(namesIn(path).includes(NOTES));
});

Deno.test("quarantine refuses a store to which an engine writes", async () => {
  const path = await store();
  const plan = ["quarantine", path, "--segment", NOTES, "--yes"];
  using writer = StoreDatabase.open(join(path, "chroma.sqlite3"), { writable: true });
  writer.execute("BEGIN EXCLUSIVE");
  const { code, stderr } = await run(plan);
  assertEquals(code, 8);
  assertMatch(stderr.text, /Stop every process that uses the store/);
  assert(namesIn(path).includes(NOTES));
});

Deno.test("quarantine refuses to carry out a plan for a store that has changed since", async () => {
  const path = await store();
  const environment = Object.assign(new FakeEnvironment(), { time: TIME });
  environment.confirm = () => {
    Deno.writeTextFileSync(join(path, NOTES, "header.bin"), "written while it was asked");
    return Promise.resolve(true);
  };
  assertEquals(await main(["quarantine", path, "--segment", NOTES], environment), 8);
  assertStringIncludes(environment.stderr.text, "has changed since this was planned");
  assertEquals(namesIn(join(path, "..")), ["store"]);
});

Deno.test("quarantine --to keeps the data in another directory, which has to be there", async () => {
  const path = await store();
  const other = await scratchDirectory();
  const args = ["quarantine", path, "--segment", NOTES, "--yes", "--json"];
  for (const [to, code] of [["/no/such/place", 8], [path, 16], [join(path, NOTES), 16]] as const) {
    assertEquals((await run([...args, "--to", to])).code, code);
  }
  const { code, jsonLines } = await run([...args, "--to", other]);
  assertEquals(code, 0);
  assertEquals(jsonLines[1]?.location, join(other, `store.${ID}`));
  const listed = await run(["quarantine", "list", path]);
  assertStringIncludes(listed.stdout.text, join(other, `store.${ID}`));
  assertEquals((await run(["quarantine", "restore", path, ID])).code, 0);
  assertEquals([namesIn(other), namesIn(join(path, ".."))], [[], ["store"]]);
  assertEquals(await verdictOf(path), "clean");
});

Deno.test("quarantine list names what there is, whoever has moved it", async () => {
  const path = await store();
  assertEquals((await run(["quarantine", "list", path])).stdout.lines, [
    `Nothing of ${path} is in quarantine.`,
  ]);
  quarantineStaleHnsw(path, { staleSeconds: -1e12, now: TIME });
  const drift = join(path, `${DOT}.drift-20260131-040000`);
  Deno.renameSync(join(path, `${NOTES}.drift-20260131-040000`), join(path, NOTES));
  await run(["quarantine", path, "--segment", NOTES, "--yes"]);
  Deno.mkdirSync(join(`${path}.vecfsck`, "quarantine", "20200101T000000Z"));
  const { code, stdout } = await run(["quarantine", "list", path]);
  assertEquals(code, 0);
  assertStringIncludes(stdout.text, `${ID}  1 index, 128 kB, 2026-01-31T04:00:00Z`);
  assertStringIncludes(stdout.text, "collection notes; 366 vectors of 382");
  assertStringIncludes(stdout.text, "UNREADABLE");
  assertStringIncludes(stdout.text, drift);
  const { jsonLines } = await run(["quarantine", "list", path, "--json"]);
  assertEquals(jsonLines.map(({ type }) => type), [
    "quarantine",
    "quarantine-unreadable",
    ...Array(4).fill("quarantine-drift"),
  ]);
});

Deno.test("quarantine list brings in order what a crash has left, and says so", async () => {
  const path = await store();
  const workDirectory = openWorkDirectory(localFs, path);
  const replacement = join(workDirectory, "rebuilt");
  Deno.mkdirSync(replacement);
  new Journal(localFs, workDirectory).write({
    kind: "swap-directory",
    id: "20261121T070000-0123456789abcdef",
    startedAt: "2026-11-21T07:00:00.000Z",
    live: join(path, NOTES),
    hadLive: true,
    replacement,
    aside: join(workDirectory, "replaced"),
  });
  const { code, stderr } = await run(["quarantine", "list", path]);
  assertEquals(code, 0);
  assertStringIncludes(stderr.text, "Undid a change that was interrupted");
});

Deno.test("quarantine restore takes the current directory for the store", async () => {
  const path = await store();
  await run(["quarantine", path, "--segment", DOT, "--yes"]);
  const { code, stdout } = await runCli(["quarantine", "restore", ID], { cwd: path });
  assertEquals(code, 0);
  assertStringIncludes(stdout, join(path, DOT));
  assertEquals((await run(["quarantine", "restore"])).code, 16);
  assertEquals((await run(["quarantine", "restore", path, "latest"])).code, 16);
  assertEquals((await run(["quarantine", "restore", path, ID])).code, 8);
});

Deno.test("quarantine purge removes what is not needed, and keeps only copies", async () => {
  const path = await store();
  await run(["quarantine", path, "--segment", NOTES, "--yes"]);
  await run(["quarantine", path, "--segment", ORPHAN, "--yes"]);
  const quarantine = join(`${path}.vecfsck`, "quarantine");
  const young = await run(["quarantine", "purge", path, "--yes"]);
  assertEquals([young.code, namesIn(quarantine)], [0, [ID, `${ID}-2`]]);
  const late = { time: new Date("2026-03-02T04:00:00Z") };
  const asked = await run(["quarantine", "purge", path], { ...late, answer: false });
  assertEquals([asked.code, asked.questions], [32, ["Remove 1 entry for good"]]);
  assertEquals((await run(["quarantine", "purge", path], late)).code, 16);
  const dry = await run(["quarantine", "purge", path, "-n"], late);
  assertEquals([dry.code, namesIn(quarantine)], [4, [ID, `${ID}-2`]]);
  const purged = await run(["quarantine", "purge", path, "--yes"], late);
  assertEquals([purged.code, namesIn(quarantine)], [4, [ID]]);
  assertEquals(purged.stdout.lines, [
    `KEPT  ${ID}: it holds what was the only copy of 366 vectors, and 382`,
    "    records of notes have no vector in the store",
    `REMOVED  ${ID}-2: no live record had its vector in it`,
  ]);
  // Once the store has them again, the old index is needed no more.
  const unsafe = await run(
    ["quarantine", "purge", path, "--unsafe-purge-only-copies", "--yes", "--json"],
    late,
  );
  assertEquals(unsafe.code, 0);
  assertEquals(unsafe.jsonLines.map(({ id, decision, removed }) => [id, decision, removed]), [
    [ID, "remove", true],
  ]);
  assertEquals(namesIn(join(path, "..")), ["store"]);
});

Deno.test("quarantine purge removes an index once every record has a vector again", async () => {
  const path = await store();
  const whole = join(await scratchDirectory(), NOTES);
  Deno.mkdirSync(whole);
  for (const name of namesIn(join(path, NOTES))) {
    Deno.copyFileSync(join(path, NOTES, name), join(whole, name));
  }
  await run(["quarantine", path, "--segment", NOTES, "--yes"]);
  Deno.renameSync(whole, join(path, NOTES));
  const { code, stdout } = await run(["quarantine", "purge", path, "--older-than", "0s", "-y"]);
  assertEquals([code, stdout.lines], [0, [`REMOVED  ${ID}: every vector in it is elsewhere too`]]);
});

Deno.test("quarantine purge keeps the index of a collection whose records are lost as well", async () => {
  const path = await store();
  await run(["quarantine", path, "--segment", NOTES, "--yes"]);
  {
    using database = StoreDatabase.open(join(path, "chroma.sqlite3"), { writable: true });
    database.execute(
      `DELETE FROM embeddings WHERE segment_id IN (SELECT s.id FROM segments s
       JOIN collections c ON c.id = s.collection WHERE c.name = 'notes')`,
    );
  }
  const { code, stdout } = await run(["quarantine", "purge", path, "--older-than", "0s", "-y"]);
  assertEquals(code, 4);
  assertStringIncludes(stdout.text.replaceAll(/\s+/g, " "), "the store has 0 vectors of notes now");
});

Deno.test("quarantine calls collections of chromem-go so, and not indexes", async () => {
  const path = await chromemStore("plain");
  const [folder = ""] = namesIn(path);
  const args = ["quarantine", path, "--segment", folder];
  const { code, stdout, questions } = await run(args, { answer: true });
  assertEquals([code, questions], [0, ["Move 1 collection aside"]]);
  assertStringIncludes(stdout.text, `1 collection of ${path} to be moved aside:`);
  assertStringIncludes(stdout.text, `MOVED  1 collection of ${path}:`);
  const listed = await run(["quarantine", "list", path]);
  assertStringIncludes(listed.stdout.text, "1 collection, ");
});
