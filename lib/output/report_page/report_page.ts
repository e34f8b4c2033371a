/**
 * A report of stores as one page of HTML that needs nothing from elsewhere. Without a script all of
 * it is there to be read; the script adds what a pointer shows, the keys within a bar, and copying.
 *
 * @module
 */

import { formatCount, formatNumber } from "../../base/format.ts";
import type { ReportModel, StoreReport } from "../../report/report_model.ts";
import { Html, html } from "../html.ts";
import { renderTime } from "../html_rows.ts";
import { sourceOf } from "../page_style.ts";
import { cutPath } from "./cut_text.ts";
import { MAP_PATTERNS } from "./file_bar.ts";
import { renderCodes } from "./findings.ts";
import { REPORT_SCRIPT } from "./report_script.ts";
import { REPORT_STYLE } from "./report_style.ts";
import { type RenderedStore, renderStore } from "./store_section.ts";
import { headlineOf, renderShape } from "./verdict.ts";

/** By what a page is known to be such a report, so that nothing else is replaced by a new one. */
export const REPORT_MARK = '<meta name="generator" content="vecfsck report">';

/** What a browser may do with the page: show it as it is, and run its one script. */
const REPORT_POLICY = [
  "default-src 'none'",
  `style-src ${sourceOf(REPORT_STYLE)}`,
  `script-src ${sourceOf(REPORT_SCRIPT)}`,
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/**
 * Makes the page of a report: one file, which loads nothing and can be opened anywhere.
 *
 * @example
 * ```ts
 * import { createReport, detectStore, renderReport } from "@vecfsck/vecfsck";
 *
 * if (detectStore(".") !== null) {
 *   await Deno.writeTextFile("report.html", renderReport(await createReport(["."])));
 * }
 * ```
 *
 * @param report The report.
 * @returns The page as text.
 */
export function renderReport(report: ReportModel): string {
  const stores = report.stores.map((store, index) => renderStore(store, idOf(index)));
  const title = describeAll(report.stores);
  const kinds = report.stores.flatMap(({ findings }) => findings.kinds);
  const content = html`
    ${MAP_PATTERNS}
    <header>
      <h1>${title}</h1>
      <p class="read">A ${report.level} check by vecfsck ${report.version},
        ${renderTime(report.at)}</p>
      ${renderContents(report.stores)}
    </header>
    <main>
      ${stores.map(({ markup }) => markup)}
      ${renderMeanings(kinds.length === 0 ? null : renderCodes(kinds))}
    </main>
    <footer>
      <p>vecfsck ${report
        .version} · nothing in a store was changed for this page, and the page loads
        nothing</p>
    </footer>
    <div id="tip" role="tooltip" hidden></div>
    <p id="said" role="status"></p>
  `;
  const page = html`
    <!DOCTYPE html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="${new Html(REPORT_POLICY)}">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        ${new Html(REPORT_MARK)}
        <title>${title} · vecfsck report</title>
        <style>${new Html(REPORT_STYLE)}</style>
      </head>
      <body>
        ${withoutIndents(content)}
        <script id="points" type="application/json">${encodeData(stores)}</script>
        <script>${new Html(REPORT_SCRIPT)}</script>
      </body>
    </html>
  `;
  return page.markup.trimStart();
}

/** Thousands of lines that begin with spaces are a good part of a page. */
function withoutIndents({ markup }: Html): Html {
  return new Html(markup.replaceAll(/\n\s+/g, "\n"));
}

function idOf(index: number): string {
  return `store-${index + 1}`;
}

function describeAll(stores: readonly StoreReport[]): string {
  const looks = stores.map((store) => headlineOf(store).look);
  const unwell = looks.filter((look) => look === "error" || look === "fatal").length;
  const unknown = looks.filter((look) => look === "unknown").length;
  if (unwell + unknown === 0) {
    return stores.length === 1 ? "The store is well" : "All stores are well";
  }
  if (unwell === 0) {
    if (stores.length === 1) return "The store was not checked";
    const were = unknown === 1 ? "was" : "were";
    return `${formatNumber(unknown)} of ${formatCount(stores.length, "store")} ${were} not checked`;
  }
  if (stores.length === 1) return "The store is damaged";
  const verb = unwell === 1 ? "is" : "are";
  return `${formatNumber(unwell)} of ${formatCount(stores.length, "store")} ${verb} damaged`;
}

function renderContents(stores: readonly StoreReport[]): Html {
  if (stores.length < 2) return html``;
  return html`
    <nav aria-label="Stores">
      <ul>
        ${stores.map((store, index) => {
          const { look, word } = headlineOf(store);
          return html`
            <li><a href="#${idOf(index)}">${renderShape(look)} <span>${cutPath(store.store, 120)}
              <strong class="${look}">${word}</strong></span></a></li>
          `;
        })}
      </ul>
    </nav>
  `;
}

function renderMeanings(codes: Html | null): Html {
  if (codes === null) return html``;
  return html`
    <section aria-labelledby="codes">
      <h2 id="codes">What the codes mean</h2>
      ${codes}
    </section>
  `;
}

/** JSON in which no text can end the element that it stands in, or begin another one. */
function encodeData(stores: readonly RenderedStore[]): Html {
  const data = Object.assign({}, ...stores.map((store) => store.data)) as RenderedStore["data"];
  return new Html(
    JSON.stringify(data).replace(
      /[<>&\u2028\u2029]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
    ),
  );
}
