/**
 * Repairing a store: planned on private copies, made beside it, verified as a whole, and exchanged
 * in one step (decision 8).
 *
 * @module
 */

import type { CollectedCheck } from "../engine/collect_check.ts";
import { keepEnginesOut, withOwnStore } from "../engine/own_store.ts";
import { localFs } from "../fs/platform.ts";
import { ScratchDirectory } from "../fs/scratch.ts";
import { requireSpace } from "../fs/space.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import type { RepairPlan } from "../model/repair.ts";
import type { DetectedStore, FileStamp } from "../model/store.ts";
import { measureTree } from "../quarantine/list_quarantine.ts";
import { requireUnchanged, stampStore } from "../quarantine/store_stamps.ts";
import { requireOwnLinks } from "../stores/own_links.ts";
import { requireStore } from "../stores/registry.ts";
import type { PreparedRepair, StagedRepair } from "../stores/repair_format.ts";
import { requireFreePath } from "./keep_files.ts";
import type { RepairOptions, RepairOutcome, RepairSettings } from "./outcome.ts";
import {
  bindPlan,
  checkFor,
  createRequest,
  repairerOf,
  type RunOptions,
  stateOf,
  toRepairError,
} from "./prepare_plan.ts";
import { putInPlace } from "./put_in_place.ts";
import { RepairArea } from "./repair_area.ts";
import { showStaged } from "./show_staged.ts";
import { verifyView, type ViewVerdict } from "./verify_view.ts";

/**
 * Repairs a store. Until the last step nothing in it is changed, and that step leaves the store as it
 * was or as it was planned, also after a power cut. What was replaced goes to the quarantine, from
 * where {@linkcode undoRepair} brings it back.
 *
 * @example
 * ```ts
 * import { detectStore, repairStore } from "@vecfsck/vecfsck";
 *
 * async function repairWithoutLoss(path: string): Promise<boolean> {
 *   const { state } = await repairStore(path, {
 *     confirm: ({ steps }) => Promise.resolve(steps.every(({ losses }) => losses.length === 0)),
 *   });
 *   return state !== "declined";
 * }
 * if (detectStore(".") !== null) console.log(typeof repairWithoutLoss);
 * ```
 *
 * @param path The store's directory.
 * @param options Which findings are answered and how, and who is asked.
 * @returns What became of it.
 * @throws {OperationError} There is no store, it cannot be read, is in use, or was written by an
 * engine that this version does not know; what was handed in is wrong; or something failed. Then the
 * store is as it was, unless the error says otherwise.
 */
export async function repairStore(
  path: string,
  options: RepairSettings = {},
): Promise<RepairOutcome> {
  return await runRepair(path, options);
}

/** How a repair is carried out within this program. */
export interface RunRepairOptions extends RepairOptions, RunOptions {}

/**
 * Repairs a store as {@linkcode repairStore} does, with what is chosen within this program.
 *
 * @param path The store's directory.
 * @param options Which findings are answered and how, and who is asked.
 * @returns What became of it.
 * @throws {OperationError} As there.
 */
export async function runRepair(
  path: string,
  options: RunRepairOptions,
): Promise<RepairOutcome> {
  const startedMs = performance.now();
  const { fs = localFs, onRecovered, missingPath } = options;
  requireFreePath(fs, path, missingPath);
  const own = { fs, ...(onRecovered === undefined ? {} : { onRecovered }) };
  return await withOwnStore(path, own, async () => {
    try {
      const outcome = await new RepairRun(fs, requireStore(path), options).run();
      return { ...outcome, elapsedMs: Math.round(performance.now() - startedMs) };
    } catch (error) {
      throw toRepairError(error, path, options.signal);
    }
  });
}

type TimelessOutcome = Omit<RepairOutcome, "elapsedMs">;

/** A repair that is agreed to. */
interface Agreed {
  readonly plan: RepairPlan;
  readonly before: CollectedCheck;
  readonly prepared: PreparedRepair;
  readonly area: RepairArea;
}

class RepairRun {
  readonly #fs: WriteFs;
  readonly #store: DetectedStore;
  readonly #options: RunRepairOptions;
  readonly #stamps: readonly FileStamp[];

  constructor(fs: WriteFs, store: DetectedStore, options: RunRepairOptions) {
    this.#fs = fs;
    this.#store = store;
    this.#options = options;
    requireOwnLinks(fs, store.path);
    // Before anything is judged: what changes from here on is not what the plan is about.
    this.#stamps = stampStore(fs, store.path);
  }

  async run(): Promise<TimelessOutcome> {
    const before = await checkFor(this.#store.path, "checking the store", this.#options);
    if (isSurelyIdle(before, this.#options)) {
      const plan = await this.#planInScratch(before);
      if (plan.steps.length === 0) return notDone(plan, before, "nothing-to-do");
    }
    using area = RepairArea.create(this.#fs, this.#store.path);
    using prepared = await this.#prepare(before, area.copies);
    const plan = bindPlan({ store: this.#store, checked: before }, this.#stamps, prepared.draft);
    if (plan.steps.length === 0) return notDone(plan, before, "nothing-to-do");
    // An engine at work is noticed before anybody is asked, and not only after all is made.
    keepEnginesOut(this.#store, { fs: this.#fs }, () => this.#requireUnchanged());
    const { confirm, signal } = this.#options;
    const isAgreed = await confirm?.(plan) ?? true;
    signal?.throwIfAborted();
    if (!isAgreed) return notDone(plan, before, "declined");
    return await this.#carryOut({ plan, before, prepared, area });
  }

  async #prepare(checked: CollectedCheck, scratch: string): Promise<PreparedRepair> {
    const basis = { store: this.#store, checked, scratch, fs: this.#fs };
    const request = createRequest(basis, this.#options);
    return await repairerOf(this.#store, this.#options).prepare(this.#store, request);
  }

  /** A store that needs nothing gets no directory beside it, not even for a moment. */
  async #planInScratch(before: CollectedCheck): Promise<RepairPlan> {
    using scratch = ScratchDirectory.create();
    using prepared = await this.#prepare(before, scratch.path);
    return bindPlan({ store: this.#store, checked: before }, this.#stamps, prepared.draft);
  }

  #requireUnchanged(): void {
    requireUnchanged(this.#fs, this.#store.path, this.#stamps);
  }

  async #carryOut(agreed: Agreed): Promise<TimelessOutcome> {
    const { plan, before, prepared, area } = agreed;
    const fs = this.#fs;
    const copiedBytes = measureTree(fs, area.path);
    requireSpace(area.path, Math.max(0, plan.sizeBytes - copiedBytes), { fs });
    const staged = await prepared.stage(area.staged);
    this.#options.signal?.throwIfAborted();
    const verdict = await this.#verify(agreed, staged);
    const done = putInPlace(
      { store: this.#store, stamps: this.#stamps, plan, staged, area, after: verdict.after },
      { ...this.#options, fs },
    );
    return {
      plan,
      state: "repaired",
      before: stateOf(before),
      after: stateOf(verdict.after),
      verification: verdict.verification,
      ...done,
    };
  }

  async #verify(
    { before, prepared, area }: Agreed,
    { coming, leaving }: StagedRepair,
  ): Promise<ViewVerdict> {
    const { path } = this.#store;
    showStaged(this.#fs, {
      store: this.#store,
      area,
      names: { coming, leaving },
      viewDirectories: repairerOf(this.#store, this.#options).viewDirectories,
    });
    return await verifyView({ store: path, view: area.view, before, prepared }, this.#options);
  }
}

/** Whether nothing is so bad that it is answered unasked. */
function isSurelyIdle(
  { summary }: CollectedCheck,
  { only, vectorsPath, eraseDeleted }: RunRepairOptions,
): boolean {
  const { fatal, error, warning } = summary.counts;
  return fatal + error + warning === 0 && (only ?? []).length === 0 &&
    vectorsPath === undefined && !eraseDeleted;
}

function notDone(
  plan: RepairPlan,
  before: CollectedCheck,
  state: "nothing-to-do" | "declined",
): TimelessOutcome {
  return {
    plan,
    state,
    before: stateOf(before),
    after: null,
    verification: null,
    quarantined: null,
    kept: [],
  };
}
