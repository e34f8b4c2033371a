/**
 * Giving everything else its turn while a thread works for long.
 *
 * @module
 */

import { OperationError } from "../../base/errors.ts";
import { letOthersRun } from "../../base/turns.ts";

/** How long a thread works before signals, messages and the progress bar get their turn. */
const TURN_MS = 40;

/** Ends turns in time, and the work when its signal is aborted. */
export class TurnTaker {
  readonly #signal: AbortSignal | undefined;
  #turnEndsMs = performance.now() + TURN_MS;

  /**
   * Begins the first turn of work that ends when `signal` is aborted.
   *
   * @throws {OperationError} `cancelled`: it is aborted already.
   */
  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
    this.#throwIfAborted();
  }

  /** Whether this turn is over. */
  get over(): boolean {
    return performance.now() >= this.#turnEndsMs;
  }

  /**
   * Lets everything else have its turn.
   *
   * @throws {OperationError} `cancelled`: the signal was aborted.
   */
  async yield(): Promise<void> {
    await letOthersRun();
    this.#throwIfAborted();
    this.#turnEndsMs = performance.now() + TURN_MS;
  }

  #throwIfAborted(): void {
    if (!this.#signal?.aborted) return;
    throw new OperationError("cancelled", "The building of the index was cancelled");
  }
}
