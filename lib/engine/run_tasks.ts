/**
 * Running the tasks of a check: small ones here, large ones side by side in Workers.
 *
 * @module
 */

import { OperationError, type OperationErrorCode } from "../base/errors.ts";
import { letOthersRun } from "../base/turns.ts";
import type { FormatName } from "../model/report.ts";
import type { CheckTask, StoreFormat, TaskFailure, TaskResult } from "../model/store.ts";
import { type Deadline, isOver, startTimer } from "./deadline.ts";

/** What a Worker sends back. */
export type WorkerAnswer =
  | { readonly kind: "progress"; readonly sizeBytes: number }
  | { readonly kind: "result"; readonly result: TaskResult }
  | { readonly kind: "error" } & TaskFailure;

/** What a Worker is sent. */
export interface WorkerOrder {
  /** The format whose task it is. */
  readonly format: FormatName;
  /** The task. */
  readonly task: CheckTask;
  /** Four bytes that are not 0 once nobody wants its result any more. */
  readonly stop: SharedArrayBuffer;
}

/** How tasks are run. */
export interface RunOptions {
  /** How many threads work at the most. */
  readonly jobs: number;
  /** Ends the run when it is aborted. */
  readonly signal: AbortSignal | undefined;
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

/** Below this a check is done before a Worker has started. */
const WORKER_THRESHOLD_BYTES = 24 << 20;

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

/**
 * Runs every task.
 *
 * @param format The format whose tasks they are.
 * @param tasks The tasks.
 * @param options How many threads, the signal, and who is told of progress.
 * @returns The results, and why parts could not be read.
 * @throws {OperationError} The store is in use, or the signal was aborted.
 */
export async function runTasks(
  format: StoreFormat,
  tasks: readonly CheckTask[],
  options: RunOptions,
): Promise<TaskOutcomes> {
  const totalBytes = tasks.reduce((sum, task) => sum + task.sizeBytes, 0);
  // What runs here cannot be stopped in the middle, and lets nobody else run: not even one large
  // task alone does.
  const isWorthThreads = options.deadline !== undefined || tasks.length === 1 || options.jobs > 1;
  const run = new TaskRun(tasks);
  if (totalBytes < WORKER_THRESHOLD_BYTES || !isWorthThreads) await runHere(format, run, options);
  else await runInWorkers(format, run, options);
  return run.outcomes;
}

/** What becomes of each task. */
class TaskRun {
  readonly #results = new Map<CheckTask, TaskResult>();
  readonly #failures: OperationError[] = [];
  readonly #unfinished: UnfinishedTask[] = [];
  readonly tasks: readonly CheckTask[];

  constructor(tasks: readonly CheckTask[]) {
    this.tasks = tasks;
  }

  finish(task: CheckTask, result: TaskResult): void {
    this.#results.set(task, result);
    if (result.failure !== undefined) this.fail(revive(result.failure));
  }

  stop(task: CheckTask, ranMs: number): void {
    this.#unfinished.push({ task, ranMs });
  }

  /** Lets pass what concerns one part alone, and throws everything else. */
  fail(error: unknown): void {
    if (!isPartial(error)) throw error;
    this.#failures.push(error);
  }

  get outcomes(): TaskOutcomes {
    return {
      results: this.tasks.flatMap((task) => this.#results.get(task) ?? []),
      resultOf: this.#results,
      failures: this.#failures,
      unfinished: this.#unfinished,
    };
  }
}

async function runHere(
  format: StoreFormat,
  run: TaskRun,
  { signal, onRead, deadline }: RunOptions,
): Promise<void> {
  for (const task of run.tasks) {
    // Tasks block; between two of them a signal and the progress bar get their turn.
    await letOthersRun();
    throwIfCancelled(signal);
    if (isOver(deadline)) {
      run.stop(task, 0);
      continue;
    }
    const progress = new TaskProgress(task, onRead);
    try {
      const context = {
        progress: (sizeBytes: number): void => {
          // A task that waits for something now and then can be ended there.
          throwIfCancelled(signal);
          progress.add(sizeBytes);
        },
      };
      run.finish(task, await format.runTask(task, context));
    } catch (error) {
      run.fail(error);
    }
    progress.finish();
  }
}

/** Counts the bytes of one task: as it tells of them, and the rest when it is done. */
class TaskProgress {
  readonly #onRead: (sizeBytes: number) => void;
  #leftBytes: number;

  constructor(task: CheckTask, onRead: (sizeBytes: number) => void) {
    this.#leftBytes = task.sizeBytes;
    this.#onRead = onRead;
  }

  add(sizeBytes: number): void {
    const counted = Math.min(sizeBytes, this.#leftBytes);
    this.#leftBytes -= counted;
    this.#onRead(counted);
  }

  finish(): void {
    this.add(this.#leftBytes);
  }
}

async function runInWorkers(
  format: StoreFormat,
  run: TaskRun,
  options: RunOptions,
): Promise<void> {
  const { deadline, signal } = options;
  // The longest first, so that no thread is left with a long task while the others are done.
  const queue = deadline === undefined
    ? run.tasks.toSorted((a, b) => weigh(b) - weigh(a))
    : [...run.tasks];
  const threads = Array.from(
    { length: Math.min(options.jobs, run.tasks.length) },
    () => new TaskThread(format, options),
  );
  const cancel = (): void => threads.forEach((thread) => thread.stop(CANCELLED));
  signal?.addEventListener("abort", cancel);
  const stopTimer = startTimer(
    deadline,
    () => threads.forEach((thread) => thread.stop(OUT_OF_TIME)),
  );
  try {
    throwIfCancelled(signal);
    await Promise.all(threads.map((thread) => serveQueue(thread, queue, run, deadline)));
  } finally {
    stopTimer();
    signal?.removeEventListener("abort", cancel);
    cancel();
  }
}

function weigh({ sizeBytes, wholeBytes }: CheckTask): number {
  return wholeBytes ?? sizeBytes;
}

async function serveQueue(
  thread: TaskThread,
  queue: CheckTask[],
  run: TaskRun,
  deadline: Deadline | undefined,
): Promise<void> {
  for (let task = queue.shift(); task !== undefined; task = queue.shift()) {
    if (thread.isStopped || isOver(deadline)) {
      run.stop(task, 0);
      continue;
    }
    const startedMs = deadline?.nowMs() ?? 0;
    try {
      run.finish(task, await thread.run(task));
    } catch (error) {
      if (error === OUT_OF_TIME) run.stop(task, (deadline?.nowMs() ?? 0) - startedMs);
      else run.fail(error);
    }
  }
  thread.stop(CANCELLED);
}

const CANCELLED = new OperationError("cancelled", "The check was cancelled");

/** Tells a thread's promise that the time was over; it never leaves this module. */
const OUT_OF_TIME = new OperationError("cancelled", "The time of the check was over");

/** One Worker that is given a task at a time. */
class TaskThread {
  readonly #format: StoreFormat;
  readonly #options: RunOptions;
  readonly #worker: Worker;
  readonly #stop = new SharedArrayBuffer(4);
  #fail: (error: OperationError) => void = () => {};
  /** Whether it takes no more tasks. */
  isStopped = false;

  constructor(format: StoreFormat, options: RunOptions) {
    this.#format = format;
    this.#options = options;
    this.#worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  }

  run(task: CheckTask): Promise<TaskResult> {
    const progress = new TaskProgress(task, this.#options.onRead);
    return new Promise((resolve, reject) => {
      this.#fail = reject;
      this.#worker.onmessage = (event: MessageEvent<WorkerAnswer>): void => {
        const answer = event.data;
        if (answer.kind === "progress") {
          progress.add(answer.sizeBytes);
        } else if (answer.kind === "result") {
          progress.finish();
          resolve(answer.result);
        } else {
          reject(revive(answer));
        }
      };
      this.#worker.onerror = (event): void => {
        event.preventDefault();
        reject(new OperationError("internal", `A thread of the check failed: ${event.message}`));
      };
      const format = this.#format.name;
      this.#worker.postMessage({ format, task, stop: this.#stop } satisfies WorkerOrder);
    });
  }

  stop(reason: OperationError): void {
    this.isStopped = true;
    // The runtime ends no thread in the middle of a task; that would go on for nothing.
    Atomics.store(new Int32Array(this.#stop), 0, 1);
    this.#worker.terminate();
    this.#fail(reason);
  }
}

function revive({ code, message, path, hint }: TaskFailure): OperationError {
  return new OperationError(code, message, {
    ...(path === null ? {} : { path }),
    ...(hint === null ? {} : { hint }),
  });
}

/**
 * Does a part of a check that ends with whatever reason its signal has.
 *
 * @param work The part.
 * @param signal The signal.
 * @returns What the work returns.
 * @throws {OperationError} `cancelled`: the signal was aborted; and what the work throws.
 */
export async function orCancelled<Result>(
  work: () => Promise<Result>,
  signal: AbortSignal | undefined,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throwIfCancelled(signal);
    throw error;
  }
}

/** Ends a check whose signal was aborted. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new OperationError("cancelled", "The check was cancelled");
}
