/**
 * Judging a copy of a store before it counts as a backup: the full check, what it holds, and
 * whether what it shares with the backup before is what that backup says.
 *
 * @module
 */

import { Turns } from "../base/turns.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import type { CheckProgress } from "../engine/check_options.ts";
import { collectCheck, type CollectedCheck } from "../engine/collect_check.ts";
import { readStoreContents } from "../engine/contents.ts";
import type { FindingEvent, SummaryEvent } from "../model/report.ts";
import type { CollectionContents } from "../model/store.ts";
import type { ListedBackup } from "./catalogue.ts";
import type { BackupFile } from "./manifest.ts";
import { hasDigest } from "./verify.ts";

/** How a copy is judged. */
export interface JudgeOptions {
  /** The file system. */
  readonly fs: WriteFs;
  /** Ends the work when it is aborted. */
  readonly signal: AbortSignal | undefined;
  /** Is told how far the check has come. */
  readonly onProgress: ((progress: CheckProgress) => void) | undefined;
}

/** What a copy of a store is like. */
export interface CopyVerdict {
  /** What the check has found. */
  readonly findings: readonly FindingEvent[];
  /** What the findings add up to. */
  readonly summary: SummaryEvent;
  /** What the collections hold; empty where a damaged store does not tell. */
  readonly collections: readonly CollectionContents[];
}

/** Whether the check has found damage. */
export function isDamaged({ counts }: Pick<SummaryEvent, "counts">): boolean {
  return counts.fatal + counts.error > 0;
}

/**
 * Checks a copy of a store at the full level and reads what it holds.
 *
 * @param copy The directory of the copy.
 * @param store The store, which the findings name.
 * @param options Who is told of progress.
 * @returns What the copy is like.
 * @throws {OperationError} It cannot be read.
 */
export async function judgeCopy(
  copy: string,
  store: string,
  options: JudgeOptions,
): Promise<CopyVerdict> {
  const { signal } = options;
  const [check, contents] = await Promise.allSettled([
    runCheck(copy, store, options),
    readStoreContents(copy, signal === undefined ? {} : { signal }),
  ]);
  if (check.status === "rejected") throw check.reason;
  const { findings, summary } = check.value;
  if (contents.status === "fulfilled") {
    return { findings, summary, collections: contents.value };
  }
  if (!isDamaged(summary)) throw contents.reason;
  return { findings, summary, collections: [] };
}

async function runCheck(
  copy: string,
  store: string,
  { signal, onProgress }: JudgeOptions,
): Promise<CollectedCheck> {
  const { findings, summary } = await collectCheck(copy, {
    ...(signal === undefined ? {} : { signal }),
    ...(onProgress === undefined ? {} : { onProgress }),
  });
  return {
    findings: findings.map((finding) => ({ ...finding, store })),
    summary: { ...summary, store },
  };
}

/**
 * Reads what a new backup shares with the one before, and finds what has rotten there.
 *
 * @param fs The file system.
 * @param previous The backup before, or null.
 * @param files The files of the new backup.
 * @param signal Ends the work when it is aborted.
 * @returns The shared files that are not what their digest says.
 */
export async function findRottenShares(
  fs: WriteFs,
  previous: ListedBackup | null,
  files: readonly BackupFile[],
  signal: AbortSignal | undefined,
): Promise<BackupFile[]> {
  const rotten: BackupFile[] = [];
  const turns = new Turns(signal);
  for (const file of files) {
    if (previous === null || file.sharedWith === null) continue;
    await turns.take();
    if (!await hasDigest(fs, previous.directory, file, signal)) rotten.push(file);
  }
  return rotten;
}
