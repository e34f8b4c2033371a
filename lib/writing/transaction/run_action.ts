/**
 * Running the action of a guarded write: with a signal that is aborted when its time is over, and
 * with a while to end in after that.
 *
 * @module
 */

import { OperationError } from "../../base/errors.ts";
import { LONGEST_TIMER_MS } from "../../base/pause.ts";

/** How an action is run. */
export interface RunActionOptions {
  /** How long it may take, in milliseconds. */
  readonly timeoutMs: number;
  /** How long it is waited for after that, in milliseconds. */
  readonly graceMs: number;
  /** Aborts it. */
  readonly signal: AbortSignal | undefined;
  /** How to wait, in milliseconds; ends sooner when the signal is aborted. */
  readonly pause: (durationMs: number, signal: AbortSignal | undefined) => Promise<void>;
}

/** How an action has ended, or that it has not. */
export type ActionEnd<Result> =
  | { readonly kind: "done"; readonly result: Result }
  | {
    readonly kind: "failed";
    readonly reason: "failed" | "timeout" | "aborted";
    /** What it has thrown, or why it was aborted. */
    readonly error: unknown;
  }
  | {
    readonly kind: "running";
    readonly reason: "timeout" | "aborted";
    /** Why it was aborted. */
    readonly error: unknown;
    /** Is fulfilled when it has ended after all, however that was. */
    readonly ended: Promise<void>;
  };

/** What a promise has come to, without being thrown. */
type Settled<Result> =
  | { readonly isDone: true; readonly result: Result }
  | { readonly isDone: false; readonly error: unknown };

/**
 * Runs an action. One that has ended after its signal was aborted has failed, whatever it returns:
 * whoever waits for it was promised an end at that time, and may have gone on.
 *
 * @param action The action.
 * @param options How long it may take.
 * @returns How it has ended, or that it is still running.
 */
export async function runAction<Result>(
  action: (signal: AbortSignal) => Promise<Result> | Result,
  options: RunActionOptions,
): Promise<ActionEnd<Result>> {
  const { timeoutMs, graceMs, signal, pause } = options;
  const controller = new AbortController();
  const waiting = new AbortController();
  const abort = (): void => controller.abort(signal?.reason);
  if (signal?.aborted) return { kind: "failed", reason: "aborted", error: signal.reason };
  signal?.addEventListener("abort", abort);
  const aborted = new Promise<null>((resolve) => {
    controller.signal.addEventListener("abort", () => resolve(null));
  });
  const settled = settle(action, controller.signal);
  try {
    const stopped = AbortSignal.any([waiting.signal, controller.signal]);
    const timeIsOver = pause(timeoutMs, stopped).then(() => {
      if (!stopped.aborted) controller.abort(createTimeout(timeoutMs));
      return aborted;
    });
    const first = await Promise.race([settled, timeIsOver, aborted]);
    waiting.abort();
    if (first !== null && !controller.signal.aborted) {
      return first.isDone
        ? { kind: "done", result: first.result }
        : { kind: "failed", reason: "failed", error: first.error };
    }
    return await waitInGrace(settled, { controller, graceMs, pause, signal });
  } finally {
    waiting.abort();
    signal?.removeEventListener("abort", abort);
  }
}

async function settle<Result>(
  action: (signal: AbortSignal) => Promise<Result> | Result,
  signal: AbortSignal,
): Promise<Settled<Result>> {
  try {
    return { isDone: true, result: await action(signal) };
  } catch (error) {
    return { isDone: false, error };
  }
}

async function waitInGrace<Result>(
  settled: Promise<Settled<Result>>,
  { controller, graceMs, pause, signal }: Pick<RunActionOptions, "graceMs" | "pause" | "signal"> & {
    readonly controller: AbortController;
  },
): Promise<ActionEnd<Result>> {
  const { reason: error } = controller.signal;
  const reason = signal?.aborted && error === signal.reason ? "aborted" : "timeout";
  const ended = new AbortController();
  const isEnded = await Promise.race([
    settled.then(() => true),
    pause(graceMs, ended.signal).then(() => false),
  ]);
  ended.abort();
  return isEnded
    ? { kind: "failed", reason, error }
    : { kind: "running", reason, error, ended: settled.then(() => {}) };
}

function createTimeout(timeoutMs: number): DOMException {
  return new DOMException(`The action has taken longer than ${timeoutMs} ms`, "TimeoutError");
}

/**
 * Makes sure that a number can be a span of time.
 *
 * @param name What it is called, for the message.
 * @param valueMs The number.
 * @throws {OperationError} It is negative, or no number that a clock can wait for.
 */
export function requireDuration(name: string, valueMs: number): void {
  if (valueMs >= 0 && valueMs <= LONGEST_TIMER_MS) return;
  throw new OperationError("usage", `${name} is no span of time: ${valueMs}`, {
    hint: `It is a number of milliseconds from 0 to ${LONGEST_TIMER_MS}.`,
  });
}
