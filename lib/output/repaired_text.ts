/**
 * What people read about a repair that was carried out.
 *
 * Nothing here prints; every name passes through `printable`.
 *
 * @module
 */

import { formatCount, formatDuration, formatNumber } from "../base/format.ts";
import { printable } from "../base/printable.ts";
import { quoteShellWord } from "../base/shell_words.ts";
import type { Verdict } from "../model/finding.ts";
import type {
  RecallSample,
  RepairGain,
  RepairLoss,
  RepairPlan,
  RepairStep,
} from "../model/repair.ts";
import { MISSING_NAME } from "../repair/keep_files.ts";
import type { KeptFile, RepairOutcome, StoreState } from "../repair/outcome.ts";
import { countNoun, renderCommand, renderLabelled, showPath } from "./labelled_text.ts";
import { describeLoss } from "./loss_text.ts";
import { renderLeft } from "./repair_text.ts";
import type { TextOptions } from "./text.ts";

/**
 * Says what a repair has done, or that there was nothing to do.
 *
 * @param outcome What became of it.
 * @param options How text is laid out.
 * @returns The lines, the verdict first.
 */
export function renderRepairOutcome(outcome: RepairOutcome, options: TextOptions): string[] {
  const { plan, state, after } = outcome;
  switch (state) {
    case "declined":
      return ["Nothing was changed."];
    case "nothing-to-do":
      return renderNothing(outcome, options);
    case "repaired":
      return [
        renderVerdict(outcome, options),
        ...renderWork(plan.steps, options),
        ...renderVerification(outcome, options),
        ...renderAfter(after, options),
        ...renderLeft(plan.unanswered, options),
        ...renderReplaced(outcome, options),
        ...renderKept(outcome.kept, plan.store, options),
        ...(isReplacing(plan) ? renderNext(outcome, options) : []),
      ];
  }
}

/**
 * Says that a plan has no steps.
 *
 * @param outcome The plan, and what is known of the store.
 * @param options How text is laid out.
 * @returns The lines.
 */
export function renderNothing(
  { plan, before }: Pick<RepairOutcome, "plan"> & { readonly before: StoreState | null },
  options: TextOptions,
): string[] {
  const verdict = before === null ? "" : `: ${VERDICTS[before.verdict]}`;
  const isDamaged = plan.unanswered.some(({ isDamage }) => isDamage);
  const label = options.paint(isDamaged ? "warning" : "good", "NOTHING TO DO");
  return [`${label}  ${showPath(plan.store)}${verdict}`, ...renderLeft(plan.unanswered, options)];
}

const VERDICTS: Readonly<Record<Verdict, string>> = {
  clean: "clean",
  warnings: "safe to open, with warnings",
  damaged: "damaged",
  unsafe: "unsafe to open",
  incomplete: "not checked to the end",
};

function renderVerdict(
  { plan, before, after, elapsedMs }: RepairOutcome,
  { paint }: TextOptions,
): string {
  const isWell = after !== null && after.damage.length === 0;
  const label = !isReplacing(plan)
    ? paint("error", "NOT REPAIRED")
    : isWell
    ? paint("good", "REPAIRED")
    : paint("warning", "PARTLY REPAIRED");
  const now = after === null ? "" : `, ${VERDICTS[after.verdict]} now`;
  return `${label}  ${showPath(plan.store)}: ${VERDICTS[before.verdict]} before${now} (${
    formatDuration(elapsedMs)
  })`;
}

/** Whether the store itself is changed; else what could be saved of it went into files. */
function isReplacing({ steps }: RepairPlan): boolean {
  return steps.some(({ replaces }) => replaces.length > 0);
}

function renderWork(steps: readonly RepairStep[], options: TextOptions): string[] {
  const answered = steps.reduce((sum, { answers }) => sum + answers.length, 0);
  const gains = sumGains(steps.flatMap((step) => step.gains));
  const losses = steps.flatMap((step) => step.losses);
  return [
    ...renderLabelled(
      "Done",
      `${formatCount(steps.length, "step")} for ${formatCount(answered, "finding")}`,
      "faint",
      options,
    ),
    ...(gains === "" ? [] : renderLabelled("Saved", gains, "good", options)),
    ...renderLosses(losses, options),
  ];
}

function sumGains(gains: readonly RepairGain[]): string {
  const counts = new Map<string, number>();
  for (const { what, count } of gains) counts.set(what, (counts.get(what) ?? 0) + count);
  return [...counts].filter(([, count]) => count > 0)
    .map(([what, count]) => countNoun(count, printable(what))).join(", ");
}

/** The plan has named the ids; this is the sum of it. */
function renderLosses(losses: readonly RepairLoss[], options: TextOptions): string[] {
  if (losses.length === 0) return renderLabelled("Lost", "nothing", "good", options);
  const sums = new Map<string, RepairLoss>();
  for (const loss of losses) {
    const key = JSON.stringify([loss.kind, loss.collection, loss.table]);
    const count = (sums.get(key)?.count ?? 0) + loss.count;
    sums.set(key, { ...loss, count });
  }
  return [...sums.values()].flatMap((loss) => {
    const isDoubt = loss.kind === "newer-version";
    const [label, style] = isDoubt ? ["OLDER?", "warning"] as const : ["LOST", "error"] as const;
    return renderLabelled(label, describeLoss(loss), style, options);
  });
}

function renderVerification({ verification }: RepairOutcome, options: TextOptions): string[] {
  if (verification === null) return [];
  const { recall, vectorsCompared } = verification;
  return [
    ...(vectorsCompared === 0 ? [] : renderLabelled(
      "Compared",
      `${formatCount(vectorsCompared, "vector")} read back from the store, each as it was saved`,
      "faint",
      options,
    )),
    ...recall.flatMap((sample) =>
      renderLabelled("Recall", describeRecall(sample), "faint", options)
    ),
  ];
}

function describeRecall(
  { collection, queries, neighbours, efSearch, recall }: RecallSample,
): string {
  // Rounded down: 100 % are said only where nothing was missed.
  return `${(Math.floor(recall * 1000) / 10).toFixed(1)} % of the ${
    formatNumber(neighbours)
  } nearest found in ${printable(collection)} (${formatCount(queries, "search", "searches")}, ef ${
    formatNumber(efSearch)
  })`;
}

/** What a full check still finds. */
function renderAfter(after: StoreState | null, options: TextOptions): string[] {
  if (after === null) return [];
  const { fatal, error, warning } = after.counts;
  const counts = [
    ...(fatal === 0 ? [] : [`${formatNumber(fatal)} fatal`]),
    ...(error === 0 ? [] : [formatCount(error, "error")]),
    ...(warning === 0 ? [] : [formatCount(warning, "warning")]),
  ];
  if (counts.length === 0) return [];
  const codes = after.damage.length === 0 ? "" : ` (${after.damage.join(", ")})`;
  const style = fatal > 0 ? "fatal" : error > 0 ? "error" : "warning";
  return renderLabelled("Still", `${counts.join(", ")}${codes}`, style, options);
}

function renderReplaced({ plan, quarantined }: RepairOutcome, options: TextOptions): string[] {
  if (!isReplacing(plan)) return [];
  if (quarantined === null) {
    return renderLabelled("Replaced", "what was replaced was not kept", "faint", options);
  }
  return [
    ...renderLabelled(
      "Replaced",
      `in quarantine as ${quarantined}. To undo this:`,
      "faint",
      options,
    ),
    ...renderCommand(`vecfsck undo ${showWord(plan.store)} ${quarantined}`, options),
  ];
}

function renderKept(kept: readonly KeptFile[], store: string, options: TextOptions): string[] {
  // Where it was asked for, the file is there twice: the first is the one that was asked for.
  const missing = kept.find(({ name }) => name === MISSING_NAME);
  return kept.flatMap((file) => {
    if (file.name === MISSING_NAME && file !== missing) return [];
    const lines = renderLabelled(
      file === missing ? "Missing" : "Kept",
      `${describeFile(file.name)}: ${formatCount(file.lines, "line")} in ${showPath(file.path)}`,
      "warning",
      options,
    );
    if (file !== missing) return lines;
    const hint = "Fill in `embedding` in each line (docs/repair.md), then:";
    const command = `vecfsck repair ${showWord(store)} --vectors ${showWord(file.path)}`;
    return [
      ...lines,
      ...renderLabelled("", hint, "faint", options),
      ...renderCommand(command, options),
    ];
  });
}

function describeFile(name: string): string {
  switch (name) {
    case MISSING_NAME:
      return "records that left the store";
    case "queue-rows.jsonl":
      return "rows of the queue that no engine can apply";
    case "rows.jsonl":
      return "rows that no table takes";
    case "conflicts.jsonl":
      return "what two sources disagree on";
    default:
      return name.startsWith("export") ? "what was saved of a collection" : "what left the store";
  }
}

function renderNext({ plan: { steps }, after }: RepairOutcome, options: TextOptions): string[] {
  const queued = steps.filter(({ strategy }) => strategy?.chosen === "queue").length;
  const text = after?.verdict === "unsafe"
    ? "Do not start the engine yet: what is left can kill it."
    : queued === 0
    ? "Processes that had the store open have the old files: start them again."
    : `Start the engine: it builds ${formatCount(queued, "index", "indexes")} from its queue.`;
  return renderLabelled("Next", text, "faint", options);
}

function showWord(word: string): string {
  return showPath(quoteShellWord(word));
}
