/**
 * How a store is checked, as plain data that can be sent to a thread, and the check itself with what
 * that data names: a seal, and what earlier checks have found.
 *
 * @module
 */

import type { CheckOptions } from "../engine/check_options.ts";
import type { RunCheckOptions } from "../engine/run_check.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import type { CheckEvent } from "../model/report.ts";

/** How a store is checked. */
export interface CheckRequest
  extends Readonly<Pick<CheckOptions, "level" | "staleSeconds" | "names" | "key">> {
  /** What the store is held against: a file, or the seal beside it; nothing when left out. */
  readonly seal?: { readonly file: string | undefined };
  /** Leaves out what has not changed since the last check, if that found no damage. */
  readonly skipUnchanged?: boolean;
  /** Ends the check after so long; what was read longest ago is read first. */
  readonly maxDurationMs?: number;
  /** Where it is noted down what was found, where that is; beside the store when left out. */
  readonly stateFile?: string;
}

/** Something that is no fault of the store, to be said where it comes. */
export interface Notice {
  /** Tells it from the events of a check. */
  readonly type: "notice";
  /** What there is to say, as a sentence. */
  readonly message: string;
}

/** What a check with a request tells. */
export type FleetEvent = CheckEvent | Notice;

/** What a check is made with. */
export interface RequestMeans
  extends Pick<RunCheckOptions, "signal" | "onProgress" | "jobs" | "share"> {
  /** Checks a store. */
  readonly check: (
    store: string,
    options: RunCheckOptions,
  ) => AsyncGenerator<CheckEvent, void, undefined>;
  /** Where a seal is read, and what was found is noted down. */
  readonly fs: WriteFs;
  /** The time of day. */
  readonly now: () => Date;
}

/**
 * Checks a store as a request says.
 *
 * @param store The store's directory, or an export file.
 * @param request How it is checked.
 * @param means What it is checked with.
 * @yields Findings and one summary at the end; and notices wherever there is something to say.
 * @throws {OperationError} The store, its seal or a part of it cannot be read, or it is in use.
 */
export async function* runRequest(
  store: string,
  request: CheckRequest,
  means: RequestMeans,
): AsyncGenerator<FleetEvent, void, undefined> {
  const { check, fs, now, ...options } = means;
  const { seal, skipUnchanged = false, maxDurationMs, stateFile, ...settings } = request;
  const audits = seal === undefined ? [] : [await readSealAudit(fs, store, seal.file)];
  const history = skipUnchanged || maxDurationMs !== undefined
    ? await openHistory(store, { fs, now, file: stateFile })
    : null;
  if (history !== null && history.problem !== null) yield toNotice(history.problem);
  const events = check(store, {
    ...options,
    ...settings,
    ...(audits.length === 0 ? {} : { audits }),
    ...(history === null ? {} : { history, skipUnchanged }),
    ...(maxDurationMs === undefined ? {} : { maxDurationMs }),
  });
  for await (const event of events) {
    if (event.type === "summary") {
      const problem = history?.keep() ?? null;
      if (problem !== null) yield toNotice(problem);
    }
    yield event;
  }
}

function toNotice(message: string): Notice {
  return { type: "notice", message };
}

async function readSealAudit(
  fs: WriteFs,
  store: string,
  file: string | undefined,
): Promise<NonNullable<RunCheckOptions["audits"]>[number]> {
  const { readOwnSeal, readSeal } = await import("../seal/seal_file.ts");
  const { createSealAudit } = await import("../seal/seal_audit.ts");
  const { seal } = file === undefined ? readOwnSeal(fs, store) : readSeal(fs, file);
  return createSealAudit(seal);
}

async function openHistory(
  store: string,
  options: { fs: WriteFs; now: () => Date; file: string | undefined },
): Promise<
  NonNullable<RunCheckOptions["history"]> & { problem: string | null; keep(): string | null }
> {
  const { StoredHistory } = await import("../seal/history.ts");
  return StoredHistory.open(store, options);
}
