/**
 * Whether a repaired store is what was planned, and not worse than before. Nothing is read here.
 *
 * | what                                        | is a problem unless                                  |
 * | ------------------------------------------- | ---------------------------------------------------- |
 * | an error that the store did not have        | the plan says that it will be left, or a loss does   |
 * | an error that a step answers, and is there  | a loss of that step says that it will be left        |
 * | a collection of which no step tells changed | it could not be read before                          |
 *
 * @module
 */

import { type Finding, isDamage } from "../model/finding.ts";
import type {
  AnsweredFinding,
  LossOutcome,
  RepairDraft,
  RepairStep,
  RepairStepKind,
} from "../model/repair.ts";
import type { CollectionContents } from "../model/store.ts";

/** What of a loss stays in the store, where a check goes on to name it. */
const STAYING: ReadonlySet<LossOutcome> = new Set(["kept-unsearchable", "kept"]);

/** Steps that change nothing that a collection holds. */
const NEUTRAL: ReadonlySet<RepairStepKind> = new Set([
  "rebuild-fulltext",
  "copy-file",
  "set-aside",
]);

/** Steps that can bring anything back. */
const UNBOUNDED: ReadonlySet<RepairStepKind> = new Set([
  "rebuild-database",
  "restore-database",
  "export-records",
]);

/** Steps about one place of the store: the id of its collection is that of the place. */
const OF_ONE_PLACE: ReadonlySet<RepairStepKind> = new Set([
  "rename-files",
  "restore-metadata",
  "name-collection",
  "rename-folder",
  "merge-collections",
  "quarantine-collection",
  "place-documents",
  "restore-documents",
  "correct-documents",
  "take-out-documents",
  "set-aside",
]);

/** What a finding is known by. */
type FindingKey = Pick<AnsweredFinding, "code" | "path">;

/**
 * Holds the findings in the repaired store against those before and against the plan.
 *
 * @param draft The plan.
 * @param before What a full check has found before.
 * @param after What it finds in the repaired store.
 * @returns What is not as it was planned, for people.
 */
export function findWorse(
  draft: RepairDraft,
  before: readonly Finding[],
  after: readonly Finding[],
): string[] {
  const known = new Set([...before, ...draft.unanswered].map(keyOf));
  return after.filter(isDamage).flatMap((finding) => {
    const steps = draft.steps.filter((step) => answersTo(step, finding));
    const isAnswered = steps.length > 0;
    if (!isAnswered && known.has(keyOf(finding))) return [];
    if (isExplained(finding, isAnswered ? steps : draft.steps)) return [];
    const what = isAnswered ? "is there still" : "was not there before";
    return [`${finding.code} ${what}: ${finding.path ?? "the store"}: ${finding.message}`];
  });
}

/** Two collections can have the same finding in one file. */
function answersTo({ answers, collection }: RepairStep, finding: Finding): boolean {
  const isOther = collection !== null && finding.collection !== null &&
    collection !== finding.collection;
  return !isOther && answers.some((answer) => keyOf(answer) === keyOf(finding));
}

function keyOf({ code, path }: FindingKey): string {
  return `${code} ${path ?? ""}`;
}

function isExplained({ severity, collection }: Finding, steps: readonly RepairStep[]): boolean {
  return severity === "error" &&
    steps.flatMap(({ losses }) => losses).some((loss) =>
      STAYING.has(loss.outcome) && (loss.collection === null || loss.collection === collection)
    );
}

/**
 * Finds the collections that a repair may change.
 *
 * @param draft The plan.
 * @param before What a full check has found before.
 * @returns Their names or ids, or null for all of them.
 */
export function findTouched(
  { steps }: RepairDraft,
  before: readonly Finding[],
): ReadonlySet<string> | null {
  const owners = new Map<string, string | null>();
  for (const finding of before) {
    const key = keyOf(finding);
    const isShared = owners.has(key) && owners.get(key) !== finding.collection;
    owners.set(key, isShared ? null : finding.collection);
  }
  const touched = new Set<string>();
  for (const step of steps) {
    if (UNBOUNDED.has(step.kind)) return null;
    if (OF_ONE_PLACE.has(step.kind) && step.segment !== null) touched.add(step.segment);
    const names = [
      ...step.losses.map(({ collection }) => collection),
      ...(NEUTRAL.has(step.kind) ? [] : namesOf(step, owners)),
    ];
    for (const name of names) {
      if (name === null) return null;
      touched.add(name);
    }
  }
  return touched;
}

/** The collections that a step is about, by its own word or by the findings that it answers. */
function namesOf(
  { kind, collection, segment, answers }: RepairStep,
  owners: ReadonlyMap<string, string | null>,
): (string | null)[] {
  if (collection !== null) return [collection];
  // What has lost its name is known by its place.
  if (OF_ONE_PLACE.has(kind) && segment !== null) return [segment];
  return answers.length === 0 ? [null] : answers.map((answer) => owners.get(keyOf(answer)) ?? null);
}

/**
 * Whether a repair may change a collection.
 *
 * @param touched The names or ids of those that it may change.
 * @param contents The collection.
 */
export function isTouched(
  touched: ReadonlySet<string>,
  { id, name }: Pick<CollectionContents, "id" | "name">,
): boolean {
  return touched.has(name) || touched.has(id);
}

/**
 * Holds what the collections hold against what they held before.
 *
 * @param touched The names or ids of those that may have changed.
 * @param before What they held; those that may not have changed could be read.
 * @param after What they hold in the repaired store.
 * @returns Which have changed and may not, for people.
 */
export function findChangedContents(
  touched: ReadonlySet<string>,
  before: readonly CollectionContents[],
  after: readonly CollectionContents[],
): string[] {
  const now = new Map(after.map((contents) => [contents.id, contents]));
  return before.filter((then) => !isTouched(touched, then)).flatMap((then) => {
    const current = now.get(then.id);
    if (current?.hash === then.hash) return [];
    const what = current === undefined
      ? "is no longer there"
      : `holds something else: ${current.records} records and ${current.vectors} vectors, and ` +
        `before ${then.records} and ${then.vectors}`;
    return [`The collection "${then.name}", of which the plan does not tell, ${what}`];
  });
}
