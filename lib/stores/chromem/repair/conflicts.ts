/**
 * Two documents for one place: of two versions of a document the newer one stays, and the other goes
 * to `conflicts.jsonl`.
 *
 * @module
 */

import type { RepairLoss, RepairStep } from "../../../model/repair.ts";
import type { SavedFiles } from "../../saved_files.ts";
import type { GobDocument } from "../shapes.ts";
import { PLAIN_LOSS, type PlannedStep } from "./chromem_repair.ts";
import type { WorkingDatabase, WorkingFile, WorkingFolder } from "./working_database.ts";
import { isSameDocument, loadDocument } from "./working_documents.ts";

/** The file with what two places say differently. */
export const CONFLICTS_NAME = "conflicts.jsonl";

/** A document that gives way. */
export interface Conflict {
  /** The folder in which the other one stays. */
  readonly folder: WorkingFolder;
  /** The id of the document that gives way. */
  readonly id: string;
  /** Where it stood. */
  readonly path: string;
  /** The file that stays. */
  readonly kept: string;
  /** Why it gives way, for people. */
  readonly reason: string;
  /** Reads it. */
  readonly load: () => GobDocument;
}

/** Two files for one place. */
export interface Rivals {
  /** The folder in which one of them stays. */
  readonly folder: WorkingFolder;
  /** The file that has the place. */
  readonly standing: WorkingFile;
  /** The file that is to have it as well. */
  readonly file: WorkingFile;
}

/**
 * Chooses between two documents that can be read.
 *
 * @param database The database.
 * @param rivals The two files.
 * @returns The one that stays, and the other one where it says something else.
 * @throws {OperationError} A file cannot be read.
 */
export function settleConflict(
  database: WorkingDatabase,
  { folder, standing, file }: Rivals,
): { readonly winner: WorkingFile; readonly conflict: Conflict | null } {
  const [one, other] = [loadDocument(database, standing), loadDocument(database, file)];
  if (isSameDocument(one, other)) return { winner: standing, conflict: null };
  const isSameId = (one.ID ?? "") === (other.ID ?? "");
  const isNewer = isSameId &&
    (file.origin?.modifiedMs ?? 0) > (standing.origin?.modifiedMs ?? 0);
  const [winner, loser, document] = isNewer ? [file, standing, one] : [standing, file, other];
  return {
    winner,
    conflict: {
      folder,
      id: document.ID ?? "",
      path: loser.path,
      kept: winner.path,
      reason: isSameId
        ? "another version of it is newer"
        : "a document with another id has the same hash, and so the same file name",
      load: () => loadDocument(database, loser),
    },
  };
}

/**
 * Adds to a step what of documents gives way in it.
 *
 * @param conflicts The documents that give way.
 * @param step The step.
 * @returns The step, and what writes the documents into a file.
 */
export function createConflicts(conflicts: readonly Conflict[], step: RepairStep): PlannedStep {
  if (conflicts.length === 0) return { step };
  return {
    step: { ...step, losses: [...step.losses, ...listLosses(conflicts)] },
    save: (saved) => saveConflicts(conflicts, saved),
  };
}

/**
 * Writes documents that give way into a file.
 *
 * @param conflicts The documents.
 * @param saved The files.
 * @throws {OperationError} A document cannot be read.
 */
export function saveConflicts(conflicts: readonly Conflict[], saved: SavedFiles): void {
  for (const { folder, id, path, kept, reason, load } of conflicts) {
    const { Metadata: metadata, Embedding: embedding, Content: document } = load();
    saved.add(CONFLICTS_NAME, {
      collection: folder.label,
      id,
      document: document ?? "",
      metadata: Object.fromEntries(metadata ?? []),
      embedding: Array.from(embedding ?? []),
      reason,
      file: path,
      kept,
    });
  }
}

function listLosses(conflicts: readonly Conflict[]): RepairLoss[] {
  const groups = Map.groupBy(conflicts, ({ folder, reason }) => `${folder.label} ${reason}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    return [{
      ...PLAIN_LOSS,
      kind: "version",
      outcome: "taken-out",
      reason: first.reason,
      collection: first.folder.label,
      count: group.length,
      ids: group.map(({ id }) => id),
    }];
  });
}
