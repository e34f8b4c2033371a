/**
 * Waiting for a store that somebody else is using.
 *
 * @module
 */

import { OperationError } from "../base/errors.ts";

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_000;

/** How a store in use is waited for. */
export interface PatienceOptions {
  /** How long in all, in milliseconds. */
  readonly waitMs: number;
  /** Ends the waiting. */
  readonly signal: AbortSignal | undefined;
  /** A clock in milliseconds that only goes forward. */
  readonly clockMs: () => number;
  /** How to wait, in milliseconds; it may end sooner when the signal is aborted. */
  readonly pause: (durationMs: number, signal: AbortSignal | undefined) => Promise<void>;
}

/** The time that there is for waiting, which several pieces of work share. */
export class Patience {
  readonly #options: PatienceOptions;
  #waitedMs = 0;

  /** Takes how long is waited in all. */
  constructor(options: PatienceOptions) {
    this.#options = options;
  }

  /** How long the store was waited for so far, in milliseconds. */
  get waitedMs(): number {
    return this.#waitedMs;
  }

  /**
   * Does something, and does it again for as long as the store is in use and there is time.
   *
   * @param action What is done.
   * @returns What it returns.
   * @throws {OperationError} The store was in use all the time, or whatever else the action throws.
   */
  async during<Result>(action: () => Promise<Result>): Promise<Result> {
    const { waitMs, signal, clockMs, pause } = this.#options;
    const beforeMs = this.#waitedMs;
    let busyMs: number | null = null;
    for (let pauseMs = FIRST_PAUSE_MS;; pauseMs = Math.min(LONGEST_PAUSE_MS, 2 * pauseMs)) {
      try {
        return await action();
      } catch (error) {
        // What a try takes counts too: a check of a large store is longer than any pause.
        busyMs ??= clockMs();
        this.#waitedMs = beforeMs + clockMs() - busyMs;
        if (!isBusy(error)) throw error;
        if (this.#waitedMs >= waitMs) throw waitMs === 0 ? adviseToWait(error) : error;
      }
      await pause(Math.min(pauseMs, waitMs - this.#waitedMs), signal);
      signal?.throwIfAborted();
      this.#waitedMs = beforeMs + clockMs() - busyMs;
    }
  }
}

function isBusy(error: unknown): error is OperationError {
  return error instanceof OperationError && error.code === "busy";
}

function adviseToWait(error: OperationError): OperationError {
  const advice = "`--wait 30s` waits until it is free.";
  return new OperationError("busy", error.message, {
    ...(error.path === null ? {} : { path: error.path }),
    hint: error.hint === null ? advice : `${error.hint} ${advice}`,
    cause: error,
  });
}
