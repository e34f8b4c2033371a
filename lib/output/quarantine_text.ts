/**
 * What people read about the quarantine.
 *
 * Nothing here prints; every name passes through `printable`.
 *
 * @module
 */

import { join } from "@std/path";
import { formatBytes, formatCount, formatNumber } from "../base/format.ts";
import { printable } from "../base/printable.ts";
import type { IndexPart } from "../model/index_part.ts";
import type { DriftDirectory, ListedEntry, Quarantine } from "../quarantine/list_quarantine.ts";
import { MANIFEST_NAME, type QuarantineItem } from "../quarantine/manifest.ts";
import type { PlannedIndex } from "../quarantine/plan.ts";
import type { PurgePlan } from "../quarantine/purge.ts";
import type { RestoredEntry } from "../quarantine/restore_entry.ts";
import type { TextOptions } from "./text.ts";
import { wrapText } from "./wrap.ts";

const MOST_PATH_CHARACTERS = 4096;
const INDENT = "  ";
const DEEP_INDENT = "    ";

/**
 * Says which indexes are going to be moved, and what that costs.
 *
 * @param store The store.
 * @param indexes The indexes, and why.
 * @param options How text is laid out.
 * @returns The lines.
 */
export function renderQuarantinePlan(
  store: string,
  indexes: readonly PlannedIndex[],
  options: TextOptions,
): string[] {
  if (indexes.length === 0) return [`Nothing of ${showPath(store)} is to be moved aside.`];
  const { paint, width } = options;
  const count = countMoved(indexes.map(({ part }) => part.path));
  const lines = [paint("heading", `${count} of ${showPath(store)} to be moved aside:`)];
  for (const { part, reasons } of indexes) {
    const facts = `${describeOwner(part.collection)}, ${formatBytes(part.sizeBytes)}`;
    lines.push("", `${INDENT}${printable(part.path)}  ${facts}`);
    lines.push(...wrapText(`Why: ${printable(reasons.join("; "))}.`, width, DEEP_INDENT));
    lines.push(...wrapText(describeCopies(part), width, DEEP_INDENT));
  }
  return [...lines, ...renderCost(indexes.map(({ part }) => part), options)];
}

/** What chromem-go calls the folder of a collection, which holds the records as well. */
const COLLECTION_FOLDER = /^[0-9a-f]{8}$/;

/** Counts what is moved, by the names in the store: collections of chromem-go, indexes of Chroma. */
function countMoved(names: readonly string[]): string {
  return names.length > 0 && names.every((name) => COLLECTION_FOLDER.test(name))
    ? formatCount(names.length, "collection")
    : formatCount(names.length, "index", "indexes");
}

function describeOwner(collection: string | null): string {
  return collection === null ? "of no known collection" : `collection ${printable(collection)}`;
}

function describeCopies(part: IndexPart): string {
  const { collection, records, onlyCopies, replayable, hasRecords = false } = part;
  if (hasRecords) {
    return `${formatCount(records ?? 0, "record")} and their vectors exist nowhere else. Without ` +
      "it, the store opens as if they had never been there.";
  }
  if (records === null || onlyCopies === null || replayable === null) {
    return "How many vectors exist nowhere else cannot be told, for the database cannot be read: " +
      "it may be all of them.";
  }
  if (collection === null) return "No live record has its vector in it.";
  if (replayable === records) {
    return "The queue of the store has every vector of its live records: the engine makes the " +
      "index again.";
  }
  const exist = onlyCopies === 1 ? "vector exists" : "vectors exist";
  return `${formatNumber(onlyCopies)} of ${formatNumber(records)} ${exist} nowhere else. Without ` +
    `it, queries find ${
      replayable === 0 ? "none" : `at most ${formatNumber(replayable)}`
    } of the ` +
    `${formatCount(records, "record")}.`;
}

/** What was measured with Chroma 1.5.9 and 0.5.23 after such a move. */
function renderCost(parts: readonly IndexPart[], { width, paint }: TextOptions): string[] {
  const rest = parts.filter(({ hasRecords }) => hasRecords !== true);
  if (rest.every(({ records, replayable }) => records !== null && replayable === records)) {
    return [];
  }
  return [
    "",
    ...wrapText(
      "What queries do not find, the engine still counts, and has documents and metadata of; to " +
        "ask for the embeddings fails or gives none. When it opens the store, it makes a new " +
        "index in the same place, without these vectors.",
      width,
      "",
      `${paint("warning", "NOTE")}  `,
    ),
  ];
}

/**
 * Asks whether the indexes may be moved.
 *
 * @param indexes The indexes.
 * @returns The question without its mark.
 */
export function askToQuarantine(indexes: readonly PlannedIndex[]): string {
  return `Move ${countMoved(indexes.map(({ part }) => part.path))} aside`;
}

/**
 * Says what was moved, and how it comes back.
 *
 * @param listed The entry.
 * @param leftovers What could not be removed after it was copied.
 * @param options How text is laid out.
 * @returns The lines.
 */
export function renderQuarantined(
  { entry, paths }: ListedEntry,
  leftovers: readonly string[],
  { paint }: TextOptions,
): string[] {
  const { manifest, directory, id } = entry;
  const store = showPath(manifest.store);
  const count = countMoved(manifest.items.map(({ from }) => from));
  return [
    `${paint("good", "MOVED")}  ${count} of ${store}:`,
    ...paths.map((path) => `${INDENT}${showPath(path ?? "")}`),
    "",
    `${INDENT}Manifest:     ${showPath(join(directory, MANIFEST_NAME))}`,
    `${INDENT}To undo this: vecfsck quarantine restore ${store} ${id}`,
    `${INDENT}To rebuild:   vecfsck repair ${store}`,
    ...leftovers.map((path) => `${INDENT}Could not be removed: ${showPath(path)}`),
  ];
}

/**
 * Lists what was moved aside of a store.
 *
 * @param quarantine What there is.
 * @param options How text is laid out.
 * @returns The lines.
 */
export function renderQuarantine(
  { store, entries, unreadable, drifts }: Quarantine,
  options: TextOptions,
): string[] {
  if (entries.length + unreadable.length + drifts.length === 0) {
    return [`Nothing of ${showPath(store)} is in quarantine.`];
  }
  const { paint } = options;
  return [
    ...entries.flatMap((listed) => renderEntry(listed, options)),
    ...unreadable.flatMap(({ directory, problem }) => [
      `${paint("error", "UNREADABLE")}  ${showPath(directory)}`,
      ...wrapText(printable(problem, MOST_PATH_CHARACTERS), options.width, INDENT),
    ]),
    ...renderDrifts(drifts, options),
  ];
}

const HOLDINGS = {
  everything: "",
  part: "Only a part of it is here: the rest never moved, or was put back.",
  nothing: "Nothing moved, or everything was put back: it holds nothing.",
} as const;

function renderEntry(
  { entry, holding }: ListedEntry,
  { paint, width }: TextOptions,
): string[] {
  const { id, manifest } = entry;
  const { kind, items, location, reason, createdAt } = manifest;
  const sizeBytes = items.reduce((sum, item) => sum + item.sizeBytes, 0);
  const what = kind === "store"
    ? "the whole store"
    : kind === "repair"
    ? `what a repair has replaced: ${formatCount(items.length, "entry", "entries")}`
    : countMoved(items.map(({ from }) => from));
  const when = createdAt.replace(/\.\d+Z$/, "Z");
  const state = holding === "unreachable"
    ? `Its data is not there now: ${showPath(location ?? "")}`
    : HOLDINGS[holding];
  const place = location === null || holding === "unreachable" ? "" : `Data: ${showPath(location)}`;
  return [
    `${paint("heading", id)}  ${what}, ${formatBytes(sizeBytes)}, ${when}`,
    ...wrapText(`Why: ${printable(reason, MOST_PATH_CHARACTERS)}.`, width, DEEP_INDENT, INDENT),
    ...[state, place].filter((text) => text !== "").flatMap((text) =>
      wrapText(text, width, DEEP_INDENT, INDENT)
    ),
    ...(kind === "index" ? items.flatMap((item) => renderItem(item, width)) : []),
    ...(kind === "repair" && holding !== "nothing"
      ? [`${INDENT}To undo it: vecfsck undo ${showPath(manifest.store)} ${id}`]
      : []),
  ];
}

function renderItem(
  { from, collection, records, onlyCopies }: QuarantineItem,
  width: number,
): string[] {
  const copies = onlyCopies === null
    ? "how many vectors were nowhere else is not known"
    : collection === null && onlyCopies === 0
    ? "no live record had its vector in it"
    : onlyCopies === 0
    ? "every vector was elsewhere too"
    : `${formatCount(onlyCopies, "vector")}${
      records === null ? "" : ` of ${formatNumber(records)}`
    } ${onlyCopies === 1 ? "was" : "were"} nowhere else`;
  const text = `${printable(from)}: ${describeOwner(collection)}; ${copies}`;
  return wrapText(text, width, DEEP_INDENT, INDENT);
}

function renderDrifts(
  drifts: readonly DriftDirectory[],
  { paint, width }: TextOptions,
): string[] {
  if (drifts.length === 0) return [];
  return [
    paint("heading", "Renamed in the store itself:"),
    ...drifts.map(({ path, sizeBytes }) => `${INDENT}${showPath(path)}  ${formatBytes(sizeBytes)}`),
    ...wrapText(
      "Stop the engine and give such a directory its name back, without .drift- and what follows, " +
        "and the engine uses it again.",
      width,
      INDENT,
    ),
  ];
}

/**
 * Says what was put back.
 *
 * @param restored What was put back.
 * @param options How text is laid out.
 * @returns The lines.
 */
export function renderRestored(
  { store, entry, restored, replacedBy }: RestoredEntry,
  { paint, width }: TextOptions,
): string[] {
  const isStore = entry.manifest.kind === "store";
  const paths = isStore ? [store] : restored.map((path) => join(store, path));
  return [
    `${paint("good", "PUT BACK")}  what ${entry.id} held:`,
    ...paths.map((path) => `${INDENT}${showPath(path)}`),
    ...(replacedBy === null
      ? []
      : wrapText(`What stood there is in quarantine as ${replacedBy}.`, width, INDENT)),
    ...wrapText(
      isStore
        ? `Whether it is whole: vecfsck check ${showPath(store)}`
        : "It does not have what was written meanwhile. Whether index and records fit: " +
          `vecfsck check ${showPath(store)}`,
      width,
      INDENT,
    ),
  ];
}

/**
 * Says which entries are removed, and which are not.
 *
 * @param plan The plan.
 * @param removed The names of those that are gone; empty before.
 * @param options How text is laid out.
 * @returns The lines.
 */
export function renderPurge(
  { store, decisions }: PurgePlan,
  removed: readonly string[],
  { paint, width }: TextOptions,
): string[] {
  if (decisions.length === 0) return [`Nothing of ${showPath(store)} is in quarantine.`];
  return decisions.flatMap(({ entry, decision, reason }) => {
    const words = {
      "remove": removed.includes(entry.id) ? "REMOVED" : "TO REMOVE",
      "keep": "KEPT",
      "not-due": "NOT DUE",
    };
    const style = decision === "keep" ? "warning" : decision === "remove" ? "good" : "faint";
    const text = `${entry.id}: ${printable(reason, MOST_PATH_CHARACTERS)}`;
    return wrapText(text, width, DEEP_INDENT, `${paint(style, words[decision])}  `);
  });
}

function showPath(path: string): string {
  return printable(path, MOST_PATH_CHARACTERS);
}
