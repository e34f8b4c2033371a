/**
 * What the table of records and the queue alone say of a record, whatever is chosen for it.
 *
 * @module
 */

import type { OpenedIndex } from "./opened_index.ts";
import { RECORD, type RecordTable } from "./record_table.ts";
import type { MissingRecord, RecordSource } from "./salvage_request.ts";
import { isSameVector, normalise } from "./slot_finder.ts";

/**
 * Tells what a record is known by.
 *
 * @param records The records.
 * @param record Its number.
 */
export function factsOf(
  records: RecordTable,
  record: number,
): Pick<MissingRecord, "id" | "rowId" | "sequenceNumber" | "recordSource"> {
  const rowId = records.rowIds.get(record);
  const sequence = records.sequences.get(record);
  return {
    id: records.ids.text(record),
    rowId: rowId === -1 ? null : rowId,
    sequenceNumber: sequence === -1 ? null : sequence,
    recordSource: recordSourceOf(records, record),
  };
}

/**
 * Tells what says that a record is there.
 *
 * @param records The records.
 * @param record Its number.
 */
export function recordSourceOf(records: RecordTable, record: number): RecordSource {
  if (records.has(record, RECORD.listed)) return "unique-index";
  if (records.has(record, RECORD.row)) return "row";
  return records.has(record, RECORD.queued) ? "queue" : "id-map";
}

/**
 * Tells whether the queue makes a record after the watermark of the index.
 *
 * @param records The records.
 * @param record Its number.
 * @param watermark The watermark, or null where none is known.
 */
export function isMadeLater(
  records: RecordTable,
  record: number,
  watermark: number | null,
): boolean {
  return records.vectorSequences.get(record) > (watermark ?? Infinity) &&
    !records.has(record, RECORD.atWatermark | RECORD.maybeAtWatermark);
}

/**
 * Lists the labels of ids that are no records.
 *
 * @param records The records.
 * @param isRecord Whether one is a record.
 * @returns The number of the id, by its label.
 */
export function listGhostIds(
  records: RecordTable,
  isRecord: (record: number) => boolean,
): Map<number, number> {
  const ids = new Map<number, number>();
  for (let record = 0; record < records.count; record++) {
    const label = records.labels.get(record);
    if (label !== 0 && !isRecord(record)) ids.set(label, record);
  }
  return ids;
}

/**
 * Tells whether a slot holds the vector that a row of the queue has.
 *
 * @param own The index, or null.
 * @param slot The slot.
 * @param queued The vector of the row.
 * @param isNormalised Whether the index holds normalised vectors.
 * @throws {OperationError} The file cannot be read.
 */
export function holdsSame(
  own: OpenedIndex | null,
  slot: number,
  queued: Float32Array,
  isNormalised: boolean,
): boolean {
  const stored = new Float32Array(queued.length);
  if (own?.index.slots?.geometry.dimension !== queued.length) return false;
  if (!own.index.readStored(slot, stored)) return false;
  return isSameVector(stored, isNormalised ? normalise(queued) : queued, isNormalised);
}
