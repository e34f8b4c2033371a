/**
 * Whether the machine swaps.
 *
 * @module
 */

import type { MachineSources } from "./sources.ts";

/** How much was swapped. */
export interface SwapActivity {
  /** How many pages were read back since the machine was started. */
  readonly pagesIn: number;
  /** How many pages were written out since then. */
  readonly pagesOut: number;
}

/**
 * Reads how much the machine has swapped since it was started.
 *
 * @param sources The machine.
 * @returns The pages, or null where that may not be read.
 */
export function readSwapActivity(sources: MachineSources): SwapActivity | null {
  const text = sources.readText("/proc/vmstat") ?? "";
  const [, pagesIn] = /^pswpin (\d+)$/m.exec(text) ?? [];
  const [, pagesOut] = /^pswpout (\d+)$/m.exec(text) ?? [];
  if (pagesIn === undefined || pagesOut === undefined) return null;
  return { pagesIn: Number(pagesIn), pagesOut: Number(pagesOut) };
}

/**
 * Reads how much of the swap is in use.
 *
 * @param sources The machine.
 * @returns The bytes, or null where that may not be read.
 */
export function readSwapUsedBytes(sources: MachineSources): number | null {
  const memory = sources.readMemory();
  return memory === null ? null : memory.swapTotalBytes - memory.swapFreeBytes;
}
