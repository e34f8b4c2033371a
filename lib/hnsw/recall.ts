/**
 * How well the searches of an index find: some of them are held against looking at every slot.
 *
 * The queries lie between two vectors of the index, nearer to one of them, so that none is answered
 * by finding itself. A slot counts as found when it is no farther away than the last of the true
 * neighbours: of equal vectors any will do.
 *
 * @module
 */

import type { Space } from "./build/settings.ts";
import type { HnswGeometry } from "./geometry.ts";
import { NearestScan } from "./nearest.ts";
import type { RandomAccessBytes } from "./random_access.ts";
import { IndexSearch, type SearchedIndex } from "./search.ts";
import { readSlotVector } from "./slot_judge.ts";
import type { SlotChunk } from "./slots.ts";

/** Of how many nearest neighbours the share is taken. */
export const RECALL_NEIGHBOURS = 10;

/** How many queries are asked, where there are as many slots. */
const QUERIES = 64;

/** How much of a query is the vector that it is near to. */
const NEAR_PART = 0.9;

/** Slots are picked all over the file: by the golden section, no two near each other. */
const GOLDEN_SECTION = 0.6180339887498949;

/** What two sums of the same products in different orders differ by. */
const ROUNDING = 1e-6;

/** Samples the recall of one index. */
export class RecallSampler {
  readonly #queries: readonly Float32Array[];
  readonly #scan: NearestScan;
  readonly #space: Space;

  /**
   * Draws the queries.
   *
   * @param slots data_level0.bin.
   * @param geometry The layout of a slot.
   * @param count How many slots are in use.
   * @param space How distances are measured.
   * @throws {OperationError} The file cannot be read.
   */
  constructor(slots: RandomAccessBytes, geometry: HnswGeometry, count: number, space: Space) {
    const vectorOf = (place: number): Float32Array => {
      const vector = new Float32Array(geometry.dimension);
      const slot = Math.floor((place * GOLDEN_SECTION % 1) * count);
      readSlotVector(slots, geometry, slot, vector);
      return vector;
    };
    this.#space = space;
    this.#queries = Array.from({ length: Math.min(QUERIES, count) }, (_, query) => {
      const other = vectorOf(query + 1 + QUERIES);
      return vectorOf(query + 1).map((value, axis) =>
        NEAR_PART * value + (1 - NEAR_PART) * (other[axis] ?? 0)
      );
    });
    this.#scan = new NearestScan({
      geometry,
      space,
      queries: this.#queries,
      neighbours: RECALL_NEIGHBOURS,
    });
  }

  /** How many queries are asked. */
  get queries(): number {
    return this.#queries.length;
  }

  /** Looks at slots; all of them have to come once. */
  add(chunk: SlotChunk): void {
    this.#scan.add(chunk);
  }

  /**
   * Asks the queries.
   *
   * @param index The index.
   * @param efSearch How many candidates a search keeps.
   * @returns The share of the true nearest neighbours that were found, from 0 to 1; 1 of none.
   * @throws {OperationError} A file cannot be read.
   */
  measure(index: SearchedIndex, efSearch: number): number {
    const search = new IndexSearch(index);
    let [found, wanted] = [0, 0];
    for (const [number, query] of this.#queries.entries()) {
      const nearest = this.#scan.nearest(number);
      const last = nearest[nearest.length - 1]?.distance ?? 0;
      const bound = last + ROUNDING * (this.#space === "l2" ? last : 1 + Math.abs(last));
      const results = search.search(query, Math.max(efSearch, RECALL_NEIGHBOURS));
      wanted += nearest.length;
      found += results.slice(0, nearest.length).filter(({ distance }) => distance <= bound).length;
    }
    return wanted === 0 ? 1 : found / wanted;
  }
}
