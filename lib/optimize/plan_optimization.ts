/**
 * Planning how a store is optimised without touching it: what `--dry-run` shows.
 *
 * @module
 */

import { localFs } from "../fs/platform.ts";
import { requireUnchanged, stampStore } from "../quarantine/store_stamps.ts";
import { requireStore } from "../stores/registry.ts";
import type {
  OptimizationPlan,
  OptimizationPlanOptions,
  OptimizationPlanSettings,
} from "./outcome.ts";
import { bindOptimization, toOptimizationError } from "./prepare_plan.ts";

/**
 * Plans how a store is optimised. Nothing in the store or beside it is written, not even a time
 * stamp; it takes as long as a full check, and a little more.
 *
 * @example
 * ```ts
 * import { detectStore, planOptimization } from "@vecfsck/vecfsck";
 *
 * async function show(path: string): Promise<void> {
 *   const { damage, actions, rests } = await planOptimization(path);
 *   if (damage.length > 0) console.log("repair it first:", damage);
 *   for (const { title, figures } of actions) console.log(title, figures);
 *   for (const { count, reason } of rests) console.log(count, reason);
 * }
 * if (detectStore(".") !== null) await show(".");
 * ```
 *
 * @param path The store's directory.
 * @param options What is asked for.
 * @returns The plan; it has no actions where nothing is to be done, or the store is damaged.
 * @throws {OperationError} There is no store, it cannot be read, is in use, or was written by an
 * engine that this version does not know.
 */
export async function planOptimization(
  path: string,
  options: OptimizationPlanSettings = {},
): Promise<OptimizationPlan> {
  return await runOptimizationPlan(path, options);
}

/**
 * Plans it as {@linkcode planOptimization} does, with what is chosen within this program.
 *
 * @param path The store's directory.
 * @param options What is asked for.
 * @returns The plan.
 * @throws {OperationError} As there.
 */
export async function runOptimizationPlan(
  path: string,
  options: OptimizationPlanOptions,
): Promise<OptimizationPlan> {
  const { fs = localFs } = options;
  const store = requireStore(path);
  try {
    const stamps = stampStore(fs, store.path);
    const { plan } = await bindOptimization(fs, { store, stamps }, options);
    requireUnchanged(fs, store.path, stamps);
    return plan;
  } catch (error) {
    throw toOptimizationError(error, store.path, options.signal);
  }
}
