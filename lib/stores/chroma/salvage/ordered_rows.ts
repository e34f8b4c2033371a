/**
 * The rows that an index has at its watermark, in the order in which they were made.
 *
 * @module
 */

import { RECORD, type RecordTable } from "./record_table.ts";

/** The rows that the index has at its watermark. */
export interface OrderedRows {
  /** The records. */
  readonly rows: readonly number[];
  /** How many at the end may have come after it. */
  readonly openRows: number;
}

/**
 * Lists the rows that an index has.
 *
 * @param records The records.
 * @param metadataWatermark Up to which write the rows are.
 * @param vectorWatermark Up to which write the index is.
 * @returns The rows; null where what is known contradicts itself.
 */
export function listOrderedRows(
  records: RecordTable,
  metadataWatermark: number,
  vectorWatermark: number,
): OrderedRows | null {
  return vectorWatermark >= metadataWatermark
    ? listRowsAhead(records, vectorWatermark)
    : listRowsBehind(records);
}

/** The index has all that the rows have, and perhaps what the queue brings after them. */
function listRowsAhead(
  records: RecordTable,
  vectorWatermark: number,
): OrderedRows | null {
  const { count, createdSequences } = records;
  const rows: number[] = [];
  const made: number[] = [];
  for (let record = 0; record < count; record++) {
    if (!records.has(record, RECORD.atWatermark)) continue;
    const created = createdSequences.get(record);
    const isRow = records.has(record, RECORD.row);
    if (created !== -1 && created <= vectorWatermark) made.push(record);
    else if (isRow) rows.push(record);
    else return null;
  }
  made.sort((left, right) => createdSequences.get(left) - createdSequences.get(right));
  return { rows: rows.concat(made), openRows: 0 };
}

/** The rows are ahead of the index: those at the end may have come after the flush. */
function listRowsBehind(records: RecordTable): OrderedRows | null {
  const rows: number[] = [];
  let certain = 0;
  let hasEnded = false;
  for (let record = 0; record < records.count; record++) {
    if (!records.has(record, RECORD.row)) continue;
    const isIn = records.has(record, RECORD.atWatermark);
    if (isIn && hasEnded) return null;
    if (!isIn && !records.has(record, RECORD.maybeAtWatermark)) hasEnded = true;
    if (hasEnded) continue;
    rows.push(record);
    if (isIn) certain = rows.length;
  }
  return { rows, openRows: rows.length - certain };
}

/**
 * Tells which rows were written again after a later one had been made.
 *
 * @param records The records.
 * @param rows Those that are looked at, in order.
 * @returns 1 for each that was.
 */
export function listRewritten(records: RecordTable, rows: readonly number[]): Uint8Array {
  const rewritten = new Uint8Array(rows.length);
  let lowest = Infinity;
  for (let record = records.count - 1, row = rows.length - 1; record >= 0; record--) {
    const sequence = records.sequences.get(record);
    while (row >= 0 && (rows[row] ?? 0) > record) row--;
    if (rows[row] === record && sequence > lowest) rewritten[row] = 1;
    const isRow = records.has(record, RECORD.row) && sequence !== -1;
    if (isRow) lowest = Math.min(lowest, sequence);
  }
  return rewritten;
}

/**
 * Lists the sequence numbers of all rows.
 *
 * @param records The records.
 * @returns The numbers, ascending.
 */
export function listWritten(records: RecordTable): Float64Array {
  const written: number[] = [];
  for (let record = 0; record < records.count; record++) {
    if (records.has(record, RECORD.row)) written.push(records.sequences.get(record));
  }
  return Float64Array.from(written).sort();
}
