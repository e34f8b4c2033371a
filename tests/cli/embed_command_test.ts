import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { quoteShellWord } from "../../lib/base/shell_words.ts";
import { main } from "../../lib/cli/main.ts";
import { StoreDatabase } from "../../lib/sqlite/database.ts";
import { goldenStore } from "../support/fixtures.ts";
import { applyDamage } from "../support/damages/mod.ts";
import { runCli } from "../support/run_cli.ts";
import { snapshotTree } from "../support/snapshot.ts";
import { FakeEnvironment } from "./fake_environment.ts";

const PROGRAM = fromFileUrl(new URL("fill_vectors.ts", import.meta.url));

/** A store of which 366 records have lost their vectors. */
async function vectorless(): Promise<{ store: string; dimension: number }> {
  const store = await goldenStore("chroma-1.5.9");
  applyDamage("segment_missing", { store, collection: "notes" }, 1);
  using database = StoreDatabase.open(join(store, "chroma.sqlite3"));
  const [dimension] = database.row("SELECT dimension FROM collections WHERE name = 'notes'") ?? [];
  return { store, dimension: Number(dimension) };
}

function commandOf(behaviour: string, dimension: number): string {
  const words = [Deno.execPath(), "run", "--quiet", PROGRAM, behaviour, String(dimension)];
  return words.map(quoteShellWord).join(" ");
}

async function repair(
  store: string,
  ...args: string[]
): Promise<FakeEnvironment & { code: number }> {
  const environment = new FakeEnvironment();
  const code = await main(["repair", "--yes", ...args, store], environment);
  return Object.assign(environment, { code });
}

function namesIn(directory: string): string[] {
  return Array.from(Deno.readDirSync(directory), ({ name }) => name).sort();
}

Deno.test("repair --embed-command has the vectors made that are gone, and loses no record", async () => {
  const { store, dimension } = await vectorless();
  const { code, stdout, stderr } = await repair(
    store,
    "--embed-command",
    commandOf("fills", dimension),
  );
  assertEquals([code, stderr.text], [1, ""]);
  assertStringIncludes(stdout.text, "Lost      nothing");
  assert(!stdout.text.includes("Missing"), stdout.text);
  assertEquals((await repair(store)).code, 0);
  using database = StoreDatabase.open(join(store, "chroma.sqlite3"));
  const [records] = database.row(
    `SELECT count(*) FROM embeddings WHERE segment_id IN (SELECT s.id FROM segments AS s
       JOIN collections AS c ON c.id = s.collection WHERE c.name = 'notes')`,
  ) ?? [];
  assertEquals(records, 366 + 16);
});

Deno.test("repair --embed-command takes only those records out that the command leaves without", async () => {
  const { store, dimension } = await vectorless();
  const { code, stdout } = await repair(store, "--embed-command", commandOf("one-not", dimension));
  assertEquals(code, 1);
  assertStringIncludes(stdout.text, "LOST      1 vector of notes");
});

Deno.test("repair --embed-command does not run the command where no vector is missing", async () => {
  const store = await goldenStore("chroma-1.5.9");
  applyDamage("header_half", { store, collection: "notes" }, 1);
  const { code } = await repair(store, "--embed-command", commandOf("fails", 1));
  assertEquals(code, 1);
});

Deno.test("repair --dry-run does not run the command", async () => {
  const { store } = await vectorless();
  const { code } = await repair(store, "--dry-run", "--embed-command", commandOf("fails", 1));
  assertEquals(code, 4);
});

Deno.test("repair --embed-command ends with one clear error, and the store as it was, when the command fails", async () => {
  const { store, dimension } = await vectorless();
  const before = await snapshotTree(store);
  const cases: [string, string][] = [
    ["fails", "answered 0 lines"],
    ["fails-late", "ended with exit code 4"],
    ["less", "answered 365 lines"],
    ["more", "more lines than it was given"],
    ["mixed", "answered another record in line 1"],
    ["prose", "no JSON object in line 1"],
    ["nothing", "no vector of finite numbers for the record notes-"],
    ["dimension", `has ${dimension + 1} dimensions, and the collection has ${dimension}`],
  ];
  for (const [behaviour, words] of cases) {
    const { code, stderr } = await repair(
      store,
      "--embed-command",
      commandOf(behaviour, dimension),
    );
    assertEquals(code, 8, `${behaviour}: ${stderr.text}`);
    assertStringIncludes(stderr.text, words);
    assertEquals(stderr.lines.length, 2, stderr.text);
  }
  const none = await repair(store, "--embed-command", "/no/such/program");
  assertEquals(none.code, 8);
  assertStringIncludes(none.stderr.text, "cannot be started");
  assertEquals(await snapshotTree(store), before);
  assertEquals(namesIn(join(store, "..")), ["store"]);
});

Deno.test("repair --embed-command ends the command when it is cancelled", async () => {
  const { store, dimension } = await vectorless();
  const environment = new FakeEnvironment();
  const args = ["repair", "--yes", "--embed-command", commandOf("sleeps", dimension), store];
  const running = main(args, environment);
  const timer = setTimeout(() => environment.cancel("SIGINT"), 1500);
  assertEquals(await running, 32);
  clearTimeout(timer);
  assertEquals(namesIn(join(store, "..")), ["store"]);
});

Deno.test("repair --embed-command without --allow-run says so before anything is done", async () => {
  const { store } = await vectorless();
  const { code, stderr } = await runCli([
    ...["repair", "--yes", "--embed-command", "python3 fill.py"],
    store,
  ]);
  assertEquals(code, 8);
  assertStringIncludes(stderr, "without --allow-run");
  assertStringIncludes(stderr, "--allow-run=python3");
  assertEquals(namesIn(join(store, "..")), ["store"]);
});
