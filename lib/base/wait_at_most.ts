/**
 * Waiting for something that may take too long.
 *
 * @module
 */

import { LONGEST_TIMER_MS } from "./pause.ts";

/**
 * Waits for a promise, until a time is over or a signal is aborted at the most. What it stands for
 * goes on: nothing is ended here.
 *
 * @param work The promise.
 * @param mostMs How long, in milliseconds.
 * @param signal The signal.
 * @returns What the promise gives; null when it was not waited for any longer.
 * @throws What the promise is rejected with.
 */
export async function waitAtMost<Result>(
  work: Promise<Result>,
  mostMs: number,
  signal?: AbortSignal,
): Promise<Result | null> {
  const { promise: end, resolve } = Promise.withResolvers<null>();
  const stop = (): void => resolve(null);
  const timer = setTimeout(stop, Math.min(mostMs, LONGEST_TIMER_MS));
  signal?.addEventListener("abort", stop);
  if (signal?.aborted) stop();
  try {
    return await Promise.race([work, end]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
}
