/**
 * The findings of a store, the worst first, and what their codes mean.
 *
 * @module
 */

import { formatCount, formatNumber } from "../../base/format.ts";
import { FINDING_CODES } from "../../model/codes.ts";
import type { Finding } from "../../model/finding.ts";
import type { FindingKindReport, FindingsReport } from "../../report/report_model.ts";
import { type Html, html } from "../html.ts";
import { cutPath, cutText } from "./cut_text.ts";

/** How many characters of markup the findings of one store take at the most. */
const MOST_CHARACTERS = 500_000;

/** A finding with its place in the list. */
interface PlacedFinding {
  readonly finding: Finding;
  readonly index: number;
}

/** What findings are shown with. */
export interface FindingLinks {
  /** Gives the id of the element that shows a finding. */
  readonly anchorOf: (finding: number) => string;
  /** Whether the store was checked at all. */
  readonly isChecked: boolean;
}

/**
 * Shows the findings of a store.
 *
 * @param findings The findings.
 * @param links What they are shown with.
 * @returns The findings by code, those that are no damage folded.
 */
export function renderFindings(
  findings: FindingsReport,
  { anchorOf, isChecked }: FindingLinks,
): Html {
  if (findings.total === 0) {
    const none = isChecked ? "There are none." : "The store was not checked: nothing is known.";
    return html`<p>${none}</p>`;
  }
  const placed = Map.groupBy(
    findings.listed.map((finding, index): PlacedFinding => ({ finding, index })),
    ({ finding }) => finding.name,
  );
  const room = { characters: MOST_CHARACTERS };
  let shown = 0;
  const kinds = findings.kinds.map((kind) => {
    const rows = (placed.get(kind.name) ?? []).flatMap(({ finding, index }) => {
      const row = renderFinding(finding, anchorOf(index));
      room.characters -= row.markup.length;
      return room.characters < 0 ? [] : [row];
    });
    shown += rows.length;
    return renderKind(kind, rows);
  });
  const left = findings.total - shown;
  const note = left === 0
    ? html``
    : html`<p>The page has room for ${formatCount(shown, "finding")} of
      ${formatNumber(findings.total)}. All of them: <code>vecfsck check --json</code></p>`;
  return html`${note}${kinds}`;
}

function renderKind(kind: FindingKindReport, rows: readonly Html[]): Html {
  const { code, name, severity, findings, places } = kind;
  const { title, effect } = FINDING_CODES[name];
  const isDamage = severity === "fatal" || severity === "error";
  const left = findings - rows.length;
  const counts = [
    formatCount(findings, "finding"),
    ...(places === findings ? [] : [formatCount(places, "place")]),
  ];
  return html`
    <details class="kind" ${isDamage
      ? html`
        open
      `
      : html``}>
      <summary><span class="badge ${severity}">${severity}</span> <strong>${code}</strong>
        ${title} <span>${counts.join(", ")}</span></summary>
      <p class="meaning">${effect} <a href="#${code}">What to do about ${code}</a></p>
      <ul class="findings">${rows}</ul>
      ${left === 0 ? html`` : html`<p>… and ${formatCount(left, "more", "more")} of this kind.</p>`}
    </details>
  `;
}

function renderFinding(finding: Finding, id: string): Html {
  return html`
    <li id="${id}" tabindex="-1">
      <p>${cutText(finding.message, 1000)}</p>
      <p class="place">${describePlace(finding)}</p>
    </li>
  `;
}

function describePlace({ path, offset, count, collection }: Finding): string {
  const parts = [
    path === null ? "the store as a whole" : cutPath(path),
    ...(offset === null ? [] : [`byte ${formatNumber(offset)} (0x${offset.toString(16)})`]),
    ...(count === 1 ? [] : [formatCount(count, "place")]),
    ...(collection === null ? [] : [`collection ${cutText(collection, 200)}`]),
  ];
  return parts.join(", ");
}

/**
 * Says what codes mean.
 *
 * @param kinds The codes.
 * @returns A list, in the order of the codes.
 */
export function renderCodes(kinds: readonly FindingKindReport[]): Html {
  const names = new Map(kinds.map(({ code, name }) => [code, name]));
  const sorted = [...names].sort(([one], [other]) => one < other ? -1 : 1);
  return html`
    <dl class="codes">
      ${sorted.map(([code, name]) => {
        const { severity, title, effect, repair } = FINDING_CODES[name];
        return html`
          <div id="${code}" tabindex="-1">
            <dt>${code} <span class="badge ${severity}">${severity}</span></dt>
            <dd><strong>${title}</strong></dd>
            <dd>Effect: ${effect}</dd>
            <dd>To do: ${repair.replaceAll("`", "")}</dd>
          </div>
        `;
      })}
    </dl>
  `;
}
