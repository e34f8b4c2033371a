/**
 * Watching stores: checks, backups and optimisations when their time has come, one after another, for
 * as long as the process lives.
 *
 * @module
 */

import type {
  Monitor,
  MonitorHooks,
  MonitorSettings,
  MonitorWorld,
  ProgramMonitor,
} from "./monitor_types.ts";
import { configurationOf } from "./configuration/resolve_configuration.ts";
import { RunningMonitor } from "./running_monitor.ts";
import type { WatchConfiguration } from "./configuration/watch_configuration.ts";

/**
 * Watches stores: checks each of them again and again, makes the scheduled backups, optimises where
 * nothing writes, and does about damage what it is told to do. Nothing that a store can be ends it.
 *
 * @example
 * ```ts
 * import { detectStore, startMonitor } from "@vecfsck/vecfsck";
 *
 * if (detectStore(".") !== null) {
 *   await using monitor = startMonitor(".", {
 *     check: { intervalMs: 300_000 },
 *     damage: { policy: "alert" },
 *     onEvent: ({ level, name, message }) => console.log(level, name, message),
 *   });
 *   console.log(monitor.status().isHealthy);
 * }
 * ```
 *
 * @param stores The directories of the stores.
 * @param settings What is done when, and who is told.
 * @returns The watch, which has begun.
 * @throws {OperationError} With the code `usage`: a setting cannot be used.
 */
export function startMonitor(
  stores: string | readonly string[],
  settings: MonitorSettings = {},
): Monitor {
  const { onEvent, onRound, signal, ...rest } = settings;
  return runMonitor(configurationOf(stores, rest), {
    ...(onEvent === undefined ? {} : { onEvent }),
    ...(onRound === undefined ? {} : { onRound }),
    ...(signal === undefined ? {} : { signal }),
  });
}

/**
 * Watches stores as {@linkcode startMonitor} does, in a world that the caller gives.
 *
 * @param configuration What is done when.
 * @param hooks Who is told, and where another configuration comes from.
 * @param world The world.
 * @returns The watch, which has begun.
 */
export function runMonitor(
  configuration: WatchConfiguration,
  hooks: MonitorHooks = {},
  world: MonitorWorld = {},
): ProgramMonitor {
  return new RunningMonitor(configuration, hooks, world);
}
