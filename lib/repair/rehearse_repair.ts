/**
 * Rehearsing a repair: everything is made as it would be, in a directory that is thrown away, to know
 * what the store would lose of its records.
 *
 * @module
 */

import { copyFile } from "../fs/copy.ts";
import { ScratchDirectory } from "../fs/scratch.ts";
import type { SavedFile } from "../stores/repair_format.ts";
import { MISSING_NAME } from "./keep_files.ts";
import type { RepairPlanOptions } from "./outcome.ts";
import { withPreparedPlan } from "./plan_repair.ts";

/**
 * Writes the records that would leave a store for want of a vector. Nothing in the store or beside
 * it is written.
 *
 * The vectors go into the queue of a private copy, whichever way was asked for: that takes out the
 * same records, and builds no index for nothing.
 *
 * @param path The store's directory.
 * @param options How the repair is planned.
 * @param target Where they go, one JSON object per line; no file is made where there are none.
 * @returns How many there are.
 * @throws {OperationError} The repair cannot be planned, or the records cannot be written.
 */
export async function rehearseRepair(
  path: string,
  options: RepairPlanOptions,
  target: string,
): Promise<{ readonly lines: number }> {
  const rehearsed: RepairPlanOptions = { ...options, strategy: "queue", keepUnsearchable: false };
  return await withPreparedPlan(path, rehearsed, async ({ plan, repair, basis: { fs } }) => {
    if (!plan.steps.some(({ losses }) => losses.some(({ kind }) => kind === "vector"))) {
      return { lines: 0 };
    }
    using staging = ScratchDirectory.create();
    const { saved } = await repair.stage(staging.path);
    const missing = saved.find(({ name }: SavedFile) => name === MISSING_NAME);
    if (missing === undefined) return { lines: 0 };
    copyFile(fs, missing.path, target);
    return { lines: missing.lines };
  });
}
