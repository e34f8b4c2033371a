/**
 * A directory of an index with what its id map gave.
 *
 * @module
 */

import { SLOT_STATE, type SlotSalvage } from "../../../hnsw/salvage_slots.ts";
import type { SlotBitmap } from "../../../hnsw/slot_bitmap.ts";
import type { IndexDirectory } from "./index_directory.ts";
import type { LabelReading } from "./read_labels.ts";
import type { DirectoryReport } from "./salvage_request.ts";

/** A directory that was opened, and what its id map gave. */
export interface OpenedIndex {
  /** The directory. */
  readonly index: IndexDirectory;
  /** The labels of its id map, or null without one. */
  labels: LabelReading | null;
  /** Whether it is the segment's own. */
  readonly isOwn: boolean;
}

/**
 * Says what was found in a directory.
 *
 * @param opened The directory.
 * @returns The report on it.
 */
export function describeDirectory({ index, labels, isOwn }: OpenedIndex): DirectoryReport {
  return {
    name: index.directory.name,
    movedAside: !isOwn,
    layout: index.layout?.source ?? null,
    slots: index.slots?.counts ?? null,
    idMapFault: labels?.fault ?? null,
    idMapLabels: labels?.accepted ?? null,
    contradicted: labels?.contradicted ?? 0,
  };
}

/**
 * Lists the usable live slots that belong to no record as far as is known.
 *
 * @param slots The slots; null for none.
 * @param claimed Those that records have.
 * @returns The slots, ascending.
 */
export function listUnclaimed(slots: SlotSalvage | null, claimed: SlotBitmap): number[] {
  const left: number[] = [];
  for (const [slot, state] of slots?.states.entries() ?? []) {
    const isLive = (state & SLOT_STATE.usable) !== 0 && (state & SLOT_STATE.live) !== 0;
    if (isLive && !claimed.has(slot)) left.push(slot);
  }
  return left;
}
