/**
 * Running the parts of a check.
 *
 * @module
 */

import type { CheckTask, TaskContext, TaskResult } from "../../model/store.ts";
import { runContentsTask } from "./contents/plan_contents.ts";
import { runFulltextTask, runTablesTask } from "./run_database_tasks.ts";
import { runSegmentTask } from "./run_segment_task.ts";
import type { ChromaTask } from "./tasks.ts";

/** Whether a task is one of this format's. */
export function isChromaTask(task: CheckTask): task is ChromaTask {
  return ["segment", "fulltext", "tables", "contents"].includes(task.kind);
}

/**
 * Runs one part of a check.
 *
 * @param task The part.
 * @param context Is told of progress.
 * @returns What was found.
 * @throws {OperationError} The store cannot be read, or is in use.
 */
export function runChromaTask(task: ChromaTask, context: TaskContext): TaskResult {
  switch (task.kind) {
    case "segment":
      return runSegmentTask(task, context);
    case "fulltext":
      return runFulltextTask(task);
    case "tables":
      return runTablesTask(task);
    case "contents":
      return runContentsTask(task, context);
  }
}
