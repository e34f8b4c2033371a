/**
 * The lines of `--json` about `drill --batches`, described in `docs/json.md`.
 *
 * @module
 */

import type { BatchOutcome, BatchResult, BatchStart } from "../drill/batches/batch_result.ts";
import { SCHEMA_VERSION } from "../model/report.ts";
import type { JsonLine } from "./json.ts";

/** What is measured. */
export interface BatchStartLine extends JsonLine, BatchStart {
  /** Tells the lines apart. */
  readonly type: "drill-batches";
}

/** What came of batches of one size. */
export interface BatchResultLine extends JsonLine, BatchResult {
  /** Tells the lines apart. */
  readonly type: "drill-batches-result";
}

/** What came of all of it. */
export interface BatchSummaryLine extends JsonLine {
  /** Tells the lines apart. */
  readonly type: "drill-batches-summary";
  /** The size to be used; null where none is good. */
  readonly recommendedSize: number | null;
  /** The largest size that was good; null where none is. */
  readonly largestGoodSize: number | null;
  /** The first size that was not; null where all were good. */
  readonly failedSize: number | null;
  /** Whether it is known that nothing was swapped at the sizes that were good. */
  readonly isSwapKnown: boolean;
  /** How long it took, in milliseconds. */
  readonly elapsedMs: number;
}

/** Turns what is measured into its line. */
export function toBatchStartLine(start: BatchStart): BatchStartLine {
  return { type: "drill-batches", schema: SCHEMA_VERSION, ...start };
}

/** Turns what came of one size into its line. */
export function toBatchResultLine(result: BatchResult): BatchResultLine {
  return { type: "drill-batches-result", schema: SCHEMA_VERSION, ...result };
}

/** Turns what came of all of it into its line. */
export function toBatchSummaryLine(outcome: BatchOutcome): BatchSummaryLine {
  const { results, recommendedSize, elapsedMs } = outcome;
  const good = results.filter(({ state }) => state === "good");
  return {
    type: "drill-batches-summary",
    schema: SCHEMA_VERSION,
    recommendedSize,
    largestGoodSize: good.at(-1)?.size ?? null,
    failedSize: results.find(({ state }) => state !== "good")?.size ?? null,
    isSwapKnown: good.length > 0 && good.every(({ swappedPages }) => swappedPages !== null),
    elapsedMs,
  };
}
