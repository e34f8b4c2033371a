/**
 * What real engines did with every damage: the table that `check` is held against.
 *
 * `outcomes.json` was written by measure_outcomes.ts.
 *
 * @module
 */

import table from "./outcomes.json" with { type: "json" };

/** The versions of Chroma that were measured, each on the golden store that it wrote. */
export const MEASURED_ENGINES = ["1.5.9", "0.5.23"] as const;

/** The version of an engine that was measured. */
export type MeasuredEngine = typeof MEASURED_ENGINES[number];

/** What an engine did with a damage. */
export interface Outcome {
  /** Whether the damage could be done to that engine's store. */
  readonly applies: boolean;
  /** Whether anything that the engine was asked was answered wrongly, or not at all. */
  readonly breaks: boolean;
  /** Whether the process died of a signal or hung, in any of three runs. */
  readonly kills: boolean;
  /** What the engine said, for each collection that suffered. */
  readonly says: string;
}

/** The outcomes of a damage: to the collection `notes`, and to `cosine` where it hits an index. */
export type DamageOutcomes = Readonly<Record<MeasuredEngine, Outcome>> & {
  readonly cosine?: Readonly<Record<MeasuredEngine, Outcome>>;
};

/** The seed with which the damages were made. */
export const OUTCOME_SEED: number = table.seed;

/** The outcomes, by the name of the damage. */
export const OUTCOMES: Readonly<Record<string, DamageOutcomes>> = table.damages;
