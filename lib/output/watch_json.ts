/**
 * The lines of `--json` about a watch, described in `docs/json.md`.
 *
 * @module
 */

import { SCHEMA_VERSION } from "../model/report.ts";
import type { ScheduledAction } from "../status/watch_notes.ts";
import type { WatchEvent } from "../watch/events/events.ts";
import type { StoreWatchStatus } from "../watch/monitor_types.ts";
import type { WatchConfiguration } from "../watch/configuration/watch_configuration.ts";
import type { JsonLine } from "./json.ts";

/** Something that has happened. */
export interface WatchEventLine extends JsonLine {
  /** Tells the lines apart. */
  readonly type: "watch-event";
  /** What has happened; stable. */
  readonly name: WatchEvent["name"];
  /** How much it matters. */
  readonly level: WatchEvent["level"];
  /** When, as ISO 8601 in UTC. */
  readonly at: string;
  /** The store that it is about, or null. */
  readonly store: string | null;
  /** What has happened, for people. */
  readonly message: string;
  /** Further facts, under names that depend on the event. */
  readonly detail: WatchEvent["details"];
}

/** What a watch is going to do with a store. */
export interface WatchPlanLine extends JsonLine {
  /** Tells the lines apart. */
  readonly type: "watch-plan";
  /** The store, as an absolute path. */
  readonly store: string;
  /** Whether another watch has it, so that this one does nothing. */
  readonly isElsewhere: boolean;
  /** What is done next, the soonest first. */
  readonly next: readonly ScheduledAction[];
}

/** What a watch would do, all sources put together. */
export interface WatchConfigurationLine extends JsonLine, WatchConfiguration {
  /** Tells the lines apart. */
  readonly type: "watch-configuration";
}

/**
 * Turns an event into its line.
 *
 * @param event The event.
 * @returns The line.
 */
export function toWatchEventLine(event: WatchEvent): WatchEventLine {
  const { details, ...rest } = event;
  return { type: "watch-event", schema: SCHEMA_VERSION, ...rest, detail: details };
}

/**
 * Turns what is going to be done with a store into its line.
 *
 * @param status How the store is to the watch.
 * @returns The line.
 */
export function toWatchPlanLine({ store, isElsewhere, next }: StoreWatchStatus): WatchPlanLine {
  return { type: "watch-plan", schema: SCHEMA_VERSION, store, isElsewhere, next };
}

/**
 * Turns a configuration into its line.
 *
 * @param configuration The configuration.
 * @returns The line.
 */
export function toWatchConfigurationLine(
  configuration: WatchConfiguration,
): WatchConfigurationLine {
  return { type: "watch-configuration", schema: SCHEMA_VERSION, ...configuration };
}
