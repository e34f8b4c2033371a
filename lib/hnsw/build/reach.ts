/**
 * Making sure that a search can reach every node.
 *
 * When a full list of links is chosen anew, a node can lose the last link that leads to it. The
 * engines leave it so, and never find that record again.
 *
 * @module
 */

import { SlotBitmap } from "../slot_bitmap.ts";
import type { KernelGraph } from "./graph.ts";

/**
 * Adds links on level 0 until every node can be reached from the entry point.
 *
 * @param graph The graph.
 * @param entryPoint Where every search begins.
 * @returns How many links were added.
 */
export function connectAll(graph: KernelGraph, entryPoint: number): number {
  const reached = new SlotBitmap(graph.count);
  const order = new Uint32Array(graph.count);
  let end = 0;
  let next = 0;
  const spread = (start: number): void => {
    reached.add(start);
    order[end++] = start;
    while (next < end) {
      for (const neighbour of graph.links(order[next++] ?? 0)) {
        if (reached.has(neighbour)) continue;
        reached.add(neighbour);
        order[end++] = neighbour;
      }
    }
  };
  giveEachALink(graph, entryPoint);
  if (graph.count > 0) spread(entryPoint);
  if (end === graph.count) return 0;
  let added = 0;
  for (let slot = 0; slot < graph.count; slot++) {
    if (reached.has(slot)) continue;
    linkFromNear(graph, slot, reached, order.subarray(0, end));
    added++;
    spread(slot);
  }
  return added;
}

/** Only where old links were lost around it, a node finds nothing to link to. */
function giveEachALink(graph: KernelGraph, entryPoint: number): void {
  for (let slot = 0; slot < graph.count && graph.count > 1; slot++) {
    if (graph.linkCount(slot) > 0) continue;
    graph.addLink(slot, slot === entryPoint ? (slot + 1) % graph.count : entryPoint);
  }
}

/** Adds a link to a node from one that is reached and has room, as near to it as possible. */
function linkFromNear(
  graph: KernelGraph,
  slot: number,
  reached: SlotBitmap,
  order: Uint32Array,
): void {
  const near = Array.from(graph.links(slot));
  const further = near.flatMap((neighbour) => Array.from(graph.links(neighbour)));
  for (const candidate of [...near, ...further]) {
    if (candidate !== slot && reached.has(candidate) && graph.addLink(candidate, slot)) return;
  }
  for (let index = order.length - 1; index >= 0; index--) {
    if (graph.addLink(order[index] ?? 0, slot)) return;
  }
}
