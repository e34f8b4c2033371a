/**
 * Copying a store as it is at one instant, also while an engine uses it.
 *
 * The plain files are copied first, each with its stamp before and after; then the database, as it
 * is at the instant at which SQLite begins the copy; then the stamps of the plain files are taken
 * again. When none has changed, all of them are what they were at that instant. Otherwise what has
 * changed is copied again, and the database too.
 *
 * An engine that never rests would keep that from ending. So from the third try on the database is
 * held before anything is copied: no engine can commit meanwhile, each finishes what it is writing
 * and waits. What is left to be copied then is what has changed since the try before.
 *
 * A file that was written within the last 100 ms is waited for: the stamp is not fine enough to tell
 * of one more write.
 *
 * @module
 */

import { OperationError } from "../base/errors.ts";
import type { DetectedStore } from "../model/store.ts";
import { SnapshotCopier } from "./snapshot_copier.ts";
import type { Snapshot, SnapshotOptions } from "./snapshot_options.ts";

/** From this try on the engines are held off while everything is copied. */
const FIRST_HELD_TRY = 3;

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;

/**
 * Copies a store into a directory.
 *
 * @param store The store.
 * @param target An empty directory.
 * @param options Which backup files are shared with, and how patient to be.
 * @returns What was copied.
 * @throws {OperationError} `busy`: the store was written to all the time. Or something cannot be
 * read or written.
 */
export async function takeSnapshot(
  store: DetectedStore,
  target: string,
  options: SnapshotOptions,
): Promise<Snapshot> {
  const { pause, patienceMs, signal } = options;
  const copier = new SnapshotCopier(store, target, options);
  await copier.requireSpace();
  const startedMs = performance.now();
  for (let tries = 1;; tries++) {
    signal?.throwIfAborted();
    const snapshot = await copier.tryOnce(tries, options.holdFirst || tries >= FIRST_HELD_TRY);
    if (snapshot !== null) return snapshot;
    if (tries > FIRST_HELD_TRY && performance.now() - startedMs > patienceMs) {
      throw createBusyError(store, copier.restless);
    }
    await pause(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** tries));
  }
}

function createBusyError(store: DetectedStore, restless: readonly string[]): OperationError {
  const which = restless.length === 0 ? "" : `: ${restless.slice(0, 3).join(", ")}`;
  return new OperationError("busy", `The store was written to without a pause${which}`, {
    path: store.path,
    hint: "Let the program that writes to it pause for a moment, or stop it, and try again. " +
      "Nothing was changed.",
  });
}
