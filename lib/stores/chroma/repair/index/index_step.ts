/**
 * A step that builds an index: a new directory takes the place of the old one.
 *
 * @module
 */

import { join } from "@std/path";
import { OperationError } from "../../../../base/errors.ts";
import type { RepairStep, RepairVerification } from "../../../../model/repair.ts";
import { openForReading } from "../../../../sqlite/reading.ts";
import { CATALOGUE_NAME } from "../../layout.ts";
import { storeSequence } from "../catalogue/plan_watermarks.ts";
import type { PreparedStep, StagingArea } from "../repair_context.ts";
import { buildSegment } from "./build_segment.ts";
import { eraseDeletedRows } from "./erase_deleted_rows.ts";
import type { IndexSource } from "./index_source.ts";
import { mendQueueVectors } from "./mend_queue_vectors.ts";
import { stageQueue } from "./queue_step.ts";
import { lacksWatermark, type SegmentParts, takeOutMissing } from "./segment_parts.ts";
import { verifyQueue } from "./verify_queue.ts";
import { verifySegment } from "./verify_segment.ts";

/** An index, and what it is built of. */
export interface IndexParts extends SegmentParts {
  /** What it is built of. */
  readonly source: IndexSource;
}

/** A step that builds an index. */
export class IndexStep implements PreparedStep {
  readonly step: RepairStep;
  readonly #parts: IndexParts;
  /** Rows that left the queue, where the engine is to build the index after all; else null. */
  #left: ReadonlySet<number> | null = null;

  /**
   * Takes what was planned.
   *
   * @param step What stands in the plan.
   * @param parts The index and what it is built of; belongs to the step from now on.
   */
  constructor(step: RepairStep, parts: IndexParts) {
    this.step = step;
    this.#parts = parts;
  }

  /** Builds the index; where the memory does not suffice after all, the engine is to do it. */
  async stage(area: StagingArea): Promise<void> {
    const { request: { strategy } } = this.#parts;
    try {
      await this.#build(area);
    } catch (error) {
      const isTooLarge = error instanceof OperationError && error.code === "no-memory";
      if (!isTooLarge || strategy !== "auto") throw error;
      this.#left = await stageQueue(this.#parts, area);
    }
  }

  /** Reads the index back. */
  async verify(view: string): Promise<RepairVerification> {
    if (this.#left !== null) return verifyQueue(view, this.#parts, this.#left);
    const { salvage, source, request: { signal }, wanted: { request: { subject } } } = this.#parts;
    using reading = openForReading(join(view, CATALOGUE_NAME));
    salvage.rebind(reading.database);
    try {
      return await verifySegment(join(view, subject.segmentId), source, signal);
    } finally {
      salvage.rebind(null);
    }
  }

  /** Closes the files from which vectors are read. */
  [Symbol.dispose](): void {
    this.#parts.salvage[Symbol.dispose]();
  }

  async #build(area: StagingArea): Promise<void> {
    const { salvage, source, request, wanted: { name, request: { subject } } } = this.#parts;
    const { jobs, maxMemoryBytes, signal, onProgress, fs } = request;
    area.working.settle();
    using reading = openForReading(join(area.working.path, CATALOGUE_NAME));
    salvage.rebind(reading.database);
    try {
      await buildSegment(source, join(area.directory, subject.segmentId), {
        jobs,
        maxMemoryBytes,
        signal,
        onProgress: (done) => onProgress?.({ title: `Building the index of ${name}`, done }),
        fs,
      });
    } finally {
      salvage.rebind(null);
    }
    reading.release();
    if (this.step.replaces.includes(CATALOGUE_NAME)) await this.#changeDatabase(area);
  }

  async #changeDatabase(area: StagingArea): Promise<void> {
    const { salvage, source, wanted, request } = this.#parts;
    const database = await area.working.openDatabase();
    takeOutMissing(this.#parts, database, area.saved);
    mendQueueVectors(database, salvage);
    if (lacksWatermark(wanted) && source.count > 0) {
      database.prepare("INSERT OR REPLACE INTO max_seq_id (segment_id, seq_id) VALUES (?, ?)")(
        source.segmentId,
        storeSequence(wanted.engine, source.watermark),
      );
    }
    if (request.eraseDeleted) eraseDeletedRows(wanted, database, source.watermark);
  }
}
