/**
 * How a report looks: as every page of vecfsck, and what only a report has. Shapes and words say
 * what colours say; on paper all that matters is unfolded.
 *
 * @module
 */

import { BASE_STYLE } from "../page_style.ts";

/** The style of the page. */
export const REPORT_STYLE = `${BASE_STYLE}
header { margin-bottom: 1.5rem; }
header, main, footer { max-width: 72rem; }
h3 { margin: 0; font-size: 1.05rem; }
p { margin: 0.5rem 0; }
p, li { overflow-wrap: anywhere; }
ul, ol { margin: 0.5rem 0; padding-left: 1.5rem; }
code { font: 0.9em/1.4 ui-monospace, "Cascadia Mono", Menlo, "DejaVu Sans Mono", monospace; }
article { margin-top: 2.5rem; scroll-margin-top: 1rem; }
article:first-child { margin-top: 0; }
[tabindex="-1"]:focus { outline: none; }
nav ul { display: grid; gap: 0.5rem; margin: 1rem 0 0; padding: 0; list-style: none;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 21rem), 1fr)); }
nav a { display: flex; gap: 0.75rem; align-items: center; height: 100%; padding: 0.6rem 0.9rem;
  background: var(--card); border: 1px solid var(--line); border-radius: 0.375rem;
  color: var(--text); text-decoration: none; overflow-wrap: anywhere; }
nav a:hover { border-color: var(--edge); }
nav strong { display: block; font-size: 0.85rem; }
.shape { flex: none; width: 1.5rem; height: 1.5rem; vertical-align: -0.3em; }
.shape .outline { fill: currentColor; }
.shape .sign { fill: none; stroke: var(--card); stroke-width: 2.4; stroke-linecap: round; }
.shape.unknown { color: var(--faint); }
strong.unknown { color: var(--faint); }
section.head { padding-top: 1.25rem; }
section.warning { border-left-color: var(--warning); }
section.fatal { border-left-color: var(--error); }
section.head.warning, section.head.fatal, section.head.error, section.head.unknown { color: inherit; }
.verdict { display: flex; gap: 1rem; align-items: flex-start; }
.verdict > div { min-width: 0; }
.verdict .shape { width: 3rem; height: 3rem; }
.verdict h2 { font-size: 1.25rem; line-height: 1.3; }
.word { margin: 0.15rem 0 0; }
.word strong { letter-spacing: 0.03em; }
.steps > li { margin: 0.75rem 0; padding-left: 0.25rem; }
.steps p { margin: 0; }
.command { display: flex; gap: 0.5rem; align-items: center; margin-top: 0.35rem; }
.command code { flex: 1; padding: 0.45rem 0.75rem; background: var(--inset); color: var(--text);
  border: 1px solid var(--line); border-radius: 0.25rem; overflow-wrap: anywhere;
  white-space: pre-wrap; user-select: all; }
.command button { padding: 0.35rem 0.8rem; color: var(--info); background: var(--card);
  border: 1px solid var(--edge); border-radius: 0.25rem; cursor: pointer; }
.legend { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; padding: 0; list-style: none;
  color: var(--faint); font-size: 0.9rem; }
.legend li { display: flex; gap: 0.4rem; align-items: center; }
.swatch { flex: none; width: 2rem; height: 1rem; vertical-align: -0.1em; }
.key { white-space: nowrap; }
.patterns { position: absolute; }
.files { padding: 0; list-style: none; }
.files > li { display: grid; grid-template-columns: minmax(0, 19rem) 1fr; gap: 0 1.25rem;
  align-items: center; margin: 0.6rem 0; }
.files details { grid-column: 2; margin-top: 0.15rem; }
h4 { margin: 1.25rem 0 0; font-size: 0.95rem; overflow-wrap: anywhere; }
h4 span { color: var(--faint); font-weight: 400; }
h4 + .files { margin-top: 0; }
.file { margin: 0; line-height: 1.35; overflow-wrap: anywhere; }
.file > span { display: block; color: var(--faint); font-size: 0.85rem; }
.code { white-space: nowrap; font-weight: 600; }
a.code span.severity { font-weight: 400; font-size: inherit; color: inherit; }
a.warning { color: var(--warning); }
a.error, a.fatal { color: var(--error); }
.bar { display: block; min-width: 4rem; height: 1.75rem; overflow: visible; }
.bar.missing .frame { stroke-dasharray: 5 4; }
.frame { fill: none; stroke: var(--edge); stroke-width: 1.5; }
.outlined .frame { stroke: currentColor; stroke-width: 5; }
.ground { fill: var(--card); }
.stripe { fill: var(--edge); }
.checked { fill: var(--fill); }
.skipped { fill: url(#not-checked); }
.extent { fill: currentColor; fill-opacity: 0.85; }
.swatch line, .range line { stroke: currentColor; stroke-width: 4; }
.cap { fill: currentColor; }
.range { cursor: pointer; }
.range:hover line, .range:focus line { stroke-width: 7; }
.range:focus { outline: none; }
.range:focus .extent, .range:focus line { paint-order: stroke; }
.range:focus-visible line { stroke: var(--info); stroke-width: 9; }
details { margin-top: 0.5rem; }
summary { cursor: pointer; overflow-wrap: anywhere; }
summary span { color: var(--faint); font-size: 0.9rem; }
.collection, .kind { border-top: 1px solid var(--line); padding-top: 0.6rem; margin-top: 0.75rem; }
.collection summary .shape { width: 1.1rem; height: 1.1rem; vertical-align: -0.15em; }
.inside { display: grid; gap: 1rem 2.5rem; margin-top: 0.75rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); }
.inside dl { margin-top: 0; }
.inside dl > div { grid-template-columns: 4rem 1fr; }
.bars caption { padding: 0; text-align: left; color: var(--faint); font-size: 0.9rem; }
caption { color: var(--faint); }
.bars th { width: 5rem; font-weight: 400; white-space: nowrap; }
.bars td, .bars th { border: 0; padding: 0.1rem 0.5rem 0.1rem 0; vertical-align: middle; }
.bars .number { width: 5rem; }
.meter { display: block; width: 100%; height: 0.9rem; }
.meter rect, .columns rect { fill: var(--edge); }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
figure { margin: 0.75rem 0 0; }
figcaption { color: var(--faint); font-size: 0.9rem; }
.columns { display: block; width: 100%; height: 6rem; margin-top: 0.35rem;
  border-bottom: 1px solid var(--edge); }
.axis { display: flex; justify-content: space-between; color: var(--faint); font-size: 0.85rem; }
.projection { margin-top: 0; }
.plane { display: block; width: 100%; max-width: 30rem; overflow: visible; height: auto; margin-top: 0.35rem; }
.plane .frame { fill: var(--inset); stroke: var(--line); stroke-width: 2; }
.strip { fill: none; stroke: var(--edge); stroke-width: 2; stroke-dasharray: 8 6; }
.sign { flex: none; width: 1.1rem; height: 1.1rem; }
.point { fill: none; stroke-width: 3; stroke-linecap: round; stroke-linejoin: round; }
.point.live { stroke: var(--info); stroke-width: 11; stroke-opacity: 0.6; }
.sign .point.live { stroke-width: 14; stroke-opacity: 1; }
.point.queued { stroke: var(--good); stroke-width: 3.5; }
.point.deleted { stroke: var(--faint); stroke-width: 2.5; }
.sign .point.deleted { stroke-width: 3.5; }
.point.unreachable { fill: var(--error); stroke: var(--card); stroke-width: 1.5; }
.point.outside { fill: var(--warning); stroke: var(--card); stroke-width: 1.5; }
.point.missing { stroke: var(--error); stroke-width: 3.5; }
.point.damaged { stroke: var(--error); stroke-width: 4.5; }
.scroll { overflow-x: auto; }
.drift { min-width: 44rem; }
.drift thead th { vertical-align: bottom; font-size: 0.9rem; }
.drift thead th:not(:first-child) { text-align: right; }
.drift tbody th { min-width: 11rem; color: var(--text); border-top: 1px solid var(--line);
  overflow-wrap: anywhere; }
.parts { display: block; width: 100%; height: 0.5rem; margin-top: 0.25rem; }
.part.index { fill: var(--edge); }
.part.waiting { fill: url(#waiting); }
.part.gone { fill: var(--error); }
.waiting-ground { fill: var(--card); }
.waiting-stripe { fill: var(--good); }
.history td:first-child, .history td:nth-child(2) { white-space: nowrap; }
.badge { display: inline-block; min-width: 4.5rem; padding: 0 0.5rem; border: 1.5px solid currentColor;
  border-radius: 1rem; text-align: center; font-size: 0.85rem; font-weight: 600; }
summary span.badge { font-size: 0.85rem; }
summary span.badge.fatal, .badge.fatal { color: var(--card); background: var(--error);
  border-color: var(--error); }
summary span.badge.error { color: var(--error); }
summary span.badge.warning { color: var(--warning); }
summary span.badge.info { color: var(--info); }
.meaning { margin: 0.35rem 0; }
.findings { padding-left: 1.25rem; }
.findings > li { margin: 0.5rem 0; scroll-margin-top: 1rem; }
.findings p { margin: 0; overflow-wrap: anywhere; }
.place { color: var(--faint); font-size: 0.9rem; }
:target { background: var(--inset); box-shadow: 0 0 0 0.4rem var(--inset); border-radius: 0.1rem; }
article:target { background: none; box-shadow: none; }
.codes > div { grid-template-columns: 9.5rem 1fr; padding: 0.5rem 0; scroll-margin-top: 1rem; }
#tip { position: fixed; z-index: 1; max-width: min(32rem, calc(100vw - 1.5rem)); padding: 0.4rem 0.7rem;
  color: var(--page); background: var(--text); border-radius: 0.25rem; font-size: 0.9rem;
  overflow-wrap: anywhere; pointer-events: none; }
#said { position: absolute; clip-path: inset(50%); margin: 0; }
@media (prefers-reduced-motion: no-preference) {
  html { scroll-behavior: smooth; }
  .range line { transition: stroke-width 0.1s; }
}
@media (max-width: 40rem) {
  body { padding: 1rem 0.6rem 2rem; }
  section { padding: 0.9rem; }
  .files > li { grid-template-columns: 1fr; gap: 0.2rem; margin: 0.9rem 0; }
  .files details { grid-column: 1; }
  .verdict .shape { width: 2.25rem; height: 2.25rem; }
  .command { flex-wrap: wrap; }
  .command code { flex-basis: 100%; }
  .codes > div, .inside dl > div { grid-template-columns: 1fr; }
  .history, .history tbody, .history tr, .history td { display: block; border: 0; padding-right: 0; }
  .history thead { position: absolute; clip-path: inset(50%); }
  .history tr { padding: 0.4rem 0; border-top: 1px solid var(--line); }
}
@media (forced-colors: active) {
  :root { --page: Canvas; --card: Canvas; --inset: Canvas; --text: CanvasText; --faint: CanvasText;
    --line: CanvasText; --good: CanvasText; --warning: CanvasText; --error: CanvasText;
    --info: LinkText; --fill: Canvas; --edge: CanvasText; }
  .badge { forced-color-adjust: none; }
}
@media print {
  body { padding: 0; background: none; font-size: 10pt; }
  section { break-inside: auto; padding: 0.5rem 0.75rem; margin-top: 0.75rem; }
  section.head, .steps > li, .files > li, figure, .graph, .findings > li, .codes > div, tr {
    break-inside: avoid;
  }
  h2, h3, summary, .file { break-after: avoid; }
  article { margin-top: 0; }
  article + article { break-before: page; }
  nav, .command button, #tip, .meaning a { display: none; }
  .inside { grid-template-columns: 1fr 1fr; }
  .files > li { grid-template-columns: 15rem 1fr; margin: 0.35rem 0; }
  .files details { grid-column: 1 / 3; }
  .plane { max-width: 22rem; }
  .drift { min-width: 0; font-size: 8pt; }
  .scroll { overflow: visible; }
  details::details-content { content-visibility: visible; }
  svg, .badge { print-color-adjust: exact; }
}
`;
