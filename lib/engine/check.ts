/**
 * Checking one store, as the library offers it.
 *
 * @module
 */

import type { CheckEvent, CheckLevel } from "../model/report.ts";
import { runCheck } from "./run_check.ts";

/** What a check can be told. */
export interface CheckOptions {
  /** How much is looked at; `full` when left out. */
  level?: CheckLevel;
  /** From which age of the index on its distance to the catalogue is named; 3600 seconds. */
  staleSeconds?: number;
  /** Names that collections may have whose own was lost; they are tried, and nothing is written. */
  names?: readonly string[];
  /** The 32 bytes of the key of an encrypted export file. */
  key?: Uint8Array;
  /** Ends the check; it then throws an error with the code `cancelled`. */
  signal?: AbortSignal;
  /** Is told how far a check of level `full` has come. */
  onProgress?: (progress: CheckProgress) => void;
  /** How many threads work at the most; as many as there are cores when left out. */
  jobs?: number;
}

/** How far a check has come. */
export interface CheckProgress {
  /** Bytes that were read so far. */
  readonly checkedBytes: number;
  /** Bytes that will be read in all. */
  readonly totalBytes: number;
}

/**
 * Checks a store and yields its findings, and the summary at the end. Nothing in the store is
 * written, not even a time stamp.
 *
 * @example
 * ```ts
 * import { checkStore } from "@vecfsck/vecfsck";
 *
 * async function isSafeToOpen(path: string): Promise<boolean> {
 *   for await (const event of checkStore(path, { level: "quick" })) {
 *     if (event.type === "summary") return event.counts.fatal + event.counts.error === 0;
 *   }
 *   return false;
 * }
 * console.log(typeof isSafeToOpen);
 * ```
 *
 * @param path The store's directory, or an export file.
 * @param options The level, a signal, who is told of progress.
 * @yields Findings, then one summary. Where a part of the store cannot be read, the findings in
 * the others come before the error, and there is no summary.
 * @throws {OperationError} The store or a part of it cannot be read, is in use, or there is none.
 */
export async function* checkStore(
  path: string,
  options: CheckOptions = {},
): AsyncGenerator<CheckEvent, void, undefined> {
  yield* runCheck(path, options);
}
