/**
 * Building an index from vectors: HNSW as hnswlib makes it, several times as fast.
 *
 * What is stored is what hnswlib stores. What is faster is the way there (decision 6): distances
 * are measured on vectors of 7-bit numbers, by WebAssembly SIMD, on several threads.
 *
 * @module
 */

import { LevelGenerator } from "./levels.ts";
import { BuildRoom, type BuiltIndex, type KernelChoice, requireRoom } from "./room.ts";
import { type BuildOptions, requireBuildable } from "./settings.ts";

/**
 * Builds an index.
 *
 * @param options What it is built from, and within which bounds.
 * @param choice Which build of the kernel; the best that the runtime has by default.
 * @returns The index, to be written by `writeIndex`.
 * @throws {OperationError} `no-memory`, `cancelled`, or a vector that no index can hold.
 *
 * @example
 * ```ts ignore
 * const index = await buildIndex({
 *   settings: { dimension: 384, space: "cosine", maxLinks: 16, efConstruction: 100 },
 *   count: source.count,
 *   readVectors: (first, count, vectors) => source.read(first, count, vectors),
 * });
 * await writeIndex(index, directory, { era: "rust", labelOf: (slot) => source.labels[slot] });
 * ```
 */
export async function buildIndex(
  options: BuildOptions,
  choice: KernelChoice = {},
): Promise<BuiltIndex> {
  requireBuildable(options);
  requireRoom(options);
  const { count, settings } = options;
  const generator = new LevelGenerator(settings.maxLinks);
  const levels = new Uint8Array(count);
  for (let slot = 0; slot < count; slot++) levels[slot] = generator.next();
  const entryLevel = levels.reduce((highest, level) => Math.max(highest, level), 0);
  const entryPoint = Math.max(0, levels.indexOf(entryLevel));
  const room = BuildRoom.open(options, levels, count, choice);
  // The entry point is in the graph from the beginning, with nothing to link to.
  const order = new Uint32Array(Math.max(0, count - 1));
  for (let place = 0; place < order.length; place++) {
    order[place] = place < entryPoint ? place : place + 1;
  }
  return await room.build({ entryPoint, entryLevel, order, promoted: false });
}
