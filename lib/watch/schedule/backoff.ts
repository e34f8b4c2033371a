/**
 * How long is waited after something has failed: twice as long after every failure, up to a bound.
 *
 * @module
 */

/** How long is waited. */
export interface Backoff {
  /** After the first failure, in milliseconds. */
  readonly firstMs: number;
  /** After any number of them, in milliseconds. */
  readonly longestMs: number;
}

/** Nothing waits longer: a time for a new try that is further away was set by another clock. */
export const LONGEST_WAIT_MS = 6 * 3_600_000;

/**
 * Tells how long is waited.
 *
 * @param backoff How long at first, and at the most.
 * @param failures How often it has failed in a row.
 * @returns The milliseconds.
 */
export function waitAfter({ firstMs, longestMs }: Backoff, failures: number): number {
  const doubled = firstMs * 2 ** Math.min(30, Math.max(0, failures - 1));
  return Math.min(doubled, Math.max(firstMs, longestMs), LONGEST_WAIT_MS);
}
