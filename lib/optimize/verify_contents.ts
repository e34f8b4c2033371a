/**
 * Holding an optimised store against the store that it replaces.
 *
 * @module
 */

import { OperationError } from "../base/errors.ts";
import { formatCount } from "../base/format.ts";
import type { CollectionContents } from "../model/store.ts";
import { findChangedContents } from "../repair/find_problems.ts";
import { REPORT_HINT } from "../repair/prepare_plan.ts";

/** How many problems an error names. */
const MOST_NAMED = 3;

/**
 * Compares what two stores hold: the same collections, and each of them the same.
 *
 * @param before What the store holds.
 * @param after What the one holds that takes its place.
 * @returns What is not the same, as sentences without a period.
 */
export function compareContents(
  before: readonly CollectionContents[],
  after: readonly CollectionContents[],
): string[] {
  const changed = findChangedContents(new Set(), before, after);
  const known = new Set(before.map(({ id }) => id));
  const added = after.filter(({ id }) => !known.has(id));
  return [...changed, ...added.map(({ name }) => `The collection "${name}" was not there before`)];
}

/**
 * Refuses an optimised store with which something is wrong.
 *
 * @param store The store's directory.
 * @param problems What is wrong.
 * @throws {OperationError} Something is; the first few are named.
 */
export function requireNoProblems(store: string, problems: readonly string[]): void {
  if (problems.length === 0) return;
  const more = problems.length - MOST_NAMED;
  throw new OperationError(
    "internal",
    `The optimised store was not put into place: ${problems.slice(0, MOST_NAMED).join("; ")}` +
      (more > 0 ? `; and ${formatCount(more, "more thing")}` : ""),
    { path: store, hint: REPORT_HINT },
  );
}
