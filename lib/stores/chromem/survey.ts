/**
 * The first step of a check: what stands in the directory, which collections there are, and which
 * tasks follow from both.
 *
 * @module
 */

import type { Turns } from "../../base/turns.ts";
import { createFinding, type Finding } from "../../model/finding.ts";
import type { SkippedBytes } from "../../model/report.ts";
import type { CheckSettings, DetectedStore, StoreSurvey } from "../../model/store.ts";
import { listDoubtful, placeOf } from "./check_collections.ts";
import { checkLayout } from "./check_layout.ts";
import {
  isMetadataFile,
  type Layout,
  listFiles,
  QUARANTINE_NAME,
  readLayoutInSteps,
} from "./layout.ts";
import { type Collection, readCollections } from "./read_collections.ts";
import { planDocumentTasks, planMetadataTask } from "./tasks.ts";

/** What a check calls the engine: no file tells the version. */
export const ENGINE_NAME = "chromem-go";

/** What the conclusion needs besides what the tasks find. */
export interface ChromemSurvey extends StoreSurvey {
  /** The directory. */
  readonly layout: Layout;
  /** The collections. */
  readonly found: readonly Collection[];
  /** What the check was asked to do. */
  readonly settings: CheckSettings;
}

/**
 * Surveys a database.
 *
 * @param store The database.
 * @param settings What the check was asked to do.
 * @param turns Lets others run meanwhile.
 * @returns The findings so far and the tasks that are left.
 * @throws {OperationError} The directory cannot be looked at.
 */
export async function surveyChromem(
  store: DetectedStore,
  settings: CheckSettings,
  turns: Turns,
): Promise<ChromemSurvey> {
  const layout = await turns.run(readLayoutInSteps(store.path));
  const found = readCollections(layout);
  const wanted = listDoubtful(found);
  const documents = settings.level === "quick"
    ? []
    : found.flatMap((collection) => planDocumentTasks(store.path, collection, wanted));
  return {
    engine: ENGINE_NAME,
    collections: found.filter(({ folder }) => folder.files.length + folder.special.length > 0)
      .length,
    files: listFiles(layout),
    findings: [
      ...checkLayout(layout, found),
      ...(settings.level === "quick" ? found.flatMap(checkSizes) : []),
    ],
    skipped: listSkipped(layout),
    tasks: [planMetadataTask(store.path, found), ...documents],
    release() {},
    layout,
    found,
    settings,
  };
}

/** What the lengths of files tell of documents that are not read. */
function checkSizes(collection: Collection): Finding[] {
  return collection.folder.files.filter((file) => !isMetadataFile(file) && file.sizeBytes === 0)
    .map(({ path }) =>
      createFinding("gob-empty", {
        ...placeOf(collection),
        path,
        offset: 0,
        message: "The file has 0 bytes",
      })
    );
}

/** What chromem-go does not read either, with the reason. */
function listSkipped(layout: Layout): SkippedBytes[] {
  const leftovers = [...layout.leftovers, ...layout.folders.flatMap(({ leftovers }) => leftovers)];
  const foreign = [...layout.foreign, ...layout.folders.flatMap(({ foreign }) => foreign)];
  return [
    ...leftovers.map(({ sizeBytes }) => ({ reason: "left by interrupted writes", sizeBytes })),
    ...foreign.map(({ path, sizeBytes }) => ({
      reason: path === QUARANTINE_NAME ? "moved aside" : "not written by an engine",
      sizeBytes,
    })),
  ];
}
