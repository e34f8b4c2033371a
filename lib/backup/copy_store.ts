/**
 * Copying a store for what may write to the copy: as a backup copies it, at one instant, also while
 * an engine writes to it.
 *
 * @module
 */

import { pauseUnlessAborted } from "../base/pause.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import { toWriteError } from "../fs/write_errors.ts";
import type { DetectedStore, LeftOut } from "../model/store.ts";
import { holdDatabase } from "../sqlite/online_backup.ts";
import { takeSnapshot } from "./snapshot.ts";

const PRIVATE_MODE = 0o700;

/** How long a store that is written to is tried again. */
const PATIENCE_MS = 60_000;

/** How it is copied. */
export interface StoreCopyOptions {
  /** The directory in which the copy is made. */
  readonly directory: string;
  /** The file system. */
  readonly fs: WriteFs;
  /** Ends the work. */
  readonly signal: AbortSignal | undefined;
  /** The time of day. */
  readonly now: () => Date;
}

/**
 * Copies a store.
 *
 * @param store The store.
 * @param copy The directory of the copy, which is made.
 * @param options Where that is.
 * @returns What was not copied, and why.
 * @throws {OperationError} It cannot be read or written, or is written to all the time.
 */
export async function copyStore(
  store: DetectedStore,
  copy: string,
  { directory, fs, signal, now }: StoreCopyOptions,
): Promise<readonly LeftOut[]> {
  try {
    fs.makeDirectory(copy, PRIVATE_MODE);
  } catch (error) {
    throw toWriteError(error, copy);
  }
  const { leftOut } = await takeSnapshot(store, copy, {
    fs,
    scope: "all",
    previous: null,
    directory,
    holdFirst: false,
    patienceMs: PATIENCE_MS,
    signal,
    now,
    pause: pauseUnlessAborted,
    holdDatabase,
  });
  return leftOut;
}
