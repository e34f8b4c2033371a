/**
 * Plans and outcomes of repairs, for the tests of what is said about them.
 *
 * @module
 */

import { FINDING_CODES, type FindingName } from "../../lib/model/codes.ts";
import type {
  AnsweredFinding,
  RepairLoss,
  RepairPlan,
  RepairStep,
  UnansweredFinding,
} from "../../lib/model/repair.ts";
import type { RepairOutcome, StoreState } from "../../lib/repair/outcome.ts";

export const STORE = "/srv/chroma";

/** A finding that a step answers. */
export function answer(name: FindingName, path: string | null = null): AnsweredFinding {
  const { code, severity } = FINDING_CODES[name];
  return { code, name, severity, path };
}

/** A finding that nothing is done about. */
export function left(
  name: FindingName,
  facts: Partial<UnansweredFinding> = {},
): UnansweredFinding {
  const reason = "Nobody knows what it is for.";
  return { ...answer(name), collection: null, reason, isDamage: true, ...facts };
}

/** Something that is lost. */
export function loss(facts: Partial<RepairLoss> = {}): RepairLoss {
  return {
    kind: "vector",
    outcome: "taken-out",
    reason: "their slots are zeroed",
    collection: "notes",
    table: null,
    count: 3,
    ids: ["a", "b", "c"],
    ...facts,
  };
}

/** A step that builds an index. */
export function step(facts: Partial<RepairStep> = {}): RepairStep {
  return {
    kind: "build-index",
    title: "build the index of notes anew",
    details: [],
    collection: "notes",
    segment: "5c9b36b3-ea3d-481d-bce4-eb75e0156ab2",
    strategy: { chosen: "index", reason: "it was proven for chroma 1.5" },
    answers: [answer("header-truncated", "5c9b36b3-ea3d-481d-bce4-eb75e0156ab2/header.bin")],
    reads: [],
    replaces: ["5c9b36b3-ea3d-481d-bce4-eb75e0156ab2"],
    gains: [{ what: "vectors", count: 366, source: "the index" }],
    losses: [],
    sizeBytes: 128_000,
    ...facts,
  };
}

/** A plan of a repair. */
export function plan(facts: Partial<RepairPlan> = {}): RepairPlan {
  return {
    store: STORE,
    engine: "chroma 1.5",
    stamps: [],
    steps: [step()],
    unanswered: [],
    sizeBytes: 128_000,
    ...facts,
  };
}

/** What a check says in short. */
export function state(facts: Partial<StoreState> = {}): StoreState {
  return {
    verdict: "clean",
    counts: { fatal: 0, error: 0, warning: 0, info: 0 },
    damage: [],
    ...facts,
  };
}

/** What became of a repair that went well. */
export function outcome(facts: Partial<RepairOutcome> = {}): RepairOutcome {
  return {
    plan: plan(),
    state: "repaired",
    before: state({
      verdict: "unsafe",
      counts: { fatal: 1, error: 0, warning: 0, info: 0 },
      damage: ["VF2101"],
    }),
    after: state(),
    verification: {
      recall: [{
        collection: "notes",
        queries: 100,
        neighbours: 10,
        efSearch: 100,
        recall: 0.9985,
      }],
      vectorsCompared: 366,
      problems: [],
    },
    quarantined: "20261121T104500Z",
    kept: [],
    elapsedMs: 1234,
    ...facts,
  };
}
