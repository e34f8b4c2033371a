/**
 * Checking one store, as the library offers it.
 *
 * @module
 */

import type { CheckEvent } from "../model/report.ts";
import type { CheckOptions } from "./check_options.ts";
import { runCheck } from "./run_check.ts";

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
