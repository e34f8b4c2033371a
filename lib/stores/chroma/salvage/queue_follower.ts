/**
 * Following the write-ahead queue row by row, as an engine would; `read_operations.ts` says why a row
 * can be without effect.
 *
 * @module
 */

import type { StoreDatabase } from "../../../sqlite/database.ts";
import type { Engine } from "../catalogue/migrations.ts";
import { tolerateDamage } from "../catalogue/stored_values.ts";
import { decodeWholeRow, WHOLE_ROW } from "../records/read_queue.ts";
import { findRowFault, QUEUE_OPERATIONS, type RowFault } from "../records/queue_row.ts";
import { Column } from "./columns.ts";
import { RECORD, type RecordTable } from "./record_table.ts";
import { highestSequence, listMadeBefore } from "./row_sequences.ts";

/** How many rows that cannot be applied are named. */
const MOST_NAMED = 1000;

/** What the queue is read with. */
export interface OperationsOptions {
  /** The collection. */
  readonly collectionId: string;
  /** Floats of a vector, or null when that is not known. */
  readonly dimension: number | null;
  /** The engine that wrote the store. */
  readonly engine: Engine;
  /** Up to which write the rows of `embeddings` are; null when that is not known. */
  readonly metadataWatermark: number | null;
  /** Up to which write the index is; null when that is not known. */
  readonly vectorWatermark: number | null;
  /** Whether every row of `embeddings` was read. */
  readonly isRowsWhole: boolean;
  /** Whether the queue has every write that there ever was. */
  readonly isComplete: boolean;
}

/** A row of the queue that no engine can apply. */
export interface UnappliedRow {
  /** Its sequence number. */
  readonly sequence: number;
  /** What keeps it from being applied. */
  readonly fault: RowFault;
}

/** What was read of the queue. */
export interface OperationsReading {
  /** How many rows the collection has. */
  readonly rows: number;
  /** At how many places SQLite stopped. */
  readonly damagedPlaces: number;
  /** Rows that still had to be applied and cannot be: nothing that they bring counts. */
  readonly unapplied: readonly UnappliedRow[];
  /** How many of those there are. */
  readonly unappliedCount: number;
  /**
   * How many records the queue deletes that the index may have at its watermark, and of which no row
   * is left.
   */
  readonly deletedLater: number;
}

const KNOWN = { unknown: 0, live: 1, gone: 2 } as const;

/** What came behind the watermark of the index, bit by bit. */
const LATE = { seen: 1, deleted: 2, brought: 4, made: 8 } as const;

const BYTES_PER_FLOAT = 4;

/** Does to the records of a collection what the rows of its queue do. */
export class QueueFollower {
  readonly #database: StoreDatabase;
  readonly #records: RecordTable;
  readonly #options: OperationsOptions;
  readonly #known = Column.bytes();
  readonly #settled = Column.bytes();
  readonly #late = Column.bytes();
  readonly #lastSequences = Column.numbers();
  readonly #madeBefore: Float64Array;
  readonly #metadataWatermark: number;
  readonly #vectorWatermark: number;
  readonly #unapplied: UnappliedRow[] = [];
  #unappliedCount = 0;
  #rows = 0;

  /** Begins before the first row, with the rows of `embeddings`. */
  constructor(database: StoreDatabase, records: RecordTable, options: OperationsOptions) {
    this.#database = database;
    this.#records = records;
    this.#options = options;
    this.#madeBefore = listMadeBefore(records);
    this.#metadataWatermark = options.metadataWatermark ?? highestSequence(records);
    this.#vectorWatermark = options.vectorWatermark ?? Number.MAX_SAFE_INTEGER;
  }

  /** Takes the next row: its number, operation, id, and the length of its vector. */
  follow(sequence: number, operation: number, id: string, sizeBytes: number | null): void {
    this.#rows++;
    const isApplied = sequence <= this.#metadataWatermark;
    if (!isApplied && this.#isUnapplicable(sequence)) return;
    const index = this.#records.ids.add(id);
    if (index === -1) return;
    this.#records.mark(index, RECORD.touched);
    if (!isApplied) this.#settle(index);
    if (sequence > this.#vectorWatermark) this.#noteLate(index, operation, sequence);
    const dimension = this.#options.dimension;
    const isVector = sizeBytes !== null && sizeBytes > 0 &&
      (dimension === null || sizeBytes === BYTES_PER_FLOAT * dimension);
    const isEffective = this.#apply(index, operation, sequence, isVector ? sequence : -1);
    if (isEffective && !isApplied) this.#records.sequences.set(index, sequence);
    this.#lastSequences.set(index, sequence);
  }

  /** Concludes what is known of every record. */
  finish(damagedPlaces: number): Omit<OperationsReading, "damagedPlaces"> {
    let deletedLater = 0;
    for (let index = 0; index < this.#records.count; index++) {
      this.#settle(index);
      if (damagedPlaces > 0) this.#suspect(index);
      if (this.#classify(index)) deletedLater++;
      const isLive = this.#known.get(index) === KNOWN.live;
      if (!isLive) this.#records.unmark(index, RECORD.live);
      else this.#records.mark(index, RECORD.live);
      if (isLive && !this.#records.has(index, RECORD.row)) {
        this.#records.mark(index, RECORD.queued);
      }
    }
    return {
      rows: this.#rows,
      unapplied: this.#unapplied,
      unappliedCount: this.#unappliedCount,
      deletedLater,
    };
  }

  /** Whether a row that still has to be applied cannot be. */
  #isUnapplicable(sequence: number): boolean {
    const { dimension, engine } = this.#options;
    const columns = tolerateDamage(
      () =>
        this.#database.row(`SELECT ${WHOLE_ROW} FROM embeddings_queue WHERE seq_id = ?`, sequence),
      () => {},
    );
    const fault = columns === null ? null : findRowFault(
      decodeWholeRow(columns).row,
      dimension,
      engine,
    );
    if (fault === null) return false;
    this.#unappliedCount++;
    if (this.#unapplied.length < MOST_NAMED) this.#unapplied.push({ sequence, fault });
    return true;
  }

  /** Does to a record what a row of the queue does; tells whether that is anything. */
  #apply(index: number, operation: number, sequence: number, vector: number): boolean {
    switch (operation) {
      case QUEUE_OPERATIONS.add:
        return this.#add(index, sequence, vector);
      case QUEUE_OPERATIONS.update:
        return this.#update(index, vector);
      case QUEUE_OPERATIONS.upsert:
        if (vector === -1) return false;
        this.#make(index, sequence, vector);
        return true;
      case QUEUE_OPERATIONS.delete:
        this.#known.set(index, KNOWN.gone);
        this.#setVector(index, -1);
        return true;
      default:
        return false;
    }
  }

  #add(index: number, sequence: number, vector: number): boolean {
    const known = this.#knownOf(index);
    if (known === KNOWN.live || vector === -1) return false;
    const isOpen = known === KNOWN.unknown && this.#records.has(index, RECORD.row) &&
      this.#records.sequences.get(index) !== sequence;
    if (isOpen) {
      const wasThere = (this.#madeBefore[index] ?? Infinity) < sequence;
      if (wasThere) this.#known.set(index, KNOWN.live);
      else if (this.#records.openAdds.get(index) === -1) {
        this.#records.openAdds.set(index, sequence);
      }
      return false;
    }
    this.#make(index, sequence, vector);
    return true;
  }

  #update(index: number, vector: number): boolean {
    const known = this.#knownOf(index);
    if (known === KNOWN.gone) return false;
    // Whether an open add did anything or not: behind it the record is there.
    if (this.#records.openAdds.get(index) !== -1) this.#known.set(index, KNOWN.live);
    if (vector !== -1) this.#setVector(index, vector);
    return true;
  }

  #make(index: number, sequence: number, vector: number): void {
    const isNew = this.#knownOf(index) === KNOWN.gone;
    if (isNew) this.#records.createdSequences.set(index, sequence);
    this.#known.set(index, KNOWN.live);
    this.#setVector(index, vector);
  }

  #setVector(index: number, sequence: number): void {
    this.#records.vectorSequences.set(index, sequence);
    this.#records.openAdds.set(index, -1);
  }

  /** A queue that was never purged begins with an empty collection. */
  #knownOf(index: number): number {
    const known = this.#known.get(index);
    return known === KNOWN.unknown && this.#options.isComplete ? KNOWN.gone : known;
  }

  /** At the watermark of METADATA the rows tell what is there. */
  #settle(index: number): void {
    if (this.#settled.get(index) === 1) return;
    this.#settled.set(index, 1);
    const known = this.#known.get(index);
    const hasRow = this.#records.has(index, RECORD.row);
    if (!hasRow && (this.#options.isRowsWhole || known !== KNOWN.live)) {
      this.#known.set(index, KNOWN.gone);
      this.#setVector(index, -1);
      return;
    }
    if (!hasRow) return;
    this.#known.set(index, KNOWN.live);
    // A record that the queue has deleted and that has a row, or one that was perhaps added twice.
    if (known === KNOWN.gone || this.#records.openAdds.get(index) !== -1) {
      this.#records.mark(index, RECORD.undecided);
    }
  }

  /** Where rows of the queue are lost, the newest that was read may not be the newest. */
  #suspect(index: number): void {
    const { sequences, vectorSequences } = this.#records;
    if (vectorSequences.get(index) === -1) return;
    if (this.#lastSequences.get(index) >= sequences.get(index)) return;
    this.#records.mark(index, RECORD.undecided);
    this.#setVector(index, -1);
  }

  #noteLate(index: number, operation: number, sequence: number): void {
    const late = this.#late.get(index);
    if (this.#vectorWatermark >= this.#metadataWatermark) {
      if (late === 0 && this.#known.get(index) === KNOWN.live) {
        this.#records.mark(index, RECORD.atWatermark);
      }
      this.#late.set(index, LATE.seen);
      return;
    }
    if (sequence > this.#metadataWatermark) return;
    const isMaking = operation === QUEUE_OPERATIONS.add &&
      this.#records.sequences.get(index) === sequence;
    this.#late.setBits(
      index,
      LATE.seen | (isMaking ? LATE.made : 0) |
        (operation === QUEUE_OPERATIONS.delete ? LATE.deleted : 0) |
        (operation === QUEUE_OPERATIONS.add || operation === QUEUE_OPERATIONS.upsert
          ? LATE.brought
          : 0),
    );
  }

  /**
   * Tells whether the index has a record at its watermark. Returns true for one that it may have had
   * there in an earlier life, of which no row is left to tell where in the order it stood.
   */
  #classify(index: number): boolean {
    const { vectorWatermark } = this.#options;
    if (vectorWatermark === null) return false;
    const late = this.#late.get(index);
    const isLive = this.#known.get(index) === KNOWN.live;
    if (vectorWatermark >= this.#metadataWatermark) {
      if (late === 0 && isLive) this.#records.mark(index, RECORD.atWatermark);
      return false;
    }
    if ((late & LATE.deleted) !== 0) {
      this.#records.mark(index, RECORD.deletedLater);
      return true;
    }
    if (!this.#records.has(index, RECORD.row) || (late & LATE.made) !== 0) return false;
    const isOpen = (late & LATE.brought) !== 0;
    this.#records.mark(index, isOpen ? RECORD.maybeAtWatermark : RECORD.atWatermark);
    return false;
  }
}
