/**
 * Running the tasks of a check: small ones here, large ones side by side in Workers.
 *
 * @module
 */

import { OperationError, type OperationErrorCode } from "../base/errors.ts";
import type { CheckTask, StoreFormat, TaskResult } from "../model/store.ts";

/** What a Worker sends back. */
export type WorkerAnswer =
  | { readonly kind: "progress"; readonly sizeBytes: number }
  | { readonly kind: "result"; readonly result: TaskResult }
  | {
    readonly kind: "error";
    readonly code: OperationErrorCode;
    readonly message: string;
    readonly path: string | null;
    readonly hint: string | null;
  };

/** How tasks are run. */
export interface RunOptions {
  /** How many threads work at the most. */
  readonly jobs: number;
  /** Ends the run when it is aborted. */
  readonly signal: AbortSignal | undefined;
  /** Is told how many bytes were read. */
  readonly onRead: (sizeBytes: number) => void;
}

/** Below this a check is done before a Worker has started. */
const WORKER_THRESHOLD_BYTES = 24 << 20;

/** What a run gives: a file that cannot be read hides nothing of what the other tasks find. */
export interface TaskOutcomes {
  /** The results, in the order of the tasks. */
  readonly results: readonly TaskResult[];
  /** Why tasks could not read their part. */
  readonly failures: readonly OperationError[];
}

/** Errors that concern one part of a store alone. */
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
  if (totalBytes < WORKER_THRESHOLD_BYTES || tasks.length < 2 || options.jobs < 2) {
    return await runHere(format, tasks, options);
  }
  return await runInWorkers(format, tasks, options);
}

async function runHere(
  format: StoreFormat,
  tasks: readonly CheckTask[],
  { signal, onRead }: RunOptions,
): Promise<TaskOutcomes> {
  const results: TaskResult[] = [];
  const failures: OperationError[] = [];
  for (const task of tasks) {
    // Tasks block; between two of them a signal and the progress bar get their turn.
    await new Promise((resolve) => setTimeout(resolve, 0));
    throwIfCancelled(signal);
    const progress = new TaskProgress(task, onRead);
    try {
      results.push(format.runTask(task, { progress: (sizeBytes) => progress.add(sizeBytes) }));
    } catch (error) {
      failures.push(requirePartial(error));
    }
    progress.finish();
  }
  return { results, failures };
}

/** Lets pass what concerns one part alone, and throws everything else. */
function requirePartial(error: unknown): OperationError {
  if (error instanceof OperationError && PARTIAL_CODES.includes(error.code)) return error;
  throw error;
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
  tasks: readonly CheckTask[],
  options: RunOptions,
): Promise<TaskOutcomes> {
  const results = new Map<CheckTask, TaskResult>();
  const failures: OperationError[] = [];
  // The longest first, so that no thread is left with a long task while the others are done.
  const queue = [...tasks].sort((a, b) => b.sizeBytes - a.sizeBytes);
  const threads = Array.from(
    { length: Math.min(options.jobs, tasks.length) },
    () => new TaskThread(format, options),
  );
  const cancel = (): void => threads.forEach((thread) => thread.stop());
  options.signal?.addEventListener("abort", cancel);
  try {
    throwIfCancelled(options.signal);
    await Promise.all(threads.map(async (thread) => {
      for (let task = queue.shift(); task !== undefined; task = queue.shift()) {
        try {
          results.set(task, await thread.run(task));
        } catch (error) {
          failures.push(requirePartial(error));
        }
      }
      thread.stop();
    }));
  } finally {
    options.signal?.removeEventListener("abort", cancel);
    cancel();
  }
  return { results: tasks.flatMap((task) => results.get(task) ?? []), failures };
}

/** One Worker that is given a task at a time. */
class TaskThread {
  readonly #format: StoreFormat;
  readonly #options: RunOptions;
  readonly #worker: Worker;
  #fail: (error: OperationError) => void = () => {};

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
      this.#worker.postMessage({ format: this.#format.name, task });
    });
  }

  stop(): void {
    this.#worker.terminate();
    this.#fail(new OperationError("cancelled", "The check was cancelled"));
  }
}

function revive(answer: WorkerAnswer & { kind: "error" }): OperationError {
  return new OperationError(answer.code, answer.message, {
    ...(answer.path === null ? {} : { path: answer.path }),
    ...(answer.hint === null ? {} : { hint: answer.hint }),
  });
}

/** Ends a check whose signal was aborted. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new OperationError("cancelled", "The check was cancelled");
}
