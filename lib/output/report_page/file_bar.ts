/**
 * The bar of a file, and on it the bytes that are damaged. Every damaged range is a link to its
 * finding, so that it is reached by keyboard and read without a script.
 *
 * @module
 */

import { formatBytes, formatCount, formatNumber } from "../../base/format.ts";
import { type Finding, SEVERITIES } from "../../model/finding.ts";
import type { DamagedRange, FileReport } from "../../report/report_model.ts";
import { Html, html } from "../html.ts";
import { percent } from "./bars.ts";
import { cutPath, cutText } from "./cut_text.ts";

/** The shortest bar, as a share of the longest. */
const SHORTEST = 0.08;

/** Files that are shorter than this all have about the same bar. */
const SHORT_BYTES = 256;

/** The findings to which ranges lead. */
export interface FindingPlaces {
  /** The findings that are listed. */
  readonly findings: readonly Finding[];
  /** Gives the id of the element that shows a finding. */
  readonly anchorOf: (finding: number) => string;
}

/** What the bars are drawn with; once on a page. */
export const MAP_PATTERNS: Html = new Html(
  '<svg class="patterns" width="0" height="0" aria-hidden="true" focusable="false"><defs>' +
    '<pattern id="not-checked" width="8" height="8" patternUnits="userSpaceOnUse" ' +
    'patternTransform="rotate(45)"><rect class="ground" width="8" height="8"/>' +
    '<rect class="stripe" width="3" height="8"/></pattern>' +
    '<pattern id="waiting" width="6" height="6" patternUnits="userSpaceOnUse" ' +
    'patternTransform="rotate(45)"><rect class="waiting-ground" width="6" height="6"/>' +
    '<rect class="waiting-stripe" width="4" height="6"/></pattern></defs></svg>',
);

/** The outline of a bar. */
export const FRAME: Html = html`
  <rect class="frame" width="100%" height="100%" />
`;

/** How high the mark of a severity is, so that it is told by its shape as well. */
const HEIGHTS: Readonly<Record<string, number>> = { fatal: 1, error: 1, warning: 0.6, info: 0.35 };

/** A range as wide as it is, and a line at its start that is seen however short it is. */
export function renderMark(severity: string, start: number, width: number): Html {
  const height = HEIGHTS[severity] ?? 1;
  const top = percent(1 - height);
  const x = percent(start);
  const cap = severity === "fatal"
    ? html`
      <circle class="cap" cx="${x}" cy="4" r="4.5" />
    `
    : html``;
  return html`
    <rect class="extent" x="${x}" y="${top}" width="${percent(width)}"
      height="${percent(height)}" /><line x1="${x}" x2="${x}" y1="${top}"
      y2="100%" />${cap}
  `;
}

/**
 * Tells how long the bar of a file is.
 *
 * @param sizeBytes The bytes of the file.
 * @param largest Those of the largest one.
 * @returns The width, for an attribute of SVG.
 */
export function widthOf(sizeBytes: number, largest: number): string {
  const share = Math.log1p(sizeBytes / SHORT_BYTES) / Math.log1p(largest / SHORT_BYTES);
  return percent(SHORTEST + (1 - SHORTEST) * share);
}

/**
 * Draws the bar of a file.
 *
 * @param file The file.
 * @param places The findings to which its ranges lead.
 * @param largest How many bytes the largest file has.
 * @returns The picture.
 */
export function renderBar(file: FileReport, places: FindingPlaces, largest: number): Html {
  const { path, sizeBytes, checkedBytes, isPresent, ranges } = file;
  const width = widthOf(sizeBytes, largest);
  const name = `${cutPath(path, 100)}: ${describeFile(file)}`;
  const outline = outlineOf(file, places);
  if (!isPresent) {
    return html`
      <svg class="bar missing ${outline}" width="${width}" role="img"
        aria-label="${name}">${FRAME}</svg>
    `;
  }
  const share = sizeBytes === 0 ? 0 : checkedBytes / sizeBytes;
  const body = html`
    <rect class="checked" width="${percent(share)}" height="100%" />
    <rect
      class="skipped" x="${percent(share)}" width="${percent(sizeBytes === 0 ? 0 : 1 - share)}"
      height="100%" />
  `;
  if (ranges.length === 0) {
    return html`
      <svg class="bar ${outline}" width="${width}" role="img"
        aria-label="${name}">${body}${FRAME}</svg>
    `;
  }
  return html`
    <svg class="bar ${outline}" width="${width}" role="group"
      aria-label="${name}">${body}${FRAME}${worstOnTop(ranges, places).map((range) =>
        renderRange(range, file, places)
      )}</svg>
  `;
}

/** A finding about the file as a whole is seen on its outline, where it is more than worth knowing. */
function outlineOf({ findings: own }: FileReport, { findings }: FindingPlaces): string {
  const severities = own.map((finding) => findings[finding]?.severity ?? "info");
  const worst = SEVERITIES.find((severity) => severities.includes(severity)) ?? "info";
  return worst === "info" ? "" : `outlined ${worst}`;
}

/** What is drawn last lies on top; the script puts the keys in the order of the bytes. */
function worstOnTop(
  ranges: readonly DamagedRange[],
  { findings }: FindingPlaces,
): readonly DamagedRange[] {
  const rankOf = ({ finding }: DamagedRange): number =>
    SEVERITIES.indexOf(findings[finding]?.severity ?? "info");
  return ranges.toSorted((one, other) => rankOf(other) - rankOf(one));
}

function renderRange(range: DamagedRange, { sizeBytes }: FileReport, places: FindingPlaces): Html {
  const finding = places.findings[range.finding];
  if (finding === undefined) return html``;
  const total = Math.max(1, sizeBytes);
  const start = Math.min(range.offset, total) / total;
  const width = Math.min(1 - start, (range.sizeBytes ?? 0) / total);
  const label = describeRange(range, finding);
  // What begins at the very end is drawn before it, where it can be seen.
  return html`
    <a class="range ${finding.severity}" href="#${places.anchorOf(range.finding)}"
      aria-label="${label}"><title>${label}</title>${renderMark(
        finding.severity,
        Math.min(start, 0.995),
        width,
      )}</a>
  `;
}

function describeRange(range: DamagedRange, { code, severity, message }: Finding): string {
  const owner = range.owner === null ? "" : ` (${cutText(range.owner, 200)})`;
  return `${code} ${severity}: ${describeBytes(range)}${owner}. ${cutText(message)}`;
}

/**
 * Says how a file is, behind its name.
 *
 * @param file The file.
 * @returns Its length, how much of it was looked at, how many places are damaged.
 */
export function describeFile(
  { sizeBytes, checkedBytes, isPresent, ranges, places }: FileReport,
): string {
  if (!isPresent) return "missing";
  const skipped = sizeBytes - checkedBytes;
  const looked = sizeBytes === 0
    ? ""
    : skipped === 0
    ? ", all looked at"
    : checkedBytes === 0
    ? ", not looked at"
    : `, ${formatBytes(skipped)} not looked at`;
  const all = places <= ranges.length ? "" : ` (${formatCount(places, "place")} in all)`;
  const damaged = ranges.length === 0
    ? ""
    : `, ${formatCount(ranges.length, "range")} with a finding${all}`;
  return formatBytes(sizeBytes) + looked + damaged;
}

/**
 * Says which bytes a range has: numbers in decimal, and the first one in hexadecimal as well.
 *
 * @param range The range.
 * @returns For instance `bytes 4,096 (0x1000) to 8,191, 4,096 bytes`.
 */
export function describeBytes({ offset, sizeBytes }: DamagedRange): string {
  const start = `${formatNumber(offset)} (0x${offset.toString(16)})`;
  if (sizeBytes === null) return `from byte ${start}`;
  const count = formatCount(sizeBytes, "byte");
  return sizeBytes === 1
    ? `byte ${start}`
    : `bytes ${start} to ${formatNumber(offset + sizeBytes - 1)}, ${count}`;
}
