/**
 * A queue that counts anew. The next write gets the number after the highest one in the queue; so
 * where the queue has lost its last rows, numbers come again that records and indexes have already
 * had, and every write with one of those is skipped in silence.
 *
 * Watermarks are right then, and the queue is wrong. It is made to go on where it had got to: the
 * delete of a record that there never was takes the highest number, which changes nothing. Lower
 * watermarks would do as well for the engine, but numbers would no longer tell which write came last,
 * and 0.x takes a watermark of 0 for none (tried with 0.4.24 and 0.5.23).
 *
 * Rows that were written since the queue began to count anew were never applied. They get numbers
 * behind that.
 *
 * @module
 */

import { formatNumber } from "../../../../base/format.ts";
import type { Finding } from "../../../../model/finding.ts";
import type { RepairLoss } from "../../../../model/repair.ts";
import { collectionLabel } from "../../catalogue/catalogue.ts";
import { QUEUE_OPERATIONS } from "../../records/queue_row.ts";
import {
  type EditStatement,
  type PlannedEdit,
  type PlanningContext,
  statement,
} from "./catalogue_edit.ts";

/**
 * Plans how the queue goes on, where a watermark lies beyond it and is right.
 *
 * @param finding A finding of a watermark.
 * @param context What is known.
 * @returns The correction; null where it is not the queue that is wrong.
 */
export function planNumbering(finding: Finding, context: PlanningContext): PlannedEdit | null {
  const { catalogue, evidence: { numbering } } = context;
  const { watermark } = finding.detail;
  const last = Number(catalogue.queueBounds?.lastSequence ?? 0n);
  if (finding.name !== "watermark-ahead" || typeof watermark !== "number") return null;
  const { reached, restartedAt } = numbering;
  if (reached <= last || watermark > reached) return null;
  return {
    statements: [
      ...(restartedAt === null ? [] : [renumber(restartedAt, reached)]),
      takeNumber(finding, context, reached),
    ],
    sentence: `Have the queue go on after ${formatNumber(reached)}, up to which records and ` +
      `indexes have got: the watermark of ${formatNumber(watermark)} is right` +
      (restartedAt === null ? "" : "; rows from " + formatNumber(restartedAt) +
        " on, which were never applied, are numbered anew"),
    losses: listOutdated(finding, context),
  };
}

function listOutdated(
  { segment }: Finding,
  { owners, evidence: { numbering } }: PlanningContext,
): RepairLoss[] {
  const owner = owners.get(segment ?? "");
  const ids = numbering.outdated.get(owner?.collection.id ?? "") ?? [];
  // Both halves of a collection may show the finding; what is lost is lost once.
  if (owner === undefined || owner.metadata?.id !== segment || ids.length === 0) return [];
  return [{
    kind: "newer-version",
    outcome: "kept",
    reason: "the queue has lost their last write, so the index may hold the vector before it",
    collection: collectionLabel(owner.collection),
    table: null,
    count: ids.length,
    ids,
  }];
}

/** Every correction says so; the first one that is carried out leaves no such row. */
function renumber(restartedAt: number, reached: number): EditStatement {
  return statement(
    "UPDATE embeddings_queue SET seq_id = seq_id + ? WHERE seq_id >= ? AND seq_id < ?",
    BigInt(reached + 1 - restartedAt),
    BigInt(restartedAt),
    BigInt(reached),
  );
}

function takeNumber(
  { segment }: Finding,
  { owners, evidence }: PlanningContext,
  reached: number,
): EditStatement {
  const owner = owners.get(segment ?? "");
  const id = owner?.collection.id ?? "";
  // Tenant and namespace of a topic are settings of the engine, the same for all collections.
  const [other = "persistent://default/default/"] = evidence.topics.values();
  const topic = evidence.topics.get(id) ?? owner?.collection.topic ??
    other.slice(0, other.lastIndexOf("/") + 1) + id;
  return statement(
    "INSERT OR IGNORE INTO embeddings_queue (seq_id, operation, topic, id) VALUES (?, ?, ?, ?)",
    BigInt(reached),
    QUEUE_OPERATIONS.delete,
    topic,
    `vecfsck-${id}`,
  );
}
