/**
 * The labels of an index: how many were ever given, and which of them are live.
 *
 * @module
 */

import { SLOT_STATE, type SlotSalvage } from "../../../hnsw/salvage_slots.ts";
import type { DeclaredCounts } from "./index_directory.ts";

/** No index has so many labels for each slot that could be read: its file was cut to nothing. */
const MOST_LABELS_PER_SLOT = 16;

/**
 * The highest label that was ever given: 1.x never takes a slot or a label twice, so that it is also
 * how many slots are in use.
 *
 * @param slots What can be used of the slots.
 * @param declared What is said of how many are in use.
 * @returns The label, or null where the files do not agree on it.
 */
export function findHighestLabel(slots: SlotSalvage, declared: DeclaredCounts): number | null {
  let highest = 0;
  let labelled = 0;
  for (const [slot, label] of slots.labels.entries()) {
    if (label === 0 || ((slots.states[slot] ?? 0) & SLOT_STATE.duplicate) !== 0) continue;
    highest = Math.max(highest, label);
    labelled++;
  }
  const { header, links, data } = declared;
  const said = [header, links, data].filter((count): count is number =>
    count !== null && count >= highest && count <= MOST_LABELS_PER_SLOT * Math.max(1, labelled)
  );
  if (header !== null && header === links && said.includes(header)) return header;
  // Two of the three agree, or every label up to the highest was seen and one of them says so.
  const agreed = said.find((count, at) => said.indexOf(count) !== at);
  if (agreed !== undefined) return agreed;
  return labelled === highest && said.includes(highest) ? highest : null;
}

/**
 * Lists the labels that are live, or may be.
 *
 * @param slots What can be used of the slots.
 * @param highest The highest label that was given.
 * @param taken Labels that are left out.
 * @returns The labels, ascending, and a 1 for each whose slot cannot be read.
 */
export function listLiveLabels(
  slots: SlotSalvage,
  highest: number,
  taken: ReadonlySet<number>,
): { labels: Uint32Array; open: Uint8Array } {
  const dead = 1;
  const live = 2;
  const kinds = new Uint8Array(highest + 1);
  for (const [slot, label] of slots.labels.entries()) {
    const state = slots.states[slot] ?? 0;
    if (label === 0 || label > highest || (state & SLOT_STATE.duplicate) !== 0) continue;
    if ((state & SLOT_STATE.deleted) !== 0) kinds[label] = dead;
    else if ((state & SLOT_STATE.live) !== 0) kinds[label] = live;
  }
  const labels: number[] = [];
  const open: number[] = [];
  for (let label = 1; label <= highest; label++) {
    if (kinds[label] === dead || taken.has(label)) continue;
    labels.push(label);
    open.push(kinds[label] === live ? 0 : 1);
  }
  return { labels: Uint32Array.from(labels), open: Uint8Array.from(open) };
}
