/**
 * A Worker that runs tasks of a check, and what is said between it and who started it.
 *
 * @module
 */

import { OperationError } from "../base/errors.ts";
import type { FormatName } from "../model/report.ts";
import type { CheckTask, StoreFormat, TaskFailure, TaskResult } from "../model/store.ts";
import { reviveFailure } from "./task_failure.ts";
import { type RunOptions, TaskProgress } from "./task_run.ts";

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

/** One Worker that is given a task at a time. */
export class TaskThread {
  readonly #format: StoreFormat;
  readonly #onRead: RunOptions["onRead"];
  readonly #worker: Worker;
  readonly #stop = new SharedArrayBuffer(4);
  #fail: (error: OperationError) => void = () => {};
  /** Whether it takes no more tasks. */
  isStopped = false;

  /** Starts it. */
  constructor(format: StoreFormat, onRead: RunOptions["onRead"]) {
    this.#format = format;
    this.#onRead = onRead;
    this.#worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  }

  /**
   * Runs a task.
   *
   * @param task The task.
   * @returns Its result.
   * @throws {OperationError} What the task throws, or the reason for which it was stopped.
   */
  run(task: CheckTask): Promise<TaskResult> {
    const progress = new TaskProgress(task, this.#onRead);
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
          reject(reviveFailure(answer));
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

  /** Ends the Worker, and what it does, for a reason. */
  stop(reason: OperationError): void {
    this.isStopped = true;
    // The runtime ends no thread in the middle of a task; that would go on for nothing.
    Atomics.store(new Int32Array(this.#stop), 0, 1);
    this.#worker.terminate();
    this.#fail(reason);
  }
}
