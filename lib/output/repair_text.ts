/**
 * What people read about the plan of a repair.
 *
 * Nothing here prints; every name passes through `printable`.
 *
 * @module
 */

import { formatBytes, formatCount, formatNumber } from "../base/format.ts";
import { printable } from "../base/printable.ts";
import type { Severity } from "../model/codes.ts";
import { SEVERITIES } from "../model/finding.ts";
import type {
  AnsweredFinding,
  RepairGain,
  RepairPlan,
  RepairStep,
  UnansweredFinding,
} from "../model/repair.ts";
import {
  capitalise,
  countNoun,
  INDENT,
  nameSome,
  renderLabelled,
  showPath,
  showText,
} from "./labelled_text.ts";
import { renderLoss } from "./loss_text.ts";
import type { TextOptions } from "./text.ts";
import { wrapText } from "./wrap.ts";

/** How many kinds of findings are named in one line. */
const KINDS_SHOWN = 4;

/** How many details of a step are shown. */
const DETAILS_SHOWN = 6;

/** How many findings are listed that nothing is done about. */
const LEFT_SHOWN = 20;

/** How a plan is shown. */
export interface RepairPlanTextOptions extends TextOptions {
  /** Whether what is replaced is kept although nothing is lost. */
  readonly keepsReplaced: boolean;
}

/**
 * Says what a repair is going to do.
 *
 * @param plan The plan.
 * @param options How text is laid out.
 * @returns The lines.
 */
export function renderRepairPlan(plan: RepairPlan, options: RepairPlanTextOptions): string[] {
  const { steps, unanswered } = plan;
  const { paint } = options;
  const engine = plan.engine === null ? "" : ` (${printable(plan.engine)})`;
  const count = formatCount(steps.length, "step");
  const damage = unanswered.filter(({ isDamage }) => isDamage);
  const wrong = [...steps.flatMap(({ answers }) => answers), ...damage];
  return [
    paint("heading", `Repair of ${showPath(plan.store)}${engine}: ${count}`),
    ...renderWrong(wrong, options),
    ...steps.flatMap((step, index) => ["", ...renderStep(step, index + 1, options)]),
    "",
    ...renderLeft(unanswered, options),
    ...renderEffort(plan, options),
  ];
}

/** How much is written, and what becomes of what is replaced. */
function renderEffort(
  { steps, sizeBytes }: RepairPlan,
  { width, keepsReplaced }: RepairPlanTextOptions,
): string[] {
  const written = sizeBytes === 0 ? [] : [
    `${formatBytes(sizeBytes)} are written beside the store and checked in full before anything ` +
    "is exchanged.",
  ];
  const isLossless = steps.every(({ losses }) => losses.length === 0);
  const replaced = steps.every(({ replaces }) => replaces.length === 0)
    ? "No file of the store is replaced."
    : keepsReplaced || !isLossless
    ? "What is replaced goes to quarantine."
    : "What is replaced is not kept, for nothing is lost.";
  return wrapText([...written, replaced].join(" "), width, "  ");
}

/** One line: how many findings of which severity, and the worst of them by name. */
function renderWrong(findings: readonly AnsweredFinding[], options: TextOptions): string[] {
  if (findings.length === 0) return [];
  const counts = SEVERITIES.flatMap((severity) => {
    const count = findings.filter((finding) => finding.severity === severity).length;
    return count === 0 ? [] : [formatCount(count, severity, PLURALS[severity])];
  });
  const worst = worstOf(findings);
  return renderLabelled(
    worst === "info" ? "Found" : "Wrong",
    `${counts.join(", ")}: ${nameKinds(findings)}`,
    worst,
    options,
  );
}

const PLURALS: Readonly<Record<Severity, string>> = {
  fatal: "fatal",
  error: "errors",
  warning: "warnings",
  info: "info",
};

function worstOf(findings: readonly AnsweredFinding[]): Severity {
  return SEVERITIES.find((severity) => findings.some((one) => one.severity === severity)) ??
    "info";
}

/** The kinds of findings by name and code, the worst first. */
function nameKinds(findings: readonly AnsweredFinding[]): string {
  const kinds = SEVERITIES.flatMap((severity) => [
    ...new Set(
      findings.filter((finding) => finding.severity === severity)
        .map(({ code, name }) => `${name} (${code})`),
    ),
  ]);
  return nameSome(kinds, KINDS_SHOWN, (more) => formatCount(more, "more kind", "more kinds"));
}

function renderStep(step: RepairStep, number: number, options: TextOptions): string[] {
  const { paint, width } = options;
  const title = capitalise(showText(step.title));
  const [first = "", ...rest] = wrapText(title, width, "   ", `${number}. `);
  const gains = step.gains.filter(({ count }) => count > 0);
  return [
    paint("heading", first),
    ...rest.map((line) => paint("heading", line)),
    ...(step.answers.length === 0
      ? []
      : renderLabelled("For", nameKinds(step.answers), "faint", options)),
    ...gains.flatMap((gain, index) =>
      renderLabelled(index === 0 ? "Saves" : "", describeGain(gain), "good", options)
    ),
    ...step.losses.flatMap((loss) => renderLoss(loss, options)),
    ...(step.strategy === null ? [] : renderLabelled(
      "Way",
      `${step.strategy.chosen}: ${showText(step.strategy.reason)}`,
      "faint",
      options,
    )),
    ...renderDetails(step.details, options),
    ...renderReplaced(step, options),
  ];
}

function renderDetails(details: readonly string[], options: TextOptions): string[] {
  const more = details.length - DETAILS_SHOWN;
  const shown = details.slice(0, DETAILS_SHOWN).map(showText);
  if (more > 0) shown.push(`… and ${formatNumber(more)} more; --json lists all`);
  return shown.flatMap((detail, index) =>
    renderLabelled(index === 0 ? "How" : "", detail, "faint", options)
  );
}

function renderReplaced({ replaces, sizeBytes }: RepairStep, options: TextOptions): string[] {
  if (replaces.length === 0) return [];
  const names = nameSome(
    replaces.map((name) => printable(name)),
    KINDS_SHOWN,
    (more) => `${more} more`,
  );
  const size = sizeBytes === 0 ? "" : `: ${formatBytes(sizeBytes)}`;
  return renderLabelled("Replaces", `${names}${size}`, "faint", options);
}

function describeGain({ what, count, source }: RepairGain): string {
  return `${countNoun(count, showText(what))} from ${showText(source)}`;
}

/**
 * Lists the findings that nothing is done about. Those that mean no damage are only counted.
 *
 * @param unanswered The findings.
 * @param options How text is laid out.
 * @returns The lines.
 */
export function renderLeft(
  unanswered: readonly UnansweredFinding[],
  options: TextOptions,
): string[] {
  const damage = unanswered.filter(({ isDamage }) => isDamage);
  const harmless = unanswered.length - damage.length;
  const kinds = Object.values(Object.groupBy(damage, ({ code, reason }) => `${code} ${reason}`));
  const lines = kinds.slice(0, LEFT_SHOWN).flatMap((kind) => renderLeftKind(kind ?? [], options));
  const more = kinds.length - LEFT_SHOWN;
  if (more > 0) lines.push(`${INDENT}… and ${formatCount(more, "more", "more")}; --json lists all`);
  if (harmless > 0) {
    const found = formatCount(harmless, "finding");
    const means = harmless === 1 ? "means" : "mean";
    const are = harmless === 1 ? "is" : "are";
    const text = `${found} that ${means} no damage ${are} left alone.`;
    lines.push(...wrapText(text, options.width, "  "));
  }
  return lines;
}

/** Findings of one kind of which the same is to be said. */
function renderLeftKind(findings: readonly UnansweredFinding[], options: TextOptions): string[] {
  const [first] = findings;
  if (first === undefined) return [];
  const { code, name, severity, path, reason } = first;
  const place = path === null ? "" : `, ${showPath(path)}`;
  const more = findings.length - 1;
  const others = more === 0 ? "" : ` and ${formatCount(more, "more place")}`;
  return renderLabelled(
    "LEFT",
    `${severity} ${name} (${code})${place}${others}: ${showText(reason)}`,
    severity,
    options,
  );
}
