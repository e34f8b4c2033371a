/**
 * How many numbers the vectors of a collection have, as every place of a store tells it.
 *
 * @module
 */

/** A number of dimensions, and how many vectors have it. */
export interface DimensionCount {
  /** The number of dimensions. */
  readonly dimension: number;
  /** How many vectors have it. */
  readonly vectors: number;
}

/** What the places of a store say of one collection; none of them has been believed. */
export interface CollectionDimensions {
  /** Its id. */
  readonly id: string;
  /** Its name; where that is lost, the name of its place. */
  readonly name: string;
  /** What the catalogue says; null where it says nothing, or the format has no such place. */
  readonly declared: number | null;
  /** What the header of the index says; null where there is none, or it makes no sense. */
  readonly index: number | null;
  /**
   * What vectors have that were looked at one by one, the most frequent first: those that wait for
   * the index, or all where the format has none.
   */
  readonly counted: readonly DimensionCount[];
}
