/**
 * Looking at a store as it will be, before it takes its place.
 *
 * @module
 */

import { OperationError } from "../base/errors.ts";
import { formatCount } from "../base/format.ts";
import type { CollectedCheck } from "../engine/collect_check.ts";
import { readStoreContents } from "../engine/contents.ts";
import type { RepairDraft, RepairVerification } from "../model/repair.ts";
import type { CollectionContents } from "../model/store.ts";
import type { PreparedRepair } from "../stores/repair_format.ts";
import { findChangedContents, findTouched, findWorse, isTouched } from "./find_problems.ts";
import { checkFor, REPORT_HINT, type RunOptions } from "./prepare_plan.ts";

/** How many problems an error names. */
const MOST_NAMED = 3;

/** What is held against what. */
export interface ViewSubject {
  /** The store's directory, as it is. */
  readonly store: string;
  /** A directory in which it is as it will be. */
  readonly view: string;
  /** What a full check has found in the store. */
  readonly before: CollectedCheck;
  /** The repair. */
  readonly prepared: PreparedRepair;
}

/** What was seen. */
export interface ViewVerdict {
  /** What a full check finds in the view. */
  readonly after: CollectedCheck;
  /** What the format has looked at besides. */
  readonly verification: RepairVerification;
}

/**
 * Verifies that a repaired store is as it was planned, and in nothing worse than before.
 *
 * @param subject The store and its view.
 * @param options A signal, and who is told of progress.
 * @returns What was seen.
 * @throws {OperationError} It is not as it was planned, or cannot be read.
 */
export async function verifyView(
  { store, view, before, prepared }: ViewSubject,
  options: RunOptions,
): Promise<ViewVerdict> {
  const { draft } = prepared;
  const after = await checkFor(view, "checking the repaired store", options);
  options.signal?.throwIfAborted();
  const verification = await prepared.verify(view);
  options.signal?.throwIfAborted();
  const problems = [
    ...verification.problems,
    ...findWorse(draft, before.findings, after.findings),
    ...await compareContents({ store, view, before, draft }, options),
  ];
  if (problems.length > 0) throw createProblemError(store, problems);
  return { after, verification };
}

/** Collections that the plan does not name must hold what they held. */
async function compareContents(
  { store, view, before, draft }: Omit<ViewSubject, "prepared"> & { readonly draft: RepairDraft },
  options: RunOptions,
): Promise<string[]> {
  const touched = findTouched(draft, before.findings);
  if (touched === null) return [];
  const then = await readContentsOrNull(store, options);
  const untouched = then?.filter((contents) => !isTouched(touched, contents)) ?? [];
  if (untouched.length === 0) return [];
  return findChangedContents(touched, untouched, await readContents(view, options));
}

async function readContentsOrNull(
  path: string,
  options: RunOptions,
): Promise<readonly CollectionContents[] | null> {
  try {
    return await readContents(path, options);
  } catch (error) {
    if (options.signal?.aborted) throw error;
    // It is damaged, and does not tell.
    return null;
  }
}

async function readContents(
  path: string,
  { signal, jobs }: RunOptions,
): Promise<readonly CollectionContents[]> {
  return await readStoreContents(path, {
    ...(signal === undefined ? {} : { signal }),
    ...(jobs === undefined ? {} : { jobs }),
  });
}

function createProblemError(store: string, problems: readonly string[]): OperationError {
  const more = problems.length - MOST_NAMED;
  const named = problems.slice(0, MOST_NAMED).join("; ");
  return new OperationError(
    "internal",
    `The repaired store was not put into place: ${formatCount(problems.length, "thing")} in it ` +
      `${problems.length === 1 ? "is" : "are"} not as planned: ${named}` +
      (more > 0 ? `; and ${more} more` : ""),
    { path: store, hint: REPORT_HINT },
  );
}
