/**
 * Removing entries of the quarantine that are old enough. The only copy of a vector is not removed
 * unless that is asked for by name.
 *
 * | what the entry is                              | what becomes of it                           |
 * | ---------------------------------------------- | -------------------------------------------- |
 * | it holds nothing                               | it is removed, however old it is             |
 * | it is younger than was asked for               | it is not due                                |
 * | its data is at a place that is not there       | it is kept                                   |
 * | it holds files that its manifest does not name | it is kept                                   |
 * | it was the index of no collection              | it is removed                                |
 * | the store has a vector for every record again  | it is removed                                |
 * | a whole store: the one now holds the same      | it is removed                                |
 * | a repair has replaced it and lost nothing, and |                                              |
 * | the store has a vector for every record still  | it is removed                                |
 * | else                                           | it is kept                                   |
 *
 * @module
 */

import { join } from "@std/path";
import { OperationError } from "../base/errors.ts";
import { withOwnStore } from "../engine/own_store.ts";
import { digestTree } from "../fs/copy.ts";
import { localFs } from "../fs/platform.ts";
import type { RecoveredChange } from "../fs/recover.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import {
  findEntry,
  holdingOf,
  isHollow,
  listEntries,
  locateItem,
  type QuarantineEntry,
} from "./entries.ts";
import { judge, type Judgement, keep, LazyContents } from "./only_copies.ts";
import { removeEntry, tidyQuarantine } from "./remove_entry.ts";

/** What becomes of an entry. */
export interface PurgeDecision extends Judgement {
  /** The entry. */
  readonly entry: QuarantineEntry;
}

/** What is removed and what is not. */
export interface PurgePlan {
  /** The store, as it was named. */
  readonly store: string;
  /** The entries, the oldest first. */
  readonly decisions: readonly PurgeDecision[];
}

/** How a purge is planned. */
export interface PurgeOptions {
  /** How old an entry has to be, in milliseconds. */
  olderThanMs: number;
  /** Whether the only copy of a vector may be removed. */
  removesOnlyCopies?: boolean;
  /** Ends the reading of what the store holds. */
  signal?: AbortSignal;
  /** The file system; this machine's by default. */
  fs?: WriteFs;
  /** The clock. */
  now?: () => Date;
}

/**
 * Plans which entries are removed; nothing is written.
 *
 * @param store The store's directory; it may be missing.
 * @param options How old they have to be.
 * @returns The plan.
 * @throws {OperationError} The quarantine cannot be read.
 */
export async function planPurge(store: string, options: PurgeOptions): Promise<PurgePlan> {
  const { fs = localFs, now = () => new Date() } = options;
  const live = new LazyContents(store, options.signal);
  const decisions: PurgeDecision[] = [];
  for (const entry of listEntries(store, { fs }).entries) {
    const ageMs = now().getTime() - Date.parse(entry.manifest.createdAt);
    decisions.push({ entry, ...await decide(store, entry, ageMs, { ...options, fs, live }) });
  }
  return { store, decisions };
}

async function decide(
  store: string,
  entry: QuarantineEntry,
  ageMs: number,
  { olderThanMs, removesOnlyCopies, fs, live }: PurgeOptions & { fs: WriteFs; live: LazyContents },
): Promise<Judgement> {
  const holding = holdingOf(fs, entry);
  const isEmpty = holding === "nothing"
    ? isHollow(fs, entry)
    : holding === "unreachable" && isAllInStore(fs, store, entry);
  if (isEmpty) return { decision: "remove", reason: "it holds nothing", isEmpty };
  if (ageMs < olderThanMs) return { decision: "not-due", reason: "it is not old enough" };
  if (removesOnlyCopies) {
    return { decision: "remove", reason: "it was asked for whatever it holds" };
  }
  if (holding === "unreachable") {
    return keep(`its data is in ${entry.manifest.location}, which is not there now`);
  }
  if (holding === "nothing") return keep("it holds files that its manifest does not name");
  return await judge(fs, entry, live);
}

/** Whether what an entry names never moved: the store has it, byte for byte. */
function isAllInStore(fs: WriteFs, store: string, { manifest }: QuarantineEntry): boolean {
  return manifest.kind === "index" && manifest.items.every(({ from, sha256 }) => {
    const path = join(store, from);
    return sha256 !== null && fs.look(path) !== null && digestTree(fs, path) === sha256;
  });
}

/** What a purge has done. */
export interface PurgeOutcome {
  /** The names of the entries that were removed. */
  readonly removed: readonly string[];
}

/**
 * Removes the entries as planned.
 *
 * @param plan The plan.
 * @param options Who is told of what was brought in order.
 * @returns What was removed.
 * @throws {OperationError} Another vecfsck is at work on the store, an entry has changed since, or
 * one cannot be removed.
 */
export async function executePurge(
  { store, decisions }: PurgePlan,
  { fs = localFs, onRecovered }: {
    fs?: WriteFs;
    onRecovered?: (change: RecoveredChange) => void;
  } = {},
): Promise<PurgeOutcome> {
  const own = { fs, ...(onRecovered === undefined ? {} : { onRecovered }) };
  return await withOwnStore(store, own, () => {
    tidyQuarantine(fs, store);
    const removed: string[] = [];
    for (const { entry, decision } of decisions) {
      if (decision !== "remove") continue;
      const now = findEntry(store, entry.id, { fs });
      if (describe(fs, now) !== describe(fs, entry)) throw createChangedError(entry);
      removeEntry(fs, now);
      removed.push(entry.id);
    }
    return { removed };
  });
}

/** What an entry is: the plan is bound to it. */
function describe(fs: WriteFs, entry: QuarantineEntry): string {
  const held = entry.manifest.items.map((item) => locateItem(fs, entry, item));
  return JSON.stringify([entry.directory, entry.manifest, held]);
}

function createChangedError({ id, directory }: QuarantineEntry): OperationError {
  return new OperationError("busy", `${id} has changed since this was planned`, {
    path: directory,
    hint: "Try again; it was not removed.",
  });
}
