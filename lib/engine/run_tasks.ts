/**
 * Running the tasks of a check: small ones here, large ones side by side in Workers.
 *
 * @module
 */

import { letOthersRun } from "../base/turns.ts";
import type { CheckTask, StoreFormat } from "../model/store.ts";
import { throwIfCancelled } from "./cancelled.ts";
import { isOver } from "./deadline.ts";
import { runInWorkers } from "./run_in_workers.ts";
import { type RunOptions, type TaskOutcomes, TaskProgress, TaskRun } from "./task_run.ts";

/** Below this a check is done before a Worker has started. */
const WORKER_THRESHOLD_BYTES = 24 << 20;

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
