/**
 * The one thing that breaks the order of rows and labels in 1.x: a record that was deleted and added
 * again before the index was flushed.
 *
 * 1.x forgets how far it has got in the queue whenever it reads without anything new, and with the
 * next read does everything since the last flush a second time. Then the delete takes the record's new
 * label, and the add gives it another one, behind those of records that came later; its row stays
 * where it was (found with 1.5.9, and read in its source). What is left is a deleted label where the
 * record's row stands in the order: the place from which it was *displaced*.
 *
 * An ordinary deletion leaves just such a label. They are told apart as far as that is possible:
 *
 * - The vector of a displaced record stands under both labels, unless it was written again later. So a
 *   deleted label whose vector a later live label has is a place of which a record may have been
 *   displaced to there: the rows between them are not certain.
 * - Where no live label has the vector, the record at that place was deleted; unless the row that
 *   stands there now was written again after later rows had been made: then nothing behind it is
 *   certain.
 * - Both are certain after all where the sequence numbers account for every label: 1.x puts the records
 *   of one call into the index at once, in a block of slots and labels of their own, and the numbers
 *   of a call follow each other. Between two rows of one block as many numbers are missing as there
 *   are deleted labels only if each of these was a record of its own: a displaced one has two labels
 *   and one number.
 *
 * @module
 */

import type { RandomAccessBytes } from "../../../hnsw/random_access.ts";
import { readSlotVector, SLOT_STATE, type SlotSalvage } from "../../../hnsw/salvage_slots.ts";
import { SlotFinder } from "./slot_finder.ts";

/** Stands for a deleted label of whose vector nothing can be said. */
const UNKNOWN = 0xffff_ffff;

/** A vector that stands in so many slots is told from none of them. */
const MOST_TWINS = 32;

/** Deleted labels, ascending, and the live label that has the same vector. */
export interface DeletedLabels {
  /** The labels. */
  readonly labels: Uint32Array;
  /** For each the highest later live label with the same vector; 0 where there is none. */
  readonly twins: Uint32Array;
}

/** What rows and labels say about each other, besides their order. */
export interface OrderWitnesses {
  /** Deleted labels. */
  readonly deleted: DeletedLabels;
  /** 1 for a row that was written again after a later one had been made. */
  readonly rewritten: Uint8Array;
  /** The sequence number of each row. */
  readonly sequences: Float64Array;
  /** The sequence numbers of all rows, ascending. */
  readonly written: Float64Array;
  /** For each label the block of slots that its call filled; 0 where that is not known. */
  readonly blocks: Uint32Array;
}

/** A stretch of rows whose labels have been assigned. */
export interface AssignedStretch {
  /** The first row. */
  readonly firstRow: number;
  /** The row behind the last one. */
  readonly endRow: number;
  /** The label before the stretch, or 0. */
  readonly after: number;
  /** The labels of rows that are known; 0 for none. */
  readonly pins: Uint32Array;
  /** What else is known. */
  readonly witnesses: OrderWitnesses;
}

/**
 * Lists the deleted labels of an index, and those that may be: whose slots cannot be read.
 *
 * @param file data_level0.bin.
 * @param slots What can be used of it.
 * @param highest The highest label that was given.
 * @returns The labels, each with its twin.
 * @throws {OperationError} The file cannot be read.
 */
export function listDeletedLabels(
  file: RandomAccessBytes,
  slots: SlotSalvage,
  highest: number,
): DeletedLabels {
  const slotsByLabel = new Int32Array(highest + 1).fill(-1);
  for (const [slot, label] of slots.labels.entries()) {
    const isSound = ((slots.states[slot] ?? 0) & SLOT_STATE.duplicate) === 0;
    if (label <= highest && isSound) slotsByLabel[label] = slot;
  }
  const finder = new LazyFinder(file, slots);
  const labels: number[] = [];
  const twins: number[] = [];
  for (let label = 1; label <= highest; label++) {
    const state = slots.states[slotsByLabel[label] ?? -1] ?? 0;
    if ((state & SLOT_STATE.live) !== 0) continue;
    labels.push(label);
    const isReadable = (state & SLOT_STATE.deleted) !== 0 && (state & SLOT_STATE.usable) !== 0;
    twins.push(isReadable ? finder.twinOf(slotsByLabel[label] ?? -1, label) : UNKNOWN);
  }
  return { labels: Uint32Array.from(labels), twins: Uint32Array.from(twins) };
}

class LazyFinder {
  readonly #file: RandomAccessBytes;
  readonly #slots: SlotSalvage;
  readonly #vector: Float32Array;
  #finder: SlotFinder | null = null;

  constructor(file: RandomAccessBytes, slots: SlotSalvage) {
    this.#file = file;
    this.#slots = slots;
    this.#vector = new Float32Array(slots.geometry.dimension);
  }

  twinOf(slot: number, label: number): number {
    if (!readSlotVector(this.#file, this.#slots.geometry, slot, this.#vector)) return UNKNOWN;
    // Both were written by the same add: bit for bit the same, even where they are normalised.
    this.#finder ??= new SlotFinder(this.#file, this.#slots, false);
    const slots = this.#finder.findAll(this.#vector, MOST_TWINS);
    if (slots === null || slots.length === MOST_TWINS) return UNKNOWN;
    const highest = Math.max(0, ...slots.map((at) => this.#slots.labels[at] ?? 0));
    return highest > label ? highest : 0;
  }
}

/**
 * Numbers the blocks of slots that hold just the labels which belong there, in whatever order.
 *
 * @param slots What can be used of the slots.
 * @param highest The highest label that was given.
 * @returns For each label the number of its block, counted from 1; 0 behind a slot that is damaged.
 */
export function listBlocks({ labels, states }: SlotSalvage, highest: number): Uint32Array {
  const blocks = new Uint32Array(highest + 1);
  let start = 0;
  let largest = 0;
  for (let slot = 0, block = 1; slot < labels.length; slot++) {
    const state = states[slot] ?? 0;
    const isSound = (state & SLOT_STATE.labelled) !== 0 && (state & SLOT_STATE.duplicate) === 0;
    if (!isSound) return blocks;
    largest = Math.max(largest, labels[slot] ?? 0);
    if (largest !== slot + 1) continue;
    blocks.fill(block++, start + 1, Math.min(largest, highest) + 1);
    start = slot + 1;
  }
  return blocks;
}

/**
 * Takes back the labels of rows that a displaced record would have shifted.
 *
 * @param assigned The label of each row; 0 for none. Changed in place.
 * @param stretch Which rows have been assigned, and what could have displaced them.
 */
export function dropDisplaced(assigned: Uint32Array, stretch: AssignedStretch): void {
  const { firstRow, endRow, after, witnesses } = stretch;
  const { deleted, rewritten } = witnesses;
  // With one row between two pins there is none whose label it could have instead.
  if (endRow - firstRow < 2) return;
  const dropped: number[] = [];
  let at = upperBound(deleted.labels, after);
  let uncertainUpTo = 0;
  let wasRewritten = false;
  for (let row = firstRow; row < endRow; row++) {
    wasRewritten ||= rewritten[row] === 1;
    const label = assigned[row] ?? 0;
    if (label === 0) continue;
    const hasDeleted = (deleted.labels[at] ?? UNKNOWN) < label;
    const isExplained = hasDeleted && isAccountedFor(assigned, stretch, row);
    for (; at < deleted.labels.length && (deleted.labels[at] ?? 0) < label; at++) {
      const twin = deleted.twins[at] ?? 0;
      if (isExplained && twin !== UNKNOWN) continue;
      uncertainUpTo = wasRewritten ? UNKNOWN : Math.max(uncertainUpTo, twin);
    }
    if (label <= uncertainUpTo) dropped.push(row);
    wasRewritten = false;
  }
  for (const row of dropped) assigned[row] = 0;
}

/**
 * Whether the numbers between a row's neighbours account for every label between theirs. The nearest
 * on either side count that were not written again, for their numbers are those of their first write.
 */
function isAccountedFor(
  assigned: Uint32Array,
  { pins, witnesses }: AssignedStretch,
  row: number,
): boolean {
  const { deleted, rewritten, sequences, written, blocks } = witnesses;
  let before = row - 1;
  while (rewritten[before] === 1) before--;
  let behind = row;
  while (rewritten[behind] === 1) behind++;
  const labelOf = (at: number): number => (assigned[at] ?? 0) || (pins[at] ?? 0);
  const [first, last] = [labelOf(before), labelOf(behind)];
  const block = blocks[first] ?? 0;
  if (first === 0 || last === 0 || block === 0 || blocks[last] !== block) return false;
  let labels = upperBound(deleted.labels, last) - upperBound(deleted.labels, first);
  for (let between = before + 1; between < behind; between++) labels += rewritten[between] ?? 0;
  const [from, to] = [sequences[before] ?? 0, sequences[behind] ?? 0];
  // Numbers that rows still have are those of their last writes, and make no label.
  const kept = upperBound(written, to - 1) - upperBound(written, from);
  return to - from - 1 - kept === labels;
}

function upperBound(labels: Uint32Array | Float64Array, label: number): number {
  let low = 0;
  let high = labels.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((labels[middle] ?? 0) <= label) low = middle + 1;
    else high = middle;
  }
  return low;
}
