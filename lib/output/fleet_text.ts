/**
 * What people read of a check of many stores: little of each, and the worst at the end.
 *
 * @module
 */

import { formatCount } from "../base/format.ts";
import { printable } from "../base/printable.ts";
import type { BadStore, FleetSum, StoreTally } from "../fleet/fleet_sum.ts";
import { type Finding, SEVERITIES } from "../model/finding.ts";
import type { CheckLevel, SummaryEvent } from "../model/report.ts";
import type { Style } from "./paint.ts";
import {
  describeCounts,
  printablePath,
  renderCompact,
  renderVerdict,
  type TextOptions,
  VERDICTS,
} from "./text.ts";

/** Of fewer stores the worst are still to be seen above. */
const FEWEST_TO_SUM_UP = 10;

/** How many findings of a store are shown in short. */
const FINDINGS_IN_SHORT = 3;

const MOST_MESSAGE_CHARACTERS = 300;

/** What a check of many stores is about to do. */
export interface FleetStart {
  /** What was named. */
  readonly operands: readonly string[];
  /** Whether stores are looked for in what was named. */
  readonly recursive: boolean;
  /** How much is looked at. */
  readonly level: CheckLevel;
  /** How many threads work. */
  readonly jobs: number;
}

/**
 * The line that is printed before stores are looked for.
 *
 * @param start What is about to be done.
 * @param options How text is laid out.
 * @returns The line.
 */
export function renderFleetHeading(
  { operands, recursive, level, jobs }: FleetStart,
  { paint }: TextOptions,
): string[] {
  const [first = ""] = operands;
  const where = operands.length === 1
    ? printablePath(first)
    : formatCount(operands.length, "directory", "directories");
  const what = recursive
    ? `every store in ${where} and below`
    : formatCount(operands.length, "store");
  return [`${paint("heading", `Checking ${what}`)} (${level} check, ${jobs} at once)`];
}

/**
 * Says of a store that is not clean what is worst about it, and how to see the rest.
 *
 * @param summary The end of its check.
 * @param findings Its findings.
 * @param options How text is laid out.
 * @returns The lines.
 */
export function renderInShort(
  summary: SummaryEvent,
  findings: readonly Finding[],
  options: TextOptions,
): string[] {
  const bad = findings.filter(({ severity }) => severity !== "info")
    .toSorted((one, other) =>
      SEVERITIES.indexOf(one.severity) - SEVERITIES.indexOf(other.severity)
    );
  const more = bad.length - FINDINGS_IN_SHORT;
  return [
    ...renderVerdict(summary, options),
    ...bad.slice(0, FINDINGS_IN_SHORT).map((finding) => renderCompact(finding, options)),
    ...(more > 0
      ? [
        `  … and ${formatCount(more, "more", "more")}: vecfsck check ${
          printablePath(summary.store)
        }`,
      ]
      : []),
  ];
}

/**
 * Says what the checks of many stores add up to: the worst of them, and how many had which verdict.
 *
 * @param sum What they add up to.
 * @param options How text is laid out.
 * @returns The lines.
 */
export function renderFleetSum(sum: FleetSum, options: TextOptions): string[] {
  const worst = sum.stores < FEWEST_TO_SUM_UP ? [] : renderWorst(sum, options);
  return [...worst, ...renderTally(sum.verdicts)];
}

function renderWorst({ stores, verdicts, worst }: FleetSum, options: TextOptions): string[] {
  if (worst.length === 0) return [];
  const more = stores - verdicts.clean - worst.length;
  return [
    "",
    options.paint("heading", "The worst first"),
    ...worst.map((store) => renderBad(store, options)),
    ...(more > 0 ? [`  … and ${formatCount(more, "more", "more")}; the whole list: --json`] : []),
  ];
}

function renderBad({ store, verdict, counts, message }: BadStore, { paint }: TextOptions): string {
  const { label, style } = verdict === "notChecked" ? NOT_CHECKED : VERDICTS[verdict];
  const facts = counts === null
    ? printable(message ?? "", MOST_MESSAGE_CHARACTERS)
    : describeCounts(counts);
  const about = facts === "" || facts.includes(store) ? "" : `${printablePath(store)}: `;
  const text = facts === "" ? printablePath(store) : `${about}${facts}`;
  return `  ${paint(style, label.padEnd(NOT_CHECKED.label.length))}  ${text}`;
}

const NOT_CHECKED: { readonly label: string; readonly style: Style } = {
  label: "NOT CHECKED",
  style: "error",
};

/**
 * Says in one line how many stores were checked and what came of it.
 *
 * @param tally How many stores had which verdict.
 * @returns The line.
 */
export function renderTally(tally: StoreTally): string[] {
  const parts: [number, string][] = [
    [tally.unsafe, "unsafe"],
    [tally.damaged, "damaged"],
    [tally.incomplete, "not checked to the end"],
    [tally.warnings, "with warnings"],
    [tally.clean, "clean"],
    [tally.notChecked, "not checked"],
  ];
  const total = parts.reduce((sum, [count]) => sum + count, 0);
  const named = parts.filter(([count]) => count > 0)
    .map(([count, word]) => formatCount(count, word, word));
  return ["", `${formatCount(total, "store")}: ${named.join(", ")}`];
}
