/**
 * A full check that runs in threads while records are read already: what was read counts only once it
 * has ended, and has found no damage.
 *
 * @module
 */

import { OperationError } from "../base/errors.ts";
import { collectCheck, type CollectedCheck } from "../engine/collect_check.ts";
import type { DetectedStore } from "../model/store.ts";
import type { ReadOptions } from "./outcome.ts";

/** What to do where an engine writes to the store. */
export const BUSY_HINT =
  "Stop the process that uses the store; or make a backup, which needs no stop, and export the " +
  "directory `files` of that.";

/** A full check of a store. */
export class RunningCheck implements AsyncDisposable {
  readonly #controller = new AbortController();
  readonly #running: Promise<CollectedCheck>;
  #result: CollectedCheck | null = null;

  /**
   * Begins to check a store.
   *
   * @param store The store.
   * @param options A signal, how many threads work, who is told of progress.
   */
  constructor({ path }: DetectedStore, options: ReadOptions) {
    const { key, names, jobs, signal, onProgress } = options;
    const own = this.#controller.signal;
    this.#running = collectCheck(path, {
      ...(key === undefined ? {} : { key }),
      ...(names === undefined ? {} : { names }),
      ...(jobs === undefined ? {} : { jobs }),
      signal: signal === undefined ? own : AbortSignal.any([signal, own]),
      ...(onProgress === undefined ? {} : {
        onProgress: ({ checkedBytes, totalBytes }) =>
          onProgress({
            title: "checking the store",
            done: totalBytes === 0 ? 1 : checkedBytes / totalBytes,
          }),
      }),
    });
    // Whoever waits for it is told.
    this.#running.catch(() => {});
  }

  /** What it has found; it has ended. */
  get result(): CollectedCheck {
    if (this.#result === null) throw new TypeError("The check has not ended");
    return this.#result;
  }

  /**
   * Waits for its end.
   *
   * @returns What it has found.
   * @throws {OperationError} The store cannot be read, or is in use; or the work was cancelled.
   */
  async settle(): Promise<CollectedCheck> {
    try {
      this.#result = await this.#running;
      return this.#result;
    } catch (error) {
      if (!(error instanceof OperationError) || error.code !== "busy") throw error;
      throw new OperationError("busy", error.message, {
        ...(error.path === null ? {} : { path: error.path }),
        hint: BUSY_HINT,
        cause: error,
      });
    }
  }

  /** Ends it where it still runs. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#controller.abort();
    await this.#running.catch(() => {});
  }
}
