/**
 * Documents that leave a database, as `missing.jsonl` has them:
 *
 * | field            | what it is                                                              |
 * | ---------------- | ----------------------------------------------------------------------- |
 * | `collection`     | the name of the collection, as it is after the repair                   |
 * | `id`             | the id, or null                                                         |
 * | `document`       | the text, or null where it is not left as a whole                       |
 * | `metadata`       | the metadata, or null where it is not left as a whole                   |
 * | `embedding`      | null; with a vector filled in, the line brings the document back        |
 * | `reason`         | why it left                                                             |
 * | `file`           | where it stood                                                          |
 * | `document_part`, | what is left of each where that may not be all of it; left out where    |
 * | `metadata_part`, | there is nothing                                                        |
 * | `embedding_part` |                                                                         |
 *
 * @module
 */

import type { LossKind, RepairLoss } from "../../../model/repair.ts";
import type { SavedFiles } from "../../saved_files.ts";
import { PLAIN_LOSS } from "./chromem_repair.ts";
import type { SalvagedDocument } from "./salvage_document.ts";
import type { WorkingFolder } from "./working_database.ts";

/** The file of documents that leave. */
export const MISSING_NAME = "missing.jsonl";

/** A document that leaves. */
export interface MissingDocument {
  /** The folder of its collection. */
  readonly folder: WorkingFolder;
  /** Where it stood. */
  readonly path: string;
  /** Its id, or null. */
  readonly id: string | null;
  /** What is lost of it. */
  readonly kind: LossKind & ("vector" | "record");
  /** Why, for people: one clause without a final period. */
  readonly reason: string;
  /** Reads what is left of it. */
  readonly load: () => SalvagedDocument;
}

/**
 * Lists what is lost.
 *
 * @param missing The documents that leave.
 * @returns One loss for each reason.
 */
export function listMissingLosses(missing: readonly MissingDocument[]): RepairLoss[] {
  const groups = Map.groupBy(
    missing,
    ({ kind, reason, folder }) => `${kind} ${folder.label} ${reason}`,
  );
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { kind, reason, folder } = first;
    return [{
      ...PLAIN_LOSS,
      kind,
      outcome: "taken-out",
      reason,
      collection: folder.label,
      count: group.length,
      ids: group.flatMap(({ id }) => id === null ? [] : [id]),
    }];
  });
}

/**
 * Writes the documents that leave into a file.
 *
 * @param missing The documents.
 * @param saved The files.
 * @throws {OperationError} A document cannot be read.
 */
export function saveMissing(missing: readonly MissingDocument[], saved: SavedFiles): void {
  for (const { folder, path, reason, load } of missing) {
    const { id, metadata, metadataPart, embeddingPart, content, contentPart } = load();
    saved.add(MISSING_NAME, {
      collection: folder.label,
      id,
      document: content,
      metadata: metadata === null ? null : Object.fromEntries(metadata),
      embedding: null,
      reason,
      file: path,
      ...(contentPart === null ? {} : { document_part: contentPart }),
      ...(metadataPart === null ? {} : { metadata_part: Object.fromEntries(metadataPart) }),
      ...(embeddingPart === null ? {} : { embedding_part: Array.from(embeddingPart) }),
    });
  }
}
