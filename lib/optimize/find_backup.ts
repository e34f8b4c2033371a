/**
 * The backup that holds what optimising a store replaces: one that is there already and holds the
 * same, or a new one.
 *
 * @module
 */

import {
  isTrusted,
  listBackupsInSteps,
  type ListedBackup,
  selectOwn,
} from "../backup/catalogue.ts";
import { createBackup } from "../backup/create.ts";
import { backupPlaceOf } from "../backup/place.ts";
import { isUnchanged } from "../backup/scope.ts";
import { verifyFiles } from "../backup/verify.ts";
import { OperationError } from "../base/errors.ts";
import { Turns } from "../base/turns.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import type { DetectedStore } from "../model/store.ts";
import type { OptimizationOptions, UsedBackup } from "./outcome.ts";

/**
 * Finds a good backup that holds the store as it is, or makes one. The caller does not hold the
 * lock of the store.
 *
 * @param fs The file system.
 * @param store The store.
 * @param options Where backups are, the clock, and who is told of progress.
 * @returns The backup.
 * @throws {OperationError} The store is damaged, in use, or the backup cannot be written.
 */
export async function requireBackup(
  fs: WriteFs,
  store: DetectedStore,
  options: OptimizationOptions,
): Promise<UsedBackup> {
  const { backups, signal, now, onProgress, onRecovered } = options;
  const known = await findUnchanged(fs, store, options);
  if (known !== null) return { id: known.id, directory: known.directory, isOlder: true };
  const { backup } = await createBackup(store.path, {
    to: backups,
    fs,
    ...(signal === undefined ? {} : { signal }),
    ...(now === undefined ? {} : { now }),
    ...(onRecovered === undefined ? {} : { onRecovered }),
    ...(onProgress === undefined ? {} : {
      onProgress: ({ checkedBytes, totalBytes }) =>
        onProgress({
          title: "checking the backup",
          done: totalBytes === 0 ? 1 : checkedBytes / totalBytes,
        }),
    }),
  });
  if (backup !== null) return { id: backup.id, directory: backup.directory, isOlder: false };
  throw new OperationError("read-failed", "The copy of the store is damaged: it is no backup", {
    path: store.path,
    hint: `Nothing was changed. \`vecfsck check ${store.path}\` says what is wrong with it.`,
  });
}

/** The newest good backup, where it holds the store as it is, and every file of it is whole. */
async function findUnchanged(
  fs: WriteFs,
  store: DetectedStore,
  { backups, signal }: OptimizationOptions,
): Promise<ListedBackup | null> {
  const place = backupPlaceOf(fs, store.path, backups);
  const listing = listBackupsInSteps(place.directory, { fs, scope: "all" });
  const { backups: listed } = await new Turns(signal).run(listing);
  const newest = selectOwn(fs, listed, place).findLast(isTrusted);
  if (newest === undefined || !isUnchanged(fs, store, newest)) return null;
  const { problems } = await verifyFiles(newest.directory, { fs, signal });
  return problems.length === 0 ? newest : null;
}
