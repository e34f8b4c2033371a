/**
 * Sealing a store: a full check first, then checksums of every block of every file, with the stamps
 * that the files had before and after.
 *
 * What is sealed is what a backup copies, whoever wrote it. The files that SQLite keeps beside its
 * database are not: they hold the rest of a transaction, and whoever opens the database next
 * rewrites both.
 *
 * @module
 */

import { join } from "@std/path";
import { OperationError } from "../base/errors.ts";
import { pauseUnlessAborted } from "../base/pause.ts";
import { runAtOnce } from "../base/turns.ts";
import type { CheckOptions } from "../engine/check_options.ts";
import { withOwnStore } from "../engine/own_store.ts";
import { runCheck } from "../engine/run_check.ts";
import { throwIfCancelled } from "../engine/cancelled.ts";
import { localFs } from "../fs/platform.ts";
import { BoundedFile, stampFile } from "../fs/read_fs.ts";
import type { RecoveredChange } from "../fs/recover.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import type { FindingEvent, SummaryEvent } from "../model/report.ts";
import type { DetectedStore, LeftOut } from "../model/store.ts";
import { formatByName, requireStore } from "../stores/registry.ts";
import { type ReadBlocksOptions, sumBlocks } from "./block_sums.ts";
import type { StoredHistory } from "./history.ts";
import { type SealFile, writeSeal } from "./seal_file.ts";
import type { Seal, SealedFile } from "./seal_format.ts";
import { isPortablePath, isSameStamp, lastChangeMs, RACY_MS, type Stamp } from "./stamp.ts";

/** How a store is sealed. */
export interface SealOptions extends Pick<CheckOptions, "signal" | "onProgress" | "jobs"> {
  /** The file of the seal; in the work directory of the store when left out. */
  readonly output?: string | undefined;
  /** Seals the store even where it is damaged. */
  readonly force?: boolean;
  /** Takes in what the check finds, so that an incremental check can begin with it. */
  readonly history?: StoredHistory;
  /** The time of day. */
  readonly now?: () => Date;
  /** Waits, but not beyond the signal; a test need not. */
  readonly wait?: (durationMs: number, signal: AbortSignal | undefined) => Promise<void>;
  /** The file system. */
  readonly fs?: WriteFs;
  /** Is told of changes that a crash had interrupted. */
  readonly onRecovered?: (change: RecoveredChange) => void;
}

/** What came of sealing a store. */
export interface SealOutcome {
  /** The seal, or null where the store is damaged. */
  readonly file: SealFile | null;
  /** What the check found. */
  readonly findings: readonly FindingEvent[];
  /** The end of the check. */
  readonly summary: SummaryEvent;
  /** What was not sealed, and why. */
  readonly leftOut: readonly LeftOut[];
  /** Why what the check found is not kept for an incremental one, or null. */
  readonly notKept: string | null;
}

/**
 * Checks a store in full and seals it.
 *
 * @param path The store's directory.
 * @param options Where the seal goes, and whether a damaged store is sealed too.
 * @returns The seal, and what the check found; no seal where that is an error or worse.
 * @throws {OperationError} The store is in use, cannot be read, or the seal cannot be written.
 */
export async function createSeal(path: string, options: SealOptions = {}): Promise<SealOutcome> {
  const { fs = localFs, onRecovered, history } = options;
  const recovery = onRecovered === undefined ? {} : { onRecovered };
  return await withOwnStore(path, { fs, ...recovery }, async () => {
    const store = requireStore(path);
    const { files, leftOut } = listSealed(store);
    await settle(files, options);
    // An engine at work is noticed here already, before the check has read all it writes.
    requireUnchanged(store, files);
    const { findings, summary } = await checkWhole(store, options);
    const isSound = summary.counts.fatal + summary.counts.error === 0;
    const found = { findings, summary, leftOut, notKept: null };
    if (!isSound && options.force !== true) return { file: null, ...found };
    const seal = await readSealed(store, files, isSound, options);
    const file = writeSeal(fs, store.path, seal, options.output);
    return { file, ...found, notKept: history?.keep() ?? null };
  });
}

/** Lists what is sealed, as it is now, and what is not. */
function listSealed(store: DetectedStore): { files: Stamp[]; leftOut: LeftOut[] } {
  const plan = runAtOnce(formatByName(store.format).planSnapshot(store));
  const unusable = plan.files.filter(({ path }) => !isPortablePath(path));
  return {
    files: plan.files.filter(({ path }) => isPortablePath(path)),
    leftOut: [
      ...plan.leftOut,
      ...unusable.map(({ path }) => ({ path, reason: "its name has a backslash or a drive" })),
    ],
  };
}

/** What is written within the tick of the clock in which its stamp was taken keeps that stamp. */
async function settle(
  files: readonly Stamp[],
  { now = () => new Date(), wait = pauseUnlessAborted, signal }: SealOptions,
): Promise<void> {
  const newestMs = files.reduce((newest, file) => Math.max(newest, lastChangeMs(file)), 0);
  const ageMs = now().getTime() - newestMs;
  if (ageMs < RACY_MS) await wait(Math.min(RACY_MS, RACY_MS - ageMs), signal);
  throwIfCancelled(signal);
}

async function checkWhole(
  store: DetectedStore,
  { signal, onProgress, jobs, history }: SealOptions,
): Promise<Pick<SealOutcome, "findings" | "summary">> {
  const findings: FindingEvent[] = [];
  const events = runCheck(store.path, {
    level: "full",
    ...(signal === undefined ? {} : { signal }),
    ...(onProgress === undefined ? {} : { onProgress }),
    ...(jobs === undefined ? {} : { jobs }),
    ...(history === undefined ? {} : { history }),
  });
  for await (const event of events) {
    if (event.type === "summary") return { findings, summary: event };
    findings.push(event);
  }
  throw new OperationError("internal", "The check ended without a summary", { path: store.path });
}

async function readSealed(
  store: DetectedStore,
  stamps: readonly Stamp[],
  isSound: boolean,
  { signal, now = () => new Date() }: SealOptions,
): Promise<Seal> {
  const createdAt = now().toISOString();
  const files: SealedFile[] = [];
  for (const stamp of stamps) files.push(await sealFile(store, stamp, { signal }));
  requireUnchanged(store, stamps);
  return { createdAt, store: store.path, format: store.format, isSound, files };
}

async function sealFile(
  store: DetectedStore,
  stamp: Stamp,
  options: ReadBlocksOptions,
): Promise<SealedFile> {
  const path = join(store.path, stamp.path);
  const now = stampFile(path, stamp.path);
  if (now === null || !isSameStamp(now, stamp)) throw inUse(store, stamp.path);
  using file = BoundedFile.open(path);
  if (file.sizeBytes !== stamp.sizeBytes) throw inUse(store, stamp.path);
  return { ...stamp, sums: await sumBlocks(file, options) };
}

function requireUnchanged(store: DetectedStore, stamps: readonly Stamp[]): void {
  const left = new Map(stamps.map((stamp) => [stamp.path, stamp]));
  for (const now of listSealed(store).files) {
    const before = left.get(now.path);
    if (before === undefined || !isSameStamp(before, now)) throw inUse(store, now.path);
    left.delete(now.path);
  }
  for (const path of left.keys()) throw inUse(store, path);
}

function inUse(store: DetectedStore, path: string): OperationError {
  return new OperationError("busy", `The store was written to while it was sealed: ${path}`, {
    path: store.path,
    hint: "Stop the process that uses the store, and seal it again.",
  });
}
