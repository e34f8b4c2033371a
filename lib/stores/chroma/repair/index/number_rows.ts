/**
 * Which rows the queue needs so that an engine that begins its index anew gets the saved vector of
 * every record, and under which numbers.
 *
 * An engine without an index replays every row of the queue, from the first one on. For each record
 * it is followed what comes out of that:
 *
 * | what the rows of the queue make of it              | what is done                              |
 * | -------------------------------------------------- | ----------------------------------------- |
 * | its saved vector, in the order of the rows         | nothing                                   |
 * | its saved vector, if only it were there before     | a row in front of its first one (*front*) |
 * | anything else                                      | a row behind all others (*end*)           |
 *
 * The row is an upsert with the vector and without metadata. One in front is not above the watermark
 * of METADATA, so that the records do not take it in again; one at the end they do, and it changes
 * nothing but the number of the record's newest write.
 *
 * **Numbers.** Those of the queue are never given twice; that of a write that was purged is free. 1.x
 * gives labels in the order of the rows of the queue, and by the order of labels and of
 * `embeddings.id` a lost id map is found again (`salvage/align_rows.ts`): a label out of order would
 * give records each other's vectors in silence. So the numbers of rows in front follow
 * `embeddings.id`, each as close below that of the newest write as it can be. In 1.x the number of the
 * write that made a record is always free for it. The Python era made rows in another order than their
 * writes: there the newest write is no bound, or, where that does not help, the number is its own.
 *
 * @module
 */

import type { StoreDatabase } from "../../../../sqlite/database.ts";
import { QUEUE_OPERATIONS } from "../../records/queue_row.ts";
import { Column } from "../../salvage/columns.ts";
import { IdTable } from "../../salvage/id_table.ts";

/** Stands for a row that is not there. */
const NONE = -1;

/** So many numbers are tried before a row goes to the end. */
const MOST_TRIED = 10_000;

/** A record whose vector is saved. */
export interface NumberedRecord {
  /** Its id. */
  readonly id: string;
  /** `embeddings.id`, or null where it has no row. */
  readonly rowId: number | null;
  /** The number of its newest write, or null where it is not known. */
  readonly sequenceNumber: number | null;
  /** The row of the queue that holds its vector, or null when that is elsewhere. */
  readonly queueSequence: number | null;
}

/** The queue, and how far the records have got in it. */
export interface NumberedQueue {
  /** The database. */
  readonly database: StoreDatabase;
  /** The collection. */
  readonly collectionId: string;
  /** Floats of a vector. */
  readonly dimension: number;
  /** Rows that are going to leave the queue. */
  readonly leaving: ReadonlySet<number>;
  /** Up to which write the records are; 0 when that is not known. */
  readonly metadataWatermark: number;
}

/** Where the row of a record goes. */
export type RowNumber = number | "end";

/** Which records need a row. */
export class RowNumbers {
  readonly #ids = new IdTable();
  readonly #numbers: Float64Array;

  /** Takes the ids and their numbers: 0 for none, -1 for the end. */
  constructor(ids: IdTable, numbers: Float64Array) {
    this.#ids = ids;
    this.#numbers = numbers;
  }

  /**
   * Tells the number of the row that a record needs.
   *
   * @param id The record.
   * @returns The number; `end` for a row behind all others; null when it needs none.
   */
  of(id: string): RowNumber | null {
    const number = this.#numbers[this.#ids.find(id)] ?? 0;
    if (number === 0) return null;
    return number === NONE ? "end" : number;
  }
}

/**
 * Finds out which records need a row in the queue.
 *
 * @param records The records, in the order of their rows; those without one last.
 * @param queue The queue.
 * @returns The numbers of the rows.
 * @throws {SqliteError} The queue cannot be read.
 */
export function numberRows(records: Iterable<NumberedRecord>, queue: NumberedQueue): RowNumbers {
  const table = new ReplayTable();
  for (const record of records) table.addRecord(record);
  const used = table.follow(queue);
  return new RowNumbers(table.ids, giveNumbers(table, used, queue));
}

/** What a replay makes of each record, depending on whether it was there before. */
class ReplayTable {
  readonly ids = new IdTable();
  readonly rowIds = Column.numbers();
  readonly sequences = Column.numbers();
  readonly wanted = Column.numbers();
  /** The first row that touches the record. */
  readonly firstRows = Column.numbers();
  /** The row that makes it where it was not there before. */
  readonly madeAt = Column.numbers();
  /** The row whose vector it has in the end: where it was not there before, and where it was. */
  readonly fromNothing = Column.numbers();
  readonly fromBefore = Column.numbers();
  readonly #isThere = Column.bytes();

  get count(): number {
    return this.ids.count;
  }

  addRecord({ id, rowId, sequenceNumber, queueSequence }: NumberedRecord): void {
    const index = this.ids.add(id);
    this.rowIds.set(index, rowId ?? NONE);
    this.sequences.set(index, sequenceNumber ?? NONE);
    this.wanted.set(index, queueSequence ?? NONE);
    this.#isThere.set(index, THERE.ifBefore);
  }

  /** Follows all rows of the queue; returns their numbers, those of other collections too. */
  follow({ database, collectionId, dimension, leaving }: NumberedQueue): Float64Array {
    const used: number[] = [];
    const rows = database.iterate(
      `SELECT CAST(seq_id AS REAL), substr(topic, -36) = ?, operation, id,
         typeof(vector) = 'blob' AND encoding = 'FLOAT32' AND octet_length(vector) = ?
       FROM embeddings_queue WHERE seq_id > 0 ORDER BY seq_id`,
      collectionId,
      4 * dimension,
    );
    for (const [sequence, isOwn, operation, id, hasVector] of rows) {
      if (typeof sequence !== "number") continue;
      used.push(sequence);
      if (isOwn !== 1 || typeof id !== "string" || leaving.has(sequence)) continue;
      const index = this.ids.find(id);
      if (index !== -1) this.#apply(index, Number(operation), sequence, hasVector === 1);
    }
    return Float64Array.from(used);
  }

  #apply(index: number, operation: number, sequence: number, hasVector: boolean): void {
    if (this.firstRows.get(index) === NONE) this.firstRows.set(index, sequence);
    const isThere = this.#isThere.get(index);
    if (operation === QUEUE_OPERATIONS.delete) {
      this.#isThere.set(index, THERE.never);
      return;
    }
    if (!hasVector) return;
    const { add, update, upsert } = QUEUE_OPERATIONS;
    for (
      const [bit, vectors] of [[THERE.ifNothing, this.fromNothing], [
        THERE.ifBefore,
        this.fromBefore,
      ]] as const
    ) {
      const was = (isThere & bit) !== 0;
      const isEffective = operation === upsert || operation === (was ? update : add);
      if (!isEffective) continue;
      vectors.set(index, sequence);
      this.#isThere.setBits(index, bit);
      if (!was && bit === THERE.ifNothing) this.madeAt.set(index, sequence);
    }
  }

  /** Whether the rows alone give a record its vector. */
  isGiven(index: number): boolean {
    const wanted = this.wanted.get(index);
    return wanted !== NONE && (this.#isThere.get(index) & THERE.ifNothing) !== 0 &&
      this.fromNothing.get(index) === wanted;
  }

  /** Whether they do, or leave it as it is, where it was there before with that vector. */
  isKept(index: number): boolean {
    const last = this.fromBefore.get(index);
    return (this.#isThere.get(index) & THERE.ifBefore) !== 0 &&
      (last === NONE || last === this.wanted.get(index));
  }
}

/** Whether a record is there, bit by bit: where it was not there before, and where it was. */
const THERE = { never: 0, ifNothing: 1, ifBefore: 2 } as const;

function giveNumbers(
  table: ReplayTable,
  used: Float64Array,
  { metadataWatermark }: NumberedQueue,
): Float64Array {
  for (const closest of [true, false]) {
    const numbers = giveOrderedNumbers(table, used, { metadataWatermark, closest });
    if (numbers !== null) return numbers;
  }
  return giveOwnNumbers(table, used, metadataWatermark);
}

/**
 * Each record gets the number of its newest write. Where that is taken, or a row of the record comes
 * before it, it gets the next free one below.
 */
function giveOwnNumbers(
  table: ReplayTable,
  used: Float64Array,
  metadataWatermark: number,
): Float64Array {
  const numbers = new Float64Array(table.count);
  const taken = new Set<number>();
  const isFree = (number: number): boolean => !taken.has(number) && !has(used, number);
  const give = (index: number, number: number): void => {
    numbers[index] = number;
    if (number !== NONE) taken.add(number);
  };
  const without: number[] = [];
  for (let index = 0; index < table.count; index++) {
    if (table.isGiven(index)) continue;
    const own = table.sequences.get(index);
    const isPossible = own >= 1 && own <= highestOf(table, index, metadataWatermark);
    if (!table.isKept(index)) give(index, NONE);
    else if (isPossible && isFree(own)) give(index, own);
    else without.push(index);
  }
  for (const index of without) {
    const highest = highestOf(table, index, metadataWatermark);
    let number = highest;
    while (number >= 1 && number > highest - MOST_TRIED && !isFree(number)) number--;
    give(index, number >= 1 && isFree(number) ? number : NONE);
  }
  return numbers;
}

/**
 * From the last record to the first, each gets the highest free number below that of the next one.
 * Null when there are too few: then they are tried again, not bounded by the newest write.
 */
function giveOrderedNumbers(
  table: ReplayTable,
  used: Float64Array,
  { metadataWatermark, closest }: { readonly metadataWatermark: number; readonly closest: boolean },
): Float64Array | null {
  const numbers = new Float64Array(table.count);
  let limit = Infinity;
  let at = used.length - 1;
  for (let index = table.count - 1; index >= 0; index--) {
    const isRow = table.rowIds.get(index) !== NONE;
    const madeAt = table.madeAt.get(index);
    // What the queue seems to make behind later rows was there before them: it was only updated.
    const isOutOfOrder = isRow && madeAt > limit && table.isKept(index);
    if (table.isGiven(index) && !isOutOfOrder) {
      if (isRow) limit = Math.min(limit, madeAt);
      continue;
    }
    // What is made behind everything else, or by the queue alone, is in no order with the rows.
    if (!table.isKept(index) || !isRow) {
      numbers[index] = NONE;
      continue;
    }
    const own = table.sequences.get(index);
    const highest = highestOf(table, index, metadataWatermark);
    let number = Math.min(limit - 1, highest, closest && own >= 1 ? own : highest);
    while (at >= 0 && (used[at] ?? 0) > number) at--;
    for (; at >= 0 && used[at] === number; at--) number--;
    if (number < 1) return null;
    numbers[index] = number;
    limit = number;
  }
  return numbers;
}

/** The highest number that a row in front may have. */
function highestOf({ firstRows }: ReplayTable, index: number, metadataWatermark: number): number {
  const first = firstRows.get(index);
  return first === NONE ? metadataWatermark : Math.min(first - 1, metadataWatermark);
}

function has(used: Float64Array, number: number): boolean {
  let low = 0;
  let high = used.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((used[middle] ?? 0) < number) low = middle + 1;
    else high = middle;
  }
  return used[low] === number;
}
