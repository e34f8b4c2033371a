/**
 * Ending a guarded write that was interrupted: the process was killed, or the action would not end.
 *
 * @module
 */

import { dirname } from "@std/path";
import { readBackup } from "../../backup/catalogue.ts";
import { explainSystemError } from "../../backup/temporaries.ts";
import { OperationError } from "../../base/errors.ts";
import { withOwnStore } from "../../engine/own_store.ts";
import {
  readTransactionRecord,
  removeTransactionRecord,
  type TransactionRecord,
} from "../../engine/transaction_record.ts";
import { localFs } from "../../fs/platform.ts";
import { BACKUPS_SUFFIX, workPlacesOf } from "../../fs/work_directory.ts";
import type { WriteFs } from "../../fs/write_fs.ts";
import { NOTHING_DONE, rollBack } from "./roll_back.ts";
import { requireClient, requireWay } from "./rollback_way.ts";
import type {
  RecoveredTransaction,
  RecoverTransactionOptions,
  RecoverTransactionSettings,
} from "./transaction_options.ts";

/**
 * Ends a guarded write that was interrupted, if there is one: takes it back, or keeps what is there.
 * A program that writes calls this when it begins. It does not do so unasked, for others may have
 * written to the store since.
 *
 * @example
 * ```ts
 * import { detectStore, recoverTransaction } from "@vecfsck/vecfsck";
 *
 * async function begin(store: string): Promise<void> {
 *   const recovered = await recoverTransaction(store, { rollback: "files" });
 *   if (recovered !== null) console.log(recovered.startedAt, recovered.state);
 * }
 * if (detectStore(".") !== null) await begin(".");
 * ```
 *
 * @param path The store's directory.
 * @param settings How it is taken back, or whether it is kept.
 * @returns What was done; null where none was interrupted.
 * @throws {OperationError} The write is still under way, its backup is gone or another store's, or
 * it cannot be told how to take it back.
 */
export async function recoverTransaction(
  path: string,
  settings: RecoverTransactionSettings = {},
): Promise<RecoveredTransaction | null> {
  return await recoverInterrupted(path, settings);
}

/**
 * Ends a guarded write as {@linkcode recoverTransaction} does, with what is chosen within this
 * program.
 *
 * @param path The store's directory.
 * @param options How.
 * @returns As there.
 * @throws {OperationError} As there.
 */
export async function recoverInterrupted(
  path: string,
  options: RecoverTransactionOptions,
): Promise<RecoveredTransaction | null> {
  const { fs = localFs, keep = false, rollback: way = "auto", onRecovered } = options;
  const own = { fs, ...(onRecovered === undefined ? {} : { onRecovered }) };
  return await withOwnStore(path, own, async ({ lock }): Promise<RecoveredTransaction | null> => {
    const record = readTransactionRecord(fs, path);
    if (record === null) return null;
    const { startedAt } = record;
    if (keep) {
      removeTransactionRecord(fs, path);
      return { ...NOTHING_DONE, startedAt, state: "written", backup: record.backup };
    }
    const store = dirname(workPlacesOf(fs, path).inside);
    const backup = requireBackup(fs, store, record);
    requireWay(store, way, options);
    await requireClient(way, backup.manifest);
    options.signal?.throwIfAborted();
    const reason = `a guarded write that began at ${startedAt} was interrupted`;
    const outcome = await rollBack({
      store,
      lock,
      backup,
      reason,
      way,
      options: { ...options, fs },
    });
    return { startedAt, ...outcome };
  }).catch((error) => {
    throw explainSystemError(error, path);
  });
}

function requireBackup(
  fs: WriteFs,
  store: string,
  { path, backup }: TransactionRecord,
): ReturnType<typeof readBackup> {
  const hint = "Nothing was changed. `vecfsck restore` puts back what another backup holds; " +
    "keep: true keeps what is there.";
  if (backup === null) {
    throw new OperationError("read-failed", `The record of a guarded write is damaged: ${path}`, {
      path,
      hint,
    });
  }
  if (fs.look(backup)?.kind !== "directory") {
    throw new OperationError("not-found", `The backup of a guarded write is gone: ${backup}`, {
      path: backup,
      hint,
    });
  }
  const listed = readBackup(backup, { fs });
  // A record can have come with a store that somebody else has made. What lies beside the store is
  // of this store, under whatever path it is mounted now.
  const isOwn = listed.manifest.store === store || dirname(backup) === store + BACKUPS_SUFFIX;
  if (isOwn && listed.manifest.scope === "all") return listed;
  throw new OperationError("read-failed", `The backup ${backup} is not of all of this store`, {
    path: backup,
    hint,
  });
}
