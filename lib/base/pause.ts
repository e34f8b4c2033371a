/**
 * Waiting.
 *
 * @module
 */

/**
 * Waits, until the signal is aborted at the most.
 *
 * @param durationMs How long.
 * @param signal The signal.
 */
export async function pauseUnlessAborted(
  durationMs: number,
  signal: AbortSignal | undefined,
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
