/**
 * Having a store to oneself: against a second vecfsck, and against the engines.
 *
 * @module
 */

import { acquireStoreLock, type StoreLock } from "../fs/lock.ts";
import { localFs } from "../fs/platform.ts";
import { listInterruptedChanges, type RecoveredChange, recoverSwaps } from "../fs/recover.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import type { DetectedStore } from "../model/store.ts";
import { withExclusiveDatabase } from "../sqlite/exclusive.ts";
import { detectStore, formatByName, refuseFile } from "../stores/registry.ts";

/** How a store is taken. */
export interface OwnStoreOptions {
  /** The file system; this machine's by default. */
  fs?: WriteFs;
  /** Is told of every change that a crash had interrupted, and what became of it. */
  onRecovered?: (change: RecoveredChange) => void;
}

/** What the action of {@linkcode withOwnStore} is given. */
export interface OwnStore {
  /** The lock, which a swap of the whole store has to cover. */
  readonly lock: StoreLock;
}

/**
 * Runs an action while no other vecfsck can write to a store, after what a crash has left was
 * brought in order. Every verb that writes begins with this.
 *
 * @param path The store's directory; it may be missing, for the crash may have been in a swap.
 * @param options Who is told of what was brought in order.
 * @param action What is done with the lock.
 * @returns What the action returns.
 * @throws {OperationError} `busy`: another vecfsck is at work on the store, or there is something
 * to bring in order and an engine is. `not-a-directory`, `unsupported`: the path is a file. And
 * whatever the action throws.
 */
export async function withOwnStore<Result>(
  path: string,
  { fs = localFs, onRecovered }: OwnStoreOptions,
  action: (own: OwnStore) => Promise<Result> | Result,
): Promise<Result> {
  refuseFile(path);
  using lock = acquireStoreLock(path, { fs });
  for (const change of recover(path, fs, lock)) onRecovered?.(change);
  return await action({ lock });
}

function recover(path: string, fs: WriteFs, lock: StoreLock): RecoveredChange[] {
  const store = listInterruptedChanges(path, { fs }).length === 0 ? null : detectOrNull(path);
  return store === null
    ? recoverSwaps(path, { fs, lock })
    : keepEnginesOut(store, { fs }, () => recoverSwaps(path, { fs, lock }));
}

/** Between the two renames of a swap there is no store, and what cannot be read has no engine. */
function detectOrNull(path: string): DetectedStore | null {
  try {
    return detectStore(path);
  } catch {
    return null;
  }
}

/**
 * Runs an action while no engine can read or write a store.
 *
 * @param store The store.
 * @param options The file system.
 * @param action What is done meanwhile, without a pause for anything asynchronous; it does not open
 * the store's database.
 * @returns What the action returns.
 * @throws {OperationError} `busy`: an engine uses the store; the error says what to stop. And
 * whatever the action throws.
 */
export function keepEnginesOut<Result>(
  store: DetectedStore,
  { fs = localFs }: { fs?: WriteFs },
  action: () => Result,
): Result {
  const database = formatByName(store.format).lockedDatabase(store);
  return database === null ? action() : withExclusiveDatabase(database, action, { fs });
}
