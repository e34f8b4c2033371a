/**
 * What stands in some bytes of a store: for checksums that tell where a byte has changed.
 *
 * @module
 */

import type { JsonValue } from "./finding.ts";

/** Some bytes of a file. */
export interface ByteRange {
  /** The first, counted from the start of the file. */
  readonly offset: number;
  /** How many. */
  readonly sizeBytes: number;
}

/** What stands in some bytes of a file of a store, as far as that can be told. */
export interface ByteOwners {
  /** The name of the collection, or null. */
  readonly collection: string | null;
  /** The id of the segment, or null. */
  readonly segment: string | null;
  /** What stands there, for people: `slots 12 to 50`, `pages 3 to 18 of embeddings`. */
  readonly description: string;
  /** The same for programs. */
  readonly detail: Readonly<Record<string, JsonValue>>;
}
