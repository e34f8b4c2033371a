/**
 * Removing the backups that the rules do not keep: of those with all of a store, or of those with
 * its metadata alone, each by themselves.
 *
 * Before the first is removed, the backup that has to stay is read again, byte by byte: a manifest
 * alone is no backup. When it turns out to be damaged it is marked, and the next one takes its
 * place. A backup is renamed to a temporary name first, so that none is ever listed in part.
 *
 * @module
 */

import { dirname, join } from "@std/path";
import { runAtOnce, type Steps, Turns } from "../base/turns.ts";
import { withOwnStore } from "../engine/own_store.ts";
import { readTransactionRecord } from "../engine/transaction_record.ts";
import { temporaryPathBeside } from "../fs/names.ts";
import { localFs } from "../fs/platform.ts";
import type { RecoveredChange } from "../fs/recover.ts";
import { removeTreeInSteps } from "../fs/tree.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import { isTrusted, listBackupsInSteps, type ListedBackup, selectOwn } from "./catalogue.ts";
import type { BackupScope } from "./manifest.ts";
import type { BackupPlace } from "./place.ts";
import { planRetention, type RetentionPlan, type RetentionPolicy } from "./retention.ts";
import { explainSystemError } from "./temporaries.ts";
import { writeVerification } from "./verification.ts";
import { verifyFiles } from "./verify.ts";

/** How backups are removed. */
export interface PruneOptions {
  /** The file system; this machine's by default. */
  fs?: WriteFs;
  /** The time of day. */
  now?: () => Date;
  /** Ends the work when it is aborted. */
  signal?: AbortSignal;
  /** Is told of changes that a crash of vecfsck had interrupted. */
  onRecovered?: (change: RecoveredChange) => void;
}

/** How backups are chosen. */
export interface PlanOptions {
  /** The file system; this machine's by default. */
  fs?: WriteFs;
  /** Which backups this is about; those with all by default. */
  scope?: BackupScope;
  /** Whether really every one of them is to go, whatever the rules say. */
  removeAll?: boolean;
}

/** What is kept and what is to be removed. */
export interface PrunePlan {
  /** Where the backups are. */
  readonly place: BackupPlace;
  /** What the backups hold that this is about; the others are as they were. */
  readonly scope: BackupScope;
  /** The rules. */
  readonly policy: RetentionPolicy;
  /** What becomes of each backup, the newest first, and which one has to stay. */
  readonly retention: RetentionPlan;
  /** The names of those that are to be removed, the oldest first. */
  readonly removals: readonly string[];
}

/** What was done. */
export interface PruneOutcome {
  /** The names of those that were removed. */
  readonly removed: readonly string[];
  /** The names of those that turned out to be damaged when they were read. */
  readonly rejected: readonly string[];
}

/**
 * Decides which backups of a store are kept.
 *
 * @param place The store, and where its backups are.
 * @param policy The rules.
 * @param options Which backups this is about.
 * @returns The plan; nothing has been removed.
 * @throws {OperationError} The backups cannot be listed.
 */
export function planPrune(
  place: BackupPlace,
  policy: RetentionPolicy,
  options: PlanOptions = {},
): PrunePlan {
  return runAtOnce(planPruneInSteps(place, policy, options));
}

/**
 * Decides which backups of a store are kept as {@linkcode planPrune} does, one by one.
 *
 * @param place The store, and where its backups are.
 * @param policy The rules.
 * @param options As there.
 * @yields After each backup.
 * @returns The plan; nothing has been removed.
 * @throws {OperationError} The backups cannot be listed.
 */
export function* planPruneInSteps(
  place: BackupPlace,
  policy: RetentionPolicy,
  options: PlanOptions = {},
): Steps<PrunePlan> {
  const { fs = localFs, scope = "all", removeAll = false } = options;
  const listing = yield* listBackupsInSteps(place.directory, { fs, scope });
  const backups = selectOwn(fs, listing.backups, place);
  const retention = removeAll
    ? { decisions: backups.map(({ id }) => ({ id, reasons: [] })).reverse(), keeper: null }
    : keepForTransaction(fs, place, planRetention(backups.map(toSubject), policy));
  const removals = retention.decisions.filter(({ reasons }) => reasons.length === 0)
    .map(({ id }) => id).reverse();
  return { place, scope, policy, retention, removals };
}

/** A write that was interrupted is taken back with its backup, which therefore stays. */
function keepForTransaction(
  fs: WriteFs,
  { store, directory }: BackupPlace,
  retention: RetentionPlan,
): RetentionPlan {
  const isThere = fs.look(dirname(store))?.kind === "directory";
  const needed = isThere ? readTransactionRecord(fs, store)?.backup ?? null : null;
  const decisions = retention.decisions.map(({ id, reasons }) =>
    join(directory, id) === needed
      ? { id, reasons: [...reasons, "needed to take back a write that was interrupted"] }
      : { id, reasons }
  );
  return { ...retention, decisions };
}

function toSubject(
  backup: ListedBackup,
): { id: string; createdAt: Date; isTrusted: boolean } {
  const createdAt = new Date(backup.manifest.createdAt);
  return { id: backup.id, createdAt, isTrusted: isTrusted(backup) };
}

/**
 * Carries out a plan. What has to stay is verified first.
 *
 * @param plan The plan.
 * @param options The file system.
 * @returns What was removed.
 * @throws {OperationError} A backup cannot be read or removed; those that are listed are whole.
 */
export async function executePrune(
  plan: PrunePlan,
  options: PruneOptions = {},
): Promise<PruneOutcome> {
  const { fs = localFs, onRecovered } = options;
  if (plan.removals.length === 0) return { removed: [], rejected: [] };
  const prune = (): Promise<PruneOutcome> => pruneOwned(plan, fs, options);
  // Backups outlive their store, and the directory that it was in.
  const isLockable = fs.look(dirname(plan.place.store))?.kind === "directory";
  try {
    const taken = { fs, ...(onRecovered === undefined ? {} : { onRecovered }) };
    return isLockable ? await withOwnStore(plan.place.store, taken, prune) : await prune();
  } catch (error) {
    throw explainSystemError(error, plan.place.directory);
  }
}

async function pruneOwned(
  plan: PrunePlan,
  fs: WriteFs,
  options: PruneOptions,
): Promise<PruneOutcome> {
  const { place, scope, policy } = plan;
  const turns = new Turns(options.signal);
  const rejected: string[] = [];
  let current = plan;
  while (current.retention.keeper !== null) {
    const { keeper } = current.retention;
    if (await isWhole(fs, join(place.directory, keeper), options)) break;
    rejected.push(keeper);
    current = await turns.run(planPruneInSteps(place, policy, { fs, scope }));
  }
  // Whoever agreed to the plan has agreed to no other removals.
  const stillWanted = new Set(current.removals);
  const removed = plan.removals.filter((id) => stillWanted.has(id));
  for (const id of removed) {
    await turns.take();
    // What is begun is ended: a part of a backup is of no use.
    await new Turns(undefined).run(removeBackupInSteps(fs, join(place.directory, id)));
  }
  return { removed, rejected };
}

/** Reads a backup again, and keeps what was found beside it. */
async function isWhole(fs: WriteFs, directory: string, options: PruneOptions): Promise<boolean> {
  const { now = () => new Date(), signal } = options;
  const { manifest, problems } = await verifyFiles(directory, { fs, signal });
  const good = problems.length === 0;
  if (manifest !== null) {
    const at = now().toISOString();
    writeVerification(fs, directory, { at, level: "digests", good, problems });
  }
  return good;
}

/**
 * Removes a backup. At no moment is a part of it listed as a backup.
 *
 * @param fs The file system.
 * @param directory The directory of the backup.
 * @throws It cannot be renamed, or not be removed; then the rest has a temporary name, and the next
 * backup removes it.
 */
export function removeBackup(fs: WriteFs, directory: string): void {
  runAtOnce(removeBackupInSteps(fs, directory));
}

function* removeBackupInSteps(fs: WriteFs, directory: string): Steps<void> {
  const removed = temporaryPathBeside(fs, directory, "removed");
  fs.rename(directory, removed);
  fs.syncDirectory(dirname(directory));
  yield* removeTreeInSteps(fs, removed);
  fs.syncDirectory(dirname(directory));
}
