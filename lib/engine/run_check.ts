/**
 * Checking one store: survey, tasks, conclusion, and whether anything changed meanwhile.
 *
 * @module
 */

import { join } from "@std/path";
import { OperationError } from "../base/errors.ts";
import { type Steps, Turns } from "../base/turns.ts";
import { stampFile } from "../fs/read_fs.ts";
import type { Finding } from "../model/finding.ts";
import { type CheckEvent, SCHEMA_VERSION } from "../model/report.ts";
import type {
  CheckSettings,
  Conclusion,
  DetectedStore,
  FileStamp,
  StoreFormat,
  StoreSurvey,
} from "../model/store.ts";
import { formatByName, requireStore } from "../stores/registry.ts";
import type { AuditResult, StoreAudit } from "./audit.ts";
import { orCancelled, throwIfCancelled } from "./cancelled.ts";
import type { CheckOptions } from "./check_options.ts";
import {
  type CheckHistory,
  type HistoryOptions,
  NOTHING_KNOWN,
  planTasks,
  standingResult,
  type TaskEntry,
} from "./check_history.ts";
import type { Deadline } from "./deadline.ts";
import {
  checkInterruptedChanges,
  checkInterruptedTransaction,
  explainMissingStore,
  readInterruptedChanges,
  readInterruptedTransaction,
} from "./interrupted.ts";
import { runTasks } from "./run_tasks.ts";
import { type CheckOutcome, isSound, summarise } from "./summarise.ts";
import type { ThreadShare } from "./thread_share.ts";

/** From which age on the distance between index and catalogue is named. */
export const DEFAULT_STALE_SECONDS = 3600;

/** What a check can be told within this program. */
export interface RunCheckOptions extends CheckOptions, HistoryOptions {
  /** What else the store is held against. */
  readonly audits?: readonly StoreAudit[];
  /** Where threads besides the first come from, where other checks run at the same time. */
  readonly share?: ThreadShare;
  /** A clock in milliseconds that only goes forward; this machine's when left out. */
  readonly clockMs?: () => number;
}

/**
 * Checks a store as {@linkcode checkStore} does, with what earlier checks have found and with what
 * else it is held against.
 *
 * @param path The store's directory, or an export file.
 * @param options What a check can be told.
 * @yields Findings, then one summary.
 * @throws {OperationError} The store or a part of it cannot be read, is in use, or there is none.
 */
export async function* runCheck(
  path: string,
  options: RunCheckOptions = {},
): AsyncGenerator<CheckEvent, void, undefined> {
  const { clockMs = () => performance.now(), maxDurationMs } = options;
  const startedMs = clockMs();
  const deadline = maxDurationMs === undefined
    ? undefined
    : { atMs: startedMs + maxDurationMs, nowMs: clockMs };
  throwIfCancelled(options.signal);
  const store = findStore(path, options);
  const settings: CheckSettings = {
    level: options.level ?? "full",
    staleSeconds: options.staleSeconds ?? DEFAULT_STALE_SECONDS,
    names: options.names ?? [],
    key: options.key ?? null,
  };
  const outcome = await checkUnchanged(store, settings, { ...options, deadline });
  for (const finding of outcome.findings) {
    yield { type: "finding", schema: SCHEMA_VERSION, store: store.path, ...finding };
  }
  // Findings before it hold; what could not be read leaves no verdict.
  const [failure] = outcome.failures;
  if (failure !== undefined) throw failure;
  yield summarise(store, outcome, {
    level: settings.level,
    maxDurationMs,
    nowMs: options.history?.nowMs() ?? outcome.startedMs,
    elapsedMs: clockMs() - startedMs,
  });
}

function findStore(path: string, { key }: CheckOptions): DetectedStore {
  try {
    return requireStore(path, { files: true, hasKey: key !== undefined });
  } catch (error) {
    throw explainMissingStore(error, path);
  }
}

/** The options of a check, with the moment at which it ends. */
type RunningOptions = RunCheckOptions & { readonly deadline: Deadline | undefined };

/**
 * Checks a store whose files did not change meanwhile: what is read while an engine writes looks
 * like damage and is none. One more try; then the store is in use.
 */
async function checkUnchanged(
  store: DetectedStore,
  settings: CheckSettings,
  options: RunningOptions,
): Promise<CheckOutcome> {
  for (const last of [false, true]) {
    const attempt = await checkOnce(store, settings, options);
    if (attempt.changed.length === 0 && attempt.outcome !== null) {
      remember(attempt.outcome, options.history);
      return attempt.outcome;
    }
    if (attempt.changed.length === 0 || last) throw attempt.error ?? busy(store, attempt.changed);
  }
  throw busy(store, []);
}

/** A part that could not be read was not verified, even where it once was. */
function remember(outcome: CheckOutcome, history: CheckHistory | undefined): void {
  const { startedMs, survey, entries, findings, failures } = outcome;
  if (failures.length > 0) return;
  history?.record({ startedMs, files: survey.files, entries, isSound: isSound(findings) });
}

async function checkOnce(
  store: DetectedStore,
  settings: CheckSettings,
  options: RunningOptions,
): Promise<{ outcome: CheckOutcome | null; changed: string[]; error: unknown }> {
  const format = formatByName(store.format);
  const startedMs = options.history?.nowMs() ?? Date.now();
  const interrupted = [
    ...checkInterruptedChanges(store.path, readInterruptedChanges(store.path)),
    ...checkInterruptedTransaction(readInterruptedTransaction(store.path)),
  ];
  const { signal } = options;
  const turns = new Turns(signal);
  const survey = await orCancelled(
    async () => await format.survey(store, settings, turns),
    signal,
  );
  let outcome: CheckOutcome | null = null;
  let error: unknown = null;
  try {
    outcome = await runSurveyed(format, store, { survey, startedMs, interrupted }, options);
  } catch (failure) {
    error = failure;
  } finally {
    survey.release();
  }
  const changed = await orCancelled(
    () => turns.run(findChanged(store, survey.files)),
    signal,
  );
  return { outcome, changed, error };
}

/** What is known before the tasks are run. */
interface Surveyed {
  readonly survey: StoreSurvey;
  readonly startedMs: number;
  readonly interrupted: readonly Finding[];
}

async function runSurveyed(
  format: StoreFormat,
  store: DetectedStore,
  surveyed: Surveyed,
  options: RunningOptions,
): Promise<CheckOutcome> {
  const { survey, startedMs, interrupted } = surveyed;
  const { signal, deadline, audits: wanted = [] } = options;
  const plan = planTasks(survey.tasks, survey.files, options);
  const onRead = countProgress([...plan.tasks, ...wanted], options);
  const jobs = options.jobs ?? navigator.hardwareConcurrency;
  const { share } = options;
  const outcomes = await runTasks(format, plan.tasks, { jobs, share, signal, onRead, deadline });
  const entries = plan.settle(outcomes);
  const conclusion = concludeOrNull(format, survey, entries);
  if (conclusion === null) {
    // What was remembered is no result of this format, whoever wrote it.
    return await runSurveyed(format, store, surveyed, forgetful(options));
  }
  const audits: AuditResult[] = [];
  for (const audit of wanted) audits.push(await audit.run(store, { signal, onRead }));
  const findings = [
    ...interrupted,
    ...survey.findings,
    ...entries.flatMap((entry) => standingResult(entry)?.findings ?? []),
    ...conclusion.findings,
    ...audits.flatMap((audit) => audit.findings),
  ];
  const failures = [...outcomes.failures, ...audits.flatMap((audit) => audit.failures)];
  return { startedMs, survey, findings, entries, audits, conclusion, failures };
}

function countProgress(
  parts: readonly { readonly sizeBytes: number }[],
  { onProgress }: CheckOptions,
): (sizeBytes: number) => void {
  const totalBytes = parts.reduce((sum, part) => sum + part.sizeBytes, 0);
  let checkedBytes = 0;
  return (sizeBytes) => {
    checkedBytes = Math.min(totalBytes, checkedBytes + sizeBytes);
    onProgress?.({ checkedBytes, totalBytes });
  };
}

/** Null where results from earlier checks cannot be what this format has left. */
function concludeOrNull(
  format: StoreFormat,
  survey: StoreSurvey,
  entries: readonly TaskEntry[],
): Conclusion | null {
  try {
    return format.conclude(survey, entries.flatMap((entry) => standingResult(entry) ?? []));
  } catch (error) {
    if (entries.every(({ fresh, recalled }) => fresh !== null || recalled.earlier === null)) {
      throw error;
    }
    return null;
  }
}

function forgetful(options: RunningOptions): RunningOptions {
  const { history } = options;
  if (history === undefined) return options;
  return {
    ...options,
    history: {
      wasSound: false,
      nowMs: () => history.nowMs(),
      recall: () => NOTHING_KNOWN,
      record: (check) => history.record(check),
    },
  };
}

function* findChanged(store: DetectedStore, files: readonly FileStamp[]): Steps<string[]> {
  const changed: string[] = [];
  for (const before of files) {
    const now = stampFile(join(store.path, before.path), before.path);
    const isChanged = now === null || now.modifiedMs !== before.modifiedMs ||
      now.inode !== before.inode || (now.sizeBytes !== before.sizeBytes && !before.aggregate);
    if (isChanged) changed.push(before.path);
    yield;
  }
  return changed;
}

function busy(store: DetectedStore, changed: readonly string[]): OperationError {
  // A store that is a file has no name within itself.
  const names = changed.filter((name) => name !== "");
  const which = names.length === 0 ? "" : `: ${names.slice(0, 3).join(", ")}`;
  return new OperationError("busy", `The store was written to during the check${which}`, {
    path: store.path,
    hint: "Stop the process that uses the store, or check a backup of it.",
  });
}
