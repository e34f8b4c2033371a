/**
 * The line of `--json` about a report, described in `docs/json.md`.
 *
 * @module
 */

import { SCHEMA_VERSION } from "../model/report.ts";
import type { JsonLine } from "./json.ts";

/** A report that was written. */
export interface ReportLine extends JsonLine {
  /** Tells the lines apart. */
  readonly type: "report";
  /** The file, as an absolute path. */
  readonly path: string;
  /** How many bytes it has. */
  readonly sizeBytes: number;
  /** How many stores are on the page. */
  readonly stores: number;
  /** How many of them are damaged. */
  readonly storesDamaged: number;
  /** How many of them could not be looked at, or not at every part. */
  readonly storesFailed: number;
}

/**
 * Makes the line.
 *
 * @param facts What it says.
 * @returns The line.
 */
export function toReportLine(facts: Omit<ReportLine, "type" | "schema">): ReportLine {
  return { type: "report", schema: SCHEMA_VERSION, ...facts };
}
