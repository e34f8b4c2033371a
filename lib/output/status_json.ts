/**
 * The line of `--json` about the state of a store, described in `docs/json.md`.
 *
 * @module
 */

import { SCHEMA_VERSION } from "../model/report.ts";
import type { SystemStatus } from "../status/system_status.ts";
import type { JsonLine } from "./json.ts";

/** The state of a store. */
export interface StatusLine extends JsonLine, SystemStatus {
  /** Tells the lines apart. */
  readonly type: "status";
}

/**
 * Turns the state of a store into its line.
 *
 * @param status The state.
 * @returns The line.
 */
export function toStatusLine(status: SystemStatus): StatusLine {
  return { type: "status", schema: SCHEMA_VERSION, ...status };
}
