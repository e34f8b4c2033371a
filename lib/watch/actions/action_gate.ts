/**
 * One action at a time: whoever comes while one is running waits until it has ended.
 *
 * @module
 */

/** Lets one action run at a time. */
export class ActionGate {
  #last: Promise<void> = Promise.resolve();

  /**
   * Runs an action when those that came before have ended.
   *
   * @param signal Gives the turn up while it is waited for.
   * @param action The action.
   * @returns What it returns.
   * @throws {unknown} What it throws; or the reason of the signal.
   */
  async run<Result>(signal: AbortSignal, action: () => Promise<Result>): Promise<Result> {
    const before = this.#last;
    const turn = Promise.withResolvers<void>();
    this.#last = turn.promise;
    try {
      await before;
      signal.throwIfAborted();
      return await action();
    } finally {
      turn.resolve();
    }
  }
}

/** The gate of this process. */
export const processGate: ActionGate = new ActionGate();
