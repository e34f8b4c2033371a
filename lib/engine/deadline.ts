/**
 * When work ends, whatever is left.
 *
 * @module
 */

import { LONGEST_TIMER_MS } from "../base/pause.ts";

/** A moment at which work ends. */
export interface Deadline {
  /** The moment, on the clock below. */
  readonly atMs: number;
  /** A clock that only goes forward. */
  readonly nowMs: () => number;
}

/** Whether the time is over; never where there is no deadline. */
export function isOver(deadline: Deadline | undefined): boolean {
  return deadline !== undefined && deadline.nowMs() >= deadline.atMs;
}

/**
 * Has a function called at the deadline.
 *
 * @param deadline The deadline; without one the function is never called.
 * @param end The function.
 * @returns What takes that back.
 */
export function startTimer(deadline: Deadline | undefined, end: () => void): () => void {
  if (deadline === undefined) return () => {};
  const leftMs = Math.max(0, deadline.atMs - deadline.nowMs());
  // Nothing is lost where that comes too early: what is left is for the next run.
  const timer = setTimeout(end, Math.min(leftMs, LONGEST_TIMER_MS));
  return () => clearTimeout(timer);
}
