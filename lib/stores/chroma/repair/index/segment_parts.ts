/**
 * What the steps of one index work with.
 *
 * @module
 */

import type { StoreDatabase } from "../../../../sqlite/database.ts";
import type { RepairRequest } from "../../../repair_format.ts";
import type { SegmentSalvage } from "../../salvage/salvage_request.ts";
import { takeOutRecords } from "../records/take_out_records.ts";
import type { SavedFiles } from "../../../saved_files.ts";
import { MISSING_REASONS } from "./segment_losses.ts";
import type { StoreIndex, WantedIndex } from "./wanted_segments.ts";

/** An index, and what was saved of it. */
export interface SegmentParts {
  /** The index. */
  readonly wanted: WantedIndex;
  /** What was saved. */
  readonly salvage: SegmentSalvage;
  /** What was asked for. */
  readonly request: RepairRequest;
}

/**
 * Takes the records out of the store that have no vector, unless they are to stay.
 *
 * @param parts The index, and what was saved of it.
 * @param database The private copy of the database.
 * @param saved Takes a line for each record.
 * @throws {SqliteError} The database cannot be read or written.
 */
export function takeOutMissing(
  { wanted, salvage, request }: SegmentParts,
  database: StoreDatabase,
  saved: SavedFiles,
): void {
  if (request.keepUnsearchable || countMissing(salvage) === 0) return;
  const { name, place, engine } = wanted;
  const leaving = salvage.missing().map(({ id, rowId, reason }) => ({
    id,
    rowId,
    reason: MISSING_REASONS[reason],
  }));
  const records = { collection: name, records: place, dimension: salvage.dimension, engine };
  takeOutRecords(database, records, leaving, saved);
}

/**
 * Whether a new index needs its watermark in the database: where none stands, the Python era takes it
 * from the id map, and 1.x would take all of the queue in once more.
 *
 * @param index The index.
 */
export function lacksWatermark({ engine, place }: Pick<StoreIndex, "engine" | "place">): boolean {
  return engine.era === "rust" && place.vectorWatermark === null;
}

/** How many records have no vector. */
export function countMissing({ counts: { missing } }: Pick<SegmentSalvage, "counts">): number {
  return Object.values(missing).reduce((sum, count) => sum + count, 0);
}
