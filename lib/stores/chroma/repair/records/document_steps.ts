/**
 * Steps for documents that records have lost.
 *
 * @module
 */

import { formatCount } from "../../../../base/format.ts";
import type { Finding } from "../../../../model/finding.ts";
import type { RepairLoss } from "../../../../model/repair.ts";
import { createDatabaseStep } from "../database_step.ts";
import { CONFLICTS_FILE } from "../fulltext/differing_texts.ts";
import type { PreparedStep, RepairContext } from "../repair_context.ts";
import type { RecordCollection, RecordStore } from "./record_store.ts";
import { type RestoredDocuments, restoreDocuments } from "./restore_documents.ts";

/**
 * Answers the findings of lost documents.
 *
 * @param context What the stage is given.
 * @param store The store.
 * @returns A step for each collection of which anything could be found out.
 * @throws {SqliteError} The database cannot be read or written.
 */
export function prepareDocumentSteps(context: RepairContext, store: RecordStore): PreparedStep[] {
  return context.findings.flatMap((finding) => {
    const { name, segment } = finding;
    if (name !== "document-missing") return [];
    const collection = store.collections.find(({ place }) => place.metadataSegmentId === segment);
    if (collection === undefined) return [];
    const restored = restoreDocuments(store, collection, context.saved);
    return [describeStep(context, finding, collection, restored)];
  });
}

function describeStep(
  context: RepairContext,
  finding: Finding,
  collection: RecordCollection,
  restored: RestoredDocuments,
): PreparedStep {
  const { fromFulltext, fromQueue, values, withoutDocument } = restored;
  return createDatabaseStep(context, {
    collection: collection.name,
    kind: "correct-records",
    title: `Bring ${
      formatCount(fromFulltext.length + fromQueue.length, "document")
    } back into the records`,
    details: withoutDocument.length === 0 ? [] : [
      `${
        formatCount(withoutDocument.length, "record")
      } never had one: the full text has that of a ` +
      "record that was deleted",
    ],
    gains: [
      { what: "documents", count: fromFulltext.length, source: "the full text" },
      { what: "documents", count: fromQueue.length, source: "the queue" },
      { what: "values of metadata", count: values, source: "the queue" },
    ],
    losses: listLosses(collection, restored),
    findings: [finding],
  });
}

function listLosses(
  { name }: RecordCollection,
  { withoutMetadata, ambiguous }: RestoredDocuments,
): RepairLoss[] {
  const create = (
    kind: RepairLoss["kind"],
    reason: string,
    ids: readonly string[],
  ): RepairLoss => ({
    kind,
    outcome: "kept",
    reason,
    collection: name,
    table: null,
    count: ids.length,
    ids,
  });
  return [
    create(
      "metadata",
      "the values are gone from the database, and the queue no longer has them",
      withoutMetadata,
    ),
    create(
      "document",
      "the full text has a text under their number that may be that of a deleted record; it is in " +
        CONFLICTS_FILE,
      ambiguous,
    ),
  ];
}
