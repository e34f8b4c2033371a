/**
 * The vectors of a collection in two dimensions. What each point is stands in data for the script;
 * those that are not as they should be are listed in words as well.
 *
 * @module
 */

import { formatCount, formatNumber } from "../../base/format.ts";
import type { VectorState } from "../../model/portrait.ts";
import {
  type CollectionReport,
  PLANE_SIZE,
  type ProjectedPoint,
  type ProjectionReport,
} from "../../report/report_model.ts";
import { Html, html } from "../html.ts";
import { cutText } from "./cut_text.ts";

/** How high the strip below the plane is, for what has no position. */
const STRIP = 90;

/** How many signs stand in the strip at the most. */
const MOST_SIGNS = 40;

/** How many of the points that are not as they should be are listed in words. */
const MOST_LISTED = 50;

/** How a point looks. */
interface Sign {
  /** The name of its style. */
  readonly look: string;
  /** What it says. */
  readonly text: string;
  /** How it is drawn, from its middle; a dot where that is nothing but a line of no length. */
  readonly path: string;
}

const DOT = "h0";
const CROSS = "m-7-7l14 14m0-14l-14 14";
const SQUARE = "m-7-7h14v14h-14z";
const TRIANGLE = "m0-10l10 18h-20z";
const DIAMOND = "m0-11l11 11l-11 11l-11-11z";
const RING = "m-9 0a9 9 0 1 0 18 0a9 9 0 1 0-18 0";

const SIGNS: Readonly<Record<VectorState | "outside", Sign>> = {
  live: { look: "live", text: "in the index or in a document", path: DOT },
  queued: { look: "queued", text: "waiting in the queue", path: SQUARE },
  deleted: { look: "deleted", text: "deleted, and still in the file", path: CROSS },
  unreachable: { look: "unreachable", text: "reached by no search", path: TRIANGLE },
  outside: { look: "outside", text: "far outside, shown at the edge", path: DIAMOND },
  damaged: { look: "damaged", text: "damaged: no position", path: CROSS },
  missing: { look: "missing", text: "records without a vector: no position", path: RING },
};

/** What is drawn first lies beneath. */
const ORDER: readonly (VectorState | "outside")[] = [
  "deleted",
  "live",
  "queued",
  "unreachable",
  "outside",
];

/** What the script is told of the points of one collection. */
export interface PointData {
  /** The points: across, down, which sign, which record. */
  readonly points: readonly (readonly [x: number, y: number, sign: string, label: string])[];
}

/** A projection, and what the script is told of it. */
export interface RenderedProjection {
  /** The picture with its legend. */
  readonly figure: Html;
  /** What the script is told. */
  readonly data: PointData;
}

/**
 * Shows the vectors of a collection.
 *
 * @param collection The collection, which has a projection.
 * @param projection Its projection.
 * @param id The id of the element, by which the script finds its data.
 * @returns The picture and the data.
 */
export function renderProjection(
  collection: CollectionReport,
  projection: ProjectionReport,
  id: string,
): RenderedProjection {
  const groups = groupBySign(projection.points);
  const missing = Math.max(collection.missingVectors, projection.without.missing);
  const damaged = Math.max(collection.damagedVectors, projection.without.damaged);
  const height = PLANE_SIZE + (missing + damaged > 0 ? STRIP : 0);
  const figure = html`
    <figure class="projection">
      <figcaption>${describeProjection(projection)}</figcaption>
      <svg id="${id}" class="plane" viewBox="0 0 ${String(PLANE_SIZE)} ${String(height)}" role="img"
        aria-label="${describePoints(groups, missing, damaged)}">
        <rect class="frame" width="${String(PLANE_SIZE)}" height="${String(PLANE_SIZE)}" rx="6"/>
        ${ORDER.map((sign) => drawPoints(sign, groups.get(sign) ?? []))}
        ${drawStrip(missing, damaged)}
      </svg>
      ${renderSigns(groups, missing, damaged)}
      ${renderUnusual(groups)}
    </figure>
  `;
  const points = projection.points.map((point): PointData["points"][number] => [
    point.x,
    point.y,
    SIGNS[signOf(point)].text,
    cutText(point.label, 80),
  ]);
  return { figure, data: { points } };
}

type Groups = ReadonlyMap<VectorState | "outside", readonly ProjectedPoint[]>;

function signOf({ state, isOutside }: ProjectedPoint): VectorState | "outside" {
  return isOutside ? "outside" : state;
}

function groupBySign(points: readonly ProjectedPoint[]): Groups {
  return Map.groupBy(points, signOf);
}

function describeProjection({ points, total, explained }: ProjectionReport): string {
  const drawn = points.length === total
    ? `${formatCount(total, "vector")}, all of them`
    : `${formatNumber(points.length)} of ${formatCount(total, "vector")}, drawn evenly`;
  const [across, down] = explained.map((share) => `${(100 * share).toFixed(1)} %`);
  return `${drawn}, in the two directions in which they differ most: ` +
    `${across} of the variance across, ${down} up and down. The rest is not seen here.`;
}

function describePoints(groups: Groups, missing: number, damaged: number): string {
  const parts = ORDER.flatMap((sign) => {
    const count = groups.get(sign)?.length ?? 0;
    return count === 0 ? [] : [`${formatNumber(count)} ${SIGNS[sign].text}`];
  });
  if (missing > 0) parts.push(`${formatNumber(missing)} ${SIGNS.missing.text}`);
  if (damaged > 0) parts.push(`${formatNumber(damaged)} ${SIGNS.damaged.text}`);
  return `Vectors in two dimensions: ${parts.join(", ")}`;
}

function drawPoints(sign: VectorState | "outside", points: readonly ProjectedPoint[]): Html {
  if (points.length === 0) return html``;
  const { look, path } = SIGNS[sign];
  const drawn = points.map(({ x, y }) => `M${x} ${y}${path}`).join("");
  return html`
    <path class="point ${look}" d="${new Html(drawn)}" />
  `;
}

function drawStrip(missing: number, damaged: number): Html {
  if (missing + damaged === 0) return html``;
  const y = PLANE_SIZE + STRIP / 2 + 5;
  const shownDamaged = Math.min(damaged, MOST_SIGNS / 2);
  const shownMissing = Math.min(missing, MOST_SIGNS - shownDamaged);
  const at = (index: number): string => `M${25 + 24 * index} ${y}`;
  const row = (first: number, count: number, path: string): Html =>
    new Html(Array.from({ length: count }, (_, index) => at(first + index) + path).join(""));
  return html`
    <rect class="strip" y="${String(PLANE_SIZE + 15)}" width="${String(PLANE_SIZE)}"
      height="${String(STRIP - 20)}" rx="6" />
    <path class="point missing" d="${row(0, shownMissing, RING)}" />
    <path class="point damaged" d="${row(shownMissing, shownDamaged, CROSS)}" />
  `;
}

function renderSigns(groups: Groups, missing: number, damaged: number): Html {
  const counts: [VectorState | "outside", number][] = [
    ...ORDER.map((
      sign,
    ): [VectorState | "outside", number] => [sign, groups.get(sign)?.length ?? 0]),
    ["missing", missing],
    ["damaged", damaged],
  ];
  return html`
    <ul class="legend">
      ${counts.filter(([, count]) => count > 0).map(([sign, count]) => {
        const { look, path, text } = SIGNS[sign];
        return html`
          <li><svg class="sign" viewBox="0 0 28 28" aria-hidden="true" focusable="false"><path
            class="point ${look}" d="${new Html(`M14 14${path}`)}"/></svg>
            ${formatNumber(count)} ${text}</li>
        `;
      })}
    </ul>
  `;
}

/** What lies where no search comes or far from all others is what one looks for. */
function renderUnusual(groups: Groups): Html {
  const points = (["unreachable", "outside"] as const).flatMap((sign) => groups.get(sign) ?? []);
  if (points.length === 0) return html``;
  const listed = points.slice(0, MOST_LISTED);
  const more = points.length - listed.length;
  return html`
    <details>
      <summary>${formatCount(points.length, "vector")} out of reach or far outside</summary>
      <ul>
        ${listed.map((point) =>
          html`<li>${cutText(point.label, 80)}: ${SIGNS[signOf(point)].text}</li>`
        )}
      </ul>
      ${more === 0 ? html`` : html`<p>… and ${formatNumber(more)} more.</p>`}
    </details>
  `;
}
