/**
 * The line of `--json` at the end of a check of many stores.
 *
 * @module
 */

import type { FleetSum } from "../fleet/fleet_sum.ts";
import { SCHEMA_VERSION } from "../model/report.ts";

/** The end of a check of many stores. */
export interface FleetLine extends FleetSum {
  /** Tells the lines apart. */
  readonly type: "fleet";
  /** The version of this shape. */
  readonly schema: 1;
  /** How long it took, in milliseconds. */
  readonly elapsedMs: number;
}

/**
 * Makes the line.
 *
 * @param sum What the checks add up to.
 * @param elapsedMs How long they took.
 * @returns The line.
 */
export function toFleetLine(sum: FleetSum, elapsedMs: number): FleetLine {
  return { type: "fleet", schema: SCHEMA_VERSION, ...sum, elapsedMs: Math.round(elapsedMs) };
}
