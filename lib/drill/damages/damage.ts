/**
 * What a damage is: one way to break a store, the same for the same seed.
 *
 * Damages are what users reported, and what crashes, full disks and cut-off copies leave behind.
 * They are done to private copies of a store and to nothing else: nothing here asks back. Each says
 * what a check has to find afterwards, and what a repair can do about it, so that a drill can hold
 * both to it.
 *
 * @module
 */

import type { WriteFs } from "../../fs/write_fs.ts";
import type { FindingName } from "../../model/finding_names.ts";
import type { Severity } from "../../model/codes.ts";
import type { FormatName } from "../../model/report.ts";
import type { SeededRandom } from "../../base/seeded_random.ts";

/** Where a damage is done: in a copy of a store, never in a store that anybody needs. */
export interface DamagePlace {
  /** The directory of the copy. It has no symbolic links: what is written stays in it. */
  readonly store: string;
  /** What is hit, where a damage is to one collection: one of those that the library lists. */
  readonly collection: string;
  /** The file system. */
  readonly fs: WriteFs;
}

/** What a damage is given. */
export interface DamageTarget extends DamagePlace {
  /** Where a damage strikes, and with which bytes. */
  readonly random: SeededRandom;
}

/** What has to follow from a damage. */
export interface DamageExpectation {
  /** How bad the worst finding is at the least. */
  readonly severity: Severity;
  /** A check names one of these at the least; any finding of that severity will do where empty. */
  readonly findings: readonly FindingName[];
  /**
   * Why a check may see nothing, for people: one clause without a final period; null where it
   * always sees something.
   */
  readonly hidden: string | null;
  /**
   * Whether a repair leaves no damage. What cannot come back is listed as lost by its plan, and
   * everything else is what it was. Where it is false a repair has to say that damage is left.
   */
  readonly curable: boolean;
  /**
   * Why more may be gone than the plan lists, for people: one clause without a final period; left
   * out where every loss leaves a trace.
   */
  readonly traceless?: string;
  /**
   * Why a repair may have to leave the damage, for people: one clause without a final period; left
   * out where what is left always tells what is right.
   */
  readonly undecided?: string;
}

/** One way to break a store. */
export interface Damage {
  /** The name, a stable one in lower case with underscores; no two formats share one. */
  readonly name: string;
  /** What is done, as a sentence. */
  readonly description: string;
  /** Whether one collection is hit, or the store as a whole whatever collection is named. */
  readonly scope: "collection" | "store";
  /** What has to follow from it. */
  readonly expected: DamageExpectation;
  /**
   * Breaks a copy of a store. A damage that is not applicable has changed nothing.
   *
   * @param target The copy, what is hit in it, and the random numbers.
   * @throws {DamageNotApplicable} This store, or this collection, has nothing that could be broken
   * that way.
   * @throws {OperationError} A file of the copy cannot be read or written.
   */
  apply(target: DamageTarget): void;
}

/** The damages to stores of one format. */
export interface DamageLibrary {
  /** The format. */
  readonly format: FormatName;
  /** Every damage. */
  readonly damages: readonly Damage[];
  /**
   * Lists what can be hit, the same way each time: the name of a collection, or what else tells one.
   *
   * @param place The copy of a whole store, and the file system.
   * @returns What {@linkcode DamagePlace.collection} can be; empty where there is no collection.
   */
  listCollections(place: Omit<DamagePlace, "collection">): readonly string[];
}

/** A store has nothing that a damage could break, for instance a segment that was never flushed. */
export class DamageNotApplicable extends Error {
  /** Makes an error that says what is not there, as one sentence without a final period. */
  constructor(message: string) {
    super(message);
    this.name = "DamageNotApplicable";
  }
}
