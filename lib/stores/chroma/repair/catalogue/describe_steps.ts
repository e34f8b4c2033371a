/**
 * What stands in the plan of the corrections: one step, for they are one change of one file. What is
 * done alike for several collections is said once.
 *
 * @module
 */

import { formatCount } from "../../../../base/format.ts";
import { printable } from "../../../../base/printable.ts";
import type { RepairStep } from "../../../../model/repair.ts";
import { CATALOGUE_NAME } from "../../layout.ts";
import type { CatalogueEdit } from "./catalogue_edit.ts";
import type { RefusedFinding } from "./plan_catalogue_edits.ts";

/** How many collections are named of those for which the same is done. */
const MOST_NAMED = 8;

/** What a description needs besides the corrections. */
export interface DescriptionFacts {
  /** What nothing was done about. */
  readonly refusals: readonly RefusedFinding[];
  /** The names that collections have now, by id. */
  readonly labels: ReadonlyMap<string, string>;
  /** How large the database is that is written, or 0 where another step says so. */
  readonly sizeBytes: number;
}

/**
 * Describes what was corrected.
 *
 * @param edits The corrections.
 * @param facts What else is said.
 * @returns One step; none without a correction.
 */
export function describeSteps(
  edits: readonly CatalogueEdit[],
  { refusals, labels, sizeBytes }: DescriptionFacts,
): RepairStep[] {
  if (edits.length === 0) return [];
  const owners = new Set(edits.map(({ collectionId }) => collectionId));
  const [owner = null] = owners.size === 1 ? owners : [];
  const collection = owner === null ? null : labels.get(owner) ?? owner;
  const count = edits.reduce((sum, { statements }) => sum + statements.length, 0);
  const where = collection === null ? "" : ` of ${printable(collection, 100)}`;
  return [{
    kind: "correct-catalogue",
    title: `Correct ${formatCount(count, "entry", "entries")}${where} in the catalogue`,
    details: [
      ...describeEdits(edits, owner === null ? labels : new Map()),
      ...refusals.map(describeRefusal),
    ],
    collection,
    segment: null,
    strategy: null,
    answers: edits.map(({ finding: { code, name, severity, path } }) => ({
      code,
      name,
      severity,
      path,
    })),
    reads: [CATALOGUE_NAME],
    replaces: [CATALOGUE_NAME],
    gains: [],
    losses: edits.flatMap(({ losses }) => losses),
    sizeBytes,
  }];
}

/** Names the collections before what is done for them, but for those that have no label. */
function describeEdits(
  edits: readonly CatalogueEdit[],
  labels: ReadonlyMap<string, string>,
): string[] {
  const owners = new Map<string, Set<string>>();
  for (const { sentence, collectionId } of edits) {
    const named = owners.get(sentence) ?? new Set();
    const label = labels.get(collectionId ?? "");
    if (label !== undefined) named.add(printable(label, 100));
    owners.set(sentence, named);
  }
  return [...owners].map(([sentence, named]) =>
    named.size === 0 ? sentence : `${listNames([...named])}: ${sentence}`
  );
}

function listNames(names: readonly string[]): string {
  const more = names.length - MOST_NAMED;
  const shown = names.slice(0, MOST_NAMED).join(", ");
  return more > 0 ? `${shown} and ${more} more` : shown;
}

function describeRefusal({ finding, refused }: RefusedFinding): string {
  const owner = finding.collection === null ? "" : ` of ${printable(finding.collection, 100)}`;
  return `Leave ${finding.code}${owner} as it is: ${refused}`;
}
