/**
 * Labels by the vectors of the queue: where a vector that the queue has for a record stands in
 * exactly one live slot, and no other record's does, the slot is the record's.
 *
 * @module
 */

import { type IndexDirectory, listClaimedSlots } from "./index_directory.ts";
import { LABEL_SOURCE } from "./label_evidence.ts";
import type { QueueVectors } from "./queue_vectors.ts";
import { RECORD, type RecordTable } from "./record_table.ts";
import { SlotFinder } from "./slot_finder.ts";

/** Stands for a slot that several records could have. */
const SEVERAL = -2;

/** Finds slots by vectors of the queue. */
export class QueueWitnesses {
  readonly #index: IndexDirectory;
  readonly #queue: QueueVectors;
  readonly #isCosine: boolean;
  #finder: SlotFinder | null = null;

  /** Looks for vectors of a queue in the slots of an index; nothing is read before it is needed. */
  constructor(index: IndexDirectory, queue: QueueVectors, isCosine: boolean) {
    this.#index = index;
    this.#queue = queue;
    this.#isCosine = isCosine;
  }

  /**
   * Finds the slot that holds the vector of a row of the queue.
   *
   * @param sequence The row, or -1.
   * @returns The slot; `none` when no slot holds it; null when that is no witness: there is no such
   * vector, or several slots hold it.
   * @throws {OperationError} A file cannot be read.
   */
  find(sequence: number): number | "none" | null {
    const { data, slots } = this.#index;
    const vector = sequence === -1 ? null : this.#queue.read(sequence);
    if (vector === null || data === null || slots === null) return null;
    if (vector.length !== slots.geometry.dimension) return null;
    this.#finder ??= new SlotFinder(data, slots, this.#isCosine);
    const match = this.#finder.find(vector);
    if (match === "several") return null;
    return match === "none" ? "none" : match.slot;
  }

  /**
   * Gives labels to records that have none.
   *
   * @param records The records.
   * @param vectorWatermark Up to which write the index is, or null when that is not known.
   * @returns How many got one.
   * @throws {OperationError} A file cannot be read.
   */
  assign(records: RecordTable, vectorWatermark: number | null): number {
    const { slots } = this.#index;
    if (slots === null || slots.counts.usable === 0) return 0;
    const takers = this.#listTakers(records, vectorWatermark);
    const claimed = listClaimedSlots(records, this.#index);
    let assigned = 0;
    for (const [slot, record] of takers) {
      if (record === SEVERAL || claimed.has(slot)) continue;
      records.labels.set(record, slots.labels[slot] ?? 0);
      records.labelSources.set(record, LABEL_SOURCE.queue);
      assigned++;
    }
    return assigned;
  }

  #listTakers(records: RecordTable, vectorWatermark: number | null): Map<number, number> {
    const takers = new Map<number, number>();
    for (let record = 0; record < records.count; record++) {
      if (!records.has(record, RECORD.live) || records.labels.get(record) !== 0) continue;
      const sequence = records.vectorSequences.get(record);
      // The index has nothing of what came later: a vector that is the same is another record's.
      if (sequence === -1 || (vectorWatermark !== null && sequence > vectorWatermark)) continue;
      const slot = this.find(sequence);
      if (typeof slot === "number") takers.set(slot, takers.has(slot) ? SEVERAL : record);
    }
    return takers;
  }
}
