/**
 * Drilling one damage on one copy of a store: the damage is done, the copy is checked, repaired and
 * checked again, and what it holds is held against what it held.
 *
 * @module
 */

import { OperationError } from "../base/errors.ts";
import { collectCheck, type CollectedCheck } from "../engine/collect_check.ts";
import { readStoreContents } from "../engine/contents.ts";
import { countSeverities, type Finding, SEVERITIES } from "../model/finding.ts";
import type { RepairLoss } from "../model/repair.ts";
import type { CollectionContents } from "../model/store.ts";
import type { RepairOutcome } from "../repair/outcome.ts";
import { stateOf } from "../repair/prepare_plan.ts";
import { runRepair } from "../repair/repair_store.ts";
import type { RepairProgress } from "../stores/repair_format.ts";
import { compareContents } from "./compare_contents.ts";
import type { Damage, DamageLibrary } from "./damages/damage.ts";
import type { DrillOptions } from "./drill_options.ts";
import type {
  DrillCheck,
  DrillContents,
  DrillFinding,
  DrillLoss,
  DrillRepair,
  DrillResult,
} from "./drill_result.ts";
import { findProblems, isFound, isLeft, losesUntold } from "./judge_drill.ts";
import { type Strike, strike } from "./strike.ts";

/** What a damage is drilled on. */
export interface DrillSubject {
  /** The directory of the copy. */
  readonly copy: string;
  /** The damages to its format. */
  readonly library: DamageLibrary;
  /** What a check says of the copy before anything is done to it. */
  readonly baseline: CollectedCheck;
  /** What its collections hold then. */
  readonly contents: readonly CollectionContents[];
}

/** How one damage is drilled. */
export type DamageOptions =
  & Pick<DrillOptions, "askEngine" | "names" | "signal" | "now">
  & Required<Pick<DrillOptions, "seed" | "fs">>
  & { readonly onProgress: (progress: RepairProgress) => void };

/** What was seen, before anybody says what it is worth. */
type Seen = Pick<DrillResult, "check" | "repair" | "contents" | "engine">;

const NOTHING_SEEN: Seen = { check: null, repair: null, contents: [], engine: null };

/**
 * Does a damage to a copy, repairs the copy, and judges what came of it.
 *
 * @param damage The damage.
 * @param subject The copy, and what it was.
 * @param options The seed, and who asks an engine.
 * @returns What came of it, without where the copy is kept.
 * @throws {OperationError} The work was cancelled, or the copy cannot be read or written.
 */
export async function drillDamage(
  damage: Damage,
  subject: DrillSubject,
  options: DamageOptions,
): Promise<Omit<DrillResult, "directory">> {
  const startedMs = performance.now();
  const { copy, library } = subject;
  const { seed, fs } = options;
  const { name, description, expected } = damage;
  const timed = (
    rest: Omit<DrillResult, "directory" | "damage" | "description" | "elapsedMs">,
  ): Omit<DrillResult, "directory"> => {
    const elapsedMs = Math.round(performance.now() - startedMs);
    return { damage: name, description, ...rest, elapsedMs };
  };
  const done = strike(damage, { store: copy, library, seed, fs });
  if ("reason" in done) {
    return timed({ ...NOT_APPLICABLE, ...NOTHING_SEEN, reason: done.reason });
  }
  const run = new DamageRun(subject, options);
  const seen = await run.see(expected.curable);
  const facts = { ...seen, losses: run.losses };
  const problems = findProblems(facts, expected);
  return timed({
    ...(done satisfies Strike),
    ...seen,
    state: problems.length === 0 ? "passed" : "failed",
    reason: null,
    problems,
    hidden: isFound(seen.check, expected) ? null : expected.hidden,
    traceless: losesUntold(facts) ? expected.traceless ?? null : null,
    undecided: expected.curable && isLeft(seen) ? expected.undecided ?? null : null,
  });
}

const NOT_APPLICABLE = {
  state: "not-applicable",
  collection: null,
  changed: [],
  problems: [],
  hidden: null,
  traceless: null,
  undecided: null,
} as const;

/** Looking at one damaged copy, and repairing it. */
class DamageRun {
  readonly #subject: DrillSubject;
  readonly #options: DamageOptions;
  /** What the plan of the repair has listed as lost. */
  losses: readonly RepairLoss[] = [];

  constructor(subject: DrillSubject, options: DamageOptions) {
    this.#subject = subject;
    this.#options = options;
  }

  /**
   * Checks, repairs, checks again, reads what is there, and asks the engine.
   *
   * @param curable Whether the repair can leave a store that an engine can be asked about.
   */
  async see(curable: boolean): Promise<Seen> {
    const check = await this.#checkDamage();
    if (check.error !== null) return { ...NOTHING_SEEN, check };
    const repair = await this.#repair();
    const isWhole = repair.verdict !== null && repair.damage.length === 0;
    // What is damaged still cannot say what it holds, and no engine is to be blamed for it.
    if (!isWhole || !curable) return { ...NOTHING_SEEN, check, repair };
    const contents = await this.#compareContents();
    // Last of all: an engine that opens a store writes to it.
    return { check, repair, contents, engine: await this.#askEngine() };
  }

  async #checkDamage(): Promise<DrillCheck> {
    try {
      return toDrillCheck(await this.#check("checking the damage"), this.#subject.baseline);
    } catch (error) {
      return { verdict: null, error: requireAnswer(error), counts: countSeverities([]), found: [] };
    }
  }

  async #check(title: string): Promise<CollectedCheck> {
    const { names, signal, onProgress } = this.#options;
    return await collectCheck(this.#subject.copy, {
      ...(names === undefined ? {} : { names }),
      ...(signal === undefined ? {} : { signal }),
      onProgress: ({ checkedBytes, totalBytes }) =>
        onProgress({ title, done: totalBytes === 0 ? 1 : checkedBytes / totalBytes }),
    });
  }

  async #repair(): Promise<DrillRepair> {
    let outcome: RepairOutcome;
    try {
      outcome = await this.#runRepair();
    } catch (error) {
      const message = requireAnswer(error);
      return { state: "failed", error: message, verdict: null, damage: [], losses: [] };
    }
    this.losses = outcome.plan.steps.flatMap(({ losses }) => losses);
    const { verdict, damage } = stateOf(await this.#check("checking what was repaired"));
    const state = outcome.state === "repaired" ? "repaired" : "nothing-to-do";
    return { state, error: null, verdict, damage, losses: addUp(this.losses) };
  }

  async #runRepair(): Promise<RepairOutcome> {
    const { names, signal, fs, now, onProgress } = this.#options;
    return await runRepair(this.#subject.copy, {
      ...(names === undefined ? {} : { names }),
      fs,
      signal,
      onProgress,
      ...(now === undefined ? {} : { now }),
      confirm: () => Promise.resolve(true),
    });
  }

  async #compareContents(): Promise<readonly DrillContents[]> {
    const { signal } = this.#options;
    const { copy, contents } = this.#subject;
    const after = await readStoreContents(copy, signal === undefined ? {} : { signal });
    return compareContents(contents, after);
  }

  async #askEngine(): Promise<DrillResult["engine"]> {
    const { askEngine, signal } = this.#options;
    return askEngine === null ? null : await askEngine(this.#subject.copy, signal);
  }
}

/** Failures that say nothing of the repair: the drill itself cannot go on. */
const ENDING: ReadonlySet<OperationError["code"]> = new Set([
  "cancelled",
  "no-space",
  "no-memory",
  "permission-denied",
]);

/** Gives what check or repair say in place of a result; throws what is none of their doing. */
function requireAnswer(error: unknown): string {
  if (error instanceof OperationError && !ENDING.has(error.code)) return error.message;
  throw error;
}

/** Takes what the store had before from what is found. */
function toDrillCheck({ findings, summary }: CollectedCheck, baseline: CollectedCheck): DrillCheck {
  const known = new Set(baseline.findings.map(identify));
  const fresh = findings.filter((finding) => !known.has(identify(finding)));
  const found = new Map<string, DrillFinding>();
  for (const { code, name, severity } of fresh) {
    const findings = (found.get(code)?.findings ?? 0) + 1;
    found.set(code, { code, name, severity, findings });
  }
  const rank = ({ severity }: DrillFinding): number => SEVERITIES.indexOf(severity);
  return {
    verdict: summary.verdict,
    error: null,
    counts: countSeverities(findings),
    found: [...found.values()].sort((left, right) => rank(left) - rank(right)),
  };
}

function identify({ code, path, collection, segment, offset, count, message }: Finding): string {
  return JSON.stringify([code, path, collection, segment, offset, count, message]);
}

function addUp(losses: readonly RepairLoss[]): DrillLoss[] {
  const sums = new Map<string, DrillLoss>();
  for (const { kind, outcome, collection, count } of losses) {
    const key = JSON.stringify([kind, outcome, collection]);
    sums.set(key, { kind, outcome, collection, count: (sums.get(key)?.count ?? 0) + count });
  }
  return [...sums.values()];
}
