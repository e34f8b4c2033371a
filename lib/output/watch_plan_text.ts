/**
 * What a watch would do, as people read it: every setting with its value, wherever it comes from.
 *
 * Nothing here prints; every text passes through `showPath`.
 *
 * @module
 */

import { formatBytes, formatDuration } from "../base/format.ts";
import type { RetentionPolicy } from "../backup/retention.ts";
import type {
  BackupPlan,
  OptimizePlan,
  StorePlan,
  WatchConfiguration,
} from "../watch/configuration/watch_configuration.ts";
import { capitalise, renderLabelled, showPath } from "./labelled_text.ts";
import type { TextOptions } from "./text.ts";

const DAY_MS = 86_400_000;

/**
 * Renders a configuration.
 *
 * @param configuration The configuration.
 * @param options How text is laid out.
 * @returns The lines.
 */
export function renderConfiguration(
  configuration: WatchConfiguration,
  options: TextOptions,
): string[] {
  const { stores, timeZone } = configuration;
  const zone = timeZone ?? "the machine's time";
  return [
    ...stores.flatMap((plan) => [...renderStorePlan(plan, zone, options), ""]),
    ...renderCommon(configuration, options),
  ];
}

function renderStorePlan(plan: StorePlan, zone: string, options: TextOptions): string[] {
  const { path, check, backup, optimize, damage, disk } = plan;
  const rows: [string, string][] = [
    [
      "Check",
      `every ${formatSpan(check.intervalMs)}, for ${formatSpan(check.maxDurationMs)} at the most`,
    ],
    [
      "Backup",
      backup.isEnabled
        ? `${describeBackupTime(backup, zone)}, into ` +
          `${showPath(backup.directory ?? `${path}.backups`)}; kept: ${describeKeep(backup.keep)}`
        : "none",
    ],
    [
      "Optimise",
      optimize.isEnabled ? describeOptimization(optimize, zone) : "never",
    ],
    [
      "Damage",
      damage.policy === "alert"
        ? "alert: it is told, and nothing else is done"
        : `${damage.policy}, ${damage.mostPerDay} times a day at the most`,
    ],
    ["Disk", `less than ${formatBytes(disk.minFreeBytes)} free is short`],
  ];
  return [options.paint("heading", showPath(path)), ...renderRows(rows, options)];
}

function renderCommon(configuration: WatchConfiguration, options: TextOptions): string[] {
  const { memory, metrics, log, listen, notes } = configuration;
  const names = metrics.compatibleNames ? ", with the names of vectorstore_…" : "";
  const rows: [string, string][] = [
    ["Memory", `more than ${Math.round(100 * memory.maxUsedRatio)} % in use is short`],
    ["Metrics", metrics.file === null ? "no file" : `${showPath(metrics.file)}${names}`],
    ["Listen", listen ?? "nowhere"],
    [
      "Log",
      log.file === null
        ? "no file"
        : `${showPath(log.file)}, rotated at ${
          formatBytes(log.maxSizeBytes)
        }, ${log.keep} old ones kept`,
    ],
    ["Notes", notes === null ? "beside each store" : showPath(notes)],
  ];
  return [options.paint("heading", "All stores"), ...renderRows(rows, options)];
}

function renderRows(rows: readonly [string, string][], options: TextOptions): string[] {
  return rows.flatMap(([label, text]) => renderLabelled(label, text, "faint", options));
}

function describeOptimization(
  { weekday, atMinutes, windowMs, quietMs, assumeClosed }: OptimizePlan,
  zone: string,
): string {
  const open = assumeClosed
    ? "; other programs are taken to have it closed then"
    : " and no program has it open, which only all permissions tell of Chroma";
  return `on ${capitalise(weekday)} at ${formatTimeOfDay(atMinutes)} (${zone}), or within ` +
    `${formatSpan(windowMs)} of that, when nothing was written for ${formatSpan(quietMs)}${open}`;
}

function describeBackupTime({ intervalMs, atMinutes }: BackupPlan, zone: string): string {
  const time = `${formatTimeOfDay(atMinutes)} (${zone})`;
  if (intervalMs === DAY_MS) return `each day at ${time}`;
  const counted = intervalMs % DAY_MS === 0 ? "at" : "counted from";
  return `every ${formatSpan(intervalMs)}, ${counted} ${time}`;
}

function describeKeep({ withinMs, ...counts }: RetentionPolicy): string {
  const rules = Object.entries(counts).map(([name, count]) => `${count} ${name}`);
  return [...rules, ...(withinMs === undefined ? [] : [`all of ${formatSpan(withinMs)}`])].join(
    ", ",
  );
}

const UNITS: readonly [number, string][] = [
  [DAY_MS, "d"],
  [3_600_000, "h"],
  [60_000, "min"],
  [1000, "s"],
];

/** Writes a span in the largest unit that has no rest. */
function formatSpan(durationMs: number): string {
  const [unitMs, unit] = UNITS.find(([sizeMs]) => durationMs > 0 && durationMs % sizeMs === 0) ??
    [];
  return unitMs === undefined ? formatDuration(durationMs) : `${durationMs / unitMs} ${unit}`;
}

function formatTimeOfDay(minutes: number): string {
  const [hour, minute] = [Math.floor(minutes / 60), minutes % 60];
  return `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`;
}
