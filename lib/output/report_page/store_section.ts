/**
 * One store on the page.
 *
 * @module
 */

import type { StoreReport } from "../../report/report_model.ts";
import { type Html, html } from "../html.ts";
import { renderRows } from "../html_rows.ts";
import { describeEngine, listStatusRows } from "../status_rows.ts";
import { renderCollections, renderDrift } from "./collections.ts";
import { cutPath, cutText } from "./cut_text.ts";
import { renderFileMap, renderSkipped } from "./file_map.ts";
import { renderFindings } from "./findings.ts";
import { renderHistory } from "./history.ts";
import { renderNextSteps } from "./next_steps.ts";
import type { PointData } from "./projection.ts";
import { headlineOf, renderShape } from "./verdict.ts";

/** A store on the page, and what the script is told of it. */
export interface RenderedStore {
  /** The markup. */
  readonly markup: Html;
  /** What the script is told, by the id of the picture. */
  readonly data: Readonly<Record<string, PointData>>;
}

/**
 * Shows a store.
 *
 * @param report The store.
 * @param id The id of its element.
 * @returns The markup, and the data for the script.
 */
export function renderStore(report: StoreReport, id: string): RenderedStore {
  const { findings, files, collections, history, nextSteps } = report;
  const anchorOf = (finding: number): string => `${id}-finding-${finding + 1}`;
  const owners = new Map(
    collections?.listed.map(({ path, name }) => [path, name === path ? null : name]),
  );
  const ownerOf = (directory: string): string | null => owners.get(directory) ?? null;
  const inside = collections === null ? null : renderCollections(collections, id);
  const drift = collections === null ? null : renderDrift(collections);
  const markup = html`
    <article id="${id}" aria-labelledby="${id}-name" tabindex="-1">
      ${renderHead(report, id)}
      ${renderPart(id, "next", "What to do next", renderNextSteps(nextSteps))}
      ${files === null ? html`` : renderPart(
        id,
        "files",
        "Files",
        html`${renderFileMap({ files, findings: findings.listed, anchorOf, ownerOf })}${
          renderSkipped(report)
        }`,
      )}
      ${drift === null ? html`` : renderPart(id, "drift", "Index and queue", drift)}
      ${inside === null || collections?.listed.length === 0
        ? html``
        : renderPart(id, "collections", "Collections", inside.markup)}
      ${renderPart(
        id,
        "findings",
        "Findings",
        renderFindings(findings, { anchorOf, isChecked: report.summary !== null }),
      )}
      ${renderPart(id, "history", "History", renderHistory(history))}
    </article>
  `;
  return { markup, data: inside?.data ?? {} };
}

function renderHead(report: StoreReport, id: string): Html {
  const { store, status, summary, failure } = report;
  const { look, word, text } = headlineOf(report);
  const engine = status === null ? summary?.engine ?? "" : describeEngine(status);
  const reason = failure === null ? html`` : html`
    <p class="stale">${cutText(failure.message, 1000)}</p>
  `;
  return html`
    <section class="head ${look}">
      <div class="verdict">${renderShape(look)}
        <div><h2 id="${id}-name">${cutPath(store, 400)}</h2>
          <p class="word"><strong class="${look}">${word}</strong> ${text}</p>
          ${engine === "" ? html`` : html`<p class="engine">${cutText(engine)}</p>`}${reason}</div>
      </div>
      ${status === null ? html`` : renderRows(listStatusRows(status).slice(1))}
    </section>
  `;
}

function renderPart(id: string, name: string, title: string, content: Html): Html {
  return html`
    <section class="part-${name}" aria-labelledby="${id}-${name} ${id}-name">
      <h3 id="${id}-${name}">${title}</h3>
      ${content}
    </section>
  `;
}
