/**
 * Guarding a write: the store is copied and checked before it, checked after it, and put back as it
 * was when the write fails, takes too long or leaves damage (decision 11).
 *
 * @module
 */

import { explainSystemError } from "../../backup/temporaries.ts";
import { pauseUnlessAborted } from "../../base/pause.ts";
import { withOwnStore } from "../../engine/own_store.ts";
import { localFs } from "../../fs/platform.ts";
import { requireDuration } from "./run_action.ts";
import { DEFAULT_GRACE_MS } from "./roll_back.ts";
import { type TransactionEnd, TransactionRun } from "./transaction_run.ts";
import type {
  GuardedWrite,
  TransactionAction,
  TransactionOptions,
  TransactionSettings,
} from "./transaction_options.ts";

/** How long an action may take. */
const DEFAULT_TIMEOUT_MS = 30_000;

/**
 * Runs an action that writes to a store, and keeps what it has written only when the action succeeds
 * in time and the check after it finds no new damage. Else the store is what it was before: its files
 * are put back where no process has it open, its records where a server serves it.
 *
 * While it runs no other vecfsck writes to the store. Nobody else should: what others write meanwhile
 * is taken back as well.
 *
 * @example Writing with an engine in a process of its own, which ends with the signal
 * ```ts
 * import { detectStore, withTransactionGuard } from "@vecfsck/vecfsck";
 *
 * async function importRecords(store: string): Promise<void> {
 *   const { after } = await withTransactionGuard(store, async ({ signal }) => {
 *     const { success } = await new Deno.Command("python3", { args: ["import.py"], signal }).output();
 *     if (!success) throw new Error("the import has failed");
 *   }, { rollback: "files", timeoutMs: 60_000 });
 *   console.log(after.verdict);
 * }
 * if (detectStore(".") !== null) await importRecords(".");
 * ```
 *
 * @param path The store's directory.
 * @param action What writes. It ends as soon as it can when its signal is aborted.
 * @param settings How much time it has, and how what it has written is taken back.
 * @returns What the action has returned, and what the checks have found.
 * @throws {TransactionError} The write was not accepted; it says why, what the store is now, and by
 * which way it was put back.
 * @throws {OperationError} The action was not begun: the store is damaged, in use or cannot be
 * copied, an earlier write was interrupted, or it cannot be told how to take this one back. Or the
 * reason of the caller's signal, where that was aborted before the action.
 */
export async function withTransactionGuard<Result>(
  path: string,
  action: TransactionAction<Result>,
  settings: TransactionSettings = {},
): Promise<GuardedWrite<Result>> {
  return await guardTransaction(path, action, settings);
}

/**
 * Guards a write as {@linkcode withTransactionGuard} does, with what is chosen within this program.
 *
 * @param path The store's directory.
 * @param action What writes.
 * @param options How it is guarded.
 * @returns As there.
 * @throws {OperationError} As there.
 */
export async function guardTransaction<Result>(
  path: string,
  action: TransactionAction<Result>,
  options: TransactionOptions,
): Promise<GuardedWrite<Result>> {
  const { fs = localFs, pause = pauseUnlessAborted, onRecovered } = options;
  const { timeoutMs = DEFAULT_TIMEOUT_MS, graceMs = DEFAULT_GRACE_MS } = options;
  requireDuration("timeoutMs", timeoutMs);
  requireDuration("graceMs", graceMs);
  const own = { fs, ...(onRecovered === undefined ? {} : { onRecovered }) };
  const early = Promise.withResolvers<TransactionEnd<Result>>();
  const held = withOwnStore(path, own, async ({ lock }) => {
    const settled = { ...options, fs, pause, timeoutMs, graceMs };
    const end = await new TransactionRun<Result>(path, lock, settled).run(action);
    if (end.running !== null) {
      early.resolve(end);
      // Nobody may restore the store as long as the action can write to it.
      await end.running;
    }
    return end;
  }).catch((error) => {
    throw explainSystemError(error, path);
  });
  const { error, write } = await Promise.race([held, early.promise]);
  if (error !== null) throw error;
  return write;
}
