/**
 * Ending work at once when the user asks for it.
 *
 * @module
 */

import { OperationError } from "../base/errors.ts";
import type { CancelSignal } from "./environment.ts";

/** How long the engine may take to give back what it holds before it is left behind. */
const GRACE_MS = 200;

/**
 * Makes the error that ends cancelled work.
 *
 * @param signal The signal that came.
 * @returns The error; its message is the last line that the user reads.
 */
export function cancelledError(signal: CancelSignal): OperationError {
  return new OperationError(
    "cancelled",
    `Cancelled by ${signal === "SIGINT" ? "Ctrl-C (SIGINT)" : signal}; nothing was changed`,
  );
}

/**
 * Passes events on until the signal is aborted.
 *
 * @param events The events; their maker knows the signal too and ends by itself if it can.
 * @param signal The signal; its reason is what is thrown.
 * @yields The events.
 * @throws {OperationError} The signal was aborted, or what `events` throws.
 */
export async function* untilCancelled<Event>(
  events: AsyncGenerator<Event, void, undefined>,
  signal: AbortSignal,
): AsyncGenerator<Event, void, undefined> {
  const { promise: abandoned, reject } = Promise.withResolvers<never>();
  abandoned.catch(() => {});
  let timer: ReturnType<typeof setTimeout> | undefined;
  const onAbort = (): void => {
    timer = setTimeout(() => reject(signal.reason), GRACE_MS);
  };
  signal.addEventListener("abort", onAbort);
  try {
    while (true) {
      signal.throwIfAborted();
      const step = await Promise.race([events.next(), abandoned]);
      if (step.done) return;
      yield step.value;
    }
  } catch (error) {
    // The engine's own word for it does not say which signal came.
    throw signal.aborted ? signal.reason : error;
  } finally {
    signal.removeEventListener("abort", onAbort);
    clearTimeout(timer);
  }
}
