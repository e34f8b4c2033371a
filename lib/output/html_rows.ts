/**
 * The rows of the state of a store, and times, as HTML.
 *
 * @module
 */

import { type Html, html } from "./html.ts";
import type { StatusRow } from "./status_row.ts";

/**
 * Shows a time in a way that people and programs read.
 *
 * @param at The time, as ISO 8601 in UTC.
 * @returns The element.
 */
export function renderTime(at: string): Html {
  const shown = at.replace("T", " ").replace(/(?:\.\d+)?Z$/, " UTC");
  return html`<time datetime="${at}">${shown}</time>`;
}

/**
 * Shows rows as a list of labels and texts.
 *
 * @param rows The rows.
 * @returns The list.
 */
export function renderRows(rows: readonly StatusRow[]): Html {
  return html`
    <dl>
      ${groupRows(rows).map(renderGroup)}
    </dl>
  `;
}

/** A label with all texts that go with it. */
interface RowGroup {
  readonly first: StatusRow;
  readonly more: StatusRow[];
}

function groupRows(rows: readonly StatusRow[]): RowGroup[] {
  const groups: RowGroup[] = [];
  for (const row of rows) {
    if (row.label === "") groups.at(-1)?.more.push(row);
    else groups.push({ first: row, more: [] });
  }
  return groups;
}

function renderGroup({ first, more }: RowGroup): Html {
  const texts = [first, ...more].map(({ text }) => html`<dd>${text}</dd>`);
  return html`
    <div><dt class="${first.style}">${first.label}</dt>${texts}</div>
  `;
}
