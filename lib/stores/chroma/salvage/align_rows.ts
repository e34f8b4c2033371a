/**
 * Rows and labels, both in ascending order, put side by side.
 *
 * 1.x gives every new record the next label and the next row, in one order. So the live labels in
 * ascending order are the rows in ascending order, but for one thing (`displaced_labels.ts`), and
 * where nothing is missing on either side the id of every label is known. What can be missing:
 *
 * - a label whose slot cannot be read may be live or deleted: *open*;
 * - a row at the end may have come after the index was flushed: *open*;
 * - a record that was deleted after the flush still has its label and no row: a *stray* label, which
 *   could be any.
 *
 * Pairs that are known from elsewhere are *pins*. Between two pins, or a pin and an end, only what
 * every possible assignment agrees on is assigned; nothing is chosen.
 *
 * @module
 */

import { dropDisplaced, type OrderWitnesses } from "./displaced_labels.ts";

/** The two sides. */
export interface Alignment {
  /** How many rows there are; the last `openRows` of them may have come after the flush. */
  readonly rows: number;
  /** How many rows at the end are open. */
  readonly openRows: number;
  /** The labels that are live or open, ascending. */
  readonly labels: Uint32Array;
  /** 1 for a label that is open. */
  readonly open: Uint8Array;
  /** How many stray labels there may be. */
  readonly strays: number;
  /** The labels of rows that are known; 0 for none. */
  readonly pins: Uint32Array;
  /** Rows before this one, and labels below `firstLabel`, follow no order. */
  readonly firstRow: number;
  /** The lowest label that 1.x gave. */
  readonly firstLabel: number;
  /** What tells records that were displaced. */
  readonly witnesses: OrderWitnesses;
}

/** Why nothing can be put side by side. */
export type AlignmentRefusal =
  | "pins-contradict"
  | "too-many-labels"
  | "too-few-labels";

/** What every possible assignment agrees on. */
export interface AlignmentResult {
  /** The label of each row; 0 where none is certain. */
  readonly assigned: Uint32Array;
  /** Why nothing is assigned, or null. */
  readonly refusal: AlignmentRefusal | null;
}

/** A stretch of both sides between two pins; an end that is not pinned has no certain border. */
interface Stretch {
  readonly firstRow: number;
  readonly endRow: number;
  readonly firstLabel: number;
  readonly endLabel: number;
  readonly isLeftPinned: boolean;
  readonly isRightPinned: boolean;
  /** Whether both borders are pins: what does not fit between them is damage between them. */
  readonly isLocal: boolean;
}

/**
 * Puts rows and labels side by side.
 *
 * @param alignment The two sides.
 * @returns What is certain; pins included.
 */
export function alignRows(alignment: Alignment): AlignmentResult {
  const assigned = new Uint32Array(alignment.rows);
  for (const stretch of listStretches(alignment)) {
    const refusal = stretch === null
      ? "pins-contradict"
      : alignStretch(alignment, stretch, assigned);
    if (stretch !== null && refusal === null) {
      const border = stretch.firstLabel === 0 ? 0 : alignment.labels[stretch.firstLabel - 1] ?? 0;
      dropDisplaced(assigned, { ...alignment, ...stretch, after: border });
    }
    if (refusal !== null && stretch?.isLocal !== true) {
      return { assigned: new Uint32Array(alignment.rows), refusal };
    }
  }
  return { assigned, refusal: null };
}

/** Lists what lies between pins; null where a pin stands out of order. */
function* listStretches(alignment: Alignment): Generator<Stretch | null> {
  const { rows, labels, pins, firstRow, firstLabel, openRows } = alignment;
  let start = {
    firstRow,
    firstLabel: lowerBound(labels, firstLabel),
    // Where an order begins in the midst of others, its first row has no certain label.
    isLeftPinned: firstRow === 0 && firstLabel <= 1,
    isLocal: false,
  };
  for (let row = firstRow; row < rows; row++) {
    const pin = pins[row] ?? 0;
    if (pin === 0 || pin < firstLabel) {
      if (pin !== 0) return yield null;
      continue;
    }
    const at = lowerBound(labels, pin);
    if (labels[at] !== pin || at < start.firstLabel) return yield null;
    yield { ...start, endRow: row, endLabel: at, isRightPinned: true };
    yield { firstRow: row, endRow: row + 1, firstLabel: at, endLabel: at + 1, ...BOTH_PINNED };
    start = { firstRow: row + 1, firstLabel: at + 1, isLeftPinned: true, isLocal: true };
  }
  const end = { endRow: rows, endLabel: labels.length, isRightPinned: openRows === 0 };
  yield { ...start, ...end, isLocal: false };
}

const BOTH_PINNED = { isLeftPinned: true, isRightPinned: true, isLocal: false } as const;

function alignStretch(
  alignment: Alignment,
  stretch: Stretch,
  assigned: Uint32Array,
): AlignmentRefusal | null {
  const { labels, open, strays, openRows, rows } = alignment;
  const { firstRow, endRow, firstLabel, endLabel } = stretch;
  const rowCount = endRow - firstRow;
  const labelCount = endLabel - firstLabel;
  let openLabels = 0;
  for (let at = firstLabel; at < endLabel; at++) openLabels += open[at] ?? 0;
  const live = labelCount - openLabels;
  const openHere = endRow === rows ? Math.min(openRows, rowCount) : 0;
  if (stretch.isLocal && !isInStep(alignment, stretch)) return "pins-contradict";
  if (stretch.isLeftPinned && rowCount - openHere > labelCount) return "too-few-labels";
  if (stretch.isLeftPinned && live > rowCount + strays) return "too-many-labels";
  if (stretch.isLeftPinned && stretch.isRightPinned) {
    // Every label is taken by a row: then none is stray, and every open one is live.
    if (rowCount === labelCount) return assignAll(assigned, stretch, labels);
    if (strays > 0) return null;
    if (rowCount === live) return assignLive(assigned, stretch, alignment);
  }
  if (strays > 0) return null;
  // Without an open label the rows that the index has are told by how many labels there are.
  if (stretch.isLeftPinned) assignFromLeft(assigned, stretch, alignment);
  if (stretch.isRightPinned) assignFromRight(assigned, stretch, alignment);
  return null;
}

/**
 * Whether as many labels as rows stand before a stretch, but for those that are stray or open: else
 * a record was displaced across it, and equal numbers on both sides say nothing.
 */
function isInStep({ open, strays }: Alignment, { firstRow, firstLabel }: Stretch): boolean {
  let openBefore = 0;
  for (let at = 0; at < firstLabel; at++) openBefore += open[at] ?? 0;
  const shift = firstLabel - firstRow;
  return shift >= 0 && shift <= strays + openBefore;
}

function assignAll(assigned: Uint32Array, stretch: Stretch, labels: Uint32Array): null {
  for (let row = stretch.firstRow; row < stretch.endRow; row++) {
    assigned[row] = labels[stretch.firstLabel + row - stretch.firstRow] ?? 0;
  }
  return null;
}

function assignLive(
  assigned: Uint32Array,
  stretch: Stretch,
  { labels, open }: Alignment,
): null {
  let row = stretch.firstRow;
  for (let at = stretch.firstLabel; at < stretch.endLabel; at++) {
    if (open[at] === 0) assigned[row++] = labels[at] ?? 0;
  }
  return null;
}

function assignFromLeft(
  assigned: Uint32Array,
  { firstRow, endRow, firstLabel, endLabel }: Stretch,
  { labels, open }: Alignment,
): void {
  for (let at = firstLabel, row = firstRow; at < endLabel && row < endRow; at++, row++) {
    if (open[at] !== 0) return;
    assigned[row] = labels[at] ?? 0;
  }
}

function assignFromRight(
  assigned: Uint32Array,
  { firstRow, endRow, firstLabel, endLabel }: Stretch,
  { labels, open }: Alignment,
): void {
  for (let at = endLabel - 1, row = endRow - 1; at >= firstLabel && row >= firstRow; at--, row--) {
    if (open[at] !== 0) return;
    assigned[row] = labels[at] ?? 0;
  }
}

/** The first place at which a label stands, or would stand. */
function lowerBound(labels: Uint32Array, label: number): number {
  let low = 0;
  let high = labels.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((labels[middle] ?? 0) < label) low = middle + 1;
    else high = middle;
  }
  return low;
}
