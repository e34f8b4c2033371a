/**
 * The longest run of numbers that ascend.
 *
 * @module
 */

/**
 * Marks the numbers of the longest ascending run.
 *
 * @param numbers The numbers.
 * @param isPossible Whether a number can be part of it; all can by default.
 * @returns 1 for each that is part of it, else 0.
 */
export function keepAscending(
  numbers: readonly number[],
  isPossible: (number: number) => boolean = () => true,
): Uint8Array {
  const marks = new Uint8Array(numbers.length);
  // By the length of a run the place that ends it with the lowest number, and for each the one before.
  const ends: number[] = [];
  const before = new Int32Array(numbers.length).fill(-1);
  const numberAt = (place: number | undefined): number => numbers[place ?? -1] ?? Infinity;
  for (const [at, number] of numbers.entries()) {
    if (!isPossible(number)) continue;
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (numberAt(ends[middle]) < number) low = middle + 1;
      else high = middle;
    }
    before[at] = ends[low - 1] ?? -1;
    ends[low] = at;
  }
  for (let at = ends.at(-1) ?? -1; at !== -1; at = before[at] ?? -1) marks[at] = 1;
  return marks;
}
