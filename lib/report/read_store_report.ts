/**
 * Looking at one store for a report: one check, and what lies inside and beside the store.
 *
 * @module
 */

import { join, resolve } from "@std/path";
import { OperationError, toOperationError } from "../base/errors.ts";
import { Turns } from "../base/turns.ts";
import type { CheckProgress } from "../engine/check_options.ts";
import type { FinishedCheck } from "../engine/check_history.ts";
import { stampFile } from "../fs/read_fs.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import type { CheckLevel } from "../model/report.ts";
import { readStatus } from "../status/read_status.ts";
import type { SystemStatus } from "../status/system_status.ts";
import { requireStore } from "../stores/registry.ts";
import { describeCollections } from "./describe_collections.ts";
import { listFiles } from "./list_files.ts";
import { listHistory } from "./list_history.ts";
import { createOwnerNames, listWantedSlots } from "./name_owners.ts";
import { planNextSteps } from "./plan_next_steps.ts";
import type { ReportFailure, StoreReport } from "./report_model.ts";
import { StoreObserver } from "./store_observer.ts";

/** How a store is looked at. */
export interface ReadReportOptions {
  /** How much of it is looked at. */
  readonly level: CheckLevel;
  /** The directory of backups; the one beside the store when undefined. */
  readonly backups: string | undefined;
  /** The directory of the notes of a watch, where its configuration names one. */
  readonly notes: string | undefined;
  /** Ends the work. */
  readonly signal: AbortSignal | undefined;
  /** How many threads work at the most. */
  readonly jobs: number | undefined;
  /** Is told how far the check has come. */
  readonly onProgress: ((progress: CheckProgress) => void) | undefined;
  /** The file system. */
  readonly fs: WriteFs;
  /** The time of day. */
  readonly now: () => Date;
}

/** While a store is written to a quick check is tried again; a full one was tried twice already. */
const NO_PAUSES: readonly number[] = [];

/**
 * Looks at a store for a report. That it cannot be looked at is a part of the report.
 *
 * @param path The store's directory.
 * @param options How it is looked at.
 * @returns What a report says of it.
 * @throws {OperationError} With the code `cancelled`, and `usage` for a wrong call.
 */
export async function readStoreReport(
  path: string,
  options: ReadReportOptions,
): Promise<StoreReport> {
  const { fs, backups, now } = options;
  const observer = new StoreObserver();
  const reading = await readState(path, observer, options);
  let { failure } = reading;
  const { status } = reading;
  const store = status?.store ?? observer.summary?.store ?? resolve(path);
  let inside: Inside = { files: null, collections: null };
  if (observer.finished !== null && status !== null) {
    const outcome = await readInside(store, observer, options);
    if (outcome instanceof OperationError) failure ??= toFailure(outcome);
    else inside = outcome;
  }
  const { summary } = observer;
  const findings = observer.findings.report;
  return {
    store,
    summary,
    failure,
    status,
    findings,
    ...inside,
    history: await listHistory(store, status, { fs, backups, now: now(), signal: options.signal }),
    nextSteps: planNextSteps({ store, summary, failure, status, findings, backups }),
  };
}

/** The state of a store, or why it cannot be read. */
interface StateReading {
  readonly status: SystemStatus | null;
  readonly failure: ReportFailure | null;
}

async function readState(
  path: string,
  observer: StoreObserver,
  options: ReadReportOptions,
): Promise<StateReading> {
  const { level, backups, notes, signal, jobs, onProgress, fs, now } = options;
  try {
    const status = await readStatus(path, {
      level,
      fs,
      now,
      observer,
      ...(level === "full" ? { pausesMs: NO_PAUSES } : {}),
      ...(backups === undefined ? {} : { backups }),
      ...(notes === undefined ? {} : { notes }),
      ...(signal === undefined ? {} : { signal }),
      ...(jobs === undefined ? {} : { jobs }),
      ...(onProgress === undefined ? {} : { onProgress }),
    });
    return { status, failure: null };
  } catch (error) {
    return { status: null, failure: toFailure(tellable(error, path)) };
  }
}

/** What ends the whole work, and what is a fault of this program, is not told as one of a store. */
function tellable(error: unknown, path: string): OperationError {
  const isSystem = error instanceof Error && "code" in error;
  if (!(error instanceof OperationError) && !isSystem) throw error;
  const failure = toOperationError(error, path);
  if (["cancelled", "internal", "usage"].includes(failure.code)) throw failure;
  return failure;
}

function toFailure({ code, message, hint }: OperationError): ReportFailure {
  return { code, message, hint };
}

/** What is told of the inside of a store. */
type Inside = Pick<StoreReport, "files" | "collections">;

async function readInside(
  path: string,
  observer: StoreObserver,
  { signal }: ReadReportOptions,
): Promise<Inside | OperationError> {
  const { finished, graphs } = observer;
  if (finished === null) return { files: null, collections: null };
  const findings = observer.findings.report.listed;
  const list = (nameOwner: Parameters<typeof listFiles>[2]): Inside["files"] =>
    listFiles(finished, findings, nameOwner);
  try {
    const store = requireStore(path);
    const turns = new Turns(signal);
    const wantedSlots = listWantedSlots(graphs, findings);
    const { files } = finished;
    const { collections, slotIds } = await describeCollections(
      store,
      { files, graphs, wantedSlots, findings },
      turns,
    );
    const named = list(createOwnerNames(store, graphs, slotIds));
    requireUnchanged(path, finished);
    return { files: named, collections };
  } catch (error) {
    const failure = tellable(error, path);
    return failure.code === "busy" ? { files: list(() => null), collections: null } : failure;
  }
}

/** Looking at very many files once more would take as long as their check; each stands for itself. */
const MOST_STAMPED = 5000;

/** What was drawn of a store that has been written to since its check may be of two times. */
function requireUnchanged(path: string, { files }: FinishedCheck): void {
  if (files.length > MOST_STAMPED) return;
  const isSame = files.every((before) => {
    if (before.aggregate === true) return true;
    const now = stampFile(join(path, before.path), before.path);
    return now?.modifiedMs === before.modifiedMs && now.sizeBytes === before.sizeBytes;
  });
  if (!isSame) throw new OperationError("busy", "The store was written to", { path });
}
