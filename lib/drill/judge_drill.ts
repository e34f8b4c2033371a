/**
 * Whether a damage was found and cured as it has to be. Nothing is read here.
 *
 * | what                                     | is a problem                                             |
 * | ---------------------------------------- | -------------------------------------------------------- |
 * | the check                                | has named nothing of what follows from the damage, or    |
 * |                                          | ends with an error though there is a store               |
 * | the repair                               | has failed; leaves damage that can be cured; or claims   |
 * |                                          | that nothing is left of a damage that cannot be          |
 * | a collection that holds something else   | unless the plan lists losses for it, or no check can see |
 * |                                          | the damage                                               |
 * | records that are gone                    | are more than the plan lists, unless they left no trace  |
 * | the engine                               | does not take the repaired store                         |
 *
 * @module
 */

import { formatCount } from "../base/format.ts";
import type { Severity } from "../model/codes.ts";
import { SEVERITIES } from "../model/finding.ts";
import type { RepairLoss } from "../model/repair.ts";
import type { DamageExpectation } from "./damages/damage.ts";
import type { DrillContents, DrillResult } from "./drill_result.ts";

/** What is judged: a result without its verdict, and what the plan has listed as lost. */
export interface DrillFacts extends Pick<DrillResult, "check" | "repair" | "contents" | "engine"> {
  /** What the plan of the repair has listed as lost, with the ids. */
  readonly losses: readonly RepairLoss[];
}

/**
 * Finds what is not as it has to be after a damage.
 *
 * @param facts What was seen.
 * @param expected What has to follow from the damage.
 * @returns The problems, for people; one clause each, without a final period.
 */
export function findProblems(facts: DrillFacts, expected: DamageExpectation): string[] {
  return [
    ...judgeCheck(facts, expected),
    ...judgeRepair(facts, expected),
    ...facts.contents.flatMap((contents) => judgeContents(contents, facts, expected)),
    ...judgeEngine(facts),
  ];
}

/**
 * Tells whether a check has seen what it had to see.
 *
 * @param check What it has said.
 * @param expected What has to follow from the damage.
 * @returns Whether it names what follows from the damage.
 */
export function isFound(
  check: DrillFacts["check"],
  { severity, findings }: Pick<DamageExpectation, "severity" | "findings">,
): boolean {
  const found = check?.found ?? [];
  const isSevere = found.some((finding) => isAtLeast(finding.severity, severity));
  const names: readonly string[] = findings;
  return isSevere && (names.length === 0 || found.some(({ name }) => names.includes(name)));
}

function isAtLeast(severity: Severity, least: Severity): boolean {
  return SEVERITIES.indexOf(severity) <= SEVERITIES.indexOf(least);
}

function judgeCheck({ check }: DrillFacts, expected: DamageExpectation): string[] {
  const { severity, findings, hidden, curable } = expected;
  const error = check?.error ?? null;
  if (error !== null) return curable ? [`The check ends with an error: ${error}`] : [];
  if (hidden !== null || isFound(check, expected)) return [];
  const wanted = findings.length === 0 ? "anything" : findings.join(" or ");
  const seen = (check?.found ?? []).map(({ name }) => name).join(", ");
  const named = seen === "" ? "nothing" : seen;
  return [`The check has to name ${wanted} (${severity} at the least) and names ${named}`];
}

/**
 * Tells whether a repair has left damage, and a check says so.
 *
 * @param facts What was seen.
 * @returns Whether an error is left, or worse.
 */
export function isLeft({ repair }: Pick<DrillFacts, "repair">): boolean {
  return repair !== null && repair.damage.length > 0;
}

function judgeRepair(
  { repair }: DrillFacts,
  { curable, undecided }: DamageExpectation,
): string[] {
  if (repair === null) return [];
  if (repair.state === "failed") return [`The repair ends with an error: ${repair.error ?? ""}`];
  if (curable && undecided === undefined && isLeft({ repair })) {
    return [`The repair leaves damage: ${repair.damage.join(", ")}`];
  }
  if (!curable && !isLeft({ repair }) && repair.verdict !== null) {
    return ["The repair says that no damage is left of one that cannot be cured"];
  }
  return [];
}

function judgeContents(
  contents: DrillContents,
  { losses }: DrillFacts,
  { hidden, curable, traceless }: DamageExpectation,
): string[] {
  const { collection, nameAfter, isSame } = contents;
  const isCalledSo = nameAfter === collection;
  if (isSame && isCalledSo || !curable) return [];
  if (traceless === undefined) {
    const untold = describeUntold(contents, losses);
    if (untold !== null) return [untold];
  }
  if (hidden !== null || listFor(contents, losses).length > 0 || traceless !== undefined) return [];
  const what = isCalledSo ? "holds something else" : `is called "${nameAfter}" now`;
  return [`The collection "${collection}" ${what}, and the plan lists nothing as lost`];
}

/**
 * Tells whether more is gone than the plan of the repair lists.
 *
 * @param facts What was seen.
 * @returns Whether a collection is gone, or lacks more records than are listed.
 */
export function losesUntold(
  { contents, losses }: Pick<DrillFacts, "contents" | "losses">,
): boolean {
  return contents.some((one) => describeUntold(one, losses) !== null);
}

function describeUntold(contents: DrillContents, losses: readonly RepairLoss[]): string | null {
  const { collection, recordsBefore, recordsAfter } = contents;
  if (recordsAfter === null) return `The collection "${collection}" is no longer there`;
  const missing = recordsBefore - recordsAfter;
  if (missing <= countLost(listFor(contents, losses))) return null;
  return `The collection "${collection}" lacks ${formatCount(missing, "record")}, more than the ` +
    "plan lists as lost";
}

/** What the plan lists of a collection, which it may call by another name. */
function listFor(
  { collection, nameAfter }: DrillContents,
  losses: readonly RepairLoss[],
): readonly RepairLoss[] {
  return losses.filter((loss) =>
    loss.collection === null || loss.collection === collection || loss.collection === nameAfter
  );
}

/** How many records may be missing; one that has lost several things is listed several times. */
function countLost(losses: readonly RepairLoss[]): number {
  const leaving = losses.filter(({ outcome }) => outcome === "taken-out" || outcome === "gone");
  const ids = new Set(leaving.flatMap((loss) => loss.ids));
  return leaving.reduce((sum, loss) => sum + loss.count - loss.ids.length, ids.size);
}

function judgeEngine({ engine }: DrillFacts): string[] {
  if (engine === null || engine.agrees) return [];
  return [`The engine does not take the repaired store: ${engine.says ?? "it gives no reason"}`];
}
