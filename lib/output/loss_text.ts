/**
 * What a repair loses, as text.
 *
 * @module
 */

import { formatCount, formatNumber } from "../base/format.ts";
import { printable } from "../base/printable.ts";
import type { LossKind, RepairLoss } from "../model/repair.ts";
import { capitalise, nameSome, renderLabelled, showText } from "./labelled_text.ts";
import type { TextOptions } from "./text.ts";

/** How many ids of a loss are shown. */
const IDS_SHOWN = 5;

/** Losses of which nobody knows whether they are any. */
const DOUBTS: ReadonlySet<LossKind> = new Set(["newer-version", "newer-record"]);

/**
 * Says what is lost, with the first ids.
 *
 * @param loss The loss.
 * @param options How text is laid out.
 * @returns The lines.
 */
export function renderLoss(loss: RepairLoss, options: TextOptions): string[] {
  const isDoubt = DOUBTS.has(loss.kind);
  const ids = nameSome(
    loss.ids.map((id) => printable(id, 80)),
    IDS_SHOWN,
    (more) => `${formatNumber(more)} more; --json lists all`,
  );
  const text = `${describeLoss(loss)}: ${showText(loss.reason)}. ${capitalise(describeEnd(loss))}.`;
  const [label, style] = isDoubt ? ["OLDER?", "warning"] as const : ["LOST", "error"] as const;
  return [
    ...renderLabelled(label, text, style, options),
    ...(ids === "" ? [] : renderLabelled("", ids, "faint", options)),
  ];
}

/**
 * Says how much of what is lost, without the reason.
 *
 * @param loss The loss.
 * @returns For instance `3 vectors of notes`.
 */
export function describeLoss({ kind, count, table, collection }: RepairLoss): string {
  const of = collection === null ? "" : ` of ${printable(collection)}`;
  switch (kind) {
    case "vector":
      return `${formatCount(count, "vector")}${of}`;
    case "length":
      return `${formatCount(count, "length of a vector", "lengths of vectors")}${of}`;
    case "newer-version":
      return `${formatCount(count, "vector")}${of} may have had a newer version`;
    case "newer-record":
      return `${formatCount(count, "record")}${of} may have had a newer version`;
    case "version":
      return `${formatCount(count, "version of a record", "versions of records")}${of}`;
    case "document":
      return `${formatCount(count, "document")}${of}`;
    case "metadata":
      return `metadata of ${formatCount(count, "record")}${of}`;
    case "record":
      return `${formatCount(count, "record")}${of}`;
    case "collection-name":
      return formatCount(count, "name of a collection", "names of collections");
    case "collection-metadata":
      return `metadata of the collection${of.slice(3)}`;
    case "queue-row":
      return `${formatCount(count, "row of the queue", "rows of the queue")}${of}`;
    case "row":
      return `${formatCount(count, "row")} of ${printable(table ?? "a table")}`;
  }
}

/** What of a loss stays in the store or leaves it. */
function nounOf(kind: LossKind): string {
  if (kind === "version") return "version";
  return kind === "collection-name" || kind === "collection-metadata" ? "collection" : "record";
}

/** What becomes of that of which something is lost. */
function describeEnd({ kind, outcome, count }: RepairLoss): string {
  const it = count === 1 ? "it" : "them";
  const record = count === 1 ? `the ${nounOf(kind)}` : `the ${nounOf(kind)}s`;
  const stays = count === 1 ? "stays" : "stay";
  switch (outcome) {
    case "taken-out":
      if (kind === "queue-row") return "set aside into a file";
      return `${record} ${count === 1 ? "leaves" : "leave"} the store into a file`;
    case "kept-unsearchable":
      return `${record} ${stays}, and no query finds ${it}`;
    case "kept":
      return DOUBTS.has(kind) ? "what was found is used" : `${record} ${stays} without`;
    case "moved-aside":
      return `${record} ${count === 1 ? "moves" : "move"} to where no engine looks`;
    case "gone":
      return `nothing is left of ${it}`;
  }
}
