/**
 * Finding the slot that holds a vector: by a projection of every usable vector on one fixed
 * direction, in order, and then by comparing the few that lie close.
 *
 * A cosine index holds normalised vectors, whose last bits depend on how a processor adds; all others
 * are held bit for bit. Memory: twelve bytes for each slot.
 *
 * @module
 */

import type { RandomAccessBytes } from "../../../hnsw/random_access.ts";
import { readSlotVector, SLOT_STATE, type SlotSalvage } from "../../../hnsw/salvage_slots.ts";
import { readSlotChunks } from "../../../hnsw/slots.ts";

/** How far two normalised vectors that are the same may lie from each other. */
const COSINE_DISTANCE = 1e-5;

/** No more candidates are compared: so many vectors that lie so close are not told apart. */
const MOST_CANDIDATES = 64;

/** What was found. */
export type SlotMatch = { readonly slot: number } | "none" | "several";

/** Finds slots by their vectors. */
export class SlotFinder {
  readonly #file: RandomAccessBytes;
  readonly #slots: SlotSalvage;
  readonly #isCosine: boolean;
  readonly #direction: Float64Array;
  readonly #order: Uint32Array;
  readonly #projections: Float64Array;
  readonly #candidate: Float32Array;

  /**
   * Reads every slot once.
   *
   * @param file data_level0.bin.
   * @param slots What can be used of it.
   * @param isCosine Whether vectors are normalised.
   */
  constructor(file: RandomAccessBytes, slots: SlotSalvage, isCosine: boolean) {
    this.#file = file;
    this.#slots = slots;
    this.#isCosine = isCosine;
    this.#direction = makeDirection(slots.geometry.dimension);
    this.#candidate = new Float32Array(slots.geometry.dimension);
    const projections = this.#projectAll();
    const usable: number[] = [];
    for (let slot = 0; slot < projections.length; slot++) {
      if (isMatchable(slots.states[slot] ?? 0)) usable.push(slot);
    }
    this.#order = Uint32Array.from(usable).sort((left, right) =>
      (projections[left] ?? 0) - (projections[right] ?? 0)
    );
    this.#projections = projections;
  }

  /**
   * Finds the slot of a vector.
   *
   * @param vector The vector as it was written; it is not changed.
   * @returns The one slot that holds it, or how many there are instead.
   */
  find(vector: Float32Array): SlotMatch {
    const slots = this.findAll(vector, 2);
    const [slot] = slots ?? [];
    if (slots === null || slots.length > 1) return "several";
    return slot === undefined ? "none" : { slot };
  }

  /**
   * Finds every slot of a vector.
   *
   * @param vector The vector as it was written; it is not changed.
   * @param most How many are enough.
   * @returns The slots; null where more vectors lie close than can be compared.
   */
  findAll(vector: Float32Array, most: number): number[] | null {
    const wanted = this.#isCosine ? normalise(vector) : vector;
    const projection = this.#project(wanted, 0, wanted.length);
    const reach = this.#isCosine ? COSINE_DISTANCE * Math.sqrt(wanted.length) : 0;
    const found: number[] = [];
    if (!Number.isFinite(projection)) return found;
    let candidates = 0;
    for (let at = this.#lowerBound(projection - reach); at < this.#order.length; at++) {
      const slot = this.#order[at] ?? 0;
      if ((this.#projections[slot] ?? 0) > projection + reach) break;
      if (++candidates > MOST_CANDIDATES) return null;
      if (this.#holds(slot, wanted)) found.push(slot);
      if (found.length === most) break;
    }
    return found;
  }

  #holds(slot: number, wanted: Float32Array): boolean {
    const { geometry } = this.#slots;
    if (!readSlotVector(this.#file, geometry, slot, this.#candidate)) return false;
    return isSameVector(this.#candidate, wanted, this.#isCosine);
  }

  #projectAll(): Float64Array {
    const { geometry, labels } = this.#slots;
    const projections = new Float64Array(labels.length);
    const first = geometry.vectorOffset >>> 2;
    for (
      const { firstSlot, slots, bytes } of readSlotChunks(this.#file, geometry, 0, labels.length)
    ) {
      const floats = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >>> 2);
      for (let index = 0; index < slots; index++) {
        const start = index * (geometry.slotSizeBytes >>> 2) + first;
        projections[firstSlot + index] = this.#project(floats, start, start + geometry.dimension);
      }
    }
    return projections;
  }

  #project(floats: Float32Array, start: number, end: number): number {
    let sum = 0;
    for (let index = start; index < end; index++) {
      sum += (floats[index] ?? 0) * (this.#direction[index - start] ?? 0);
    }
    return sum;
  }

  #lowerBound(projection: number): number {
    let low = 0;
    let high = this.#order.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#projections[this.#order[middle] ?? 0] ?? 0) < projection) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/**
 * Tells whether a vector of a slot is the same as another.
 *
 * @param stored The vector in the slot.
 * @param wanted The other one; in a cosine index normalised.
 * @param isCosine Whether the last bits may differ.
 */
export function isSameVector(
  stored: Float32Array,
  wanted: Float32Array,
  isCosine: boolean,
): boolean {
  if (stored.length !== wanted.length) return false;
  let squared = 0;
  for (let index = 0; index < stored.length; index++) {
    const difference = (stored[index] ?? 0) - (wanted[index] ?? 0);
    squared += difference * difference;
  }
  return isCosine ? squared <= COSINE_DISTANCE * COSINE_DISTANCE : squared === 0;
}

/** A copy of a vector, of length 1; one without a length stays as it is. */
export function normalise(vector: Float32Array): Float32Array {
  let squared = 0;
  for (const value of vector) squared += value * value;
  const length = Math.sqrt(squared);
  return length > 0 ? vector.map((value) => value / length) : vector.slice();
}

function isMatchable(state: number): boolean {
  return (state & SLOT_STATE.usable) !== 0 && (state & SLOT_STATE.deleted) === 0;
}

/** A fixed direction that no vector of a model has on purpose. */
function makeDirection(dimension: number): Float64Array {
  return Float64Array.from({ length: dimension }, (_, axis) => {
    const mixed = Math.imul(axis + 1, 0x9e3779b1) >>> 0;
    return 2 * (Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b) >>> 0) / 0x1_0000_0000 - 1;
  });
}
