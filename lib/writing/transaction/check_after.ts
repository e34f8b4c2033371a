/**
 * The check after a guarded write: what is damaged now that was not before.
 *
 * @module
 */

import { createOwnedBackup } from "../../backup/create.ts";
import { OperationError } from "../../base/errors.ts";
import { pauseUnlessAborted } from "../../base/pause.ts";
import { runCheck } from "../../engine/run_check.ts";
import type { WriteFs } from "../../fs/write_fs.ts";
import { Patience } from "../../guard/patience.ts";
import { type Finding, isDamage } from "../../model/finding.ts";
import type { FindingEvent, SummaryEvent } from "../../model/report.ts";
import { StoredHistory } from "../../seal/history.ts";
import { discardBackup } from "./roll_back.ts";
import type { TransactionOptions } from "./transaction_options.ts";

/** How long a store that a server is still writing to is waited for before it is copied. */
const REST_MS = 3_000;

/** What the check has found. */
export interface AfterCheck {
  /** What the findings add up to. */
  readonly summary: SummaryEvent;
  /** Damage that was not there before. */
  readonly damage: readonly FindingEvent[];
  /** What keeps the next check from being quicker, as sentences. */
  readonly notices: readonly string[];
}

/**
 * Checks a store after a write: of what has not changed since it was found to be sound nothing is
 * read again. Where somebody writes to it all the time, a copy of it is checked.
 *
 * @param store The store's directory.
 * @param known What was damaged before.
 * @param options How it is checked.
 * @returns What was found.
 * @throws {OperationError} It cannot be read.
 */
export async function checkAfter(
  store: string,
  known: readonly Finding[],
  options: TransactionOptions & { readonly fs: WriteFs },
): Promise<AfterCheck> {
  const { pause = pauseUnlessAborted } = options;
  const patience = new Patience({
    waitMs: REST_MS,
    signal: undefined,
    clockMs: () => performance.now(),
    pause,
  });
  let found: Omit<AfterCheck, "damage"> & { readonly findings: readonly FindingEvent[] };
  try {
    found = await patience.during(() => checkInPlace(store, options));
  } catch (error) {
    if (!(error instanceof OperationError) || error.code !== "busy") throw error;
    found = await checkCopy(store, options);
  }
  const { summary, notices, findings } = found;
  return { summary, notices, damage: selectNew(findings, known) };
}

async function checkInPlace(
  store: string,
  { fs, now, jobs, onProgress }: TransactionOptions & { readonly fs: WriteFs },
): Promise<Omit<AfterCheck, "damage"> & { readonly findings: FindingEvent[] }> {
  const history = StoredHistory.open(store, { fs, ...(now === undefined ? {} : { now }) });
  const notices = history.problem === null ? [] : [history.problem];
  const findings: FindingEvent[] = [];
  const events = runCheck(store, {
    history,
    skipUnchanged: true,
    ...(jobs === undefined ? {} : { jobs }),
    ...(onProgress === undefined ? {} : { onProgress }),
  });
  for await (const event of events) {
    if (event.type === "finding") {
      findings.push(event);
      continue;
    }
    const problem = history.keep();
    return { summary: event, findings, notices: notices.concat(problem ?? []) };
  }
  throw new OperationError("internal", "The check ended without a summary", { path: store });
}

async function checkCopy(
  store: string,
  { fs, backups, patienceMs, onProgress }: TransactionOptions & { readonly fs: WriteFs },
): Promise<Omit<AfterCheck, "damage"> & { readonly findings: readonly FindingEvent[] }> {
  const { backup, summary, findings } = await createOwnedBackup(store, {
    fs,
    to: backups,
    force: true,
    ...(patienceMs === undefined ? {} : { patienceMs }),
    ...(onProgress === undefined ? {} : { onProgress }),
  });
  if (backup !== null) discardBackup(fs, store, backup.directory);
  if (summary !== null) return { summary, findings, notices: [] };
  throw new OperationError("internal", "The copy of the store was not checked", { path: store });
}

/** Of one that was there before only more of it is new. */
function selectNew(
  findings: readonly FindingEvent[],
  known: readonly Finding[],
): FindingEvent[] {
  const before = new Map<string, number>();
  for (const finding of known) {
    const key = keyOf(finding);
    before.set(key, (before.get(key) ?? 0) + finding.count);
  }
  return findings.filter((finding) => {
    if (!isDamage(finding)) return false;
    const left = (before.get(keyOf(finding)) ?? 0) - finding.count;
    before.set(keyOf(finding), left);
    return left < 0;
  });
}

function keyOf({ code, path, collection, segment }: Finding): string {
  return JSON.stringify([code, path, collection, segment]);
}
