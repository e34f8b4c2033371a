/**
 * Drawing some of many, the same ones each time.
 *
 * @module
 */

import { SeededRandom } from "../base/seeded_random.ts";

/** The fewest vectors of a collection that show anything. */
const FEWEST = 50;

/** The most vectors of one collection: more would cover each other. */
const MOST = 2000;

/** How many numbers the vectors of one sample have together at the most: 32 MiB. */
const MOST_NUMBERS = 8 << 20;

/** Keeps a sample of vectors of any dimension from taking more memory than there should be. */
export class SampleRoom {
  #left = MOST_NUMBERS;

  /**
   * Asks for room for one vector more.
   *
   * @param dimension How many numbers it has.
   * @returns Whether there is room.
   */
  take(dimension: number): boolean {
    if (dimension > this.#left) return false;
    this.#left -= dimension;
    return true;
  }
}

/**
 * Shares out how many vectors are drawn of a collection.
 *
 * @param mostVectors How many are drawn of all collections together, about.
 * @param collections How many collections there are.
 * @returns How many are drawn of each at the most.
 */
export function shareOf(mostVectors: number, collections: number): number {
  return Math.min(MOST, Math.max(FEWEST, Math.floor(mostVectors / Math.max(1, collections))));
}

/**
 * Draws some numbers from 0 to below `total`: one of each of as many parts of the same length, so
 * that they are spread over all of it and follow no period of it.
 *
 * @param total How many there are.
 * @param most How many are drawn at the most.
 * @returns The numbers, ascending; the same for the same arguments.
 */
export function drawSample(total: number, most: number): number[] {
  if (total <= most) return Array.from({ length: total }, (_, index) => index);
  const random = new SeededRandom(total, "sample");
  return Array.from({ length: most }, (_, part) => {
    const start = Math.floor(part * total / most);
    return start + random.below(Math.floor((part + 1) * total / most) - start);
  });
}
