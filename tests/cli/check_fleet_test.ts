/**
 * `vecfsck check` of many stores by the real program: threads, order, bad stores, signals.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { join } from "@std/path";
import { chromemStore } from "../support/chromem_stores.ts";
import { copyTree, goldenStore, scratchDirectory, tornStore } from "../support/fixtures.ts";
import { runCli } from "../support/run_cli.ts";
import { RunningCli } from "../support/running_cli.ts";
import { snapshotTree } from "../support/snapshot.ts";

/** Stores of two kinds, one of them damaged. */
async function makeFleet(): Promise<string> {
  const root = await Deno.realPath(await scratchDirectory());
  const [chroma, torn, chromem] = await Promise.all([
    goldenStore("chroma-1.5.9"),
    tornStore("chroma-1.5.9-1"),
    chromemStore("plain"),
  ]);
  for (const name of ["a/1", "a/3", "c"]) await copyTree(chroma, join(root, name));
  await copyTree(torn, join(root, "a", "2"));
  await copyTree(chromem, join(root, "b"));
  return root;
}

const NAMES = ["a/1", "a/2", "a/3", "b", "c"];

/** The lines of a report without what is different each time. */
function withoutTimes(text: string): string {
  return text.replaceAll(/in [0-9.]+ (s|ms|min)\b/g, "in T").replace(/, \d+ at once/, "")
    .replaceAll(/"elapsedMs":\d+/g, "");
}

Deno.test("check --recursive says the same with any number of threads, in the order of paths", async () => {
  const root = await makeFleet();
  const before = await snapshotTree(root);
  for (const mode of [[], ["--json"], ["-q"]]) {
    const [one, three] = await Promise.all(
      ["1", "3"].map((jobs) => runCli(["check", "--recursive", "--jobs", jobs, ...mode, root])),
    );
    assert(one !== undefined && three !== undefined);
    assertEquals([one.code, three.code], [4, 4]);
    assertEquals(withoutTimes(three.stdout), withoutTimes(one.stdout));
    if (mode[0] !== "--json") continue;
    const summaries = one.jsonLines.filter(({ type }) => type === "summary");
    assertEquals(summaries.map(({ store }) => store), NAMES.map((name) => join(root, name)));
    const last = one.jsonLines.at(-1);
    assertEquals([last?.type, last?.stores], ["fleet", 5]);
  }
  assertEquals(await snapshotTree(root), before);
});

Deno.test("check of several stores goes on after each that cannot be checked, in its place", async () => {
  const root = await makeFleet();
  using held = new DatabaseSync(join(root, "a", "3", "chroma.sqlite3"));
  held.exec("BEGIN EXCLUSIVE");
  const stores = NAMES.map((name) => join(root, name));
  stores.splice(1, 0, join(root, "gone"));
  const { code, jsonLines } = await runCli([
    "check",
    "--json",
    "--jobs",
    "2",
    ...stores,
  ]);
  held.exec("ROLLBACK");
  const ends = jsonLines.filter(({ type }) => type !== "finding");
  assertEquals(ends.slice(0, -1).map(({ store }) => store), stores);
  assertEquals(ends.map(({ type }) => type), [
    "summary",
    "error",
    "summary",
    "error",
    "summary",
    "summary",
    "fleet",
  ]);
  assertEquals([ends[1]?.code, ends[3]?.code], ["not-found", "busy"]);
  assertEquals(ends.at(-1)?.verdicts, {
    unsafe: 1,
    damaged: 0,
    notChecked: 2,
    incomplete: 0,
    warnings: 0,
    clean: 3,
  });
  assertEquals(code, 12);
});

Deno.test("check of several stores keeps what it finds of each, and spares it the next time", async () => {
  const root = await makeFleet();
  await Deno.remove(join(root, "a", "2"), { recursive: true });
  const run = (): ReturnType<typeof runCli> =>
    runCli(["check", "--recursive", "--since-seal", "--json", root]);
  const first = await run();
  assertEquals(first.code, 0, first.stderr);
  for (const name of ["a/1", "a/3", "b", "c"]) {
    await Deno.stat(join(root, `${name}.vecfsck`, "checked.json"));
  }
  const again = await run();
  assertEquals(again.code, 0, again.stderr);
  const summaries = again.jsonLines.filter(({ type }) => type === "summary");
  assertEquals(summaries.length, 4);
  for (const { complete, bytesChecked, bytesVerified } of summaries) {
    assertEquals(complete, true);
    assert(Number(bytesChecked) <= Number(bytesVerified));
  }
});

Deno.test("check of many stores ends at once on SIGINT, with 32", async () => {
  const root = await makeFleet();
  const many = Array.from({ length: 40 }, () => NAMES.map((name) => join(root, name))).flat();
  await using cli = new RunningCli(["check", "--jobs", "2", ...many]);
  await cli.find("CLEAN");
  cli.kill("SIGINT");
  const { code } = await cli.end();
  assertEquals(code & ~4, 32);
  assertStringIncludes(await cli.stderr, "Cancelled by Ctrl-C (SIGINT); nothing was changed");
});
