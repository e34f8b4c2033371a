/**
 * A salvage with vectors from outside of the store in the places of those that it lacks, or that are
 * worse.
 *
 * | what the store has                      | what takes its place                                |
 * | --------------------------------------- | --------------------------------------------------- |
 * | no vector                               | any                                                 |
 * | one that may be outdated                | one that is not                                     |
 * | one whose length is lost                | one that has its length and is not outdated         |
 *
 * @module
 */

import type { StoreDatabase } from "../../../sqlite/database.ts";
import { SalvageTally } from "./salvage_tally.ts";
import type {
  GhostVector,
  MissingRecord,
  SalvageCounts,
  SalvagedRecord,
  SegmentSalvage,
} from "./salvage_request.ts";

/** A vector from outside of the store. */
export interface OutsideVector {
  /** What kind of place it comes from. */
  readonly source: "older-copy" | "handed-in";
  /** Whether it is of length 1 because the length that it had is lost. */
  readonly isLengthLost: boolean;
  /** Whether a newer version may have been written. */
  readonly isPerhapsOutdated: boolean;
  /** Reads it as it was written. */
  readVector(target: Float32Array): Float32Array;
  /** Reads it as an index stores it; see {@linkcode SalvagedRecord.readStored}. */
  readStored(target: Float32Array): number;
}

/** What is known of a record when a vector for it is looked for. */
export type WantedRecord = Pick<MissingRecord, "id" | "sequenceNumber">;

/** A place outside of the store. */
export interface OutsideVectors extends Disposable {
  /**
   * Finds the vectors of some records.
   *
   * @param wanted The records.
   * @returns The vectors that are there, by id.
   * @throws {OperationError} The place cannot be read.
   */
  find(wanted: ReadonlyMap<string, WantedRecord>): ReadonlyMap<string, OutsideVector>;
}

/**
 * Puts vectors from outside of the store in the places of those that a salvage lacks.
 *
 * @param salvage What the store has; it belongs to the result from now on.
 * @param places The places outside, the best first; they belong to the result as well.
 * @returns The salvage with them.
 * @throws {OperationError} A place cannot be read.
 */
export function supplementSalvage(
  salvage: SegmentSalvage,
  places: readonly OutsideVectors[],
): SegmentSalvage {
  if (places.length === 0) return salvage;
  const wanted = listWanted(salvage);
  const chosen = new Map<string, OutsideVector>();
  for (const place of wanted.size === 0 ? [] : places) {
    for (const [id, vector] of place.find(wanted)) {
      const record = wanted.get(id);
      const standing = chosen.get(id) ?? record?.own ?? null;
      if (record !== undefined && isBetter(vector, standing)) chosen.set(id, vector);
    }
  }
  return new SupplementedSalvage(salvage, places, chosen);
}

type Quality = Pick<OutsideVector, "isLengthLost" | "isPerhapsOutdated">;

interface WantedEntry extends WantedRecord {
  /** What the store has, or null. */
  readonly own: Quality | null;
}

function listWanted(salvage: SegmentSalvage): Map<string, WantedEntry> {
  const wanted = new Map<string, WantedEntry>();
  for (const { id, sequenceNumber } of salvage.missing()) {
    wanted.set(id, { id, sequenceNumber, own: null });
  }
  if (salvage.counts.perhapsOutdated + salvage.counts.lengthsLost === 0) return wanted;
  for (const record of salvage.records()) {
    const { id, sequenceNumber, isLengthLost, isPerhapsOutdated } = record;
    if (!isLengthLost && !isPerhapsOutdated) continue;
    wanted.set(id, { id, sequenceNumber, own: { isLengthLost, isPerhapsOutdated } });
  }
  return wanted;
}

function isBetter(vector: Quality, standing: Quality | null): boolean {
  if (standing === null) return true;
  if (vector.isPerhapsOutdated !== standing.isPerhapsOutdated) return standing.isPerhapsOutdated;
  return !vector.isLengthLost && standing.isLengthLost;
}

class SupplementedSalvage implements SegmentSalvage {
  readonly #salvage: SegmentSalvage;
  readonly #places: readonly OutsideVectors[];
  readonly #chosen: ReadonlyMap<string, OutsideVector>;
  readonly counts: SalvageCounts;

  constructor(
    salvage: SegmentSalvage,
    places: readonly OutsideVectors[],
    chosen: ReadonlyMap<string, OutsideVector>,
  ) {
    this.#salvage = salvage;
    this.#places = places;
    this.#chosen = chosen;
    this.counts = chosen.size === 0 ? salvage.counts : this.#count();
  }

  get dimension(): number | null {
    return this.#salvage.dimension;
  }

  get own(): SegmentSalvage["own"] {
    return this.#salvage.own;
  }

  get directories(): SegmentSalvage["directories"] {
    return this.#salvage.directories;
  }

  get database(): SegmentSalvage["database"] {
    return this.#salvage.database;
  }

  get order(): SegmentSalvage["order"] {
    return this.#salvage.order;
  }

  *records(): Generator<SalvagedRecord, void, undefined> {
    if (this.#chosen.size === 0) return yield* this.#salvage.records();
    const found = this.#foundRecords();
    let next = found.next();
    for (const record of this.#salvage.records()) {
      // Both come by their rows, and those without one last.
      while (!next.done && orderOf(next.value) < orderOf(record)) {
        yield next.value;
        next = found.next();
      }
      const vector = this.#chosen.get(record.id);
      yield vector === undefined
        ? record
        : replaceVector({ ...record, queueSequence: null }, vector);
    }
    for (; !next.done; next = found.next()) yield next.value;
  }

  *missing(): Generator<MissingRecord, void, undefined> {
    for (const record of this.#salvage.missing()) {
      if (!this.#chosen.has(record.id)) yield record;
    }
  }

  ghosts(): Generator<GhostVector, void, undefined> {
    return this.#salvage.ghosts();
  }

  rebind(database: StoreDatabase | null): void {
    this.#salvage.rebind(database);
  }

  [Symbol.dispose](): void {
    for (const place of this.#places) place[Symbol.dispose]();
    this.#salvage[Symbol.dispose]();
  }

  /** The records that had no vector and have one now. */
  *#foundRecords(): Generator<SalvagedRecord, void, undefined> {
    for (const record of this.#salvage.missing()) {
      const vector = this.#chosen.get(record.id);
      if (vector === undefined) continue;
      yield replaceVector(record, vector);
    }
  }

  #count(): SalvageCounts {
    const tally = new SalvageTally();
    for (const record of this.records()) tally.add({ ...record, outcome: record.source });
    for (const record of this.missing()) {
      tally.add({
        recordSource: record.recordSource,
        evidence: null,
        outcome: record.reason,
        isLengthLost: false,
        isPerhapsOutdated: false,
      });
    }
    const { slotsDisputed, unclaimedSlots } = this.#salvage.counts;
    return tally.finish(slotsDisputed, unclaimedSlots);
  }
}

function replaceVector(
  record: Omit<MissingRecord, "reason">,
  vector: OutsideVector,
): SalvagedRecord {
  const { id, rowId, sequenceNumber, recordSource, queueSequence, isPending } = record;
  const { source, isLengthLost, isPerhapsOutdated } = vector;
  return {
    id,
    rowId,
    sequenceNumber,
    recordSource,
    source,
    isLengthLost,
    isPerhapsOutdated,
    isPending,
    directory: null,
    // The vector takes the place of the one in this row.
    queueSequence,
    // The slot of the segment's own index, where there is one, holds another vector.
    label: null,
    slot: null,
    evidence: null,
    readVector: (target) => vector.readVector(target),
    readStored: (target) => vector.readStored(target),
  };
}

function orderOf({ rowId }: Pick<SalvagedRecord, "rowId">): number {
  return rowId ?? Infinity;
}
