/**
 * The state of a store as people read it: one screen.
 *
 * @module
 */

import type { SystemStatus } from "../status/system_status.ts";
import { renderLabelled, showPath } from "./labelled_text.ts";
import { describeEngine, listStatusRows } from "./status_rows.ts";
import type { TextOptions } from "./text.ts";

/**
 * Renders the state of a store.
 *
 * @param status The state.
 * @param options How text is laid out.
 * @returns The lines.
 */
export function renderStatus(status: SystemStatus, options: TextOptions): string[] {
  const title = options.paint("heading", showPath(status.store));
  const rows = listStatusRows(status);
  return [
    `${title}  ${describeEngine(status)}`,
    ...rows.flatMap(({ label, text, style }) => renderLabelled(label, text, style, options)),
  ];
}
