/**
 * Counting what became of records.
 *
 * @module
 */

import type { LabelEvidence } from "./label_evidence.ts";
import type {
  MissingReason,
  RecordSource,
  SalvageCounts,
  VectorSource,
} from "./salvage_request.ts";

/** What became of one record. */
export interface TalliedRecord {
  /** What says that it is there. */
  readonly recordSource: RecordSource;
  /** What its label is known from, or null. */
  readonly evidence: LabelEvidence | null;
  /** Where its vector comes from, or why it has none. */
  readonly outcome: VectorSource | MissingReason;
  /** Whether its length is lost. */
  readonly isLengthLost: boolean;
  /** Whether a newer version may be lost. */
  readonly isPerhapsOutdated: boolean;
}

/** Counts records. */
export class SalvageTally {
  #records = 0;
  #lengthsLost = 0;
  #perhapsOutdated = 0;
  readonly #bySource: Record<VectorSource, number> = {
    queue: 0,
    index: 0,
    "moved-aside": 0,
    "older-copy": 0,
    "handed-in": 0,
  };
  readonly #byEvidence: Record<LabelEvidence, number> = {
    "id-map": 0,
    "torn-id-map": 0,
    "older-id-map": 0,
    queue: 0,
    order: 0,
  };
  readonly #missing: Record<MissingReason, number> = {
    gone: 0,
    ambiguous: 0,
    "not-finite": 0,
    "slot-damaged": 0,
  };
  readonly #byRecordSource: Record<RecordSource, number> = {
    row: 0,
    "unique-index": 0,
    queue: 0,
    "id-map": 0,
  };

  /** Counts a record. */
  add({ recordSource, evidence, outcome, isLengthLost, isPerhapsOutdated }: TalliedRecord): void {
    this.#records++;
    this.#byRecordSource[recordSource]++;
    if (evidence !== null) this.#byEvidence[evidence]++;
    if (outcome in this.#bySource) this.#bySource[outcome as VectorSource]++;
    else this.#missing[outcome as MissingReason]++;
    if (isLengthLost) this.#lengthsLost++;
    if (isPerhapsOutdated) this.#perhapsOutdated++;
  }

  /** Gives the counts, with what was counted elsewhere. */
  finish(slotsDisputed: number, unclaimedSlots: number): SalvageCounts {
    return {
      records: this.#records,
      bySource: this.#bySource,
      byEvidence: this.#byEvidence,
      missing: this.#missing,
      byRecordSource: this.#byRecordSource,
      lengthsLost: this.#lengthsLost,
      perhapsOutdated: this.#perhapsOutdated,
      slotsDisputed,
      unclaimedSlots,
    };
  }
}
