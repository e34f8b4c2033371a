/**
 * What was done about a store, as far as it was noted down: checks, seals, backups, what was moved
 * aside, and what a watch has done.
 *
 * @module
 */

import { isTrusted, type ListedBackup } from "../backup/catalogue.ts";
import { OperationError } from "../base/errors.ts";
import { formatBytes, formatCount } from "../base/format.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import { readQuarantine } from "../quarantine/list_quarantine.ts";
import { readOwnSeal } from "../seal/seal_file.ts";
import { readBackups } from "../status/read_safety.ts";
import type { FullCheckStatus, SystemStatus, WatchActionStatus } from "../status/system_status.ts";
import { type HistoryEntry, MOST_HISTORY } from "./report_model.ts";

/** Where the history of a store is. */
export interface HistoryPlaces {
  /** The file system. */
  readonly fs: WriteFs;
  /** The directory of backups; the one beside the store when undefined. */
  readonly backups: string | undefined;
  /** The time. */
  readonly now: Date;
  /** Ends the work. */
  readonly signal: AbortSignal | undefined;
}

/**
 * Lists what was done about a store.
 *
 * @param store The store's directory.
 * @param status Its state; null where that could not be read.
 * @param places Where to look.
 * @returns What was done, the newest first, and no more than a page can show.
 * @throws {unknown} The reason of the signal.
 */
export async function listHistory(
  store: string,
  status: SystemStatus | null,
  { fs, backups, now, signal }: HistoryPlaces,
): Promise<HistoryEntry[]> {
  const check = status?.lastFullCheck ?? null;
  const entries = [
    ...(check === null || check.source === "backup" ? [] : [describeCheck(check)]),
    ...await unlessUnreadable(() => describeSeal(fs, store)),
    ...await unlessUnreadable(async () => {
      const reading = await readBackups(store, { fs, directory: backups, now, signal });
      return (reading?.backups ?? []).flatMap(describeBackup);
    }),
    ...await unlessUnreadable(() => describeQuarantine(fs, store)),
    ...describeWatch(status),
  ];
  return entries.filter(({ at }) => Number.isFinite(Date.parse(at)))
    .sort((one, other) => Date.parse(other.at) - Date.parse(one.at)).slice(0, MOST_HISTORY);
}

/** What lies beside a store tells nothing about the store where it cannot be read. */
async function unlessUnreadable(
  read: () => Promise<HistoryEntry[]> | HistoryEntry[],
): Promise<HistoryEntry[]> {
  try {
    return await read();
  } catch (error) {
    const isKnown = (error instanceof OperationError && error.code !== "cancelled") ||
      error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable;
    if (isKnown) return [];
    throw error;
  }
}

function describeCheck({ at, source, isSound, isCurrent }: FullCheckStatus): HistoryEntry {
  const when = source === "status" ? "Checked in full for this report" : "Checked in full";
  const since = source === "status" || isCurrent === null
    ? ""
    : isCurrent
    ? "; no file has changed since"
    : "; files have changed since";
  const found = isSound ? "no damage" : "damage was found";
  return { at, kind: "check", text: `${when}: ${found}${since}`, isGood: isSound };
}

function describeSeal(fs: WriteFs, store: string): HistoryEntry[] {
  const { seal } = readOwnSeal(fs, store);
  const files = formatCount(seal.files.length, "file");
  const text = `Sealed with checksums of ${files}${seal.isSound ? "" : ", though damaged"}`;
  return [{ at: seal.createdAt, kind: "seal", text, isGood: seal.isSound }];
}

function describeBackup(backup: ListedBackup): HistoryEntry[] {
  const { id, manifest, verification } = backup;
  const bytes = manifest.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const state = manifest.good ? "good" : "of a damaged store";
  const made: HistoryEntry = {
    at: manifest.createdAt,
    kind: "backup",
    text: `Backup ${id}, ${formatBytes(bytes)}, ${state}` +
      (verification === null ? ", not verified since" : ""),
    isGood: isTrusted(backup),
  };
  if (verification === null) return [made];
  const { at, level, good } = verification;
  const found = good ? "whole" : "NOT WHOLE";
  const text = `Backup ${id} verified (${level}): ${found}`;
  return [made, { at, kind: "backup", text, isGood: good }];
}

const KINDS = {
  index: "index moved aside",
  store: "store that was replaced",
  repair: "files that a repair has replaced",
} as const;

function describeQuarantine(fs: WriteFs, store: string): HistoryEntry[] {
  return readQuarantine(store, { fs }).entries.map(({ entry, holding }) => {
    const { kind, reason, createdAt, items } = entry.manifest;
    const bytes = items.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const rest = holding === "everything" ? "" : ", no longer all there";
    const text = `In quarantine ${entry.id}: ${KINDS[kind]}, ${
      formatBytes(bytes)
    }${rest}: ${reason}`;
    return { at: createdAt, kind: "quarantine", text, isGood: null };
  });
}

function describeWatch(status: SystemStatus | null): HistoryEntry[] {
  const watch = status?.watch ?? null;
  if (watch === null) return [];
  const state = `The watch began to see the store as ${watch.state}`;
  return [
    { at: watch.since, kind: "watch", text: "A watch began its work", isGood: null },
    { at: watch.stateSince, kind: "watch", text: state, isGood: watch.state === "sound" },
    ...watch.actions.map(describeAction),
  ];
}

function describeAction(
  { action, at, outcome, message, failures }: WatchActionStatus,
): HistoryEntry {
  const why = message === null ? "" : `: ${message}`;
  const times = failures > 1 ? `, ${failures} times in a row` : "";
  const text = `${action} by the watch: ${outcome ?? "under way"}${times}${why}`;
  const isGood = outcome === null ? null : outcome === "done";
  return { at, kind: "watch", text: text.charAt(0).toUpperCase() + text.slice(1), isGood };
}
