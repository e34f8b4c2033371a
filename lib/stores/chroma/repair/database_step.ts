/**
 * Steps whose work is done in the private copy of the database already.
 *
 * @module
 */

import type { Finding } from "../../../model/finding.ts";
import type { RepairStep } from "../../../model/repair.ts";
import { listAnswers } from "../../repair_steps.ts";
import { CATALOGUE_NAME } from "../layout.ts";
import type { PreparedStep, RepairContext } from "./repair_context.ts";

/** What is to be said of such a step. */
export type DatabaseStepParts =
  & Pick<RepairStep, "kind" | "title">
  & Partial<Pick<RepairStep, "details" | "gains" | "losses" | "reads">>
  & {
    /** The findings that it answers. */
    readonly findings: readonly Finding[];
    /** The name of the collection, where the findings do not tell it. */
    readonly collection?: string | null;
  };

/**
 * Describes what was done to the private copy of the database.
 *
 * @param context What the stage was given.
 * @param parts What is to be said of it.
 * @returns The step; the first such step needs the room for the new database.
 */
export function createDatabaseStep(
  { working }: Pick<RepairContext, "working">,
  { findings, details = [], gains = [], losses = [], reads = [], kind, title, ...given }:
    DatabaseStepParts,
): PreparedStep {
  const collections = new Set(findings.map(({ collection }) => collection));
  const [common = null] = collections.size === 1 ? collections : [];
  return {
    step: {
      kind,
      title,
      details,
      collection: given.collection ?? common,
      segment: null,
      strategy: null,
      answers: listAnswers(findings),
      reads: [...new Set([CATALOGUE_NAME, ...reads])],
      replaces: [CATALOGUE_NAME],
      gains: gains.filter(({ count }) => count > 0),
      losses: losses.filter(({ count }) => count > 0),
      sizeBytes: working.claimDatabaseSize(),
    },
  };
}
