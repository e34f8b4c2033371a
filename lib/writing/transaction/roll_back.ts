/**
 * Taking back what an action has written: by the files of the store where nobody has it open, else by
 * its records through the server that serves it. The caller holds the store's lock and knows that the
 * action has ended.
 *
 * @module
 */

import type { ListedBackup } from "../../backup/catalogue.ts";
import type { RestorePlan } from "../../backup/plan_restore.ts";
import { removeBackup } from "../../backup/prune.ts";
import { restoreOwned } from "../../backup/restore.ts";
import { OperationError, toOperationError } from "../../base/errors.ts";
import { pauseUnlessAborted } from "../../base/pause.ts";
import { removeTransactionRecord } from "../../engine/transaction_record.ts";
import type { StoreLock } from "../../fs/lock.ts";
import { listInterruptedChanges } from "../../fs/recover.ts";
import {
  BACKUPS_SUFFIX,
  INNER_WORK_DIRECTORY_NAME,
  removeIfEmpty,
} from "../../fs/work_directory.ts";
import type { WriteFs } from "../../fs/write_fs.ts";
import { toWriteError } from "../../fs/write_errors.ts";
import { Patience } from "../../guard/patience.ts";
import { isAsBefore } from "./as_before.ts";
import { requireWay } from "./rollback_way.ts";
import type { RollbackOutcome, RollbackWay, TransactionOptions } from "./transaction_options.ts";

/** What is taken back, and how. */
export interface RollbackRequest {
  /** The store's directory, without links. */
  readonly store: string;
  /** Its lock. */
  readonly lock: StoreLock;
  /** The backup that holds it as it was. */
  readonly backup: ListedBackup;
  /** Why it is replaced, for the entry of the quarantine. */
  readonly reason: string;
  /** By which way. */
  readonly way: RollbackWay;
  /** Throws where damage is left that a server does not mend; left out where that is not asked. */
  readonly requireSound?: () => Promise<void>;
  /** How. */
  readonly options:
    & Pick<TransactionOptions, "graceMs" | "now" | "onProgress" | "pause" | "listHolders">
    & { readonly fs: WriteFs };
}

/** How long processes of an action that has ended may take to end as well. */
export const DEFAULT_GRACE_MS = 5_000;

/** What an outcome says where nothing of it happened. */
export const NOTHING_DONE = {
  rolledBack: null,
  quarantined: null,
  rollbackFailure: null,
  unrestored: [],
  records: { removed: 0, changed: 0, added: 0 },
} as const satisfies Partial<RollbackOutcome>;

/**
 * Takes back what an action has written, and ends the guarded write where that has succeeded: its
 * record is removed, and its backup where it is not needed any more.
 *
 * @param request What is taken back.
 * @returns What was done; that something could not be taken back is no exception.
 */
export async function rollBack(request: RollbackRequest): Promise<RollbackOutcome> {
  const { store, backup, way, options: { fs } } = request;
  const { directory, manifest } = backup;
  try {
    if (isAsBefore(fs, store, manifest)) {
      return endTransaction(request, { ...NOTHING_DONE, state: "unchanged", backup: null });
    }
    if (typeof way === "object") {
      // A write that goes well waits for none of this code.
      const { rollBackRecords } = await import("./roll_back_records.ts");
      const outcome = await rollBackRecords(request, way.client);
      return outcome.state === "rolledBack" || outcome.state === "unchanged"
        ? endTransaction(request, outcome)
        : outcome;
    }
    const quarantined = await putFilesBack(request);
    return endTransaction(request, {
      ...NOTHING_DONE,
      state: "rolledBack",
      rolledBack: "files",
      quarantined,
      backup: null,
    });
  } catch (error) {
    const failed = { rollbackFailure: toOperationError(error, store), backup: directory };
    // A swap that could be neither done nor undone is brought in order by the next run.
    return isBetween(fs, store)
      ? { ...NOTHING_DONE, ...failed, state: "partly", rolledBack: "files" }
      : { ...NOTHING_DONE, ...failed, state: "written" };
  }
}

function isBetween(fs: WriteFs, store: string): boolean {
  try {
    return listInterruptedChanges(store, { fs }).length > 0;
  } catch {
    return true;
  }
}

/** Puts the files back once nobody has them open; what the action has left behind may be ending. */
async function putFilesBack(request: RollbackRequest): Promise<string | null> {
  const { store, lock, backup, reason, way, options } = request;
  const { fs, now, onProgress, graceMs = DEFAULT_GRACE_MS, pause = pauseUnlessAborted } = options;
  const patience = new Patience({
    waitMs: graceMs,
    signal: undefined,
    clockMs: () => performance.now(),
    pause,
  });
  return await patience.during(async () => {
    requireWay(store, way, options);
    const { quarantined } = await restoreOwned(planPuttingBack(fs, store, backup), lock, {
      fs,
      reason,
      force: true,
      ...(now === undefined ? {} : { now }),
      ...(onProgress === undefined ? {} : { onProgress }),
    });
    return quarantined;
  });
}

function planPuttingBack(fs: WriteFs, store: string, backup: ListedBackup): RestorePlan {
  const facts = fs.look(store);
  const replaces = facts !== null && (facts.kind !== "directory" ||
    fs.list(store).some((name) => name !== INNER_WORK_DIRECTORY_NAME));
  const sizeBytes = backup.manifest.files.reduce((sum, file) => sum + file.sizeBytes, 0);
  return { store, target: store, replaces, backup, sizeBytes, collections: [], metadata: null };
}

/**
 * Ends a guarded write that was taken back. What cannot be removed of it is found by the next run.
 *
 * @param request The guarded write.
 * @param outcome What was done; its backup stays where it names one.
 * @returns The same; where the record stays, its backup does, and the failure is named.
 */
function endTransaction(request: RollbackRequest, outcome: RollbackOutcome): RollbackOutcome {
  const { store, backup: { directory }, options: { fs } } = request;
  try {
    removeTransactionRecord(fs, store);
  } catch (error) {
    return { ...outcome, backup: directory, rollbackFailure: toWriteError(error, store) };
  }
  if (outcome.backup === null) discardBackup(fs, store, directory);
  return outcome;
}

/**
 * Ends a guarded write that is kept. From the removal of its record on what stands in the store
 * counts; whatever comes after that can only leave a backup more than is needed.
 *
 * @param request The guarded write.
 * @throws {OperationError} The record cannot be removed: the write does not count.
 */
export function acceptTransaction(
  { store, backup, options: { fs } }: Pick<RollbackRequest, "store" | "backup" | "options">,
): void {
  try {
    removeTransactionRecord(fs, store);
  } catch (error) {
    throw toWriteError(error, store);
  }
  discardBackup(fs, store, backup.directory);
}

/**
 * Ends a guarded write that was not begun. A record that stays needs its backup.
 *
 * @param request The guarded write.
 */
export function abandonTransaction(
  request: Pick<RollbackRequest, "store" | "backup" | "options">,
): void {
  try {
    acceptTransaction(request);
  } catch {
    // The next run finds that nothing was written.
  }
}

/**
 * Removes a backup that is not needed any more.
 *
 * @param fs The file system.
 * @param store The store's directory, without links.
 * @param backup The directory of the backup.
 */
export function discardBackup(fs: WriteFs, store: string, backup: string): void {
  try {
    removeBackup(fs, backup);
  } catch {
    // It is a backup like any other then, or has a name by which the next backup removes it.
  }
  tidyBackups(fs, store);
}

/** Removes the directory of backups beside a store where nothing is in it. */
export function tidyBackups(fs: WriteFs, store: string): void {
  removeIfEmpty(fs, store + BACKUPS_SUFFIX);
}

/**
 * Says that nothing may be taken back because the action is still running.
 *
 * @param graceMs How long it was waited for.
 */
export function createStillRunning(graceMs: number): OperationError {
  return new OperationError("busy", `The action has not ended ${graceMs} ms after it was told to`, {
    hint: "It may still be writing, so nothing was taken back. Let it end when its signal is " +
      "aborted; when it has ended, recoverTransaction() takes back what it has written.",
  });
}
