/**
 * Planning a restore: which backup, to where, and what will be different afterwards. Nothing is
 * changed here.
 *
 * @module
 */

import { dirname, join, resolve } from "@std/path";
import { OperationError } from "../base/errors.ts";
import { readStoreContents } from "../engine/contents.ts";
import { localFs } from "../fs/platform.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import type { CollectionContents, DetectedStore } from "../model/store.ts";
import { detectStore } from "../stores/registry.ts";
import { findBackup, isTrusted, type ListedBackup, readBackup, selectOwn } from "./catalogue.ts";
import { type BackupScope, isBackupId, MANIFEST_NAME } from "./manifest.ts";
import { findMetadataChanges, type MetadataChange } from "./metadata_changes.ts";
import { backupPlaceOf } from "./place.ts";

/** Which backup is restored, and to where. */
export interface PlanRestoreOptions {
  /** The name of a backup; or a directory that is one, or holds some. The newest good one else. */
  from?: string | undefined;
  /** The newest good backup that is not younger than this time, as ISO 8601. */
  at?: string | undefined;
  /** Where backups are looked for instead of `STORE.backups`. */
  to?: string | undefined;
  /** A directory that gets the store instead, which is missing or empty. */
  into?: string | undefined;
  /**
   * Whether only the metadata is put back: that of the newest good backup, whatever that holds
   * besides. A backup with the metadata alone that is named is put back so in any case.
   */
  metadataOnly?: boolean;
  /** Whether a backup is taken that is not good, when it is named. */
  force?: boolean;
  /** The file system; this machine's by default. */
  fs?: WriteFs;
}

/** What a collection has now, and will have. */
export interface CollectionChange {
  /** Its name. */
  readonly name: string;
  /** Its id. */
  readonly id: string;
  /** How many records it has in the store now; null where it is not there or cannot be read. */
  readonly recordsNow: number | null;
  /** How many it has in the backup; null where it is not there. */
  readonly recordsThen: number | null;
  /** Whether both hold the very same; null where that cannot be told. */
  readonly isSame: boolean | null;
}

/** What a restore will do. */
export interface RestorePlan {
  /** The store that was asked for, as an absolute path; it may be missing. */
  readonly store: string;
  /** The directory that gets the store. */
  readonly target: string;
  /** Whether something stands there, which goes to quarantine. */
  readonly replaces: boolean;
  /** The backup. */
  readonly backup: ListedBackup;
  /** How many bytes are written. */
  readonly sizeBytes: number;
  /** The collections, by name; empty where only the metadata is put back. */
  readonly collections: readonly CollectionChange[];
  /**
   * The files that are put back where that is only the metadata, and everything else stays; null
   * where a whole store is restored.
   */
  readonly metadata: readonly MetadataChange[] | null;
}

/**
 * Plans a restore.
 *
 * @param store The store's directory; it may be missing.
 * @param options Which backup, and to where.
 * @returns The plan.
 * @throws {OperationError} There is no such backup, or the place is taken.
 */
export async function planRestore(
  store: string,
  options: PlanRestoreOptions = {},
): Promise<RestorePlan> {
  const { fs = localFs, into } = options;
  const resolved = resolveIfThere(fs, store);
  const backup = chooseBackup(fs, resolved, options);
  const target = into === undefined ? resolved : requireEmpty(fs, into);
  const replaces = hasEntries(fs, target);
  const isMetadata = options.metadataOnly || backup.manifest.scope === "metadata";
  if (into === undefined && replaces) {
    const store = requireStoreOrRemains(target);
    if (isMetadata) return planMetadata(fs, resolved, store, backup);
  } else if (isMetadata) requireMetadataBackup(backup, target);
  return {
    store: resolved,
    target,
    replaces,
    backup,
    metadata: null,
    sizeBytes: backup.manifest.files.reduce((sum, file) => sum + file.sizeBytes, 0),
    collections: compare(
      replaces ? await readContentsOrNull(target) : null,
      backup.manifest.collections,
    ),
  };
}

function planMetadata(
  fs: WriteFs,
  path: string,
  store: DetectedStore,
  backup: ListedBackup,
): RestorePlan {
  const changes = findMetadataChanges(fs, { ...store, path }, backup);
  return {
    store: path,
    target: path,
    replaces: true,
    backup,
    sizeBytes: changes.reduce((sum, { file }) => sum + file.sizeBytes, 0),
    collections: [],
    metadata: changes.map(({ change }) => change),
  };
}

/** Where there is no store yet, only a backup that has nothing else can be restored in part. */
function requireMetadataBackup({ manifest: { scope } }: ListedBackup, target: string): void {
  if (scope === "metadata") return;
  throw new OperationError(
    "usage",
    `There is no store in ${target} whose metadata could be put back`,
    {
      path: target,
      hint: "Leave --metadata-only out to restore all of it.",
    },
  );
}

function resolveIfThere(fs: WriteFs, path: string): string {
  const absolute = resolve(path);
  return fs.look(absolute) === null ? absolute : fs.resolve(absolute);
}

function chooseBackup(fs: WriteFs, store: string, options: PlanRestoreOptions): ListedBackup {
  const { from, at, to, force = false } = options;
  const scope = options.metadataOnly ? null : "all";
  const isNamed = from !== undefined && at === undefined;
  const found = from === undefined || isBackupId(from)
    ? findInPlace(fs, store, { to, scope, wanted: from ?? at ?? null })
    : findInDirectory(fs, from, { scope, wanted: at ?? null });
  if (isTrusted(found) || (force && isNamed)) return found;
  const why = found.manifest.good
    ? "a verification has found that it is damaged"
    : "its store was damaged when it was made";
  throw new OperationError("read-failed", `The backup ${found.id} is not good: ${why}`, {
    path: found.directory,
    hint: "Choose another (`vecfsck backup list`), or name this one with --from and give --force.",
  });
}

/** What a backup has to be that is not named. */
interface Wanted {
  readonly scope: BackupScope | null;
  readonly wanted: string | null;
}

function findInPlace(
  fs: WriteFs,
  store: string,
  { to, scope, wanted }: Wanted & { to: string | undefined },
): ListedBackup {
  const place = backupPlaceOf(fs, store, to);
  return findBackup(place.directory, wanted, {
    fs,
    scope,
    select: (backups) => selectOwn(fs, backups, place),
  });
}

/** A directory is a backup when it has a manifest, else it holds backups. */
function findInDirectory(fs: WriteFs, from: string, { scope, wanted }: Wanted): ListedBackup {
  const directory = resolveIfThere(fs, from);
  if (fs.look(directory)?.kind !== "directory") {
    throw new OperationError("not-found", `No such backup: ${from}`, {
      path: directory,
      hint: "--from takes the name of a backup, such as 20260131T235959Z, or a directory.",
    });
  }
  return fs.look(join(directory, MANIFEST_NAME)) === null
    ? findBackup(directory, wanted, { fs, scope })
    : readBackup(directory, { fs });
}

/**
 * Finds a place for what `--into` asks for.
 *
 * @param fs The file system.
 * @param into The directory, as it was named.
 * @returns Its path, with every link resolved where it exists.
 * @throws {OperationError} Something is in it, or the directory above it is missing.
 */
export function requireEmpty(fs: WriteFs, into: string): string {
  const target = resolveIfThere(fs, into);
  const kind = fs.look(target)?.kind;
  const isFree = kind === undefined || (kind === "directory" && fs.list(target).length === 0);
  if (!isFree) {
    throw new OperationError("usage", `${target} is not empty`, {
      path: target,
      hint: "--into takes a directory that is missing or empty. Nothing was changed.",
    });
  }
  if (fs.look(dirname(target))?.kind === "directory") return target;
  throw new OperationError("not-found", `No such directory: ${dirname(target)}`, {
    path: dirname(target),
    hint: "Only the last part of --into is made. Is the disk mounted?",
  });
}

function hasEntries(fs: WriteFs, path: string): boolean {
  const kind = fs.look(path)?.kind;
  if (kind === undefined) return false;
  return kind !== "directory" || fs.list(path).some((name) => name !== ".vecfsck");
}

/** What stands in the place of a store must have been one: a wrong path is easily typed. */
function requireStoreOrRemains(target: string): DetectedStore {
  const store = detectStore(target);
  if (store !== null) return store;
  throw new OperationError("not-a-store", `${target} holds something, and no store`, {
    path: target,
    hint: "Is the path right? Move what is there out of the way, or restore elsewhere with --into.",
  });
}

async function readContentsOrNull(path: string): Promise<readonly CollectionContents[] | null> {
  try {
    return await readStoreContents(path);
  } catch {
    // It is restored because it is damaged.
    return null;
  }
}

function compare(
  now: readonly CollectionContents[] | null,
  then: readonly CollectionContents[],
): CollectionChange[] {
  const before = new Map((now ?? []).map((collection) => [collection.id, collection]));
  const changes = then.map(({ id, name, records, hash }): CollectionChange => {
    const current = before.get(id);
    before.delete(id);
    const isSame = now === null ? null : current?.hash === hash;
    return { id, name, recordsNow: current?.records ?? null, recordsThen: records, isSame };
  });
  for (const { id, name, records } of before.values()) {
    changes.push({ id, name, recordsNow: records, recordsThen: null, isSame: false });
  }
  return changes.sort((first, second) => first.name < second.name ? -1 : 1);
}
