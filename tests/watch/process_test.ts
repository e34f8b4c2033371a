/**
 * A watch as a process of its own, on real stores, with real signals.
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { dirname, join } from "@std/path";
import { checkNow } from "../../lib/status/read_health.ts";
import { localFs } from "../../lib/fs/platform.ts";
import { readWatchNotes } from "../../lib/status/read_watch_notes.ts";
import type { WatchNotes } from "../../lib/status/watch_notes.ts";
import { applyDamage } from "../support/damages/mod.ts";
import { copyTree, goldenStore } from "../support/fixtures.ts";
import { runCli, runDeno } from "../support/run_cli.ts";
import { RunningCli } from "../support/running_cli.ts";
import { snapshotTree } from "../support/snapshot.ts";
import { fillDisk, Tmpfs } from "../support/tmpfs.ts";
import { QUICK, writeWatchConfiguration } from "./watch_configuration.ts";

/** Windows has no such signals. */
const ignore = Deno.build.os === "windows";

function notesOf(store: string): WatchNotes {
  const { notes } = readWatchNotes(localFs, store);
  assert(notes !== null);
  return notes;
}

async function verdictOf(store: string): Promise<string> {
  return (await checkNow(store, { level: "full" })).summary.verdict;
}

for (const [signal, expected] of [["SIGTERM", 0], ["SIGINT", 32]] as const) {
  Deno.test({
    name: `watch ends on ${signal} with ${expected}, and leaves the store and its notes sound`,
    ignore,
    async fn() {
      const store = await goldenStore("chroma-1.5.9");
      const before = await snapshotTree(store);
      await using watch = new RunningCli([
        "watch",
        "--config",
        writeWatchConfiguration(store, QUICK),
      ]);
      assertMatch(await watch.find("started"), /^20\S+Z info started Watching 1 store$/);
      assertEquals(await watch.nextLine(), `Watching ${store}: check now`);
      assertStringIncludes(await watch.find("sound"), `${store}: No damage is known`);
      watch.kill(signal);
      assertMatch(String(await watch.nextLine()), / info stopped The watch has ended$/);
      assertEquals(await watch.end(), { code: expected, signal: null });
      assertEquals(await watch.stderr, "");
      const { watch: { processId, isRunning }, state, next } = notesOf(store);
      assertEquals(processId, watch.pid);
      assertEquals([isRunning, state.name, next], [false, "sound", []]);
      assertEquals(await snapshotTree(store), before);
      const { stdout } = await runCli(["status", store]);
      assertMatch(stdout, /Watch {5}NOT AT WORK, last heard of \d+ seconds? ago/);
    },
  });
}

Deno.test({
  name: "watch reads its file again on SIGHUP and when it has changed, and keeps what was right",
  ignore,
  async fn() {
    const store = await goldenStore("chroma-0.4.24");
    const slow = { ...QUICK, check: { interval: "1h" } };
    const config = writeWatchConfiguration(store, slow);
    await using watch = new RunningCli(["watch", "--json", "--config", config]);
    const find = async (name: string): Promise<Record<string, unknown>> =>
      JSON.parse(await watch.findLine((line) => JSON.parse(line).name === name));
    await find("sound");

    writeWatchConfiguration(store, { ...slow, chekc: { interval: "1s" } });
    watch.kill("SIGHUP");
    const refused = await find("configuration-refused");
    assertStringIncludes(String(refused.message), "chekc is no field of a configuration");
    assertStringIncludes(String(refused.message), "did you mean check?");

    writeWatchConfiguration(store, QUICK);
    watch.kill("SIGHUP");
    await find("reloaded");
    const plan = JSON.parse(String(await watch.nextLine()));
    assertEquals([plan.type, plan.store, plan.next[0].action], ["watch-plan", store, "check"]);

    // A check in every second looks at the file as well.
    writeWatchConfiguration(store, slow);
    assertEquals((await find("reloaded")).detail, { stores: [store] });
    watch.kill("SIGTERM");
    assertEquals(await watch.end(), { code: 0, signal: null });
    assertEquals(await watch.stderr, "");
  },
});

Deno.test({
  name: "watch says that there is nothing to read again on SIGHUP, and goes on",
  ignore,
  async fn() {
    const store = await goldenStore("chroma-0.4.24");
    await using watch = new RunningCli(["watch", "--quiet", "--every", "1h", store]);
    while (localFs.look(`${store}.vecfsck/watch/notes.json`) === null) await delay(20);
    watch.kill("SIGHUP");
    await delay(50);
    watch.kill("SIGTERM");
    assertEquals(await watch.end(), { code: 0, signal: null });
    assertStringIncludes(await watch.stderr, "SIGHUP: there is no --config");
  },
});

Deno.test({
  name: "watch repairs damage where it is told to, and says what it has done in log and metrics",
  ignore,
  async fn() {
    const store = await goldenStore("chroma-1.5.9");
    const [log, metrics] = [`${store}.log`, `${store}.prom`];
    const config = writeWatchConfiguration(store, { ...QUICK, damage: { policy: "repair" } });
    const args = ["watch", "--config", config, "--log", log, "--out", metrics];
    await using watch = new RunningCli(args);
    await watch.find("sound");
    applyDamage("vectors_nan", { store, collection: "notes" }, 1);
    await watch.find(" error damage-found ");
    await watch.find(" warning cured ");
    await watch.find(" notice damage-gone ");
    watch.kill("SIGTERM");
    await watch.end();
    assertEquals(await verdictOf(store), "clean");
    const lines = Deno.readTextFileSync(log).trimEnd().split("\n");
    assertEquals(
      lines.map((line) => line.split(" ")[2]),
      ["started", "sound", "damage-found", "cured", "damage-gone", "stopped"],
    );
    const text = Deno.readTextFileSync(metrics);
    assertStringIncludes(text, `vecfsck_watch_running{store="${store}",format="chroma"} 0\n`);
    assertStringIncludes(text, `vecfsck_healthy{store="${store}",format="chroma"} 1\n`);
  },
});

Deno.test({
  name: "watch tells when a store disappears and comes back, and makes nothing in its place",
  ignore,
  async fn() {
    const store = await goldenStore("chroma-0.4.24");
    await using watch = new RunningCli([
      "watch",
      "--config",
      writeWatchConfiguration(store, QUICK),
    ]);
    await watch.find(" sound ");
    Deno.renameSync(store, `${store}.away`);
    await watch.find(" error store-missing ");
    assertEquals(localFs.look(store), null);
    Deno.renameSync(`${store}.away`, store);
    await watch.find(" notice store-back ");
    watch.kill("SIGTERM");
    assertEquals((await watch.end()).code, 0);
    assertEquals(notesOf(store).state.name, "sound");
  },
});

Deno.test({
  name: "watch goes on where a disk is full, and says what it could not do",
  ignore,
  async fn() {
    using disk = await Tmpfs.mount(16 << 20);
    if (disk === null) return;
    const store = join(disk.path, "store");
    await copyTree(await goldenStore("chroma-1.5.9"), store);
    fillDisk(join(disk.path, "full"));
    const args = ["watch", "--every", "1s", "--log", join(disk.path, "watch.log"), store];
    await using watch = new RunningCli(args);
    await watch.find(" warning log-lost ");
    await watch.find(" warning notes-lost ");
    await watch.find(" error action-failed ");
    Deno.removeSync(join(disk.path, "full"));
    await watch.find(" info log-back ");
    watch.kill("SIGTERM");
    assertEquals((await watch.end()).code, 0);
    assertEquals(await verdictOf(store), "clean");
    assertEquals(notesOf(store).actions.backup.outcome, "failed");
  },
});

Deno.test({
  name: "watch serves what it knows where it is permitted, and ends at once all the same",
  ignore,
  async fn() {
    const store = await goldenStore("chroma-0.4.24");
    const args = ["watch", "--config", writeWatchConfiguration(store, QUICK)];
    await using watch = new RunningCli([...args, "--listen", "127.0.0.1:0"], {
      permissions: ["--allow-net=127.0.0.1"],
    });
    const url = /http:\S+/.exec(await watch.find(" info listening "))?.[0] ?? "";
    await watch.find(" info sound ");
    const script = `
      const health = await fetch("${url}healthz");
      const page = await fetch("${url}");
      const metrics = await fetch("${url}metrics");
      console.log(JSON.stringify([health.status, await page.text(), await metrics.text()]));
    `;
    const { stdout } = await runDeno(["eval", script]);
    const [status, page, metrics] = JSON.parse(stdout);
    assertEquals(status, 200);
    assertStringIncludes(page, `<h2>${store}</h2>`);
    assertStringIncludes(metrics, "# TYPE vecfsck_up gauge");
    watch.kill("SIGTERM");
    assertEquals(await watch.end(), { code: 0, signal: null });
  },
});

Deno.test("watch serves nothing without the permission for it, and does not begin", async () => {
  const store = await goldenStore("chroma-0.4.24");
  const before = await snapshotTree(dirname(store));
  const { code, stdout, stderr } = await runCli(["watch", "--listen", "127.0.0.1:9464", store]);
  assertEquals([code, stdout], [8, ""]);
  assertStringIncludes(stderr, "Not permitted to listen on 127.0.0.1:9464");
  assertStringIncludes(stderr, "--allow-net=127.0.0.1:9464");
  assertEquals(await snapshotTree(dirname(store)), before);
});

function delay(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
