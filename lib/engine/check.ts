/**
 * Checking one store: survey, tasks, conclusion, and whether anything changed meanwhile.
 *
 * @module
 */

import { join } from "@std/path";
import { OperationError } from "../base/errors.ts";
import { stampFile } from "../fs/read_fs.ts";
import { countSeverities, drawVerdict, type Finding } from "../model/finding.ts";
import {
  type CheckEvent,
  type CheckLevel,
  SCHEMA_VERSION,
  type SkippedBytes,
  type SummaryEvent,
} from "../model/report.ts";
import type {
  CheckSettings,
  Conclusion,
  DetectedStore,
  FileStamp,
  StoreFormat,
  StoreSurvey,
  TaskResult,
} from "../model/store.ts";
import { formatByName, requireStore } from "../stores/registry.ts";
import { runTasks, throwIfCancelled } from "./run_tasks.ts";

/** From which age on the distance between index and catalogue is named. */
export const DEFAULT_STALE_SECONDS = 3600;

/** What a check can be told. */
export interface CheckOptions {
  /** How much is looked at; `full` when left out. */
  level?: CheckLevel;
  /** From which age of the index on its distance to the catalogue is named; 3600 seconds. */
  staleSeconds?: number;
  /** Ends the check; it then throws an error with the code `cancelled`. */
  signal?: AbortSignal;
  /** Is told how far a check of level `full` has come. */
  onProgress?: (progress: CheckProgress) => void;
  /** How many threads work at the most; as many as there are cores when left out. */
  jobs?: number;
}

/** How far a check has come. */
export interface CheckProgress {
  /** Bytes that were read so far. */
  readonly checkedBytes: number;
  /** Bytes that will be read in all. */
  readonly totalBytes: number;
}

/**
 * Checks a store and yields its findings, and the summary at the end. Nothing in the store is
 * written, not even a time stamp.
 *
 * @example
 * ```ts
 * import { checkStore } from "@vecfsck/vecfsck";
 *
 * async function isSafeToOpen(path: string): Promise<boolean> {
 *   for await (const event of checkStore(path, { level: "quick" })) {
 *     if (event.type === "summary") return event.counts.fatal + event.counts.error === 0;
 *   }
 *   return false;
 * }
 * console.log(typeof isSafeToOpen);
 * ```
 *
 * @param path The store's directory.
 * @param options The level, a signal, who is told of progress.
 * @yields Findings, then one summary. Where a part of the store cannot be read, the findings in
 * the others come before the error, and there is no summary.
 * @throws {OperationError} The store or a part of it cannot be read, is in use, or there is none.
 */
export async function* checkStore(
  path: string,
  options: CheckOptions = {},
): AsyncGenerator<CheckEvent, void, undefined> {
  const startedMs = performance.now();
  throwIfCancelled(options.signal);
  const store = requireStore(path);
  const settings: CheckSettings = {
    level: options.level ?? "full",
    staleSeconds: options.staleSeconds ?? DEFAULT_STALE_SECONDS,
  };
  const outcome = await checkUnchanged(store, settings, options);
  for (const finding of outcome.findings) {
    yield { type: "finding", schema: SCHEMA_VERSION, store: store.path, ...finding };
  }
  // Findings before it hold; what could not be read leaves no verdict.
  const [failure] = outcome.failures;
  if (failure !== undefined) throw failure;
  yield summarise(store, settings.level, outcome, performance.now() - startedMs);
}

/** What one pass over a store gives. */
interface CheckOutcome {
  readonly survey: StoreSurvey;
  readonly findings: readonly Finding[];
  readonly results: readonly TaskResult[];
  readonly conclusion: Conclusion;
  readonly failures: readonly OperationError[];
}

/**
 * Checks a store whose files did not change meanwhile: what is read while an engine writes looks
 * like damage and is none. One more try; then the store is in use.
 */
async function checkUnchanged(
  store: DetectedStore,
  settings: CheckSettings,
  options: CheckOptions,
): Promise<CheckOutcome> {
  for (const last of [false, true]) {
    const attempt = await checkOnce(store, settings, options);
    if (attempt.changed.length === 0 && attempt.outcome !== null) return attempt.outcome;
    if (attempt.changed.length === 0 || last) throw attempt.error ?? busy(store, attempt.changed);
  }
  throw busy(store, []);
}

async function checkOnce(
  store: DetectedStore,
  settings: CheckSettings,
  options: CheckOptions,
): Promise<{ outcome: CheckOutcome | null; changed: string[]; error: unknown }> {
  const format = formatByName(store.format);
  const survey = format.survey(store, settings);
  let outcome: CheckOutcome | null = null;
  let error: unknown = null;
  try {
    outcome = await runSurveyed(format, survey, options);
  } catch (failure) {
    error = failure;
  } finally {
    survey.release();
  }
  return { outcome, changed: findChanged(store, survey.files), error };
}

async function runSurveyed(
  format: StoreFormat,
  survey: StoreSurvey,
  options: CheckOptions,
): Promise<CheckOutcome> {
  const totalBytes = survey.tasks.reduce((sum, task) => sum + task.sizeBytes, 0);
  let checkedBytes = 0;
  const { results, failures } = await runTasks(format, survey.tasks, {
    jobs: options.jobs ?? navigator.hardwareConcurrency,
    signal: options.signal,
    onRead(sizeBytes): void {
      checkedBytes = Math.min(totalBytes, checkedBytes + sizeBytes);
      options.onProgress?.({ checkedBytes, totalBytes });
    },
  });
  const conclusion = format.conclude(survey, results);
  const findings = [
    ...survey.findings,
    ...results.flatMap((result) => result.findings),
    ...conclusion.findings,
  ];
  return { survey, findings, results, conclusion, failures };
}

function findChanged(store: DetectedStore, files: readonly FileStamp[]): string[] {
  return files.filter((before) => {
    const now = stampFile(join(store.path, before.path), before.path);
    return now === null || now.modifiedMs !== before.modifiedMs || now.inode !== before.inode ||
      (now.sizeBytes !== before.sizeBytes && !before.aggregate);
  }).map((file) => file.path);
}

function busy(store: DetectedStore, changed: readonly string[]): OperationError {
  const which = changed.length === 0 ? "" : `: ${changed.slice(0, 3).join(", ")}`;
  return new OperationError("busy", `The store was written to during the check${which}`, {
    path: store.path,
    hint: "Stop the process that uses the store, or check a backup of it.",
  });
}

function summarise(
  store: DetectedStore,
  level: CheckLevel,
  outcome: CheckOutcome,
  elapsedMs: number,
): SummaryEvent {
  const counts = countSeverities(outcome.findings);
  const presentBytes = outcome.survey.files.reduce((sum, file) => sum + file.sizeBytes, 0);
  const bytesChecked = sumCheckedBytes(outcome.survey.files, outcome.results);
  const bytesSkipped = presentBytes - bytesChecked;
  return {
    type: "summary",
    schema: SCHEMA_VERSION,
    store: store.path,
    format: store.format,
    engine: outcome.survey.engine,
    level,
    verdict: drawVerdict(counts),
    counts,
    collections: outcome.survey.collections,
    records: outcome.conclusion.records,
    bytesChecked,
    bytesSkipped,
    skipped: explainSkipped(outcome, bytesSkipped, level),
    elapsedMs: Math.round(elapsedMs),
  };
}

function sumCheckedBytes(files: readonly FileStamp[], results: readonly TaskResult[]): number {
  return files.reduce((sum, file) => {
    const checked = results.reduce((bytes, task) => bytes + (task.checkedBytes[file.path] ?? 0), 0);
    return sum + Math.min(file.sizeBytes, checked);
  }, 0);
}

/** Gives every skipped byte a reason: what survey and tasks named, and the rest to the level. */
function explainSkipped(
  { survey, results }: CheckOutcome,
  bytesSkipped: number,
  level: CheckLevel,
): SkippedBytes[] {
  const sizes = new Map<string, number>();
  const named = [...survey.skipped, ...results.flatMap((result) => result.skipped ?? [])];
  let rest = bytesSkipped;
  for (const { reason, sizeBytes } of named) {
    // Stamps are older than what the tasks saw, so the parts are held against the whole.
    const counted = Math.min(sizeBytes, rest);
    if (counted > 0) sizes.set(reason, (sizes.get(reason) ?? 0) + counted);
    rest -= counted;
  }
  if (rest > 0) sizes.set(level === "quick" ? "not read at this level" : "not readable", rest);
  return Array.from(sizes, ([reason, sizeBytes]) => ({ reason, sizeBytes }));
}
