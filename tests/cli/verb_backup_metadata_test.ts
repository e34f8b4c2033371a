import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { aheadClock, letStampsSettle, namesIn, tinyStore } from "../backup/backup_cases.ts";
import { chromemStore } from "../support/chromem_stores.ts";
import { runMain } from "./run_main.ts";

function run(
  args: readonly string[],
  answer: boolean | null = null,
): ReturnType<typeof runMain> {
  return runMain(args, { time: aheadClock(), answer });
}

async function restingStore(): Promise<string> {
  const store = await chromemStore("plain");
  letStampsSettle(store);
  return store;
}

const LOST = "e6684f6c/00000000.gob";

Deno.test("backup --metadata-only says what it made, and then that nothing has changed", async () => {
  const store = await restingStore();
  const first = await run(["backup", "--metadata-only", store]);
  const [id = ""] = namesIn(`${store}.backups`);
  const path = join(`${store}.backups`, id);
  assertEquals([first.code, first.stderr.text], [0, ""]);
  assertStringIncludes(first.stdout.text, "the metadata alone");
  assertEquals(first.stdout.lines.at(-1), `BACKED UP  ${path} (full check: clean)`);
  const second = await run(["backup", "--metadata-only", store]);
  assertEquals(second.code, 0);
  assertEquals(second.stdout.lines, [
    `Backing up ${store}`,
    `UNCHANGED  ${path} holds the same, and is whole`,
  ]);
  const quiet = await run(["backup", "--quiet", "--metadata-only", store]);
  assertEquals([quiet.code, quiet.stdout.text, quiet.stderr.text], [0, "", ""]);
  const { jsonLines } = await run(["backup", "--json", "--metadata-only", store]);
  const [line] = jsonLines;
  assertEquals([line?.type, line?.id, line?.scope], ["backup", id, "metadata"]);
  assert(typeof line?.confirmedAt === "string");
  const list = await run(["backup", "list", store]);
  assertStringIncludes(list.stdout.text, "verified, metadata only");
});

Deno.test("backup --metadata-only ends with 4 while metadata is lost, and says how to have it back", async () => {
  const store = await restingStore();
  await run(["backup", "--metadata-only", store]);
  await Deno.remove(join(store, LOST));
  const { code, stdout } = await run(["backup", "--metadata-only", "--quiet", store]);
  assertEquals(code, 4);
  assertStringIncludes(stdout.text, `LOST  1 file of metadata`);
  assertStringIncludes(stdout.text, LOST);
  assertStringIncludes(stdout.text, `vecfsck restore --metadata-only ${store}`);
  const json = await run(["backup", "--metadata-only", "--json", store]);
  assertEquals(json.jsonLines, [{ type: "metadata-lost", schema: 1, store, paths: [LOST] }]);
  assertEquals(namesIn(`${store}.backups`).length, 1);
});

Deno.test("restore --metadata-only says what it puts back, asks, and says how to take it back", async () => {
  const store = await restingStore();
  await run(["backup", "--metadata-only", store]);
  await Deno.remove(join(store, LOST));
  const dry = await run(["restore", "--metadata-only", "--dry-run", store]);
  assertEquals([dry.code, dry.questions], [0, []]);
  assertStringIncludes(dry.stdout.text, `${LOST} of "knowledge-base": missing, comes back`);
  assertStringIncludes(dry.stdout.text, "Nothing else is touched.");
  const done = await run(["restore", "--metadata-only", store], true);
  assertEquals(done.questions, [`Put 1 file of metadata back into ${store}`]);
  const [entry = ""] = namesIn(join(`${store}.vecfsck`, "quarantine"));
  assertStringIncludes(done.stdout.text, `RESTORED  the metadata of ${store}`);
  assertStringIncludes(done.stdout.text, `vecfsck undo ${store} ${entry}`);
  const again = await run(["restore", "--metadata-only", store]);
  assertEquals([again.code, again.questions], [0, []]);
  assertStringIncludes(again.stdout.text, "there is nothing to do");
  const { jsonLines } = await run(["restore", "--metadata-only", "--json", "--dry-run", store]);
  assertEquals(jsonLines.map(({ type, metadata }) => ({ type, metadata })), [
    { type: "restore-plan", metadata: [] },
  ]);
});

Deno.test("backup prune leaves backups of the metadata alone, unless it is they that are meant", async () => {
  const store = await restingStore();
  await run(["backup", "--metadata-only", store]);
  const [metadata = ""] = namesIn(`${store}.backups`);
  await run(["backup", store]);
  const rules = ["--keep-last", "0", "--unsafe-allow-remove-all", "--yes"];
  await run(["backup", "prune", store, ...rules]);
  assertEquals(namesIn(`${store}.backups`), [metadata]);
  const shown = await run(["backup", "show", "--metadata-only", store]);
  assertStringIncludes(shown.stdout.text, `Backup ${metadata}`);
  assertEquals((await run(["backup", "show", store])).code, 8);
  await run(["backup", "prune", "--metadata-only", store, ...rules]);
  assertEquals(namesIn(`${store}.backups`), []);
});

Deno.test("backup --metadata-only is refused for a store whose names are in a database", async () => {
  const store = await tinyStore();
  const { code, stderr } = await run(["backup", "--metadata-only", store]);
  assertEquals(code, 8);
  assertStringIncludes(stderr.text, "leave --metadata-only out");
});
