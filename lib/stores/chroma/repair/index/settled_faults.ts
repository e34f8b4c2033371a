/**
 * Rows of the queue that no engine can apply and that both segments have passed: nobody looks at them
 * any more, until an engine begins at the start of the queue.
 *
 * @module
 */

import type { RepairLoss } from "../../../../model/repair.ts";
import type { StoreDatabase } from "../../../../sqlite/database.ts";
import { type CuredRow, findFaultyRows } from "../records/queue_faults.ts";
import type { StoreIndex } from "./wanted_segments.ts";

/**
 * Finds the rows of a collection that no engine can apply, in the whole queue.
 *
 * @param index The index of the collection.
 * @param database The database.
 * @returns The rows, and what is to be done about each.
 * @throws {SqliteError} The queue cannot be read.
 */
export function findFaults(index: StoreIndex, database: StoreDatabase): CuredRow[] {
  const { catalogue, engine, collection, place } = index;
  return findFaultyRows({ database, engine, catalogue }, {
    collectionId: collection.id,
    dimension: collection.dimension,
    metadata: place.metadataWatermark ?? 0,
    // The watermark of the index goes away.
    vector: 0,
  });
}

/** The numbers of the rows that leave the queue. */
export function listLeaving(faults: readonly CuredRow[]): ReadonlySet<number> {
  const leaving = faults.filter(({ cure }) => cure === "set-aside");
  return new Set(leaving.map(({ sequence }) => Number(sequence)));
}

/**
 * Says what leaves the queue.
 *
 * @param faults The rows.
 * @param collection The name of the collection.
 * @returns The loss; none where no row leaves.
 */
export function listFaultLosses(faults: readonly CuredRow[], collection: string): RepairLoss[] {
  const ids = [...listLeaving(faults)].map(String);
  if (ids.length === 0) return [];
  return [{
    kind: "queue-row",
    outcome: "taken-out",
    reason: "no engine can apply them, and one that begins its index anew would have to",
    collection,
    table: "embeddings_queue",
    count: ids.length,
    ids,
  }];
}
