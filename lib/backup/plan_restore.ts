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
import type { CollectionContents } from "../model/store.ts";
import { detectStore } from "../stores/registry.ts";
import { findBackup, isTrusted, type ListedBackup, readBackup, selectOwn } from "./catalogue.ts";
import { isBackupId, MANIFEST_NAME } from "./manifest.ts";
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
  /** The collections, by name. */
  readonly collections: readonly CollectionChange[];
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
  if (into === undefined && replaces) requireStoreOrRemains(target);
  return {
    store: resolved,
    target,
    replaces,
    backup,
    sizeBytes: backup.manifest.files.reduce((sum, file) => sum + file.sizeBytes, 0),
    collections: compare(
      replaces ? await readContentsOrNull(target) : null,
      backup.manifest.collections,
    ),
  };
}

function resolveIfThere(fs: WriteFs, path: string): string {
  const absolute = resolve(path);
  return fs.look(absolute) === null ? absolute : fs.resolve(absolute);
}

function chooseBackup(fs: WriteFs, store: string, options: PlanRestoreOptions): ListedBackup {
  const { from, at, to, force = false } = options;
  const isNamed = from !== undefined && at === undefined;
  const found = from === undefined || isBackupId(from)
    ? findInPlace(fs, store, { to, wanted: from ?? at ?? null })
    : findInDirectory(fs, from, at ?? null);
  if (isTrusted(found) || (force && isNamed)) return found;
  const why = found.manifest.good
    ? "a verification has found that it is damaged"
    : "its store was damaged when it was made";
  throw new OperationError("read-failed", `The backup ${found.id} is not good: ${why}`, {
    path: found.directory,
    hint: "Choose another (`vecfsck backup list`), or name this one with --from and give --force.",
  });
}

function findInPlace(
  fs: WriteFs,
  store: string,
  { to, wanted }: { to: string | undefined; wanted: string | null },
): ListedBackup {
  const place = backupPlaceOf(fs, store, to);
  return findBackup(place.directory, wanted, {
    fs,
    select: (backups) => selectOwn(fs, backups, place),
  });
}

/** A directory is a backup when it has a manifest, else it holds backups. */
function findInDirectory(fs: WriteFs, from: string, at: string | null): ListedBackup {
  const directory = resolveIfThere(fs, from);
  if (fs.look(directory)?.kind !== "directory") {
    throw new OperationError("not-found", `No such backup: ${from}`, {
      path: directory,
      hint: "--from takes the name of a backup, such as 20260131T235959Z, or a directory.",
    });
  }
  return fs.look(join(directory, MANIFEST_NAME)) === null
    ? findBackup(directory, at, { fs })
    : readBackup(directory, { fs });
}

function requireEmpty(fs: WriteFs, into: string): string {
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
function requireStoreOrRemains(target: string): void {
  if (detectStore(target) !== null) return;
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
