import { assertEquals } from "@std/assert";
import { summariseGrowth, summariseWatch } from "../../lib/status/summarise_watch.ts";
import { type ActionNotes, type GrowthSample, NEVER_DONE } from "../../lib/status/watch_notes.ts";
import { exampleNotes } from "./watch_examples.ts";

function summarise(now: string, changes: Parameters<typeof exampleNotes>[0] = {}) {
  return summariseWatch(exampleNotes(changes), new Date(now));
}

Deno.test("summariseWatch() tells what is done next, what was done, and when it was heard of", () => {
  const watch = summarise("2026-03-01T12:02:00.000Z");
  assertEquals(watch, {
    isRunning: true,
    since: "2026-02-27T12:00:00.000Z",
    seenAt: "2026-03-01T12:00:00.000Z",
    seenSeconds: 120,
    state: "sound",
    stateSince: "2026-02-27T12:00:05.000Z",
    next: exampleNotes().next,
    actions: [
      {
        action: "check",
        at: "2026-03-01T12:00:00.000Z",
        ageSeconds: 120,
        outcome: "done",
        message: "no damage",
        doneAt: "2026-03-01T12:00:00.000Z",
        failures: 0,
      },
    ],
  });
});

Deno.test("summariseWatch() counts a watch as ended that does not do what it has announced", () => {
  assertEquals(summarise("2026-03-01T12:50:00.000Z").isRunning, true);
  const late = summarise("2026-03-01T12:50:01.000Z");
  assertEquals([late.isRunning, late.next, late.seenSeconds], [false, [], 3001]);
  const ended = { processId: 7, since: "2026-02-27T12:00:00.000Z", isRunning: false };
  assertEquals(summarise("2026-03-01T12:00:01.000Z", { watch: ended }).isRunning, false);
});

Deno.test("summariseWatch() gives an action that is under way its time, and not for ever", () => {
  const backup: ActionNotes = { ...NEVER_DONE, startedAt: "2026-03-01T12:00:00.000Z" };
  const actions = { ...exampleNotes().actions, backup };
  const during = summarise("2026-03-01T14:00:00.000Z", { actions });
  assertEquals(during.isRunning, true);
  const [, underWay] = during.actions;
  assertEquals([underWay?.action, underWay?.outcome, underWay?.ageSeconds], ["backup", null, 7200]);
  assertEquals(summarise("2026-03-01T19:00:00.000Z", { actions }).isRunning, false);
  const again = { ...backup, endedAt: "2026-02-28T12:00:00.000Z", outcome: "done" } as const;
  const second = summarise("2026-03-01T14:00:00.000Z", {
    actions: { ...actions, backup: again },
  });
  assertEquals(second.actions[1]?.outcome, null);
});

function grow(now: string, ...samples: readonly [string, number, number | null][]) {
  const growth = samples.map(([day, sizeBytes, records]): GrowthSample => ({
    day,
    sizeBytes,
    records,
  }));
  return summariseGrowth({ growth }, new Date(now));
}

Deno.test("summariseGrowth() tells what came in a day, of the last month alone", () => {
  const now = "2026-03-01T12:00:00.000Z";
  assertEquals(grow(now), null);
  assertEquals(grow(now, ["2026-03-01", 10, 1]), null);
  assertEquals(
    grow(now, ["2025-12-01", 0, 0], ["2026-02-19", 1000, 10], ["2026-03-01", 6000, 11]),
    { since: "2026-02-19", days: 10, bytesPerDay: 500, recordsPerDay: 0.1 },
  );
  assertEquals(
    grow(now, ["2026-02-28", 6000, 9], ["2026-03-01", 1000, null]),
    { since: "2026-02-28", days: 1, bytesPerDay: -5000, recordsPerDay: null },
  );
});
