/**
 * What a damage to a Chroma store is.
 *
 * @module
 */

import type { Damage } from "../damage.ts";

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

/** One way to break a Chroma store. */
export interface ChromaDamage extends Damage {
  /** What is touched. */
  readonly file: DamagedFile;
}

/** A damage, without what has to follow from it: `expectations.ts` says that. */
export interface Breakage extends Omit<ChromaDamage, "expected" | "scope"> {
  /** Whether one collection is hit; so it is with every damage to files of an index. */
  readonly scope?: ChromaDamage["scope"];
}
