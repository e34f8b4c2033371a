/**
 * What stands in the plan of the corrections: one step for what concerns the whole store, and one for
 * each collection.
 *
 * @module
 */

import { formatCount } from "../../../../base/format.ts";
import { printable } from "../../../../base/printable.ts";
import type { AnsweredFinding, RepairStep } from "../../../../model/repair.ts";
import { CATALOGUE_NAME } from "../../layout.ts";
import type { CatalogueEdit } from "./catalogue_edit.ts";
import type { RefusedFinding } from "./plan_catalogue_edits.ts";

/**
 * Describes what was corrected.
 *
 * @param edits The corrections.
 * @param refusals What nothing was done about; it is said in the step of the same collection.
 * @param sizeBytes How large the database is that is written, or 0 where another step says so.
 * @returns The steps.
 */
export function describeSteps(
  edits: readonly CatalogueEdit[],
  refusals: readonly RefusedFinding[],
  sizeBytes: number,
): RepairStep[] {
  const groups = new Map<string | null, CatalogueEdit[]>();
  for (const edit of edits) {
    const group = groups.get(edit.finding.collection);
    if (group === undefined) groups.set(edit.finding.collection, [edit]);
    else group.push(edit);
  }
  return [...groups].map(([collection, group], at) => {
    const refused = refusals.filter(({ finding }) =>
      finding.collection === collection || (at === 0 && !groups.has(finding.collection))
    );
    return describeStep(collection, group, refused, at === 0 ? sizeBytes : 0);
  });
}

function describeStep(
  collection: string | null,
  edits: readonly CatalogueEdit[],
  refusals: readonly RefusedFinding[],
  sizeBytes: number,
): RepairStep {
  const owner = collection === null ? "the store" : printable(collection, 100);
  const count = edits.reduce((sum, { statements }) => sum + statements.length, 0);
  return {
    kind: "correct-catalogue",
    title: `Correct ${formatCount(count, "entry", "entries")} of ${owner} in the catalogue`,
    details: [
      ...edits.map(({ sentence }) => sentence),
      ...refusals.map(describeRefusal),
    ],
    collection,
    segment: null,
    strategy: null,
    answers: listAnswers(edits),
    reads: [CATALOGUE_NAME],
    replaces: [CATALOGUE_NAME],
    gains: [],
    losses: edits.flatMap(({ losses }) => losses),
    sizeBytes,
  };
}

function describeRefusal({ finding, refused }: RefusedFinding): string {
  const owner = finding.collection === null ? "" : ` of ${printable(finding.collection, 100)}`;
  return `Leave ${finding.code}${owner} as it is: ${refused}`;
}

function listAnswers(edits: readonly CatalogueEdit[]): AnsweredFinding[] {
  const answers = new Map(
    edits.map(({ finding: { code, name, severity, path } }) => [
      `${code} ${path}`,
      { code, name, severity, path },
    ]),
  );
  return [...answers.values()];
}
