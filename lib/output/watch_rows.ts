/**
 * What a watch has noted down about a store, in the words that people read, row by row.
 *
 * Nothing here prints; every text passes through `showText`.
 *
 * @module
 */

import { formatAge, formatBytes, formatCount } from "../base/format.ts";
import type {
  GrowthStatus,
  SystemStatus,
  WatchActionStatus,
  WatchStatus,
} from "../status/system_status.ts";
import type { ScheduledAction, WatchAction, WatchState } from "../status/watch_notes.ts";
import { showText } from "./labelled_text.ts";
import type { StatusRow } from "./status_row.ts";

/** What an action is called where people read it. */
export const ACTION_WORDS: Readonly<Record<WatchAction, string>> = {
  check: "check",
  backup: "backup",
  optimize: "optimise",
  repair: "repair",
  restore: "restore",
};

const STATES: Readonly<Record<WatchState, string>> = {
  unknown: "nothing is known of the store so far",
  sound: "the store is sound",
  damaged: "the store is DAMAGED",
  busy: "the store is written to all the time",
  missing: "the store is NOT THERE",
  unreadable: "the store CANNOT BE READ",
};

/** From here on a time of day says more than how long it is until then. */
const SOON_SECONDS = 3600;

/**
 * Puts what a watch has noted down into words.
 *
 * @param status The state of the store.
 * @param now The time, as ISO 8601 in UTC.
 * @returns The rows.
 */
export function listWatchRows({ growth, watch }: SystemStatus, now: string): StatusRow[] {
  const grown = growth === null
    ? []
    : [{ label: "Growth", text: describeGrowth(growth), style: "faint" } as const];
  if (watch === null) {
    const text = "none has looked at it, so nothing is scheduled";
    return [...grown, { label: "Watch", text, style: "faint" }];
  }
  const isWell = watch.isRunning && (watch.state === "sound" || watch.state === "busy");
  return [
    ...grown,
    {
      label: "Watch",
      text: describeWatch(watch, now),
      style: isWell ? "faint" : watch.isRunning ? "error" : "warning",
    },
    ...watch.actions.filter(({ failures }) => failures > 0).map(toFailedRow),
    ...rowUnlessEmpty("Last", watch.actions.flatMap(describeLast)),
    ...rowUnlessEmpty("Next", watch.next.map((action) => describeNext(action, now))),
  ];
}

function rowUnlessEmpty(label: string, texts: readonly string[]): StatusRow[] {
  return texts.length === 0 ? [] : [{ label, text: texts.join(", "), style: "faint" }];
}

function describeGrowth({ since, bytesPerDay, recordsPerDay }: GrowthStatus): string {
  const records = recordsPerDay === null
    ? ""
    : `, ${signOf(recordsPerDay)}${describeRecords(Math.abs(recordsPerDay))}`;
  const bytes = `${signOf(bytesPerDay)}${formatBytes(Math.abs(bytesPerDay))}`;
  return `${bytes}${records} a day, since ${since}`;
}

function describeRecords(count: number): string {
  return count > 0 && count < 10 && !Number.isInteger(count)
    ? `${count.toFixed(1)} records`
    : formatCount(Math.round(count), "record");
}

function signOf(value: number): string {
  return value < 0 ? "−" : "+";
}

function describeWatch(watch: WatchStatus, now: string): string {
  const seen = `last heard of ${formatAge(watch.seenSeconds)} ago`;
  if (!watch.isRunning) return `NOT AT WORK, ${seen}; nothing is scheduled`;
  return `at work for ${formatAge(secondsBetween(watch.since, now))}, ${seen}: ` +
    STATES[watch.state];
}

function toFailedRow({ action, failures, ageSeconds, message }: WatchActionStatus): StatusRow {
  const times = failures === 1 ? "" : `, for the ${ordinal(failures)} time`;
  const why = message === null ? "" : `: ${showText(message)}`;
  const text = `${ACTION_WORDS[action]} ${formatAge(ageSeconds)} ago${times}${why}`;
  return { label: "FAILED", text, style: "error" };
}

function ordinal(count: number): string {
  const isTeen = count % 100 >= 11 && count % 100 <= 13;
  return `${count}${isTeen ? "th" : ["th", "st", "nd", "rd"][count % 10] ?? "th"}`;
}

function describeLast({ action, outcome, ageSeconds, failures }: WatchActionStatus): string[] {
  const word = ACTION_WORDS[action];
  if (outcome === null) return [`${word} under way for ${formatAge(ageSeconds)}`];
  if (failures > 0) return [];
  const how = outcome === "done" ? "" : ` ${outcome}`;
  return [`${word}${how} ${formatAge(ageSeconds)} ago`];
}

/**
 * Says when an action is going to be done.
 *
 * @param action The action.
 * @param now The time, as ISO 8601 in UTC.
 * @returns For instance `backup in 15 hours (2026-03-02 03:30 UTC)`.
 */
export function describeNext({ action, at: time, reason }: ScheduledAction, now: string): string {
  const word = ACTION_WORDS[action] + (reason === "retry" ? " again" : "");
  const seconds = secondsBetween(now, time);
  if (seconds === 0) return `${word} now`;
  if (seconds < SOON_SECONDS) return `${word} in ${formatAge(seconds)}`;
  return `${word} in ${formatAge(seconds)} (${formatMinute(time)})`;
}

/**
 * Writes a time as people read it, to the minute.
 *
 * @param time The time, as ISO 8601 in UTC.
 * @returns For instance `2026-03-02 03:30 UTC`.
 */
export function formatMinute(time: string): string {
  return `${time.slice(0, 16).replace("T", " ")} UTC`;
}

function secondsBetween(from: string, to: string): number {
  return Math.max(0, Math.floor((Date.parse(to) - Date.parse(from)) / 1000));
}
