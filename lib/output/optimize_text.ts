/**
 * What people read about optimising a store.
 *
 * Nothing here prints; every name passes through `printable`.
 *
 * @module
 */

import { formatBytes, formatDuration, formatNumber } from "../base/format.ts";
import { printable } from "../base/printable.ts";
import { quoteShellWord } from "../base/shell_words.ts";
import type {
  OptimizationAction,
  OptimizationFigure,
  OptimizationMeasure,
  OptimizationRest,
} from "../model/optimization.ts";
import type { OptimizationOutcome, OptimizationPlan } from "../optimize/outcome.ts";
import {
  capitalise,
  countNoun,
  renderCommand,
  renderLabelled,
  showPath,
  showText,
} from "./labelled_text.ts";
import type { TextOptions } from "./text.ts";
import { wrapText } from "./wrap.ts";

/** How much is listed that stays as it is. */
const LEFT_SHOWN = 10;

/** What the measures are called. */
const NOUNS: Readonly<Record<OptimizationMeasure, string>> = {
  "queue-rows": "rows of the queue",
  "queue-bytes": "bytes of the queue",
  "fulltext-segments": "segments of the full text",
  "pages": "pages",
  "free-pages": "free pages",
  "database-bytes": "bytes of the database",
  "slots": "slots",
  "deleted-slots": "deleted slots",
  "index-bytes": "bytes of the index",
};

/** How a plan is shown. */
export interface OptimizationPlanTextOptions extends TextOptions {
  /** Whether a backup is made first. */
  readonly makesBackup: boolean;
}

/**
 * Says what optimising a store is going to do.
 *
 * @param plan The plan; it has actions.
 * @param options How text is laid out.
 * @returns The lines.
 */
export function renderOptimizationPlan(
  plan: OptimizationPlan,
  options: OptimizationPlanTextOptions,
): string[] {
  const { actions, rests, sizeBytes } = plan;
  const engine = plan.engine === null ? "" : ` (${printable(plan.engine)})`;
  const heading = `Optimisation of ${showPath(plan.store)}${engine}`;
  const kept = options.makesBackup
    ? "A backup comes first, unless there is one that holds the same."
    : "What is replaced goes to quarantine.";
  return [
    options.paint("heading", heading),
    ...actions.flatMap((action, index) => ["", ...renderAction(action, index + 1, options)]),
    "",
    ...renderLeft(rests, options),
    ...wrapText(
      `${formatBytes(sizeBytes)} are written beside the store and checked in full before ` +
        `anything is exchanged. ${kept}`,
      options.width,
      "  ",
    ),
  ];
}

function renderAction(
  { title, figures }: OptimizationAction,
  number: number,
  options: TextOptions,
): string[] {
  const [first = "", ...rest] = wrapText(
    capitalise(showText(title)),
    options.width,
    "   ",
    `${number}. `,
  );
  return [
    options.paint("heading", first),
    ...rest.map((line) => options.paint("heading", line)),
    ...renderFigures(figures, "about ", options),
  ];
}

/** Numbers that change, on one line. */
function renderFigures(
  figures: readonly OptimizationFigure[],
  about: string,
  options: TextOptions,
): string[] {
  const changes = describeChanges(figures, about);
  return changes === "" ? [] : renderLabelled("", changes, "faint", options);
}

function describeChanges(figures: readonly OptimizationFigure[], about: string): string {
  return figures.filter(({ before, after }) => before !== after)
    .map((figure) => describeChange(figure, about)).join(", ");
}

function describeChange({ measure, before, after }: OptimizationFigure, about: string): string {
  const noun = NOUNS[measure];
  if (measure.endsWith("-bytes")) {
    return `${formatBytes(before)} → ${about}${formatBytes(after)}${noun.slice("bytes".length)}`;
  }
  const isExact = measure !== "pages";
  return `${formatNumber(before)} → ${isExact ? "" : about}${countNoun(after, noun)}`;
}

/** What stays as it is, and why. */
function renderLeft(rests: readonly OptimizationRest[], options: TextOptions): string[] {
  const lines = rests.slice(0, LEFT_SHOWN).flatMap(({ collection, count, measure, reason }) => {
    const of = collection === null ? "" : ` of ${printable(collection)}`;
    const text = `${countNoun(count, NOUNS[measure])}${of}: ${showText(reason)}`;
    return renderLabelled("Stays", text, "faint", options);
  });
  const more = rests.length - LEFT_SHOWN;
  if (more <= 0) return lines;
  return [
    ...lines,
    ...renderLabelled("", `… and ${formatNumber(more)} more; --json lists all`, "faint", options),
  ];
}

/**
 * Says that a plan has no actions: there is nothing to do, or the store is damaged.
 *
 * @param plan The plan.
 * @param options How text is laid out.
 * @returns The lines.
 */
export function renderNoOptimization(plan: OptimizationPlan, options: TextOptions): string[] {
  const { store, damage, rests } = plan;
  if (damage.length === 0) {
    const label = options.paint("good", "NOTHING TO DO");
    return [
      `${label}  ${showPath(store)}: nothing to optimise`,
      ...renderLeft(rests, options),
    ];
  }
  const label = options.paint("error", "DAMAGED");
  return [
    `${label}  ${showPath(store)}: ${damage.join(", ")}; nothing was changed`,
    ...renderLabelled("Next", "Repair it first:", "faint", options),
    ...renderCommand(`vecfsck repair ${showWord(store)}`, options),
  ];
}

/**
 * Says what was done.
 *
 * @param outcome What became of it.
 * @param options How text is laid out.
 * @returns The lines, the verdict first.
 */
export function renderOptimizationOutcome(
  outcome: OptimizationOutcome,
  options: TextOptions,
): string[] {
  const { plan, state, actions, beforeBytes, afterBytes, elapsedMs } = outcome;
  if (state === "declined") return ["Nothing was changed."];
  if (state !== "optimized") return renderNoOptimization(plan, options);
  const label = options.paint("good", "OPTIMISED");
  const sizes = `${formatBytes(beforeBytes)} before, ${formatBytes(afterBytes)} now`;
  return [
    `${label}  ${showPath(plan.store)}: ${sizes} (${formatDuration(elapsedMs)})`,
    ...renderLabelled("Done", describeWork(actions), "faint", options),
    ...renderWayBack(outcome, options),
    ...renderLabelled(
      "Next",
      "Processes that had the store open have the old files: start them again.",
      "faint",
      options,
    ),
  ];
}

function describeWork(actions: readonly OptimizationAction[]): string {
  const changes = describeChanges(sumUp(actions), "");
  const others = actions.filter(({ figures }) => figures.length === 0).map(({ title }) => title);
  return [...(changes === "" ? [] : [changes]), ...others.map(showText)].join("; ");
}

/** The numbers of all actions, added up by what they count. */
function sumUp(actions: readonly OptimizationAction[]): OptimizationFigure[] {
  const sums = new Map<OptimizationMeasure, OptimizationFigure>();
  for (const { measure, before, after } of actions.flatMap(({ figures }) => figures)) {
    const sum = sums.get(measure) ?? { measure, before: 0, after: 0 };
    sums.set(measure, { measure, before: sum.before + before, after: sum.after + after });
  }
  return [...sums.values()];
}

function renderWayBack(
  { plan, backup, quarantined }: OptimizationOutcome,
  options: TextOptions,
): string[] {
  const store = showWord(plan.store);
  if (quarantined !== null) {
    return [
      ...renderLabelled(
        "Replaced",
        `in quarantine as ${quarantined}. To undo this:`,
        "faint",
        options,
      ),
      ...renderCommand(`vecfsck undo ${store} ${quarantined}`, options),
    ];
  }
  if (backup === null) return [];
  const age = backup.isOlder ? "which was there already" : "made just before";
  return [
    ...renderLabelled("Backup", `${backup.id}, ${age}. To go back:`, "faint", options),
    ...renderCommand(`vecfsck restore ${store} --from ${showWord(backup.directory)}`, options),
  ];
}

function showWord(word: string): string {
  return showPath(quoteShellWord(word));
}
