/**
 * chromem-go's persistent directories as a store format.
 *
 * @module
 */

import type { CollectionDimensions } from "../../model/dimensions.ts";
import type {
  CheckTask,
  Conclusion,
  DetectedStore,
  StoreFormat,
  StoreSurvey,
  TaskContext,
  TaskResult,
} from "../../model/store.ts";
import { concludeChromem } from "./conclude.ts";
import { describeChromemBytes } from "./describe_bytes.ts";
import { detectChromem } from "./detect.ts";
import { listChromemIndexes } from "./list_indexes.ts";
import { planChromemContents } from "./plan_contents.ts";
import { planChromemMetadataSnapshot, planChromemSnapshot } from "./plan_snapshot.ts";
import { readChromemStatistics } from "./read_statistics.ts";
import { isChromemTask, runChromemTask } from "./run_task.ts";
import { type ChromemSurvey, surveyChromem } from "./survey.ts";
import type { TaskFacts } from "./tasks.ts";

/** chromem-go 0.7. */
export const chromemFormat: StoreFormat = {
  name: "chromem",
  container: "directory",
  detect: detectChromem,
  survey: surveyChromem,
  runTask(task: CheckTask, context: TaskContext): TaskResult {
    if (!isChromemTask(task)) throw new TypeError(`No such task of this format: ${task.kind}`);
    return runChromemTask(task, context);
  },
  conclude(survey: StoreSurvey, results: readonly TaskResult[]): Conclusion {
    const facts = results.map(({ facts }) => facts as TaskFacts | undefined ?? {});
    return concludeChromem(survey as ChromemSurvey, facts);
  },
  planContents: planChromemContents,
  planSnapshot: planChromemSnapshot,
  planMetadataSnapshot: planChromemMetadataSnapshot,
  listIndexes: listChromemIndexes,
  readStatistics: readChromemStatistics,
  async readDimensions(
    store: DetectedStore,
    collection: string,
  ): Promise<readonly CollectionDimensions[]> {
    // No check waits for this code.
    const { readChromemDimensions } = await import("./read_dimensions.ts");
    return readChromemDimensions(store, collection);
  },
  lockedDatabase(): null {
    // chromem-go locks nothing: two processes write over each other.
    return null;
  },
  describeBytes: describeChromemBytes,
};
