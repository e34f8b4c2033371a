/**
 * Long work that lets others run in between: timers, requests, a signal that ends it.
 *
 * @module
 */

/** For so long others can wait. */
const LONGEST_TURN_MS = 20;

/** Work that can pause after each of its steps, and has its result at the end. */
export type Steps<Result> = Generator<unknown, Result, undefined>;

/** Lets others run in between, and a signal end the work, but not for each of very many files. */
export class Turns {
  readonly #signal: AbortSignal | undefined;
  #since = -Infinity;

  /** Takes the signal that ends the work. */
  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  /**
   * Lets others run where that is some time ago.
   *
   * @throws The reason of the signal, once it is aborted.
   */
  async take(): Promise<void> {
    if (performance.now() - this.#since > LONGEST_TURN_MS) {
      await letOthersRun();
      this.#since = performance.now();
    }
    this.#signal?.throwIfAborted();
  }

  /**
   * Does work in steps, and lets others run in between.
   *
   * @param steps The work.
   * @returns Its result.
   * @throws The reason of the signal, once it is aborted; and what the work throws.
   */
  async run<Result>(steps: Steps<Result>): Promise<Result> {
    for (;;) {
      // Before the first step as well: that one may list a directory of very many files.
      await this.take();
      const step = steps.next();
      if (step.done) return step.value;
    }
  }
}

/**
 * Does work in steps at once, for a caller that cannot wait.
 *
 * @param steps The work.
 * @returns Its result.
 */
export function runAtOnce<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** Waits until everybody else who is ready has run. */
export async function letOthersRun(): Promise<void> {
  // A timer of no time takes a millisecond at the least, and a small store is checked in ten.
  await new Promise<void>((resolve) => {
    setImmediate(resolve);
  });
}
