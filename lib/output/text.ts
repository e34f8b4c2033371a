/**
 * What people read: the events of a check as lines.
 *
 * Nothing here prints. Every text that may come from a store or from an argument passes through
 * `printable`, so that no control character reaches a terminal; no line has a line feed.
 *
 * @module
 */

import type { OperationError } from "../base/errors.ts";
import { formatBytes, formatCount } from "../base/format.ts";
import { printable } from "../base/printable.ts";
import type { Severity } from "../model/codes.ts";
import { type Finding, SEVERITIES, type SeverityCounts, type Verdict } from "../model/finding.ts";
import type { CheckLevel, SummaryEvent } from "../model/report.ts";
import { describeWork, renderAge } from "./coverage_text.ts";
import type { Painter, Style } from "./paint.ts";
import { type FindingKind, selectFindings } from "./select_findings.ts";
import { wrapText } from "./wrap.ts";

/** How text is laid out. */
export interface TextOptions {
  /** How many columns a line has. */
  readonly width: number;
  /** Gives text its colours. */
  readonly paint: Painter;
}

/** How findings are listed. */
export interface FindingsOptions extends TextOptions {
  /** How many findings are listed at the most; 100 with repeats folded when left out. */
  readonly maxFindings?: number | undefined;
}

const MOST_PATH_CHARACTERS = 4096;
const MOST_MESSAGE_CHARACTERS = 2000;
const LABEL_WIDTH = 9;
const INDENT = " ".repeat(2 + LABEL_WIDTH);

/**
 * The line that is printed before a check begins.
 *
 * @param store The store, as it was named.
 * @param level What will be looked at.
 * @param options How text is laid out.
 * @returns The line.
 */
export function renderHeading(store: string, level: CheckLevel, { paint }: TextOptions): string[] {
  return [paint("heading", `Checking ${printablePath(store)}`) + ` (${level} check)`];
}

/**
 * Lists the findings of one store: its own first, then those of each collection, the worst first.
 *
 * @param findings Every finding of the store.
 * @param options How text is laid out, and how many findings are listed.
 * @returns The lines; none when there is no finding.
 */
export function renderFindings(
  findings: readonly Finding[],
  options: FindingsOptions,
): string[] {
  const { groups, leftOut } = selectFindings(findings, options.maxFindings);
  const advised: Advised = new Map();
  const lines = groups.flatMap(({ collection, kinds }) => [
    "",
    options.paint("heading", nameGroup(collection)),
    ...kinds.flatMap((kind) => renderKind(kind, advised, options)),
  ]);
  if (leftOut > 0) {
    lines.push("", `… and ${formatCount(leftOut, "more finding")}; the whole list: --json`);
  }
  return lines;
}

function nameGroup(collection: string | null): string {
  return collection === null ? "The store" : `Collection "${printable(collection, 200)}"`;
}

/** What was said already on what to do, and under which code. */
type Advised = Map<string, string>;

function renderKind(
  { shown, hidden }: FindingKind,
  advised: Advised,
  options: TextOptions,
): string[] {
  const [first] = shown;
  if (first === undefined) return [];
  const isHarmless = first.severity === "info";
  const lines = shown.flatMap((finding) =>
    isHarmless ? [renderCompact(finding, options)] : renderFinding(finding, options)
  );
  if (hidden > 0) {
    const more = `${INDENT}… and ${formatCount(hidden, "more", "more")} of this kind`;
    lines.push(`${more}; the whole list: --json`);
  }
  // What it means and what to do belongs to the code, so it stands once for all of a kind.
  return isHarmless ? lines : [...lines, ...renderAdvice(first, advised, options)];
}

function renderFinding(finding: Finding, { width, paint }: TextOptions): string[] {
  const message = printable(finding.message, MOST_MESSAGE_CHARACTERS);
  return [
    renderStart(finding, paint) + locate(finding),
    ...wrapText(message, width, INDENT),
  ];
}

/**
 * Says what was found in one line.
 *
 * @param finding The finding.
 * @param options How text is laid out.
 * @returns The line.
 */
export function renderCompact(finding: Finding, { paint }: TextOptions): string {
  const message = printable(finding.message, MOST_MESSAGE_CHARACTERS);
  return `${renderStart(finding, paint)}${locate(finding)}: ${message}`;
}

function renderStart({ severity, code }: Finding, paint: Painter): string {
  const label = severity === "info" ? severity : severity.toUpperCase();
  return `  ${paint(severity, label.padEnd(LABEL_WIDTH))}${code}  `;
}

/** Says where: the file, the first wrong byte in decimal and hex, how many places. */
function locate({ path, offset, count }: Finding): string {
  // A store that is a file has offsets and no path.
  const whole = offset === null ? "the store as a whole" : "the file";
  const parts = [path === null ? whole : printablePath(path)];
  if (offset !== null) parts.push(`byte ${offset} (0x${offset.toString(16)})`);
  if (count !== 1) parts.push(formatCount(count, "place"));
  return parts.join(", ");
}

function renderAdvice(
  { code, effect, repair }: Finding,
  advised: Advised,
  options: TextOptions,
): string[] {
  const earlier = advised.get(repair);
  if (earlier === undefined) advised.set(repair, code);
  return [
    ...renderLabelled("Effect: ", effect, options),
    ...renderLabelled(
      "To do:  ",
      earlier === undefined || earlier === code ? repair : `The same as for ${earlier} above.`,
      options,
    ),
  ];
}

function renderLabelled(label: string, text: string, { width, paint }: TextOptions): string[] {
  const hanging = INDENT + " ".repeat(label.length);
  const [start = "", ...rest] = wrapText(printable(text, 1000), width, hanging);
  return [INDENT + paint("faint", label) + start.slice(hanging.length), ...rest];
}

/**
 * Says what was looked at and what was not, in the lines before the verdict.
 *
 * @param summary The end of the check.
 * @param options How text is laid out.
 * @returns The lines.
 */
export function renderScope(summary: SummaryEvent, { width }: TextOptions): string[] {
  const facts = [
    summary.engine === null ? summary.format : printable(summary.engine),
    formatCount(summary.collections, "collection"),
    ...(summary.records === null ? [] : [formatCount(summary.records, "record")]),
  ];
  const skipped = summary.skipped.flatMap(({ reason, sizeBytes }) =>
    wrapText(`Not looked at: ${formatBytes(sizeBytes)}, ${printable(reason)}`, width, "    ", "  ")
  );
  return ["", `  ${facts.join(", ")}`, ...skipped, ...renderAge(summary)];
}

/**
 * Says in one line what the findings add up to.
 *
 * @param summary The end of the check.
 * @param options How text is laid out.
 * @returns The line.
 */
export function renderVerdict(summary: SummaryEvent, { paint }: TextOptions): string[] {
  const { label, style } = VERDICTS[summary.verdict];
  const start = `${paint(style, label.padEnd(8))}${printablePath(summary.store)}: `;
  return [start + explainVerdict(summary)];
}

/** How a verdict is shown. */
export const VERDICTS: Readonly<Record<Verdict, { label: string; style: Style }>> = {
  clean: { label: "CLEAN", style: "good" },
  warnings: { label: "WARNING", style: "warning" },
  damaged: { label: "DAMAGED", style: "error" },
  unsafe: { label: "UNSAFE", style: "fatal" },
  incomplete: { label: "PARTIAL", style: "warning" },
};

function explainVerdict(summary: SummaryEvent): string {
  const work = describeWork(summary);
  const counts = describeCounts(summary.counts);
  switch (summary.verdict) {
    case "unsafe":
      return "do not open this store with the engine: opening it can kill the process. " +
        `${counts}. ${capitalise(work)}`;
    case "damaged":
      return "data is lost, wrong or out of reach; copy the directory before anything writes to " +
        `it. ${counts}. ${capitalise(work)}`;
    case "warnings":
      return `${describeSafety(summary.level)}, but it needs attention. ${counts}. ` +
        capitalise(work);
    case "incomplete": {
      const told = counts === "" ? "" : ` ${counts}.`;
      return "no damage is known, but the time was over before every part had been read; run it " +
        `again to go on.${told} ${capitalise(work)}`;
    }
    case "clean":
      return `${describeSafety(summary.level)} (${work})`;
  }
}

function describeSafety(level: CheckLevel): string {
  return level === "full"
    ? "safe to open"
    : "no damage in what was looked at; only a full check can tell that it is safe to open";
}

/**
 * Says how many findings there are that are more than facts.
 *
 * @param counts How many there are of each severity.
 * @returns The words; empty where there are none.
 */
export function describeCounts(counts: Readonly<SeverityCounts>): string {
  return SEVERITIES.filter((severity) => severity !== "info" && counts[severity] > 0)
    .map((severity) => formatCount(counts[severity], severity, PLURALS[severity]))
    .join(", ");
}

const PLURALS: Readonly<Record<Severity, string>> = {
  fatal: "fatal",
  error: "errors",
  warning: "warnings",
  info: "info",
};

/**
 * Says that a store could not be checked, why, and what to do next.
 *
 * @param error What failed.
 * @param store The store that was asked for.
 * @param options How text is laid out.
 * @returns The lines.
 */
export function renderFailure(
  error: OperationError,
  store: string,
  { width, paint }: TextOptions,
): string[] {
  const about = error.message.includes(store) ? "" : `${printablePath(store)}: `;
  const message = printable(error.message, MOST_PATH_CHARACTERS);
  const first = `${paint("error", "NOT CHECKED")}  ${about}${message}`;
  return error.hint === null
    ? [first]
    : [first, ...wrapText(printable(error.hint, MOST_MESSAGE_CHARACTERS), width, "  ")];
}

/** Makes a path safe to print. */
export function printablePath(path: string): string {
  return printable(path, MOST_PATH_CHARACTERS);
}

function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
