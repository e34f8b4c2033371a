/**
 * Waiting.
 *
 * @module
 */

/** A timer of the runtime cannot be set to more: it counts milliseconds in 31 bits. */
export const LONGEST_TIMER_MS = 0x7fff_ffff;

/**
 * Waits, until the signal is aborted at the most.
 *
 * @param durationMs How long.
 * @param signal The signal.
 */
export async function pauseUnlessAborted(
  durationMs: number,
  signal?: AbortSignal,
): Promise<void> {
  if (signal?.aborted) return;
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, durationMs);
    signal?.addEventListener("abort", end);
  });
}
