/**
 * What the sequence numbers of rows say about when they were made.
 *
 * @module
 */

import type { RecordTable } from "./record_table.ts";

/**
 * Lists for each row the lowest sequence number of it and all rows behind it: by then it had been made,
 * for rows are made in the order of their keys, and a write only raises the number of a row.
 *
 * @param records The rows.
 * @returns The numbers, by the number of the record.
 */
export function listMadeBefore({ count, sequences }: RecordTable): Float64Array {
  const made = new Float64Array(count);
  let lowest = Infinity;
  for (let index = count - 1; index >= 0; index--) {
    const sequence = sequences.get(index);
    if (sequence >= 0) lowest = Math.min(lowest, sequence);
    made[index] = lowest;
  }
  return made;
}

/**
 * Finds what stands in for a watermark of METADATA that is lost.
 *
 * @param records The rows.
 * @returns The number of the newest write of a row.
 */
export function highestSequence({ count, sequences }: RecordTable): number {
  let highest = 0;
  for (let index = 0; index < count; index++) highest = Math.max(highest, sequences.get(index));
  return highest;
}
