/**
 * The map of the files: a bar for each, by directory, with its damaged bytes as a table as well.
 *
 * @module
 */

import { formatBytes, formatCount, formatNumber } from "../../base/format.ts";
import type {
  FileReport,
  FilesReport,
  FoldedFiles,
  StoreReport,
} from "../../report/report_model.ts";
import { type Html, html } from "../html.ts";
import { percent } from "./bars.ts";
import { cutPath, cutText } from "./cut_text.ts";
import {
  describeBytes,
  describeFile,
  type FindingPlaces,
  FRAME,
  renderBar,
  renderMark,
  widthOf,
} from "./file_bar.ts";

/** What the map is drawn from. */
export interface FileMap extends FindingPlaces {
  /** The files. */
  readonly files: FilesReport;
  /** Tells whose a directory is, for people; null where that is not known. */
  readonly ownerOf: (directory: string) => string | null;
}

/**
 * Shows the map of the files of a store.
 *
 * @param map What it is drawn from.
 * @returns The map with its legend.
 */
export function renderFileMap(map: FileMap): Html {
  const { files } = map;
  const skipped = files.sizeBytes - files.checkedBytes;
  const largest = Math.max(
    1,
    ...[...files.listed, ...files.folded].map(({ sizeBytes }) => sizeBytes),
  );
  const [shown, rest] = splitGroups([...Map.groupBy(files.listed, directoryOf)]);
  const folded = files.folded.map((entry) => renderFolded(entry, map, largest));
  return html`
    <p>${formatBytes(files.sizeBytes)} in ${formatCount(countFiles(files), "file")}:
      ${formatBytes(files.checkedBytes)} looked at, ${formatBytes(skipped)} not.
      The longer a bar, the larger the file, by the logarithm of its bytes.</p>
    ${renderLegend()}
    ${shown.map(([directory, listed]) => renderGroup(directory, listed, map, largest))}
    ${renderRest(rest.map(([directory, listed]) => renderGroup(directory, listed, map, largest)), {
      count: rest.reduce((sum, [, listed]) => sum + listed.length, 0),
      noun: "more file",
    })}
    ${folded.length === 0 ? html`` : html`<ul class="files">${folded.slice(0, FOLDED_SHOWN)}</ul>`}
    ${renderRest([html`<ul class="files">${folded.slice(FOLDED_SHOWN)}</ul>`], {
      count: folded.length - FOLDED_SHOWN,
      noun: "more directory",
      nouns: "more directories",
    })}
  `;
}

/** How many files are seen without unfolding anything, besides those with findings. */
const FILES_SHOWN = 40;

/** How many directories are seen of those whose files are added up. */
const FOLDED_SHOWN = 12;

type Group = readonly [directory: string, listed: readonly FileReport[]];

/** What has a finding is always seen, and of the others the first ones. */
function splitGroups(groups: readonly Group[]): [shown: Group[], rest: Group[]] {
  const [shown, rest]: [Group[], Group[]] = [[], []];
  let files = 0;
  for (const group of groups) {
    files += group[1].length;
    const isFound = group[1].some((file) => file.ranges.length + file.findings.length > 0);
    (isFound || files <= FILES_SHOWN ? shown : rest).push(group);
  }
  return [shown, rest];
}

function renderRest(
  rest: readonly Html[],
  { count, noun, nouns }: {
    readonly count: number;
    readonly noun: string;
    readonly nouns?: string;
  },
): Html {
  return count <= 0 ? html`` : html`
    <details><summary>${formatCount(count, noun, nouns)}</summary>${rest}</details>
  `;
}

function directoryOf({ path }: FileReport): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

function renderGroup(
  directory: string,
  listed: readonly FileReport[],
  map: FileMap,
  largest: number,
): Html {
  const owner = map.ownerOf(directory);
  const of = owner === null ? html`` : html`
    <span>collection ${cutText(owner, 200)}</span>
  `;
  return html`
    ${directory === "" ? html`` : html`<h4>${cutPath(directory)}/${of}</h4>`}
    <ul class="files">${listed.map((file) => renderFile(file, map, largest))}</ul>
  `;
}

function countFiles({ listed, folded }: FilesReport): number {
  const present = listed.filter(({ isPresent }) => isPresent).length;
  return folded.reduce((sum, { files }) => sum + files, present);
}

/**
 * Says why bytes were not looked at.
 *
 * @param report The store.
 * @returns A list; nothing where all of them were.
 */
export function renderSkipped({ summary }: StoreReport): Html {
  const skipped = summary?.skipped ?? [];
  if (skipped.length === 0) return html``;
  return html`
    <p>Not looked at:</p>
    <ul>
      ${skipped.map(({ reason, sizeBytes }) =>
        html`<li>${formatBytes(sizeBytes)}: ${cutText(reason)}</li>`
      )}
    </ul>
  `;
}

function renderLegend(): Html {
  const kinds: readonly [look: string, text: string][] = [
    ["checked", "looked at"],
    ["skipped", "not looked at"],
    ["fatal", "fatal"],
    ["error", "error"],
    ["warning", "warning"],
    ["info", "worth knowing"],
    ["outlined error", "the file as a whole"],
  ];
  return html`
    <ul class="legend">
      ${kinds.map(([look, text]) =>
        html`
          <li><svg class="swatch ${look}" aria-hidden="true" focusable="false">${renderSwatch(
            look,
          )}</svg>
            ${text}</li>
        `
      )}
    </ul>
  `;
}

function renderSwatch(look: string): Html {
  if (look.startsWith("outlined")) {
    return html`
      <rect class="checked" width="100%" height="100%" />${FRAME}
    `;
  }
  if (look === "checked" || look === "skipped") {
    return html`
      <rect class="${look}" width="100%" height="100%" />${FRAME}
    `;
  }
  return html`
    <rect class="checked" width="100%" height="100%" />${renderMark(look, 0.35, 0.3)}${FRAME}
  `;
}

function renderFile(file: FileReport, map: FileMap, largest: number): Html {
  const { path, ranges, findings } = file;
  const whole = listOfEachCode(findings, map).map((finding) => renderReference(finding, map));
  const name = path.slice(path.lastIndexOf("/") + 1);
  return html`
    <li>
      <p class="file"><code>${cutPath(name)}</code>${whole} <span>${describeFile(file)}</span></p>
      ${renderBar(file, map, largest)}
      ${ranges.length === 0 ? html`` : renderRangeTable(file, map)}
    </li>
  `;
}

/** Findings of one code stand together, so a link to the first of them is enough. */
function listOfEachCode(indexes: readonly number[], { findings }: FileMap): number[] {
  const codes = Map.groupBy(indexes, (index) => findings[index]?.code);
  return [...codes.values()].flatMap(([first]) => first ?? []);
}

function renderReference(index: number, { findings, anchorOf }: FileMap): Html {
  const finding = findings[index];
  if (finding === undefined) return html``;
  return html`
    <a class="code ${finding.severity}" href="#${anchorOf(index)}">${finding.code}
      <span class="severity">${finding.severity}</span></a>
  `;
}

function renderRangeTable({ ranges, places }: FileReport, map: FileMap): Html {
  const more = places <= ranges.length ? html`` : html`
    <p>The findings count ${formatCount(places, "place")}: neighbours are joined, and of many ranges
      the first are kept.</p>
  `;
  return html`
    <details>
      <summary>${formatCount(ranges.length, "range")} as a table</summary>
      <table>
        <thead><tr><th scope="col">Code</th><th scope="col">Bytes</th><th scope="col">What stands
          there</th></tr></thead>
        <tbody>
          ${ranges.map((range) =>
            html`
              <tr>
                <td>${renderReference(range.finding, map)}</td>
                <td>${describeBytes(range)}</td>
                <td>${range.owner === null ? "not known" : cutText(range.owner, 200)}</td>
              </tr>
            `
          )}
        </tbody>
      </table>
      ${more}
    </details>
  `;
}

function renderFolded(folded: FoldedFiles, map: FileMap, largest: number): Html {
  const { directory, files, sizeBytes, checkedBytes, withFindings } = folded;
  const owner = directory === null ? null : map.ownerOf(directory);
  const place = directory === null
    ? "other directories"
    : directory === ""
    ? "the store itself"
    : `${cutPath(directory)}/${owner === null ? "" : ` (collection ${cutText(owner, 100)})`}`;
  const isListed = map.files.listed.some((file) => directoryOf(file) === directory);
  const name = `${formatCount(files, isListed ? "more file" : "file")} in ${place}`;
  const share = sizeBytes === 0 ? 0 : checkedBytes / sizeBytes;
  const looked = share === 1 ? "all" : formatBytes(checkedBytes);
  const found = withFindings === 0 ? "" : `, ${formatNumber(withFindings)} of them with a finding`;
  const text = `${formatBytes(sizeBytes)}, ${looked} looked at${found}`;
  return html`
    <li>
      <p class="file">${name} <span>${text}</span></p>
      <svg class="bar" width="${widthOf(sizeBytes, largest)}" role="img"
        aria-label="${name}: ${text}"><rect class="checked" width="${percent(share)}"
        height="100%"/><rect class="skipped" x="${percent(share)}" width="${percent(1 - share)}"
        height="100%"/>${FRAME}</svg>
    </li>
  `;
}
