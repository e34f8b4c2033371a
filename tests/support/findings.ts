/**
 * Running a check and looking at what it says.
 *
 * @module
 */

import { runCheck, type RunCheckOptions } from "../../lib/engine/run_check.ts";
import type { FindingEvent, SummaryEvent } from "../../lib/model/report.ts";

/** What a check of one store gave. */
export interface CheckedStore {
  readonly findings: readonly FindingEvent[];
  readonly summary: SummaryEvent;
}

/** Checks a store to the end. */
export async function checkWhole(
  store: string,
  options: RunCheckOptions = {},
): Promise<CheckedStore> {
  const findings: FindingEvent[] = [];
  let summary: SummaryEvent | undefined;
  for await (const event of runCheck(store, options)) {
    if (event.type === "finding") findings.push(event);
    else summary = event;
  }
  if (summary === undefined) throw new Error("The check ended without a summary");
  return { findings, summary };
}

/** Names a finding as a test compares it: severity, name, file and offset. */
export function brief({ severity, name, path, offset }: FindingEvent): string {
  return `${severity} ${name} ${path ?? "-"}${offset === null ? "" : ` @${offset}`}`;
}
