/**
 * Export files of chromem-go as a store format: they can be checked and read, and nothing else.
 *
 * @module
 */

import { OperationError } from "../../base/errors.ts";
import type { Steps } from "../../base/turns.ts";
import { stampFile } from "../../fs/read_fs.ts";
import type {
  CheckSettings,
  CheckTask,
  Conclusion,
  ContentsPlan,
  ContentsSettings,
  DetectedStore,
  SnapshotPlan,
  StoreFormat,
  StoreSurvey,
  TaskContext,
  TaskResult,
} from "../../model/store.ts";
import type { StoreStatistics } from "../../model/statistics.ts";
import { checkExport, type ExportFacts } from "./check_export.ts";
import { readExportContents } from "./contents.ts";
import { detectExport, type ExportWrapping } from "./detect.ts";
import { type ExportPlace, PreparedExport } from "./unwrap_export.ts";

/** A task of this format. */
interface ExportTask extends CheckTask {
  readonly kind: "check" | "contents";
  readonly payload: ExportPlace;
}

/** How often the bytes of an export are gone through, for the progress bar. */
const PASSES: Readonly<Record<ExportWrapping, number>> = { gob: 1, gzip: 2, encrypted: 3 };

/** Export files of chromem-go 0.7. */
export const chromemExportFormat: StoreFormat = {
  name: "chromem-export",
  container: "file",
  detect: detectExport,
  survey: surveyExport,
  async runTask(task: CheckTask, context: TaskContext): Promise<TaskResult> {
    if (!isExportTask(task)) throw new TypeError(`No such task of this format: ${task.kind}`);
    const progress = (sizeBytes: number): void => context.progress(sizeBytes);
    return task.kind === "check"
      ? await checkExport(task.payload, progress)
      : await readExportContents(task.payload, progress);
  },
  conclude(_survey: StoreSurvey, results: readonly TaskResult[]): Conclusion {
    const facts = results[0]?.facts as ExportFacts | undefined;
    if (facts === undefined) return { findings: [], records: null };
    return { findings: [], records: facts.documents, collections: facts.collections };
  },
  planContents(store: DetectedStore, settings?: ContentsSettings): ContentsPlan {
    return planExport(store, "contents", settings?.key ?? null);
  },
  planSnapshot(store: DetectedStore): Steps<SnapshotPlan> {
    throw unsupported(store);
  },
  planMetadataSnapshot(): null {
    return null;
  },
  listIndexes(): readonly [] {
    return [];
  },
  lockedDatabase(): null {
    return null;
  },
  readStatistics(store: DetectedStore): StoreStatistics {
    throw unsupported(store);
  },
  readDimensions(store: DetectedStore): Promise<never> {
    return Promise.reject(unsupported(store));
  },
  describeBytes(): null {
    return null;
  },
};

function isExportTask(task: CheckTask): task is ExportTask {
  return task.kind === "check" || task.kind === "contents";
}

function surveyExport(store: DetectedStore, { level, key }: CheckSettings): StoreSurvey {
  const stamp = stampFile(store.path, "");
  // An export is one value: nothing of it can be told in a moment.
  const plan = level === "quick" ? NOTHING_PLANNED : planExport(store, "check", key);
  return {
    engine: "chromem-go",
    collections: 0,
    files: stamp === null ? [] : [stamp],
    findings: [],
    skipped: [],
    ...plan,
  };
}

const NOTHING_PLANNED: ContentsPlan = { tasks: [], release: () => {} };

function planExport(
  { path }: DetectedStore,
  kind: ExportTask["kind"],
  key: Uint8Array | null,
): ContentsPlan {
  const prepared = PreparedExport.open(path, key);
  const payload = prepared.place;
  const sizeBytes = PASSES[payload.wrapping] * (stampFile(path, "")?.sizeBytes ?? 0);
  const task: ExportTask = { kind, sizeBytes, payload };
  return { tasks: [task], release: () => prepared.release() };
}

function unsupported({ path }: DetectedStore): OperationError {
  return new OperationError("unsupported", `An export file can only be checked: ${path}`, {
    path,
    hint: "Import it with chromem-go, and name the directory of that database.",
  });
}
