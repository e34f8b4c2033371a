/**
 * What is known of an index before it is moved aside.
 *
 * @module
 */

/** An index that can be moved aside by itself. */
export interface IndexPart {
  /** What the engine calls it: for Chroma the UUID of the segment. */
  readonly id: string;
  /** Its directory, relative to the store. */
  readonly path: string;
  /** The collection to which it belongs, or null when no collection names it. */
  readonly collection: string | null;
  /** The bytes of its files. */
  readonly sizeBytes: number;
  /** How many live records the collection has, or null when that cannot be read. */
  readonly records: number | null;
  /**
   * How many of them have their vector in no other place of the store; null when that cannot be
   * read, and then all of them may.
   */
  readonly onlyCopies: number | null;
  /**
   * How many of them the engine can put into a new index from its queue, at the most; null when
   * that cannot be read. Fewer than the vectors that are elsewhere: an engine passes over an update
   * of a record that its new index lacks.
   */
  readonly replayable: number | null;
  /** Whether the records themselves are in it; left out where it only has their vectors. */
  readonly hasRecords?: boolean;
}
