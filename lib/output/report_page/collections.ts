/**
 * The collections of a store from the inside: how far each has got, its graph, its vectors.
 *
 * @module
 */

import { formatCount, formatNumber } from "../../base/format.ts";
import type { GraphReading } from "../../model/portrait.ts";
import type { CollectionReport, CollectionsReport } from "../../report/report_model.ts";
import { type Html, html } from "../html.ts";
import { percent, renderBars, renderHistogram } from "./bars.ts";
import { cutText } from "./cut_text.ts";
import { type PointData, renderProjection } from "./projection.ts";
import { renderShape } from "./verdict.ts";

/** The collections, and what the script is told of them. */
export interface RenderedCollections {
  /** The markup. */
  readonly markup: Html;
  /** What the script is told, by the id of the picture. */
  readonly data: Readonly<Record<string, PointData>>;
}

/** How many collections are unfolded from the start. */
const MOST_OPEN = 6;

/**
 * Shows the collections of a store.
 *
 * @param collections The collections.
 * @param prefix What ids begin with.
 * @returns The markup, and the data for the script.
 */
export function renderCollections(
  { listed, leftOut }: CollectionsReport,
  prefix: string,
): RenderedCollections {
  const data: Record<string, PointData> = {};
  const parts = listed.map((collection, index) => {
    const id = `${prefix}-vectors-${index + 1}`;
    const rendered = collection.projection === null
      ? null
      : renderProjection(collection, collection.projection, id);
    if (rendered !== null) data[id] = rendered.data;
    const isOpen = index < MOST_OPEN || !collection.isHealthy;
    return renderCollection(collection, rendered?.figure ?? null, isOpen);
  });
  const more = leftOut === 0
    ? html``
    : html`<p>${formatCount(leftOut, "more collection")} ${leftOut === 1 ? "is" : "are"} not shown:
      a page has room for the first ${formatNumber(listed.length)}.</p>`;
  return { markup: html`${parts}${more}`, data };
}

function renderCollection(
  collection: CollectionReport,
  projection: Html | null,
  isOpen: boolean,
): Html {
  const { name, graph, isHealthy } = collection;
  return html`
    <details class="collection" ${isOpen ? OPEN : html``}>
      <summary>${renderShape(isHealthy ? "good" : "error")} <strong>${cutText(name, 200)}</strong>
        <span>${describeCollection(collection)}</span></summary>
      <div class="inside">
        ${graph === null ? html`` : renderGraph(graph)}
        ${projection ?? html`<p>There are too few vectors to be drawn.</p>`}
      </div>
    </details>
  `;
}

const OPEN = html`
  open
`;

function describeCollection({ records, dimension, path, isHealthy }: CollectionReport): string {
  return [
    isHealthy ? "no damage" : "DAMAGED",
    records === null ? "records: unknown" : formatCount(records, "record"),
    ...(dimension === null ? [] : [formatCount(dimension, "dimension")]),
    ...(path === null ? [] : [cutText(path, 60)]),
  ].join(", ");
}

function renderGraph(graph: GraphReading): Html {
  const { slots, expectedSlots, live, deleted, unreachable, maxLinks, entryPoint } = graph;
  const gone = expectedSlots - slots;
  const rows: [string, string][] = [
    [
      "Slots",
      `${formatNumber(slots)}: ${formatNumber(live)} live, ${formatNumber(deleted)} deleted` +
      (gone > 0 ? `; ${formatNumber(gone)} more are gone from the file` : ""),
    ],
    ["Reach", describeReach(unreachable)],
    [
      "Links",
      `M ${formatNumber(maxLinks)}; searches begin at ` +
      (entryPoint === null ? "no slot in use" : `slot ${formatNumber(entryPoint)}`),
    ],
  ];
  return html`
    <div class="graph">
      <dl>
        ${rows.map(([label, text]) =>
          html`
            <div>
              <dt>${label}</dt>
              <dd>${text}</dd>
            </div>
          `
        )}
      </dl>
      ${renderLevels(graph)}
      ${renderDegrees(graph)}
    </div>
  `;
}

function describeReach(unreachable: number | null): string {
  if (unreachable === null) return "unknown: searches have nowhere to begin";
  return unreachable === 0
    ? "a search can reach every live slot"
    : `${formatCount(unreachable, "live slot")} ${
      unreachable === 1 ? "is" : "are"
    } reached by no search`;
}

function renderLevels({ levels }: GraphReading): Html {
  if (levels.length === 0) return html`<p>The levels of the graph cannot be read.</p>`;
  const bars = levels.map((count, level) => ({ label: `Level ${level}`, count })).reverse();
  return renderBars(bars, "Slots by their highest level (logarithmic)");
}

function renderDegrees({ degrees, maxLinks }: GraphReading): Html {
  const linked = degrees.reduce((sum, count) => sum + count, 0);
  if (linked === 0) return html``;
  const links = degrees.reduce((sum, count, degree) => sum + count * degree, 0);
  const fewest = degrees.findIndex((count) => count > 0);
  const most = degrees.length - 1;
  const description =
    `${(links / linked).toFixed(1)} on average, ${formatNumber(fewest)} the fewest, ` +
    `${formatNumber(most)} the most`;
  return renderHistogram(degrees, {
    caption: `Neighbours of a slot on level 0: ${description}`,
    description: `How many slots have how many neighbours on level 0: ${description}`,
    last: Math.max(2 * maxLinks, most),
  });
}

/**
 * Shows how far the collections have got: records against the index and the queue.
 *
 * @param collections The collections.
 * @returns The table; nothing where the format has no queue.
 */
export function renderDrift({ listed, lastWrite }: CollectionsReport): Html | null {
  const shown = listed.filter(({ drift }) => drift !== null);
  if (shown.length === 0) return null;
  const queue = lastWrite === null
    ? "The queue is empty."
    : `The last write in the queue has the number ${formatNumber(lastWrite)}.`;
  return html`
    <p>${queue} Where a record's vector is: <span class="key"><svg class="swatch" aria-hidden="true"
      focusable="false"><rect class="part index" width="100%" height="100%"/></svg> in the index</span>
      <span class="key"><svg class="swatch" aria-hidden="true" focusable="false"><rect
      class="part waiting" width="100%" height="100%"/></svg> in the queue</span> <span class="key"><svg class="swatch"
      aria-hidden="true" focusable="false"><rect class="part gone" width="100%" height="100%"/></svg>
      nowhere</span></p>
    <div class="scroll" role="group" aria-label="How far the collections have got" tabindex="0">
      <table class="drift">
        <thead>
          <tr>
            <th scope="col">Collection</th>
            <th scope="col">Records</th>
            <th scope="col">Live in the
          index</th>
            <th scope="col">Waiting</th>
            <th scope="col">Without vector</th>
            <th scope="col">Index
          up to write</th>
            <th scope="col">Records up to write</th>
            <th scope="col">Writes in the
          queue</th>
          </tr>
        </thead>
        <tbody>${shown.map(renderDriftRow)}</tbody>
      </table>
    </div>
  `;
}

function renderDriftRow(collection: CollectionReport): Html {
  const { name, path, records, drift, graph, missingVectors } = collection;
  const live = graph?.live ?? (path === null ? "no index" : "not read");
  const cells: readonly (number | string)[] = [
    records ?? "unknown",
    live,
    drift?.pendingWrites ?? "unknown",
    missingVectors,
    drift?.vectorWatermark ?? "none known",
    drift?.metadataWatermark ?? "none known",
    drift?.queuedWrites ?? "unknown",
  ];
  const shown = cells.map((cell) => typeof cell === "number" ? formatNumber(cell) : cell);
  return html`
    <tr><th scope="row">${cutText(name, 100)}${renderParts(collection)}</th>${shown.map((text) =>
      html`<td class="number">${text}</td>`
    )}</tr>
  `;
}

function renderParts({ records, drift, missingVectors }: CollectionReport): Html {
  if (records === null || records === 0) return html``;
  const gone = Math.min(records, missingVectors);
  const waiting = Math.min(records - gone, drift?.pendingWrites ?? 0);
  const indexed = records - gone - waiting;
  const at = (count: number): string => percent(count / records);
  return html`
    <svg class="parts" aria-hidden="true" focusable="false">
      <rect class="part index"
        width="${at(indexed)}" height="100%" />
      <rect class="part waiting" x="${at(indexed)}"
        width="${at(waiting)}" height="100%" />

      <rect class="part gone" x="${at(indexed + waiting)}"
        width="${at(gone)}" height="100%" />
    </svg>
  `;
}
