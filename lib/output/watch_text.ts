/**
 * What people, the journal and the log read of a watch: one line for each event.
 *
 * Nothing here prints; every text passes through `printable`.
 *
 * @module
 */

import { printable } from "../base/printable.ts";
import type { StoreWatchStatus } from "../watch/monitor_types.ts";
import type { WatchEvent } from "../watch/events/events.ts";
import type { Painter, Style } from "./paint.ts";
import { describeNext } from "./watch_rows.ts";

const MOST_CHARACTERS = 4096;

const STYLES: Readonly<Record<WatchEvent["level"], Style>> = {
  error: "error",
  warning: "warning",
  notice: "heading",
  info: "faint",
};

/**
 * Gives the look of an event.
 *
 * @param event The event.
 * @returns The style of its level.
 */
export function styleOfEvent({ level }: Pick<WatchEvent, "level">): Style {
  return STYLES[level];
}

/**
 * Says what has happened, without when.
 *
 * @param event The event.
 * @returns One line: the store, what has happened, and what to do where that is known.
 */
export function describeEvent(event: WatchEvent): string {
  const { store, message, details } = event;
  const place = store === null ? "" : `${store}: `;
  const hint = "hint" in details && details.hint !== null ? `. ${details.hint}` : "";
  return printable(place + message + hint, MOST_CHARACTERS);
}

/**
 * Writes an event for the log, and for a terminal.
 *
 * @param event The event.
 * @param paint How a terminal shows its level.
 * @returns One line: when, how much it matters, its name, and what has happened.
 */
export function renderEvent(event: WatchEvent, paint: Painter): string {
  const { at, level, name } = event;
  return `${formatSecond(at)} ${paint(styleOfEvent(event), level)} ${name} ${describeEvent(event)}`;
}

/** Writes a time to the second, as ISO 8601 in UTC. */
function formatSecond(at: string): string {
  return at.replace(/\.\d+Z$/, "Z");
}

/**
 * Says what a watch is going to do with a store.
 *
 * @param status How the store is to the watch.
 * @param now The time, as ISO 8601 in UTC.
 * @returns One line.
 */
export function describePlan({ store, next, isElsewhere }: StoreWatchStatus, now: string): string {
  const plan = isElsewhere
    ? "another watch has it"
    : next.map((action) => describeNext(action, now)).join(", ") || "nothing is scheduled";
  return printable(`Watching ${store}: ${plan}`, MOST_CHARACTERS);
}
