/**
 * What people read about `drill --batches`: a table with a line for each size, and the size to use.
 *
 * Nothing here prints; every name passes through `printable`.
 *
 * @module
 */

import { formatBytes, formatDuration, formatNumber } from "../base/format.ts";
import type {
  BatchOutcome,
  BatchResult,
  BatchStart,
  BatchState,
} from "../drill/batches/batch_result.ts";
import { toBatchSummaryLine } from "./drill_batches_json.ts";
import { renderLabelled, showPath, showText } from "./labelled_text.ts";
import type { TextOptions } from "./text.ts";

/** The columns: their headings and widths; numbers are set to the right. */
const COLUMNS = [
  ["Records", 9],
  ["Batches", 9],
  ["Per record", 12],
  ["Slowest batch", 15],
  ["Memory", 11],
] as const;

/** What stands in the last column. */
const STATES: Readonly<Record<BatchState, string>> = {
  good: "good",
  refused: "refused",
  lost: "LOST RECORDS",
  died: "SERVER DIED",
  gone: "server gone",
  swapped: "swapped",
  short: "memory short",
};

/**
 * Says what is measured, and begins the table.
 *
 * @param start What is measured.
 * @param options How text is laid out.
 * @returns The lines.
 */
export function renderBatchStart(start: BatchStart, { paint }: TextOptions): string[] {
  const { store, server, version, dimension, maxBatchSize } = start;
  const where = server !== null
    ? `the server at ${showText(server)}`
    : store !== null
    ? `a server on a copy of ${showPath(store)}`
    : "a server on an empty store";
  const limit = maxBatchSize === null ? "" : `; it takes ${formatNumber(maxBatchSize)} at once`;
  const what = `${version === null ? "" : `it says version ${showText(version)}, `}vectors of ` +
    `${formatNumber(dimension)} components${limit}`;
  const headings = COLUMNS.map(([heading, width]) => heading.padStart(width));
  return [
    `${paint("heading", `Measuring batches to ${where}`)}: ${what}`,
    "",
    paint("faint", [...headings, "Result"].join("  ")),
  ];
}

/**
 * Makes the line of the table about one size.
 *
 * @param result What came of it.
 * @param options How text is laid out.
 * @returns The line, and what is to be said of it.
 */
export function renderBatchResult(result: BatchResult, options: TextOptions): string[] {
  const { size, batches, perRecordMs, slowestBatchMs, usedPeakBytes, state, says } = result;
  const cells = [
    formatNumber(size),
    formatNumber(batches),
    perRecordMs === null ? "-" : `${perRecordMs.toFixed(2)} ms`,
    slowestBatchMs === null ? "-" : formatDuration(slowestBatchMs),
    usedPeakBytes === null ? "unknown" : formatBytes(usedPeakBytes),
  ].map((cell, index) => cell.padStart(COLUMNS[index]?.[1] ?? 0));
  const word = STATES[state];
  const shown = state === "good" ? word : options.paint("error", word);
  return [
    [...cells, shown].join("  "),
    ...(says === null ? [] : renderLabelled("", showText(says), "error", options)),
  ];
}

/**
 * Says which size is to be used, behind the table.
 *
 * @param outcome What came of all sizes.
 * @param options How text is laid out.
 * @returns The lines, the verdict last.
 */
export function renderBatchOutcome(outcome: BatchOutcome, options: TextOptions): string[] {
  const { recommendedSize, largestGoodSize, failedSize, isSwapKnown, elapsedMs } =
    toBatchSummaryLine(outcome);
  const took = ` (${formatDuration(elapsedMs)})`;
  if (recommendedSize === null || largestGoodSize === null) {
    const verdict = options.paint("error", "NONE");
    return ["", `${verdict}  no size of batches was taken without loss or swap${took}`];
  }
  const unknown = "neither memory nor swap: to look at them takes a server on this machine " +
    "and --allow-sys=systemMemoryInfo";
  const failed = outcome.results.find(({ size }) => size === failedSize);
  const limit = failed === undefined
    ? "no larger size was tried"
    : `${formatNumber(failed.size)} are too many: ${STATES[failed.state]}`;
  return [
    ...(isSwapKnown ? [] : ["", ...renderLabelled("Unseen", unknown, "warning", options)]),
    "",
    `${options.paint("good", "USE")}  batches of ${formatNumber(recommendedSize)} records: ` +
    `up to ${formatNumber(largestGoodSize)} were taken without loss${
      isSwapKnown ? " or swap" : ""
    }, ${limit}${took}`,
  ];
}
