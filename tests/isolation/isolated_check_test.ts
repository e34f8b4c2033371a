import { assert, assertEquals, assertRejects } from "@std/assert";
import { join, resolve } from "@std/path";
import { OperationError } from "../../lib/base/errors.ts";
import { localFs } from "../../lib/fs/platform.ts";
import { checkInThread, isolatedCheck } from "../../lib/isolation/isolated_check.ts";
import type { ThreadChoice } from "../../lib/isolation/start_thread.ts";
import { chromemStore } from "../support/chromem_stores.ts";
import { goldenStore, REPOSITORY, scratchDirectory, tornStore } from "../support/fixtures.ts";
import { CLI_PERMISSIONS } from "../support/run_cli.ts";
import { snapshotTree } from "../support/snapshot.ts";

const THREADS: ThreadChoice = {
  entryPoint: new URL("./threads.ts", import.meta.url),
  mostHeapMegabytes: 64,
};
const LONG_MS = 60_000;

const pause = (durationMs: number) => new Promise((resolve) => setTimeout(resolve, durationMs));

/** A directory whose name says what a thread has to do. */
async function place(behaviour: string): Promise<string> {
  const directory = join(await scratchDirectory(), behaviour);
  Deno.mkdirSync(directory);
  return directory;
}

Deno.test("isolatedCheck() finds what a check finds, and changes nothing", async () => {
  for (const store of [await goldenStore("chroma-1.5.9"), await chromemStore("gzip")]) {
    const before = await snapshotTree(store);
    const checked = await isolatedCheck(store, { timeoutMs: LONG_MS });
    assertEquals([checked?.summary.store, checked?.summary.verdict], [store, "clean"]);
    assertEquals(checked?.summary.level, "full");
    assertEquals(await snapshotTree(store), before);
  }
});

Deno.test("isolatedCheck() gives back so many findings, the damage first, and counts the rest", async () => {
  const store = await tornStore("chroma-0.5.23-2");
  const all = await isolatedCheck(store, { timeoutMs: LONG_MS });
  assert(all !== null && all.findings.length > 2 && all.findingsLeftOut === 0);
  assertEquals(all.summary.verdict, "unsafe");
  const some = await isolatedCheck(store, { timeoutMs: LONG_MS, mostFindings: 1, level: "full" });
  assertEquals(some?.findingsLeftOut, all.findings.length - 1);
  assertEquals(some?.findings, all.findings.slice(0, 1));
  assert(["error", "fatal"].includes(some?.findings[0]?.severity ?? ""));
});

Deno.test("isolatedCheck() throws what a check throws", async () => {
  const error = await assertRejects(() => isolatedCheck("/no/such/store"), OperationError);
  assertEquals([error.code, error.path], ["not-found", "/no/such/store"]);
  assert(error.hint !== null);
});

Deno.test("isolatedCheck() throws cancelled when its signal is aborted, before and meanwhile", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const before = AbortSignal.abort();
  const error = await assertRejects(() => isolatedCheck(store, { signal: before }), OperationError);
  assertEquals(error.code, "cancelled");
  const controller = new AbortController();
  const running = checkInThread(await place("obeys"), { signal: controller.signal }, THREADS);
  setTimeout(() => controller.abort(), 50);
  assertEquals((await assertRejects(() => running, OperationError)).code, "cancelled");
});

Deno.test("isolatedCheck() is null at the deadline, once the thread has tidied up", async () => {
  const directory = await place("obeys");
  assertEquals(await checkInThread(directory, { timeoutMs: 400 }, THREADS), null);
  // Where the machine is slow, that comes a little later.
  while (localFs.look(join(directory, "ended")) === null) await pause(10);
  const store = await goldenStore("chroma-1.5.9");
  assertEquals(await isolatedCheck(store, { timeoutMs: 0 }), null);
});

Deno.test({
  name: "isolatedCheck() is null at the deadline when the thread hangs in a system call",
  ignore: Deno.build.os === "windows",
  // The thread outlives the test, until its system call returns.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const directory = await place("blocks");
    const pipe = join(directory, "pipe");
    assertEquals((await new Deno.Command("mkfifo", { args: [pipe] }).output()).success, true);
    assertEquals(await checkInThread(directory, { timeoutMs: 300 }, THREADS), null);
    using _writer = Deno.openSync(pipe, { read: true, write: true });
  },
});

Deno.test("isolatedCheck() throws when the thread breaks, ends or runs out of memory", async () => {
  const cases: [string, string, RegExp][] = [
    ["throws", "internal", /The thread of the check failed: .*It broke/],
    ["exits", "internal", /it ended without an answer/],
    ["fills", "no-memory", /needs more memory than it may have/],
  ];
  for (const [behaviour, code, message] of cases) {
    const running = checkInThread(await place(behaviour), { timeoutMs: LONG_MS }, THREADS);
    const error = await assertRejects(() => running, OperationError);
    assertEquals(error.code, code, error.message);
    assert(message.test(error.message), error.message);
  }
});

Deno.test("isolatedCheck() begins its thread also where the library is no file", async () => {
  const answer = { kind: "error", code: "busy", message: "In use", path: null, hint: null };
  const script = `import { parentPort, workerData } from "node:worker_threads";
    parentPort.postMessage({ ...${JSON.stringify(answer)}, hint: workerData.store });`;
  const entryPoint = new URL(`data:text/javascript,${encodeURIComponent(script)}`);
  const running = checkInThread("/srv/store", { timeoutMs: LONG_MS }, { ...THREADS, entryPoint });
  const error = await assertRejects(() => running, OperationError, "In use");
  assertEquals([error.code, error.hint], ["busy", resolve("/srv/store")]);
});

/** Runs a script as a process under the two permissions, which is killed when it does not end. */
async function runScript(script: string, ...args: string[]): Promise<[number, string]> {
  const path = join(await scratchDirectory(), "isolated.ts");
  const module = new URL("../../lib/isolation/isolated_check.ts", import.meta.url).href;
  await Deno.writeTextFile(path, script.replace("MODULE", JSON.stringify(module)));
  const config = join(REPOSITORY, "deno.json");
  const flags = ["--quiet", "--no-check", "--config", config, ...CLI_PERMISSIONS];
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", ...flags, path, ...args],
    signal: AbortSignal.timeout(LONG_MS),
  }).output();
  return [code, new TextDecoder().decode(stdout)];
}

Deno.test("isolatedCheck() works under the two permissions", async () => {
  const script = `import { isolatedCheck } from MODULE;
    const checked = await isolatedCheck(Deno.args[0], { timeoutMs: 60_000 });
    console.log(checked?.summary.verdict);`;
  assertEquals(await runScript(script, await goldenStore("chroma-0.4.24")), [0, "clean\n"]);
});

Deno.test({
  name: "isolatedCheck() keeps no process from ending, whatever the thread hangs in",
  ignore: Deno.build.os === "windows",
  async fn() {
    const directory = await place("blocks");
    const pipe = join(directory, "pipe");
    assertEquals((await new Deno.Command("mkfifo", { args: [pipe] }).output()).success, true);
    const script = `import { checkInThread } from MODULE;
      const thread = { entryPoint: new URL(Deno.args[1]), mostHeapMegabytes: 64 };
      console.log(await checkInThread(Deno.args[0], { timeoutMs: 200 }, thread));`;
    const ended = await runScript(script, directory, THREADS.entryPoint.href);
    assertEquals(ended, [0, "null\n"]);
  },
});
