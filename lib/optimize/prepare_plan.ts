/**
 * The first half of optimising a store, which a dry run ends with: the full check, and the plan.
 *
 * @module
 */

import { OperationError } from "../base/errors.ts";
import type { CollectedCheck } from "../engine/collect_check.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import type { OptimizationDraft } from "../model/optimization.ts";
import type { DetectedStore, FileStamp } from "../model/store.ts";
import { checkFor, stateOf, toRepairError } from "../repair/prepare_plan.ts";
import { requireOwnLinks } from "../stores/own_links.ts";
import { optimizerByName } from "../stores/optimizers.ts";
import type { StoreOptimizer, SurveyedStore } from "../stores/optimize_format.ts";
import type { OptimizationPlan, OptimizationPlanOptions } from "./outcome.ts";

/** What is known of a store before anything is planned. */
export interface OptimizationBasis {
  /** The store. */
  readonly store: DetectedStore;
  /** The stamps of its files, from before the check. */
  readonly stamps: readonly FileStamp[];
  /** What a full check has found. */
  readonly checked: CollectedCheck;
}

/** A plan, and what carries it out. */
export interface BoundOptimization {
  /** The plan. */
  readonly plan: OptimizationPlan;
  /** What carries it out; null where the store has to be repaired first. */
  readonly survey: SurveyedStore | null;
}

/** The plan for a store that has to be repaired first. */
const NOTHING: OptimizationDraft = { actions: [], rests: [], sizeBytes: 0 };

/**
 * Tells what optimises a store.
 *
 * @param store The store.
 * @param options What the caller has chosen.
 * @returns What optimises it.
 */
export function optimizerOf(
  store: DetectedStore,
  { optimizer }: OptimizationPlanOptions,
): StoreOptimizer {
  return optimizer ?? optimizerByName(store.format);
}

/**
 * Checks a store, and plans what is done in it.
 *
 * @param fs The file system.
 * @param store The store, and the stamps of its files.
 * @param options What is asked for.
 * @returns The plan, and what carries it out.
 * @throws {OperationError} The store cannot be read, is in use, or was written by an engine that this
 * version does not know.
 */
export async function bindOptimization(
  fs: WriteFs,
  { store, stamps }: Omit<OptimizationBasis, "checked">,
  options: OptimizationPlanOptions,
): Promise<BoundOptimization> {
  requireOwnLinks(fs, store.path);
  const checked = await checkFor(store.path, "checking the store", options);
  const { damage } = stateOf(checked);
  const basis = { store, stamps, checked };
  if (damage.length > 0) return bind(basis, damage, null);
  requireComplete(basis);
  const { jobs, signal, onProgress } = options;
  const survey = await optimizerOf(store, options).survey(store, {
    findings: checked.findings,
    journalMode: options.journalMode ?? null,
    compactIndexes: options.compactIndexes ?? false,
    jobs: jobs ?? navigator.hardwareConcurrency,
    maxMemoryBytes: options.maxMemoryBytes ?? null,
    signal,
    onProgress,
    fs,
  });
  return bind(basis, [], survey);
}

/** What a check could not look at may be damaged. */
function requireComplete({ store, checked: { summary } }: OptimizationBasis): void {
  if (summary.complete) return;
  throw new OperationError("read-failed", "The store could not be checked to the end", {
    path: store.path,
    hint: `Nothing was changed. \`vecfsck check ${store.path}\` says what is in the way.`,
  });
}

function bind(
  { store, stamps, checked }: OptimizationBasis,
  damage: readonly string[],
  survey: SurveyedStore | null,
): BoundOptimization {
  const plan: OptimizationPlan = {
    ...survey?.draft ?? NOTHING,
    store: store.path,
    engine: checked.summary.engine,
    damage,
    stamps,
  };
  return { plan, survey };
}

/**
 * Makes of whatever was thrown an error that can be told.
 *
 * @param error What was thrown.
 * @param store The store's directory.
 * @param signal The signal that ends the work.
 * @returns The error.
 */
export function toOptimizationError(
  error: unknown,
  store: string,
  signal: AbortSignal | undefined,
): OperationError {
  return toRepairError(error, store, signal, "optimisation");
}
