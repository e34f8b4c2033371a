/**
 * The entry point of a Worker: runs the tasks that it is sent, one after another.
 *
 * @module
 */

/// <reference lib="deno.worker" />

import { toOperationError } from "../base/errors.ts";
import type { FormatName } from "../model/report.ts";
import type { CheckTask } from "../model/store.ts";
import { loadFormat } from "../stores/load_format.ts";
import type { WorkerAnswer } from "./run_tasks.ts";

/** What a Worker is sent. */
interface WorkerOrder {
  readonly format: FormatName;
  readonly task: CheckTask;
}

// A message to the main thread for every chunk would cost more than reading it.
const PROGRESS_STEP_BYTES = 8 << 20;

self.onmessage = async (event: MessageEvent<WorkerOrder>): Promise<void> => {
  const { format, task } = event.data;
  self.postMessage(await runOrder(format, task));
};

async function runOrder(format: FormatName, task: CheckTask): Promise<WorkerAnswer> {
  let unreportedBytes = 0;
  try {
    const result = await (await loadFormat(format)).runTask(task, {
      progress(sizeBytes): void {
        unreportedBytes += sizeBytes;
        if (unreportedBytes < PROGRESS_STEP_BYTES) return;
        self.postMessage({ kind: "progress", sizeBytes: unreportedBytes } satisfies WorkerAnswer);
        unreportedBytes = 0;
      },
    });
    return { kind: "result", result };
  } catch (error) {
    const { code, message, path, hint } = toOperationError(error, task.kind);
    return { kind: "error", code, message, path, hint };
  }
}
