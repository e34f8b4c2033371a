/**
 * What can be saved of data_level0.bin: every slot is judged by itself, and nothing else is needed,
 * neither header.bin nor links, lengths or the id map.
 *
 * A slot is usable when its label is plausible and no other slot's, and its vector is finite, not
 * all zeros, of length 1 in a cosine index, and does not begin or go on in a hole: a page of zeros
 * that a torn copy or a lost block leaves. Damaged links alone take nothing from a vector; but with
 * the head of a slot its mark of deletion is gone, so whether it is live is then not known.
 *
 * Memory: five bytes for each slot, eight while labels are sorted. Vectors stay in the file.
 *
 * @module
 */

import type { HnswGeometry } from "./geometry.ts";
import type { RandomAccessBytes } from "./random_access.ts";
import { measureVectors, SLOT_STATE, SlotJudge, type SlotSalvageOptions } from "./slot_judge.ts";
import { readSlotChunks } from "./slots.ts";

export { readSlotVector, SLOT_STATE, type SlotSalvageOptions } from "./slot_judge.ts";

/** How many slots are looked at: at the most, where no count is known, and by that count. */
const MOST_SLOTS = 1 << 26;
const MOST_UNDECLARED_SLOTS = 1 << 25;
const FEWEST_LOOKED_AT = 1 << 20;
const MOST_PER_DECLARED = 4;

/** Where more vectors than this part have a sector of zeros, that is how these vectors are. */
const HOLLOW_BY_NATURE = 0.25;

/** How many slots there are of which kind. */
export interface SlotCounts {
  /** Whole slots in the file. */
  readonly slots: number;
  /** Slots whose vector can be used. */
  readonly usable: number;
  /** Usable ones that are marked as deleted. */
  readonly deleted: number;
  /** Slots with a label that another one has as well. */
  readonly duplicates: number;
  /** Labelled slots whose vector is not finite. */
  readonly notFinite: number;
  /** Labelled slots whose vector is zeros, torn or of an impossible length. */
  readonly implausible: number;
  /** Labelled slots whose head is damaged, so that a mark of deletion would be lost. */
  readonly uncertain: number;
  /** Slots without a plausible label. */
  readonly unlabelled: number;
}

/** What was found in a file of slots. */
export interface SlotSalvage {
  /** The layout by which it was read. */
  readonly geometry: HnswGeometry;
  /** How many slots are in use as far as that is known. */
  readonly declaredCount: number | null;
  /** How many there are of which kind. */
  readonly counts: SlotCounts;
  /** The label of each slot; 0 where it has none. */
  readonly labels: Uint32Array;
  /** What is known of each slot: the bits of {@linkcode SLOT_STATE}. */
  readonly states: Uint8Array;
  /** Finds the one slot of a label, or -1 when there is none, or more than one. */
  slotOf(label: number): number;
}

/**
 * Judges every slot of a file.
 *
 * @param file data_level0.bin, damaged or not.
 * @param options The layout and what else is known.
 * @returns What can be used of it.
 * @throws {OperationError} The file cannot be read.
 */
export function salvageSlots(file: RandomAccessBytes, options: SlotSalvageOptions): SlotSalvage {
  const { geometry, onRead } = options;
  const slots = boundSlots(Math.floor(file.sizeBytes / geometry.slotSizeBytes), options);
  const used = Math.min(slots, options.declaredCount ?? slots);
  const judge = new SlotJudge(options, slots, measureVectors(file, geometry, used));
  for (const chunk of readSlotChunks(file, geometry, 0, slots)) {
    judge.visit(chunk);
    onRead?.(chunk.bytes.byteLength);
  }
  const { labels, states } = judge;
  const order = sortByLabel(labels);
  markDuplicates(labels, states, order, options.declaredCount);
  concludeHollow(states);
  return {
    geometry,
    declaredCount: options.declaredCount,
    counts: countStates(states),
    labels,
    states,
    slotOf: (label) => findSlot(labels, states, order, label),
  };
}

/** A file can say that it is as long as it likes, and be nearly all hole. */
function boundSlots(slots: number, { declaredCount }: SlotSalvageOptions): number {
  const likely = declaredCount === null
    ? MOST_UNDECLARED_SLOTS
    : Math.max(FEWEST_LOOKED_AT, MOST_PER_DECLARED * declaredCount);
  return Math.min(slots, likely, MOST_SLOTS);
}

/** Marks slots whose label another one has too, unless it alone is in use. */
function markDuplicates(
  labels: Uint32Array,
  states: Uint8Array,
  order: Uint32Array,
  declaredCount: number | null,
): void {
  const declared = declaredCount ?? labels.length;
  for (let start = 0; start < order.length;) {
    const label = labels[order[start] ?? 0];
    let end = start + 1;
    while (end < order.length && labels[order[end] ?? 0] === label) end++;
    if (end - start > 1 && label !== 0) {
      const group = order.subarray(start, end);
      const inUse = group.filter((slot) => slot < declared);
      for (const slot of group) {
        const isTheOne = inUse.length === 1 && inUse[0] === slot;
        if (!isTheOne) change(states, slot, SLOT_STATE.duplicate, SLOT_STATE.usable);
      }
    }
    start = end;
  }
}

/** A sector of zeros is damage, unless many vectors have one: then that is how they are. */
function concludeHollow(states: Uint8Array): void {
  const isHollow = (state: number): boolean => (state & SLOT_STATE.hollow) !== 0;
  let hollow = 0;
  let labelled = 0;
  for (const state of states) {
    if ((state & SLOT_STATE.labelled) === 0) continue;
    labelled++;
    if (isHollow(state)) hollow++;
  }
  if (hollow === 0 || hollow > HOLLOW_BY_NATURE * labelled) return;
  for (let slot = 0; slot < states.length; slot++) {
    if (!isHollow(states[slot] ?? 0)) continue;
    change(states, slot, SLOT_STATE.implausible, SLOT_STATE.usable);
  }
}

function change(states: Uint8Array, slot: number, set: number, clear: number): void {
  states[slot] = ((states[slot] ?? 0) & ~clear) | set;
}

/** The slots in the order of their labels, those of one label in the order of their numbers. */
function sortByLabel(labels: Uint32Array): Uint32Array {
  // Label and slot in one number of 64 bits: a sort of numbers alone is many times faster.
  const keys = new BigUint64Array(labels.length);
  const halves = new Uint32Array(keys.buffer);
  for (let slot = 0; slot < labels.length; slot++) {
    halves[2 * slot] = slot;
    halves[2 * slot + 1] = labels[slot] ?? 0;
  }
  keys.sort();
  const order = new Uint32Array(labels.length);
  for (let index = 0; index < order.length; index++) order[index] = halves[2 * index] ?? 0;
  return order;
}

function findSlot(
  labels: Uint32Array,
  states: Uint8Array,
  order: Uint32Array,
  label: number,
): number {
  let low = 0;
  let high = order.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((labels[order[middle] ?? 0] ?? 0) < label) low = middle + 1;
    else high = middle;
  }
  for (; low < order.length; low++) {
    const slot = order[low] ?? 0;
    if (labels[slot] !== label || label === 0) return -1;
    if (((states[slot] ?? 0) & SLOT_STATE.duplicate) === 0) return slot;
  }
  return -1;
}

function countStates(states: Uint8Array): SlotCounts {
  const { usable, labelled, live, deleted, notFinite, implausible, duplicate } = SLOT_STATE;
  const count = (test: (state: number) => boolean): number =>
    states.reduce((sum, state) => sum + (test(state) ? 1 : 0), 0);
  return {
    slots: states.length,
    usable: count((state) => (state & usable) !== 0),
    deleted: count((state) => (state & usable) !== 0 && (state & deleted) !== 0),
    duplicates: count((state) => (state & duplicate) !== 0),
    notFinite: count((state) => (state & notFinite) !== 0),
    implausible: count((state) => (state & implausible) !== 0),
    uncertain: count((state) => (state & labelled) !== 0 && (state & (live | deleted)) === 0),
    unlabelled: count((state) => (state & labelled) === 0),
  };
}
