/**
 * What came of a drill: plain data that output and verbs show, whatever the format of the store.
 *
 * @module
 */

import type { Severity } from "../model/codes.ts";
import type { SeverityCounts, Verdict } from "../model/finding.ts";
import type { LossKind, LossOutcome } from "../model/repair.ts";
import type { FindingEvent, FormatName, SummaryEvent } from "../model/report.ts";
import type { LeftOut } from "../model/store.ts";

/** A finding that the damage has brought. */
export interface DrillFinding {
  /** The code, for instance `VF2205`. */
  readonly code: string;
  /** Its name. */
  readonly name: string;
  /** Its severity. */
  readonly severity: Severity;
  /** How many findings there are of it. */
  readonly findings: number;
}

/** What a check has said of a damaged copy. */
export interface DrillCheck {
  /** May the engine open it? Null where nothing is left that is known for a store. */
  readonly verdict: Verdict | null;
  /** What the check ended with in place of a verdict; else null. */
  readonly error: string | null;
  /** How many findings there are of each severity. */
  readonly counts: SeverityCounts;
  /** What the store did not have before, the worst first. */
  readonly found: readonly DrillFinding[];
}

/** What the plan of a repair has listed as lost, added up by what it is. */
export interface DrillLoss {
  /** What is lost. */
  readonly kind: LossKind;
  /** What becomes of the rest. */
  readonly outcome: LossOutcome;
  /** The name of the collection, or null where it belongs to none. */
  readonly collection: string | null;
  /** How many. */
  readonly count: number;
}

/** What a repair has done to a damaged copy. */
export interface DrillRepair {
  /** What became of it; `failed` where it ended with an error. */
  readonly state: "repaired" | "nothing-to-do" | "failed";
  /** What it ended with, or null. */
  readonly error: string | null;
  /** What a check says afterwards; null where the store could not be checked any more. */
  readonly verdict: Verdict | null;
  /** The codes of the errors that are left, and of worse. */
  readonly damage: readonly string[];
  /** What the plan has listed as lost. */
  readonly losses: readonly DrillLoss[];
}

/** What a collection holds after a repair, held against what it held before the damage. */
export interface DrillContents {
  /** The name of the collection. */
  readonly collection: string;
  /** What it is called now; null where it is gone. */
  readonly nameAfter: string | null;
  /** How many records it had. */
  readonly recordsBefore: number;
  /** How many it has; null where it is gone. */
  readonly recordsAfter: number | null;
  /** Whether ids, vectors, documents and metadata are what they were. */
  readonly isSame: boolean;
}

/** What an engine says of a store. */
export interface EngineAnswer {
  /** Whether it opens the store and finds nothing wrong. */
  readonly agrees: boolean;
  /** What it says where it does not, for people; else null. */
  readonly says: string | null;
}

/** What came of one damage. */
export interface DrillResult {
  /** The name of the damage. */
  readonly damage: string;
  /** What was done, as a sentence. */
  readonly description: string;
  /** Whether everything came as expected; or why the damage could not be done at all. */
  readonly state: "passed" | "failed" | "not-applicable";
  /** Why the damage cannot be done to this store; null where it was done. */
  readonly reason: string | null;
  /** What was hit; null where it was the store as a whole. */
  readonly collection: string | null;
  /** The files of the copy that the damage has changed, made or removed. */
  readonly changed: readonly string[];
  /** What the check has said; null where the damage was not done. */
  readonly check: DrillCheck | null;
  /** What the repair has done; null as well. */
  readonly repair: DrillRepair | null;
  /** What the collections hold afterwards; empty where that cannot be read. */
  readonly contents: readonly DrillContents[];
  /** What the engine says of the repaired copy; null where it was not asked. */
  readonly engine: EngineAnswer | null;
  /** What is not as expected, for people; empty where the drill is passed. */
  readonly problems: readonly string[];
  /** What a check cannot see, for people, where it has seen nothing; else null. */
  readonly hidden: string | null;
  /** Why more is gone than the plan lists, for people, where it is so; else null. */
  readonly traceless: string | null;
  /** Why the repair leaves the damage, for people, where it may and does; else null. */
  readonly undecided: string | null;
  /** The directory of the repaired copy where it is kept; else null. */
  readonly directory: string | null;
  /** How long it took, in milliseconds. */
  readonly elapsedMs: number;
}

/** What is drilled, known before the first damage is done. */
export interface DrillStart {
  /** The store, as an absolute path. */
  readonly store: string;
  /** Its format. */
  readonly format: FormatName;
  /** The number by which the drill can be repeated. */
  readonly seed: number;
  /** How many damages will be done. */
  readonly damages: number;
  /** The bytes of one copy. */
  readonly sizeBytes: number;
  /** What of the store was not copied, and why. */
  readonly leftOut: readonly LeftOut[];
  /** What a check says of the copy before anything is done to it. */
  readonly summary: SummaryEvent;
  /** The damage that it has already; a store with any is not drilled. */
  readonly damage: readonly FindingEvent[];
}

/** What came of a drill. */
export interface DrillOutcome {
  /** What was drilled. */
  readonly start: DrillStart;
  /** What came of each damage; none where the store is damaged itself. */
  readonly results: readonly DrillResult[];
  /** How long it took, in milliseconds. */
  readonly elapsedMs: number;
}
