/**
 * Bringing one file of a store into a backup: as a second name of what the backup before has, where
 * it is unchanged, else as a copy.
 *
 * A file in a backup cannot be written, for it may be in several; and it is never a second name of
 * the store's own file, for engines write in place.
 *
 * @module
 */

import { join } from "@std/path";
import { copyAttributes } from "../fs/copy.ts";
import { stampFile } from "../fs/read_fs.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import { errorCodeOf, isRefusal } from "../fs/write_errors.ts";
import type { FileStamp } from "../model/store.ts";
import { DatabaseFiles } from "../sqlite/database_files.ts";
import type { HeldDatabase } from "../sqlite/online_backup.ts";
import type { ListedBackup } from "./catalogue.ts";
import { copyInSteps, digestInSteps } from "./stream_file.ts";
import {
  type BackupFile,
  type BackupManifest,
  FILES_DIRECTORY_NAME,
  type SourceStamp,
} from "./manifest.ts";

/** All who may read, and nobody who may write. */
const READ_BITS = 0o444;
const OWNER_READ_BIT = 0o400;

/**
 * Times are told to the millisecond, and a system keeps them in steps of up to 10: a file that was
 * written so shortly before may be written again without its stamp telling.
 */
const TRUST_AFTER_MS = 100;

/** A time further ahead was set by somebody, and no write gives it again. */
const MOST_CLOCK_SKEW_MS = 10_000;

/** The runtime tells in whole seconds when anything of a file was changed. */
const CHANGED_RESOLUTION_MS = 1_000;

/** A file of the store and where it goes. */
export interface CopyPaths {
  /** The file, with every link resolved. */
  readonly source: string;
  /** Its place in the backup, where nothing is. */
  readonly target: string;
}

/**
 * How long to wait until the stamp of a file tells of every write that comes.
 *
 * @param stamp The stamp.
 * @param nowMs The time.
 * @returns Milliseconds; 0 when the stamp can be trusted.
 */
export function untilTrustedMs({ modifiedMs }: FileStamp, nowMs: number): number {
  if (modifiedMs > nowMs + MOST_CLOCK_SKEW_MS) return 0;
  return Math.max(0, modifiedMs + TRUST_AFTER_MS - nowMs);
}

/**
 * Makes of what was copied what the next backup may go by. Where a file was changed within the
 * second before, its stamp would not tell of one more change whose time of modification was set
 * back: the next backup copies it again.
 *
 * @param file What was copied.
 * @param startedMs When copying began.
 * @returns The same, with no time of change where it cannot be trusted.
 */
export function forNextBackup(file: BackupFile, startedMs: number): BackupFile {
  const { source, sharedWith } = file;
  const isOld = source.changedMs === null || sharedWith !== null ||
    source.changedMs + CHANGED_RESOLUTION_MS <= startedMs;
  return isOld ? file : { ...file, source: { ...source, changedMs: null } };
}

/** Whether two stamps are of the same state of a file. */
export function isSameStamp(
  first: Omit<FileStamp, "path">,
  second: Omit<FileStamp, "path">,
): boolean {
  return first.sizeBytes === second.sizeBytes && first.modifiedMs === second.modifiedMs &&
    first.changedMs === second.changedMs && first.inode === second.inode;
}

/** Makes of a stamp what the manifest keeps of it. */
export function toSourceStamp(stamp: FileStamp, changeCounter: number | null): SourceStamp {
  const { sizeBytes, modifiedMs, changedMs, inode } = stamp;
  return { sizeBytes, modifiedMs, changedMs, inode, changeCounter };
}

/**
 * Reads the change counter of a database.
 *
 * @param path The database file.
 * @returns The counter, or null where there is something unfinished beside the file.
 */
export function readChangeCounter(path: string): number | null {
  const { header, journal, log } = DatabaseFiles.resolve(path).readFacts();
  const isSettled = journal.state !== "hot" && log.sizeBytes === 0;
  return isSettled ? header?.changeCounter ?? null : null;
}

/**
 * Finds a file of the backup before that can be shared: the store's file has not changed since.
 *
 * @param fs The file system.
 * @param previous The backup before.
 * @param stamp The stamp of the store's file now.
 * @param changeCounter The change counter of a database, or null for another file.
 * @returns What the manifest says of it, or null when the file has to be copied.
 */
export function findShareable(
  fs: WriteFs,
  previous: ListedBackup | null,
  stamp: FileStamp,
  changeCounter: number | null,
): BackupFile | null {
  const file = previous === null ? undefined : filesByPath(previous.manifest).get(stamp.path);
  if (previous === null || file === undefined) return null;
  // Without either of them only a length and a time are left, which anybody can set.
  const isTellable = stamp.changedMs !== null || stamp.inode !== null;
  const isUnchanged = isTellable && isSameStamp(file.source, stamp) &&
    file.source.changeCounter === changeCounter;
  if (!isUnchanged) return null;
  const facts = fs.look(pathInBackup(previous.directory, file.path));
  return facts?.kind === "file" && facts.sizeBytes === file.sizeBytes ? file : null;
}

/** A store can have very many files, each of which is looked up. */
const FILES_BY_PATH = new WeakMap<BackupManifest, ReadonlyMap<string, BackupFile>>();

function filesByPath(manifest: BackupManifest): ReadonlyMap<string, BackupFile> {
  const known = FILES_BY_PATH.get(manifest) ??
    new Map(manifest.files.map((file) => [file.path, file]));
  FILES_BY_PATH.set(manifest, known);
  return known;
}

/**
 * Gives a file of the backup before a second name in the new one.
 *
 * @param fs The file system.
 * @param previous The backup before.
 * @param file The file in it.
 * @param target Its place in the new backup.
 * @returns What the manifest keeps of it, or null where the file system refuses.
 */
export function shareFile(
  fs: WriteFs,
  previous: ListedBackup,
  file: BackupFile,
  target: string,
): BackupFile | null {
  try {
    fs.linkFile(pathInBackup(previous.directory, file.path), target);
    return { ...file, sharedWith: previous.id };
  } catch (error) {
    if (isRefusal(error) || errorCodeOf(error) === "EXDEV") return null;
    throw error;
  }
}

/**
 * Copies a plain file, and looks at its stamp before and after.
 *
 * @param fs The file system.
 * @param paths From where and to where.
 * @param path The file, relative to the store.
 * @param options The time, and a signal that ends the work.
 * @returns What the manifest keeps of it, or null when it was written to meanwhile.
 */
export async function copyPlainFile(
  fs: WriteFs,
  { source, target }: CopyPaths,
  path: string,
  { nowMs, signal }: { nowMs: number; signal: AbortSignal | undefined },
): Promise<BackupFile | null> {
  const before = stampFile(source, path);
  if (before === null || untilTrustedMs(before, nowMs) > 0) return null;
  const mode = fs.look(source)?.mode ?? null;
  const sha256 = await copyInSteps(fs, source, target, signal);
  const after = stampFile(source, path);
  protect(fs, target, mode);
  if (after === null || !isSameStamp(before, after)) return null;
  return {
    path,
    sizeBytes: before.sizeBytes,
    sha256,
    mode,
    modifiedMs: before.modifiedMs,
    kind: "file",
    source: toSourceStamp(before, null),
    sharedWith: null,
  };
}

/**
 * Copies a database that is held.
 *
 * @param fs The file system.
 * @param held The database.
 * @param paths From where and to where.
 * @param source What the manifest keeps of the file in the store, and under which path; and a
 * signal that ends the work.
 * @returns What the manifest keeps of the copy.
 */
export async function copyHeldDatabase(
  fs: WriteFs,
  held: HeldDatabase,
  paths: CopyPaths,
  { path, stamp, signal }: { path: string; stamp: SourceStamp; signal: AbortSignal | undefined },
): Promise<BackupFile> {
  const facts = fs.look(paths.source);
  await held.copyTo(paths.target);
  // The check judges by the times how far an index is behind the database.
  if (facts !== null) {
    copyAttributes(fs, { ...facts, modifiedMs: stamp.modifiedMs }, paths.target);
  }
  protect(fs, paths.target, facts?.mode ?? null);
  return {
    path,
    sizeBytes: fs.look(paths.target)?.sizeBytes ?? 0,
    sha256: await digestInSteps(fs, paths.target, signal),
    mode: facts?.mode ?? null,
    modifiedMs: stamp.modifiedMs,
    kind: "database",
    source: stamp,
    sharedWith: null,
  };
}

/** Tells where a file of a backup is. */
export function pathInBackup(directory: string, path: string): string {
  return join(directory, FILES_DIRECTORY_NAME, ...path.split("/"));
}

/** Takes the permission to write from a file. */
function protect(fs: WriteFs, path: string, mode: number | null): void {
  if (mode === null) return;
  try {
    fs.setMode(path, (mode & READ_BITS) | OWNER_READ_BIT);
  } catch (error) {
    // File systems without permissions have no hard links either, so nothing is shared there.
    if (!isRefusal(error)) throw error;
  }
}
