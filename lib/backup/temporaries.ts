/**
 * Directories that are there for a while only: a backup that is being written, and one that is
 * staged for a stream. Each is locked while its run is alive, so that another run which writes to
 * the same place knows what was left by one that was killed.
 *
 * @module
 */

import { join } from "@std/path";
import { Turns } from "../base/turns.ts";
import { isTemporaryName, temporaryPathBeside } from "../fs/names.ts";
import { removeTreeInSteps } from "../fs/tree.ts";
import { ensureDirectory } from "../fs/work_directory.ts";
import type { HeldLock, WriteFs } from "../fs/write_fs.ts";
import { errorCodeOf, toWriteError } from "../fs/write_errors.ts";

/**
 * Runs an action with a new directory that lies beside another for as long as the action runs.
 *
 * @param fs The file system.
 * @param path The entry beside which it lies.
 * @param action What is done with it. It may rename the directory.
 * @returns What the action returns.
 * @throws {OperationError} The directory cannot be made; and what the action throws.
 */
export async function withTemporaryDirectory<Result>(
  fs: WriteFs,
  path: string,
  action: (directory: string) => Promise<Result>,
): Promise<Result> {
  const directory = temporaryPathBeside(fs, path, "new");
  let lock: HeldLock | null = null;
  try {
    ensureDirectory(fs, directory);
    lock = tryLock(fs, directory);
    return await action(directory);
  } catch (error) {
    throw explainSystemError(error, directory);
  } finally {
    await removeQuietly(fs, directory);
    lock?.release();
  }
}

/**
 * Removes the temporary entries of a directory whose runs were killed.
 *
 * @param fs The file system.
 * @param directory The directory; nothing is done where there is none.
 * @param options How the names begin, all by default; and whether no other run can be at work here,
 * which counts where the file system has no locks.
 */
export async function clearTemporaries(
  fs: WriteFs,
  directory: string,
  options: { prefix?: string; isOwn: boolean },
): Promise<void> {
  const { prefix = "", isOwn } = options;
  if (fs.look(directory)?.kind !== "directory") return;
  for (const name of fs.list(directory)) {
    if (!isTemporaryName(name) || !name.startsWith(prefix)) continue;
    const path = join(directory, name);
    const lock = name.endsWith(".removed") ? null : lockIfStale(fs, path, isOwn);
    if (lock === "in-use") continue;
    await removeQuietly(fs, path);
    lock?.release();
  }
}

/** Locks what nobody works on; null where there are no locks and nobody else can be at work. */
function lockIfStale(fs: WriteFs, path: string, isOwn: boolean): HeldLock | null | "in-use" {
  try {
    return fs.tryLock(path) ?? "in-use";
  } catch {
    return isOwn ? null : "in-use";
  }
}

function tryLock(fs: WriteFs, path: string): HeldLock | null {
  try {
    return fs.tryLock(path);
  } catch {
    // Some file systems have no locks; the next run then leaves alone what it cannot tell.
    return null;
  }
}

/** Goes on to the end also where a signal has ended the rest: nothing is to be left. */
async function removeQuietly(fs: WriteFs, path: string): Promise<void> {
  try {
    await new Turns(undefined).run(removeTreeInSteps(fs, path));
  } catch {
    // Its name says what it is, and the next run removes it.
  }
}

/**
 * Makes what the system has thrown fit to be told, and leaves everything else as it is.
 *
 * @param error What was thrown.
 * @param path What was written.
 * @returns The error to throw.
 */
export function explainSystemError(error: unknown, path: string): unknown {
  return errorCodeOf(error) === "" ? error : toWriteError(error, path);
}

/**
 * Makes what has ended some work fit to be told. Where that was its signal, the reason of the signal
 * says what came; whatever was thrown only says that something did.
 *
 * @param error What was thrown.
 * @param path What was written.
 * @param signal The signal of the work.
 * @returns The error to throw.
 */
export function explainEnd(error: unknown, path: string, signal: AbortSignal | undefined): unknown {
  return signal?.aborted ? signal.reason : explainSystemError(error, path);
}
