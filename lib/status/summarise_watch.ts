/**
 * What the notes of a watch say to people: whether it is still there, what it has done and does
 * next, and how the store grows.
 *
 * @module
 */

import { ageOf } from "./read_health.ts";
import type { GrowthStatus, WatchActionStatus, WatchStatus } from "./system_status.ts";
import {
  type ActionNotes,
  WATCH_ACTIONS,
  type WatchAction,
  type WatchNotes,
} from "./watch_notes.ts";

/** How late a watch may be with what it has announced before it passes for ended: a check's time. */
const MOST_LATE_MS = 45 * 60_000;

/** The same while something is under way that can take its time. */
const MOST_BUSY_MS = 6 * 3_600_000;

const DAY_MS = 86_400_000;

/** Growth is that of the last month: what was a year ago says little about the next one. */
const GROWTH_DAYS = 30;

/**
 * Sums up the notes of a watch.
 *
 * @param notes The notes.
 * @param now The time.
 * @returns What they say.
 */
export function summariseWatch(notes: WatchNotes, now: Date): WatchStatus {
  const { watch, savedAt, state, next } = notes;
  const isRunning = isAlive(notes, now);
  return {
    isRunning,
    since: watch.since,
    seenAt: savedAt,
    seenSeconds: ageOf(Date.parse(savedAt), now),
    state: state.name,
    stateSince: state.since,
    next: isRunning ? next : [],
    actions: WATCH_ACTIONS.flatMap((action) => summariseAction(action, notes.actions[action], now)),
  };
}

/** A watch that was killed has said that it is at work; what it has announced does not happen. */
function isAlive({ watch, savedAt, next, actions }: WatchNotes, now: Date): boolean {
  if (!watch.isRunning) return false;
  const isUnderWay = WATCH_ACTIONS.some((action) => underWaySince(actions[action]) !== null);
  const expectedMs = Math.max(Date.parse(savedAt), Date.parse(next[0]?.at ?? savedAt));
  return now.getTime() - expectedMs <= (isUnderWay ? MOST_BUSY_MS : MOST_LATE_MS);
}

function underWaySince({ startedAt, endedAt }: ActionNotes): string | null {
  if (startedAt === null) return null;
  return endedAt === null || endedAt < startedAt ? startedAt : null;
}

function summariseAction(action: WatchAction, notes: ActionNotes, now: Date): WatchActionStatus[] {
  const startedAt = underWaySince(notes);
  const at = startedAt ?? notes.endedAt;
  if (at === null) return [];
  const { outcome, message, doneAt, failures } = notes;
  return [{
    action,
    at,
    ageSeconds: ageOf(Date.parse(at), now),
    outcome: startedAt === null ? outcome : null,
    message: startedAt === null ? message : null,
    doneAt,
    failures,
  }];
}

/**
 * Tells how a store has grown within the last month.
 *
 * @param notes The notes of a watch.
 * @param now The time.
 * @returns The growth in a day; null where there are no samples of two days.
 */
export function summariseGrowth(
  { growth }: Pick<WatchNotes, "growth">,
  now: Date,
): GrowthStatus | null {
  const startMs = now.getTime() - GROWTH_DAYS * DAY_MS;
  const samples = growth.filter(({ day }) => Date.parse(day) >= startMs);
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined) return null;
  const days = Math.round((Date.parse(last.day) - Date.parse(first.day)) / DAY_MS);
  if (days < 1) return null;
  const records = first.records === null || last.records === null
    ? null
    : last.records - first.records;
  return {
    since: first.day,
    days,
    bytesPerDay: Math.round((last.sizeBytes - first.sizeBytes) / days),
    // As many records as a person counts: one in three days is not none.
    recordsPerDay: records === null ? null : Math.round(10 * records / days) / 10,
  };
}
