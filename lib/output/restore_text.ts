/**
 * What people read about a restore.
 *
 * Nothing here prints; every name passes through `printable`.
 *
 * @module
 */

import { formatBytes, formatCount, formatDuration } from "../base/format.ts";
import { printable } from "../base/printable.ts";
import type { MetadataChange } from "../backup/metadata_changes.ts";
import type { CollectionChange, RestorePlan } from "../backup/plan_restore.ts";
import type { RestoredStore } from "../backup/restore_options.ts";
import type { TextOptions } from "./text.ts";
import { wrapText } from "./wrap.ts";

const MOST_PATH_CHARACTERS = 4096;

/** How many files are named. */
const MOST_FILES = 100;

const CHANGES: Readonly<Record<MetadataChange["change"], string>> = {
  missing: "missing, comes back",
  differs: "differs, is replaced",
  "no-directory": "gone with all its records, comes back without them",
};

/**
 * Says what a restore is going to do.
 *
 * @param plan The plan.
 * @param now The time, for the age of the backup.
 * @param options How text is laid out.
 * @returns The lines.
 */
export function renderRestorePlan(
  plan: RestorePlan,
  now: Date,
  { paint, width }: TextOptions,
): string[] {
  const { backup, store, target, sizeBytes, collections, metadata } = plan;
  const { manifest } = backup;
  const age = formatDuration(Math.max(0, now.getTime() - Date.parse(manifest.createdAt)));
  const state = manifest.good ? "good" : "not good";
  const lines = [
    paint("heading", `Restoring ${showPath(target)}`),
    `  from the backup ${backup.id} (${state}), ${age} old`,
    `  in ${showPath(backup.directory)}`,
    `  ${formatBytes(sizeBytes)} in ${
      formatCount(metadata?.length ?? manifest.files.length, "file")
    }`,
  ];
  if (manifest.store !== store) lines.push(`  It was made of ${showPath(manifest.store)}`);
  if (collections.length > 0) lines.push("", ...collections.map(renderChange));
  if (metadata !== null) lines.push("", ...renderMetadata(metadata));
  return [...lines, "", ...wrapText(describeEffect(plan), width, "  ")];
}

function describeEffect({ replaces, metadata }: RestorePlan): string {
  if (metadata?.length === 0) return "The store has all of its metadata: there is nothing to do.";
  if (metadata !== null) {
    return "Nothing else is touched. A file that differs goes to quarantine; nothing is removed.";
  }
  return replaces
    ? "What stands there goes to quarantine; nothing is removed."
    : "Nothing stands there.";
}

function renderMetadata(metadata: readonly MetadataChange[]): string[] {
  const shown = metadata.slice(0, MOST_FILES).map(({ path, collection, change }) => {
    const name = collection === null ? "" : ` of "${printable(collection)}"`;
    return `  ${showPath(path)}${name}: ${CHANGES[change]}`;
  });
  const more = metadata.length - MOST_FILES;
  return more > 0
    ? [...shown, `  … and ${formatCount(more, "more", "more")}; --json lists all`]
    : shown;
}

function renderChange({ name, recordsNow, recordsThen, isSame }: CollectionChange): string {
  const now = recordsNow === null ? null : formatCount(recordsNow, "record");
  const then = recordsThen === null ? null : formatCount(recordsThen, "record");
  const what = then === null
    ? `${now} now, not in the backup`
    : isSame === true
    ? `${then}, the same as now`
    : now !== null
    ? `${then}; now ${now}${recordsNow === recordsThen ? " with other contents" : ""}`
    : isSame === null
    ? then
    : `${then}; not in the store now`;
  return `  Collection "${printable(name)}": ${what}`;
}

/**
 * Says what a restore has done.
 *
 * @param restored What it has done.
 * @param options How text is laid out.
 * @returns The lines, the verdict first.
 */
export function renderRestored(
  { plan, quarantined }: RestoredStore,
  { paint, width }: TextOptions,
): string[] {
  const target = showPath(plan.target);
  const what = plan.metadata === null ? target : `the metadata of ${target}`;
  const verdict = `${paint("good", "RESTORED")}  ${what} from ${plan.backup.id}`;
  if (quarantined === null) return [verdict];
  return [
    verdict,
    ...(plan.metadata === null
      ? [
        `  What stood there is in quarantine as ${quarantined}. To bring it back:`,
        `    vecfsck quarantine restore ${target} ${quarantined}`,
      ]
      : ["  To take it back:", `    vecfsck undo ${target} ${quarantined}`]),
    ...wrapText(
      plan.metadata === null
        ? "A process that had the store open still has the old one: start it again."
        : "An engine reads it when it opens the store: start it again.",
      width,
      "  ",
    ),
  ];
}

function showPath(path: string): string {
  return printable(path, MOST_PATH_CHARACTERS);
}
