/**
 * Optimising a store: planned by a full check, made beside it, verified as a whole, and exchanged in
 * one step (decision 8). What its collections hold is the same before and after (decision 7).
 *
 * @module
 */

import { type ContentsOptions, readStoreContents } from "../engine/contents.ts";
import { keepEnginesOut, withOwnStore } from "../engine/own_store.ts";
import { requireClosed } from "../engine/store_use.ts";
import { localFs } from "../fs/platform.ts";
import { requireSpace } from "../fs/space.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import type { CollectionContents, DetectedStore, FileStamp } from "../model/store.ts";
import {
  carryOutExchange,
  discardExchange,
  type PreparedExchange,
  prepareExchange,
} from "../quarantine/exchange.ts";
import { measureTree } from "../quarantine/list_quarantine.ts";
import { requireUnchanged, stampStore } from "../quarantine/store_stamps.ts";
import { checkFor, stateOf } from "../repair/prepare_plan.ts";
import { removeReplaced } from "../repair/put_in_place.ts";
import { RepairArea } from "../repair/repair_area.ts";
import { showStaged } from "../repair/show_staged.ts";
import { requireStore } from "../stores/registry.ts";
import type { StagedOptimization, SurveyedStore } from "../stores/optimize_format.ts";
import { requireBackup } from "./find_backup.ts";
import type {
  OptimizationOptions,
  OptimizationOutcome,
  OptimizationPlan,
  OptimizationSettings,
  UsedBackup,
} from "./outcome.ts";
import { bindOptimization, optimizerOf, toOptimizationError } from "./prepare_plan.ts";
import { compareContents, requireNoProblems } from "./verify_contents.ts";

/** An engine that only has the store open holds no lock, and is seen where the system tells of it. */
const HOLDER_HINT =
  "Nothing was changed. Stop it first: once the files are exchanged it can write no more.";

/**
 * Optimises a store that is healthy and that nobody uses. Until the last step nothing in it is
 * changed, and that step leaves the store as it was or as it was planned, also after a power cut.
 * What its collections hold is the same afterwards.
 *
 * @example
 * ```ts
 * import { detectStore, optimizeStore } from "@vecfsck/vecfsck";
 *
 * async function shrink(path: string): Promise<number> {
 *   const { beforeBytes, afterBytes } = await optimizeStore(path);
 *   return beforeBytes - afterBytes;
 * }
 * if (detectStore(".") !== null) console.log(typeof shrink);
 * ```
 *
 * @param path The store's directory.
 * @param options What is asked for, and who is asked.
 * @returns What became of it.
 * @throws {OperationError} There is no store, it cannot be read, is in use, or was written by an
 * engine that this version does not know; or something failed. Then the store is as it was, unless
 * the error says otherwise.
 */
export async function optimizeStore(
  path: string,
  options: OptimizationSettings = {},
): Promise<OptimizationOutcome> {
  return await runOptimization(path, options);
}

/**
 * Optimises a store as {@linkcode optimizeStore} does, with what is chosen within this program.
 *
 * @param path The store's directory.
 * @param options What is asked for, and who is asked.
 * @returns What became of it.
 * @throws {OperationError} As there.
 */
export async function runOptimization(
  path: string,
  options: OptimizationOptions,
): Promise<OptimizationOutcome> {
  const startedMs = performance.now();
  const outcome = await new OptimizationRun(path, options).run();
  return { ...outcome, elapsedMs: Math.round(performance.now() - startedMs) };
}

type TimelessOutcome = Omit<OptimizationOutcome, "elapsedMs">;

/** What is carried out. */
interface Agreed {
  readonly store: DetectedStore;
  readonly plan: OptimizationPlan;
  readonly survey: SurveyedStore;
  readonly backup: UsedBackup | null;
}

class OptimizationRun {
  readonly #path: string;
  readonly #fs: WriteFs;
  readonly #options: OptimizationOptions;

  constructor(path: string, options: OptimizationOptions) {
    this.#path = path;
    this.#fs = options.fs ?? localFs;
    this.#options = options;
  }

  async run(): Promise<TimelessOutcome> {
    const { signal, makesBackup = true } = this.#options;
    const agreed = await this.#withOwnStore(() => this.#agree());
    if (!("survey" in agreed)) return agreed;
    // A backup takes the lock of the store itself. That nothing comes in between tell the stamps.
    const backup = makesBackup ? await requireBackup(this.#fs, agreed.store, this.#options) : null;
    signal?.throwIfAborted();
    return await this.#withOwnStore(() => this.#carryOut({ ...agreed, backup }));
  }

  async #withOwnStore<Result>(work: () => Promise<Result>): Promise<Result> {
    const { onRecovered, signal } = this.#options;
    const own = { fs: this.#fs, ...(onRecovered === undefined ? {} : { onRecovered }) };
    return await withOwnStore(this.#path, own, async () => {
      try {
        return await work();
      } catch (error) {
        throw toOptimizationError(error, this.#path, signal);
      }
    });
  }

  /** Plans, and asks; a plan that is not carried out is an outcome already. */
  async #agree(): Promise<Omit<Agreed, "backup"> | TimelessOutcome> {
    const { confirm, signal } = this.#options;
    const fs = this.#fs;
    const store = requireStore(this.#path);
    const stamps = stampStore(fs, store.path);
    const { plan, survey } = await bindOptimization(fs, { store, stamps }, this.#options);
    if (survey === null) return notDone(plan, "damaged");
    if (plan.actions.length === 0) return notDone(plan, "nothing-to-do");
    // An engine at work is noticed before anybody is asked, and not only after all is made.
    keepEnginesOut(store, { fs }, () => requireUnchanged(fs, store.path, stamps));
    requireClosed(fs, store, HOLDER_HINT);
    const isAgreed = await confirm?.(plan) ?? true;
    signal?.throwIfAborted();
    return isAgreed ? { store, plan, survey } : notDone(plan, "declined");
  }

  async #carryOut(agreed: Agreed): Promise<TimelessOutcome> {
    const { store, plan } = agreed;
    const fs = this.#fs;
    requireUnchanged(fs, store.path, plan.stamps);
    using area = RepairArea.create(fs, store.path);
    requireSpace(area.path, plan.sizeBytes, { fs });
    // Other threads read what the store holds while this one writes.
    const contents = readStoreContents(store.path, this.#reading());
    const isRead = Promise.allSettled([contents]);
    try {
      return await this.#replace(agreed, area, contents);
    } finally {
      // Nothing may go on in the store when its lock is given back.
      await isRead;
    }
  }

  /** How contents are read. */
  #reading(): ContentsOptions {
    const { jobs, signal } = this.#options;
    return {
      ...(signal === undefined ? {} : { signal }),
      ...(jobs === undefined ? {} : { jobs }),
    };
  }

  async #replace(
    { store, plan, survey, backup }: Agreed,
    area: RepairArea,
    contents: Promise<readonly CollectionContents[]>,
  ): Promise<TimelessOutcome> {
    const { signal } = this.#options;
    const fs = this.#fs;
    const staged = await survey.stage({ staged: area.staged, scratch: area.copies });
    signal?.throwIfAborted();
    if (staged.coming.length === 0) return notDone(plan, "nothing-to-do");
    const records = await this.#verify(store, staged, { area, contents });
    const exchange = this.#prepareExchange({ store, plan, staged, area, records });
    const beforeBytes = measureTree(fs, store.path);
    const options = { fs, now: this.#options.now ?? ((): Date => new Date()) };
    try {
      requireClosed(fs, store, HOLDER_HINT);
      carryOutExchange(exchange, options);
    } catch (error) {
      discardExchange(exchange, options);
      throw error;
    }
    // What a good backup has need not be kept a second time.
    const isGone = backup !== null && removeReplaced(fs, exchange);
    return {
      plan,
      state: "optimized",
      actions: staged.actions,
      beforeBytes,
      afterBytes: measureTree(fs, store.path),
      backup,
      quarantined: isGone ? null : exchange.entry.id,
    };
  }

  /** Looks at the store as it will be; gives how many records it has. */
  async #verify(
    store: DetectedStore,
    { coming, leaving }: StagedOptimization,
    { area, contents }: {
      readonly area: RepairArea;
      readonly contents: Promise<readonly CollectionContents[]>;
    },
  ): Promise<number | null> {
    const { signal } = this.#options;
    const { viewDirectories } = optimizerOf(store, this.#options);
    showStaged(this.#fs, { store, area, names: { coming, leaving }, viewDirectories });
    const after = await checkFor(area.view, "checking the optimised store", this.#options);
    signal?.throwIfAborted();
    const problems = [
      ...stateOf(after).damage.map((code) => `${code} was not there before`),
      ...(after.summary.complete ? [] : ["it could not be checked to the end"]),
      ...compareContents(await contents, await readStoreContents(area.view, this.#reading())),
    ];
    requireNoProblems(store.path, problems);
    return after.summary.records;
  }

  #prepareExchange({ store, plan, staged, area, records }: {
    readonly store: DetectedStore;
    readonly plan: OptimizationPlan;
    readonly staged: StagedOptimization;
    readonly area: RepairArea;
    readonly records: number | null;
  }): PreparedExchange {
    const fs = this.#fs;
    const { now = () => new Date() } = this.#options;
    const owners = new Map(
      staged.actions.flatMap(({ replaces, collection }) =>
        replaces.map((name) => [name, collection] as const)
      ),
    );
    return prepareExchange({
      store,
      directory: area.staged,
      names: { coming: staged.coming, leaving: staged.leaving },
      requireUnchanged: () => requireUnchanged(fs, store.path, plan.stamps),
      reason: `an optimisation has replaced it: ${
        staged.actions.map(({ title }) => title).join("; ")
      }`,
      findings: [],
      collectionOf: (name) => owners.get(name) ?? null,
      facts: { holdsOnlyCopies: false, records },
    }, { fs, now });
  }
}

function notDone(
  plan: OptimizationPlan,
  state: "nothing-to-do" | "damaged" | "declined",
): TimelessOutcome {
  const sizeBytes = sumBytes(plan.stamps);
  return {
    plan,
    state,
    actions: [],
    beforeBytes: sizeBytes,
    afterBytes: sizeBytes,
    backup: null,
    quarantined: null,
  };
}

function sumBytes(stamps: readonly FileStamp[]): number {
  return stamps.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}
