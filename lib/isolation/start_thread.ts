/**
 * Starting threads whose memory is bounded, and saying why one has failed.
 *
 * @module
 */

import { Worker } from "node:worker_threads";
import type { TaskFailure } from "../model/store.ts";

/** The heap that the thread of a check may fill: a check needs a tenth of it. */
export const MOST_HEAP_MEGABYTES = 1_024;

/** What a thread is. */
export interface ThreadChoice {
  /** The module that it runs. */
  readonly entryPoint: URL;
  /** The heap that it may fill. */
  readonly mostHeapMegabytes: number;
}

/**
 * Starts a thread.
 *
 * @param choice What it runs, and the heap that it may fill.
 * @param data What it is given at once.
 * @returns The thread.
 */
export function startThread({ entryPoint, mostHeapMegabytes }: ThreadChoice, data: object): Worker {
  const options = {
    workerData: data,
    resourceLimits: { maxOldGenerationSizeMb: mostHeapMegabytes },
  };
  // A thread with bounded memory begins with a file or a script; a library may come from a registry.
  return entryPoint.protocol === "file:"
    ? new Worker(entryPoint, options)
    : new Worker(`import(${JSON.stringify(entryPoint.href)})`, { ...options, eval: true });
}

/**
 * Says why a thread has ended before it was done.
 *
 * @param error What it ended with; null where it ended without anything.
 * @param path The store that it was at.
 * @returns The reason.
 */
export function describeThreadFailure(error: unknown, path: string): TaskFailure {
  const isMemory = error instanceof Error && "code" in error &&
    error.code === "ERR_WORKER_OUT_OF_MEMORY";
  if (isMemory) return describeFullHeap(path);
  const reason = error instanceof Error ? error.message : "it ended without an answer";
  const message = `The thread of the check failed: ${reason}`;
  return { code: "internal", message, path, hint: null };
}

/**
 * Says that a check has filled the heap of its thread.
 *
 * @param path The store.
 * @returns The reason for which it has ended.
 */
export function describeFullHeap(path: string): TaskFailure {
  return {
    code: "no-memory",
    message: `The check of ${path} needs more memory than it may have`,
    path,
    hint: "`vecfsck check` in a process of its own may have more.",
  };
}
