/**
 * Which labels follow the order of the rows: those that 1.x gave, and no others. Two things tell.
 *
 * **The store was made by 1.x.** An engine applies migrations directory by directory when it makes a
 * database, and what is new when it takes one over. 1.x begins with sysdb and ends with
 * embeddings_queue; the Python era begins with embeddings_queue, and metadb 5 came with 1.0. So where
 * metadb 5 was applied before the queue's first migration, no Python engine ever wrote a row.
 *
 * **The slots of one call are shuffled.** 1.x puts the records of a call into the index in the random
 * order of a hash map, in several threads; the Python era in the order of their labels, but for the
 * few that its threads overtake. So slots that are shuffled through and through were given their
 * labels by 1.x, and so were all labels above. That an integer stands in `embeddings.seq_id` is not
 * enough: 1.x puts one into every row that it updates, whoever made it.
 *
 * @module
 */

import { SLOT_STATE, type SlotSalvage } from "../../../hnsw/salvage_slots.ts";
import type { Catalogue } from "../catalogue/catalogue.ts";

/** Fewer slots can look shuffled by accident. */
const SMALLEST_SHUFFLE = 16;

/** In a random order 56 in 100 stand further off than a quarter of all; stragglers are few. */
const SHUFFLED_PART = 0.3;

/**
 * Tells whether a store was made by 1.x, so that every row and label in it is 1.x's.
 *
 * @param catalogue The catalogue.
 * @returns False where an older engine made it, or that cannot be told.
 */
export function wasMadeByRust({ migrations }: Pick<Catalogue, "migrations">): boolean {
  const place = (directory: string, version: number): number =>
    migrations.findIndex((row) => row.directory === directory && row.version === version);
  const metadb = place("metadb", 5);
  const queue = place("embeddings_queue", 1);
  return metadb !== -1 && queue !== -1 && metadb < queue;
}

/**
 * Finds the lowest label that the order of the slots proves to be given by 1.x.
 *
 * @param slots The slots of the index.
 * @returns The label, or null when no slots are shuffled.
 */
export function findFirstShuffledLabel({ labels, states }: SlotSalvage): number | null {
  let start = 0;
  let highest = 0;
  for (let slot = 0; slot < labels.length; slot++) {
    const label = labels[slot] ?? 0;
    const isSound = ((states[slot] ?? 0) & SLOT_STATE.labelled) !== 0 &&
      ((states[slot] ?? 0) & SLOT_STATE.duplicate) === 0;
    // Behind a slot that cannot be read nothing is known of where a block begins.
    if (!isSound) return null;
    highest = Math.max(highest, label);
    // Slots start to slot hold the labels start + 1 to slot + 1, in whatever order.
    if (highest !== slot + 1) continue;
    if (isShuffled(labels.subarray(start, slot + 1), start)) return start + 1;
    start = slot + 1;
  }
  return null;
}

function isShuffled(labels: Uint32Array, start: number): boolean {
  if (labels.length < SMALLEST_SHUFFLE) return false;
  let far = 0;
  for (let index = 0; index < labels.length; index++) {
    const distance = Math.abs((labels[index] ?? 0) - 1 - start - index);
    if (distance > labels.length / 4) far++;
  }
  return far >= SHUFFLED_PART * labels.length;
}
