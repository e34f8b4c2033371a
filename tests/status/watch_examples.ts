/**
 * Notes of a watch for tests.
 *
 * @module
 */

import { type ActionNotes, NEVER_DONE, type WatchNotes } from "../../lib/status/watch_notes.ts";

/**
 * Notes of a watch that is well, two days after its start.
 *
 * @param changes What is otherwise.
 * @returns The notes.
 */
export function exampleNotes(changes: Partial<WatchNotes> = {}): WatchNotes {
  const checkedAt = "2026-03-01T12:00:00.000Z";
  const check: ActionNotes = {
    ...NEVER_DONE,
    startedAt: "2026-03-01T11:59:59.000Z",
    endedAt: checkedAt,
    doneAt: checkedAt,
    outcome: "done",
    message: "no damage",
    elapsedMs: 1000,
  };
  return {
    store: "/srv/chroma",
    savedAt: checkedAt,
    watch: { processId: 1234, since: "2026-02-27T12:00:00.000Z", isRunning: true },
    state: {
      name: "sound",
      since: "2026-02-27T12:00:05.000Z",
      signature: null,
      findings: [],
      toldAt: null,
    },
    actions: {
      check,
      backup: NEVER_DONE,
      optimize: NEVER_DONE,
      repair: NEVER_DONE,
      restore: NEVER_DONE,
    },
    next: [
      { action: "check", at: "2026-03-01T12:05:00.000Z", reason: "scheduled" },
      { action: "backup", at: "2026-03-02T03:30:00.000Z", reason: "scheduled" },
    ],
    cures: { day: "2026-03-01", repair: 0, restore: 0, isTold: false },
    growth: [],
    memory: { usedRatio: null, isShort: false },
    disk: { freeBytes: null, isShort: false },
    ...changes,
  };
}
