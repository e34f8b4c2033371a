/**
 * The lines of `--json` about a repair and about taking one back, described in `docs/json.md`.
 *
 * @module
 */

import type { RecallSample, RepairPlan, RepairStep, UnansweredFinding } from "../model/repair.ts";
import { SCHEMA_VERSION } from "../model/report.ts";
import type { KeptFile, RepairOutcome, StoreState } from "../repair/outcome.ts";
import type { UndoOutcome, UndoPlan } from "../repair/undo_outcome.ts";
import type { JsonLine } from "./json.ts";

/** The sum of a plan; its steps follow, and what it leaves. */
export interface RepairPlanLine extends JsonLine {
  /** Tells the lines apart. */
  readonly type: "repair-plan";
  /** The store, as an absolute path. */
  readonly store: string;
  /** The engine that wrote it last. */
  readonly engine: string | null;
  /** How many steps there are. */
  readonly steps: number;
  /** How many findings they answer. */
  readonly answered: number;
  /** How many findings they do not answer. */
  readonly left: number;
  /** How much room the repair needs, in bytes. */
  readonly sizeBytes: number;
}

/** A step of a plan. */
export interface RepairStepLine extends JsonLine, RepairStep {
  /** Tells the lines apart. */
  readonly type: "repair-step";
  /** The store, as an absolute path. */
  readonly store: string;
  /** Its number, from 1. */
  readonly number: number;
}

/** A finding that no step answers. */
export interface RepairLeftLine extends JsonLine, UnansweredFinding {
  /** Tells the lines apart. */
  readonly type: "repair-left";
  /** The store, as an absolute path. */
  readonly store: string;
}

/** What became of a repair. */
export interface RepairedLine extends JsonLine {
  /** Tells the lines apart. */
  readonly type: "repaired";
  /** The store, as an absolute path. */
  readonly store: string;
  /** Whether it was carried out. */
  readonly state: RepairOutcome["state"];
  /** What a full check said before. */
  readonly before: StoreState;
  /** What it says now; null when nothing was done. */
  readonly after: StoreState | null;
  /** How well new indexes find. */
  readonly recall: readonly RecallSample[];
  /** How many vectors were read back and compared. */
  readonly vectorsCompared: number;
  /** The entry of the quarantine that holds what was replaced. */
  readonly quarantined: string | null;
  /** Files that hold what left the store. */
  readonly kept: readonly KeptFile[];
  /** How long it took, in milliseconds. */
  readonly elapsedMs: number;
}

/** What taking a repair back does. */
export interface UndoPlanLine extends JsonLine, UndoPlan {
  /** Tells the lines apart. */
  readonly type: "undo-plan";
}

/** What became of taking a repair back. */
export interface UndoneLine extends JsonLine {
  /** Tells the lines apart. */
  readonly type: "undone";
  /** The store, as an absolute path. */
  readonly store: string;
  /** The entry that was taken back. */
  readonly id: string;
  /** Whether it was carried out. */
  readonly state: UndoOutcome["state"];
  /** The entry of the quarantine that holds what the repair had made. */
  readonly quarantined: string | null;
  /** How long it took, in milliseconds. */
  readonly elapsedMs: number;
}

/**
 * Turns a plan into its lines.
 *
 * @param plan The plan.
 * @yields The line of the plan, one for each step, one for each finding that is left.
 */
export function* toRepairPlanLines(
  plan: RepairPlan,
): Generator<RepairPlanLine | RepairStepLine | RepairLeftLine, void, undefined> {
  const { store, engine, steps, unanswered, sizeBytes } = plan;
  const answered = steps.reduce((sum, { answers }) => sum + answers.length, 0);
  yield {
    type: "repair-plan",
    schema: SCHEMA_VERSION,
    store,
    engine,
    steps: steps.length,
    answered,
    left: unanswered.length,
    sizeBytes,
  };
  for (const [index, step] of steps.entries()) {
    yield { type: "repair-step", schema: SCHEMA_VERSION, store, number: index + 1, ...step };
  }
  for (const finding of unanswered) {
    yield { type: "repair-left", schema: SCHEMA_VERSION, store, ...finding };
  }
}

/**
 * Turns what became of a repair into its line.
 *
 * @param outcome What became of it.
 * @returns The line.
 */
export function toRepairedLine(outcome: RepairOutcome): RepairedLine {
  const { plan, state, before, after, verification, quarantined, kept, elapsedMs } = outcome;
  return {
    type: "repaired",
    schema: SCHEMA_VERSION,
    store: plan.store,
    state,
    before,
    after,
    recall: verification?.recall ?? [],
    vectorsCompared: verification?.vectorsCompared ?? 0,
    quarantined,
    kept,
    elapsedMs,
  };
}

/**
 * Turns the plan of taking a repair back into its line.
 *
 * @param plan The plan.
 * @returns The line.
 */
export function toUndoPlanLine(plan: UndoPlan): UndoPlanLine {
  return { type: "undo-plan", schema: SCHEMA_VERSION, ...plan };
}

/**
 * Turns what became of taking a repair back into its line.
 *
 * @param outcome What became of it.
 * @returns The line.
 */
export function toUndoneLine({ plan, state, quarantined, elapsedMs }: UndoOutcome): UndoneLine {
  const { store, id } = plan;
  return { type: "undone", schema: SCHEMA_VERSION, store, id, state, quarantined, elapsedMs };
}
