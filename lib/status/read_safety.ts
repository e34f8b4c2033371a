/**
 * What is kept for the day on which a store is damaged, and what was moved aside of it.
 *
 * @module
 */

import {
  isTrusted,
  listBackupsInSteps,
  type ListedBackup,
  selectOwn,
} from "../backup/catalogue.ts";
import { backupPlaceOf } from "../backup/place.ts";
import { selectScope } from "../backup/scope.ts";
import { OperationError } from "../base/errors.ts";
import { Turns } from "../base/turns.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import type { MovedAsideStatistics } from "../model/statistics.ts";
import { readQuarantine } from "../quarantine/list_quarantine.ts";
import { ageOf } from "./read_health.ts";
import type { BackupsStatus, BackupStatus, QuarantineStatus } from "./system_status.ts";

/** The backups of a store, and what they are in numbers. */
export interface BackupsReading {
  /** The whole backups, the oldest first. */
  readonly backups: readonly ListedBackup[];
  /** The numbers. */
  readonly status: BackupsStatus;
}

/** Where backups are looked for, and until when. */
export interface BackupsQuestion {
  /** The file system. */
  readonly fs: WriteFs;
  /** The directory of backups; the one beside the store where it is undefined. */
  readonly directory: string | undefined;
  /** The time. */
  readonly now: Date;
  /** Ends the work. */
  readonly signal: AbortSignal | undefined;
}

/**
 * Reads which backups of a store there are; nothing is verified. Others have their turn meanwhile,
 * for a directory can hold very many.
 *
 * @param store The store's directory.
 * @param question Where they are looked for.
 * @returns The backups; null where their directory cannot be looked at.
 * @throws {OperationError} With the code `usage`: the directory is in the store.
 */
export async function readBackups(
  store: string,
  { fs, directory, now, signal }: BackupsQuestion,
): Promise<BackupsReading | null> {
  const place = backupPlaceOf(fs, store, directory);
  return await unlessRefused(async () => {
    const listing = await new Turns(signal).run(listBackupsInSteps(place.directory, { fs }));
    const own = selectOwn(fs, listing.backups, place);
    const backups = selectScope(own, "all");
    const good = backups.filter(isTrusted);
    const metadata = selectScope(own, "metadata");
    return {
      backups,
      status: {
        directory: place.directory,
        total: backups.length,
        good: good.length,
        newestGood: describe(good.at(-1), now),
        metadataOnly: metadata.length,
        newestMetadata: describe(metadata.filter(isTrusted).at(-1), now),
        incomplete: listing.incomplete.length,
      },
    };
  });
}

function describe(backup: ListedBackup | undefined, now: Date): BackupStatus | null {
  if (backup === undefined) return null;
  const { id, manifest: { createdAt }, verification } = backup;
  const confirmedAt = verification?.confirmedAt ?? createdAt;
  return {
    id,
    createdAt,
    confirmedAt,
    ageSeconds: ageOf(Date.parse(confirmedAt), now),
    verifiedAt: verification?.at ?? null,
    verifiedLevel: verification?.level ?? null,
  };
}

/**
 * Reads how much of a store was moved aside.
 *
 * @param fs The file system.
 * @param store The store's directory.
 * @param movedAside What was moved aside in the store itself.
 * @returns The numbers; null where the quarantine cannot be looked at.
 */
export async function readQuarantineStatus(
  fs: WriteFs,
  store: string,
  movedAside: MovedAsideStatistics,
): Promise<QuarantineStatus | null> {
  return await unlessRefused(() => {
    const { entries, unreadable } = readQuarantine(store, { fs });
    const held = entries.flatMap(({ entry, paths }) =>
      entry.manifest.items.filter((_, index) => (paths[index] ?? null) !== null)
    );
    return {
      entries: entries.length + unreadable.length + movedAside.entries,
      sizeBytes: held.reduce((sum, { sizeBytes }) => sum + sizeBytes, movedAside.sizeBytes),
    };
  });
}

/** What lies beside a store may belong to others: that it may not be read is no fault of the store. */
async function unlessRefused<Value>(read: () => Promise<Value> | Value): Promise<Value | null> {
  try {
    return await read();
  } catch (error) {
    const isRefusal = error instanceof Deno.errors.PermissionDenied ||
      error instanceof Deno.errors.NotCapable ||
      (error instanceof OperationError && error.code === "permission-denied");
    if (isRefusal) return null;
    throw error;
  }
}
