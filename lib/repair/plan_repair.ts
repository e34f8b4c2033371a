/**
 * Planning a repair without touching the store: what `--dry-run` shows.
 *
 * @module
 */

import { localFs } from "../fs/platform.ts";
import { ScratchDirectory } from "../fs/scratch.ts";
import type { RepairPlan } from "../model/repair.ts";
import { requireUnchanged, stampStore } from "../quarantine/store_stamps.ts";
import { requireOwnLinks } from "../stores/own_links.ts";
import { requireStore } from "../stores/registry.ts";
import type { PreparedRepair } from "../stores/repair_format.ts";
import type { RepairPlanSettings } from "./outcome.ts";
import {
  bindPlan,
  checkFor,
  createRequest,
  type PlanBasis,
  repairerOf,
  type RunOptions,
  toRepairError,
} from "./prepare_plan.ts";

/**
 * Plans the repair of a store. Nothing in the store or beside it is written, not even a time stamp:
 * what the plan tells was tried out on private copies in the system's directory for temporary files.
 *
 * @example
 * ```ts
 * import { detectStore, planStoreRepair } from "@vecfsck/vecfsck";
 *
 * async function show(path: string): Promise<void> {
 *   const plan = await planStoreRepair(path);
 *   for (const { title, losses } of plan.steps) console.log(title, losses.length);
 *   for (const { code, reason } of plan.unanswered) console.log(code, reason);
 * }
 * if (detectStore(".") !== null) await show(".");
 * ```
 *
 * @param path The store's directory.
 * @param options Which findings are answered, and how.
 * @returns The plan; it has no steps where nothing is to be done.
 * @throws {OperationError} There is no store, it cannot be read, is in use, or was written by an
 * engine that this version does not know; or what was handed in is wrong.
 */
export async function planStoreRepair(
  path: string,
  options: RepairPlanSettings = {},
): Promise<RepairPlan> {
  return await runPlan(path, options);
}

/**
 * Plans a repair as {@linkcode planStoreRepair} does, with what is chosen within this program.
 *
 * @param path The store's directory.
 * @param options Which findings are answered, and how.
 * @returns The plan.
 * @throws {OperationError} As there.
 */
export async function runPlan(path: string, options: RunOptions): Promise<RepairPlan> {
  return await withPreparedPlan(path, options, ({ plan }) => Promise.resolve(plan));
}

/** A plan, and what would carry it out. */
export interface PreparedPlan {
  /** The plan. */
  readonly plan: RepairPlan;
  /** What would carry it out. */
  readonly repair: PreparedRepair;
  /** What is known of the store. */
  readonly basis: Pick<PlanBasis, "store" | "fs">;
}

/**
 * Plans a repair and hands out what would carry it out; nothing in the store is written.
 *
 * @param path The store's directory.
 * @param options Which findings are answered, and how.
 * @param use Is given the plan, which holds until it returns.
 * @returns What `use` returns.
 * @throws {OperationError} As there, and what `use` throws.
 */
export async function withPreparedPlan<Result>(
  path: string,
  options: RunOptions,
  use: (prepared: PreparedPlan) => Promise<Result>,
): Promise<Result> {
  const { fs = localFs } = options;
  const store = requireStore(path);
  try {
    requireOwnLinks(fs, store.path);
    const stamps = stampStore(fs, store.path);
    const checked = await checkFor(store.path, "checking the store", options);
    using scratch = ScratchDirectory.create();
    const request = createRequest({ store, checked, scratch: scratch.path, fs }, options);
    using repair = await repairerOf(store, options).prepare(store, request);
    requireUnchanged(fs, store.path, stamps);
    const plan = bindPlan({ store, checked }, stamps, repair.draft);
    return await use({ plan, repair, basis: { store, fs } });
  } catch (error) {
    throw toRepairError(error, store.path, options.signal);
  }
}
