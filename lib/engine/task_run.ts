/**
 * A run of the tasks of a check: how they are run, and what becomes of each.
 *
 * @module
 */

import { OperationError, type OperationErrorCode } from "../base/errors.ts";
import type { CheckTask, TaskResult } from "../model/store.ts";
import type { Deadline } from "./deadline.ts";
import { reviveFailure } from "./task_failure.ts";
import type { ThreadShare } from "./thread_share.ts";

/** How tasks are run. */
export interface RunOptions {
  /** How many threads work at the most. */
  readonly jobs: number;
  /** Ends the run when it is aborted. */
  readonly signal: AbortSignal | undefined;
  /** Where threads besides the first come from; `jobs` alone counts when left out. */
  readonly share?: ThreadShare | undefined;
  /** Is told how many bytes were read. */
  readonly onRead: (sizeBytes: number) => void;
  /** When the run ends, whatever is left; the tasks are then begun in the order given. */
  readonly deadline?: Deadline | undefined;
}

/** A task that did not get to its end in time. */
export interface UnfinishedTask {
  /** The task. */
  readonly task: CheckTask;
  /** How long it ran before it was stopped; 0 when it was never begun. */
  readonly ranMs: number;
}

/** What a run gives: a file that cannot be read hides nothing of what the other tasks find. */
export interface TaskOutcomes {
  /** The results, in the order of the tasks. */
  readonly results: readonly TaskResult[];
  /** The same by task. */
  readonly resultOf: ReadonlyMap<CheckTask, TaskResult>;
  /** Why tasks could not read their part. */
  readonly failures: readonly OperationError[];
  /** The tasks that did not get to their end before the deadline. */
  readonly unfinished: readonly UnfinishedTask[];
}

/** Whether an error concerns one part of a store alone. */
export function isPartial(error: unknown): error is OperationError {
  return error instanceof OperationError && PARTIAL_CODES.includes(error.code);
}

const PARTIAL_CODES: readonly OperationErrorCode[] = [
  "link-loop",
  "not-a-directory",
  "not-found",
  "permission-denied",
  "read-failed",
];

/** What becomes of each task. */
export class TaskRun {
  readonly #results = new Map<CheckTask, TaskResult>();
  readonly #failures: OperationError[] = [];
  readonly #unfinished: UnfinishedTask[] = [];
  /** The tasks. */
  readonly tasks: readonly CheckTask[];

  /** Begins with none of them done. */
  constructor(tasks: readonly CheckTask[]) {
    this.tasks = tasks;
  }

  /** Takes the result of a task. */
  finish(task: CheckTask, result: TaskResult): void {
    this.#results.set(task, result);
    if (result.failure !== undefined) this.fail(reviveFailure(result.failure));
  }

  /** Notes that a task did not get to its end in time. */
  stop(task: CheckTask, ranMs: number): void {
    this.#unfinished.push({ task, ranMs });
  }

  /** Lets pass what concerns one part alone, and throws everything else. */
  fail(error: unknown): void {
    if (!isPartial(error)) throw error;
    this.#failures.push(error);
  }

  /** What the run gives. */
  get outcomes(): TaskOutcomes {
    return {
      results: this.tasks.flatMap((task) => this.#results.get(task) ?? []),
      resultOf: this.#results,
      failures: this.#failures,
      unfinished: this.#unfinished,
    };
  }
}

/** Counts the bytes of one task: as it tells of them, and the rest when it is done. */
export class TaskProgress {
  readonly #onRead: (sizeBytes: number) => void;
  #leftBytes: number;

  /** Begins with nothing of it read. */
  constructor(task: CheckTask, onRead: (sizeBytes: number) => void) {
    this.#leftBytes = task.sizeBytes;
    this.#onRead = onRead;
  }

  /** Counts bytes that were read. */
  add(sizeBytes: number): void {
    const counted = Math.min(sizeBytes, this.#leftBytes);
    this.#leftBytes -= counted;
    this.#onRead(counted);
  }

  /** Counts all that is left. */
  finish(): void {
    this.add(this.#leftBytes);
  }
}
