/**
 * The steps for records of a database that was made anew of what was left: those of which only the
 * index knows come back, and what the others have lost is looked for and named.
 *
 * @module
 */

import { formatCount } from "../../../../base/format.ts";
import type { LossKind, RepairLoss } from "../../../../model/repair.ts";
import type { RebuildReport } from "../../rebuild/rebuild_database.ts";
import { createDatabaseStep } from "../database_step.ts";
import type { PreparedStep, RepairContext } from "../repair_context.ts";
import { insertBareRows } from "./bare_rows.ts";
import { type LostValues, restoreLostValues } from "./lost_values.ts";
import type { RecordCollection, RecordStore } from "./record_store.ts";

/**
 * Plans the steps of a rebuilt database.
 *
 * @param context What the stage is given.
 * @param store The store, when every row is back whose place is known.
 * @returns A step for each collection that has lost anything; none for any other database.
 * @throws {OperationError} A file cannot be read.
 * @throws {SqliteError} The database cannot be read or written.
 */
export function prepareRebuiltSteps(context: RepairContext, store: RecordStore): PreparedStep[] {
  const { rebuild, hasLostRows } = context.working;
  if (rebuild === null || !hasLostRows) return [];
  return store.collections.flatMap((collection) =>
    describeCollection(context, store, collection, rebuild)
  );
}

function describeCollection(
  context: RepairContext,
  store: RecordStore,
  collection: RecordCollection,
  rebuild: RebuildReport,
): PreparedStep[] {
  const { namesAllRecords } = rebuild.witnesses;
  const bare = insertBareRows(store, collection, namesAllRecords);
  const values = restoreLostValues(store, collection, rebuild, bare);
  const losses = listLosses(collection.name, values).filter(({ count }) => count > 0);
  const restored = values.documentsRestored + values.valuesRestored;
  if (bare.length + restored + losses.length === 0) return [];
  const { directory } = collection.subject;
  return [createDatabaseStep(context, {
    kind: "correct-records",
    title: bare.length > 0
      ? `Bring ${formatCount(bare.length, "record")} back of which the index has the vector`
      : restored > 0
      ? "Bring values of records back from the queue"
      : "Name what records have lost with the pages of the database",
    details: bare.length === 0 ? [] : [
      "Their rows are lost; one that was deleted shortly before the damage may be among them",
    ],
    reads: directory === null ? [] : [directory.name],
    gains: [
      { what: "records", count: bare.length, source: "the id map of the index" },
      { what: "documents", count: values.documentsRestored, source: "the queue" },
      { what: "values of metadata", count: values.valuesRestored, source: "the queue" },
    ],
    losses,
    findings: [],
    collection: collection.name,
  })];
}

function listLosses(collection: string, values: LostValues): RepairLoss[] {
  const loss = (
    kind: LossKind,
    ids: readonly string[],
    reason: string,
    table: string | null = "embedding_metadata",
  ): RepairLoss => ({
    kind,
    outcome: "kept",
    reason,
    collection,
    table,
    count: ids.length,
    ids,
  });
  return [
    loss("document", values.documents, "it stood on a page that is damaged, and nowhere else"),
    loss("document", values.possibleDocuments, "if it had one, it stood on a page that is damaged"),
    loss("metadata", values.metadata, "values stood on a page that is damaged, and nowhere else"),
    loss(
      "metadata",
      values.possibleMetadata,
      "if it had more values, they stood on a page that is damaged",
    ),
    loss(
      "newer-version",
      values.outdated,
      "a newer write, or its deletion, may have stood on a page that is damaged",
      "embeddings_queue",
    ),
  ];
}
