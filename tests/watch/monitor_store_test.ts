import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { listBackups } from "../../lib/backup/catalogue.ts";
import { readStoreContents } from "../../lib/engine/contents.ts";
import { localFs } from "../../lib/fs/platform.ts";
import type { WriteFs } from "../../lib/fs/write_fs.ts";
import { readWatchNotes } from "../../lib/status/read_watch_notes.ts";
import { LocalActions } from "../../lib/watch/actions/local_actions.ts";
import type { WatchRound } from "../../lib/watch/monitor_types.ts";
import type { WatchSettings } from "../../lib/watch/configuration/watch_configuration.ts";
import { requireStore } from "../../lib/stores/registry.ts";
import { readStoreUse } from "../../lib/engine/store_use.ts";
import { tinyStore } from "../backup/backup_cases.ts";
import { BrokenStore } from "../support/broken_store.ts";
import { chromemStore } from "../support/chromem_stores.ts";
import { interceptWrites } from "../support/fault_fs.ts";
import { goldenStore } from "../support/fixtures.ts";
import { systemError } from "../support/memory_fs.ts";
import { Simulation, type SimulationOptions } from "./simulation.ts";

/** Later than anything that is written now; a Monday. */
const START = "2040-01-02T12:00:00Z";

/** Watches a real store, with a clock that is simulated. */
function watch(
  store: string,
  { settings = {}, fs = localFs, ...options }: SimulationOptions = {},
): Simulation {
  return new Simulation(START, {
    ...options,
    fs,
    settings: { ...settings, stores: [{ path: store }] },
    world: { createActions: (world) => new LocalActions(world), jobs: 1 },
  });
}

const ALERT: WatchSettings = { backup: { isEnabled: false }, optimize: { isEnabled: false } };

Deno.test("startMonitor() repairs a real store, and backs it up then", async () => {
  const broken = await BrokenStore.copyOf("chroma-1.5.9");
  const before = await readStoreContents(broken.path);
  Deno.removeSync(broken.file("length.bin", "cosine"));
  const simulation = watch(broken.path, { settings: { damage: { policy: "repair" } } });
  await simulation.until("2040-01-02T12:04:00Z");
  assertEquals(simulation.names, ["started", "damage-found", "cured", "damage-gone", "backed-up"]);
  assertStringIncludes(simulation.events[1]?.message ?? "", "VF2002");
  await simulation.stop();
  assertEquals(await readStoreContents(broken.path), before);
  const { notes } = readWatchNotes(localFs, broken.path);
  assertEquals([notes?.state.name, notes?.cures.repair], ["sound", 1]);
});

Deno.test("startMonitor() restores the newest good backup, and keeps what it replaces", async () => {
  const broken = await BrokenStore.copyOf("chroma-1.5.9");
  const settings: WatchSettings = { damage: { policy: "restore" }, optimize: { isEnabled: false } };
  const simulation = watch(broken.path, { settings });
  await simulation.until("2040-01-02T12:03:00Z");
  const before = await readStoreContents(broken.path);
  Deno.removeSync(broken.file("length.bin", "cosine"));
  await simulation.until("2040-01-02T12:08:00Z");
  assertEquals(simulation.names.slice(1), [
    "sound",
    "backed-up",
    "damage-found",
    "cured",
    "damage-gone",
  ]);
  await simulation.stop();
  assertEquals(await readStoreContents(broken.path), before);
  const [entry = ""] = [...Deno.readDirSync(`${broken.path}.vecfsck/quarantine`)]
    .map(({ name }) => name);
  assertStringIncludes(simulation.events[4]?.message ?? "", entry);
});

Deno.test("startMonitor() only tells of damage, and changes nothing", async () => {
  const store = await chromemStore("plain");
  Deno.truncateSync(join(store, "e6684f6c", "00000000.gob"), 3);
  const rounds: WatchRound[] = [];
  const simulation = watch(store, {
    settings: ALERT,
    hooks: { onRound: (round) => void rounds.push(round) },
  });
  await simulation.until("2040-01-02T13:00:00Z");
  assertEquals(simulation.names, ["started", "damage-found"]);
  const [last] = rounds.at(-1)?.stores ?? [];
  assertEquals([last?.status?.health.verdict, last?.watch.state], ["damaged", "damaged"]);
  assertEquals(simulation.monitor.status().lastRound, rounds.at(-1));
  await simulation.stop();
});

Deno.test("startMonitor() waits for a store that disappears, and finds it again", async () => {
  const store = await tinyStore();
  const simulation = watch(store);
  await simulation.until("2040-01-02T12:07:00Z");
  Deno.renameSync(store, `${store}.away`);
  await simulation.until("2040-01-03T12:07:00Z");
  Deno.renameSync(`${store}.away`, store);
  await simulation.until("2040-01-03T13:00:00Z");
  assertEquals(simulation.names, [
    "started",
    "sound",
    "backed-up",
    "store-missing",
    "store-back",
    "backed-up",
  ]);
  await simulation.stop();
});

Deno.test("startMonitor() keeps the backups of seven days", async () => {
  const store = await tinyStore();
  const simulation = watch(store, {
    settings: { check: { intervalMs: 6 * 3_600_000 }, optimize: { isEnabled: false } },
  });
  await simulation.until("2040-01-12T12:00:00Z");
  const { backups } = listBackups(`${store}.backups`);
  assertEquals(backups.map(({ id }) => id.slice(0, 8)), [
    "20400106",
    "20400107",
    "20400108",
    "20400109",
    "20400110",
    "20400111",
    "20400112",
  ]);
  assertEquals(simulation.named("backups-pruned").length, 4);
  await simulation.stop();
});

/** A disk on which nothing more can be written while that is wanted. */
function fillableFs(): { fs: WriteFs; fill: (isFull: boolean) => void } {
  let isFull = false;
  const fs = interceptWrites(localFs, ({ name }) => {
    if (isFull && ["write", "createFile", "makeDirectory"].includes(name)) {
      throw systemError("ENOSPC");
    }
    return "as-it-is";
  });
  return { fs, fill: (wanted) => isFull = wanted };
}

Deno.test("startMonitor() goes on when the disk is full, and when it no longer is", async () => {
  const store = await tinyStore();
  const { fs, fill } = fillableFs();
  const simulation = watch(store, { fs, settings: { optimize: { isEnabled: false } } });
  fill(true);
  await simulation.until("2040-01-02T12:20:00Z");
  assertEquals(simulation.names.slice(0, 3), ["started", "notes-lost", "sound"]);
  const [failed] = simulation.named("action-failed");
  assertStringIncludes(failed?.message ?? "", "No space left");
  assertEquals([...Deno.readDirSync(join(store, ".."))].length, 1);
  fill(false);
  await simulation.until("2040-01-02T13:00:00Z");
  assertEquals(simulation.names.slice(-3), ["notes-kept", "action-recovered", "backed-up"]);
  await simulation.stop();
});

Deno.test("startMonitor() searches known damage again only when a file has changed", async () => {
  const broken = await BrokenStore.copyOf("chroma-1.5.9");
  const path = broken.file("length.bin", "cosine");
  const bytes = Deno.readFileSync(path);
  const times = Deno.statSync(path);
  const time = times.mtime ?? new Date(0);
  Deno.writeFileSync(path, bytes.map(() => 0xff));
  Deno.utimeSync(path, time, time);
  const simulation = watch(broken.path, { settings: ALERT });
  await simulation.until("2040-01-02T12:02:00Z");
  Deno.writeFileSync(path, bytes);
  Deno.utimeSync(path, time, time);
  await simulation.until("2040-01-02T13:00:00Z");
  assertEquals(simulation.names, ["started", "damage-found"]);
  Deno.utimeSync(path, new Date(), new Date());
  await simulation.until("2040-01-02T13:10:00Z");
  assertEquals(simulation.names, ["started", "damage-found", "damage-gone"]);
  await simulation.stop();
});

Deno.test("startMonitor() keeps all that it writes in the directory for notes", async () => {
  const store = await tinyStore();
  const notes = join(store, "..", "notes");
  const simulation = watch(store, { settings: { ...ALERT, notes } });
  await simulation.until("2040-01-02T12:20:00Z");
  await simulation.stop();
  const names = [...Deno.readDirSync(join(store, ".."))].map(({ name }) => name).sort();
  assertEquals(names.length, 2);
  assert(readWatchNotes(localFs, store, notes).notes !== null);
  assertEquals(readWatchNotes(localFs, store), { notes: null, problem: null });
});

Deno.test("startMonitor() optimises a store that counts as closed, and no other one", async () => {
  const optimize = { weekday: "monday", atMinutes: 13 * 60 } as const;
  for (const assumeClosed of [true, false]) {
    const store = await goldenStore("chroma-1.5.9");
    const before = await readStoreContents(store);
    const simulation = watch(store, {
      settings: {
        check: { intervalMs: 3_600_000 },
        backup: { isEnabled: false },
        optimize: { ...optimize, assumeClosed },
      },
    });
    await simulation.until("2040-01-02T13:30:00Z");
    await simulation.stop();
    const { outcome, doneAt } = readWatchNotes(localFs, store).notes?.actions.optimize ?? {};
    // Whether it can be told at all who has it open depends on the permissions of the test.
    const isKnown = readStoreUse(localFs, requireStore(store)).kind !== "unknown";
    const isDone = assumeClosed || isKnown;
    assertEquals([outcome, doneAt !== null], isDone ? ["done", true] : ["refused", false]);
    assertEquals(simulation.names.includes("optimize-deferred"), !isDone);
    assertEquals(await readStoreContents(store), before);
  }
});

Deno.test("readStoreUse() knows that nobody keeps files of chromem-go open", async () => {
  const store = requireStore(await chromemStore("plain"));
  assertEquals(readStoreUse(localFs, store), { kind: "closed" });
});
