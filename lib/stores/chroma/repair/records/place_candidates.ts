/**
 * Which candidate a trace belongs to (`lost_rows.ts`), where that is certain.
 *
 * Rows that are there divide both sides into gaps: the numbers between two neighbouring rows, and
 * the keys between those of the same two. A lost record stands in the gap of its number; in that of
 * its key it stands unless its key is too high, and then it stands in a later one.
 *
 * So as long as every gap from the first one on has as many traces as candidates, every candidate
 * stands in its gap: one that belonged into an earlier gap would be missing there. That every lost
 * record has left a trace is not always sure; where it is not, all numbers of a gap must be taken. Inside of a gap
 * the order is certain where the keys between the two rows are all taken, for a second key of a
 * record would leave the first one free. The rule ends at the first gap that does not fit; behind it
 * a gap counts only where numbers, keys and sequence numbers are all taken without a break.
 *
 * Of some records that were deleted the key is known: their numbers are free.
 *
 * The rows of all collections together have sequence numbers for keys. A write of one collection can
 * be applied after a later one of another, though, so that there both must hold.
 *
 * @module
 */

import { keepAscending } from "../../salvage/ascending.ts";
import { type Candidate, type CollectionRows, KEY_CLASS, type KnownRow } from "./lost_rows.ts";

/** What is asked about one collection. */
export interface Placement extends CollectionRows {
  /** The numbers of all traces that belong to nobody so far, ascending, whatever collection. */
  readonly traces: Float64Array;
  /** How many rows of any collection have numbers between two others. */
  readonly countRows: (after: number, before: number) => number;
  /** Whether every lost record has left a trace, and every trace is that of a candidate. */
  readonly isBalanced: boolean;
  /** Whether the first label of the collection was given by 1.x. */
  readonly madeByRust: boolean;
  /** Whether the rows are those of all collections. */
  readonly isShared: boolean;
}

/** A trace and the record that it is of. */
export interface PlacedRow {
  /** The number of the trace. */
  readonly row: number;
  /** The candidate. */
  readonly candidate: Candidate;
}

/** A gap; at either end there may be no row. */
interface Gap {
  readonly low: KnownRow | null;
  readonly high: KnownRow | null;
  readonly candidates: readonly Candidate[];
  /** The keys of candidates and of records that were deleted, ascending. */
  readonly keys: readonly number[];
  readonly traces: Float64Array;
}

/**
 * Finds the traces whose records are certain.
 *
 * @param placement What is asked.
 * @returns The traces, each with its candidate.
 */
export function placeCandidates(placement: Placement): PlacedRow[] {
  const placed: PlacedRow[] = [];
  let isExactSoFar = true;
  for (const gap of listGaps(placement)) {
    const { candidates, traces } = gap;
    const isEven = candidates.length === traces.length;
    if (candidates.length > 0 && isEven) {
      if (isCertain(gap, placement, isExactSoFar)) placed.push(...pair(gap));
    }
    isExactSoFar &&= isEven;
  }
  return placed;
}

function isCertain(gap: Gap, placement: Placement, isExactSoFar: boolean): boolean {
  const isInGap = isExactSoFar && isOrderKnown(gap, placement);
  // The Python era's keys are those of the last write: a call that writes several rows again can
  // make them follow each other just like the rows that it was made by.
  const isByLabel = gap.candidates.every(({ key }) => classOf(key) > 0);
  if (placement.isShared || !isByLabel) {
    return isInGap && (isUnbroken(gap) || (placement.isBalanced && !placement.isShared));
  }
  // Where a record may have left nothing, all numbers of the gap must be taken.
  return isUnbroken(gap) || (isInGap && (placement.isBalanced || isFull(gap, placement)));
}

function pair({ candidates, traces }: Gap): PlacedRow[] {
  return candidates.map((candidate, index) => ({ row: traces[index] ?? 0, candidate }));
}

/**
 * Lists the rows whose keys are in order. One with a key that is too high is no border of anything.
 *
 * @param known The rows in the order of their numbers.
 * @returns Those that can be borders.
 */
export function listBorders(known: readonly KnownRow[]): KnownRow[] {
  const keyed = known.filter(({ key }) => key !== -1);
  const inOrder = keepAscending(keyed.map(({ key }) => key));
  return keyed.filter((_, index) => inOrder[index] === 1);
}

function* listGaps({ known, candidates, departed, traces }: Placement): Generator<Gap> {
  let low: KnownRow | null = null;
  const ends = { candidate: 0, departed: 0, trace: 0 };
  for (const high of [...listBorders(known), null]) {
    const starts = { ...ends };
    while (isBelow(candidates[ends.candidate]?.key, high?.key)) ends.candidate++;
    while (isBelow(departed[ends.departed], high?.key)) ends.departed++;
    while (isBelow(traces[ends.trace], high?.row)) ends.trace++;
    const own = candidates.slice(starts.candidate, ends.candidate);
    const deleted = departed.slice(starts.departed, ends.departed);
    yield {
      low,
      high,
      candidates: own,
      keys: [...own.map(({ key }) => key), ...deleted].sort((left, right) => left - right),
      traces: traces.subarray(starts.trace, ends.trace),
    };
    low = high;
  }
}

/** Whether there is a value, and it lies below a border or there is none. */
function isBelow(value: number | undefined, border: number | undefined): boolean {
  return value !== undefined && value < (border ?? Infinity);
}

/** Whether the order of the candidates of a gap is that of their rows. */
function isOrderKnown({ low, high, candidates, keys }: Gap, { madeByRust }: Placement): boolean {
  if (candidates.length === 1) return true;
  const [first, last] = [keys[0] ?? 0, keys.at(-1) ?? 0];
  const isDense = last - first === keys.length - 1 && classOf(first) === classOf(last);
  if (!isDense) return false;
  const before = low?.key ?? (madeByRust ? KEY_CLASS : NaN);
  return first - before === 1 && (high === null || high.key - last === 1);
}

/** Whether every number of a gap is that of a trace, or of another row. */
function isFull({ low, high, traces }: Gap, { countRows }: Placement): boolean {
  if (high === null) return false;
  const numbers = high.row - (low?.row ?? 0) - 1;
  return numbers - countRows(low?.row ?? 0, high.row) === traces.length;
}

/**
 * Whether numbers, keys and sequence numbers all go on from one row to the other without a break, and
 * the traces are just the numbers of the candidates.
 */
function isUnbroken({ low, high, candidates, keys, traces }: Gap): boolean {
  if (low === null || traces.length !== candidates.length) return false;
  const rows = candidates.map(({ key }) => low.row + keys.indexOf(key) + 1);
  const isDense = traces.every((row, index) => row === rows[index]) &&
    keys.every((key, index) => isNext(low, key, index + 1));
  if (high === null) {
    // Nothing tells where labels end; the queue has every write that it brings.
    return isDense && keys.every((key) => classOf(key) === 2);
  }
  const last = keys.length + 1;
  // The keys of the Python era are sequence numbers themselves.
  const areWritesDense = classOf(high.key) === 0 || high.sequence - low.sequence === last;
  return isDense && isNext(low, high.key, last) && high.row - low.row === last && areWritesDense;
}

/** Whether a key is the one so many steps behind that of a row. */
function isNext(low: KnownRow, key: number, steps: number): boolean {
  if (classOf(low.key) === classOf(key)) return key - low.key === steps;
  return classOf(key) === 2 && low.sequence !== -1 &&
    key - 2 * KEY_CLASS - low.sequence === steps;
}

function classOf(key: number): number {
  return Math.floor(key / KEY_CLASS);
}
