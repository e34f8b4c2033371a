/**
 * Searching an index as hnswlib does it, in its files: nothing but the slots that a search comes by
 * is read.
 *
 * @module
 */

import type { Space } from "./build/settings.ts";
import type { HnswGeometry } from "./geometry.ts";
import type { HnswHeader } from "./header.ts";
import { LinkWalk } from "./links.ts";
import type { Neighbour } from "./nearest.ts";
import type { RandomAccessBytes } from "./random_access.ts";
import { SlotBitmap } from "./slot_bitmap.ts";

/** The files of an index. */
export interface SearchedIndex {
  /** header.bin. */
  readonly header: HnswHeader;
  /** The layout that it gives. */
  readonly geometry: HnswGeometry;
  /** How many slots are in use. */
  readonly count: number;
  /** How distances are measured. */
  readonly space: Space;
  /** data_level0.bin. */
  readonly slots: RandomAccessBytes;
  /** link_lists.bin. */
  readonly upperLinks: RandomAccessBytes;
}

/** Says that a slot is deleted, in the first word of its record. */
const DELETED_FLAG = 1 << 16;

/** A slot that a search has come by. */
interface Candidate extends Neighbour {
  /** Its links on level 0. */
  readonly links: Uint32Array;
  /** Whether it is deleted: a search goes on from it, and does not return it. */
  readonly isDeleted: boolean;
}

/** Searches one index. */
export class IndexSearch {
  readonly #index: SearchedIndex;
  /** Where the record of each slot above level 0 stands in link_lists.bin. */
  readonly #upperOffsets = new Map<number, number>();
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #words: Uint32Array<ArrayBuffer>;
  readonly #floats: Float32Array<ArrayBuffer>;
  readonly #list: Uint32Array<ArrayBuffer>;

  /**
   * Finds out which slots are above level 0.
   *
   * @param index The files; they are whole.
   * @throws {OperationError} A file cannot be read.
   */
  constructor(index: SearchedIndex) {
    const { geometry, upperLinks, count } = index;
    this.#index = index;
    this.#bytes = new Uint8Array(geometry.slotSizeBytes);
    this.#words = new Uint32Array(this.#bytes.buffer);
    this.#floats = new Float32Array(this.#bytes.buffer);
    this.#list = new Uint32Array(geometry.maxLinks + 1);
    const walk = new LinkWalk(upperLinks, geometry);
    for (let slot = 0; slot < count && walk.next(); slot++) {
      if (walk.level > 0) this.#upperOffsets.set(slot, walk.listOffset(1));
    }
  }

  /**
   * Searches for the neighbours of a query.
   *
   * @param query The query.
   * @param efSearch How many candidates are kept.
   * @returns The candidates that are not deleted, the nearest first.
   * @throws {OperationError} A file cannot be read.
   */
  search(query: Float32Array, efSearch: number): Neighbour[] {
    const { header, count } = this.#index;
    if (count === 0) return [];
    let nearest = this.#visit(header.entryPoint, query);
    for (let level = header.maxLevel; level > 0; level--) {
      nearest = this.#descend(nearest, level, query);
    }
    return this.#spread(nearest, query, efSearch);
  }

  /** Goes to the nearest slot of a level. */
  #descend(start: Candidate, level: number, query: Float32Array): Candidate {
    let nearest = start;
    for (let from: Candidate | null = null; from !== nearest;) {
      from = nearest;
      for (const slot of this.#upperLinksOf(from.slot, level)) {
        const next = this.#visit(slot, query);
        if (next.distance < nearest.distance) nearest = next;
      }
    }
    return nearest;
  }

  /** Follows the links of the nearest candidates until all that are left are too far away. */
  #spread(start: Candidate, query: Float32Array, efSearch: number): Neighbour[] {
    const seen = new SlotBitmap(this.#index.count);
    seen.add(start.slot);
    // The nearest stands last, so that it is taken at once.
    const waiting = [start];
    const found: Neighbour[] = start.isDeleted ? [] : [start];
    const worst = (): number => found[efSearch - 1]?.distance ?? Infinity;
    for (let from = waiting.pop(); from !== undefined; from = waiting.pop()) {
      if (from.distance > worst()) break;
      for (const slot of from.links) {
        if (slot >= this.#index.count || seen.has(slot)) continue;
        seen.add(slot);
        const candidate = this.#visit(slot, query);
        if (candidate.distance >= worst()) continue;
        waiting.splice(placeOf(waiting, -candidate.distance, -1), 0, candidate);
        if (candidate.isDeleted) continue;
        found.splice(placeOf(found, candidate.distance, 1), 0, candidate);
        if (found.length > efSearch) found.pop();
      }
    }
    return found.map(({ slot, distance }) => ({ slot, distance }));
  }

  /** Reads a slot, and measures how far it is. */
  #visit(slot: number, query: Float32Array): Candidate {
    const { geometry, slots } = this.#index;
    slots.readAt(slot * geometry.slotSizeBytes, this.#bytes);
    const head = this.#words[0] ?? 0;
    return {
      slot,
      distance: this.#distanceTo(query),
      links: this.#words.slice(1, 1 + Math.min(head & 0xffff, geometry.maxLinksLevel0)),
      isDeleted: (head & DELETED_FLAG) !== 0,
    };
  }

  /** How far the vector of the slot is that was read last. */
  #distanceTo(query: Float32Array): number {
    const { geometry, space } = this.#index;
    const start = geometry.vectorOffset >>> 2;
    const floats = this.#floats;
    let sum = 0;
    if (space === "l2") {
      for (let axis = 0; axis < query.length; axis++) {
        const difference = (floats[start + axis] ?? 0) - (query[axis] ?? 0);
        sum += difference * difference;
      }
      return sum;
    }
    for (let axis = 0; axis < query.length; axis++) {
      sum += (floats[start + axis] ?? 0) * (query[axis] ?? 0);
    }
    return 1 - sum;
  }

  /** The links of a slot on a level above 0; none where it is not on that level. */
  #upperLinksOf(slot: number, level: number): Uint32Array {
    const { geometry, upperLinks } = this.#index;
    const offset = this.#upperOffsets.get(slot);
    if (offset === undefined) return this.#list.subarray(0, 0);
    const bytes = new Uint8Array(this.#list.buffer);
    upperLinks.readAt(offset + (level - 1) * geometry.linkListSizeBytes, bytes);
    const count = Math.min((this.#list[0] ?? 0) & 0xffff, geometry.maxLinks);
    return this.#list.slice(1, 1 + count);
  }
}

/** Where a candidate belongs in a list that is sorted by `sign` × distance. */
function placeOf(sorted: readonly Neighbour[], key: number, sign: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sign * (sorted[middle]?.distance ?? 0) <= key) low = middle + 1;
    else high = middle;
  }
  return low;
}
