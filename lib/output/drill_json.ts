/**
 * The lines of `--json` about a drill, described in `docs/json.md`.
 *
 * @module
 */

import type { Damage } from "../drill/damages/damage.ts";
import type { DrillOutcome, DrillResult, DrillStart } from "../drill/drill_result.ts";
import type { Severity } from "../model/codes.ts";
import type { Verdict } from "../model/finding.ts";
import { type FormatName, SCHEMA_VERSION } from "../model/report.ts";
import type { JsonLine } from "./json.ts";

/** A damage that can be drilled. */
export interface DrillDamageLine extends JsonLine {
  /** Tells the lines apart. */
  readonly type: "drill-damage";
  /** The format of the stores to which it is done. */
  readonly format: FormatName;
  /** Its name. */
  readonly damage: string;
  /** What is done, as a sentence. */
  readonly description: string;
  /** Whether one collection is hit, or the store as a whole. */
  readonly scope: Damage["scope"];
  /** How bad the worst finding has to be at the least. */
  readonly severity: Severity;
  /** The names of findings of which a check has to name one; any will do where empty. */
  readonly findings: readonly string[];
  /** Why a check may see nothing, or null. */
  readonly hidden: string | null;
  /** Whether a repair has to leave no damage. */
  readonly curable: boolean;
  /** Why more may be gone than a plan lists, or null. */
  readonly traceless: string | null;
  /** Why a repair may have to leave the damage, or null. */
  readonly undecided: string | null;
}

/** What is drilled. */
export interface DrillStartLine extends JsonLine, Omit<DrillStart, "summary" | "damage"> {
  /** Tells the lines apart. */
  readonly type: "drill";
  /** What a check says of the copy before anything is done to it. */
  readonly verdict: Verdict;
}

/** What came of one damage. */
export interface DrillResultLine extends JsonLine, DrillResult {
  /** Tells the lines apart. */
  readonly type: "drill-result";
  /** The store, as an absolute path. */
  readonly store: string;
}

/** What came of a drill. */
export interface DrillSummaryLine extends JsonLine {
  /** Tells the lines apart. */
  readonly type: "drill-summary";
  /** The store, as an absolute path. */
  readonly store: string;
  /** The number by which the drill can be repeated. */
  readonly seed: number;
  /** How many damages were found and cured as expected. */
  readonly passed: number;
  /** How many were not. */
  readonly failed: number;
  /** How many cannot be done to this store. */
  readonly notApplicable: number;
  /** How many of the repaired copies an engine was asked about. */
  readonly asked: number;
  /** How long it took, in milliseconds. */
  readonly elapsedMs: number;
}

/**
 * Turns a damage into its line.
 *
 * @param format The format of the stores to which it is done.
 * @param damage The damage.
 * @returns The line.
 */
export function toDrillDamageLine(
  format: FormatName,
  { name, description, scope, expected }: Damage,
): DrillDamageLine {
  const line = { type: "drill-damage", schema: SCHEMA_VERSION } as const;
  const { traceless = null, undecided = null } = expected;
  return { ...line, format, damage: name, description, scope, ...expected, traceless, undecided };
}

/**
 * Turns what is drilled into its line.
 *
 * @param start What is drilled.
 * @returns The line.
 */
export function toDrillStartLine(start: DrillStart): DrillStartLine {
  const { summary: { verdict }, damage: _damage, ...rest } = start;
  return { type: "drill", schema: SCHEMA_VERSION, ...rest, verdict };
}

/**
 * Turns what came of a damage into its line.
 *
 * @param store The store, as an absolute path.
 * @param result What came of it.
 * @returns The line.
 */
export function toDrillResultLine(store: string, result: DrillResult): DrillResultLine {
  return { type: "drill-result", schema: SCHEMA_VERSION, store, ...result };
}

/**
 * Turns what came of a drill into its line.
 *
 * @param outcome What came of it.
 * @returns The line.
 */
export function toDrillSummaryLine(
  { start, results, elapsedMs }: DrillOutcome,
): DrillSummaryLine {
  const count = (state: DrillResult["state"]): number =>
    results.filter((result) => result.state === state).length;
  return {
    type: "drill-summary",
    schema: SCHEMA_VERSION,
    store: start.store,
    seed: start.seed,
    passed: count("passed"),
    failed: count("failed"),
    notApplicable: count("not-applicable"),
    asked: results.filter(({ engine }) => engine !== null).length,
    elapsedMs,
  };
}
