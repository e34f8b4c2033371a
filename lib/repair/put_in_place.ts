/**
 * The last step of a repair: what leaves the store is kept in files, and the entries are exchanged;
 * both or neither.
 *
 * @module
 */

import { findFreeTimeId } from "../base/time_id.ts";
import type { CollectedCheck } from "../engine/collect_check.ts";
import { isCompanionName } from "../fs/swap_steps.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import type { RepairPlan } from "../model/repair.ts";
import type { DetectedStore, FileStamp } from "../model/store.ts";
import { readEntry } from "../quarantine/entries.ts";
import {
  carryOutExchange,
  discardExchange,
  type ExchangeOptions,
  type PreparedExchange,
  prepareExchange,
} from "../quarantine/exchange.ts";
import { removeEntry } from "../quarantine/remove_entry.ts";
import { requireUnchanged } from "../quarantine/store_stamps.ts";
import type { StagedRepair } from "../stores/repair_format.ts";
import { findKept, keepFiles, removeKept } from "./keep_files.ts";
import type { KeptFile, RepairOptions, RepairOutcome } from "./outcome.ts";
import type { RepairArea } from "./repair_area.ts";

/** A repair of which everything is made and verified. */
export interface VerifiedRepair {
  /** The store. */
  readonly store: DetectedStore;
  /** The stamps of its files, from before it was checked. */
  readonly stamps: readonly FileStamp[];
  /** The plan. */
  readonly plan: RepairPlan;
  /** What comes and leaves. */
  readonly staged: StagedRepair;
  /** Where it was made. */
  readonly area: RepairArea;
  /** What a full check of the repaired store has found. */
  readonly after: CollectedCheck;
}

/** How it is put into place. */
export interface PlaceOptions extends Pick<RepairOptions, "missingPath" | "keepReplaced" | "now"> {
  /** The file system. */
  readonly fs: WriteFs;
}

/**
 * Puts a repaired store into its place.
 *
 * @param repair The repair.
 * @param options Where missing records go, and whether what is replaced is kept.
 * @returns Where what was replaced is, and what left the store.
 * @throws {OperationError} The store has changed, is in use, or something failed: then everything is
 * where it was and nothing is kept, unless the error says otherwise.
 */
export function putInPlace(
  repair: VerifiedRepair,
  { fs, now = () => new Date(), missingPath, keepReplaced = true }: PlaceOptions,
): Pick<RepairOutcome, "quarantined" | "kept"> {
  const { staged, area } = repair;
  const { workDirectory } = area;
  // What can only be written out leaves the store as it is.
  const hasEntries = staged.coming.length + staged.leaving.length > 0;
  const earlier = hasEntries || missingPath !== undefined
    ? null
    : findKept(fs, staged.saved, workDirectory);
  if (earlier !== null) return { quarantined: null, kept: earlier };
  const exchange = hasEntries ? prepare(repair, { fs, now }) : null;
  const id = exchange?.entry.id ?? findFreeTimeId(now(), () => false);
  let kept: KeptFile[] = [];
  try {
    kept = keepFiles(fs, staged.saved, { workDirectory, id, temporary: area.kept, missingPath });
    if (exchange !== null) carryOutExchange(exchange, { fs, now });
  } catch (error) {
    if (exchange !== null) discardExchange(exchange, { fs });
    removeKept(fs, kept, workDirectory);
    throw error;
  }
  if (exchange === null) return { quarantined: null, kept };
  const isGone = !keepReplaced && !hasToStay(repair, exchange) && removeReplaced(fs, exchange);
  return { quarantined: isGone ? null : exchange.entry.id, kept };
}

function prepare(
  { store, stamps, plan, staged, area, after }: VerifiedRepair,
  options: ExchangeOptions,
): PreparedExchange {
  const { fs } = options;
  const findings = plan.steps.flatMap(({ answers }) => answers.map(({ code }) => code));
  const collections = new Map(
    plan.steps.toReversed()
      .flatMap(({ replaces, collection }) => replaces.map((name) => [name, collection] as const)),
  );
  return prepareExchange({
    store,
    directory: area.staged,
    names: { coming: staged.coming, leaving: staged.leaving },
    requireUnchanged: () => requireUnchanged(fs, store.path, stamps),
    reason: `a repair has replaced it: ${plan.steps.map(({ title }) => title).join("; ")}`,
    findings: [...new Set(findings)].sort(),
    collectionOf: (name) => collections.get(name) ?? null,
    facts: { holdsOnlyCopies: hasLosses(plan), records: after.summary.records },
  }, options);
}

/** Whether what was replaced holds something that the store has no longer. */
function hasToStay({ plan, staged }: VerifiedRepair, { database }: PreparedExchange): boolean {
  const isSetAside = plan.steps.some(({ kind }) => kind === "set-aside");
  const leavesForGood = staged.leaving.some((name) =>
    database === null || !isCompanionName(name, database)
  );
  return hasLosses(plan) || isSetAside || leavesForGood;
}

function hasLosses({ steps }: RepairPlan): boolean {
  return steps.some(({ losses }) => losses.length > 0);
}

/**
 * Removes what an exchange has replaced, where it is of no further use.
 *
 * @param fs The file system.
 * @param exchange The exchange, which is carried out.
 * @returns Whether it is gone; what stays can be purged.
 */
export function removeReplaced(fs: WriteFs, { entry }: PreparedExchange): boolean {
  try {
    removeEntry(fs, readEntry(fs, entry.directory));
    return true;
  } catch {
    // The store is as it was to be; what stays of the old one here can be purged.
    return fs.look(entry.directory) === null;
  }
}
