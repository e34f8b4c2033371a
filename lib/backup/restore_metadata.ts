/**
 * Putting the metadata of a backup back into a store, and nothing else: files that are missing or
 * are others than in the backup come, in one step of the journal; what stood there goes into an
 * entry of the quarantine, which `undo` takes back as it does a repair.
 *
 * @module
 */

import { dirname, join } from "@std/path";
import { OperationError } from "../base/errors.ts";
import { withOwnStore } from "../engine/own_store.ts";
import { temporaryPathBeside } from "../fs/names.ts";
import { removeTreeQuietly } from "../fs/tree.ts";
import { ensureDirectory, openWorkDirectory, removeIfEmpty } from "../fs/work_directory.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import { toWriteError } from "../fs/write_errors.ts";
import type { DetectedStore } from "../model/store.ts";
import { exchangeEntries, isUnsettled } from "../quarantine/exchange.ts";
import { requireStore } from "../stores/registry.ts";
import { type BoundChange, findMetadataChanges, type MetadataChange } from "./metadata_changes.ts";
import type { RestorePlan } from "./plan_restore.ts";
import type { RestoreBackupOptions, RestoredStore } from "./restore_options.ts";
import { giveTo, stageFile } from "./stage_restore.ts";

/** What is needed for the last step. */
interface Prepared {
  readonly plan: RestorePlan;
  readonly store: DetectedStore;
  readonly changes: readonly BoundChange[];
  readonly fs: WriteFs;
  readonly now: () => Date;
}

/**
 * Carries out the plan of a restore of the metadata. The backup is whole.
 *
 * @param plan The plan.
 * @param options The clock, and a signal that ends the work.
 * @returns What was done.
 * @throws {OperationError} The store is not as it was when this was planned, is in use, or something
 * failed: then it is as it was, unless the error says otherwise.
 */
export async function restoreMetadata(
  plan: RestorePlan,
  options: RestoreBackupOptions & { fs: WriteFs; now: () => Date },
): Promise<RestoredStore> {
  const { fs, now, onRecovered } = options;
  const own = { fs, ...(onRecovered === undefined ? {} : { onRecovered }) };
  return await withOwnStore(plan.target, own, () => {
    const store = requireStore(plan.target);
    const changes = findMetadataChanges(fs, store, plan.backup);
    requireAsPlanned(plan, changes);
    if (changes.length === 0) return { plan, quarantined: null };
    const workDirectory = openWorkDirectory(fs, plan.target);
    const directory = temporaryPathBeside(fs, join(workDirectory, "restore"), "new");
    try {
      return { plan, quarantined: putBack({ plan, store, changes, fs, now }, directory) };
    } catch (error) {
      throw toWriteError(error, plan.target);
    } finally {
      // A swap that could not be undone needs it: the next run goes by the journal.
      if (!isUnsettled(fs, plan.target, directory)) removeTreeQuietly(fs, directory);
      removeIfEmpty(fs, workDirectory);
    }
  });
}

/** What was planned and agreed to must still be so. */
function requireAsPlanned(
  { target, metadata }: RestorePlan,
  changes: readonly BoundChange[],
): void {
  const describe = (list: readonly MetadataChange[]): string => JSON.stringify(list);
  if (describe(changes.map(({ change }) => change)) === describe(metadata ?? [])) return;
  throw new OperationError("busy", `${target} has changed since the restore was planned`, {
    path: target,
    hint: "Stop every process that uses the store, and try again; nothing was changed.",
  });
}

/** Exchanges the files; returns the entry of the quarantine. */
function putBack({ plan, store, changes, fs, now }: Prepared, directory: string): string {
  const coming = new Set<string>();
  for (const each of changes) {
    stage(fs, { plan, each, directory });
    const isWhole = each.change.change === "no-directory";
    coming.add(isWhole ? dirname(each.file.path) : each.file.path);
  }
  const collections = new Map(changes.map(({ change }) => [change.path, change.collection]));
  return exchangeEntries({
    store,
    directory,
    names: { leaving: [], coming: [...coming] },
    requireUnchanged: () => requireAsPlanned(plan, findMetadataChanges(fs, store, plan.backup)),
    reason: `the metadata of the backup ${plan.backup.id} was put back`,
    findings: [],
    collectionOf: (name) => collections.get(name) ?? null,
    facts: {
      // What differs may be newer than the backup.
      holdsOnlyCopies: changes.some(({ change }) => change.change === "differs"),
      records: null,
    },
  }, { fs, now });
}

/** Writes a file as it was in the store, with the owner of what is there. */
function stage(
  fs: WriteFs,
  { plan, each, directory }: {
    readonly plan: RestorePlan;
    readonly each: BoundChange;
    readonly directory: string;
  },
): void {
  const { path } = each.file;
  const place = dirname(join(directory, path));
  const model = fs.look(dirname(join(plan.target, path))) ?? fs.look(plan.target);
  if (fs.look(place) === null) {
    ensureDirectory(fs, place);
    const modes = new Map(plan.backup.manifest.directories.map((each) => [each.path, each.mode]));
    giveTo(fs, place, model, { kind: "directory", mode: modes.get(dirname(path)) ?? null });
  }
  stageFile(plan.backup, each.file, join(directory, path), { fs, model });
}
