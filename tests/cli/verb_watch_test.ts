import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { dirname, join } from "@std/path";
import { main } from "../../lib/cli/main.ts";
import { localFs } from "../../lib/fs/platform.ts";
import { goldenStore, scratchDirectory } from "../support/fixtures.ts";
import { snapshotTree } from "../support/snapshot.ts";
import { FakeEnvironment } from "./fake_environment.ts";
import { runMain } from "./run_main.ts";

/** What is not backed up and not optimised, so that only a check is made. */
const CHECK_ALONE = { backup: { enabled: false }, optimize: { enabled: false } };

async function configure(configuration: object): Promise<string> {
  const path = join(await scratchDirectory(), "watch.json");
  Deno.writeTextFileSync(path, JSON.stringify(configuration));
  return path;
}

/** Watches until something is printed that contains a text, and ends that with SIGTERM. */
async function watchUntil(
  text: string,
  args: readonly string[],
  world: Partial<Pick<FakeEnvironment, "fs" | "journal">> = {},
): Promise<FakeEnvironment & { code: number }> {
  const environment = Object.assign(new FakeEnvironment(), world);
  const watching = main(["watch", ...args], environment);
  const { stdout, stderr } = environment;
  while (!(stdout.text + stderr.text).includes(text)) await delay(10);
  environment.cancel("SIGTERM");
  return Object.assign(environment, { code: await watching });
}

function delay(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}

async function readConfiguration(
  args: readonly string[],
  variables: readonly (readonly [string, string])[] = [],
): Promise<Record<string, unknown>> {
  const environment = new FakeEnvironment();
  for (const [name, value] of variables) environment.variables.set(name, value);
  const code = await main(["watch", "--check-config", "--json", ...args], environment);
  assertEquals([code, environment.stderr.text], [0, ""]);
  return environment.jsonLines[0] ?? {};
}

Deno.test("watch takes options before the file, and the file before the environment", async () => {
  const variables = [
    ["CHROMADB_DB_PATH", "/srv/from-variable"],
    ["CHROMADB_MEMORY_THRESHOLD", "70"],
    ["CHROMADB_BACKUP_INTERVAL", "12"],
  ] as const;
  const alone = await readConfiguration([], variables);
  const [store] = Object(alone).stores;
  assertEquals([store.path, store.backup.intervalMs], ["/srv/from-variable", 12 * 3_600_000]);
  assertEquals(alone.memory, { maxUsedRatio: 0.7 });

  const config = await configure({
    stores: [{ path: "/srv/a", check: { interval: "15m" } }, "/srv/b"],
    backup: { interval: "6h" },
    damage: { policy: "restore" },
    log: { file: "watch.log" },
  });
  const file = await readConfiguration(["--config", config], variables);
  const [first, second] = Object(file).stores;
  assertEquals([first.path, second.path], ["/srv/a", "/srv/b"]);
  assertEquals([first.check.intervalMs, second.check.intervalMs], [900_000, 300_000]);
  assertEquals([first.backup.intervalMs, first.damage.policy], [6 * 3_600_000, "restore"]);
  assertEquals(Object(file).log.file, join(dirname(config), "watch.log"));
  assertEquals(file.memory, { maxUsedRatio: 0.7 });

  const args = ["--config", config, "--every", "1m", "--on-damage", "repair", "--out", "/x/y.prom"];
  const more = ["--backups", "/backups", "--log", "/x/log", "--listen", "[::1]:80", "/srv/b"];
  const options = await readConfiguration([...args, ...more], variables);
  const [only, ...none] = Object(options).stores;
  assertEquals([only.path, none.length], ["/srv/b", 0]);
  assertEquals([only.check.intervalMs, only.damage.policy], [60_000, "repair"]);
  assertEquals([only.backup.directory, options.listen], ["/backups", "[::1]:80"]);
  assertEquals([Object(options).metrics.file, Object(options).log.file], ["/x/y.prom", "/x/log"]);
});

Deno.test("watch --check-config shows what would be done, and does nothing", async () => {
  const store = await goldenStore("chroma-0.4.24");
  const before = await snapshotTree(dirname(store));
  const config = await configure({ stores: [store], timeZone: "UTC", backup: { interval: "6h" } });
  const { code, stdout, stderr } = await runMain(["watch", "--config", config, "--check-config"]);
  assertEquals([code, stderr.text], [0, ""]);
  assertEquals(stdout.lines[0], store);
  assertStringIncludes(stdout.text, "  Check     every 5 min, for 30 min at the most\n");
  assertStringIncludes(stdout.text, "  Backup    every 6 h, counted from 03:30 (UTC), into");
  assertMatch(stdout.text, /kept: 7\s+daily/);
  assertStringIncludes(stdout.text, "  Optimise  on Sunday at 02:00 (UTC), or within 3 h of that");
  assertStringIncludes(stdout.text, "  Damage    alert: it is told, and nothing else is done\n");
  assertStringIncludes(stdout.text, "  Listen    nowhere\n");
  assertEquals(await snapshotTree(dirname(store)), before);
});

Deno.test("watch refuses what cannot be used, before anything is done", async () => {
  const store = await goldenStore("chroma-0.4.24");
  const before = await snapshotTree(dirname(store));
  const wrong = await configure({ stores: [store], check: { interval: "soon" } });
  const calls: [string[], string, number][] = [
    [[], "There is no store to watch", 16],
    [[store, "--on-damage", "quarantine"], "--on-damage needs alert, repair or restore", 16],
    [[store, "--listen", "9464"], "--listen needs an address such as 127.0.0.1:9464", 16],
    [[store, "--listen", "0.0.0.0:9464"], "0.0.0.0:9464 can be reached by other machines", 16],
    [[store, "--out", "/tmp/metrics.txt"], "needs a name that ends with .prom", 16],
    [[store, "--log", join(store, "watch.log")], "watch.log is in a store", 16],
    [["--config", wrong], "check.interval is no span of time", 16],
    [["--config", "/no/such/file"], "/no/such/file", 8],
  ];
  for (const [args, message, expected] of calls) {
    const { code, stdout, stderr } = await runMain(["watch", ...args]);
    assertEquals([code, stdout.text], [expected, ""], args.join(" "));
    assertStringIncludes(stderr.text, message);
  }
  assertEquals(await snapshotTree(dirname(store)), before);
});

Deno.test("watch prints one line for each event, with what is going to be done", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const config = await configure({ ...CHECK_ALONE, stores: [store] });
  const { code, stdout, stderr } = await watchUntil(" sound ", ["--config", config]);
  assertEquals([code, stderr.text], [0, ""]);
  const lines = stdout.lines.map((line) =>
    line.replace(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/, "TIME")
  );
  assertEquals(lines, [
    "TIME info started Watching 1 store",
    `Watching ${store}: check now`,
    `TIME info sound ${store}: No damage is known`,
    "TIME info stopped The watch has ended",
  ]);
});

Deno.test("watch --journal gives each line its level, and no time", async () => {
  const missing = join(await scratchDirectory(), "missing");
  const { stdout, stderr } = await watchUntil("<3>", [missing], { journal: true });
  assertEquals(stdout.text, "");
  assertEquals(stderr.lines[0], "<6>vecfsck: Watching 1 store");
  assertMatch(stderr.lines[1] ?? "", /^<6>vecfsck: Watching \/.*\/missing: /);
  assertMatch(stderr.lines[2] ?? "", /^<3>vecfsck: \/.*\/missing: No such file or directory/);
  assertEquals(stderr.lines.at(-1), "<6>vecfsck: The watch has ended");
});

Deno.test("watch --quiet prints only what is wrong", async () => {
  const missing = join(await scratchDirectory(), "missing");
  const { stdout } = await watchUntil("store-missing", ["--quiet", missing]);
  assertEquals(stdout.lines.length, 1);
});

Deno.test("watch goes on when its metrics cannot be written, and says so once", async () => {
  const store = await goldenStore("chroma-0.4.24");
  const metrics = join(await scratchDirectory(), "vecfsck.prom");
  let isBroken = true;
  const fs = {
    ...localFs,
    rename(from: string, to: string): void {
      if (isBroken && to === metrics) {
        throw Object.assign(new Error("No space"), { code: "ENOSPC" });
      }
      localFs.rename(from, to);
    },
  };
  const config = await configure({ ...CHECK_ALONE, check: { interval: "1s" }, stores: [store] });
  const environment = Object.assign(new FakeEnvironment(), { fs, now: () => new Date() });
  const watching = main(["watch", "--config", config, "--out", metrics], environment);
  const { stdout } = environment;
  while (!stdout.text.includes("metrics-lost")) await delay(10);
  assertEquals(localFs.look(metrics), null);
  isBroken = false;
  while (!stdout.text.includes("metrics-back")) await delay(10);
  environment.cancel("SIGTERM");
  assertEquals(await watching, 0);
  assertEquals(stdout.text.split("metrics-lost").length, 2);
  assertStringIncludes(Deno.readTextFileSync(metrics), "vecfsck_watch_running{");
});

Deno.test("watch tries a file again on SIGHUP that could not be used the last time", async () => {
  const store = await goldenStore("chroma-0.4.24");
  const plain = { ...CHECK_ALONE, stores: [store] };
  const config = await configure(plain);
  const environment = new FakeEnvironment();
  const watching = main(["watch", "--config", config], environment);
  const { stdout, stderr } = environment;
  const waitFor = async (text: string, times = 1): Promise<void> => {
    while ((stdout.text + stderr.text).split(text).length <= times) await delay(10);
  };
  await waitFor(" sound ");
  Deno.writeTextFileSync(config, JSON.stringify({ ...plain, listen: "127.0.0.1:9464" }));
  environment.hangUp();
  await waitFor("Not permitted to listen on 127.0.0.1:9464");
  environment.hangUp();
  await waitFor("Not permitted to listen on 127.0.0.1:9464", 2);
  Deno.writeTextFileSync(config, JSON.stringify({ ...plain, check: { interval: "1h" } }));
  environment.hangUp();
  await waitFor(" reloaded ");
  environment.hangUp();
  await waitFor("SIGHUP: the configuration is as it was");
  environment.cancel("SIGTERM");
  assertEquals(await watching, 0);
});

Deno.test("watch ends when the terminal is closed on which it was begun", async () => {
  const environment = new FakeEnvironment();
  environment.stdout.isTerminal = true;
  const store = await goldenStore("chroma-0.4.24");
  const config = await configure({ ...CHECK_ALONE, stores: [store] });
  const watching = main(["watch", "--config", config, "--no-color"], environment);
  while (!environment.stdout.text.includes(" sound ")) await delay(10);
  environment.stdout.failure = "Input/output error";
  environment.hangUp();
  const code = await watching;
  assert((code & 8) !== 0, "a report was lost");
});
