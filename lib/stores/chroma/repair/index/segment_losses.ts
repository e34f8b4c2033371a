/**
 * What is gained and what is lost where the index of a segment is made anew, from what was salvaged.
 *
 * @module
 */

import type { RepairGain, RepairLoss } from "../../../../model/repair.ts";
import type { MissingReason, SegmentSalvage, VectorSource } from "../../salvage/salvage_request.ts";

/** Why a record has no vector, for people: one clause. */
export const MISSING_REASONS: Readonly<Record<MissingReason, string>> = {
  "gone": "no place that was looked at holds its vector",
  "ambiguous": "which of the vectors that are left is its own cannot be told",
  "not-finite": "its vector holds NaN or infinity",
  "slot-damaged": "its place in the index is damaged",
};

const SOURCES: Readonly<Record<VectorSource, string>> = {
  "index": "the index",
  "queue": "the queue",
  "moved-aside": "an index that was moved aside",
  "older-copy": "an older copy of the store",
  "handed-in": "the file that was handed in",
};

/** How losses are told. */
export interface LossOptions {
  /** The name of the collection. */
  readonly collection: string;
  /** Whether records without a vector stay in the store. */
  readonly keepUnsearchable: boolean;
}

/**
 * Lists the vectors that are saved, by their sources.
 *
 * @param salvage What was salvaged.
 * @returns The gains; none of a source that gave nothing.
 */
export function listGains({ counts }: Pick<SegmentSalvage, "counts">): RepairGain[] {
  const sources: VectorSource[] = ["index", "queue", "moved-aside", "older-copy", "handed-in"];
  return sources.map((source) => ({
    what: "vectors",
    count: counts.bySource[source],
    source: SOURCES[source],
  })).filter(({ count }) => count > 0);
}

/**
 * Lists what is lost.
 *
 * @param salvage What was salvaged.
 * @param options How losses are told.
 * @returns The losses, each with all ids.
 */
export function listLosses(
  salvage: SegmentSalvage,
  { collection, keepUnsearchable }: LossOptions,
): RepairLoss[] {
  const missing = new LossGroups(collection, "vector");
  const outcome = keepUnsearchable ? "kept-unsearchable" : "taken-out";
  for (const { id, reason } of salvage.missing()) {
    missing.add(MISSING_REASONS[reason], outcome, id);
  }
  if (salvage.counts.lengthsLost + salvage.counts.perhapsOutdated === 0) return missing.list();
  const lengths = new LossGroups(collection, "length");
  const versions = new LossGroups(collection, "newer-version");
  for (const { id, isLengthLost, isPerhapsOutdated } of salvage.records()) {
    if (isLengthLost) lengths.add(LENGTH_LOST, "kept", id);
    if (isPerhapsOutdated) versions.add(PERHAPS_OUTDATED, "kept", id);
  }
  return [...missing.list(), ...lengths.list(), ...versions.list()];
}

const LENGTH_LOST = "the length that the vector had is lost, and it comes back with length 1";

const PERHAPS_OUTDATED = "the vector is the newest that is left, and may be older than the record";

/** Losses of one kind, by their reasons. */
class LossGroups {
  readonly #collection: string;
  readonly #kind: RepairLoss["kind"];
  readonly #groups = new Map<string, { outcome: RepairLoss["outcome"]; ids: string[] }>();

  constructor(collection: string, kind: RepairLoss["kind"]) {
    this.#collection = collection;
    this.#kind = kind;
  }

  add(reason: string, outcome: RepairLoss["outcome"], id: string): void {
    const group = this.#groups.get(reason);
    if (group === undefined) this.#groups.set(reason, { outcome, ids: [id] });
    else group.ids.push(id);
  }

  list(): RepairLoss[] {
    return [...this.#groups].map(([reason, { outcome, ids }]) => ({
      kind: this.#kind,
      outcome,
      reason,
      collection: this.#collection,
      table: null,
      count: ids.length,
      ids,
    }));
  }
}
