/**
 * A step that has the engine build an index: saved vectors go into the queue, the watermark of the
 * index goes away, and its directory leaves.
 *
 * @module
 */

import type { RepairStep, RepairVerification } from "../../../../model/repair.ts";
import { cureQueueRows } from "../records/queue_faults.ts";
import type { PreparedStep, StagingArea } from "../repair_context.ts";
import { eraseDeletedRows } from "./erase_deleted_rows.ts";
import { mendQueueVectors } from "./mend_queue_vectors.ts";
import { type SegmentParts, takeOutMissing } from "./segment_parts.ts";
import { findFaults, listLeaving } from "./settled_faults.ts";
import { verifyQueue } from "./verify_queue.ts";
import { writeQueue } from "./write_queue.ts";

/** A step by which the engine builds an index. */
export class QueueStep implements PreparedStep {
  readonly step: RepairStep;
  readonly #parts: SegmentParts;
  #left: ReadonlySet<number> = new Set();

  /**
   * Takes what was planned.
   *
   * @param step What stands in the plan.
   * @param parts The index and what was saved of it; belongs to the step from now on.
   */
  constructor(step: RepairStep, parts: SegmentParts) {
    this.step = step;
    this.#parts = parts;
  }

  /** Writes the rows. */
  async stage(area: StagingArea): Promise<void> {
    this.#left = await stageQueue(this.#parts, area);
  }

  /** Reads every planned vector back. */
  verify(view: string): Promise<RepairVerification> {
    return Promise.resolve().then(() => verifyQueue(view, this.#parts, this.#left));
  }

  /** Closes the files from which vectors are read. */
  [Symbol.dispose](): void {
    this.#parts.salvage[Symbol.dispose]();
  }
}

/**
 * Puts the saved vectors of an index into the queue, in the private copy of the database.
 *
 * @param parts The index and what was saved of it.
 * @param area Where the entries of the repaired store are put.
 * @returns The numbers of rows that have left the queue because no engine can apply them.
 * @throws {OperationError} A file cannot be read or written.
 */
export async function stageQueue(
  parts: SegmentParts,
  area: StagingArea,
): Promise<ReadonlySet<number>> {
  const { wanted, salvage, request: { signal, onProgress, eraseDeleted } } = parts;
  const { name, collection, place, engine, request: { subject } } = wanted;
  const database = await area.working.openDatabase();
  const total = Math.max(1, salvage.counts.records);
  salvage.rebind(database);
  try {
    database.execute("SAVEPOINT queue_step");
    takeOutMissing(parts, database, area.saved);
    mendQueueVectors(database, salvage);
    const faults = findFaults(wanted, database);
    const leaving = listLeaving(faults);
    writeQueue(salvage, {
      database,
      collectionId: collection.id,
      segmentId: subject.segmentId,
      metadataWatermark: place.metadataWatermark,
      engine,
      leaving,
      onRecord: (done) => {
        if (done % RECORDS_PER_REPORT !== 0) return;
        signal?.throwIfAborted();
        onProgress?.({ title: `Putting vectors of ${name} into the queue`, done: done / total });
      },
    });
    cureQueueRows(database, faults, name, area.saved);
    if (eraseDeleted) eraseDeletedRows(wanted, database, Infinity);
    database.execute("RELEASE queue_step");
    // A file may stand where the directory belongs.
    area.leave(subject.directory?.name ?? subject.segmentId);
    return leaving;
  } finally {
    salvage.rebind(null);
  }
}

const RECORDS_PER_REPORT = 1000;
