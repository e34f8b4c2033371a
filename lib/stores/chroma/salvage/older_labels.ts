/**
 * Labels from an id map that was moved aside with its index. An index that was begun anew gives its
 * labels anew, so that a label of the older map may be another record's by now: it counts only where
 * both indexes hold the same vector under it.
 *
 * @module
 */

import { type IndexDirectory, listClaimedSlots } from "./index_directory.ts";
import { LABEL_SOURCE } from "./label_evidence.ts";
import type { LabelReading } from "./read_labels.ts";
import { RECORD, type RecordTable } from "./record_table.ts";
import { isSameVector } from "./slot_finder.ts";

/** An older index, and what its id map gave. */
export interface OlderIndex {
  /** The directory that was moved aside. */
  readonly index: IndexDirectory;
  /** Its labels, or null without an id map. */
  readonly labels: LabelReading | null;
}

/**
 * Gives labels to records that have none.
 *
 * @param records The records.
 * @param own The segment's own index.
 * @param older An index of the same segment that was moved aside.
 * @returns How many got one.
 * @throws {OperationError} A file cannot be read.
 */
export function adoptOlderLabels(
  records: RecordTable,
  own: IndexDirectory,
  older: OlderIndex,
): number {
  const dimension = own.slots?.geometry.dimension;
  if (older.labels === null || dimension !== older.index.slots?.geometry.dimension) return 0;
  const [mine, theirs] = [new Float32Array(dimension ?? 0), new Float32Array(dimension ?? 0)];
  const claimed = listClaimedSlots(records, own);
  let adopted = 0;
  for (let record = 0; record < records.count; record++) {
    if (!records.has(record, RECORD.live) || records.labels.get(record) !== 0) continue;
    const label = older.labels.labelOf(record);
    const [slot, olderSlot] = [own.usableSlotOf(label), older.index.usableSlotOf(label)];
    if (slot === -1 || olderSlot === -1 || claimed.has(slot)) continue;
    if (!own.readStored(slot, mine) || !older.index.readStored(olderSlot, theirs)) continue;
    if (!isSameVector(mine, theirs, false)) continue;
    records.labels.set(record, label);
    records.labelSources.set(record, LABEL_SOURCE.olderIdMap);
    adopted++;
  }
  return adopted;
}
