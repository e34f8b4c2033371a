/**
 * The state of a store in the words that people read, row by row: on a terminal and on a page.
 *
 * Nothing here prints; every name passes through `printable`.
 *
 * @module
 */

import { formatAge, formatBytes, formatCount, formatNumber } from "../base/format.ts";
import { printable } from "../base/printable.ts";
import { quoteShellWord } from "../base/shell_words.ts";
import type { Verdict } from "../model/finding.ts";
import type {
  BackupsStatus,
  CollectionsStatus,
  FullCheckStatus,
  HealthStatus,
  SystemStatus,
} from "../status/system_status.ts";
import { capitalise, nameSome, showPath } from "./labelled_text.ts";
import type { Style } from "./paint.ts";
import type { StatusRow } from "./status_row.ts";
import { listWatchRows } from "./watch_rows.ts";

/** How many codes are shown; a check names everything. */
const MOST_KINDS = 5;

/** How many damaged collections are named. */
const MOST_NAMES = 5;

const UNKNOWN = "unknown";

/**
 * Says which engine has written a store.
 *
 * @param status The state of the store.
 * @returns The engine, or the format where that is all that is known.
 */
export function describeEngine({ engine, format }: SystemStatus): string {
  return engine === null ? format : printable(engine);
}

/**
 * Puts the state of a store into words.
 *
 * @param status The state.
 * @param now The time from which the next actions are counted, as ISO 8601 in UTC.
 * @returns The rows; the first one has the verdict.
 */
export function listStatusRows(status: SystemStatus, now: string = status.at): StatusRow[] {
  const rows: StatusRow[] = [];
  const add = (label: string, text: string, style: Style = "faint"): void => {
    rows.push({ label, text, style });
  };
  addHealth(status, add);
  add("Checked", describeFullCheck(status.lastFullCheck));
  add("Holds", describeContents(status));
  addDamaged(status.collections, add);
  addIndex(status, add);
  add("Size", describeSizes(status));
  add("Backups", describeBackups(status.backups));
  const { quarantine, interruptedChanges } = status;
  if (quarantine === null || quarantine.entries > 0) add("Aside", describeQuarantine(status));
  if (interruptedChanges > 0) {
    const count = formatCount(interruptedChanges, "change");
    add("Halfway", `${count} of vecfsck interrupted; the next verb that writes goes on`, "error");
  }
  add("Machine", describeMachine(status));
  return [...rows, ...listWatchRows(status, now)];
}

/** Adds a labelled text. */
type Add = (label: string, text: string, style?: Style) => void;

/** What each verdict is called, how it looks, and what it says. */
export const VERDICTS: Readonly<
  Record<Verdict, { label: string; style: Style; text: string }>
> = {
  clean: { label: "CLEAN", style: "good", text: "no damage is known" },
  warnings: {
    label: "WARNING",
    style: "warning",
    text: "no damage is known, but it needs attention",
  },
  damaged: { label: "DAMAGED", style: "error", text: "data is lost, wrong or out of reach" },
  unsafe: {
    label: "UNSAFE",
    style: "fatal",
    text: "do not open it with the engine: that can kill the process",
  },
  incomplete: { label: "PARTIAL", style: "warning", text: "not every part was checked" },
};

function addHealth({ store, health, elapsedMs }: SystemStatus, add: Add): void {
  const { label, style, text } = VERDICTS[health.verdict];
  const seconds = (elapsedMs / 1000).toFixed(2);
  add(label, `${capitalise(text)} (${health.level} check just now, ${seconds} s)`, style);
  for (const { code, title, severity, findings } of health.kinds.slice(0, MOST_KINDS)) {
    const count = findings === 1 ? "" : ` (${formatNumber(findings)} times)`;
    add("", `${severity} ${code}: ${title}${count}`);
  }
  const more = health.kinds.length - MOST_KINDS;
  if (more > 0) add("", `… and ${formatCount(more, "more kind")}`);
  if (explainsMore(health)) add("", `What it is, and what to do: vecfsck check ${quote(store)}`);
}

function explainsMore({ verdict, kinds }: HealthStatus): boolean {
  return kinds.length > 0 || verdict === "damaged" || verdict === "unsafe";
}

function quote(path: string): string {
  return showPath(quoteShellWord(path));
}

const SOURCES = {
  status: "just now",
  check: "by a check",
  backup: "of the copy in a backup",
} as const;

function describeFullCheck(check: FullCheckStatus | null): string {
  if (check === null) return "never in full, as far as is known";
  const { source, isSound, isCurrent, ageSeconds } = check;
  const found = isSound ? "no damage" : "DAMAGE";
  if (source === "status") return `in full just now: ${found}`;
  const since = isCurrent === null
    ? ""
    : isCurrent
    ? "; no file has changed since"
    : "; files have changed since";
  return `in full ${formatAge(ageSeconds)} ago, ${SOURCES[source]}: ${found}${since}`;
}

function describeContents({ collections, records, vectors, missingVectors }: SystemStatus): string {
  const parts = [
    records === null ? "records: unknown" : formatCount(records, "record"),
    collections === null
      ? "collections: unknown"
      : `${formatCount(collections.total, "collection")} (${formatNumber(collections.healthy)} ` +
        `healthy, ${formatNumber(collections.damaged)} damaged)`,
  ];
  if (vectors !== null) parts.push(formatCount(vectors, "vector"));
  const missing = missingVectors === null || missingVectors === 0
    ? ""
    : `; at least ${formatCount(missingVectors, "vector")} missing`;
  return parts.join(", ") + missing;
}

function addDamaged(collections: CollectionsStatus | null, add: Add): void {
  const damaged = collections?.each.filter(({ isHealthy }) => !isHealthy) ?? [];
  if (damaged.length === 0) return;
  const names = damaged.slice(0, MOST_NAMES + 1).map(({ name }) => printable(name, 100));
  while (names.length < damaged.length) names.push("");
  const shown = nameSome(names, MOST_NAMES, (more) => formatCount(more, "more", "more"));
  add("", `Damaged: ${shown}`);
}

/** What only a format with indexes and a queue has. */
function addIndex({ pendingWrites, driftSeconds, queue }: SystemStatus, add: Add): void {
  const drift = [
    ...(pendingWrites === null ? [] : [`${formatCount(pendingWrites, "write")} behind`]),
    ...(driftSeconds === null ? [] : [describeDrift(driftSeconds)]),
  ];
  if (drift.length > 0) add("Index", drift.join(", "));
  if (queue === null) return;
  const { writes, sizeBytes, isCounted } = queue;
  const text = `${formatCount(writes, "write")}, ${formatBytes(sizeBytes)}`;
  add("Queue", isCounted ? text : `at most ${text}; too long to be counted`);
}

/** An engine writes both within seconds. */
function describeDrift(seconds: number): string {
  return seconds < 60
    ? "as new as the catalogue"
    : `last written ${formatAge(seconds)} before the catalogue`;
}

function describeSizes({ sizes }: SystemStatus): string {
  const { databaseBytes, indexBytes, documentBytes, foreignBytes } = sizes;
  const parts: [string, number | null][] = [
    ["catalogue", databaseBytes],
    ["indexes", indexBytes],
    ["documents", documentBytes],
    ["foreign", foreignBytes === 0 ? null : foreignBytes],
  ];
  const known = parts.flatMap(([name, sizeBytes]) =>
    sizeBytes === null ? [] : [{ name, sizeBytes }]
  );
  const total = known.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const named = known.map(({ name, sizeBytes }) => `${name} ${formatBytes(sizeBytes)}`);
  return `${formatBytes(total)}: ${named.join(", ")}`;
}

function describeBackups(backups: BackupsStatus | null): string {
  if (backups === null) return `${UNKNOWN}: no permission to look at them`;
  const { total, newestGood, newestMetadata, metadataOnly, incomplete, directory } = backups;
  const parts: string[] = [];
  if (total === 0) parts.push(`none in ${showPath(directory)}`);
  else if (newestGood === null) parts.push(`${formatNumber(total)}, NONE OF THEM GOOD`);
  else {
    const { id, ageSeconds, verifiedLevel } = newestGood;
    const verified = verifiedLevel === null ? "" : `, verified (${verifiedLevel})`;
    const age = `${formatAge(ageSeconds)} old`;
    parts.push(`${formatNumber(total)}, the newest good one ${age}: ${printable(id)}${verified}`);
  }
  if (newestMetadata !== null) {
    const age = formatAge(newestMetadata.ageSeconds);
    parts.push(`${formatNumber(metadataOnly)} of the metadata alone, the newest ${age} old`);
  }
  if (incomplete > 0) parts.push(`${formatNumber(incomplete)} incomplete`);
  return parts.join("; ");
}

function describeQuarantine({ quarantine }: SystemStatus): string {
  if (quarantine === null) return `${UNKNOWN}: no permission to look at the quarantine`;
  const { entries, sizeBytes } = quarantine;
  const count = formatCount(entries, "entry", "entries");
  return `${count} in quarantine, ${formatBytes(sizeBytes)}`;
}

function describeMachine({ diskFreeBytes, memory }: SystemStatus): string {
  const { totalBytes, availableBytes, pressureRatio, limitBytes, limitUsedBytes } = memory;
  const disk = diskFreeBytes === null ? UNKNOWN : `${formatBytes(diskFreeBytes)} free`;
  const amount = availableBytes === null || totalBytes === null
    ? UNKNOWN
    : `${formatBytes(availableBytes)} of ${formatBytes(totalBytes)} available`;
  const limit = limitBytes === null
    ? ""
    : limitUsedBytes === null
    ? `, with a limit of ${formatBytes(limitBytes)}`
    : `, ${formatBytes(limitUsedBytes)} used of a limit of ${formatBytes(limitBytes)}`;
  const pressure = pressureRatio === null
    ? ""
    : pressureRatio === 0
    ? ", no program waited for it"
    : `, waited for ${(100 * pressureRatio).toFixed(0)} % of the last minute`;
  return `disk ${disk}; memory ${amount}${limit}${pressure}`;
}
