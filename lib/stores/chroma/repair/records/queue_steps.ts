/**
 * Steps for rows of the queue that no engine can apply, or looks for.
 *
 * @module
 */

import { formatCount } from "../../../../base/format.ts";
import type { Finding } from "../../../../model/finding.ts";
import type { RepairLoss } from "../../../../model/repair.ts";
import { collectionLabel } from "../../catalogue/catalogue.ts";
import { createDatabaseStep } from "../database_step.ts";
import type { PreparedStep, RepairContext } from "../repair_context.ts";
import {
  type CuredRow,
  cureQueueRows,
  findFaultyRows,
  QUEUE_ROWS_FILE,
  type QueueCure,
} from "./queue_faults.ts";
import type { RecordStore } from "./record_store.ts";

/** What is said of rows about which something is done. */
const TOLD: Readonly<Record<QueueCure, string>> = {
  "new-time": "a new time, where nothing but the time was wrong",
  "without-metadata": "their metadata taken away, which the records have taken in already",
  "set-aside": "set aside",
};

/**
 * Answers the findings of rows that cannot be applied.
 *
 * @param context What the stage is given.
 * @param store The store.
 * @returns A step for each collection with such rows.
 * @throws {SqliteError} The queue cannot be read or written.
 */
export function prepareQueueSteps(context: RepairContext, store: RecordStore): PreparedStep[] {
  const steps: PreparedStep[] = [];
  const byCollection = new Map<string | null, Finding[]>();
  for (const finding of context.findings) {
    if (finding.name !== "queue-row-invalid") continue;
    const findings = byCollection.get(finding.collection);
    if (findings === undefined) byCollection.set(finding.collection, [finding]);
    else findings.push(finding);
  }
  for (const [collection, findings] of byCollection) {
    const rows = findings.flatMap((finding) => findRows(store, finding));
    const distinct = [...new Map(rows.map((row) => [row.sequence, row])).values()];
    if (distinct.length === 0) continue;
    cureQueueRows(store.database, distinct, collection, context.saved);
    steps.push(describeStep(context, collection, findings, distinct));
  }
  return steps;
}

function findRows(store: RecordStore, { collection, detail }: Finding): CuredRow[] {
  const { topic, firstSequence } = detail;
  if (typeof topic === "string" && typeof firstSequence === "string") {
    return findForeignTopic(store, firstSequence);
  }
  const ids = store.catalogue.collections
    .filter((row) => collectionLabel(row) === collection).map(({ id }) => id);
  return store.positions.filter(({ collectionId }) => ids.includes(collectionId))
    .flatMap((position) => findFaultyRows(store, position));
}

/** The finding shortens a long topic: the row that it names has the topic itself. */
function findForeignTopic({ database }: RecordStore, firstSequence: string): CuredRow[] {
  return database.rows(
    `SELECT CAST(seq_id AS TEXT) FROM embeddings_queue WHERE topic =
       (SELECT topic FROM embeddings_queue WHERE seq_id = CAST(? AS INTEGER)) ORDER BY seq_id`,
    firstSequence,
  ).map(([sequence]) => ({ sequence: String(sequence), fault: "topic", cure: "set-aside" }));
}

function describeStep(
  context: RepairContext,
  collection: string | null,
  findings: readonly Finding[],
  rows: readonly CuredRow[],
): PreparedStep {
  const leaving = rows.filter(({ cure }) => cure === "set-aside");
  const loss: RepairLoss = {
    kind: "queue-row",
    outcome: "taken-out",
    reason: "no engine can apply them, and behind them none applies anything",
    collection,
    table: "embeddings_queue",
    count: leaving.length,
    ids: leaving.map(({ sequence }) => sequence),
  };
  const details = Object.entries(TOLD).flatMap(([cure, told]) => {
    const count = rows.filter((row) => row.cure === cure).length;
    return count === 0 ? [] : [`${told}: ${formatCount(count, "row")}`];
  });
  return createDatabaseStep(context, {
    kind: "correct-records",
    title: `Clear the queue of ${formatCount(rows.length, "row")} that no engine can apply`,
    details: [...details, `all of them are in ${QUEUE_ROWS_FILE} as they were`],
    losses: [loss],
    gains: [{
      what: "rows of the queue",
      count: rows.length - leaving.length,
      source: "what could be read of them",
    }],
    findings,
  });
}
