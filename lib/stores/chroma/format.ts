/**
 * Chroma's persistent directories as a store format.
 *
 * @module
 */

import { join } from "@std/path";
import type { Steps } from "../../base/turns.ts";
import type {
  CheckSettings,
  CheckTask,
  Conclusion,
  ContentsPlan,
  DetectedStore,
  SnapshotPlan,
  StoreFormat,
  StoreSurvey,
  TaskContext,
  TaskResult,
} from "../../model/store.ts";
import type { ByteOwners, ByteRange } from "../../model/byte_owners.ts";
import type { IndexPart } from "../../model/index_part.ts";
import type { CollectionDimensions } from "../../model/dimensions.ts";
import type { StoreStatistics } from "../../model/statistics.ts";
import { concludeChroma } from "./conclude.ts";
import { describeChromaBytes } from "./describe_bytes.ts";
import { planChromaContents } from "./contents/plan_contents.ts";
import { detectChroma } from "./detect.ts";
import { CATALOGUE_NAME } from "./layout.ts";
import { listChromaIndexes } from "./list_indexes.ts";
import { planChromaSnapshot } from "./plan_snapshot.ts";
import { readChromaStatistics } from "./read_statistics.ts";
import { isChromaTask, runChromaTask } from "./run_task.ts";
import { surveyChroma } from "./survey.ts";
import type { TaskFacts } from "./tasks.ts";

/** Chroma 0.4 to 1.5. */
export const chromaFormat: StoreFormat = {
  name: "chroma",
  container: "directory",
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
  planContents(store: DetectedStore): ContentsPlan {
    return planChromaContents(store);
  },
  planSnapshot(store: DetectedStore): Steps<SnapshotPlan> {
    return planChromaSnapshot(store);
  },
  planMetadataSnapshot(): null {
    // The catalogue and the records are tables of one database.
    return null;
  },
  listIndexes(store: DetectedStore): readonly IndexPart[] {
    return listChromaIndexes(store);
  },
  lockedDatabase(store: DetectedStore): string {
    return join(store.path, CATALOGUE_NAME);
  },
  readStatistics(store: DetectedStore): StoreStatistics {
    return readChromaStatistics(store);
  },
  async readDimensions(
    store: DetectedStore,
    collection: string,
  ): Promise<readonly CollectionDimensions[]> {
    // No check waits for this code.
    const { readChromaDimensions } = await import("./read_dimensions.ts");
    return readChromaDimensions(store, collection);
  },
  describeBytes(store: DetectedStore, path: string, range: ByteRange): ByteOwners | null {
    return describeChromaBytes(store, path, range);
  },
};
