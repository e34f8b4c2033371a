/**
 * Reading the state of a store: one quick check, the numbers of its format, and what lies beside
 * it. Nothing is written.
 *
 * @module
 */

import { join, resolve } from "@std/path";
import { OperationError } from "../base/errors.ts";
import { pauseUnlessAborted } from "../base/pause.ts";
import { localFs } from "../fs/platform.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import { readDiskFree } from "../machine/disk.ts";
import { readMemory } from "../machine/memory.ts";
import type { CheckProgress } from "../engine/check_options.ts";
import type { CheckLevel } from "../model/report.ts";
import type { StoreStatistics } from "../model/statistics.ts";
import { type KnownCheck, readKnownCheck } from "../seal/known_check.ts";
import { STATE_NAME } from "../seal/places.ts";
import { formatByName, refuseFile, requireStore } from "../stores/registry.ts";
import {
  checkNow,
  type CheckObserver,
  combineVerdicts,
  findLastFullCheck,
  type FreshCheck,
} from "./read_health.ts";
import { readBackups, readQuarantineStatus } from "./read_safety.ts";
import { notesDirectoryIn, readWatchNotes } from "./read_watch_notes.ts";
import { summariseGrowth, summariseWatch } from "./summarise_watch.ts";
import type { CollectionsStatus, HealthStatus, SystemStatus } from "./system_status.ts";

/** How the state of a store is read. */
export interface StatusOptions {
  /** How much is looked at just now; `quick` when left out. */
  level?: CheckLevel;
  /** The directory of backups; the one beside the store when left out. */
  backups?: string;
  /** The directory of the notes of a watch, where its configuration names one. */
  notes?: string | null;
  /** Ends the reading; it then throws an error with the code `cancelled`. */
  signal?: AbortSignal;
  /** How many threads work at the most; as many as there are cores when left out. */
  jobs?: number;
}

/** How long is waited before each new try while something writes to the store. */
const PAUSES_MS: readonly number[] = [100, 300, 1000];

/** How it is read within this program. */
export interface ReadStatusOptions extends StatusOptions {
  /** The file system. */
  readonly fs?: WriteFs;
  /** The time of day. */
  readonly now?: () => Date;
  /** A clock in milliseconds that only goes forward. */
  readonly clockMs?: () => number;
  /** How to wait. */
  readonly pause?: (durationMs: number, signal: AbortSignal | undefined) => Promise<void>;
  /** How long is waited before each new try while something writes to the store. */
  readonly pausesMs?: readonly number[];
  /** Is told what the check finds. */
  readonly observer?: CheckObserver;
  /** Is told how far the check has come. */
  readonly onProgress?: (progress: CheckProgress) => void;
}

/**
 * Reads the state of a store, in about the time of a quick check. Nothing in the store is written.
 *
 * @example
 * ```ts
 * import { systemStatus } from "@vecfsck/vecfsck";
 *
 * async function report(path: string): Promise<void> {
 *   const { health, collections, records, backups } = await systemStatus(path);
 *   console.log(health.verdict, collections?.damaged, records, backups?.newestGood?.ageSeconds);
 * }
 * console.log(typeof report);
 * ```
 *
 * @param path The store's directory.
 * @param options How much is looked at, and where the backups are.
 * @returns The state.
 * @throws {OperationError} The store cannot be read, is in use, or there is none.
 */
export async function systemStatus(
  path: string,
  options: StatusOptions = {},
): Promise<SystemStatus> {
  return await readStatus(path, options);
}

/**
 * Reads the state of a store as {@linkcode systemStatus} does, in a world that the caller gives.
 *
 * @param path The store's directory.
 * @param options The same, and the world.
 * @returns The state.
 * @throws {OperationError} The store cannot be read, is in use, or there is none.
 */
export async function readStatus(
  path: string,
  options: ReadStatusOptions = {},
): Promise<SystemStatus> {
  const { fs = localFs, now = () => new Date(), clockMs = () => performance.now() } = options;
  const { backups: directory } = options;
  const startedMs = clockMs();
  refuseFile(path);
  const fresh = await checkPatiently(resolve(path), options);
  const store = requireStore(path);
  const statistics = formatByName(store.format).readStatistics(store, fresh.files);
  const known = readKnownCheck(fs, store.path, historyFileIn(options.notes, store.path));
  const time = now();
  const { signal } = options;
  const backups = await readBackups(store.path, { fs, directory, now: time, signal });
  const { notes } = readWatchNotes(fs, store.path, options.notes);
  const { summary } = fresh;
  const { vectors, pendingWrites, driftSeconds, queue, sizes } = statistics;
  const collections = countCollections(statistics, fresh, known);
  return {
    store: store.path,
    format: store.format,
    engine: summary.engine,
    at: time.toISOString(),
    health: judgeHealth(statistics, fresh, known),
    lastFullCheck: findLastFullCheck(
      { fresh: summary, known, backups: backups?.backups ?? [] },
      time,
    ),
    collections,
    records: summary.records ?? addRecords(collections),
    vectors,
    missingVectors: collections === null ? null : fresh.missingVectors,
    pendingWrites,
    driftSeconds,
    queue,
    sizes,
    backups: backups?.status ?? null,
    quarantine: await readQuarantineStatus(fs, store.path, statistics.movedAside),
    interruptedChanges: fresh.interruptedChanges,
    diskFreeBytes: readDiskFree(fs, store.path),
    memory: readMemory(),
    growth: notes === null ? null : summariseGrowth(notes, time),
    watch: notes === null ? null : summariseWatch(notes, time),
    elapsedMs: Math.round(clockMs() - startedMs),
  };
}

/** A watch with a directory for notes has its checks note down there what they find. */
function historyFileIn(notes: string | null | undefined, store: string): string | undefined {
  return typeof notes === "string" ? join(notesDirectoryIn(notes, store), STATE_NAME) : undefined;
}

/** A store at work is written to for moments: between them it can be looked at. */
async function checkPatiently(store: string, options: ReadStatusOptions): Promise<FreshCheck> {
  const { level = "quick", signal, jobs, onProgress, observer } = options;
  const { pause = pauseUnlessAborted, pausesMs = PAUSES_MS } = options;
  const checkOptions = {
    level,
    ...(signal === undefined ? {} : { signal }),
    ...(jobs === undefined ? {} : { jobs }),
    ...(onProgress === undefined ? {} : { onProgress }),
  };
  for (let tries = 0;; tries++) {
    try {
      return await checkNow(store, checkOptions, observer);
    } catch (error) {
      const durationMs = pausesMs[tries];
      const isBusy = error instanceof OperationError && error.code === "busy";
      if (!isBusy || durationMs === undefined) throw error;
      await pause(durationMs, signal);
      signal?.throwIfAborted();
    }
  }
}

function judgeHealth(
  { isRefused }: StoreStatistics,
  { summary, kinds, ...fresh }: FreshCheck,
  known: KnownCheck | null,
): HealthStatus {
  const { level, counts } = summary;
  const verdict = combineVerdicts(summary.verdict, known);
  return { verdict, level, counts, kinds, isRefused: fresh.isRefused || isRefused };
}

function countCollections(
  { collections }: StoreStatistics,
  { damagedCollections }: FreshCheck,
  known: KnownCheck | null,
): CollectionsStatus | null {
  if (collections === null) return null;
  const earlier = new Set(known?.isCurrent ? known.damagedCollections : []);
  const each = collections.map(({ name, records, isBroken }) => ({
    name,
    records,
    isHealthy: !isBroken && !damagedCollections.has(name) && !earlier.has(name),
  }));
  const healthy = each.filter(({ isHealthy }) => isHealthy).length;
  return { total: each.length, healthy, damaged: each.length - healthy, each };
}

/** Adds up the records; null where those of one collection are not known. */
function addRecords(collections: CollectionsStatus | null): number | null {
  if (collections === null) return null;
  return collections.each.reduce<number | null>(
    (sum, { records }) => sum === null || records === null ? null : sum + records,
    0,
  );
}
