/**
 * What the thread of an isolated check is given, and what it gives back: plain data.
 *
 * @module
 */

import type { CheckOptions } from "../engine/check_options.ts";
import type { FindingEvent, SummaryEvent } from "../model/report.ts";
import type { TaskFailure } from "../model/store.ts";

/** What the thread is given. */
export interface CheckOrder {
  /** The store's directory, or an export file. */
  readonly store: string;
  /** What the check is told. */
  readonly options: Pick<CheckOptions, "jobs" | "key" | "level" | "names" | "staleSeconds">;
  /** How many findings it may give back. */
  readonly mostFindings: number;
  /** Four bytes that are not 0 once it has to end. */
  readonly stop: SharedArrayBuffer;
}

/** What an isolated check has found. */
export interface IsolatedCheckResult {
  /** What the findings add up to. */
  readonly summary: SummaryEvent;
  /** The findings, those that are an error or worse first, up to the number that was asked for. */
  readonly findings: readonly FindingEvent[];
  /** How many more there were. */
  readonly findingsLeftOut: number;
}

/** What the thread gives back. */
export type CheckAnswer =
  | { readonly kind: "result"; readonly result: IsolatedCheckResult }
  | { readonly kind: "error" } & TaskFailure;
