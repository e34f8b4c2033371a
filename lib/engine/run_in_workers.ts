/**
 * Running the tasks of a check side by side in Workers.
 *
 * @module
 */

import { OperationError } from "../base/errors.ts";
import type { CheckTask, StoreFormat } from "../model/store.ts";
import { throwIfCancelled } from "./cancelled.ts";
import { isOver, startTimer } from "./deadline.ts";
import type { RunOptions, TaskRun } from "./task_run.ts";
import { TaskThread } from "./task_thread.ts";

/** How often it is looked whether other checks have left a thread over. */
const LOOK_INTERVAL_MS = 50;

/**
 * Runs tasks in Workers: as many as there may be, or as the other checks that run meanwhile leave.
 *
 * @param format The format whose tasks they are.
 * @param run The tasks, and what takes their results.
 * @param options How many threads, the signal, and who is told of progress.
 * @throws {OperationError} The store is in use, or the signal was aborted.
 */
export async function runInWorkers(
  format: StoreFormat,
  run: TaskRun,
  options: RunOptions,
): Promise<void> {
  const { deadline, signal } = options;
  const crew = new Crew(format, run, options);
  const cancel = (): void => crew.stop(CANCELLED);
  signal?.addEventListener("abort", cancel);
  const stopTimer = startTimer(deadline, () => crew.stop(OUT_OF_TIME));
  const timer = options.share === undefined
    ? null
    : setInterval(() => crew.grow(), LOOK_INTERVAL_MS);
  try {
    throwIfCancelled(signal);
    await crew.work();
  } finally {
    if (timer !== null) clearInterval(timer);
    stopTimer();
    signal?.removeEventListener("abort", cancel);
    cancel();
  }
}

/** The threads that serve one queue of tasks. The first is the check's own, the others are lent. */
class Crew {
  readonly #format: StoreFormat;
  readonly #run: TaskRun;
  readonly #options: RunOptions;
  readonly #queue: CheckTask[];
  readonly #threads: TaskThread[] = [];
  readonly #end = Promise.withResolvers<void>();
  #atWork = 0;

  constructor(format: StoreFormat, run: TaskRun, options: RunOptions) {
    this.#format = format;
    this.#run = run;
    this.#options = options;
    // The longest first, so that no thread is left with a long task while the others are done.
    this.#queue = options.deadline === undefined
      ? run.tasks.toSorted((a, b) => weigh(b) - weigh(a))
      : [...run.tasks];
  }

  /** Runs every task. */
  async work(): Promise<void> {
    this.#start();
    this.grow();
    await this.#end.promise;
  }

  /** Adds the threads that there may be, as long as there is something for them to do. */
  grow(): void {
    const { share, jobs } = this.#options;
    while (this.#queue.length > 0 && this.#atWork < jobs && (share?.take() ?? true)) {
      this.#start(() => share?.giveBack());
    }
  }

  /** Ends every thread for a reason. */
  stop(reason: OperationError): void {
    this.#threads.forEach((thread) => thread.stop(reason));
  }

  #start(giveBack: () => void = () => {}): void {
    const thread = new TaskThread(this.#format, this.#options.onRead);
    this.#threads.push(thread);
    this.#atWork++;
    this.#serve(thread).then(() => {
      giveBack();
      if (--this.#atWork === 0) this.#end.resolve();
    }, (error) => {
      giveBack();
      this.#end.reject(error);
    });
  }

  async #serve(thread: TaskThread): Promise<void> {
    const { deadline } = this.#options;
    for (let task = this.#queue.shift(); task !== undefined; task = this.#queue.shift()) {
      if (thread.isStopped || isOver(deadline)) {
        this.#run.stop(task, 0);
        continue;
      }
      const startedMs = deadline?.nowMs() ?? 0;
      try {
        this.#run.finish(task, await thread.run(task));
      } catch (error) {
        if (error === OUT_OF_TIME) this.#run.stop(task, (deadline?.nowMs() ?? 0) - startedMs);
        else this.#run.fail(error);
      }
    }
    thread.stop(CANCELLED);
  }
}

function weigh({ sizeBytes, wholeBytes }: CheckTask): number {
  return wholeBytes ?? sizeBytes;
}

const CANCELLED = new OperationError("cancelled", "The check was cancelled");

/** Tells a thread's promise that the time was over; it never leaves this module. */
const OUT_OF_TIME = new OperationError("cancelled", "The time of the check was over");
