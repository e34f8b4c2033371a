import { assertEquals, assertMatch } from "@std/assert";
import type { DamageExpectation } from "../../lib/drill/damages/damage.ts";
import type { DrillCheck, DrillContents, DrillRepair } from "../../lib/drill/drill_result.ts";
import {
  type DrillFacts,
  findProblems,
  isFound,
  losesUntold,
} from "../../lib/drill/judge_drill.ts";
import type { RepairLoss } from "../../lib/model/repair.ts";

const EXPECTED: DamageExpectation = {
  severity: "error",
  findings: ["id-map-missing", "id-map-truncated"],
  hidden: null,
  curable: true,
};

const CHECK: DrillCheck = {
  verdict: "damaged",
  error: null,
  counts: { fatal: 0, error: 1, warning: 0, info: 0 },
  found: [{ code: "VF2003", name: "id-map-missing", severity: "error", findings: 1 }],
};

const REPAIR: DrillRepair = {
  state: "repaired",
  error: null,
  verdict: "clean",
  damage: [],
  losses: [],
};

const LOSS: RepairLoss = {
  kind: "vector",
  outcome: "taken-out",
  reason: "its slot is zeroed",
  collection: "notes",
  table: null,
  count: 2,
  ids: ["a", "b"],
};

const FACTS: DrillFacts = { check: CHECK, repair: REPAIR, contents: [], engine: null, losses: [] };

function contents(recordsAfter: number | null, isSame = false): DrillContents[] {
  const nameAfter = recordsAfter === null ? null : "notes";
  return [{ collection: "notes", nameAfter, recordsBefore: 10, recordsAfter, isSame }];
}

function problemsOf(
  facts: Partial<DrillFacts>,
  expected: Partial<DamageExpectation> = {},
): string[] {
  return findProblems({ ...FACTS, ...facts }, { ...EXPECTED, ...expected });
}

Deno.test("findProblems() has nothing to say when all came as expected", () => {
  assertEquals(problemsOf({ contents: contents(10, true) }), []);
  assertEquals(problemsOf({ engine: { agrees: true, says: null } }), []);
});

Deno.test("findProblems() names a check that sees nothing, the wrong thing, or takes it lightly", () => {
  const nothing = { ...CHECK, found: [] };
  assertMatch(problemsOf({ check: nothing })[0] ?? "", /id-map-missing or .* names nothing$/);
  const other = { ...CHECK, found: CHECK.found.map((one) => ({ ...one, name: "slot-zeroed" })) };
  assertMatch(problemsOf({ check: other })[0] ?? "", /names slot-zeroed$/);
  assertEquals(problemsOf({}, { severity: "fatal" }).length, 1);
  assertEquals(problemsOf({ check: other }, { findings: [] }), []);
});

Deno.test("findProblems() lets a check end with an error only when no store is left", () => {
  const check: DrillCheck = { ...CHECK, verdict: null, error: "No store", found: [] };
  assertMatch(problemsOf({ check, repair: null })[0] ?? "", /ends with an error: No store/);
  assertEquals(problemsOf({ check, repair: null }, { curable: false }), []);
});

Deno.test("findProblems() lets a damage be unseen of which nobody can see more", () => {
  const check = { ...CHECK, found: [] };
  assertEquals(problemsOf({ check }, { hidden: "every bit pattern is a vector" }), []);
  assertEquals(isFound(check, EXPECTED), false);
  assertEquals(isFound(CHECK, EXPECTED), true);
});

Deno.test("findProblems() names a repair that fails, leaves damage, or claims too much", () => {
  const failed = { ...REPAIR, state: "failed", error: "No room", verdict: null } as const;
  assertMatch(problemsOf({ repair: failed })[0] ?? "", /ends with an error: No room/);
  const left = { ...REPAIR, damage: ["VF1001"] };
  assertMatch(problemsOf({ repair: left })[0] ?? "", /leaves damage: VF1001/);
  assertEquals(problemsOf({ repair: left }, { curable: false }), []);
  assertEquals(problemsOf({ repair: left }, { undecided: "nothing tells which is right" }), []);
  assertEquals(problemsOf({}, { undecided: "nothing tells which is right" }), []);
  assertMatch(problemsOf({}, { curable: false })[0] ?? "", /says that no damage is left/);
});

Deno.test("findProblems() holds records that are gone against what the plan lists", () => {
  assertEquals(problemsOf({ contents: contents(8), losses: [LOSS] }), []);
  const twice = [LOSS, { ...LOSS, kind: "document", outcome: "gone" } as const];
  assertMatch(problemsOf({ contents: contents(7), losses: twice })[0] ?? "", /lacks 3 records/);
  const unnamed = [{ ...LOSS, count: 3, collection: null }];
  assertEquals(problemsOf({ contents: contents(7), losses: unnamed }), []);
  const other = [{ ...LOSS, collection: "cosine" }];
  assertMatch(problemsOf({ contents: contents(8), losses: other })[0] ?? "", /more than the plan/);
});

Deno.test("findProblems() takes what the plan lists under the name that it gives a collection", () => {
  const renamed = contents(8).map((one) => ({ ...one, nameAfter: "recovered-1" }));
  const losses = [{ ...LOSS, collection: "recovered-1" }];
  assertEquals(problemsOf({ contents: renamed, losses }), []);
  const [named] = problemsOf({ contents: renamed.map((one) => ({ ...one, isSame: true })) });
  assertMatch(named ?? "", /lacks 2 records/);
  const same = contents(10, true).map((one) => ({ ...one, nameAfter: "recovered-1" }));
  assertMatch(problemsOf({ contents: same })[0] ?? "", /is called "recovered-1" now/);
});

Deno.test("findProblems() does not blame a plan for what has left no trace", () => {
  const traceless = "it stood on lost pages alone";
  assertEquals(problemsOf({ contents: contents(7), losses: [LOSS] }, { traceless }), []);
  assertEquals(problemsOf({ contents: contents(null) }, { traceless }), []);
  assertEquals(losesUntold({ contents: contents(7), losses: [LOSS] }), true);
  assertEquals(losesUntold({ contents: contents(8), losses: [LOSS] }), false);
});

Deno.test("findProblems() names a collection that is gone, or holds something else in silence", () => {
  assertMatch(problemsOf({ contents: contents(null) })[0] ?? "", /is no longer there/);
  assertMatch(problemsOf({ contents: contents(10) })[0] ?? "", /lists nothing as lost/);
  assertEquals(problemsOf({ contents: contents(10) }, { hidden: "a bit in a vector" }), []);
  const kept = [{ ...LOSS, kind: "length", outcome: "kept" } as const];
  assertEquals(problemsOf({ contents: contents(10), losses: kept }), []);
});

Deno.test("findProblems() names an engine that does not take the repaired store", () => {
  const problems = problemsOf({ engine: { agrees: false, says: "killed by SIGSEGV" } });
  assertMatch(problems[0] ?? "", /killed by SIGSEGV/);
});
