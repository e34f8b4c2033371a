/**
 * What a damage is.
 *
 * @module
 */

import type { SeededRandom } from "./random.ts";

/** Where a damage is done: in a copy of a store, never in a store that anybody needs. */
export interface DamagePlace {
  /** The directory of the copy. */
  readonly store: string;
  /** The name of the collection that is hit, where a damage is to one collection. */
  readonly collection: string;
}

/** What a damage is given. */
export interface DamageTarget extends DamagePlace {
  /** Where a damage strikes, and with which bytes. */
  readonly random: SeededRandom;
}

/**
 * What a damage touches: one file of the collection's VECTOR segment; `segment`, its directory as a
 * whole or any of its files; `sqlite`, chroma.sqlite3 or the files that SQLite keeps beside it.
 */
export type DamagedFile =
  | "header"
  | "data_level0"
  | "length"
  | "link_lists"
  | "index_metadata"
  | "segment"
  | "sqlite";

/** One way to break a store. */
export interface Damage {
  /** The name, a stable one in lower case. */
  readonly name: string;
  /** What is done, as a sentence. */
  readonly description: string;
  /** What is touched. */
  readonly file: DamagedFile;
  /**
   * Breaks a copy of a store.
   *
   * @param target The copy, the collection and the random numbers.
   * @throws {DamageNotApplicable} This store has nothing that could be broken that way.
   * @throws {OperationError} A file of the copy cannot be read or written.
   * @throws {SqliteError} The database of the copy was damaged before.
   */
  apply(target: DamageTarget): void;
}

/** A store has nothing that a damage could break, for instance a segment that was never flushed. */
export class DamageNotApplicable extends Error {
  /** Makes an error that says what is not there. */
  constructor(message: string) {
    super(message);
    this.name = "DamageNotApplicable";
  }
}
