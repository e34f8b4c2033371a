/**
 * The line of `--json` about a guarded store, described in `docs/json.md`.
 *
 * @module
 */

import type { GuardOutcome, GuardPolicy } from "../guard/guard_outcome.ts";
import type { ProbeResult } from "../isolation/isolated_probe.ts";
import type { SeverityCounts, Verdict } from "../model/finding.ts";
import { SCHEMA_VERSION } from "../model/report.ts";
import type { JsonLine } from "./json.ts";

/** What a guard says of a store. */
export interface GuardJsonLine extends JsonLine {
  /** Tells the lines apart. */
  readonly type: "guard";
  /** The store, as an absolute path. */
  readonly store: string;
  /** Whether an engine may open it. */
  readonly safe: boolean;
  /** What the findings add up to now; null where there is no store yet. */
  readonly verdict: Verdict | null;
  /** How many findings there are now of each severity; null where there is no store yet. */
  readonly counts: SeverityCounts | null;
  /** The codes of the errors and worse that were found first. */
  readonly found: readonly string[];
  /** The codes of those that are there now. */
  readonly left: readonly string[];
  /** What was done about damage, or null. */
  readonly cure: GuardCureFields | null;
  /** What the engine has made of the store; null where it was not asked. */
  readonly probe: ProbeResult | null;
  /** Indexes that lie in quarantine and are missed. */
  readonly missed: readonly string[];
  /** Interrupted changes that could be neither completed nor undone, as sentences. */
  readonly unsettled: readonly string[];
  /** What keeps the next guard from being quicker, as sentences. */
  readonly notices: readonly string[];
  /** How long the store was waited for, in milliseconds. */
  readonly waitedMs: number;
  /** How long it took, in milliseconds. */
  readonly elapsedMs: number;
}

/** What was done about damage. */
export interface GuardCureFields {
  /** What was asked for. */
  readonly policy: Exclude<GuardPolicy, "refuse">;
  /** What was done, for people; null when it failed. */
  readonly done: string | null;
  /** The name of the entry of the quarantine that holds what was replaced, or null. */
  readonly quarantined: string | null;
}

/**
 * Turns what a guard says into its line.
 *
 * @param outcome What it says.
 * @returns The line.
 */
export function toGuardLine(outcome: GuardOutcome): GuardJsonLine {
  const { store, isSafe, before, cure, after, waitedMs, elapsedMs } = outcome;
  const last = after ?? before;
  return {
    type: "guard",
    schema: SCHEMA_VERSION,
    store,
    safe: isSafe,
    verdict: last?.summary.verdict ?? null,
    counts: last?.summary.counts ?? null,
    found: listCodes(before),
    left: listCodes(last),
    cure: cure === null
      ? null
      : { policy: cure.policy, done: cure.done, quarantined: cure.quarantined },
    probe: outcome.probe,
    missed: outcome.missed,
    unsettled: outcome.unsettled,
    notices: outcome.notices,
    waitedMs,
    elapsedMs,
  };
}

function listCodes(state: GuardOutcome["before"]): string[] {
  return [...new Set(state?.damage.map(({ code }) => code))].sort();
}
