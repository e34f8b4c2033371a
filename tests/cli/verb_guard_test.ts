import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { main } from "../../lib/cli/main.ts";
import { quoteShellWord } from "../../lib/base/shell_words.ts";
import { Journal } from "../../lib/fs/journal.ts";
import { localFs } from "../../lib/fs/platform.ts";
import { openWorkDirectory } from "../../lib/fs/work_directory.ts";
import { aheadClock, backUp } from "../backup/backup_cases.ts";
import { BrokenStore } from "../support/broken_store.ts";
import { chromemStore } from "../support/chromem_stores.ts";
import { goldenStore, scratchDirectory, tornStore } from "../support/fixtures.ts";
import { CLI_COMMAND, runCli } from "../support/run_cli.ts";
import { snapshotTree } from "../support/snapshot.ts";
import { anySegmentOf, stopBetweenRenames } from "../support/stopped_swap.ts";
import { FakeEnvironment } from "./fake_environment.ts";
import { runMain, type World } from "./run_main.ts";

const MISSING = "/no/such/store";

/** A store without a file of an index. */
async function damagedStore(): Promise<string> {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  Deno.removeSync(store.file("length.bin", "cosine"));
  return store.path;
}

async function guard(args: readonly string[], world: World = {}) {
  return await runMain(["guard", ...args], { time: aheadClock(), ...world });
}

Deno.test("guard exits with 0 for a sound store and prints one line", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const first = await guard([store]);
  assertEquals([first.code, first.stderr.text, first.stdout.lines.length], [0, "", 1]);
  assertMatch(first.stdout.text, /^SAFE .*\/store: safe to open \(634 records, \d+\.\d\d s\)\n$/);
  const second = await guard([store]);
  assertEquals(second.code, 0);
  assertStringIncludes(second.stdout.text, "(634 records, nothing has changed, ");
});

Deno.test("guard exits with 4 for damage, names it on standard error, and changes nothing", async () => {
  const store = await damagedStore();
  const before = await snapshotTree(store);
  const { code, stdout, stderr } = await guard([store]);
  assertEquals([code, stdout.text], [4, ""]);
  assertMatch(
    stderr.lines[0] ?? "",
    /^vecfsck: .*length\.bin: error VF2002: length\.bin is missing$/,
  );
  assertMatch(stderr.lines[1] ?? "", /^vecfsck: UNSAFE .*: not safe to open: 1 error \(/);
  assertStringIncludes(stderr.lines[1] ?? "", `\`vecfsck check ${store}\` says more.`);
  assertEquals(stderr.lines.length, 2);
  assertEquals(await snapshotTree(store), before);
});

Deno.test("guard exits with 8 for what it cannot check, and ORs the codes of several stores", async () => {
  const damaged = await damagedStore();
  const sound = await chromemStore("plain");
  const { code, stdout, stderr } = await guard([MISSING, damaged, sound]);
  assertEquals(code, 12);
  assertEquals(stdout.lines.length, 1, "the sound one is still guarded");
  assertStringIncludes(stderr.text, `vecfsck: ${MISSING}: not checked: No such file`);
});

Deno.test("guard --on-damage repair exits with 0 when the store is safe then", async () => {
  const store = await tornStore("chroma-1.5.9-1");
  const { code, stdout, stderr } = await guard(["--on-damage", "repair", store]);
  assertEquals(code, 0);
  assertStringIncludes(stdout.text, "SAFE");
  assertStringIncludes(stderr.text, ": repaired in ");
  assertStringIncludes(stderr.text, "what was replaced is in quarantine: ");
  assertEquals((await runMain(["check", "--quiet", store], {})).code === 4, false);
});

Deno.test("guard --on-damage quarantine says at every start what is missed", async () => {
  const store = await damagedStore();
  const first = await guard(["--on-damage", "quarantine", "--quiet", store]);
  assertEquals(first.code, 0);
  assertStringIncludes(first.stderr.text, `of "cosine"; what was replaced is in quarantine: `);
  const again = await guard(["--on-damage", "quarantine", "--quiet", store]);
  assertEquals([again.code, again.stdout.text, again.stderr.lines.length], [0, "", 1]);
  assertStringIncludes(again.stderr.text, `\`vecfsck repair ${store}\` brings back what it can`);
});

Deno.test("guard --on-damage restore takes the newest good backup, where there is one", async () => {
  const broken = await BrokenStore.copyOf("chroma-1.5.9");
  const store = broken.path;
  const to = await scratchDirectory();
  const { id } = await backUp(store, { to });
  Deno.removeSync(broken.file("length.bin", "cosine"));
  const failed = await guard(["--on-damage", "restore", store]);
  assertEquals(failed.code, 4);
  assertStringIncludes(failed.stderr.text, "restore failed: There is no good backup");
  const { code, stderr } = await guard(["--on-damage", "restore", "--backups", to, store]);
  assertEquals(code, 0);
  assertStringIncludes(stderr.text, `restored from the backup ${id} of 20`);
});

Deno.test("guard --journal prints on standard error alone, each line with its level", async () => {
  const store = await damagedStore();
  const args = ["--journal", "--on-damage", "repair", store, MISSING];
  const { code, stdout, stderr } = await guard(args);
  assertEquals([code, stdout.text], [8, ""]);
  assertEquals(stderr.lines.map((line) => line.slice(0, 12)), [
    "<3>vecfsck: ",
    "<4>vecfsck: ",
    "<6>vecfsck: ",
    "<3>vecfsck: ",
    "<3>vecfsck: ",
  ]);
  assertMatch(stderr.lines[2] ?? "", /^<6>vecfsck: SAFE /);
});

Deno.test("guard --journal puts the level in front of changes brought in order and wrong calls", async () => {
  const store = await goldenStore("chroma-1.5.9");
  stopBetweenRenames(store, anySegmentOf(store));
  const { code, stderr } = await guard(["--journal", "--on-damage", "repair", store]);
  assertEquals(code, 0);
  assertMatch(stderr.lines[0] ?? "", /^<5>vecfsck: /);
  const wrong = await guard(["--journal", "--no-such-option", store]);
  assertEquals(wrong.code, 16);
  assert(wrong.stderr.lines.every((line) => line.startsWith("<3>")), wrong.stderr.text);
});

Deno.test("guard needs no flag where the environment says that standard error is the journal", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const environment = Object.assign(new FakeEnvironment(), { time: aheadClock(), journal: true });
  assertEquals(await main(["guard", store], environment), 0);
  assertEquals(environment.stdout.text, "");
  assertMatch(environment.stderr.text, /^<6>vecfsck: SAFE /);
});

Deno.test({
  name: "guard tells the journal from another stream by its device and inode",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const store = await goldenStore("chroma-1.5.9");
    const program = [Deno.execPath(), ...CLI_COMMAND].map(quoteShellWord).join(" ")
      .replace("--allow-read", "--allow-env=JOURNAL_STREAM --allow-read");
    const run = async (stream: string) => {
      const script = `JOURNAL_STREAM=${stream} exec ${program} guard "$0"`;
      const { code, stdout, stderr } = await new Deno.Command("sh", {
        args: ["-c", script, store],
      }).output();
      const decoder = new TextDecoder();
      return [code, decoder.decode(stdout).slice(0, 4), decoder.decode(stderr).slice(0, 4)];
    };
    assertEquals(await run("$(stat -L -c %d:%i /proc/$$/fd/2)"), [0, "", "<6>v"]);
    assertEquals(await run("1:2"), [0, "SAFE", ""]);
  },
});

Deno.test("guard --journal folds many kinds of damage and many of one kind", async () => {
  const store = await chromemStore("plain");
  const directory = join(store, "e6684f6c");
  const documents = [...Deno.readDirSync(directory)].filter(({ name }) => !name.startsWith("0000"));
  for (const { name } of documents) Deno.truncateSync(join(directory, name), 5);
  const { code, stderr } = await guard(["--journal", store]);
  assertEquals(code, 4);
  assert(documents.length > 3);
  assertMatch(stderr.text, / … and [\d,]+ more of this kind\n/);
  assert(stderr.lines.length < 12, stderr.text);
});

Deno.test("guard --quiet prints nothing where all is well", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const fs = {
    ...localFs,
    makeDirectory: () => {
      throw Object.assign(new Error("Read-only file system"), { code: "EROFS" });
    },
  };
  const quiet = await guard(["-q", store], { fs });
  assertEquals([quiet.code, quiet.stdout.text, quiet.stderr.text], [0, "", ""]);
  const loud = await guard([store], { fs });
  assertEquals([loud.code, loud.stderr.lines.length], [0, 1]);
  assertStringIncludes(loud.stderr.text, "What was found is not kept");
});

Deno.test("guard --json prints one line for each store on standard output, and no other", async () => {
  const store = await damagedStore();
  const { code, jsonLines, stderr } = await guard(["--json", store, MISSING]);
  assertEquals(code, 12);
  assertEquals(jsonLines.map(({ type }) => type), ["guard", "error"]);
  assertEquals([jsonLines[0]?.safe, jsonLines[0]?.left], [false, ["VF2002"]]);
  assertStringIncludes(stderr.text, "UNSAFE");
  const sound = await guard(["--json", await goldenStore("chroma-0.4.24")]);
  assertEquals([sound.jsonLines.length, sound.stderr.text], [1, ""]);
});

Deno.test("guard --allow-missing takes a store that is not there for safe", async () => {
  const store = join(await scratchDirectory(), "store");
  assertEquals((await guard([store])).code, 8);
  const { code, stdout } = await guard(["--allow-missing", store]);
  assertEquals(code, 0);
  assertStringIncludes(stdout.text, "there is no store yet");
});

Deno.test("guard exits with neither 0 nor a verdict of safe when a change stays interrupted", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const directory = openWorkDirectory(localFs, store);
  new Journal(localFs, directory).write({
    kind: "swap-directory",
    id: "20261121T070000-0123456789abcdef",
    startedAt: "2026-11-21T07:00:00.000Z",
    live: "/etc/other",
    hadLive: true,
    replacement: join(directory, "rebuilt"),
    aside: join(directory, "replaced"),
  });
  const { code, stdout, stderr } = await guard([store]);
  assertEquals([code, stdout.text], [12, ""]);
  assertStringIncludes(stderr.text, "nothing was touched");
  assertStringIncludes(stderr.text, "UNSAFE");
});

Deno.test("guard ends at once when it is cancelled, and says which signal came", async () => {
  const store = await damagedStore();
  const before = await snapshotTree(store);
  const environment = Object.assign(new FakeEnvironment(), { time: aheadClock() });
  const running = main(["guard", "--on-damage", "repair", store, MISSING], environment);
  await new Promise((resolve) => setTimeout(resolve, 0));
  environment.cancel("SIGTERM");
  assertEquals(await running, 32);
  assertEquals(environment.stderr.text, "vecfsck: Cancelled by SIGTERM; nothing was changed\n");
  assertEquals(await snapshotTree(store), before);
});

Deno.test({
  name: "guard --probe exits with 4 and names the signal when the engine dies of a store",
  ignore: Deno.build.os === "windows",
  async fn() {
    const store = await goldenStore("chroma-1.5.9");
    const died = await guard(["--probe", "sh -c 'echo oh >&2; kill -SEGV $$'", store]);
    assertEquals([died.code, died.stdout.text, died.stderr.lines.length], [4, "", 3]);
    assertStringIncludes(
      died.stderr.lines[0] ?? "",
      "the check has found no damage, but the engine that was asked was killed by SIGSEGV: oh",
    );
    assertStringIncludes(died.stderr.lines[1] ?? "", "nothing is known that a repair would answer");
    assertMatch(died.stderr.lines[2] ?? "", /UNSAFE .*: the engine was killed by SIGSEGV \(/);
    const hangs = ["--probe", "sh -c 'sleep 100'", "--probe-timeout", "1s", "--probe-on-copy"];
    const { code, stderr } = await guard([...hangs, store]);
    assertEquals(code, 4);
    assertMatch(stderr.text, /the engine that was asked did not answer within \d+\.\d\d s\n/);
  },
});

Deno.test({
  name: "guard --probe says that the engine opens the store, and when it counts something else",
  ignore: Deno.build.os === "windows",
  async fn() {
    const store = await goldenStore("chroma-1.5.9");
    const same = await guard(["--probe", "sh -c 'echo 634'", store]);
    assertEquals([same.code, same.stderr.text], [0, ""]);
    assertStringIncludes(same.stdout.text, "the engine opens it, ");
    const other = await guard(["--probe", "sh -c 'echo 1000'", "--journal", store]);
    assertEquals(other.code, 0);
    assertMatch(
      other.stderr.lines[0] ?? "",
      /^<4>.*: the engine that was asked counts 1,000, and the check 634 records$/,
    );
    const { jsonLines } = await guard(["--json", "--probe", "sh -c 'exit 3'", store]);
    const { probe, safe } = jsonLines[0] as { probe: Record<string, unknown>; safe: boolean };
    assertEquals([safe, probe.outcome, probe.exitCode, probe.count], [false, "failed", 3, null]);
  },
});

Deno.test({
  name: "guard --probe exits with 8 when the engine cannot be asked, also after a repair",
  ignore: Deno.build.os === "windows",
  async fn() {
    const sound = await goldenStore("chroma-1.5.9");
    const missing = await guard(["--probe", "env no-such-program", sound]);
    assertEquals([missing.code, missing.stdout.text], [8, ""]);
    assertStringIncludes(missing.stderr.text, "could not be run: exit code 127");
    const damaged = await damagedStore();
    const { code, stderr } = await guard([
      "--on-damage",
      "repair",
      "--probe",
      "/no/such/program",
      damaged,
    ]);
    assertEquals(code, 8);
    assertStringIncludes(stderr.text, ": repaired in ");
    assertStringIncludes(stderr.text, "not opened by the engine after that: ");
  },
});

Deno.test("guard --probe names the flag where no program may be run, and checks nothing", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const { code, stdout, stderr } = await runCli(["guard", "--probe", "true {}", store]);
  assertEquals([code, stdout], [8, ""]);
  assertStringIncludes(stderr, "--probe may not run true: ");
  assertStringIncludes(stderr, "--allow-run=true");
  assertEquals(localFs.look(`${store}.vecfsck`), null);
});

Deno.test("guard refuses calls that make no sense", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const calls = [
    [],
    ["--on-damage", "delete", store],
    ["--wait", "soon", store],
    ["--state", "/tmp/state.json", store, store],
    ["--state", join(store, "state.json"), store],
    ["--backups", "/tmp", store],
    ["--probe", "", store],
    ["--probe-on-copy", store],
    ["--probe-timeout", "3s", store],
  ];
  for (const args of calls) {
    const { code, stdout } = await guard(args);
    assertEquals([code, stdout.text], [16, ""], args.join(" "));
  }
  assertEquals(localFs.look(join(store, "state.json")), null);
});

Deno.test("guard works as a process under the two permissions", async () => {
  const store = await damagedStore();
  const refused = await runCli(["guard", "--journal", store], {
    env: { JOURNAL_STREAM: "1:2" },
  });
  assertEquals([refused.code, refused.stdout], [4, ""]);
  const { code, stdout } = await runCli(["guard", "--on-damage", "repair", "--wait", "1s", store]);
  assertEquals(code, 0);
  assertStringIncludes(stdout, "SAFE");
});
