/**
 * What was done about a store, the newest first.
 *
 * @module
 */

import type { HistoryEntry } from "../../report/report_model.ts";
import { type Html, html } from "../html.ts";
import { renderTime } from "../html_rows.ts";
import { cutText } from "./cut_text.ts";

const KINDS: Readonly<Record<HistoryEntry["kind"], string>> = {
  check: "check",
  seal: "seal",
  backup: "backup",
  quarantine: "quarantine",
  watch: "watch",
};

/**
 * Shows the history of a store.
 *
 * @param entries What was done, the newest first.
 * @returns The table.
 */
export function renderHistory(entries: readonly HistoryEntry[]): Html {
  if (entries.length === 0) return html`<p>Nothing is known of earlier checks or backups.</p>`;
  return html`
    <table class="history">
      <thead>
        <tr>
          <th scope="col">When</th>
          <th scope="col">What</th>
          <th scope="col">What came of
        it</th>
        </tr>
      </thead>
      <tbody>${entries.map(renderEntry)}</tbody>
    </table>
  `;
}

function renderEntry({ at, kind, text, isGood }: HistoryEntry): Html {
  const look = isGood === null ? "" : isGood ? "good" : "error";
  const sign = isGood === null ? "" : isGood ? "✓ " : "✗ ";
  return html`
    <tr>
      <td>${renderTime(cutText(at, 40))}</td>
      <td>${KINDS[kind]}</td>
      <td><span class="${look}">${sign}</span>${cutText(text, 500)}</td>
    </tr>
  `;
}
