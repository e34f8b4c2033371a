/**
 * All that is left of a damaged store: what a repair would make of it, made on private copies that
 * are thrown away. Nothing in the store or beside it is written.
 *
 * Vectors of damaged indexes go into the queue of the private copy: that takes no index to be built,
 * and keeps them as they were written.
 *
 * @module
 */

import { join } from "@std/path";
import { Turns } from "../base/turns.ts";
import type { CollectedCheck } from "../engine/collect_check.ts";
import { ScratchDirectory } from "../fs/scratch.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import type { RepairDraft } from "../model/repair.ts";
import type { RecordSource } from "../model/record_stream.ts";
import type { DetectedStore } from "../model/store.ts";
import { MISSING_NAME } from "../repair/keep_files.ts";
import { createRequest, repairerOf, type RunOptions } from "../repair/prepare_plan.ts";
import { showStaged } from "../repair/show_staged.ts";
import { openStraySource } from "../stores/chroma/salvage/stray_source.ts";
import { openRecordSource } from "../stores/record_source.ts";
import type { PreparedRepair, StoreRepairer } from "../stores/repair_format.ts";
import { SourceWithMissing } from "./missing_records.ts";
import type { ExportLosses, ReadOptions } from "./outcome.ts";

const PRIVATE_DIRECTORY_MODE = 0o700;

/** What is salvaged. */
export interface SalvageSubject {
  /** The store. */
  readonly store: DetectedStore;
  /** What a full check has found in it. */
  readonly checked: CollectedCheck;
  /** The file system. */
  readonly fs: WriteFs;
}

/** What is left of a store. */
export interface SalvagedStore extends Disposable {
  /** Its records. */
  readonly source: RecordSource;
  /** What is lost. */
  readonly lost: ExportLosses;
}

/**
 * Salvages a store.
 *
 * @param subject The store.
 * @param options A signal, names to try, who is told of progress.
 * @returns What is left; the caller disposes of it.
 * @throws {OperationError} The store cannot be read, was written by an engine that this version does
 * not know, or there is no room for private copies.
 */
export async function salvageStore(
  subject: SalvageSubject,
  options: ReadOptions,
): Promise<SalvagedStore> {
  const { store, checked, fs } = subject;
  const stack = new DisposableStack();
  try {
    const scratch = stack.use(ScratchDirectory.create());
    const copies = join(scratch.path, "copies");
    fs.makeDirectory(copies, PRIVATE_DIRECTORY_MODE);
    const planOptions = toPlanOptions(options);
    const request = createRequest({ store, checked, scratch: copies, fs }, planOptions);
    const repairer = repairerOf(store, planOptions);
    const repair = stack.use(await repairer.prepare(store, request));
    const source = await openRepaired(subject, { repair, repairer, scratch: scratch.path });
    stack.use(source);
    const disposable = stack.move();
    return {
      source,
      lost: toLosses(repair.draft),
      [Symbol.dispose]: () => disposable[Symbol.dispose](),
    };
  } catch (error) {
    stack[Symbol.dispose]();
    throw error;
  }
}

function toPlanOptions({ names, jobs, signal, onProgress }: ReadOptions): RunOptions {
  return {
    strategy: "queue",
    keepUnsearchable: true,
    ...(names === undefined ? {} : { names }),
    ...(jobs === undefined ? {} : { jobs }),
    ...(signal === undefined ? {} : { signal }),
    ...(onProgress === undefined ? {} : { onProgress }),
  };
}

/** A repair that is planned. */
interface SalvageRepair {
  readonly repair: PreparedRepair;
  readonly repairer: StoreRepairer;
  /** A directory for private copies. */
  readonly scratch: string;
}

/** Makes the repaired store in a directory of its own, and opens the records of that. */
async function openRepaired(
  { store, fs }: SalvageSubject,
  { repair, repairer: { viewDirectories }, scratch }: SalvageRepair,
): Promise<RecordSource> {
  const settings = { key: null, isAsWritten: true };
  const turns = new Turns(undefined);
  const { steps } = repair.draft;
  // Without a database there is no store to be made.
  if (steps.some(({ kind }) => kind === "export-records")) return openStraySource(store);
  if (steps.length === 0) return await openRecordSource(store, settings, turns);
  const area = { staged: join(scratch, "staged"), view: join(scratch, "view") };
  fs.makeDirectory(area.staged, PRIVATE_DIRECTORY_MODE);
  const { saved, ...names } = await repair.stage(area.staged);
  showStaged(fs, { store, area, names, viewDirectories });
  const source = await openRecordSource({ ...store, path: area.view }, settings, turns);
  const missing = saved.find(({ name }) => name === MISSING_NAME);
  return missing === undefined ? source : new SourceWithMissing(source, missing.path, fs);
}

function toLosses({ steps, unanswered }: RepairDraft): ExportLosses {
  return {
    losses: steps.flatMap(({ losses }) => losses),
    unanswered: unanswered.filter(({ isDamage }) => isDamage)
      .map(({ code, reason }) => ({ code, reason })),
  };
}
