/**
 * What a guard does about damage: what the verbs repair, quarantine and restore do, unasked.
 *
 * @module
 */

import { planRestore } from "../backup/plan_restore.ts";
import { restoreBackup } from "../backup/restore.ts";
import { OperationError } from "../base/errors.ts";
import { formatCount } from "../base/format.ts";
import { localFs } from "../fs/platform.ts";
import type { RecoveredChange } from "../fs/recover.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import { executeQuarantine, planStoreQuarantine } from "../quarantine/quarantine_indexes.ts";
import { runRepair } from "../repair/repair_store.ts";
import type { GuardOptions, GuardPolicy } from "./guard_outcome.ts";
import { findMissed, listMovedAside } from "./missed_indexes.ts";

/** What was done about damage. */
export interface DoneCure {
  /** The same for people: one clause without a final period. */
  readonly text: string;
  /** The name of the entry of the quarantine that holds what was replaced, or null. */
  readonly quarantined: string | null;
}

/** What the verbs have in common. */
interface CommonOptions {
  fs?: WriteFs;
  now?: () => Date;
  signal?: AbortSignal;
  onRecovered?: (change: RecoveredChange) => void;
}

/**
 * Does something about the damage of a store.
 *
 * @param policy What is done.
 * @param path The store's directory.
 * @param options How the store is guarded.
 * @returns What was done.
 * @throws {OperationError} It cannot be done; the store is as it was, unless the error says
 * otherwise.
 */
export async function carryOutCure(
  policy: Exclude<GuardPolicy, "refuse">,
  path: string,
  options: GuardOptions,
): Promise<DoneCure> {
  const { fs, now, signal, onRecovered } = options;
  const common: CommonOptions = {
    ...(fs === undefined ? {} : { fs }),
    ...(now === undefined ? {} : { now }),
    ...(signal === undefined ? {} : { signal }),
    ...(onRecovered === undefined ? {} : { onRecovered }),
  };
  switch (policy) {
    case "repair":
      return await repair(path, { ...common, ...jobsOf(options) });
    case "quarantine":
      return await quarantine(path, common);
    case "restore":
      return await restore(path, options.backups, common);
  }
}

function jobsOf({ jobs }: GuardOptions): { jobs?: number } {
  return jobs === undefined ? {} : { jobs };
}

async function repair(
  path: string,
  options: CommonOptions & { jobs?: number },
): Promise<DoneCure> {
  const { plan, state, quarantined, kept } = await runRepair(path, options);
  if (state !== "repaired") {
    const [first] = plan.unanswered;
    throw new OperationError("unsupported", "No step of a repair answers the damage", {
      path,
      hint: first === undefined ? `vecfsck check ${path}` : first.reason,
    });
  }
  const lost = plan.steps.flatMap(({ losses }) => losses)
    .reduce((sum, { count }) => sum + count, 0);
  const steps = formatCount(plan.steps.length, "step");
  const files = kept.map((file) => file.path).join(", ");
  const text = lost === 0
    ? `repaired in ${steps}, nothing was lost`
    : `repaired in ${steps}, ${formatCount(lost, "loss", "losses")}` +
      (files === "" ? "" : `; what left the store is in ${files}`);
  return { text, quarantined };
}

async function quarantine(path: string, options: CommonOptions): Promise<DoneCure> {
  const { fs, signal } = options;
  const movedAside = listMovedAside(fs ?? localFs, path);
  const plan = await planStoreQuarantine(path, {
    damaged: true,
    passOver: (finding) => findMissed(finding, movedAside) !== null,
    ...(fs === undefined ? {} : { fs }),
    ...(signal === undefined ? {} : { signal }),
  });
  if (plan.indexes.length === 0) {
    throw new OperationError("unsupported", "The damage is in no index that could be moved aside", {
      path,
      hint: `\`vecfsck repair --dry-run ${path}\` says what can be done.`,
    });
  }
  const { entry } = await executeQuarantine(plan, options);
  const names = plan.indexes.map(({ part }) =>
    part.collection === null ? part.path : `${part.path} of "${part.collection}"`
  );
  return { text: `moved aside: ${names.join(", ")}`, quarantined: entry.id };
}

async function restore(
  path: string,
  backups: string | undefined,
  options: CommonOptions,
): Promise<DoneCure> {
  const { fs } = options;
  const plan = await planRestore(path, { to: backups, ...(fs === undefined ? {} : { fs }) });
  const { quarantined } = await restoreBackup(plan, options);
  const { id, manifest } = plan.backup;
  return {
    text: `restored from the backup ${id} of ${manifest.createdAt}`,
    quarantined,
  };
}
