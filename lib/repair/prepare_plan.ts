/**
 * The first half of a repair, which a dry run ends with: the full check, and the plan.
 *
 * @module
 */

import { OperationError } from "../base/errors.ts";
import { collectCheck, type CollectedCheck } from "../engine/collect_check.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import { errorCodeOf, toWriteError } from "../fs/write_errors.ts";
import { isDamage } from "../model/finding.ts";
import type { RepairDraft, RepairPlan } from "../model/repair.ts";
import type { DetectedStore, FileStamp } from "../model/store.ts";
import { repairerByName } from "../stores/repairers.ts";
import type { RepairRequest, StoreRepairer } from "../stores/repair_format.ts";
import { findOlderCopies } from "./older_copies.ts";
import type { RepairPlanOptions, StoreState } from "./outcome.ts";

/** How a repair is planned within this program. */
export interface RunOptions extends RepairPlanOptions {
  /** What repairs the store; that of its format when left out. */
  readonly repairer?: StoreRepairer;
}

/**
 * Tells what repairs a store.
 *
 * @param store The store.
 * @param options What the caller has chosen.
 * @returns What repairs it.
 */
export function repairerOf(store: DetectedStore, { repairer }: RunOptions): StoreRepairer {
  return repairer ?? repairerByName(store.format);
}

/**
 * Checks a store at the full level, as a part of a repair.
 *
 * @param path The store's directory, or one that is laid out as one.
 * @param title What is being done, for people.
 * @param options A signal, and who is told of progress.
 * @returns What the check has found.
 * @throws {OperationError} It cannot be read, or is in use.
 */
export async function checkFor(
  path: string,
  title: string,
  { signal, jobs, onProgress }: RunOptions,
): Promise<CollectedCheck> {
  return await collectCheck(path, {
    ...(signal === undefined ? {} : { signal }),
    ...(jobs === undefined ? {} : { jobs }),
    ...(onProgress === undefined ? {} : {
      onProgress: ({ checkedBytes, totalBytes }) =>
        onProgress({ title, done: totalBytes === 0 ? 1 : checkedBytes / totalBytes }),
    }),
  });
}

/** What a repair is planned by besides its options. */
export interface PlanBasis {
  /** The store. */
  readonly store: DetectedStore;
  /** What a full check has found. */
  readonly checked: CollectedCheck;
  /** An empty directory for private copies. */
  readonly scratch: string;
  /** The file system. */
  readonly fs: WriteFs;
}

/**
 * Makes what the format is asked for.
 *
 * @param basis What is known of the store.
 * @param options What was asked for.
 * @returns The request.
 * @throws {OperationError} The older copies of the store cannot be listed.
 */
export function createRequest(
  { store, checked, scratch, fs }: PlanBasis,
  options: RunOptions,
): RepairRequest {
  const { only, signal, onProgress } = options;
  return {
    findings: checked.findings,
    onlyCodes: only === undefined || only.length === 0 ? null : new Set(only),
    onlyCollection: options.collection ?? null,
    strategy: options.strategy ?? "auto",
    keepUnsearchable: options.keepUnsearchable ?? false,
    eraseDeleted: options.eraseDeleted ?? false,
    vectorsPath: options.vectorsPath ?? null,
    names: options.names ?? [],
    unnamed: options.unnamed ?? "rename",
    shadowed: options.shadowed ?? "apart",
    olderCopies: findOlderCopies(fs, store.path),
    scratch,
    check: async (path) =>
      (await checkFor(path, "checking what was put right so far", options)).findings,
    jobs: options.jobs ?? navigator.hardwareConcurrency,
    maxMemoryBytes: options.maxMemoryBytes ?? null,
    signal,
    onProgress,
    fs,
  };
}

/**
 * Binds a plan to the store that it was made from.
 *
 * @param basis What is known of the store.
 * @param stamps The stamps of its files, from before the check.
 * @param draft The plan.
 * @returns The plan.
 */
export function bindPlan(
  { store, checked }: Pick<PlanBasis, "store" | "checked">,
  stamps: readonly FileStamp[],
  draft: RepairDraft,
): RepairPlan {
  return {
    ...draft,
    store: store.path,
    engine: checked.summary.engine,
    stamps,
    sizeBytes: draft.steps.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  };
}

/**
 * Says in short what a check has found.
 *
 * @param checked What it has found.
 * @returns The same in short.
 */
export function stateOf({ findings, summary }: CollectedCheck): StoreState {
  const damage = findings.filter(isDamage);
  return {
    verdict: summary.verdict,
    counts: summary.counts,
    damage: [...new Set(damage.map(({ code }) => code))].sort(),
  };
}

/** What the user is asked for when this program itself is at fault. */
export const REPORT_HINT =
  "Nothing was changed. Keep a copy of the store, and report this with what `vecfsck check` says.";

/**
 * Makes of whatever was thrown an error that can be told.
 *
 * @param error What was thrown.
 * @param store The store's directory.
 * @param signal The signal that ends the work.
 * @param task What was done, for people.
 * @returns The error.
 */
export function toRepairError(
  error: unknown,
  store: string,
  signal: AbortSignal | undefined,
  task = "repair",
): OperationError {
  if (error instanceof OperationError) return error;
  if (signal?.aborted) {
    return new OperationError("cancelled", "The work was cancelled; nothing was changed", {
      path: store,
      cause: error,
    });
  }
  if (errorCodeOf(error) !== "" || error instanceof Deno.errors.NotCapable) {
    return toWriteError(error, store);
  }
  const message = error instanceof Error ? error.message : String(error);
  return new OperationError("internal", `The ${task} has failed: ${message}`, {
    path: store,
    hint: REPORT_HINT,
    cause: error,
  });
}
