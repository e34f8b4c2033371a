/**
 * Restoring a store from a backup. The backup is verified, written beside the store, checked at the
 * full level and held against its manifest, and only then it takes the place of what stands there,
 * in one step that the journal makes safe. What stood there goes to quarantine.
 *
 * A store whose directory can be renamed is swapped as a whole; a mount point has to stay, and its
 * entries are exchanged (`swap_store.ts`). Of the metadata alone single files are exchanged, as a
 * repair does it (`restore_metadata.ts`).
 *
 * @module
 */

import { basename, dirname, join } from "@std/path";
import { OperationError } from "../base/errors.ts";
import { keepEnginesOut, withOwnStore } from "../engine/own_store.ts";
import { removeTransactionRecord } from "../engine/transaction_record.ts";
import { digestTree } from "../fs/copy.ts";
import type { StoreLock } from "../fs/lock.ts";
import { temporaryPathBeside } from "../fs/names.ts";
import { localFs } from "../fs/platform.ts";
import { listInterruptedChanges } from "../fs/recover.ts";
import { hasInnerWorkDirectory, swapStore } from "../fs/swap_store.ts";
import { removeTreeQuietly, syncTree } from "../fs/tree.ts";
import { openWorkDirectory, removeIfEmpty, workPlacesOf } from "../fs/work_directory.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import { toWriteError } from "../fs/write_errors.ts";
import type { DetectedStore } from "../model/store.ts";
import { type PreparedEntry, prepareEntry } from "../quarantine/entry.ts";
import { measureTree } from "../quarantine/list_quarantine.ts";
import { DATA_NAME, WHOLE_STORE } from "../quarantine/manifest.ts";
import { detectStore, formatByName } from "../stores/registry.ts";
import type { RestorePlan } from "./plan_restore.ts";
import { restoreMetadata } from "./restore_metadata.ts";
import type { RestoreBackupOptions, RestoredStore } from "./restore_options.ts";
import { requireWholeBackup, stageStore } from "./stage_restore.ts";

/** A store of which nobody knows who might enter it is its owner's alone. */
const PRIVATE_MODE = 0o700;

/** What the last step is given. */
interface Staged {
  readonly plan: RestorePlan;
  /** The store as it will be, complete and checked. */
  readonly directory: string;
  readonly lock: StoreLock;
  readonly fs: WriteFs;
  readonly now: () => Date;
  /** Why the store is replaced; that the backup takes its place where left out. */
  readonly reason?: string | undefined;
}

/**
 * Carries out the plan of a restore.
 *
 * @param plan What `planRestore` has planned.
 * @param options Who is told of progress.
 * @returns What was done.
 * @throws {OperationError} The backup is not whole, the store is in use, or something failed: then
 * what stood there stands there again, unless the error says otherwise.
 */
export async function restoreBackup(
  plan: RestorePlan,
  options: RestoreBackupOptions = {},
): Promise<RestoredStore> {
  const { fs = localFs, now = (): Date => new Date(), signal, onRecovered } = options;
  const own = { fs, ...(onRecovered === undefined ? {} : { onRecovered }) };
  await requireWholeBackup(plan.backup, { fs, signal });
  if (plan.metadata !== null) return await restoreMetadata(plan, { ...options, fs, now });
  return await withOwnStore(
    plan.target,
    own,
    ({ lock }) => stageAndSwap(plan, lock, { ...options, fs, now }),
  );
}

/**
 * Restores a whole store as {@linkcode restoreBackup} does, for a caller that holds its lock.
 *
 * @param plan The plan, which is not of the metadata alone.
 * @param lock The lock.
 * @param options Who is told of progress, and why the store is replaced.
 * @returns What was done.
 * @throws {OperationError} As there.
 */
export async function restoreOwned(
  plan: RestorePlan,
  lock: StoreLock,
  options: RestoreBackupOptions & { readonly reason: string },
): Promise<RestoredStore> {
  const { fs = localFs, now = (): Date => new Date(), signal } = options;
  await requireWholeBackup(plan.backup, { fs, signal });
  return await stageAndSwap(plan, lock, { ...options, fs, now });
}

async function stageAndSwap(
  plan: RestorePlan,
  lock: StoreLock,
  options: RestoreBackupOptions & Pick<Staged, "fs" | "now" | "reason">,
): Promise<RestoredStore> {
  const { fs, now, signal } = options;
  requireIdle(plan, fs);
  const workDirectory = openWorkDirectory(fs, plan.target);
  const directory = temporaryPathBeside(fs, join(workDirectory, basename(plan.target)), "new");
  const staged = { plan, directory, lock, fs, now, reason: options.reason };
  try {
    await stageStore(plan.backup, directory, {
      fs,
      model: fs.look(plan.target) ?? fs.look(dirname(plan.target)),
      mode: fs.look(plan.target)?.mode ?? plan.backup.manifest.storeMode ?? PRIVATE_MODE,
      force: options.force ?? false,
      signal,
      onProgress: options.onProgress,
    });
    signal?.throwIfAborted();
    return { plan, quarantined: putIntoPlace(staged) };
  } catch (error) {
    // A swap that could not be undone needs it: the next run goes by the journal.
    if (listInterruptedChanges(plan.target, { fs }).length === 0) removeTreeQuietly(fs, directory);
    removeIfEmpty(fs, workDirectory);
    throw toWriteError(error, plan.target);
  }
}

/** Notices an engine that writes before a whole copy is made, and not only after it. */
function requireIdle({ target, replaces }: RestorePlan, fs: WriteFs): void {
  const store = replaces ? detectStore(target) : null;
  if (store !== null) keepEnginesOut(store, { fs }, () => {});
}

/** Puts the staged store into its place; returns the entry that holds what stood there. */
function putIntoPlace(staged: Staged): string | null {
  const { plan: { target, store }, fs } = staged;
  const quarantined = swapIn(staged);
  // A write that was interrupted is taken back by this.
  if (target === store) removeRecordQuietly(fs, store);
  return quarantined;
}

function removeRecordQuietly(fs: WriteFs, store: string): void {
  try {
    removeTransactionRecord(fs, store);
  } catch {
    // The store is restored all the same; a check goes on naming the record.
  }
}

function swapIn(staged: Staged): string | null {
  const { plan: { target, replaces }, fs } = staged;
  requireAsPlanned(staged);
  if (fs.look(target) === null) {
    moveIn(staged);
    return null;
  }
  const store = replaces ? detectStore(target) : null;
  // The work directory of a mount point would be part of the digest.
  const digest = replaces && !hasInnerWorkDirectory(fs, target) ? digestOrNull(fs, target) : null;
  const exchange = (): string | null => exchangeStore(staged, digest);
  return store === null ? exchange() : keepEnginesOut(store, { fs }, exchange);
}

/** What was planned and agreed to must still be so. */
function requireAsPlanned({ plan: { target, replaces }, fs }: Staged): void {
  const isThere = fs.look(target) !== null &&
    fs.list(target).some((name) => name !== basename(workPlacesOf(fs, target).inside));
  if (isThere === replaces) return;
  throw new OperationError("busy", `${target} has changed since the restore was planned`, {
    path: target,
    hint: "Stop every process that uses the store, and try again; nothing was changed.",
  });
}

/** Nothing stands there: a rename is enough, once the names are on the disk as the files are. */
function moveIn({ plan: { target }, directory, lock, fs }: Staged): void {
  syncTree(fs, directory, () => true);
  lock.cover(directory);
  fs.rename(directory, target);
  fs.syncDirectory(dirname(target));
}

function exchangeStore(staged: Staged, digest: string | null): string | null {
  const { plan: { target, replaces, backup }, directory, lock, fs, now } = staged;
  const entry = prepareEntry(target, {
    kind: "store",
    reason: staged.reason ?? `it was replaced by the backup ${backup.id}`,
    findings: [],
    items: [{
      from: WHOLE_STORE,
      to: DATA_NAME,
      sizeBytes: replaces ? measureTree(fs, target) : 0,
      sha256: digest,
      collection: null,
      records: countRecords(staged),
      onlyCopies: null,
    }],
  }, { fs, now });
  const database = databaseNameOf(staged);
  try {
    swapStore(target, directory, {
      ...{ lock, aside: entry.dataPath, database, fs, now },
      isSynced: true,
    });
  } catch (error) {
    removeHollow(fs, entry);
    throw error;
  }
  if (replaces) return entry.id;
  removeEmptyOriginal(fs, entry);
  return null;
}

/** How many records the store had, as far as that could be read. */
function countRecords({ plan: { collections } }: Staged): number | null {
  const known = collections.flatMap(({ recordsNow }) => recordsNow === null ? [] : [recordsNow]);
  return known.length === 0 ? null : known.reduce((sum, records) => sum + records, 0);
}

/** The database of the staged store, whose format says which it is. */
function databaseNameOf({ plan: { target, backup }, directory }: Staged): string | null {
  const format = formatByName(backup.manifest.format);
  const staged: DetectedStore = { path: directory, format: format.name, evidence: target };
  const path = format.lockedDatabase(staged);
  return path === null ? null : basename(path);
}

function digestOrNull(fs: WriteFs, path: string): string | null {
  try {
    return digestTree(fs, path);
  } catch {
    // What cannot be read can still be renamed.
    return null;
  }
}

/** The swap has failed and was undone: the entry holds nothing. */
function removeHollow(fs: WriteFs, { directory, dataPath }: PreparedEntry): void {
  if (fs.look(dataPath) !== null) return;
  removeTreeQuietly(fs, directory);
  removeIfEmpty(fs, dirname(directory), dirname(dirname(directory)));
}

/** An empty directory stood there: it needs no place in the quarantine. */
function removeEmptyOriginal(fs: WriteFs, entry: PreparedEntry): void {
  removeIfEmpty(fs, entry.dataPath);
  removeHollow(fs, entry);
}
