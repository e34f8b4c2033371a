/**
 * Making a report of stores, for people who would rather look than read.
 *
 * @module
 */

import { VERSION } from "../base/version.ts";
import type { CheckProgress } from "../engine/check_options.ts";
import { localFs } from "../fs/platform.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import type { CheckLevel } from "../model/report.ts";
import { readStoreReport } from "./read_store_report.ts";
import type { ReportModel, StoreReport } from "./report_model.ts";

/** How a report is made. */
export interface ReportOptions {
  /** How much of each store is looked at; `full` when left out. */
  level?: CheckLevel;
  /** The directory of backups; the one beside each store when left out. */
  backups?: string;
  /** The directory of the notes of a watch, where its configuration names one. */
  notes?: string;
  /** Ends the work; it then throws an error with the code `cancelled`. */
  signal?: AbortSignal;
  /** How many threads work at the most; as many as there are cores when left out. */
  jobs?: number;
  /** Is told how far the check of one store has come. */
  onProgress?: (progress: CheckProgress) => void;
}

/** How a report is made within this program. */
export interface CreateReportOptions extends ReportOptions {
  /** The file system. */
  readonly fs?: WriteFs;
  /** The time of day. */
  readonly now?: () => Date;
  /** Is told of each store before it is looked at, as it was named. */
  readonly onBegin?: (store: string) => Promise<void> | void;
  /** Is told of each store as soon as it was looked at, and how it was named. */
  readonly onStore?: (report: StoreReport, store: string) => Promise<void> | void;
}

/**
 * Looks at stores, one after another, and collects what a page shows of them. Nothing in a store is
 * written, and a store that cannot be looked at is told in the report.
 *
 * @example
 * ```ts
 * import { createReport, detectStore, renderReport } from "@vecfsck/vecfsck";
 *
 * if (detectStore(".") !== null) {
 *   await Deno.writeTextFile("report.html", renderReport(await createReport(["."])));
 * }
 * ```
 *
 * @param stores The directories of the stores.
 * @param options How much is looked at, and where the backups are.
 * @returns The report as plain data.
 * @throws {OperationError} With the code `cancelled`: the signal has ended the work.
 */
export async function createReport(
  stores: readonly string[],
  options: ReportOptions = {},
): Promise<ReportModel> {
  return await createReportWith(stores, options);
}

/**
 * Looks at stores as {@linkcode createReport} does, in a world that the caller gives.
 *
 * @param stores The directories of the stores.
 * @param options The same, and the world.
 * @returns The report as plain data.
 * @throws {OperationError} With the code `cancelled`: the signal has ended the work.
 */
export async function createReportWith(
  stores: readonly string[],
  options: CreateReportOptions,
): Promise<ReportModel> {
  const { fs = localFs, now = () => new Date(), level = "full" } = options;
  const { backups, notes, signal, jobs, onProgress } = options;
  const reports: StoreReport[] = [];
  for (const store of stores) {
    await options.onBegin?.(store);
    const report = await readStoreReport(store, {
      level,
      backups,
      notes,
      signal,
      jobs,
      onProgress,
      fs,
      now,
    });
    reports.push(report);
    await options.onStore?.(report, store);
  }
  return { at: now().toISOString(), version: VERSION, level, stores: reports };
}
