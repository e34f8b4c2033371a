/**
 * Which action is due when: decided from the plan, from what was noted down of the last time, and
 * from the time of day alone.
 *
 * Clocks jump. A time that is noted down and lies in the future was written by a clock that was
 * wrong, then or now: it counts while a clock that was put back a little explains it, and no longer,
 * so that nothing is done twice and nothing waits for years.
 *
 * @module
 */

import type { ActionNotes, ScheduledAction, WatchAction } from "../../status/watch_notes.ts";
import { LONGEST_WAIT_MS } from "./backoff.ts";
import type { Calendar, SlotRule } from "./calendar.ts";
import type { OptimizePlan, StorePlan } from "../configuration/watch_configuration.ts";

/** An action that has a time of its own, and does not follow from another one. */
export type PlannedAction = "check" | "backup" | "optimize";

/** When an action is done. */
export interface Appointment {
  /** The action. */
  readonly action: PlannedAction;
  /** When, in milliseconds since 1970; it is due where that is not later than now. */
  readonly atMs: number;
  /** The scheduled time that is served by it, in milliseconds since 1970; null where it has none. */
  readonly slotMs: number | null;
  /** Why then. */
  readonly reason: ScheduledAction["reason"];
}

/** What is done about one store. */
export interface Agenda {
  /** When it is checked. */
  readonly check: Appointment;
  /** When it is backed up; null where it is not. */
  readonly backup: Appointment | null;
  /** When it is optimised; null where it is not. */
  readonly optimize: Appointment | null;
  /** The scheduled time of an optimisation that has passed without one; null where none has. */
  readonly missedOptimizeMs: number | null;
}

/** What is known of the last time. */
export type ActionRecord = Readonly<Record<WatchAction, ActionNotes>>;

/** How late an action is still called punctual: nobody looks at the clock more often. */
const PUNCTUAL_MS = 15 * 60_000;

const WEEK_MS = 7 * 86_400_000;

/**
 * Decides when each action is done.
 *
 * @param plan What is to be done.
 * @param actions What was noted down of the last time.
 * @param nowMs The time, in milliseconds since 1970.
 * @param calendar The calendar.
 * @returns When.
 */
export function planAgenda(
  plan: StorePlan,
  actions: ActionRecord,
  nowMs: number,
  calendar: Calendar,
): Agenda {
  const { backup, optimize } = plan;
  const view = { nowMs, calendar };
  return {
    check: planCheck(plan, actions.check, nowMs),
    backup: backup.isEnabled ? planSlot("backup", backup, actions.backup, view) : null,
    optimize: optimize.isEnabled ? planOptimize(optimize, actions.optimize, view) : null,
    missedOptimizeMs: optimize.isEnabled ? findMissed(optimize, actions.optimize, view) : null,
  };
}

/** What the decision goes by besides. */
interface View {
  readonly nowMs: number;
  readonly calendar: Calendar;
}

function planCheck({ check }: StorePlan, notes: ActionNotes, nowMs: number): Appointment {
  const at = (atMs: number, reason: Appointment["reason"]): Appointment => {
    return { action: "check", atMs, slotMs: null, reason };
  };
  const retryMs = retryOf(notes, nowMs);
  if (notes.failures > 0 && retryMs !== null) return at(retryMs, "retry");
  const startedMs = parseTime(notes.startedAt);
  const endedMs = parseTime(notes.endedAt) ?? startedMs;
  // Of a clock that was put back, nothing is known but that it was.
  if (startedMs === null || endedMs === null || startedMs > nowMs || endedMs > nowMs) {
    return at(nowMs, "scheduled");
  }
  // A check that takes longer than the interval must not take all the time there is.
  const restMs = Math.min(check.intervalMs, endedMs - startedMs);
  return at(Math.max(startedMs + check.intervalMs, endedMs + restMs), "scheduled");
}

function planSlot(
  action: PlannedAction,
  rule: SlotRule,
  notes: ActionNotes,
  { nowMs, calendar }: View,
): Appointment {
  const latestMs = calendar.latest(rule, nowMs);
  const servedMs = findServed(rule, notes, { nowMs, calendar });
  if (latestMs <= servedMs) {
    const atMs = calendar.next(rule, Math.max(nowMs, servedMs));
    return { action, atMs, slotMs: atMs, reason: "scheduled" };
  }
  const retryMs = retryOf(notes, nowMs);
  if (retryMs !== null && retryMs > nowMs) {
    return { action, atMs: retryMs, slotMs: latestMs, reason: "retry" };
  }
  const reason = nowMs - latestMs <= PUNCTUAL_MS
    ? "scheduled"
    : retryMs === null
    ? "missed"
    : "retry";
  return { action, atMs: Math.min(latestMs, nowMs), slotMs: latestMs, reason };
}

/** The scheduled time that was served last; nothing was where nothing is noted down. */
function findServed(rule: SlotRule, { slot }: ActionNotes, { nowMs, calendar }: View): number {
  const slotMs = parseTime(slot);
  if (slotMs === null) return -Infinity;
  return isPossible(rule, slotMs, { nowMs, calendar }) ? slotMs : calendar.latest(rule, nowMs);
}

/** The next time may have been served already, by a clock that was put back a little since. */
function isPossible(rule: SlotRule, slotMs: number, { nowMs, calendar }: View): boolean {
  return slotMs <= calendar.next(rule, nowMs);
}

/** Another scheduled time that is noted down. */
export interface MendedSlot {
  /** The action. */
  readonly action: "backup" | "optimize";
  /** The time. */
  readonly slotMs: number;
}

/**
 * Finds scheduled times that were noted down by a clock that was wrong: what counts instead has to be
 * noted down, or they would come again and again until that time.
 *
 * @param plan What is to be done.
 * @param actions What was noted down.
 * @param nowMs The time, in milliseconds since 1970.
 * @param calendar The calendar.
 * @returns What counts instead.
 */
export function mendSlots(
  { backup, optimize }: StorePlan,
  actions: ActionRecord,
  nowMs: number,
  calendar: Calendar,
): MendedSlot[] {
  const rules = { backup, optimize: weekly(optimize) };
  return (["backup", "optimize"] as const).flatMap((action) => {
    const slotMs = parseTime(actions[action].slot);
    if (slotMs === null || isPossible(rules[action], slotMs, { nowMs, calendar })) return [];
    return [{ action, slotMs: calendar.latest(rules[action], nowMs) }];
  });
}

function planOptimize(plan: OptimizePlan, notes: ActionNotes, view: View): Appointment {
  const rule = weekly(plan);
  const { nowMs, calendar } = view;
  const planned = planSlot("optimize", rule, notes, view);
  const slotMs = planned.slotMs ?? planned.atMs;
  // It belongs into a quiet hour, so nothing is made up for on another day.
  if (Math.max(nowMs, planned.atMs) < slotMs + plan.windowMs) return planned;
  const atMs = calendar.next(rule, nowMs);
  return { action: "optimize", atMs, slotMs: atMs, reason: "scheduled" };
}

function findMissed(plan: OptimizePlan, notes: ActionNotes, view: View): number | null {
  const rule = weekly(plan);
  const latestMs = view.calendar.latest(rule, view.nowMs);
  const isOver = view.nowMs >= latestMs + plan.windowMs;
  return isOver && latestMs > findServed(rule, notes, view) ? latestMs : null;
}

function weekly({ atMinutes, weekday }: OptimizePlan): SlotRule {
  return { atMinutes, weekday, intervalMs: WEEK_MS };
}

/**
 * Tells before when an action is not tried again.
 *
 * @param notes What was noted down of it.
 * @param nowMs The time, in milliseconds since 1970.
 * @returns The time; null where it can be tried at once.
 */
export function retryOf({ retryAt }: ActionNotes, nowMs: number): number | null {
  const retryMs = parseTime(retryAt);
  return retryMs === null || retryMs > nowMs + LONGEST_WAIT_MS ? null : retryMs;
}

/**
 * Reads a time that was noted down.
 *
 * @param time The time as ISO 8601, or null.
 * @returns The milliseconds since 1970, or null.
 */
export function parseTime(time: string | null): number | null {
  return time === null ? null : Date.parse(time);
}
