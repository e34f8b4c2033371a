/**
 * What the collections of a repaired store hold, held against what they held before. Nothing is read
 * here.
 *
 * @module
 */

import type { CollectionContents } from "../model/store.ts";
import type { DrillContents } from "./drill_result.ts";

/**
 * Holds collections against what they were. One that a repair had to call by another name is known
 * by its id, or by what it holds.
 *
 * @param before What they held.
 * @param after What they hold.
 * @returns One entry for each that there was.
 */
export function compareContents(
  before: readonly CollectionContents[],
  after: readonly CollectionContents[],
): DrillContents[] {
  const left = new Set(after);
  const found = new Map<CollectionContents, CollectionContents>();
  for (const isSameOne of [hasSameId, hasSameName, hasSameContents]) {
    for (const then of before) {
      const now = found.has(then) ? undefined : [...left].find((one) => isSameOne(then, one));
      if (now === undefined) continue;
      found.set(then, now);
      left.delete(now);
    }
  }
  return before.map((then) => {
    const now = found.get(then);
    return {
      collection: then.name,
      nameAfter: now?.name ?? null,
      recordsBefore: then.records,
      recordsAfter: now?.records ?? null,
      isSame: now?.hash === then.hash,
    };
  });
}

function hasSameId(then: CollectionContents, now: CollectionContents): boolean {
  return then.id === now.id;
}

function hasSameName(then: CollectionContents, now: CollectionContents): boolean {
  return then.name === now.name;
}

function hasSameContents(then: CollectionContents, now: CollectionContents): boolean {
  return then.hash === now.hash && then.records > 0;
}
