/**
 * Which slots a search can reach along the links of level 0.
 *
 * The graph is never held in memory: one bit per slot says that it is reached, another that its
 * neighbours have been added. The pass over all slots spreads along most links on its way
 * (`slots.ts`); here the rest is followed, every slot once, whatever shape the graph has.
 *
 * @module
 */

import type { HnswGeometry } from "./geometry.ts";
import type { RandomAccessBytes } from "./random_access.ts";
import type { SlotBitmap } from "./slot_bitmap.ts";

/** The bitmaps between which a search spreads. */
export interface Frontier {
  /** The slots that a search can reach. */
  readonly reached: SlotBitmap;
  /** The reached slots whose neighbours are all in `reached`. */
  readonly expanded: SlotBitmap;
  /** The slots whose links can be followed. */
  readonly linked: SlotBitmap;
}

/**
 * Spreads `reached` along the links of level 0 until nothing is added.
 *
 * @param file data_level0.bin.
 * @param geometry The layout of a slot.
 * @param slots How many slots the file holds.
 * @param frontier The bitmaps; `reached` and `expanded` are added to.
 * @throws {OperationError} The file cannot be read.
 */
export function spreadLevel0(
  file: RandomAccessBytes,
  geometry: HnswGeometry,
  slots: number,
  frontier: Frontier,
): void {
  const { reached, expanded, linked } = frontier;
  const links = new Uint8Array(geometry.vectorOffset);
  const words = new Uint32Array(links.buffer);
  const waiting: number[] = [];
  for (let start = 0; start < slots; start++) {
    if (!reached.has(start) || expanded.has(start)) continue;
    waiting.push(start);
    for (let slot = waiting.pop(); slot !== undefined; slot = waiting.pop()) {
      expanded.add(slot);
      if (!linked.has(slot)) continue;
      file.readAt(slot * geometry.slotSizeBytes, links);
      const count = Math.min((words[0] ?? 0) & 0xffff, geometry.maxLinksLevel0);
      for (let index = 1; index <= count; index++) {
        const neighbour = words[index] ?? 0;
        if (neighbour >= slots || reached.has(neighbour)) continue;
        reached.add(neighbour);
        waiting.push(neighbour);
      }
    }
  }
}
