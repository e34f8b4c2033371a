/**
 * The entry point of a Worker: runs the tasks that it is sent, one after another.
 *
 * @module
 */

/// <reference lib="deno.worker" />

import { OperationError } from "../base/errors.ts";
import { loadFormat } from "../stores/load_format.ts";
import { toTaskFailure } from "./task_failure.ts";
import type { WorkerAnswer, WorkerOrder } from "./task_thread.ts";

// A message to the main thread for every chunk would cost more than reading it.
const PROGRESS_STEP_BYTES = 8 << 20;

self.onmessage = async (event: MessageEvent<WorkerOrder>): Promise<void> => {
  self.postMessage(await runOrder(event.data));
};

async function runOrder({ format, task, stop }: WorkerOrder): Promise<WorkerAnswer> {
  const isStopped = new Int32Array(stop);
  let unreportedBytes = 0;
  try {
    const result = await (await loadFormat(format)).runTask(task, {
      progress(sizeBytes): void {
        if (Atomics.load(isStopped, 0) !== 0) {
          throw new OperationError("cancelled", "The check was cancelled");
        }
        unreportedBytes += sizeBytes;
        if (unreportedBytes < PROGRESS_STEP_BYTES) return;
        self.postMessage({ kind: "progress", sizeBytes: unreportedBytes } satisfies WorkerAnswer);
        unreportedBytes = 0;
      },
    });
    return { kind: "result", result };
  } catch (error) {
    return { kind: "error", ...toTaskFailure(error, task.kind) };
  }
}
