/**
 * The state of stores as a page that keeps itself up to date. It needs nothing from elsewhere, and
 * no script: where scripts run, what is read is replaced in place instead of loading the page anew,
 * can be stopped, and says when the watch does not answer any more.
 *
 * @module
 */

import { capitalise, showPath } from "../output/labelled_text.ts";
import { Html, html } from "../output/html.ts";
import { renderRows, renderTime } from "../output/html_rows.ts";
import { describeEngine, listStatusRows } from "../output/status_rows.ts";
import { VERSION } from "../base/version.ts";
import { formatCount, formatNumber } from "../base/format.ts";
import { type Board, judgeServed, type ServedEvent, type ServedStore } from "./board.ts";
import { PAGE_SCRIPT, PAGE_STYLE } from "./page_assets.ts";

/** How often a browser asks again, in seconds. */
const REFRESH_SECONDS = 30;

/**
 * Makes the page.
 *
 * @param board What is known.
 * @param now The time.
 * @returns The page as text.
 */
export function renderPage(board: Board, now: Date): string {
  const health = board.stores.map((served) => judgeServed(served, now));
  const unwell = health.filter(({ healthy }) => !healthy).length;
  const title = describeAll(board, unwell);
  const page = html`
    <!DOCTYPE html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <noscript><meta http-equiv="refresh" content="${String(REFRESH_SECONDS)}"></noscript>
        <title>${title} · vecfsck</title>
        <style>${new Html(PAGE_STYLE)}</style>
      </head>
      <body>
        <header>
          <p id="live" role="status"></p>
        </header>
        <main id="state" data-refresh-seconds="${String(REFRESH_SECONDS)}">
    <h1 class="${unwell === 0 ? "good" : "error"}">${title}</h1>
    <p class="read">${describeRead(board)}</p>
    ${board.stores.map((served, index) => renderStore(served, health[index]?.reason ?? null, now))}
    ${renderEvents(board.events)}
        </main>
        <footer>
          <p id="controls"></p>
          <p>vecfsck ${VERSION} · <a href="/metrics">metrics</a> · <a href="/healthz">health</a></p>
        </footer>
        <script>${new Html(PAGE_SCRIPT)}</script>
      </body>
    </html>
  `;
  return page.markup.trimStart();
}

function describeAll({ at, stores }: Board, unwell: number): string {
  if (at === null && unwell > 0) return "The first round is under way";
  if (unwell === 0) return stores.length === 1 ? "The store is well" : "All stores are well";
  if (stores.length === 1) return "The store needs attention";
  const verb = unwell === 1 ? "needs" : "need";
  return `${formatNumber(unwell)} of ${formatCount(stores.length, "store")} ${verb} attention`;
}

function describeRead({ at }: Board): Html {
  return at === null ? html`Nothing is known so far.` : html`Last round: ${renderTime(at)}`;
}

function renderStore(served: ServedStore, reason: string | null, now: Date): Html {
  const { store, status } = served;
  const rows = status === null ? [] : listStatusRows(status, now.toISOString());
  const engine = status === null ? html`` : html`<p class="engine">${describeEngine(status)}</p>`;
  return html`
    <section class="${reason === null ? "good" : "error"}">
      <h2>${showPath(store)}</h2>
      ${engine} ${renderFault(served, reason)} ${renderRows(rows)}
    </section>
  `;
}

/** What the rows do not say, for they are of the last time that the store could be read. */
function renderFault({ status, failure }: ServedStore, reason: string | null): Html {
  const fault = reason ?? failure;
  if (fault === null) return html``;
  const old = status === null || failure === null ? html`` : html`
    What stands here is of ${renderTime(status.at)}.
  `;
  return html`<p class="${reason === null ? "read" : "stale"}">${capitalise(fault)}.${old}</p>`;
}

function renderEvents(events: readonly ServedEvent[]): Html {
  if (events.length === 0) return html``;
  return html`
    <section>
      <h2>Events</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">What</th>
          </tr>
        </thead>
        <tbody>
    ${events.map(({ at, text, style }) =>
      html`
        <tr>
          <td>${renderTime(at)}</td>
          <td class="${style}">${text}</td>
        </tr>
      `
    )}
        </tbody>
      </table>
    </section>
  `;
}
