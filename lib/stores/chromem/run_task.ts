/**
 * Running the parts of a check.
 *
 * @module
 */

import type { CheckTask, TaskContext, TaskResult } from "../../model/store.ts";
import { runContentsTask } from "./plan_contents.ts";
import { readGobBytes } from "./read_gob_file.ts";
import { runDocumentsTask } from "./run_documents.ts";
import type { ChromemTask, MetadataTask } from "./tasks.ts";

/** Whether a task is one of this format's. */
export function isChromemTask(task: CheckTask): task is ChromemTask {
  return ["documents", "metadata", "contents"].includes(task.kind);
}

/**
 * Runs one part of a check.
 *
 * @param task The part.
 * @param context Is told of progress.
 * @returns What was found.
 * @throws {OperationError} A file cannot be read.
 */
export function runChromemTask(task: ChromemTask, context: TaskContext): TaskResult {
  switch (task.kind) {
    case "documents":
      return runDocumentsTask(task, context);
    case "metadata":
      return runMetadataTask(task, context);
    case "contents":
      return runContentsTask(task, context);
  }
}

function runMetadataTask({ payload }: MetadataTask, context: TaskContext): TaskResult {
  const { storePath, files } = payload;
  const checkedBytes: Record<string, number> = {};
  for (const file of files) {
    const { gzip, sizeBytes } = readGobBytes(storePath, file);
    if (gzip?.kind !== "too-large") checkedBytes[file.path] = sizeBytes;
    context.progress(sizeBytes);
  }
  return { findings: [], checkedBytes };
}
