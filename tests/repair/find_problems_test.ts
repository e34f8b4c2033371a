import { assertEquals } from "@std/assert";
import { createFinding, type Finding } from "../../lib/model/finding.ts";
import type { RepairDraft, RepairLoss, RepairStep } from "../../lib/model/repair.ts";
import {
  findChangedContents,
  findTouched,
  findWorse,
  isTouched,
} from "../../lib/repair/find_problems.ts";
import { BUILD_STEP } from "./fake_repairer.ts";

const LOSS: RepairLoss = {
  kind: "vector",
  outcome: "kept-unsearchable",
  reason: "it is nowhere",
  collection: "dot",
  table: null,
  count: 1,
  ids: ["a"],
};

/** Records of a collection have no vector. */
function missing(collection: string): Finding {
  return createFinding("vectors-missing", {
    path: "chroma.sqlite3",
    collection,
    message: "3 have none",
  });
}

/** A plan with a step that answers findings. */
function draftOf(answers: readonly Finding[], step: Partial<RepairStep> = {}): RepairDraft {
  return { steps: [{ ...BUILD_STEP, answers, ...step }], unanswered: [] };
}

Deno.test("findWorse() names an error that is new, and one that was answered and is there", () => {
  const [dot, notes] = [missing("dot"), missing("notes")];
  assertEquals(findWorse(draftOf([]), [dot], [dot]), []);
  assertEquals(findWorse(draftOf([]), [], [dot]), [
    "VF2703 was not there before: chroma.sqlite3: 3 have none",
  ]);
  assertEquals(findWorse(draftOf([dot]), [dot], [dot]), [
    "VF2703 is there still: chroma.sqlite3: 3 have none",
  ]);
  // The step is about the other collection.
  assertEquals(findWorse(draftOf([dot]), [dot, notes], [notes]), []);
});

Deno.test("findWorse() takes what the plan says that will be left", () => {
  const dot = missing("dot");
  const draft = draftOf([dot], { losses: [LOSS] });
  assertEquals(findWorse(draft, [dot], [dot]), []);
  assertEquals(findWorse(draft, [], [dot]), []);
  assertEquals(findWorse(draft, [], [missing("notes")]).length, 1);
  const takenOut = draftOf([dot], { losses: [{ ...LOSS, outcome: "taken-out" }] });
  assertEquals(findWorse(takenOut, [dot], [dot]).length, 1);
  const { code, name, severity, path, collection } = dot;
  const unanswered = [{
    ...{ code, name, severity, path, collection },
    reason: "It was not asked for.",
    isDamage: true,
  }];
  assertEquals(findWorse({ steps: [], unanswered }, [], [dot]), []);
});

Deno.test("findWorse() passes over warnings, and excuses nothing that kills an engine", () => {
  const lag = createFinding("index-lagging", { message: "lags" });
  assertEquals(findWorse(draftOf([]), [], [lag]), []);
  const fatal = createFinding("data-truncated", { collection: "dot", message: "short" });
  assertEquals(findWorse(draftOf([], { losses: [LOSS] }), [], [fatal]).length, 1);
});

Deno.test("findTouched() tells which collections a plan may change", () => {
  const before = [missing("dot"), createFinding("catalogue-empty", { message: "empty" })];
  const step = { collection: null, losses: [], kind: "correct-records" } as const;
  assertEquals(findTouched(draftOf([]), before), new Set(["dot"]));
  assertEquals(findTouched(draftOf(before.slice(0, 1), step), before), new Set(["dot"]));
  assertEquals(findTouched(draftOf(before, step), before), null);
  assertEquals(findTouched(draftOf([], step), before), null);
  assertEquals(
    findTouched(draftOf(before, { ...step, kind: "rebuild-fulltext" }), before),
    new Set(),
  );
  assertEquals(findTouched(draftOf([], { ...step, kind: "rebuild-database" }), before), null);
  const losses = [{ ...LOSS, collection: "notes" }];
  assertEquals(findTouched(draftOf([], { losses }), before), new Set(["dot", "notes"]));
});

Deno.test("findTouched() knows a collection without a name by its place", () => {
  const nameless = createFinding("chromem-metadata-missing", {
    path: "e6684f6c",
    segment: "e6684f6c",
    message: "it is gone",
  });
  const step = { kind: "restore-metadata", collection: "notes", segment: "e6684f6c" } as const;
  assertEquals(
    findTouched(draftOf([nameless], step), [nameless]),
    new Set(["e6684f6c", "notes"]),
  );
  assertEquals(
    findTouched(draftOf([nameless], { ...step, collection: null }), [nameless]),
    new Set(["e6684f6c"]),
  );
  assertEquals(
    findTouched(draftOf([nameless], { ...step, collection: null, segment: null }), []),
    null,
  );
  const touched = new Set(["e6684f6c"]);
  assertEquals(isTouched(touched, { id: "e6684f6c", name: "notes" }), true);
  assertEquals(isTouched(touched, { id: "1225ae6c", name: "sessions" }), false);
});

Deno.test("findTouched() trusts no finding whose file two collections share", () => {
  const before = [missing("dot"), missing("notes")];
  const step = { collection: null, kind: "correct-records" } as const;
  assertEquals(findTouched(draftOf(before.slice(0, 1), step), before), null);
});

Deno.test("findChangedContents() names collections that hold something else, or are gone", () => {
  const dot = { id: "1", name: "dot", records: 3, vectors: 3, hash: "a" };
  const notes = { id: "2", name: "notes", records: 2, vectors: 1, hash: "b" };
  assertEquals(findChangedContents(new Set(), [dot, notes], [dot, notes]), []);
  const other = { ...notes, vectors: 2, hash: "c" };
  assertEquals(findChangedContents(new Set(["notes"]), [dot, notes], [dot, other]), []);
  assertEquals(findChangedContents(new Set(), [dot, notes], [other]), [
    'The collection "dot", of which the plan does not tell, is no longer there',
    'The collection "notes", of which the plan does not tell, holds something else: 2 records and ' +
    "2 vectors, and before 2 and 1",
  ]);
});
