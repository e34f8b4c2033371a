/**
 * The records of one collection as salvage needs them: a row of numbers for each id.
 *
 * Memory: some fifty bytes for each id, and the bytes of the ids themselves.
 *
 * @module
 */

import { Column } from "./columns.ts";
import { IdTable } from "./id_table.ts";

/** What is known of a record, bit by bit. */
export const RECORD = {
  /** It has a row in `embeddings`. */
  row: 1 << 0,
  /** That row's sequence number is an integer: 1.x wrote it last. */
  integer: 1 << 1,
  /** It is live once the queue has been applied. */
  live: 1 << 2,
  /** Only the queue brings it; it has no row yet. */
  queued: 1 << 3,
  /** Only an id map knows it: a ghost or, in a damaged database, a record whose row is lost. */
  indexed: 1 << 4,
  /** The queue touches it. */
  touched: 1 << 5,
  /** Whether a vector in the queue is its newest cannot be told. */
  undecided: 1 << 6,
  /** The index has it at its watermark. */
  atWatermark: 1 << 7,
  /** Whether the index has it at its watermark cannot be told. */
  maybeAtWatermark: 1 << 8,
  /** The queue deletes it after the watermark: the index may still have it. */
  deletedLater: 1 << 9,
  /** Id maps contradict one another, or themselves, about its label. */
  contradicted: 1 << 10,
  /** Only the unique index over `embeddings` gave it, so that its sequence number is not known. */
  listed: 1 << 11,
} as const;

/** The records of a collection, by the number that {@linkcode IdTable} gives an id. */
export class RecordTable {
  /** The ids. */
  readonly ids: IdTable = new IdTable();
  /** The bits of {@linkcode RECORD}. */
  readonly flags: Column = Column.words();
  /** `embeddings.id`, or -1. */
  readonly rowIds: Column = Column.numbers();
  /** The sequence number of the newest write that is known, or -1. */
  readonly sequences: Column = Column.numbers();
  /** The sequence number of the row of the queue that brings the newest vector, or -1. */
  readonly vectorSequences: Column = Column.numbers();
  /**
   * The sequence number of a row of the queue that adds the record while it is not known whether it
   * was there already, or -1: with it {@linkcode RECORD}.undecided.
   */
  readonly openAdds: Column = Column.numbers();
  /** The sequence number of the row of the queue that made the record, or -1. */
  readonly createdSequences: Column = Column.numbers();
  /** The label in the index, or 0. */
  readonly labels: Column = Column.words();
  /** What the label is known from: a value of `LABEL_SOURCE`, or 0. */
  readonly labelSources: Column = Column.bytes();

  /** How many ids are held, live or not. */
  get count(): number {
    return this.ids.count;
  }

  /** Whether a record has any of some bits of {@linkcode RECORD}. */
  has(index: number, bits: number): boolean {
    return this.flags.hasBits(index, bits);
  }

  /** Sets bits of {@linkcode RECORD}. */
  mark(index: number, bits: number): void {
    this.flags.setBits(index, bits);
  }

  /** Clears bits of {@linkcode RECORD}. */
  unmark(index: number, bits: number): void {
    this.flags.set(index, this.flags.get(index) & ~bits);
  }
}
