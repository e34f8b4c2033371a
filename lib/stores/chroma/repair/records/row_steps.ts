/**
 * The step for lost rows of `embeddings`.
 *
 * @module
 */

import { formatCount } from "../../../../base/format.ts";
import type { Finding } from "../../../../model/finding.ts";
import type { RepairGain, RepairLoss } from "../../../../model/repair.ts";
import { createDatabaseStep } from "../database_step.ts";
import type { PreparedStep, RepairContext } from "../repair_context.ts";
import type { RecordStore } from "./record_store.ts";
import { readRecordMetadata, toRecordText } from "./record_values.ts";
import { removeRecordRows } from "./remove_rows.ts";
import { type RestoredRows, restoreRows, type RowRestoration } from "./restore_rows.ts";
import { MISSING_FILE } from "./take_out_records.ts";

const RECORDS_PER_PAGE = 64;

const UNIDENTIFIED = "whose document this is cannot be told without guessing";

/**
 * Answers the finding of lost rows.
 *
 * @param context What the stage is given.
 * @param store The store.
 * @returns A step for each collection that has lost rows, and one for traces without an id.
 * @throws {OperationError} A file cannot be read or written.
 * @throws {SqliteError} The database cannot be read or written.
 */
export function prepareRowSteps(context: RepairContext, store: RecordStore): PreparedStep[] {
  const findings = context.findings.filter(({ name }) => name === "record-row-missing");
  if (findings.length === 0) return [];
  const restoration = restoreRows(store);
  const { collections, unidentified } = restoration;
  const steps = collections.flatMap((rows) =>
    describeRows(context, findings, rows, unidentified.length > 0)
  );
  if (unidentified.length === 0) return steps;
  takeOut(context, store, unidentified);
  return [...steps, describeUnidentified(context, findings, restoration)];
}

function describeRows(
  context: RepairContext,
  findings: readonly Finding[],
  { collection, byContents, byOrder, unplaced }: RestoredRows,
  areTracesLeft: boolean,
): PreparedStep[] {
  const gains: RepairGain[] = [
    { what: "records", count: byContents.length, source: "the queue, which has the same contents" },
    { what: "records", count: byOrder.length, source: "the id map, by the order of the records" },
  ];
  const loss: RepairLoss = {
    kind: "record",
    outcome: "gone",
    reason: areTracesLeft
      ? "their rows are lost, and which document is theirs cannot be told without guessing"
      : "their rows are lost with everything that they held",
    collection: collection.name,
    table: null,
    count: unplaced.length,
    ids: unplaced,
  };
  const count = byContents.length + byOrder.length;
  if (count + unplaced.length === 0) return [];
  return [createDatabaseStep(context, {
    kind: "correct-records",
    title: count > 0
      ? `Bring ${formatCount(count, "row")} of embeddings back`
      : `Give ${formatCount(unplaced.length, "row")} of embeddings up`,
    collection: collection.name,
    reads: collection.subject.directory === null ? [] : [collection.subject.directory.name],
    gains,
    // In a database that has lost rows they come back without what they held (`bare_rows.ts`).
    losses: context.working.hasLostRows ? [] : [loss],
    findings,
  })];
}

/** Nobody can reach what has no id, but a search for text would still find it. */
function takeOut(
  { saved }: RepairContext,
  { database }: RecordStore,
  rows: readonly number[],
): void {
  for (let start = 0; start < rows.length; start += RECORDS_PER_PAGE) {
    const page = rows.slice(start, start + RECORDS_PER_PAGE);
    const values = readRecordMetadata(database, page);
    for (const row of page) {
      const { document, metadata } = toRecordText(values.get(row) ?? new Map());
      saved.add(MISSING_FILE, {
        collection: null,
        id: null,
        document,
        metadata,
        embedding: null,
        reason: UNIDENTIFIED,
      });
    }
  }
  database.execute(`CREATE TEMP TABLE IF NOT EXISTS unidentified_rows (row INTEGER PRIMARY KEY);
    DELETE FROM temp.unidentified_rows`);
  database.prepare("INSERT INTO temp.unidentified_rows SELECT value FROM json_each(?)")(
    JSON.stringify(rows),
  );
  removeRecordRows(database, "SELECT row FROM temp.unidentified_rows");
}

function describeUnidentified(
  context: RepairContext,
  findings: readonly Finding[],
  { unidentified }: RowRestoration,
): PreparedStep {
  const loss: RepairLoss = {
    kind: "record",
    outcome: "taken-out",
    reason: UNIDENTIFIED,
    collection: null,
    table: "embedding_metadata",
    count: unidentified.length,
    ids: [],
  };
  return createDatabaseStep(context, {
    kind: "correct-records",
    title: `Take ${formatCount(unidentified.length, "record")} out that nobody knows the id of`,
    details: [`documents and metadata are in ${MISSING_FILE}, without an id`],
    losses: [loss],
    findings,
  });
}
