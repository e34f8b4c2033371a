/**
 * What people read about exporting a store.
 *
 * Nothing here prints; every name passes through `printable`.
 *
 * @module
 */

import { formatBytes, formatCount, formatDuration, formatNumber } from "../base/format.ts";
import { printable } from "../base/printable.ts";
import { quoteShellWord } from "../base/shell_words.ts";
import type { ExportedCollection, ExportFormat, ExportOutcome } from "../export/outcome.ts";
import type { RepairLoss } from "../model/repair.ts";
import { nameSome, renderCommand, renderLabelled, showPath, showText } from "./labelled_text.ts";
import { describeLoss } from "./loss_text.ts";
import { renderFindings, type TextOptions } from "./text.ts";
import { wrapText } from "./wrap.ts";

/** How many ids of a loss, collections and files are shown. */
const IDS_SHOWN = 5;
const COLLECTIONS_SHOWN = 20;

const FORMATS: Readonly<Record<ExportFormat, string>> = {
  jsonl: "JSON Lines",
  parquet: "Parquet",
  npy: "NumPy arrays",
};

/** What is going to be done. */
export interface ExportHeading {
  /** The store, as it was named. */
  readonly store: string;
  /** The format. */
  readonly format: ExportFormat;
  /** Where it goes; null for standard output. */
  readonly path: string | null;
}

/**
 * The line that is printed before a store is exported.
 *
 * @param heading What is going to be done.
 * @param options How text is laid out.
 * @returns The line.
 */
export function renderExportHeading(
  { store, format, path }: ExportHeading,
  { paint }: TextOptions,
): string[] {
  const to = path === null ? "" : ` to ${showPath(path)}`;
  return [
    paint("heading", `Exporting ${showPath(store)} as ${FORMATS[format]}${to}`) +
    " (with a full check)",
  ];
}

/**
 * Says what became of an export.
 *
 * @param outcome What became of it.
 * @param options How text is laid out.
 * @returns The lines, the verdict last.
 */
export function renderExportOutcome(outcome: ExportOutcome, options: TextOptions): string[] {
  if (outcome.state === "damaged") return renderRefusal(outcome, options);
  if (outcome.state === "interrupted") return [];
  return [
    ...renderCollections(outcome.collections),
    ...renderLost(outcome, options),
    ...renderResult(outcome, options),
  ];
}

function renderRefusal({ store, damage }: ExportOutcome, options: TextOptions): string[] {
  return [
    ...renderFindings(damage, options),
    `${options.paint("error", "DAMAGED")}  ${showPath(store)}: nothing was exported`,
    ...wrapText(
      "With --salvage all that is left is exported, the newest version of every record from " +
        "wherever it stands, and what is lost is told in numbers. Nothing in the store is changed " +
        "by it:",
      options.width,
      "  ",
    ),
    ...renderCommand(`vecfsck export --salvage ${quoteShellWord(showPath(store))}`, options),
  ];
}

function renderCollections(collections: readonly ExportedCollection[]): string[] {
  const shown = collections.slice(0, COLLECTIONS_SHOWN);
  const more = collections.length - shown.length;
  return [
    ...shown.map(({ facts, records, withoutVector }) => {
      const name = printable(facts.name ?? `without a name (${facts.id})`, 100);
      const dimension = facts.dimension === null ? "" : ` of ${facts.dimension} dimensions`;
      const without = withoutVector === 0
        ? ""
        : `, ${formatNumber(withoutVector)} of them without a vector`;
      return `  ${name}: ${formatCount(records, "record")}${dimension}${without}`;
    }),
    ...(more > 0 ? [`  … and ${formatCount(more, "more collection")}`] : []),
  ];
}

function renderLost({ lost }: ExportOutcome, options: TextOptions): string[] {
  if (lost === null) return [];
  return [
    ...lost.losses.flatMap((loss) => renderLoss(loss, options)),
    ...lost.unanswered.flatMap(({ code, reason }) =>
      renderLabelled("LEFT", `${code}: ${showText(reason)}`, "error", options)
    ),
  ];
}

function renderLoss(loss: RepairLoss, options: TextOptions): string[] {
  const isDoubt = loss.kind === "newer-version" || loss.kind === "newer-record";
  const [label, style] = isDoubt ? ["OLDER?", "warning"] as const : ["LOST", "error"] as const;
  const ids = nameSome(
    loss.ids.map((id) => printable(id, 80)),
    IDS_SHOWN,
    (more) => `${formatNumber(more)} more; --json lists all`,
  );
  return [
    ...renderLabelled(label, `${describeLoss(loss)}: ${showText(loss.reason)}`, style, options),
    ...(ids === "" ? [] : renderLabelled("", ids, "faint", options)),
  ];
}

function renderResult(outcome: ExportOutcome, { paint }: TextOptions): string[] {
  const { store, collections, files, path, damage, isComplete, elapsedMs } = outcome;
  const records = collections.reduce((sum, collection) => sum + collection.records, 0);
  const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  const what = `${formatCount(records, "record")}, ${formatBytes(sizeBytes)} in ` +
    formatDuration(elapsedMs);
  const where = path === null ? [] : [`          in ${showPath(path)}`];
  if (damage.length === 0) {
    return [`${paint("good", "EXPORTED")}  ${showPath(store)}: ${what}`, ...where];
  }
  const [label, style, rest] = isComplete
    ? ["SALVAGED", "good", "everything that the damaged store held"] as const
    : ["PARTIAL", "error", "what is left of the damaged store"] as const;
  return [`${paint(style, label)}  ${showPath(store)}: ${what}, ${rest}`, ...where];
}
