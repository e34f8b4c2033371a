import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { aheadClock, namesIn } from "../backup/backup_cases.ts";
import { goldenStore, scratchDirectory } from "../support/fixtures.ts";
import { applyDamage, DAMAGES } from "../support/damages/mod.ts";
import { runCli } from "../support/run_cli.ts";
import { runMain } from "./run_main.ts";

async function drill(...args: string[]) {
  return await runMain(["drill", ...args], { time: aheadClock() });
}

Deno.test("drill prints a table and the seed, and exits 0 when all came as expected", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const named = ["--damage", "header_version,tenant_lost", "--damage", "header_version"];
  const { code, stdout, stderr } = await drill(store, ...named, "--seed", "7");
  assertEquals([code, stderr.text], [0, ""]);
  assertMatch(stdout.lines[0] ?? "", /: 2 damages to copies of it, [\d.]+ MB each; seed 7$/);
  assertMatch(stdout.text, /^ {2}Damage +Check says +Repair does +Engine$/m);
  assertMatch(stdout.text, /^ {2}header_version +error VF2102 +cures it all +not asked$/m);
  assertMatch(stdout.text, /^ {2}tenant_lost +error VF1203 +cures it all +not asked$/m);
  assertMatch(stdout.lines.at(-1) ?? "", /^PASSED .* 2 of 2 damages .* no engine was asked .*7\)$/);
});

Deno.test("drill makes up a seed that hits the same again", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const first = await drill("--json", "--damage", "vectors_nan", store);
  const seed = Number(first.jsonLines[0]?.seed);
  assert(Number.isSafeInteger(seed) && seed > 0);
  const again = await drill("--json", "--damage", "vectors_nan", "--seed", `${seed}`, store);
  const [one, two] = [first, again].map(({ jsonLines }) => ({ ...jsonLines[1], elapsedMs: 0 }));
  assertEquals(one, two);
});

Deno.test("drill says what was not seen and need not be, and what cannot be done", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const { code, stdout } = await drill(
    "--damage=unreadable_pickle_protocol,config_without_type",
    store,
  );
  assertEquals(code, 0);
  assertMatch(stdout.text, /^ {2}Unseen {4}unreadable_pickle_protocol: /m);
  assertMatch(stdout.text, /^ {2}config_without_type +not applicable: The database has no row/m);
  assertStringIncludes(stdout.lines.at(-1) ?? "", "1 of 1 damage found");
});

Deno.test("drill exits 8 when none of the damages can be done", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const { code, stdout } = await drill("--damage", "config_without_type", store);
  assertEquals(code, 8);
  assertStringIncludes(stdout.lines.at(-1) ?? "", "NOT DRILLED");
});

Deno.test("drill asks the engine that --engine-command names, and fails what it does not take", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const log = join(await scratchDirectory(), "asked");
  const asking = (script: string): Promise<Awaited<ReturnType<typeof drill>>> =>
    drill("--damage", "header_half", store, "--engine-command", `sh -c '${script}' sh`);
  const good = await asking(`echo "$1" >> ${log}; test -f "$1/chroma.sqlite3"`);
  assertEquals(good.code, 0);
  assertMatch(good.stdout.text, /cures it all +agrees$/m);
  assertEquals(Deno.readTextFileSync(log).split("\n").length, 3);
  const bad = await asking(
    `echo refused >&2; test $(wc -l < ${log}) = 2 && echo x >> ${log}`,
  );
  assertEquals(bad.code, 4);
  assertMatch(bad.stdout.text, /cures it all +REFUSES {2}FAILED$/m);
  assertStringIncludes(bad.stdout.text, "exit code 1: refused");
  assertMatch(bad.stdout.text, /^ {2}Again {5}vecfsck drill --damage header_half --seed \d+ \//m);
  const deaf = await asking("exit 3");
  assertEquals([deaf.code, deaf.stderr.lines.length], [8, 2]);
  assertStringIncludes(deaf.stderr.text, "that nothing was done to: exit code 3");
});

Deno.test("drill exits 4 when the store is damaged itself, and lists what is wrong with it", async () => {
  const store = await goldenStore("chroma-1.5.9");
  applyDamage("tenant_lost", { store, collection: "notes" }, 1);
  const { code, stdout } = await drill("--all", store);
  assertEquals(code, 4);
  assertStringIncludes(stdout.text, "VF1203");
  assertMatch(stdout.lines.at(-1) ?? "", /^NOT DRILLED .*damaged itself/);
  const json = await drill("--all", "--json", store);
  assertEquals(json.jsonLines.map(({ type }) => type), ["drill", "finding", "drill-summary"]);
});

Deno.test("drill --quiet is silent while all is well", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const { code, stdout, stderr } = await drill("-q", "--damage", "tenant_lost", store);
  assertEquals([code, stdout.text, stderr.text], [0, "", ""]);
});

Deno.test("drill --into keeps the copies, and takes no directory that holds something", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const into = await scratchDirectory();
  const first = await drill("--damage", "tenant_lost", "--into", into, store);
  assertEquals([first.code, namesIn(join(into, "tenant_lost"))], [0, ["store", "store.vecfsck"]]);
  const second = await drill("--damage", "tenant_lost", "--into", into, store);
  assertEquals(second.code, 16);
  assertStringIncludes(second.stderr.text, "is not empty");
});

Deno.test("drill --list names every damage, with a store those to its format", async () => {
  const all = await drill("--list");
  assertEquals(all.code, 0);
  assertStringIncludes(all.stdout.text, "81 damages to stores of the format chroma");
  assertMatch(all.stdout.text, /^ {2}header_half +The file header\.bin is cut/m);
  const ofStore = await drill("--list", "--json", await goldenStore("chroma-1.5.9"));
  const names = ofStore.jsonLines.map(({ damage }) => damage);
  assertEquals(names, DAMAGES.map(({ name }) => name));
});

Deno.test("drill refuses calls that make no sense", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const calls: [string[], string][] = [
    [[store], "--damage NAME or --all"],
    [["--all"], "No STORE given"],
    [["--damage", "header_halve", store], "did you mean header_half?"],
    [["--all", "--damage", "header_half", store], "cannot be used together"],
    [["--all", store, "--engine-command", "'open"], "needs a program"],
  ];
  for (const [args, words] of calls) {
    const { code, stderr } = await drill(...args);
    assertEquals(code, 16, args.join(" "));
    assertStringIncludes(stderr.text, words);
  }
  const none = await drill("--all", join(store, "none"));
  assertEquals(none.code, 8);
});

Deno.test("drill works with --allow-read and --allow-write alone, but for the engine", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const call = ["drill", "--damage", "header_half", store];
  assertEquals((await runCli(call)).code, 0);
  const asking = await runCli([...call, "--engine-command", "python3 open_store.py"]);
  assertEquals(asking.code, 8);
  assertStringIncludes(asking.stderr, "--allow-run=python3");
});
