/**
 * The step for lost rows of `embeddings`.
 *
 * @module
 */

import { formatCount } from "../../../../base/format.ts";
import type { Finding } from "../../../../model/finding.ts";
import type { RepairGain, RepairLoss } from "../../../../model/repair.ts";
import type { StoreDatabase } from "../../../../sqlite/database.ts";
import { createDatabaseStep } from "../database_step.ts";
import { FULLTEXT_TABLE } from "../fulltext/rebuild_fulltext.ts";
import type { PreparedStep, RepairContext } from "../repair_context.ts";
import { insertBareRows } from "./bare_rows.ts";
import type { RecordStore } from "./record_store.ts";
import { readRecordMetadata, toRecordText } from "./record_values.ts";
import { hasTable, removeRecordRows } from "./remove_rows.ts";
import { type RestoredRows, restoreRows } from "./restore_rows.ts";
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
  const { collections, unidentified, isBalanced } = restoreRows(store);
  if (unidentified.length > 0) takeOut(context, store, unidentified);
  const steps = collections.flatMap((rows) => {
    const { collection, unplaced } = rows;
    const isRecord = isBalanced && unplaced.length > 0;
    const bare = isRecord ? insertBareRows(store, collection, false) : [];
    return describeRows(context, findings, rows, {
      bare,
      losses: isRecord
        ? listBareLosses(collection.name, bare)
        : listGone(context, rows, unidentified.length > 0),
    });
  });
  return unidentified.length === 0
    ? steps
    : [...steps, describeUnidentified(context, findings, unidentified.length)];
}

function describeRows(
  context: RepairContext,
  findings: readonly Finding[],
  { collection, byContents, byOrder, unplaced }: RestoredRows,
  { bare, losses }: { readonly bare: readonly string[]; readonly losses: readonly RepairLoss[] },
): PreparedStep[] {
  const gains: RepairGain[] = [
    { what: "records", count: byContents.length, source: "the queue, which has the same contents" },
    { what: "records", count: byOrder.length, source: "the id map, by the order of the records" },
    { what: "records without document", count: bare.length, source: "the id map" },
  ];
  const count = byContents.length + byOrder.length + bare.length;
  if (count + unplaced.length === 0) return [];
  return [createDatabaseStep(context, {
    kind: "correct-records",
    title: count > 0
      ? `Bring ${formatCount(count, "row")} of embeddings back`
      : `Give ${formatCount(unplaced.length, "row")} of embeddings up`,
    collection: collection.name,
    reads: collection.subject.directory === null ? [] : [collection.subject.directory.name],
    gains,
    losses,
    findings,
  })];
}

/** The ids are those of records, and only which of the documents is whose cannot be told. */
function listBareLosses(collection: string, ids: readonly string[]): RepairLoss[] {
  return (["document", "metadata"] as const).map((kind) => ({
    kind,
    outcome: "kept",
    reason: `which of those in ${MISSING_FILE} is theirs cannot be told without guessing`,
    collection,
    table: null,
    count: ids.length,
    ids,
  }));
}

function listGone(
  { working }: RepairContext,
  { collection, unplaced }: RestoredRows,
  areTracesLeft: boolean,
): RepairLoss[] {
  // In a database that has lost rows they come back without what they held (`bare_rows.ts`).
  if (working.hasLostRows) return [];
  return [{
    kind: "record",
    outcome: "gone",
    reason: areTracesLeft
      ? "their rows are lost, and which document is theirs cannot be told without guessing"
      : "their rows are lost with everything that they held",
    collection: collection.name,
    table: null,
    count: unplaced.length,
    ids: unplaced,
  }];
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
        document: document ?? readFulltext(database, row),
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

/** The text of a record that has lost its document as well. */
function readFulltext(database: StoreDatabase, row: number): string | null {
  const content = `${FULLTEXT_TABLE}_content`;
  const [text] = hasTable(database, content)
    ? database.row(`SELECT CAST(c0 AS BLOB) FROM ${content} WHERE id = ?`, row) ?? []
    : [];
  return text instanceof Uint8Array ? new TextDecoder().decode(text) : null;
}

function describeUnidentified(
  context: RepairContext,
  findings: readonly Finding[],
  count: number,
): PreparedStep {
  const loss: RepairLoss = {
    kind: "record",
    outcome: "taken-out",
    reason: UNIDENTIFIED,
    collection: null,
    table: "embedding_metadata",
    count,
    ids: [],
  };
  return createDatabaseStep(context, {
    kind: "correct-records",
    title: `Take ${formatCount(count, "record")} out that nobody knows the id of`,
    details: [`documents and metadata are in ${MISSING_FILE}, without an id`],
    losses: [loss],
    findings,
  });
}
