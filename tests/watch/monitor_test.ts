import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { OperationError } from "../../lib/base/errors.ts";
import type { WriteFs } from "../../lib/fs/write_fs.ts";
import { readWatchNotes } from "../../lib/status/read_watch_notes.ts";
import { systemError } from "../support/memory_fs.ts";
import { interceptWrites } from "../support/fault_fs.ts";
import { DAMAGED, DAY_MS, IN_USE, Simulation, SOUND } from "./simulation.ts";

/** A Monday. */
const START = "2026-03-02T12:00:00Z";

/** What a backup of today counts as, so that none is made at the start. */
const TODAY = Date.parse("2026-03-02T04:00:00Z");

/** Where a check every five minutes shows nothing more. */
const HOURLY = { check: { intervalMs: 3_600_000 } };

function simulate(options: ConstructorParameters<typeof Simulation>[1] = {}): Simulation {
  const simulation = new Simulation(START, options);
  simulation.actions.newest = TODAY;
  return simulation;
}

Deno.test("runMonitor() does each action at its time, and one at a time", async () => {
  const simulation = simulate();
  await simulation.until("2026-03-16T12:00:00Z");
  const { actions } = simulation;
  const backups = actions.timesOf("backup");
  assertEquals(backups.length, 14);
  assertEquals(backups.every((time) => time.slice(11, 16) === "03:30"), true);
  assertEquals(actions.timesOf("optimize"), [
    "2026-03-08T02:00:00.000Z",
    "2026-03-15T02:00:00.000Z",
  ]);
  assertEquals(actions.timesOf("check").length, 14 * 288);
  assertEquals(actions.mostRunning, 1);
  assertEquals(new Set(simulation.names), new Set(["started", "sound", "backed-up", "optimized"]));
  await simulation.stop();
  assertEquals(simulation.names.at(-1), "stopped");
  const { notes } = readWatchNotes(simulation.disk.fs, "/data/store");
  assertEquals([notes?.watch.isRunning, notes?.growth.length, notes?.next], [false, 15, []]);
});

Deno.test("runMonitor() makes up for one backup after three days", async () => {
  const simulation = simulate();
  await simulation.until("2026-03-02T13:00:00Z");
  await simulation.stop();
  const { actions } = simulation;
  const later = new Simulation("2026-03-05T13:00:00Z", { fs: simulation.disk.fs });
  await later.until("2026-03-06T12:00:00Z");
  assertEquals(actions.timesOf("backup"), []);
  assertEquals(later.actions.timesOf("backup"), [
    "2026-03-05T13:00:00.000Z",
    "2026-03-06T03:30:00.000Z",
  ]);
  await later.stop();
});

Deno.test("runMonitor() tells damage once and then once a day, until it is gone", async () => {
  const simulation = simulate();
  simulation.actions.onCheck = () => DAMAGED;
  await simulation.until("2026-03-04T13:00:00Z");
  assertEquals(simulation.monitor.status().isHealthy, false);
  assertEquals(simulation.names.filter((name) => name.startsWith("damage")), [
    "damage-found",
    "damage-persists",
    "damage-persists",
  ]);
  // No backup of a damaged store takes the place of a good one; that is told once for each.
  assertEquals(simulation.named("backup-refused").length, 2);
  assertEquals(simulation.actions.timesOf("backup"), []);
  simulation.actions.onCheck = () => ({ ...DAMAGED, signature: "two" });
  await simulation.until("2026-03-04T14:00:00Z");
  simulation.actions.onCheck = () => SOUND;
  await simulation.until("2026-03-04T15:00:00Z");
  assertEquals(simulation.names.slice(-3), ["damage-changed", "damage-gone", "backed-up"]);
  assertEquals(simulation.monitor.status().isHealthy, true);
  await simulation.stop();
});

Deno.test("runMonitor() does not take damage for gone that a quick check does not see", async () => {
  const simulation = simulate();
  simulation.actions.onCheck = () => DAMAGED;
  await simulation.until("2026-03-02T12:30:00Z");
  simulation.actions.onCheck = () => IN_USE;
  await simulation.until("2026-03-02T18:00:00Z");
  assertEquals(simulation.names, ["started", "damage-found"]);
  await simulation.stop();
  // What a quick check has found, a quick check may find to be gone.
  const quick = simulate();
  quick.actions.onCheck = () => ({ ...DAMAGED, ...IN_USE, signature: "quick" });
  await quick.until("2026-03-02T12:30:00Z");
  quick.actions.onCheck = () => IN_USE;
  await quick.until("2026-03-02T12:45:00Z");
  assertEquals(quick.names, ["started", "damage-found", "damage-gone"]);
  quick.actions.onCheck = () => ({ ...DAMAGED, ...IN_USE, signature: "quick" });
  await quick.until("2026-03-02T13:00:00Z");
  quick.actions.onCheck = () => DAMAGED;
  await quick.until("2026-03-02T13:30:00Z");
  assertEquals(quick.events.slice(3).map(({ message }) => message.split(":")[0]), [
    "The store is damaged",
    "A full check now names the damage",
  ]);
  await quick.stop();
  const busy = simulate();
  busy.actions.onCheck = () => IN_USE;
  await busy.until("2026-03-02T18:00:00Z");
  assertEquals(busy.names, ["started", "store-busy"]);
  assertEquals(busy.monitor.status().isHealthy, true);
  await busy.stop();
});

Deno.test("runMonitor() cures damage no more often in a day than it may, restarts included", async () => {
  const settings = { damage: { policy: "repair", mostPerDay: 2 } } as const;
  const simulation = simulate({ settings });
  simulation.actions.onCheck = () => DAMAGED;
  await simulation.until("2026-03-02T16:00:00Z");
  assertEquals(simulation.actions.timesOf("repair").length, 2);
  assertEquals(simulation.named("cure-failed").length, 2);
  assertEquals(simulation.named("cure-capped").length, 1);
  await simulation.stop();
  const again = new Simulation("2026-03-02T17:00:00Z", { settings, fs: simulation.disk.fs });
  again.actions.onCheck = () => DAMAGED;
  await again.until("2026-03-02T23:00:00Z");
  assertEquals([again.actions.timesOf("repair"), again.names], [[], ["started"]]);
  await again.until("2026-03-03T23:00:00Z");
  assertEquals(again.actions.timesOf("repair").length, 2);
  assertEquals(again.named("cure-capped").length, 1);
  await again.stop();
});

Deno.test("runMonitor() tells what a cure did, and that the damage is gone", async () => {
  for (const policy of ["repair", "restore"] as const) {
    const simulation = simulate({ settings: { damage: { policy } } });
    let isDamaged = true;
    simulation.actions.onCheck = () => isDamaged ? DAMAGED : SOUND;
    simulation.actions.onCure = () => {
      isDamaged = false;
      return { text: "done in 1 step", quarantined: "20260302T120000Z" };
    };
    await simulation.until("2026-03-02T12:30:00Z");
    assertEquals(simulation.names, ["started", "damage-found", "cured", "damage-gone"]);
    assertEquals(simulation.actions.timesOf(policy).length, 1);
    assertEquals(simulation.monitor.status().stores[0]?.notes.cures[policy], 1);
    await simulation.stop();
  }
});

Deno.test("runMonitor() waits with a cure while the store is in use, and counts none", async () => {
  const settings = { damage: { policy: "repair", mostPerDay: 1 } } as const;
  const simulation = simulate({ settings });
  simulation.actions.onCheck = () => DAMAGED;
  simulation.actions.onCure = () => {
    throw new OperationError("busy", "Another process is using it");
  };
  await simulation.until("2026-03-02T18:00:00Z");
  assert(simulation.actions.timesOf("repair").length > 3);
  assertEquals(simulation.names, ["started", "damage-found", "cure-failed"]);
  await simulation.stop();
});

/** A disk on which nothing can be made or written while that is wanted. */
function sickDisk(): { fs: WriteFs; setSick: (isSick: boolean) => void } {
  let isSick = false;
  const fs = interceptWrites(new Simulation(START).disk.fs, ({ name }) => {
    if (isSick && name !== "tryLock") throw systemError("EIO");
    return "as-it-is";
  });
  return { fs, setSick: (wanted) => isSick = wanted };
}

Deno.test("runMonitor() cures nothing when that cannot be noted down", async () => {
  const { fs, setSick } = sickDisk();
  const settings = { damage: { policy: "repair" } } as const;
  const simulation = simulate({ settings, fs });
  await simulation.until("2026-03-02T12:10:00Z");
  simulation.actions.onCheck = () => DAMAGED;
  setSick(true);
  await simulation.until("2026-03-02T18:00:00Z");
  assertEquals(simulation.actions.timesOf("repair"), []);
  const [refused] = simulation.named("cure-failed");
  assertStringIncludes(refused?.message ?? "", "cannot be noted down");
  setSick(false);
  await simulation.until("2026-03-03T06:00:00Z");
  assertEquals(simulation.actions.timesOf("repair").length > 0, true);
  await simulation.stop();
});

Deno.test("runMonitor() knows how often it has cured after a life that could not read that", async () => {
  const { fs, setSick } = sickDisk();
  const settings = { damage: { policy: "repair", mostPerDay: 2 } } as const;
  const first = simulate({ settings, fs });
  first.actions.onCheck = () => DAMAGED;
  await first.until("2026-03-02T14:00:00Z");
  assertEquals(first.actions.timesOf("repair").length, 2);
  await first.stop();
  const again = new Simulation("2026-03-02T14:00:00Z", { settings, fs });
  again.actions.onCheck = () => DAMAGED;
  setSick(true);
  await again.until("2026-03-02T15:00:00Z");
  setSick(false);
  await again.until("2026-03-02T22:00:00Z");
  assertEquals(again.actions.timesOf("repair"), []);
  await again.stop();
});

Deno.test("runMonitor() tells once that a store is missing, and that it is back", async () => {
  const simulation = simulate();
  await simulation.until("2026-03-02T13:00:00Z");
  simulation.actions.onCheck = () => {
    throw new OperationError("not-found", "No such file or directory: /data/store");
  };
  await simulation.until("2026-03-03T13:00:00Z");
  const checks = simulation.actions.timesOf("check").length;
  assert(checks < 13 + 4 * 24 + 3, "it is not looked for every five minutes");
  assertEquals(simulation.actions.timesOf("backup"), []);
  simulation.actions.onCheck = () => SOUND;
  await simulation.until("2026-03-03T13:30:00Z");
  assertEquals(simulation.names, ["started", "sound", "store-missing", "store-back", "backed-up"]);
  await simulation.stop();
});

Deno.test("runMonitor() tries a failed backup again, later and later", async () => {
  const simulation = simulate();
  simulation.actions.onBackup = () => {
    throw new OperationError("no-space", "There is no room");
  };
  await simulation.until("2026-03-03T23:00:00Z");
  const failed = simulation.actions.timesOf("backup");
  assertEquals(failed.slice(0, 4).map((time) => time.slice(11, 16)), [
    "03:30",
    "03:35",
    "03:45",
    "04:05",
  ]);
  assertEquals(simulation.named("action-failed").length, failed.length);
  simulation.actions.onBackup = () => ({ ...DONE });
  await simulation.until("2026-03-04T03:00:00Z");
  assertEquals(simulation.names.slice(-2), ["action-recovered", "backed-up"]);
  await simulation.stop();
});

const DONE = {
  backup: { id: "b", directory: "/data/store.backups/b", sizeBytes: 1 },
  findings: [],
  elapsedMs: 1,
};

Deno.test("runMonitor() reads everything again when the copy in a backup is damaged", async () => {
  const simulation = simulate();
  const thorough: boolean[] = [];
  simulation.actions.onCheck = (isThorough) => {
    thorough.push(isThorough);
    return isThorough ? DAMAGED : SOUND;
  };
  simulation.actions.onBackup = () => ({ ...DONE, backup: null, findings: DAMAGED.findings });
  await simulation.until("2026-03-03T03:31:00Z");
  assertEquals(thorough.filter(Boolean).length, 1);
  assertEquals(simulation.names.slice(-2), ["backup-refused", "damage-found"]);
  await simulation.stop();
});

Deno.test("runMonitor() leaves backups out while the disk is full", async () => {
  const simulation = simulate({ settings: { disk: { minFreeBytes: 1000 } } });
  simulation.actions.free = 900;
  await simulation.until("2026-03-03T06:00:00Z");
  assertEquals(simulation.actions.timesOf("backup"), []);
  simulation.actions.free = 1050;
  await simulation.until("2026-03-03T07:00:00Z");
  assertEquals(simulation.names, ["started", "disk-short", "sound", "action-skipped"]);
  simulation.actions.free = 2000;
  await simulation.until("2026-03-03T08:00:00Z");
  assertEquals(simulation.names.slice(-2), ["disk-eased", "backed-up"]);
  await simulation.stop();
});

Deno.test("runMonitor() tells when memory becomes short, and optimises nothing then", async () => {
  const memory = { usedRatio: 0.85, pressureRatio: null };
  const simulation = simulate({ settings: HOURLY, world: { readMemory: () => memory } });
  await simulation.until("2026-03-08T02:10:00Z");
  memory.usedRatio = 0.78;
  await simulation.until("2026-03-08T02:20:00Z");
  assertEquals(simulation.actions.timesOf("optimize"), []);
  memory.usedRatio = 0.5;
  await simulation.until("2026-03-08T02:40:00Z");
  const names = simulation.names.filter((name) => !["backed-up", "sound"].includes(name));
  assertEquals(names, ["started", "memory-short", "action-skipped", "memory-eased", "optimized"]);
  await simulation.stop();
});

Deno.test("runMonitor() optimises only while nothing uses the store, and only in its hours", async () => {
  const simulation = simulate({ settings: { ...HOURLY, backup: { isEnabled: false } } });
  simulation.actions.use = { text: "it was written to 1 min 0 s ago", isLasting: false };
  await simulation.until("2026-03-08T03:00:00Z");
  assertEquals(simulation.names, ["started", "sound", "optimize-deferred"]);
  await simulation.until("2026-03-15T01:00:00Z");
  assertEquals(simulation.names.slice(3), ["optimize-missed"]);
  await simulation.until("2026-03-15T02:30:00Z");
  simulation.actions.use = null;
  await simulation.until("2026-03-15T03:00:00Z");
  assertEquals(simulation.names.slice(4), ["optimize-deferred", "optimized"]);
  assertEquals(simulation.actions.timesOf("optimize").length, 1);
  await simulation.stop();
});

Deno.test("runMonitor() says once that it will not optimise a store", async () => {
  const simulation = simulate({ settings: { ...HOURLY, backup: { isEnabled: false } } });
  simulation.actions.use = { text: "it cannot be told who has it open", isLasting: true };
  await simulation.until("2026-03-23T12:00:00Z");
  assertEquals(simulation.names, ["started", "sound", "optimize-deferred"]);
  await simulation.stop();
});

Deno.test("runMonitor() does nothing twice and starves nothing when the clock jumps", async () => {
  for (const offMs of [-3 * DAY_MS, -3_600_000, 3_600_000, 400 * DAY_MS]) {
    const simulation = simulate({ settings: HOURLY });
    simulation.at("2026-03-05T03:31:00Z", () => simulation.offMs = offMs);
    simulation.at("2026-03-06T12:00:00Z", () => simulation.offMs = 0);
    await simulation.until("2026-03-12T12:00:00Z");
    const backups = simulation.actions.timesOf("backup");
    // Ten days, and at the most one more for each time that the clock was put forward.
    assert(backups.length >= 8 && backups.length <= 12, `${offMs}: ${backups.join(" ")}`);
    assertEquals(backups.slice(-4), [
      "2026-03-09T03:30:00.000Z",
      "2026-03-10T03:30:00.000Z",
      "2026-03-11T03:30:00.000Z",
      "2026-03-12T03:30:00.000Z",
    ]);
    assert(simulation.actions.timesOf("check").length >= 9 * 24, String(offMs));
    await simulation.stop();
  }
});

Deno.test("runMonitor() ends what is running at once", async () => {
  const simulation = simulate();
  simulation.actions.onBackup = ({ signal }) =>
    new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  simulation.at("2026-03-03T03:31:00Z", () => {});
  void simulation.until("2026-03-03T06:00:00Z");
  while (simulation.actions.running === 0 || simulation.actions.timesOf("backup").length === 0) {
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  assertEquals(simulation.monitor.status().stores[0]?.running, "backup");
  await simulation.stop();
  assertEquals([simulation.actions.running, simulation.names.at(-1)], [0, "stopped"]);
  const { notes } = readWatchNotes(simulation.disk.fs, "/data/store");
  assertEquals([notes?.actions.backup.outcome, notes?.actions.backup.failures], ["interrupted", 0]);
  const again = new Simulation("2026-03-03T06:00:00Z", { fs: simulation.disk.fs });
  await again.until("2026-03-03T06:30:00Z");
  assertEquals(again.actions.timesOf("backup").length, 1);
  await again.stop();
});

Deno.test("runMonitor() leaves an action behind that does not end", async () => {
  const simulation = simulate({ world: { stopWithinMs: 20 } });
  simulation.actions.onCheck = () => new Promise(() => {});
  void simulation.until("2026-03-02T13:00:00Z");
  while (simulation.actions.running === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  await simulation.stop();
  assertEquals(simulation.names, ["started", "stopped"]);
});

Deno.test("runMonitor() goes on after it was killed, and what killed it waits", async () => {
  const simulation = simulate();
  simulation.actions.onBackup = () => new Promise(() => {});
  void simulation.until("2026-03-03T04:00:00Z");
  while (simulation.actions.timesOf("backup").length === 0) {
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  simulation.kill();
  const again = new Simulation("2026-03-03T03:31:00Z", { fs: simulation.disk.fs });
  await again.until("2026-03-03T04:00:00Z");
  assertEquals(again.names.slice(0, 2), ["started", "resumed"]);
  assertEquals(again.actions.timesOf("backup").map((time) => time.slice(11, 16)), ["03:36"]);
  await again.stop();
});

Deno.test("runMonitor() leaves a store alone that another watch has", async () => {
  const first = simulate();
  await first.until("2026-03-02T13:00:00Z");
  const second = new Simulation(START, { fs: first.disk.fs });
  await second.until("2026-03-02T14:00:00Z");
  assertEquals(second.names, ["started", "watched-elsewhere"]);
  assertEquals(second.actions.done, []);
  const [store] = second.monitor.status().stores;
  assertEquals([store?.isElsewhere, store?.next], [true, []]);
  await first.stop();
  await second.until("2026-03-02T14:10:00Z");
  assertEquals(second.names.slice(2), ["taken-over", "sound"]);
  await second.stop();
});

Deno.test("runMonitor() goes on when notes cannot be written, and when they can again", async () => {
  const disk = new Simulation(START).disk;
  let isFull = false;
  const fs = interceptWrites(disk.fs, ({ name }) => {
    if (isFull && name === "write") throw systemError("ENOSPC");
    return "as-it-is";
  });
  const simulation = simulate({ fs });
  await simulation.until("2026-03-02T13:00:00Z");
  isFull = true;
  await simulation.until("2026-03-03T12:00:00Z");
  isFull = false;
  await simulation.until("2026-03-03T13:00:00Z");
  assertEquals(simulation.names, ["started", "sound", "notes-lost", "backed-up", "notes-kept"]);
  await simulation.stop();
});

Deno.test("runMonitor() goes on when a listener throws, and tells it once", async () => {
  const simulation = simulate({
    hooks: {
      onEvent: () => {
        throw new Error("no");
      },
      onRound: () => Promise.reject(new Error("never")),
    },
  });
  await simulation.until("2026-03-03T12:00:00Z");
  const failed = simulation.named("listener-failed").map(({ message }) => message);
  assertEquals(failed.length, 2);
  assert(simulation.names.includes("backed-up"));
  await simulation.stop();
});

Deno.test("runMonitor() takes another configuration over from the next action on", async () => {
  const simulation = simulate();
  await simulation.until("2026-03-02T12:30:00Z");
  simulation.monitor.reload(["/data/store", "/data/other"], {
    timeZone: "UTC",
    check: { intervalMs: 60_000 },
    backup: { atMinutes: 12 * 60 + 15 },
  });
  await simulation.until("2026-03-02T12:40:00Z");
  assertEquals(simulation.names, ["started", "sound", "reloaded", "sound", "backed-up"]);
  // The one that is new has no backup yet; the other one has that of today.
  assertEquals(simulation.events.at(-1)?.store, "/data/other");
  assertEquals(simulation.actions.timesOf("check").length, 26);
  simulation.monitor.reload("/data/store", { timeZone: "UTC" });
  await simulation.until("2026-03-02T12:50:00Z");
  assertEquals(simulation.monitor.status().stores.map(({ store }) => store), ["/data/store"]);
  await simulation.stop();
});

Deno.test("runMonitor() tells of a configuration that cannot be used, and keeps the one before", async () => {
  let polled: OperationError | null = new OperationError("usage", "check.interval is no span");
  const simulation = simulate({
    hooks: {
      pollConfiguration: () => {
        const error = polled;
        polled = null;
        return error;
      },
    },
  });
  await simulation.until("2026-03-02T13:00:00Z");
  assertEquals(simulation.names, ["started", "configuration-refused", "sound"]);
  assertEquals(simulation.actions.timesOf("check").length, 12);
  await simulation.stop();
});

Deno.test("runMonitor() goes on after a fault, and tells it once", async () => {
  const simulation = simulate({
    hooks: {
      pollConfiguration: () => {
        throw new TypeError("undefined is no function");
      },
    },
    world: {
      readMemory: () => {
        if (simulation.now().getTime() < Date.parse("2026-03-02T12:30:00Z")) {
          throw new TypeError("null is no object");
        }
        return { usedRatio: null, pressureRatio: null };
      },
    },
  });
  await simulation.until("2026-03-02T14:00:00Z");
  assertEquals(simulation.names, ["started", "fault", "fault", "sound"]);
  await simulation.stop();
});

Deno.test("runMonitor() tells how the stores are after the checks, and again after a backup", async () => {
  const rounds: [string, string | null][] = [];
  const simulation = new Simulation(START, {
    hooks: {
      onRound: ({ at, stores: [store] }) => {
        rounds.push([at.slice(11, 16), store?.watch.notes.actions.backup.outcome ?? null]);
      },
    },
  });
  await simulation.until("2026-03-02T12:06:00Z");
  assertEquals(rounds, [["12:00", null], ["12:00", "done"], ["12:05", "done"]]);
  await simulation.stop();
});

Deno.test("Monitor.events() gives the events up to the end", async () => {
  const simulation = simulate();
  const names: string[] = [];
  const taken = (async () => {
    for await (const { name } of simulation.monitor.events()) names.push(name);
  })();
  await simulation.until("2026-03-03T12:00:00Z");
  await simulation.stop();
  await taken;
  assertEquals(names, ["started", "sound", "backed-up", "stopped"]);
});
