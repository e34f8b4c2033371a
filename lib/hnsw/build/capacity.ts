/**
 * How much room the engines give an index, and how long its files are because of it.
 *
 * | era    | max_elements_ of n slots                | slots in data_level0.bin and length.bin |
 * | ------ | --------------------------------------- | --------------------------------------- |
 * | python | 1,000; above that n × resize_factor     | n, at least 1,000                       |
 * | rust   | 100; above that the next power of two   | n, at least 100                         |
 *
 * Both make the files for the smallest capacity, and let them grow by the slots that are written.
 *
 * @module
 */

/** Who wrote an index: Chroma 0.4 to 0.6, or 1.0 and later. */
export type IndexEra = "python" | "rust";

/** What a new index has room for. */
const SMALLEST_CAPACITY: Readonly<Record<IndexEra, number>> = { python: 1000, rust: 100 };

/** `hnsw:resize_factor` where nobody has set it. */
const DEFAULT_RESIZE_FACTOR = 1.2;

/**
 * Tells the capacity that an engine would give an index.
 *
 * @param era Who wrote it.
 * @param count How many slots are in use.
 * @param resizeFactor `hnsw:resize_factor` of the collection; 1.2 by default.
 * @returns max_elements_.
 */
export function capacityFor(
  era: IndexEra,
  count: number,
  resizeFactor: number = DEFAULT_RESIZE_FACTOR,
): number {
  const smallest = SMALLEST_CAPACITY[era];
  if (count <= smallest) return smallest;
  if (era === "python") return Math.max(count, Math.floor(count * resizeFactor));
  let capacity = 128;
  while (capacity < count) capacity *= 2;
  return capacity;
}

/**
 * Tells how many slots the files of an index have.
 *
 * @param era Who wrote it.
 * @param count How many slots are in use.
 * @returns The slots in data_level0.bin and the lengths in length.bin.
 */
export function slotsInFiles(era: IndexEra, count: number): number {
  return Math.max(count, SMALLEST_CAPACITY[era]);
}
