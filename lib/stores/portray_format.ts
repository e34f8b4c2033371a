/**
 * What every format that can be looked at from the inside implements.
 *
 * @module
 */

import type { CollectionPortrait, GraphReading, PortraitEnd } from "../model/portrait.ts";
import type { FileStamp } from "../model/store.ts";

/** How a store is looked at. */
export interface PortrayOptions {
  /** The files of the store. */
  readonly files: readonly FileStamp[];
  /** The graphs that a check has read whole. */
  readonly graphs: readonly GraphReading[];
  /** Slots whose records are asked for, by the path of the index. */
  readonly wantedSlots: ReadonlyMap<string, readonly number[]>;
  /** How many collections are looked at. */
  readonly mostCollections: number;
  /** How many vectors are drawn from all of them together. */
  readonly mostVectors: number;
}

/** Collections one after another, so that the vectors of one alone are in memory. */
export type Portrayal = Generator<CollectionPortrait | null, PortraitEnd, undefined>;
