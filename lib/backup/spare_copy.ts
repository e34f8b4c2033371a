/**
 * Looking whether a backup of the metadata has to be made at all. It is asked for every minute, and
 * mostly nothing has changed; or something is lost, and the backups that have it must not be pushed
 * out by those that do not.
 *
 * @module
 */

import type { WriteFs } from "../fs/write_fs.ts";
import type { DetectedStore } from "../model/store.ts";
import type { ListedBackup } from "./catalogue.ts";
import { findLost, isUnchanged, planCopy } from "./scope.ts";
import { writeVerification } from "./verification.ts";
import { verifyFiles } from "./verify.ts";

/** An engine that removes a collection removes a file at least so often. */
const REMOVAL_PAUSE_MS = 250;

/** What is looked at, and how. */
export interface SpareOptions {
  /** The file system. */
  readonly fs: WriteFs;
  /** The store. */
  readonly store: DetectedStore;
  /** The newest backup of the metadata that can be trusted, or null. */
  readonly previous: ListedBackup | null;
  /** How long a collection that is being removed is waited for, in milliseconds. */
  readonly patienceMs: number;
  /** Ends the work when it is aborted. */
  readonly signal: AbortSignal | undefined;
  /** The time of day. */
  readonly now: () => Date;
  /** Waits. */
  readonly pause: (durationMs: number) => Promise<void>;
}

/** What was seen. */
export interface SparedCopy {
  /** The backup before, where it is whole and holds what the store has; else null. */
  readonly confirmed: ListedBackup | null;
  /** Whether the backup before turned out to be damaged, and was marked. */
  readonly isRotten: boolean;
  /** Files that it has and the store has lost, relative to the store. */
  readonly lost: readonly string[];
  /** Whether the store has no metadata at all. */
  readonly isEmpty: boolean;
}

/**
 * Holds the backup before against the store.
 *
 * @param options The store, and its newest backup of the metadata.
 * @returns What was seen.
 * @throws {OperationError} Something cannot be looked at.
 */
export async function spareCopy(options: SpareOptions): Promise<SparedCopy> {
  const { fs, store, previous } = options;
  let isRotten = false;
  if (previous !== null && isUnchanged(fs, store, previous)) {
    const confirmed = await confirm(previous, options);
    if (confirmed !== null) return { confirmed, isRotten, lost: [], isEmpty: false };
    isRotten = true;
  }
  const lost = await findLostForGood(options);
  const isEmpty = planCopy(store, "metadata").files.length === 0;
  return { confirmed: null, isRotten, lost, isEmpty };
}

/** Reads a backup again, and keeps that it holds what the store has; null where it is not whole. */
async function confirm(
  previous: ListedBackup,
  { fs, signal, now }: SpareOptions,
): Promise<ListedBackup | null> {
  const { problems } = await verifyFiles(previous.directory, { fs, signal });
  const at = now().toISOString();
  const good = problems.length === 0;
  const verification = writeVerification(fs, previous.directory, {
    at,
    level: "digests",
    good,
    problems,
    ...(good ? { confirmedAt: at } : {}),
  });
  return good ? { ...previous, verification } : null;
}

/** Finds what is lost, and not just being removed with the rest of a collection. */
async function findLostForGood(options: SpareOptions): Promise<readonly string[]> {
  const { fs, store, previous, patienceMs, signal, pause } = options;
  let before = findLost(fs, store, previous);
  for (let waitedMs = 0; before.paths.length > 0 && waitedMs < patienceMs;) {
    await pause(REMOVAL_PAUSE_MS);
    waitedMs += REMOVAL_PAUSE_MS;
    signal?.throwIfAborted();
    const now = findLost(fs, store, previous);
    if (now.entries === before.entries) break;
    before = now;
  }
  return before.paths;
}
