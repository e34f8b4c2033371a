/**
 * Verifying a backup and keeping what was found: by its digests, or in full, by checking the copied
 * store and comparing what its collections hold with the manifest.
 *
 * Digests show that the bytes are those that were checked when the backup was made, so nothing more
 * is needed for trust; the full verification is for another version of vecfsck, which may know of
 * damage that the one before did not, and for those who trust nobody.
 *
 * @module
 */

import { join } from "@std/path";
import type { CheckProgress } from "../engine/check_options.ts";
import { localFs } from "../fs/platform.ts";
import type { FindingEvent } from "../model/report.ts";
import type { CollectionContents } from "../model/store.ts";
import { isDamaged, judgeCopy } from "./judge_copy.ts";
import { type BackupManifest, FILES_DIRECTORY_NAME } from "./manifest.ts";
import {
  type BackupProblem,
  readVerification,
  type Verification,
  writeVerification,
} from "./verification.ts";
import { verifyFiles, type VerifyOptions } from "./verify.ts";

/** How a backup is verified. */
export interface VerifyBackupOptions extends VerifyOptions {
  /** Whether the copied store is checked and its contents compared as well. */
  full?: boolean;
  /** Is told how far the check has come. */
  onProgress?: (progress: CheckProgress) => void;
  /** The time of day. */
  now?: () => Date;
}

/** What a verification has found. */
export interface VerifiedBackup {
  /** The manifest, or null when it is damaged. */
  readonly manifest: BackupManifest | null;
  /** What was found, with every problem. */
  readonly verification: Verification;
  /** What the check of the copied store has found; nothing without `full`. */
  readonly findings: readonly FindingEvent[];
  /** Whether what was found could be kept beside the manifest. */
  readonly isRecorded: boolean;
}

/**
 * Verifies a backup.
 *
 * @param directory The directory of the backup.
 * @param options How much is looked at.
 * @returns What was found.
 * @throws {OperationError} Something cannot be read, which says nothing about the backup.
 */
export async function verifyBackup(
  directory: string,
  options: VerifyBackupOptions = {},
): Promise<VerifiedBackup> {
  const { fs = localFs, full = false, now = (): Date => new Date() } = options;
  const { manifest, problems: wrongFiles } = await verifyFiles(directory, options);
  const problems = [...wrongFiles];
  let findings: readonly FindingEvent[] = [];
  // What is known to be damaged is not opened.
  if (full && manifest !== null && problems.length === 0) {
    const judged = await verifyContents(directory, manifest, options);
    findings = judged.findings;
    problems.push(...judged.problems);
  }
  const verification: Verification = {
    at: now().toISOString(),
    level: full ? "full" : "digests",
    good: problems.length === 0,
    problems,
    confirmedAt: manifest === null ? null : readVerification(fs, directory)?.confirmedAt ?? null,
  };
  const isRecorded = manifest !== null && record(directory, verification, fs);
  return { manifest, verification, findings, isRecorded };
}

function record(
  directory: string,
  verification: Verification,
  fs: NonNullable<VerifyOptions["fs"]>,
): boolean {
  try {
    writeVerification(fs, directory, verification);
    return true;
  } catch {
    // Backups may well lie where nobody can write.
    return false;
  }
}

async function verifyContents(
  directory: string,
  manifest: BackupManifest,
  options: VerifyBackupOptions,
): Promise<{ findings: readonly FindingEvent[]; problems: BackupProblem[] }> {
  const { fs = localFs, signal, onProgress } = options;
  const copy = join(directory, FILES_DIRECTORY_NAME);
  const { findings, summary, collections } = await judgeCopy(copy, copy, {
    fs,
    signal,
    onProgress,
  });
  const problems = compareContents(manifest.collections, collections);
  // A backup that is marked as not good was made of a damaged store, and is what it says.
  if (isDamaged(summary) && manifest.good) {
    const codes = [...new Set(findings.map(({ code }) => code))].join(", ");
    problems.push({
      path: FILES_DIRECTORY_NAME,
      problem: `The full check finds damage that it did not find before: ${codes}`,
    });
  }
  return { findings, problems };
}

/** Names the collections that do not hold what the manifest says. */
function compareContents(
  expected: readonly CollectionContents[],
  actual: readonly CollectionContents[],
): BackupProblem[] {
  const byId = new Map(actual.map((collection) => [collection.id, collection]));
  const problems = expected.flatMap((collection) => {
    const found = byId.get(collection.id);
    byId.delete(collection.id);
    if (found?.hash === collection.hash) return [];
    const what = found === undefined
      ? "is not there"
      : `has ${found.records} records with another hash, and not ${collection.records}`;
    return [`The collection "${collection.name}" ${what}`];
  });
  for (const { name } of byId.values()) {
    problems.push(`The collection "${name}" is not in the manifest`);
  }
  return problems.map((problem) => ({ path: FILES_DIRECTORY_NAME, problem }));
}
