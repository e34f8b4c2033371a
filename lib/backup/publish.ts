/**
 * The last step of a backup: its manifest, the wait for the disk, and its name.
 *
 * @module
 */

import { join } from "@std/path";
import { findFreeTimeId } from "../base/time_id.ts";
import { Turns } from "../base/turns.ts";
import { writeAtomically } from "../fs/atomic.ts";
import { syncTreeInSteps } from "../fs/tree.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import type { DetectedStore } from "../model/store.ts";
import type { ListedBackup } from "./catalogue.ts";
import { composeManifest, encodeReadable } from "./compose_manifest.ts";
import type { CopyVerdict } from "./judge_copy.ts";
import {
  type BackupScope,
  FILES_DIRECTORY_NAME,
  MANIFEST_DIGEST_NAME,
  MANIFEST_NAME,
} from "./manifest.ts";
import type { Snapshot } from "./snapshot_options.ts";
import { writeVerification } from "./verification.ts";
import { requireWhole, verifyFiles } from "./verify.ts";

/** What everybody may read and nobody needs to write. */
const MANIFEST_MODE = 0o400;

/** A copy of the store, and what it is like. */
export interface JudgedSnapshot {
  /** The copy. */
  readonly snapshot: Snapshot;
  /** What the check of it has found. */
  readonly verdict: CopyVerdict;
}

/** A copy that becomes a backup. */
export interface PublishedCopy extends JudgedSnapshot {
  /** Whether it can be trusted. */
  readonly good: boolean;
}

/** Where a backup belongs, and how it becomes one. */
export interface Publication {
  /** The file system. */
  readonly fs: WriteFs;
  /** The store. */
  readonly store: DetectedStore;
  /** The directory of backups. */
  readonly directory: string;
  /** What of the store was copied. */
  readonly scope: BackupScope;
  /** The clock. */
  readonly now: () => Date;
  /** Whether every file is read again before it counts. */
  readonly verify: boolean;
  /** Ends the work when it is aborted. */
  readonly signal: AbortSignal | undefined;
}

/**
 * Writes the manifest, waits for the disk, and gives the directory its name.
 *
 * @param temporary The directory; its files are on the disk already.
 * @param copy What is in it.
 * @param publication Where it belongs.
 * @returns The backup.
 * @throws {OperationError} Something cannot be written, or is not what was written.
 */
export async function publishBackup(
  temporary: string,
  { snapshot, verdict, good }: PublishedCopy,
  publication: Publication,
): Promise<ListedBackup> {
  const { fs, store, scope, now, signal } = publication;
  const manifest = composeManifest(store, snapshot, verdict, {
    id: findFreeBackupId(fs, publication.directory, snapshot.createdAt),
    storeMode: fs.look(store.path)?.mode ?? null,
    scope,
    good,
    checkedAt: now(),
  });
  const { text, digest } = encodeReadable(manifest);
  const options = { fs, mode: MANIFEST_MODE };
  writeAtomically(join(temporary, MANIFEST_NAME), text, options);
  writeAtomically(join(temporary, MANIFEST_DIGEST_NAME), digest, options);
  // The files are there already: those that are shared since then, the others since the check.
  const files = join(temporary, FILES_DIRECTORY_NAME);
  const isSynced = (path: string): boolean => path.startsWith(files);
  await new Turns(signal).run(syncTreeInSteps(fs, temporary, isSynced));
  const verification = publication.verify ? await verifyAgain(temporary, publication) : null;
  const directory = join(publication.directory, manifest.id);
  fs.rename(temporary, directory);
  fs.syncDirectory(publication.directory);
  return { id: manifest.id, directory, manifest, verification };
}

async function verifyAgain(
  temporary: string,
  { fs, now, signal }: Publication,
): Promise<ListedBackup["verification"]> {
  const { problems } = await verifyFiles(temporary, { fs, signal });
  requireWhole(temporary, problems);
  const at = now().toISOString();
  return writeVerification(fs, temporary, { at, level: "digests", good: true, problems: [] });
}

/**
 * Names a backup after its time; a name that is taken gets a number.
 *
 * @param fs The file system.
 * @param directory The directory of backups.
 * @param time When it was made.
 * @returns The name.
 */
export function findFreeBackupId(fs: WriteFs, directory: string, time: Date): string {
  return findFreeTimeId(time, (id) => fs.look(join(directory, id)) !== null);
}
