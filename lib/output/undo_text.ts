/**
 * What people read about taking a repair back.
 *
 * Nothing here prints; every name passes through `printable`.
 *
 * @module
 */

import { formatBytes, formatCount, formatDuration } from "../base/format.ts";
import { printable } from "../base/printable.ts";
import { quoteShellWord } from "../base/shell_words.ts";
import type { UndoOutcome, UndoPlan } from "../repair/undo_outcome.ts";
import { renderCommand, renderLabelled, showPath } from "./labelled_text.ts";
import type { TextOptions } from "./text.ts";

/** How many entries are named. */
const ENTRIES_SHOWN = 10;

/**
 * Says what taking a repair back is going to do.
 *
 * @param plan The plan.
 * @param now The time, for the age of the repair.
 * @param options How text is laid out.
 * @returns The lines.
 */
export function renderUndoPlan(plan: UndoPlan, now: Date, options: TextOptions): string[] {
  const { store, id, repairedAt, returns, leaves, changedSince, sizeBytes } = plan;
  const age = formatDuration(Math.max(0, now.getTime() - Date.parse(repairedAt)));
  const count = formatCount(returns.length, "entry", "entries");
  return [
    options.paint("heading", `Undo of the repair ${id} of ${showPath(store)}, ${age} old`),
    ...renderLabelled("Returns", `${count}, ${formatBytes(sizeBytes)}`, "good", options),
    ...listEntries(returns, options),
    ...(leaves.length === 0 ? [] : [
      ...renderLabelled("Leaves", "into quarantine, for an undo of this one", "faint", options),
      ...listEntries(leaves, options),
    ]),
    ...(changedSince.length === 0 ? [] : [
      ...renderLabelled(
        "CHANGED",
        "since the repair, which leaves too; --force does it",
        "warning",
        options,
      ),
      ...listEntries(changedSince, options),
    ]),
  ];
}

function listEntries(names: readonly string[], options: TextOptions): string[] {
  const lines = names.slice(0, ENTRIES_SHOWN)
    .flatMap((name) => renderLabelled("", printable(name), "faint", options));
  const more = names.length - ENTRIES_SHOWN;
  if (more > 0) lines.push(...renderLabelled("", `… and ${more} more`, "faint", options));
  return lines;
}

/**
 * Says what was done.
 *
 * @param outcome What became of it.
 * @param options How text is laid out.
 * @returns The lines, the verdict first.
 */
export function renderUndone({ plan, quarantined }: UndoOutcome, options: TextOptions): string[] {
  const store = showPath(plan.store);
  const verdict = `${options.paint("good", "UNDONE")}  ${store} is as it was before ${plan.id}`;
  const word = showPath(quoteShellWord(plan.store));
  return [
    verdict,
    ...(quarantined === null ? [] : [
      ...renderLabelled(
        "Replaced",
        `in quarantine as ${quarantined}. To have it again:`,
        "faint",
        options,
      ),
      ...renderCommand(`vecfsck undo ${word} ${quarantined}`, options),
    ]),
    ...renderLabelled("Next", "See what the store is like now:", "faint", options),
    ...renderCommand(`vecfsck check ${word}`, options),
  ];
}
