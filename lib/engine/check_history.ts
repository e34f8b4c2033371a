/**
 * What earlier checks of a store have found, as a check uses it: parts whose files have not changed
 * since can be left out, and the part that was read longest ago comes first where time is short.
 *
 * Who keeps it, and where, is no matter of the engine (`lib/seal` does).
 *
 * @module
 */

import { formatDuration } from "../base/format.ts";
import type { CheckTask, FileStamp, KeptReading, TaskResult } from "../model/store.ts";
import type { TaskOutcomes } from "./task_run.ts";

/** What a task found in an earlier check. */
export interface EarlierResult {
  /** What it found. */
  readonly result: TaskResult;
  /** When that check began, in milliseconds since 1970. */
  readonly verifiedMs: number;
}

/** What a task learned in an earlier check from some of its files. */
export interface EarlierReading {
  /** What it learned. */
  readonly kept: KeptReading;
  /** When that check began, in milliseconds since 1970. */
  readonly verifiedMs: number;
}

/** All that is known of a task from earlier checks. */
export interface RecalledTask {
  /** What it found, where nothing that it reads has changed since; else null. */
  readonly earlier: EarlierResult | null;
  /** What it learned of some of its files, where these have not changed since; else null. */
  readonly reading: EarlierReading | null;
  /** The longest that it ran without getting to its end, in milliseconds. */
  readonly unfinishedMs: number;
  /** When it last had nearly all the time of a check and did not get to its end; 0 when it never. */
  readonly triedMs: number;
}

/** What became of one task of a check. */
export interface TaskEntry {
  /** The task. */
  readonly task: CheckTask;
  /** What was known of it before. */
  readonly recalled: RecalledTask;
  /** What it found now, or null when it was not run to its end. */
  readonly fresh: TaskResult | null;
  /** Whether it spared the files of {@linkcode RecalledTask.reading}. */
  readonly spared: boolean;
  /** How long it ran before the time was over, in milliseconds; null when it was not stopped. */
  readonly stoppedMs: number | null;
  /** Whether it had nearly all the time that there was. */
  readonly hadItsTurn: boolean;
}

/** A check during which nothing changed, to be remembered. */
export interface FinishedCheck {
  /** When it began, in milliseconds since 1970. */
  readonly startedMs: number;
  /** The files of the store. */
  readonly files: readonly FileStamp[];
  /** What became of every task. */
  readonly entries: readonly TaskEntry[];
  /** Whether no finding is an error or worse. */
  readonly isSound: boolean;
}

/** What earlier checks of one store have found. */
export interface CheckHistory {
  /** Whether the last check found nothing that is an error or worse. */
  readonly wasSound: boolean;
  /** The time of day, in milliseconds since 1970. */
  nowMs(): number;
  /** Tells what is known of a task, given the files of the store as they are. */
  recall(task: CheckTask, files: readonly FileStamp[]): RecalledTask;
  /** Takes in what a check has found. */
  record(check: FinishedCheck): void;
}

/** How earlier checks are used. */
export interface HistoryOptions {
  /** What earlier checks have found; nothing is remembered when left out. */
  readonly history?: CheckHistory;
  /** Leaves out what has not changed since the last check, if that found no damage. */
  readonly skipUnchanged?: boolean;
  /** Ends the check after so long; what was read longest ago is read first. */
  readonly maxDurationMs?: number;
}

/** Which tasks are run, and what is known of all. */
export interface HistoryPlan {
  /** The tasks that are run, in their order; some of them spare files. */
  readonly tasks: readonly CheckTask[];
  /** Turns what became of them into one entry for each task of the survey, in its order. */
  settle(outcomes: TaskOutcomes): TaskEntry[];
}

/** A task that no earlier check has run. */
export const NOTHING_KNOWN: RecalledTask = {
  earlier: null,
  reading: null,
  unfinishedMs: 0,
  triedMs: 0,
};

/** A task that was stopped after this share of the time given cannot be done in it. */
const ALL_BUT = 0.9;

/**
 * Plans which tasks of a check are run.
 *
 * @param tasks The tasks of the survey.
 * @param files The files of the store as they are.
 * @param options What earlier checks have found, and how it is used.
 * @returns The plan.
 */
export function planTasks(
  tasks: readonly CheckTask[],
  files: readonly FileStamp[],
  { history, skipUnchanged = false, maxDurationMs }: HistoryOptions,
): HistoryPlan {
  const spares = skipUnchanged && history?.wasSound === true;
  const planned = tasks.map((task) => {
    const recalled = history?.recall(task, files) ?? NOTHING_KNOWN;
    const spared = spares && recalled.reading !== null;
    const isLeftOut = spares && recalled.earlier !== null;
    return { task, recalled, spared, run: isLeftOut ? null : toRun(task, recalled, spared) };
  });
  const run = planned.filter(({ run }) => run !== null);
  if (maxDurationMs !== undefined) {
    run.sort((one, other) => waitingSince(one.recalled) - waitingSince(other.recalled));
  }
  return {
    tasks: run.flatMap(({ run }) => run ?? []),
    settle: ({ resultOf, unfinished }) =>
      planned.map(({ task, recalled, spared, run }) => {
        const stoppedMs = unfinished.find((stopped) => stopped.task === run)?.ranMs ?? null;
        return {
          task,
          recalled,
          spared: spared && run !== null,
          fresh: run === null ? null : addKept(resultOf.get(run) ?? null, spared ? recalled : null),
          stoppedMs,
          hadItsTurn: stoppedMs !== null && stoppedMs >= ALL_BUT * (maxDurationMs ?? Infinity),
        };
      }),
  };
}

/** What cannot be done in the time that there is must not keep the others from being done. */
function waitingSince({ earlier, triedMs }: RecalledTask): number {
  return Math.max(earlier?.verifiedMs ?? 0, triedMs);
}

function toRun(task: CheckTask, { reading }: RecalledTask, spared: boolean): CheckTask {
  if (!spared || reading === null) return task;
  const { checkedBytes, data } = reading.kept;
  const sizeBytes = Math.max(0, task.sizeBytes - sumBytes(checkedBytes));
  return { ...task, sizeBytes, wholeBytes: task.sizeBytes, known: data };
}

function addKept(result: TaskResult | null, recalled: RecalledTask | null): TaskResult | null {
  const kept = recalled?.reading?.kept;
  if (result === null || kept === undefined) return result;
  return {
    ...result,
    findings: [...kept.findings, ...result.findings],
    skipped: [...kept.skipped, ...result.skipped ?? []],
  };
}

/** Adds up bytes by file. */
function sumBytes(bytes: Readonly<Record<string, number>>): number {
  return Object.values(bytes).reduce((sum, sizeBytes) => sum + sizeBytes, 0);
}

/** The result of a task that holds: from now, or else from an earlier check. */
export function standingResult({ fresh, recalled }: TaskEntry): TaskResult | null {
  return fresh ?? recalled.earlier?.result ?? null;
}

/** Bytes of a file that an earlier check has read and judged, and when. */
export interface EarlierBytes {
  /** The file. */
  readonly path: string;
  /** How many bytes of it. */
  readonly sizeBytes: number;
  /** When, in milliseconds since 1970. */
  readonly verifiedMs: number;
}

/**
 * Lists what earlier checks have read that this one has not read again.
 *
 * @param entry What became of a task.
 * @returns The bytes by file.
 */
export function listEarlierBytes({ fresh, recalled, spared }: TaskEntry): EarlierBytes[] {
  const { earlier, reading } = recalled;
  const source = fresh === null
    ? earlier === null ? null : { ...earlier, bytes: earlier.result.checkedBytes }
    : spared && reading !== null
    ? { ...reading, bytes: reading.kept.checkedBytes }
    : null;
  if (source === null) return [];
  const { bytes, verifiedMs } = source;
  const listed = Object.entries(bytes).map(([path, sizeBytes]) => ({
    path,
    sizeBytes,
    verifiedMs,
  }));
  // What an earlier check has itself taken over from a still earlier one is as old as that.
  if (fresh !== null || reading === null || reading.verifiedMs >= verifiedMs) return listed;
  const kept = Object.entries(reading.kept.checkedBytes).filter(([path]) => !(path in bytes))
    .map(([path, sizeBytes]) => ({ path, sizeBytes, verifiedMs: reading.verifiedMs }));
  return [...listed, ...kept];
}

/**
 * Says why a task has no result that holds.
 *
 * @param entry What became of the task.
 * @param maxDurationMs How long the check was given.
 * @returns The reason, for people; null when it was not stopped.
 */
export function explainUnfinished(
  { task, stoppedMs, recalled }: TaskEntry,
  maxDurationMs: number,
): string | null {
  if (stoppedMs === null) return null;
  const longestMs = Math.max(stoppedMs, recalled.unfinishedMs);
  if (longestMs < ALL_BUT * maxDurationMs) return "not reached in the time given";
  return `more than the ${formatDuration(maxDurationMs)} given is needed for ` +
    `${task.memo?.label ?? task.kind}, which was stopped after ${formatDuration(longestMs)}`;
}
