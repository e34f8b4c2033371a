/**
 * Ending a check whose signal was aborted.
 *
 * @module
 */

import { OperationError } from "../base/errors.ts";

/**
 * Does a part of a check that ends with whatever reason its signal has.
 *
 * @param work The part.
 * @param signal The signal.
 * @returns What the work returns.
 * @throws {OperationError} `cancelled`: the signal was aborted; and what the work throws.
 */
export async function orCancelled<Result>(
  work: () => Promise<Result>,
  signal: AbortSignal | undefined,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throwIfCancelled(signal);
    throw error;
  }
}

/** Ends a check whose signal was aborted. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new OperationError("cancelled", "The check was cancelled");
}
