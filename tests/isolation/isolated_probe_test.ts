import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../lib/base/errors.ts";
import { localFs } from "../../lib/fs/platform.ts";
import { isolatedProbe, type IsolatedProbeOptions } from "../../lib/isolation/isolated_probe.ts";
import { chromemStore } from "../support/chromem_stores.ts";
import { goldenStore, REPOSITORY, scratchDirectory } from "../support/fixtures.ts";
import { CLI_PERMISSIONS, runDeno } from "../support/run_cli.ts";
import { snapshotTree } from "../support/snapshot.ts";

const LONG_MS = 50_000;
const ignore = Deno.build.os === "windows";

/** Has a shell run a script. */
async function probe(script: string, options: IsolatedProbeOptions = {}) {
  return await isolatedProbe(["sh", "-c", script, "sh"], { timeoutMs: LONG_MS, ...options });
}

/** Whether a process is there and runs. */
async function isRunning(id: string): Promise<boolean> {
  const { stdout } = await new Deno.Command("ps", { args: ["-o", "stat=", "-p", id] }).output();
  const state = new TextDecoder().decode(stdout).trim();
  return state !== "" && !state.startsWith("Z");
}

Deno.test({
  name: "isolatedProbe() gives the number in the last line of a program that answers",
  ignore,
  async fn() {
    const { elapsedMs, ...result } = await probe("echo 12; echo 634; echo; echo a word >&2");
    assertEquals(result, {
      outcome: "answered",
      count: 634,
      signal: null,
      exitCode: 0,
      lastLine: "a word",
    });
    assert(elapsedMs >= 0);
    for (const line of ["634 records", "-1", "1e3", "99999999999999999999", ""]) {
      const { outcome, count } = await probe(`echo "${line}"`);
      assertEquals([outcome, count], ["answered", null], line);
    }
  },
});

Deno.test({
  name:
    "isolatedProbe() names the signal that has killed the program, also where a shell tells of it",
  ignore,
  async fn() {
    const direct = await probe("echo 5; echo oh >&2; kill -SEGV $$");
    assertEquals([direct.outcome, direct.signal, direct.exitCode], ["died", "SIGSEGV", null]);
    assertEquals([direct.count, direct.lastLine], [null, "oh"]);
    const told = await probe("sh -c 'kill -ABRT $$'; exit $?");
    assertEquals([told.outcome, told.signal, told.exitCode], ["died", "SIGABRT", 134]);
  },
});

Deno.test({
  name: "isolatedProbe() tells a program that fails from one that dies",
  ignore,
  async fn() {
    const { outcome, count, signal, exitCode, lastLine } = await probe(
      "echo 3; echo no >&2; exit 7",
    );
    assertEquals([outcome, count, signal, exitCode], ["failed", null, null, 7]);
    assertEquals(lastLine, "no");
  },
});

Deno.test({
  name: "isolatedProbe() ends what hangs, and everything that it has started",
  ignore,
  async fn() {
    const script = 'sleep 100 & echo $! >&2; trap "" TERM INT; while :; do sleep 1; done';
    const { outcome, signal, lastLine } = await probe(script, { timeoutMs: 500 });
    assertEquals([outcome, signal], ["timed-out", "SIGKILL"]);
    assert(/^\d+$/.test(lastLine), lastLine);
    while (await isRunning(lastLine)) { /* The system takes a moment. */ }
  },
});

Deno.test({
  name: "isolatedProbe() leaves nothing running of a program that has answered",
  ignore,
  async fn() {
    const { outcome, lastLine } = await probe("sleep 100 & echo $! >&2");
    assertEquals(outcome, "answered");
    while (await isRunning(lastLine)) { /* The system takes a moment. */ }
  },
});

Deno.test({
  name: "isolatedProbe() keeps the end alone of what is written without end",
  ignore,
  async fn() {
    const result = await probe("yes | head -c 50000000; yes | head -c 50000000 >&2; echo 7");
    assertEquals([result.outcome, result.count, result.lastLine], ["answered", 7, "y"]);
  },
});

Deno.test({
  name: "isolatedProbe() names the store where {} stands, else behind the other arguments",
  ignore,
  async fn() {
    const store = await scratchDirectory();
    const at = async (command: string | string[], options: IsolatedProbeOptions = { store }) =>
      (await isolatedProbe(command, { timeoutMs: LONG_MS, ...options })).exitCode;
    assertEquals(await at(["test", "-d"]), 0);
    assertEquals(await at(`test "x{}" = 'x${store}'`), 0);
    assertEquals(await at(`test "x{store}" = 'x${store}'`), 0);
    assertEquals(await at(["test", "{}", "=", "{}"], {}), 0);
    assertEquals(await at(["test", "{}", "=", store], {}), 1);
  },
});

Deno.test({
  name: "isolatedProbe() gives a copy away, and removes it afterwards",
  ignore,
  async fn() {
    for (const store of [await goldenStore("chroma-1.5.9"), await chromemStore("plain")]) {
      const before = await snapshotTree(store);
      const files = before.length;
      const script = 'find "$1" | wc -l; echo "$1" >&2; rm -r "$1"/*';
      const { outcome, count, lastLine } = await probe(script, { store, copy: true });
      assertEquals(outcome, "answered", lastLine);
      assert((count ?? 0) > 5 && (count ?? 0) <= files + 1, `${count} of ${files}`);
      assert(lastLine !== store);
      assertEquals(localFs.look(lastLine), null);
      assertEquals(await snapshotTree(store), before);
    }
  },
});

Deno.test({
  name: "isolatedProbe() gives the program the variables that it was given, and no others",
  ignore,
  async fn() {
    const script = '[ "$A" = b ] && [ -z "$HOME" ]';
    const kept = await probe(script, { environment: { A: "b" } });
    assertEquals(kept.outcome, "answered");
    assertEquals((await probe(script)).outcome, "failed");
  },
});

Deno.test("isolatedProbe() throws when there is no program, or no such one", async () => {
  for (const command of ["", "  ", "'open", []]) {
    const error = await assertRejects(() => isolatedProbe(command), OperationError);
    assertEquals(error.code, "usage");
  }
  const error = await assertRejects(() => isolatedProbe("/no/such/program"), OperationError);
  assertEquals(error.code, "not-found");
  assertStringIncludes(error.message, "cannot be started");
});

Deno.test({
  name: "isolatedProbe() throws the reason of its signal, and leaves nothing running",
  ignore,
  async fn() {
    const controller = new AbortController();
    const reason = new OperationError("cancelled", "Enough");
    const running = probe("sleep 100", { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 100);
    assertEquals(await assertRejects(() => running), reason);
    assertEquals(await assertRejects(() => probe("true", { signal: controller.signal })), reason);
  },
});

Deno.test("isolatedProbe() names the flag where no program may be run", async () => {
  const script = join(await scratchDirectory(), "probe.ts");
  const module = new URL("../../lib/isolation/isolated_probe.ts", import.meta.url).href;
  await Deno.writeTextFile(
    script,
    `import { isolatedProbe } from ${JSON.stringify(module)};
     try { await isolatedProbe("true"); } catch (error) {
       console.log(error.code, error.hint.includes("--allow-run=true"));
     }`,
  );
  const config = ["--config", join(REPOSITORY, "deno.json"), "--no-check", "--quiet"];
  const { code, stdout } = await runDeno(["run", ...config, ...CLI_PERMISSIONS, script]);
  assertEquals([code, stdout], [0, "permission-denied true\n"]);
});
