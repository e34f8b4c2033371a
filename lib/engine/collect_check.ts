/**
 * A full check as one result, for what goes on from its findings.
 *
 * @module
 */

import { OperationError } from "../base/errors.ts";
import type { FindingEvent, SummaryEvent } from "../model/report.ts";
import { checkStore } from "./check.ts";
import type { CheckOptions } from "./check_options.ts";

/** What a full check has found. */
export interface CollectedCheck {
  /** The findings, in their order. */
  readonly findings: readonly FindingEvent[];
  /** What they add up to. */
  readonly summary: SummaryEvent;
}

/**
 * Checks a store at the full level.
 *
 * @param path The store's directory.
 * @param options A signal, who is told of progress, and how many threads work.
 * @returns The findings and the summary.
 * @throws {OperationError} The store or a part of it cannot be read, is in use, or there is none.
 */
export async function collectCheck(
  path: string,
  options: Omit<CheckOptions, "level"> = {},
): Promise<CollectedCheck> {
  const findings: FindingEvent[] = [];
  for await (const event of checkStore(path, { ...options, level: "full" })) {
    if (event.type === "summary") return { findings, summary: event };
    findings.push(event);
  }
  throw new OperationError("internal", "The check ended without a summary", { path });
}
