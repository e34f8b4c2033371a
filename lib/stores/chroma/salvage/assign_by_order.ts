/**
 * Labels by the order rule: which rows and which labels it is asked about, and every witness that
 * could say that it does not hold here. `align_rows.ts` has the rule itself, `order_evidence.ts` what
 * tells whose labels follow it.
 *
 * @module
 */

import { SLOT_STATE, type SlotSalvage } from "../../../hnsw/salvage_slots.ts";
import { alignRows } from "./align_rows.ts";
import { keepAscending } from "./ascending.ts";
import { listBlocks, listDeletedLabels } from "./displaced_labels.ts";
import type { IndexDirectory } from "./index_directory.ts";
import { LABEL_SOURCE } from "./label_evidence.ts";
import { findHighestLabel, listLiveLabels } from "./live_labels.ts";
import { findFirstShuffledLabel } from "./order_evidence.ts";
import type { OrderRefusal, OrderReport } from "./order_report.ts";
import { listOrderedRows, listRewritten, listWritten, type OrderedRows } from "./ordered_rows.ts";
import { RECORD, type RecordTable } from "./record_table.ts";

/** Displaced records are few; where more labels are out of order, the order is another. */
const MOST_DISPLACED_AT_ALL = 2;
const MOST_DISPLACED = 0.1;

/** What the rule is asked with. */
export interface OrderQuestion {
  /** The records, with the labels that are known from elsewhere. */
  readonly records: RecordTable;
  /** The index. */
  readonly index: IndexDirectory;
  /** Up to which write the rows are. */
  readonly metadataWatermark: number;
  /** Up to which write the index is, or null. */
  readonly vectorWatermark: number | null;
  /** Whether every row of `embeddings` and of the queue was read. */
  readonly isWhole: boolean;
  /** Whether 1.x made the store. */
  readonly madeByRust: boolean;
  /** How many records were deleted after the watermark and may still have a label. */
  readonly deletedLater: number;
  /** Finds the live slot that alone holds the vector that the queue has for a record, or null. */
  readonly witnessOf: (record: number) => number | "none" | null;
}

/**
 * Assigns labels by the order of the rows, where that is certain.
 *
 * @param question The records and what is known of them; their labels are set.
 * @returns What became of it.
 */
export function assignByOrder(question: OrderQuestion): OrderReport {
  const asked = new OrderRule(question);
  return asked.apply();
}

class OrderRule {
  readonly #question: OrderQuestion;
  readonly #records: RecordTable;
  #firstLabel: number | null = null;
  #strays = 0;
  #witnesses = 0;

  constructor(question: OrderQuestion) {
    this.#question = question;
    this.#records = question.records;
  }

  apply(): OrderReport {
    const { index, isWhole, vectorWatermark, madeByRust } = this.#question;
    const { slots } = index;
    if (!this.#isNeeded()) return this.#report("not-needed");
    if (slots === null || slots.counts.usable === 0) return this.#report("no-slots");
    if (vectorWatermark === null) return this.#report("no-watermark");
    if (!isWhole) return this.#report("rows-damaged");
    this.#firstLabel = madeByRust ? 1 : findFirstShuffledLabel(slots);
    if (this.#firstLabel === null) return this.#report("python-rows");
    const ordered = listOrderedRows(
      this.#records,
      this.#question.metadataWatermark,
      vectorWatermark,
    );
    if (ordered === null) return this.#report("rows-contradict");
    const highest = findHighestLabel(slots, index.declared);
    if (highest === null) return this.#report("count-unknown");
    if (this.#isIndexNewer(vectorWatermark)) return this.#report("index-newer");
    return this.#align(slots, ordered, highest, this.#firstLabel);
  }

  #report(refusal: OrderRefusal | null, assigned = 0): OrderReport {
    return {
      refusal,
      assigned,
      witnesses: this.#witnesses,
      strays: this.#strays,
      firstLabel: this.#firstLabel,
    };
  }

  #isNeeded(): boolean {
    const { count, labels } = this.#records;
    for (let record = 0; record < count; record++) {
      const isIn = this.#records.has(record, RECORD.atWatermark | RECORD.maybeAtWatermark);
      if (isIn && this.#records.has(record, RECORD.live) && labels.get(record) === 0) return true;
    }
    return false;
  }

  /** A vector of the queue from behind the watermark, in one of the last slots that were made. */
  #isIndexNewer(vectorWatermark: number): boolean {
    const { records, index, witnessOf } = this.#question;
    let late = 0;
    let lowest = Infinity;
    for (let record = 0; record < records.count; record++) {
      if (records.has(record, RECORD.atWatermark) || !records.has(record, RECORD.live)) continue;
      if (records.vectorSequences.get(record) <= vectorWatermark) continue;
      late++;
      const slot = witnessOf(record);
      if (typeof slot !== "number") continue;
      lowest = Math.min(lowest, index.slots?.labels[slot] ?? Infinity);
    }
    if (lowest === Infinity) return false;
    let above = 0;
    for (const [slot, label] of index.slots?.labels.entries() ?? []) {
      if (label >= lowest && !index.hasState(slot, SLOT_STATE.deleted)) above++;
    }
    return above <= late;
  }

  #align(
    slots: SlotSalvage,
    { rows, openRows }: OrderedRows,
    highest: number,
    firstLabel: number,
  ): OrderReport {
    const kept = this.#dropDisplacedPins(rows, firstLabel);
    if (kept === null) return this.#report("pins-contradict");
    return this.#alignKept(slots, { rows: kept, openRows }, highest, firstLabel);
  }

  /**
   * Leaves rows out whose labels are known and stand out of order: displaced records. Null where
   * these are too many to be that.
   */
  #dropDisplacedPins(rows: readonly number[], firstLabel: number): readonly number[] | null {
    const pinned = rows.filter((record) => this.#records.labels.get(record) >= firstLabel);
    const inOrder = keepAscending(pinned.map((record) => this.#records.labels.get(record)));
    const displaced = new Set(pinned.filter((_, at) => inOrder[at] === 0));
    if (displaced.size > Math.max(MOST_DISPLACED_AT_ALL, MOST_DISPLACED * pinned.length)) {
      return null;
    }
    return displaced.size === 0 ? rows : rows.filter((record) => !displaced.has(record));
  }

  #alignKept(
    slots: SlotSalvage,
    { rows, openRows }: OrderedRows,
    highest: number,
    firstLabel: number,
  ): OrderReport {
    const { data } = this.#question.index;
    if (data === null) return this.#report("no-slots");
    const taken = this.#listTaken(rows);
    const strays = this.#question.deletedLater - taken.deleted;
    const { labels, open } = listLiveLabels(slots, highest, taken.labels);
    this.#strays = strays;
    const pins = this.#listPins(rows, firstLabel);
    if (pins === null) return this.#report("witness-missing");
    const live = labels.length - open.reduce((sum, bit) => sum + bit, 0);
    const isPartial = firstLabel > 1;
    if (isPartial && live > rows.length + strays) return this.#report("too-many-labels");
    if (isPartial && labels.length < rows.length - openRows) return this.#report("too-few-labels");
    // With every label known to be live or not, so many are stray and no more.
    const isExact = live === labels.length && openRows === 0 && live >= rows.length;
    const { assigned, refusal } = alignRows({
      rows: rows.length,
      openRows,
      labels,
      open,
      strays: isExact ? Math.min(strays, live - rows.length) : strays,
      pins,
      firstRow: 0,
      firstLabel,
      witnesses: {
        deleted: listDeletedLabels(data, slots, highest),
        rewritten: listRewritten(this.#records, rows),
        sequences: Float64Array.from(rows, (record) => this.#records.sequences.get(record)),
        written: listWritten(this.#records),
        blocks: listBlocks(slots, highest),
      },
    });
    if (refusal !== null) return this.#report(refusal);
    return this.#assign(rows, assigned);
  }

  /** Labels of records that are no rows any more, which no row can have. */
  #listTaken(rows: readonly number[]): { labels: Set<number>; deleted: number } {
    const ordered = new Set(rows);
    const labels = new Set<number>();
    let deleted = 0;
    for (let record = 0; record < this.#records.count; record++) {
      const label = this.#records.labels.get(record);
      if (label === 0 || ordered.has(record)) continue;
      labels.add(label);
      if (this.#records.has(record, RECORD.deletedLater)) deleted++;
    }
    return { labels, deleted };
  }

  /** The labels that are known from elsewhere; null where the index lacks what it must have. */
  #listPins(rows: readonly number[], firstLabel: number): Uint32Array | null {
    const { records, index, vectorWatermark, witnessOf } = this.#question;
    const pins = new Uint32Array(rows.length);
    let missing = 0;
    for (const [row, record] of rows.entries()) {
      const label = records.labels.get(record);
      if (label >= firstLabel) pins[row] = label;
      if (label !== 0) continue;
      const sequence = records.vectorSequences.get(record);
      if (sequence === -1 || sequence > (vectorWatermark ?? 0)) continue;
      const slot = witnessOf(record);
      if (slot === "none") missing++;
      else if (slot !== null) {
        const found = index.slots?.labels[slot] ?? 0;
        if (found >= firstLabel) pins[row] = found;
      }
    }
    return missing > countUnreadable(index) ? null : pins;
  }

  #assign(rows: readonly number[], assigned: Uint32Array): OrderReport {
    const { records } = this.#question;
    for (const [row, record] of rows.entries()) {
      const label = assigned[row] ?? 0;
      const known = records.labels.get(record);
      if (label === 0) continue;
      if (known !== 0 && known !== label) return this.#report("pins-contradict");
      // Whoever made a row whose number is a BLOB, it was not 1.x.
      if (!records.has(record, RECORD.integer | RECORD.queued) && known === 0) {
        return this.#report("python-rows");
      }
    }
    let count = 0;
    for (const [row, record] of rows.entries()) {
      const label = assigned[row] ?? 0;
      if (label === 0) continue;
      if (records.labels.get(record) !== 0) this.#witnesses++;
      else {
        records.labels.set(record, label);
        records.labelSources.set(record, LABEL_SOURCE.order);
        count++;
      }
    }
    return this.#report(null, count);
  }
}

/** How many slots are not there, or cannot be used, so that a vector may rightly not be found. */
function countUnreadable({ slots }: IndexDirectory): number {
  if (slots === null) return 0;
  const { counts, declaredCount } = slots;
  const cut = Math.max(0, (declaredCount ?? 0) - counts.slots);
  return cut + counts.slots - counts.usable + counts.uncertain;
}
