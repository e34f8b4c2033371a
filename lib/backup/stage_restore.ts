/**
 * Making of a backup the store that it was, under a temporary name beside the place where it goes,
 * and judging it before it goes there.
 *
 * @module
 */

import { join } from "@std/path";
import { Turns } from "../base/turns.ts";
import { OperationError } from "../base/errors.ts";
import type { CheckProgress } from "../engine/check_options.ts";
import { copyFile, copyPermissions } from "../fs/copy.ts";
import { requireSpace } from "../fs/space.ts";
import { syncFilesBelow } from "../fs/sync_files.ts";
import type { EntryFacts, WriteFs } from "../fs/write_fs.ts";
import type { ListedBackup } from "./catalogue.ts";
import { pathInBackup } from "./copy_entry.ts";
import { isDamaged, judgeCopy } from "./judge_copy.ts";
import type { BackupFile } from "./manifest.ts";
import { verifyFiles } from "./verify.ts";

/** Engines make directories and files so, less the umask. */
const DEFAULT_MODES = { file: 0o644, directory: 0o755 } as const;

/** The owner must be able to go on with what was restored. */
const OWNER_BITS = { file: 0o600, directory: 0o700 } as const;

/** How a store is staged. */
export interface StageOptions {
  /** The file system. */
  readonly fs: WriteFs;
  /** The entry whose owner everything gets: the store that is replaced, or what is above it. */
  readonly model: EntryFacts | null;
  /** The permissions that the store's directory gets; null where the system has none. */
  readonly mode: number | null;
  /** Whether damage that the backup has is taken over. */
  readonly force: boolean;
  /** Ends the work when it is aborted. */
  readonly signal: AbortSignal | undefined;
  /** Is told how far the check has come. */
  readonly onProgress: ((progress: CheckProgress) => void) | undefined;
}

/**
 * Verifies a backup: every name, length and digest.
 *
 * @param backup The backup.
 * @param options The file system.
 * @throws {OperationError} It is not what its manifest says.
 */
export async function requireWholeBackup(
  { directory }: ListedBackup,
  { fs, signal }: Pick<StageOptions, "fs" | "signal">,
): Promise<void> {
  const { problems } = await verifyFiles(directory, { fs, signal });
  const [first] = problems;
  if (first === undefined) return;
  const more = problems.length > 1 ? `, and ${problems.length - 1} more` : "";
  throw new OperationError(
    "read-failed",
    `The backup ${directory} is damaged: ${first.path}: ${first.problem}${more}`,
    {
      path: join(directory, first.path),
      hint: "Nothing was changed. Choose another backup: `vecfsck backup list` shows them.",
    },
  );
}

/**
 * Writes the store of a backup into a new directory, checks it, and waits until its files are on the
 * disk; the names in it are not synced.
 *
 * @param backup The backup, which is whole.
 * @param directory The new directory.
 * @param options Whose it will be.
 * @throws {OperationError} There is no room, something cannot be written, or what was written is
 * not what the backup says.
 */
export async function stageStore(
  backup: ListedBackup,
  directory: string,
  options: StageOptions,
): Promise<void> {
  const { fs, model, signal } = options;
  const { files, directories } = backup.manifest;
  fs.makeDirectory(directory, OWNER_BITS.directory);
  requireSpace(directory, files.reduce((sum, file) => sum + file.sizeBytes, 0), { fs });
  for (const { path } of directories) {
    fs.makeDirectory(join(directory, path), OWNER_BITS.directory);
  }
  const turns = new Turns(signal);
  for (const file of files) {
    await turns.take();
    stageFile(backup, file, join(directory, file.path), options);
  }
  for (const { path, mode } of directories.toReversed()) {
    giveTo(fs, join(directory, path), model, { kind: "directory", mode });
  }
  giveTo(fs, directory, model, { kind: "directory", mode: options.mode });
  // While other threads check, this one has the disk keep what is checked.
  const work = [
    requireGood(backup, directory, options),
    syncFilesBelow(fs, directory, signal),
  ];
  // Nothing may go on in the directory when an error has it removed.
  await Promise.allSettled(work);
  await Promise.all(work);
}

/**
 * Writes one file of a backup as it was in the store. It is not synced.
 *
 * @param backup The backup.
 * @param file The file.
 * @param path Where it goes; nothing stands there.
 * @param options Whose it will be.
 * @throws {OperationError} It is not what the manifest says, or cannot be written.
 */
export function stageFile(
  backup: ListedBackup,
  file: BackupFile,
  path: string,
  { fs, model }: Pick<StageOptions, "fs" | "model">,
): void {
  const source = pathInBackup(backup.directory, file.path);
  const sha256 = copyFile(fs, source, path, { sync: false });
  if (sha256 !== file.sha256) {
    throw new OperationError("read-failed", `${file.path} in the backup has changed meanwhile`, {
      path: backup.directory,
      hint: "Nothing was changed. Look into the kernel's log for errors of the disk.",
    });
  }
  giveTo(fs, path, model, { kind: "file", mode: file.mode });
  fs.setTimes(path, file.modifiedMs, file.modifiedMs);
}

/**
 * Gives an entry its owner and its permissions, with which the owner can go on.
 *
 * @param fs The file system.
 * @param path The entry.
 * @param model The entry whose owner it gets, or null.
 * @param permissions The permissions that it had; those of an engine's own entries where null.
 */
export function giveTo(
  fs: WriteFs,
  path: string,
  model: EntryFacts | null,
  { kind, mode }: { readonly kind: "file" | "directory"; readonly mode: number | null },
): void {
  const own = fs.look(path);
  if (own === null || own.mode === null) return;
  const bits = (mode ?? DEFAULT_MODES[kind]) | OWNER_BITS[kind];
  copyPermissions(fs, { ...(model ?? own), kind: own.kind, mode: bits }, path);
}

/** Holds what was written against the full check and the contents that the manifest names. */
async function requireGood(
  backup: ListedBackup,
  directory: string,
  { fs, force, signal, onProgress }: StageOptions,
): Promise<void> {
  const judged = await judgeCopy(directory, directory, { fs, signal, onProgress });
  const { good, collections } = backup.manifest;
  if (isDamaged(judged.summary) && !(force && !good)) {
    const codes = [...new Set(judged.findings.map(({ code }) => code))].join(", ");
    throw new OperationError("read-failed", `The store in ${backup.id} is damaged: ${codes}`, {
      path: backup.directory,
      hint: "Nothing was changed. Choose another backup: `vecfsck backup list` shows them.",
    });
  }
  const hashes = new Map(judged.collections.map(({ id, hash }) => [id, hash]));
  const other = collections.find(({ id, hash }) => hashes.get(id) !== hash);
  if (other === undefined || !good) return;
  throw new OperationError(
    "write-failed",
    `The collection "${other.name}" does not hold what the backup ${backup.id} says`,
    {
      path: backup.directory,
      hint: "Nothing was changed. Look into the kernel's log for errors of the disk or the memory.",
    },
  );
}
