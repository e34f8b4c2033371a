/**
 * Noticing that a thread has filled its heap.
 *
 * The runtime tells of that where it happens in a module or a timer. In the rest of an asynchronous
 * function it ends that function alone, without an error: whoever waits for it waits for ever. But it
 * has then raised the limit of the heap, so that the thread can tidy up.
 *
 * @module
 */

import { getHeapStatistics } from "node:v8";

/** How often it is looked. */
const LOOK_INTERVAL_MS = 250;

/**
 * Has a function called when the heap of this thread was full.
 *
 * @param tell The function.
 * @returns What ends the watch, which keeps the thread alive.
 */
export function watchHeap(tell: () => void): () => void {
  const limitBytes = getHeapStatistics().heap_size_limit;
  const timer = setInterval(() => {
    if (getHeapStatistics().heap_size_limit <= limitBytes) return;
    clearInterval(timer);
    tell();
  }, LOOK_INTERVAL_MS);
  return () => clearInterval(timer);
}
