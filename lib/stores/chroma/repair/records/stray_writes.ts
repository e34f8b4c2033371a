/**
 * Writes in the queue whose record is gone. The records have taken them in, and none of them is there
 * any more: its row was lost, or the deletion that stood behind them in the queue. An index that
 * still waits for them would take them in again, and searches would find ids that are no records.
 *
 * Nothing tells a record that was lost from one that had been deleted, so neither is made a record
 * again: its rows go to a file, with all that they hold.
 *
 * @module
 */

import { formatCount } from "../../../../base/format.ts";
import type { RepairLoss } from "../../../../model/repair.ts";
import { QUEUE_OPERATIONS } from "../../records/queue_row.ts";
import { createDatabaseStep } from "../database_step.ts";
import type { PreparedStep, RepairContext } from "../repair_context.ts";
import { type CuredRow, cureQueueRows, QUEUE_ROWS_FILE } from "./queue_faults.ts";
import type { RecordCollection, RecordStore } from "./record_store.ts";

/** The rows of one id. */
interface IdWrites {
  readonly sequences: string[];
  /** Whether one of them makes a record. */
  isMade: boolean;
  /** Whether the last of them takes it away again. */
  isDeleted: boolean;
}

/** The writes of records that are gone. */
interface StrayWrites {
  readonly ids: readonly string[];
  readonly sequences: readonly string[];
}

/**
 * Plans the steps for such writes; only where rows were lost there are any.
 *
 * @param context What the stage is given.
 * @param store The store, when every row is back whose place is known.
 * @param earlier The steps before these: a record that they name as lost is not named again.
 * @returns A step for each collection that has them.
 * @throws {SqliteError} The queue cannot be read or written.
 */
export function prepareStrayWriteSteps(
  context: RepairContext,
  store: RecordStore,
  earlier: readonly PreparedStep[],
): PreparedStep[] {
  const { working, findings } = context;
  const hasLost = working.hasLostRows ||
    findings.some(({ name }) => name === "record-row-missing");
  if (!hasLost) return [];
  return store.collections.flatMap((collection) => {
    const { ids, sequences } = findStrayWrites(store, collection);
    if (ids.length === 0) return [];
    const rows = sequences.map((sequence): CuredRow => ({
      sequence,
      fault: "record gone",
      cure: "set-aside",
    }));
    cureQueueRows(store.database, rows, collection.name, context.saved);
    const named = listNamed(earlier, collection.name);
    const unnamed = ids.filter((id) => !named.has(id));
    return [describeStep(context, collection, { ids: unnamed, sequences })];
  });
}

/** The records of a collection that steps name as lost. */
function listNamed(steps: readonly PreparedStep[], collection: string): ReadonlySet<string> {
  return new Set(
    steps.flatMap(({ step }) => step.losses)
      .filter((loss) => loss.kind === "record" && loss.collection === collection)
      .flatMap(({ ids }) => ids),
  );
}

/**
 * Finds writes that the records have taken in and the index has not, of ids that are no records.
 *
 * @param store The store.
 * @param collection The collection.
 * @returns The ids, and the sequence numbers of their rows.
 * @throws {SqliteError} The queue cannot be read.
 */
export function findStrayWrites(
  { database }: Pick<RecordStore, "database">,
  { place }: Pick<RecordCollection, "place">,
): StrayWrites {
  const { collectionId, metadataSegmentId, metadataWatermark, vectorWatermark } = place;
  // Without a watermark the engine applies every row to the records as well.
  if (metadataWatermark === null) return { ids: [], sequences: [] };
  const byId = new Map<string, IdWrites>();
  const rows = database.iterate(
    `SELECT CAST(seq_id AS TEXT), id, operation FROM embeddings_queue
     WHERE substr(topic, -36) = ? AND typeof(id) = 'text'
       AND seq_id > CAST(? AS INTEGER) AND seq_id <= CAST(? AS INTEGER)
       AND id NOT IN (SELECT embedding_id FROM embeddings
         WHERE segment_id = ? AND embedding_id IS NOT NULL)
       AND id NOT IN (SELECT id FROM embeddings_queue
         WHERE substr(topic, -36) = ? AND typeof(id) = 'text' AND seq_id > CAST(? AS INTEGER))
     ORDER BY seq_id`,
    collectionId,
    vectorWatermark ?? 0,
    metadataWatermark,
    metadataSegmentId,
    collectionId,
    metadataWatermark,
  );
  for (const [sequence, id, operation] of rows) {
    const writes = byId.get(String(id)) ?? { sequences: [], isMade: false, isDeleted: false };
    byId.set(String(id), writes);
    writes.sequences.push(String(sequence));
    writes.isMade ||= operation === QUEUE_OPERATIONS.add || operation === QUEUE_OPERATIONS.upsert;
    writes.isDeleted = operation === QUEUE_OPERATIONS.delete;
  }
  const stray = [...byId].filter(([, { isMade, isDeleted }]) => isMade && !isDeleted);
  return {
    ids: stray.map(([id]) => id),
    sequences: stray.flatMap(([, { sequences }]) => sequences),
  };
}

function describeStep(
  context: RepairContext,
  { name }: RecordCollection,
  { ids, sequences }: StrayWrites,
): PreparedStep {
  const loss: RepairLoss = {
    kind: "record",
    outcome: "taken-out",
    reason: "its row, or its deletion, is lost: it may have been deleted before the damage",
    collection: name,
    table: "embeddings_queue",
    count: ids.length,
    ids,
  };
  return createDatabaseStep(context, {
    kind: "correct-records",
    title: `Take ${formatCount(sequences.length, "write")} of records that are gone out of the ` +
      "queue",
    details: [
      "The index would take them in again, and searches would find ids that are no records",
      `all of them are in ${QUEUE_ROWS_FILE} as they were, with vector and document`,
    ],
    losses: [loss],
    findings: [],
    collection: name,
  });
}
