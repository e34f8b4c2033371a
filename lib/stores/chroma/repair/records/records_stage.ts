/**
 * Records, their values and documents, and the rows of the queue. What is lost is looked for in
 * every other place of the database and in the id maps before anything is removed.
 *
 * @module
 */

import { formatCount } from "../../../../base/format.ts";
import type { Finding } from "../../../../model/finding.ts";
import { createDatabaseStep } from "../database_step.ts";
import type { PreparedStep, RepairContext } from "../repair_context.ts";
import { prepareDocumentSteps } from "./document_steps.ts";
import { openRecordStore, type RecordStore } from "./record_store.ts";
import { prepareRebuiltSteps } from "./rebuilt_steps.ts";
import { removeOrphans } from "./remove_orphans.ts";
import { prepareQueueSteps } from "./queue_steps.ts";
import { prepareRowSteps } from "./row_steps.ts";
import { prepareStrayWriteSteps } from "./stray_writes.ts";

/**
 * Plans the steps of the stage, and carries them out in the private copy of the database.
 *
 * @param context What the stage is given.
 * @returns The steps.
 * @throws {OperationError} The database cannot be copied, or a file not be read or written.
 * @throws {SqliteError} The database is damaged beyond what the stages before have put right.
 */
export async function prepareRecordsStage(
  context: RepairContext,
): Promise<readonly PreparedStep[]> {
  if (context.findings.length === 0 && !context.working.hasLostRows) return [];
  const store = await openRecordStore(context);
  const steps = [
    ...prepareRowSteps(context, store),
    ...prepareRebuiltSteps(context, store),
    ...prepareDocumentSteps(context, store),
    ...prepareQueueSteps(context, store),
  ];
  return [
    ...steps,
    ...prepareStrayWriteSteps(context, store, steps),
    ...prepareOrphanSteps(context, store),
  ];
}

function prepareOrphanSteps(context: RepairContext, store: RecordStore): PreparedStep[] {
  const removed = removeOrphans(store, context.findings);
  if (removed.length === 0) return [];
  const losses = removed.flatMap(({ losses }) => losses);
  const count = losses.reduce((sum, loss) => sum + loss.count, 0);
  return [createDatabaseStep(context, {
    kind: "correct-records",
    title: `Remove ${formatCount(count, "row")} that belong to nothing`,
    details: losses.map(({ table, count }) => `${formatCount(count, "row")} of ${table}`),
    losses,
    findings: removed.map(({ finding }): Finding => finding),
  })];
}
