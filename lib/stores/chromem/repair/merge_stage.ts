/**
 * Putting the documents of several folders of one collection into one: of two versions of a document
 * the newer file stays, and the other one goes to `conflicts.jsonl`.
 *
 * @module
 */

import { formatCount } from "../../../base/format.ts";
import type { ChromemRepair, PlannedStep } from "./chromem_repair.ts";
import { type Conflict, createConflicts, settleConflict } from "./conflicts.ts";
import type { WorkingFolder } from "./working_database.ts";
import { listDocuments } from "./working_documents.ts";

/**
 * Moves the documents of folders that are merged, once all documents are in order.
 *
 * @param repair What the stage is given.
 * @param steps The steps so far.
 * @returns The steps; those that merge tell what gives way.
 * @throws {OperationError} A document cannot be read.
 */
export function planMerges(repair: ChromemRepair, steps: readonly PlannedStep[]): PlannedStep[] {
  return steps.map((planned) => {
    const { step } = planned;
    if (step.kind !== "merge-collections") return planned;
    const folder = repair.database.folders.find(({ origin }) => origin.name === step.segment);
    const keeper = repair.database.folders
      .find((other) => other.fate === "stays" && other.name === folder?.name);
    if (folder === undefined || keeper === undefined) return planned;
    const { moved, conflicts, sizeBytes } = merge(repair, folder, keeper);
    return createConflicts(conflicts, {
      ...step,
      details: [
        moved === 0
          ? "all documents that are to stay are there already"
          : `${formatCount(moved, "document")} ${moved === 1 ? "comes" : "come"} to those there`,
        ...step.details,
      ],
      sizeBytes,
    });
  });
}

function merge(
  { database }: ChromemRepair,
  folder: WorkingFolder,
  keeper: WorkingFolder,
): { readonly moved: number; readonly conflicts: Conflict[]; readonly sizeBytes: number } {
  const conflicts: Conflict[] = [];
  let [moved, sizeBytes] = [0, 0];
  for (const [name, file] of listDocuments(database, folder)) {
    folder.files.delete(name);
    const standing = keeper.files.get(name);
    if (standing === undefined) {
      moved++;
      sizeBytes += file.source.sizeBytes;
      keeper.files.set(name, file);
      continue;
    }
    const { winner, conflict } = settleConflict(database, { folder: keeper, standing, file });
    keeper.files.set(name, winner);
    if (conflict !== null) conflicts.push(conflict);
  }
  return { moved, conflicts, sizeBytes };
}
