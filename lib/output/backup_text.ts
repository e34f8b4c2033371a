/**
 * What people read about backups.
 *
 * Nothing here prints; every name passes through `printable`.
 *
 * @module
 */

import { type IncompleteBackup, isTrusted, type ListedBackup } from "../backup/catalogue.ts";
import type { BackupOutcome } from "../backup/create.ts";
import type { PruneOutcome, PrunePlan } from "../backup/prune.ts";
import type { BackupProblem } from "../backup/verification.ts";
import { formatBytes, formatCount, formatNumber } from "../base/format.ts";
import { printable } from "../base/printable.ts";
import type { BackupLine } from "./backup_json.ts";
import { toBackupLine } from "./backup_json.ts";
import { renderFindings, type TextOptions } from "./text.ts";
import { wrapText } from "./wrap.ts";

const MOST_PATH_CHARACTERS = 4096;
const MOST_PROBLEMS = 100;
const MOST_LOST = 5;

/** How many digits of a hash are shown; the whole of it is in the JSON. */
const SHOWN_DIGITS = 16;

/**
 * The line that is printed before a backup begins.
 *
 * @param store The store, as it was named.
 * @param options How text is laid out.
 * @returns The line.
 */
export function renderBackupHeading(store: string, { paint }: TextOptions): string[] {
  return [paint("heading", `Backing up ${showPath(store)}`)];
}

/**
 * Says what came of a backup.
 *
 * @param outcome What came of it.
 * @param store The store, as it was named.
 * @param options How text is laid out, and whether the backup stays where it is.
 * @returns The lines, the verdict last.
 */
export function renderOutcome(
  outcome: BackupOutcome,
  store: string,
  options: TextOptions & { stays: boolean },
): string[] {
  const { backup, findings, summary } = outcome;
  if (outcome.isUnchanged && backup !== null) return renderUnchanged(backup, options);
  const isDamaged = backup === null || !backup.manifest.good;
  const shown = isDamaged ? findings : findings.filter(({ severity }) => severity === "warning");
  const lines = [...renderFindings(shown, options), ...renderLost(outcome, store, options)];
  if (backup !== null) lines.push("", ...renderAmounts(toBackupLine(backup)));
  return [...lines, ...renderOutcomeVerdict(outcome, store, summary?.verdict ?? null, options)];
}

function renderUnchanged({ directory }: ListedBackup, { paint }: TextOptions): string[] {
  return [`${paint("good", "UNCHANGED")}  ${showPath(directory)} holds the same, and is whole`];
}

function renderLost(
  { lost }: BackupOutcome,
  store: string,
  { paint, width }: TextOptions,
): string[] {
  if (lost.length === 0) return [];
  const more = lost.length - MOST_LOST;
  const named = lost.slice(0, MOST_LOST).map((path) => showPath(path)).join(", ");
  const text = `${named}${more > 0 ? ` and ${formatCount(more, "more", "more")}` : ""}`;
  return [
    `${paint("error", "LOST")}  ${formatCount(lost.length, "file")} of metadata that the backup ` +
    "before has:",
    ...wrapText(text, width, "    ", "  "),
    "  To put back what is lost:",
    `    vecfsck restore --metadata-only ${showPath(store)}`,
  ];
}

function renderAmounts(line: BackupLine): string[] {
  const contents = [
    line.engine === null ? line.format : printable(line.engine),
    formatCount(line.collections, "collection"),
    line.scope === "all" ? formatCount(line.records, "record") : "the metadata alone",
  ];
  const shared = line.sharedBytes === 0
    ? ""
    : `, ${formatBytes(line.sharedBytes)} of it shared with the backup before`;
  return [
    `  ${contents.join(", ")}`,
    `  ${formatBytes(line.sizeBytes)} in ${formatCount(line.files, "file")}${shared}`,
  ];
}

function renderOutcomeVerdict(
  { backup }: BackupOutcome,
  store: string,
  verdict: string | null,
  { paint, width, stays }: TextOptions & { stays: boolean },
): string[] {
  if (backup === null) {
    return [
      `${paint("error", "DAMAGED")}  ${showPath(store)}: no backup was kept`,
      ...wrapText(
        verdict === null
          ? "There is less of the metadata than the collections need. Older backups are as they were."
          : "The store is damaged, and the copy with it. `vecfsck backup --force` keeps such a " +
            "copy, marked as not good. Older backups are as they were.",
        width,
        "  ",
      ),
    ];
  }
  const path = stays ? showPath(backup.directory) : backup.id;
  if (!backup.manifest.good) {
    return [
      `${paint("error", "DAMAGED")}  ${path}: kept because of --force, and marked as not good`,
    ];
  }
  const verified = backup.verification === null ? "" : ", read again";
  return [`${paint("good", "BACKED UP")}  ${path} (full check: ${verdict}${verified})`];
}

/**
 * Says what the rules have removed after a backup; nothing when that is nothing.
 *
 * @param outcome What was done.
 * @param options How text is laid out.
 * @returns The lines.
 */
export function renderPruned(
  { removed, rejected }: PruneOutcome,
  { paint, width }: TextOptions,
): string[] {
  const lines = rejected.map((id) =>
    `${paint("error", "DAMAGED")}  The backup ${id} is not what its manifest says; it was marked`
  );
  if (removed.length === 0) return lines;
  const text = `Removed ${formatCount(removed.length, "old backup")}: ${removed.join(", ")}`;
  return [...lines, ...wrapText(text, width, "    ", "  ")];
}

/**
 * Lists backups as a table.
 *
 * @param backups The backups, the oldest first.
 * @param now The time, for their age.
 * @param options How text is laid out; and whether the store of each is shown.
 * @returns The lines; none without a backup.
 */
export function renderBackupTable(
  backups: readonly ListedBackup[],
  now: Date,
  options: TextOptions & { showsStores?: boolean },
): string[] {
  if (backups.length === 0) return [];
  const header = ["BACKUP", "AGE", "SIZE", "SHARED", "RECORDS", "STATE"];
  const rows = backups.map((backup) => {
    const line = toBackupLine(backup);
    return [
      line.id,
      formatAge(now.getTime() - Date.parse(line.createdAt)),
      formatBytes(line.sizeBytes),
      formatBytes(line.sharedBytes),
      line.scope === "all" ? formatNumber(line.records) : "-",
      describeState(backup),
    ];
  });
  if (options.showsStores) {
    header.push("STORE");
    for (const [index, row] of rows.entries()) row.push(showPath(backups[index]?.manifest.store));
  }
  return layOut([header, ...rows]).map((line, index) =>
    index === 0 ? options.paint("heading", line) : line
  );
}

/** Sets the columns below each other; numbers to the right. */
function layOut(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length))
  );
  return rows.map((row) =>
    row.map((cell, column) => {
      const width = widths[column] ?? 0;
      const isNumber = column >= 1 && column <= 4;
      return isNumber ? cell.padStart(width) : cell.padEnd(width);
    }).join("  ").trimEnd()
  );
}

/** Says in a word or two what is known of a backup. */
function describeState(backup: ListedBackup): string {
  const scope = backup.manifest.scope === "all" ? "" : ", metadata only";
  return describeTrust(backup) + scope;
}

function describeTrust(backup: ListedBackup): string {
  const { manifest, verification } = backup;
  if (!manifest.good) return "store damaged";
  if (!isTrusted(backup)) return "DAMAGED";
  if (verification === null) return "good";
  return verification.level === "full" ? "verified in full" : "verified";
}

/** Writes an age in the one unit that fits. */
function formatAge(ageMs: number): string {
  const minutes = Math.max(0, Math.floor(ageMs / 60_000));
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d`;
}

/**
 * Names what looks like a backup and is none.
 *
 * @param incomplete What was found.
 * @param options How text is laid out.
 * @returns The lines.
 */
export function renderIncomplete(
  incomplete: readonly IncompleteBackup[],
  { paint, width }: TextOptions,
): string[] {
  return incomplete.flatMap(({ path, reason }) => [
    `${paint("warning", "NO BACKUP")}  ${showPath(path)}`,
    ...wrapText(printable(reason, MOST_PATH_CHARACTERS), width, "  "),
  ]);
}

/**
 * Shows what a backup holds.
 *
 * @param backup The backup.
 * @param now The time, for its age.
 * @param options How text is laid out.
 * @returns The lines.
 */
export function renderBackup(backup: ListedBackup, now: Date, options: TextOptions): string[] {
  const line = toBackupLine(backup);
  const { manifest } = backup;
  const age = formatAge(now.getTime() - Date.parse(line.createdAt));
  return [
    options.paint("heading", `Backup ${line.id}`) + ` (${describeState(backup)})`,
    `  of ${showPath(line.store)}`,
    `  in ${showPath(line.path)}`,
    `  made ${line.createdAt}, ${age} ago, by vecfsck ${printable(manifest.vecfsckVersion)}`,
    ...(line.confirmedAt === null ? [] : [`  the store held the same at ${line.confirmedAt}`]),
    ...renderAmounts(line),
    ...manifest.collections.flatMap(({ name, id, records, vectors, hash }) => [
      "",
      `Collection "${printable(name, 200)}" (${printable(id)})`,
      `  ${formatCount(records, "record")}, ${formatCount(vectors, "vector")}, ` +
      `hash ${hash.slice(0, SHOWN_DIGITS)}…`,
    ]),
    "",
    ...manifest.files.map(({ path, sizeBytes, sha256 }) =>
      `  ${sha256.slice(0, SHOWN_DIGITS)}…  ${formatBytes(sizeBytes).padStart(8)}  ${
        showPath(path)
      }`
    ),
    ...manifest.leftOut.flatMap(({ path, reason }) =>
      wrapText(`Left out: ${showPath(path)}, ${printable(reason)}`, options.width, "    ", "  ")
    ),
  ];
}

/**
 * Says what a verification found.
 *
 * @param id The name of the backup.
 * @param problems What is wrong with it.
 * @param options How text is laid out.
 * @returns The lines.
 */
export function renderVerification(
  id: string,
  problems: readonly BackupProblem[],
  { paint, width }: TextOptions,
): string[] {
  if (problems.length === 0) return [`${paint("good", "WHOLE")}    ${id}`];
  const hidden = problems.length - MOST_PROBLEMS;
  return [
    `${paint("error", "DAMAGED")}  ${id}: ${formatCount(problems.length, "problem")}`,
    ...problems.slice(0, MOST_PROBLEMS).flatMap(({ path, problem }) =>
      wrapText(`${showPath(path)}: ${printable(problem, 1000)}`, width, "    ", "  ")
    ),
    ...(hidden > 0
      ? [`  … and ${formatCount(hidden, "more", "more")}; the whole list: --json`]
      : []),
  ];
}

/**
 * Says which backups the rules keep, and which they do not.
 *
 * @param plan The plan.
 * @param options How text is laid out.
 * @returns The lines.
 */
export function renderPrunePlan(plan: PrunePlan, { paint }: TextOptions): string[] {
  const lines = plan.retention.decisions.map(({ id, reasons }) =>
    reasons.length > 0 ? `keep    ${id}  ${reasons.join(", ")}` : `remove  ${id}`
  );
  const { removals } = plan;
  const left = plan.retention.decisions.length - removals.length;
  return [
    paint("heading", `Backups in ${showPath(plan.place.directory)}`),
    ...lines.map((line) => `  ${line}`),
    `${formatCount(removals.length, "backup")} to remove, ${formatNumber(left)} to keep`,
  ];
}

function showPath(path = ""): string {
  return printable(path, MOST_PATH_CHARACTERS);
}
