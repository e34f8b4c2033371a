/**
 * The lines of `--json` about optimising a store.
 *
 * @module
 */

import type { OptimizationAction, OptimizationRest } from "../model/optimization.ts";
import { SCHEMA_VERSION } from "../model/report.ts";
import type { OptimizationOutcome, OptimizationPlan, UsedBackup } from "../optimize/outcome.ts";
import type { JsonLine } from "./json.ts";

/** The sum of a plan; its actions follow, and what it leaves. */
export interface OptimizePlanLine extends JsonLine {
  /** Tells the lines apart. */
  readonly type: "optimize-plan";
  /** The store, as an absolute path. */
  readonly store: string;
  /** The engine that wrote it last. */
  readonly engine: string | null;
  /** The codes of its errors and of worse: with any, it has to be repaired first. */
  readonly damage: readonly string[];
  /** How many actions there are. */
  readonly actions: number;
  /** How much is left as it is. */
  readonly left: number;
  /** How much room is needed, in bytes. */
  readonly sizeBytes: number;
}

/** An action of a plan. */
export interface OptimizeActionLine extends JsonLine, OptimizationAction {
  /** Tells the lines apart. */
  readonly type: "optimize-action";
  /** The store, as an absolute path. */
  readonly store: string;
  /** Its number, from 1. */
  readonly number: number;
}

/** Something that stays as it is. */
export interface OptimizeLeftLine extends JsonLine, OptimizationRest {
  /** Tells the lines apart. */
  readonly type: "optimize-left";
  /** The store, as an absolute path. */
  readonly store: string;
}

/** What became of it. */
export interface OptimizedLine extends JsonLine {
  /** Tells the lines apart. */
  readonly type: "optimized";
  /** The store, as an absolute path. */
  readonly store: string;
  /** Whether it was carried out. */
  readonly state: OptimizationOutcome["state"];
  /** What was done, with the numbers that came of it. */
  readonly actions: readonly OptimizationAction[];
  /** How long the files of the store were all together, in bytes. */
  readonly beforeBytes: number;
  /** How long they are now. */
  readonly afterBytes: number;
  /** The backup that holds what was replaced. */
  readonly backup: UsedBackup | null;
  /** The entry of the quarantine that holds what was replaced. */
  readonly quarantined: string | null;
  /** How long it took, in milliseconds. */
  readonly elapsedMs: number;
}

/**
 * Turns a plan into its lines.
 *
 * @param plan The plan.
 * @yields The line of the plan, one for each action, one for each thing that is left.
 */
export function* toOptimizePlanLines(
  plan: OptimizationPlan,
): Generator<OptimizePlanLine | OptimizeActionLine | OptimizeLeftLine, void, undefined> {
  const { store, engine, damage, actions, rests, sizeBytes } = plan;
  yield {
    type: "optimize-plan",
    schema: SCHEMA_VERSION,
    store,
    engine,
    damage,
    actions: actions.length,
    left: rests.length,
    sizeBytes,
  };
  for (const [index, action] of actions.entries()) {
    yield { type: "optimize-action", schema: SCHEMA_VERSION, store, number: index + 1, ...action };
  }
  for (const rest of rests) {
    yield { type: "optimize-left", schema: SCHEMA_VERSION, store, ...rest };
  }
}

/**
 * Turns what became of it into its line.
 *
 * @param outcome What became of it.
 * @returns The line.
 */
export function toOptimizedLine({ plan, ...outcome }: OptimizationOutcome): OptimizedLine {
  return { type: "optimized", schema: SCHEMA_VERSION, store: plan.store, ...outcome };
}
