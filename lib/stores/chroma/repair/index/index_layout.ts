/**
 * Which record of a new index gets which slot and which label.
 *
 * Records that are in the old index come first, in the order of their old slots, so that these are
 * read one after another; then the others. Labels follow `embeddings.id`, whatever the slots.
 *
 * Memory: some 28 bytes for each record, and an object for each whose vector is in no slot.
 *
 * @module
 */

import { OperationError } from "../../../../base/errors.ts";
import { SLOT_STATE } from "../../../../hnsw/salvage_slots.ts";
import { SlotBitmap } from "../../../../hnsw/slot_bitmap.ts";
import type { IndexEntry, IndexSource } from "./index_source.ts";

/** The slots and labels of a new index. */
export interface IndexLayout {
  /** How many records there are. */
  readonly count: number;
  /** For each new slot the old one that has its vector, or -1. */
  readonly previousSlots: Int32Array;
  /** The new slots whose old links cannot be believed. */
  readonly damaged: SlotBitmap;
  /** How many new slots have an old one with healthy links. */
  readonly healthy: number;
  /** For each new slot the place of its record in the order of the entries. */
  readonly places: Uint32Array;
  /** The label of each record, by its place. */
  readonly labels: Uint32Array;
  /** The sequence number of each record, by its place; -1 where it is not known. */
  readonly sequences: Float64Array;
  /** The records whose vectors are in no slot, by their new slots. */
  readonly elsewhere: ReadonlyMap<number, IndexEntry>;
  /** How many bytes the ids have in UTF-8, all together. */
  readonly idsSizeBytes: number;
  /** How many vectors have lost their length. */
  readonly lengthsLost: number;
}

/**
 * Lays out a new index.
 *
 * @param source What it is made of.
 * @returns The layout.
 * @throws {OperationError} The source yields other entries than it promised.
 */
export function layOutIndex(source: IndexSource): IndexLayout {
  const { count, previous } = source;
  const oldSlots = new Int32Array(count).fill(-1);
  const rowIds = new Float64Array(count);
  const sequences = new Float64Array(count);
  const others: { readonly place: number; readonly entry: IndexEntry }[] = [];
  const encoder = new TextEncoder();
  const room = new Uint8Array(1 << 12);
  let [place, idsSizeBytes, lengthsLost] = [0, 0, 0];
  for (const entry of source.entries()) {
    const { id, slot, rowId, sequenceNumber } = entry;
    if (place < count) oldSlots[place] = slot;
    rowIds[place] = rowId ?? Infinity;
    sequences[place] = sequenceNumber ?? -1;
    idsSizeBytes += 3 * id.length <= room.length
      ? encoder.encodeInto(id, room).written
      : encoder.encode(id).byteLength;
    if (entry.isLengthLost) lengthsLost++;
    if (slot < 0) others.push({ place, entry });
    place++;
  }
  if (place !== count) {
    throw new OperationError("internal", `There are ${place} entries in place of ${count}`);
  }
  const places = orderPlaces(oldSlots, previous?.slots?.states.length ?? 0);
  const previousSlots = Int32Array.from(places, (at) => oldSlots[at] ?? -1);
  const damaged = new SlotBitmap(count);
  let healthy = 0;
  for (const [slot, old] of previousSlots.entries()) {
    if (old >= 0 && previous?.hasState(old, SLOT_STATE.live) === true) healthy++;
    else damaged.add(slot);
  }
  const first = count - others.length;
  return {
    count,
    previousSlots,
    damaged,
    healthy,
    places,
    labels: labelsOf(rowIds),
    sequences,
    elsewhere: new Map(others.map(({ entry }, at) => [first + at, entry])),
    idsSizeBytes,
    lengthsLost,
  };
}

/** The places of the entries, those with old slots first and in the order of these. */
function orderPlaces(oldSlots: Int32Array, slotCount: number): Uint32Array {
  const placeOf = new Int32Array(slotCount).fill(-1);
  const without: number[] = [];
  for (const [place, slot] of oldSlots.entries()) {
    if (slot < 0) without.push(place);
    else if (slot >= slotCount || placeOf[slot] !== -1) {
      throw new OperationError("internal", `The old slot ${slot} belongs to no record, or to two`);
    } else placeOf[slot] = place;
  }
  const places = new Uint32Array(oldSlots.length);
  const taken = placeOf.filter((place) => place >= 0);
  places.set(taken);
  places.set(without, taken.length);
  return places;
}

/** Labels from 1 on, in the order of the rows; what has no row comes last, in its own order. */
function labelsOf(rowIds: Float64Array): Uint32Array {
  const labels = new Uint32Array(rowIds.length);
  const places = new Uint32Array(rowIds.length).map((_, place) => place);
  const isSorted = rowIds.every((rowId, place) => place === 0 || rowId >= (rowIds[place - 1] ?? 0));
  if (!isSorted) {
    places.sort((left, right) => {
      const [a, b] = [rowIds[left] ?? 0, rowIds[right] ?? 0];
      return a === b ? left - right : a - b;
    });
  }
  for (const [rank, place] of places.entries()) labels[place] = rank + 1;
  return labels;
}
