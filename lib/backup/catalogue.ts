/**
 * The backups that there are in a directory, and finding one of them.
 *
 * @module
 */

import { join } from "@std/path";
import { OperationError } from "../base/errors.ts";
import { runAtOnce, type Steps } from "../base/turns.ts";
import { isTemporaryName } from "../fs/names.ts";
import { localFs } from "../fs/platform.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import { type BackupManifest, type BackupScope, isBackupId, readManifest } from "./manifest.ts";
import { peekScope } from "./peek_scope.ts";
import type { BackupPlace } from "./place.ts";
import { readVerification, type Verification } from "./verification.ts";

/** A backup with a whole manifest; whether its files are whole as well is for verification. */
export interface ListedBackup {
  /** Its name. */
  readonly id: string;
  /** Its directory. */
  readonly directory: string;
  /** What it says that it holds. */
  readonly manifest: BackupManifest;
  /** What the last verification found, or null before the first. */
  readonly verification: Verification | null;
}

/** Something that looks like a backup and is none. */
export interface IncompleteBackup {
  /** Where it is. */
  readonly path: string;
  /** Why it is no backup; a sentence without a final period. */
  readonly reason: string;
}

/** What is in a directory of backups. */
export interface BackupListing {
  /** The backups, the oldest first. */
  readonly backups: readonly ListedBackup[];
  /** What looks like a backup and is none. */
  readonly incomplete: readonly IncompleteBackup[];
}

/** Where backups are looked for. */
export interface CatalogueOptions {
  /** The file system; this machine's by default. */
  fs?: WriteFs;
}

/** Which backups are listed. */
export interface ListOptions extends CatalogueOptions {
  /** What they hold; the manifests of the others are not read. All backups for null, by default. */
  scope?: BackupScope | null;
}

/** Which backup is looked for. */
export interface FindOptions extends CatalogueOptions {
  /** Takes those that are looked at; all when left out. */
  select?: (backups: readonly ListedBackup[]) => ListedBackup[];
  /** What it holds, unless it is named: all of a store by default; whatever it is for null. */
  scope?: BackupScope | null;
}

/**
 * Lists the backups in a directory, of whatever store they are.
 *
 * @param directory The directory; it may be missing.
 * @param options The file system, and what they hold.
 * @returns The backups, and what is no whole backup.
 * @throws {OperationError} The directory cannot be listed.
 */
export function listBackups(directory: string, options: ListOptions = {}): BackupListing {
  return runAtOnce(listBackupsInSteps(directory, options));
}

/**
 * Lists the backups in a directory as {@linkcode listBackups} does, one by one.
 *
 * @param directory The directory; it may be missing.
 * @param options The file system, and what they hold.
 * @yields After each backup.
 * @returns The backups, and what is no whole backup.
 * @throws {OperationError} The directory cannot be listed.
 */
export function* listBackupsInSteps(
  directory: string,
  options: ListOptions = {},
): Steps<BackupListing> {
  const { fs = localFs, scope = null } = options;
  const backups: ListedBackup[] = [];
  const incomplete: IncompleteBackup[] = [];
  if (fs.look(directory)?.kind !== "directory") return { backups, incomplete };
  for (const name of fs.list(directory)) {
    yield;
    const path = join(directory, name);
    if (isTemporaryName(name)) {
      const reason = "A backup that was not finished, or is being removed; the next one clears it";
      incomplete.push({ path, reason });
    } else if (isBackupId(name) && fs.look(path)?.kind === "directory") {
      if (scope !== null && (peekScope(fs, path) ?? scope) !== scope) continue;
      const listed = listBackup(fs, path, name);
      if ("reason" in listed) incomplete.push(listed);
      else if (scope === null || listed.manifest.scope === scope) backups.push(listed);
    }
  }
  backups.sort(compareAge);
  return { backups, incomplete };
}

function listBackup(fs: WriteFs, path: string, name: string): ListedBackup | IncompleteBackup {
  try {
    const backup = readBackup(path, { fs });
    if (backup.id === name) return backup;
    return { path, reason: `Its manifest is that of another backup, ${backup.id}` };
  } catch (error) {
    // One that cannot be read must not hide the others.
    if (error instanceof OperationError) return { path, reason: error.message };
    throw error;
  }
}

/**
 * Reads one backup by its directory, whatever that is called.
 *
 * @param directory The directory of the backup.
 * @param options The file system.
 * @returns The backup.
 * @throws {OperationError} It is no whole backup.
 */
export function readBackup(directory: string, options: CatalogueOptions = {}): ListedBackup {
  const { fs = localFs } = options;
  const manifest = readManifest(fs, directory);
  return { id: manifest.id, directory, manifest, verification: readVerification(fs, directory) };
}

/** Orders backups by their age, the oldest first. */
function compareAge(first: ListedBackup, second: ListedBackup): number {
  const [a, b] = [Date.parse(first.manifest.createdAt), Date.parse(second.manifest.createdAt)];
  return a - b || first.id.localeCompare(second.id, "en", { numeric: true });
}

/**
 * Whether a backup can be trusted as far as is known: its store was not damaged, and no
 * verification has found anything wrong with it.
 */
export function isTrusted({ manifest, verification }: ListedBackup): boolean {
  return manifest.good && verification?.good !== false;
}

/**
 * Takes those backups that are of one store. Beside a store all are. In a directory that several
 * stores share they are told apart by the path of the store; and where two stores have had the same
 * path, as in two containers, by their collections: from one that surely is of this store on, those
 * that share no collection with it and its like are left out.
 *
 * @param fs The file system.
 * @param backups The backups of a directory, the oldest first.
 * @param place The store, and where the backups are.
 * @returns The backups of the store, the oldest first.
 */
export function selectOwn(
  fs: WriteFs,
  backups: readonly ListedBackup[],
  place: BackupPlace,
): ListedBackup[] {
  if (place.isBeside) return [...backups];
  const candidates = backups.filter(({ manifest }) => manifest.store === place.store);
  const sure = candidates.findLast(({ manifest }) => isOfSameFile(fs, place.store, manifest));
  const known = new Set((sure ?? candidates.at(-1))?.manifest.collections.map(({ id }) => id));
  return candidates.toReversed().filter((backup) => {
    const ids = backup.manifest.collections.map(({ id }) => id);
    const isRelated = known.size === 0 || ids.length === 0 || ids.some((id) => known.has(id));
    if (isRelated) { for (const id of ids) known.add(id); }
    return isRelated;
  }).reverse();
}

/** Whether the store still has the database, by its inode, of which the backup was made. */
function isOfSameFile(fs: WriteFs, store: string, manifest: BackupManifest): boolean {
  return manifest.files.some(({ path, kind, source }) => {
    const database = join(store, path);
    if (kind !== "database" || source.inode === null || fs.look(database) === null) return false;
    return fs.look(fs.resolve(database))?.inode === source.inode;
  });
}

/**
 * Finds a backup.
 *
 * @param directory The directory of backups.
 * @param idOrTime Its name; or a time, and the newest that can be trusted and is not younger is
 * taken; or null for the newest that can be trusted. A date alone means its end; times are UTC
 * unless they say otherwise.
 * @param options The file system, and which backups are looked at.
 * @returns The backup.
 * @throws {OperationError} There is none, or the text is neither name nor time.
 */
export function findBackup(
  directory: string,
  idOrTime: string | null,
  options: FindOptions = {},
): ListedBackup {
  const { fs = localFs, select = (backups) => [...backups], scope = "all" } = options;
  if (idOrTime !== null && isBackupId(idOrTime)) return findNamed(fs, directory, idOrTime);
  const latestMs = idOrTime === null ? Infinity : parseTime(idOrTime);
  const found = select(listBackups(directory, { fs, scope }).backups).filter((backup) =>
    isTrusted(backup) && Date.parse(backup.manifest.createdAt) <= latestMs
  );
  const newest = found.at(-1);
  if (newest !== undefined) return newest;
  const when = idOrTime === null ? "" : ` from ${idOrTime} or before`;
  const of = scope === "metadata" ? " of metadata" : "";
  const isOther = scope === "all" &&
    select(listBackups(directory, { fs, scope: "metadata" }).backups).some(isTrusted);
  throw createMissingError(directory, `There is no good backup${of}${when}`, isOther);
}

function findNamed(fs: WriteFs, directory: string, id: string): ListedBackup {
  const path = join(directory, id);
  const isThere = fs.look(directory)?.kind === "directory" && fs.look(path)?.kind === "directory";
  const listed = isThere ? listBackup(fs, path, id) : { reason: `There is no backup ${id}` };
  if ("reason" in listed) throw createMissingError(directory, listed.reason);
  return listed;
}

function createMissingError(
  directory: string,
  reason: string,
  isOther = false,
): OperationError {
  return new OperationError("not-found", `${reason} in ${directory}`, {
    path: directory,
    hint: "`vecfsck backup list` shows the backups that there are; --to names their directory." +
      (isOther ? " Those with the metadata alone are taken with --metadata-only." : ""),
  });
}

function parseTime(text: string): number {
  const [, date, time = "T23:59:59.999", zone = "Z"] =
    /^(\d{4}-\d{2}-\d{2})([T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?(Z|[+-]\d{2}:\d{2})?$/.exec(text) ??
      [];
  const timeMs = date === undefined ? NaN : Date.parse(`${date}${time.replace(" ", "T")}${zone}`);
  if (!Number.isNaN(timeMs)) return timeMs;
  throw new OperationError("usage", `Neither the name of a backup nor a time: ${text}`, {
    hint: "A name is 20260131T235959Z, a time 2026-01-31 or 2026-01-31T23:59Z.",
  });
}
