/**
 * Verifying a backup: what is missing, what does not belong to it, and what has changed.
 *
 * @module
 */

import { join } from "@std/path";
import { OperationError } from "../base/errors.ts";
import { type Steps, Turns } from "../base/turns.ts";
import { localFs } from "../fs/platform.ts";
import { walkTree } from "../fs/tree.ts";
import type { EntryFacts, WriteFs } from "../fs/write_fs.ts";
import { pathInBackup } from "./copy_entry.ts";
import {
  type BackupFile,
  type BackupManifest,
  FILES_DIRECTORY_NAME,
  MANIFEST_DIGEST_NAME,
  MANIFEST_NAME,
  ManifestError,
  readManifest,
} from "./manifest.ts";
import { digestInSteps } from "./stream_file.ts";
import { type BackupProblem, VERIFICATION_NAME } from "./verification.ts";

/** How a backup is verified. */
export interface VerifyOptions {
  /** The file system; this machine's by default. */
  fs?: WriteFs;
  /** Ends the work when it is aborted. */
  signal?: AbortSignal | undefined;
}

/** What the files of a backup are like. */
export interface FilesVerdict {
  /** The manifest, or null when it is damaged. */
  readonly manifest: BackupManifest | null;
  /** What is wrong; nothing in a backup that is whole. */
  readonly problems: readonly BackupProblem[];
}

/**
 * Reads a backup and holds every file against the manifest: names, kinds, lengths, digests.
 *
 * @param directory The directory of the backup.
 * @param options The file system.
 * @returns What is wrong with it.
 * @throws {OperationError} Something cannot be read, which says nothing about the backup.
 */
export async function verifyFiles(
  directory: string,
  options: VerifyOptions = {},
): Promise<FilesVerdict> {
  const { fs = localFs, signal } = options;
  let manifest: BackupManifest;
  try {
    manifest = readManifest(fs, directory);
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error;
    return { manifest: null, problems: [{ path: MANIFEST_NAME, problem: error.message }] };
  }
  const turns = new Turns(signal);
  const problems = await turns.run(findWrongEntries(fs, directory, manifest));
  const wrong = new Set(problems.map(({ path }) => path));
  for (const file of manifest.files) {
    const name = `${FILES_DIRECTORY_NAME}/${file.path}`;
    if (wrong.has(name)) continue;
    await turns.take();
    if (await hasDigest(fs, directory, file, signal)) continue;
    problems.push({ path: name, problem: "Its bytes have changed: the SHA-256 is another" });
  }
  return { manifest, problems };
}

/**
 * Whether a file of a backup has the digest that the manifest says.
 *
 * @param fs The file system.
 * @param directory The directory of the backup.
 * @param file The file.
 * @param signal Ends the work when it is aborted.
 */
export async function hasDigest(
  fs: WriteFs,
  directory: string,
  file: BackupFile,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  return await digestInSteps(fs, pathInBackup(directory, file.path), signal) === file.sha256;
}

/** What belongs to every backup, in its own directory. */
const OWN_NAMES: ReadonlySet<string> = new Set([
  MANIFEST_NAME,
  MANIFEST_DIGEST_NAME,
  VERIFICATION_NAME,
  FILES_DIRECTORY_NAME,
]);

/** Holds what there is against what there has to be, without opening anything. */
function* findWrongEntries(
  fs: WriteFs,
  directory: string,
  manifest: BackupManifest,
): Steps<BackupProblem[]> {
  const problems: BackupProblem[] = fs.list(directory).filter((name) => !OWN_NAMES.has(name))
    .map((path) => ({ path, problem: "It does not belong to the backup" }));
  const root = join(directory, FILES_DIRECTORY_NAME);
  const files = new Map(manifest.files.map((file) => [file.path, file]));
  const directories = new Set(["", ...manifest.directories.map(({ path }) => path)]);
  const isThere = fs.look(root)?.kind === "directory";
  if (!isThere) problems.push({ path: FILES_DIRECTORY_NAME, problem: "The directory is missing" });
  for (const { name, facts } of isThere ? walkTree(fs, root) : []) {
    const problem = judgeEntry(facts, files.get(name), directories.has(name));
    if (problem !== null) problems.push({ path: `${FILES_DIRECTORY_NAME}/${name}`, problem });
    files.delete(name);
    directories.delete(name);
    yield;
  }
  directories.delete("");
  for (const path of [...directories, ...files.keys()]) {
    problems.push({ path: `${FILES_DIRECTORY_NAME}/${path}`, problem: "It is missing" });
  }
  return problems;
}

function judgeEntry(
  { kind, sizeBytes }: EntryFacts,
  file: BackupFile | undefined,
  isDirectory: boolean,
): string | null {
  if (file === undefined && !isDirectory) return "It does not belong to the backup";
  const expected = isDirectory ? "directory" : "file";
  if (kind !== expected) return `It is no ${expected}`;
  if (file === undefined || file.sizeBytes === sizeBytes) return null;
  return `It has ${sizeBytes} bytes and not ${file.sizeBytes}`;
}

/**
 * Throws where a backup is not what its manifest says.
 *
 * @param directory The directory of the backup.
 * @param problems What is wrong with it.
 * @throws {OperationError} Something is.
 */
export function requireWhole(directory: string, problems: readonly BackupProblem[]): void {
  const [first] = problems;
  if (first === undefined) return;
  const more = problems.length > 1 ? `, and ${problems.length - 1} more` : "";
  throw new OperationError(
    "write-failed",
    `The backup ${directory} is damaged: ${first.path}: ${first.problem}${more}`,
    {
      path: join(directory, first.path),
      hint: "Look into the kernel's log for errors of the disk.",
    },
  );
}
