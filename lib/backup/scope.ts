/**
 * What of a store a backup holds. One with the metadata alone costs time by the number of
 * collections, not of documents, so that it can be made every minute; it never stands for one with
 * all.
 *
 * @module
 */

import { dirname, join } from "@std/path";
import { OperationError } from "../base/errors.ts";
import { runAtOnce, type Steps } from "../base/turns.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import type { DetectedStore, SnapshotFile, SnapshotPlan } from "../model/store.ts";
import { formatByName } from "../stores/registry.ts";
import type { ListedBackup } from "./catalogue.ts";
import { findShareable, readChangeCounter } from "./copy_entry.ts";
import type { BackupScope } from "./manifest.ts";

/**
 * Lists what is copied of a store.
 *
 * @param store The store.
 * @param scope What the backup holds.
 * @returns The files and directories.
 * @throws {OperationError} `unsupported`: the format has no files for the metadata alone. Or the
 * store cannot be listed.
 */
export function planCopy(store: DetectedStore, scope: BackupScope): SnapshotPlan {
  return runAtOnce(planCopyInSteps(store, scope));
}

/**
 * Lists what is copied of a store as {@linkcode planCopy} does, entry by entry.
 *
 * @param store The store.
 * @param scope What the backup holds.
 * @yields After each entry.
 * @returns The files and directories.
 * @throws {OperationError} As there.
 */
export function* planCopyInSteps(
  store: DetectedStore,
  scope: BackupScope,
): Steps<SnapshotPlan> {
  const format = formatByName(store.format);
  if (scope === "all") return yield* format.planSnapshot(store);
  const plan = format.planMetadataSnapshot(store);
  if (plan !== null) return plan;
  throw new OperationError(
    "unsupported",
    `A store of the format ${store.format} has no files that hold its metadata alone`,
    {
      path: store.path,
      hint: "Its names and settings are in its database: leave --metadata-only out.",
    },
  );
}

/**
 * Takes the backups that hold the same of a store.
 *
 * @param backups The backups.
 * @param scope What they hold.
 * @returns Those of them, in the same order.
 */
export function selectScope(
  backups: readonly ListedBackup[],
  scope: BackupScope,
): ListedBackup[] {
  return backups.filter(({ manifest }) => manifest.scope === scope);
}

/** What a store has lost of its metadata. */
export interface LostMetadata {
  /** The files, relative to the store. */
  readonly paths: readonly string[];
  /** How many entries there still are where they were, the directories counted. */
  readonly entries: number;
}

/**
 * Finds what a store has lost of its metadata: the backup before has it, and the store still has the
 * directory in which it was. A collection that was deleted is gone as a whole.
 *
 * @param fs The file system.
 * @param store The store.
 * @param previous The backup before, or null.
 * @returns What is lost.
 */
export function findLost(
  fs: WriteFs,
  store: DetectedStore,
  previous: ListedBackup | null,
): LostMetadata {
  const { files } = planCopy(store, "metadata");
  const described = new Set(files.map(({ path }) => dirname(path)));
  const paths: string[] = [];
  let entries = 0;
  for (const { path } of previous?.manifest.files ?? []) {
    const place = join(store.path, dirname(path));
    if (described.has(dirname(path)) || fs.look(place)?.kind !== "directory") continue;
    paths.push(path);
    entries += 1 + fs.list(place).length;
  }
  return { paths, entries };
}

/**
 * Whether a backup holds what a copy would hold now, as the stamps of the files tell. A file that is
 * too new for its stamp to be trusted counts as changed.
 *
 * @param fs The file system.
 * @param store The store.
 * @param previous A backup of the store, or of its metadata.
 * @returns False where anything has come, gone or changed.
 */
export function isUnchanged(fs: WriteFs, store: DetectedStore, previous: ListedBackup): boolean {
  const { files, directories, leftOut } = planCopy(store, previous.manifest.scope);
  const { manifest } = previous;
  const isSame = (now: readonly string[], then: readonly string[]): boolean =>
    JSON.stringify(now.toSorted()) === JSON.stringify(then.toSorted());
  return isSame(files.map(pathOf), manifest.files.map(pathOf)) &&
    isSame(directories, manifest.directories.map(pathOf)) &&
    isSame(leftOut.map(pathOf), manifest.leftOut.map(pathOf)) &&
    files.every((file) => isSameFile(fs, store, previous, file));
}

function isSameFile(
  fs: WriteFs,
  store: DetectedStore,
  previous: ListedBackup,
  file: SnapshotFile,
): boolean {
  if (file.kind === "file") return findShareable(fs, previous, file, null) !== null;
  const changeCounter = readChangeCounter(join(store.path, file.path));
  return changeCounter !== null && findShareable(fs, previous, file, changeCounter) !== null;
}

function pathOf({ path }: { readonly path: string }): string {
  return path;
}
