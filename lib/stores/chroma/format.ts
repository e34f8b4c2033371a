/**
 * Chroma's persistent directories as a store format.
 *
 * @module
 */

import type {
  CheckSettings,
  CheckTask,
  Conclusion,
  DetectedStore,
  StoreFormat,
  StoreSurvey,
  TaskContext,
  TaskResult,
} from "../../model/store.ts";
import { concludeChroma } from "./conclude.ts";
import { detectChroma } from "./detect.ts";
import { isChromaTask, runChromaTask } from "./run_task.ts";
import { surveyChroma } from "./survey.ts";
import type { TaskFacts } from "./tasks.ts";

/** Chroma 0.4 to 1.5. */
export const chromaFormat: StoreFormat = {
  name: "chroma",
  detect: detectChroma,
  survey(store: DetectedStore, settings: CheckSettings): StoreSurvey {
    return surveyChroma(store, settings);
  },
  runTask(task: CheckTask, context: TaskContext): TaskResult {
    if (!isChromaTask(task)) throw new TypeError(`No such task of this format: ${task.kind}`);
    return runChromaTask(task, context);
  },
  conclude(_survey: StoreSurvey, results: readonly TaskResult[]): Conclusion {
    return concludeChroma(results.map(({ facts }) => facts as TaskFacts | undefined ?? {}));
  },
};
