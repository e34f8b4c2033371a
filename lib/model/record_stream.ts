/**
 * The records of a store as a stream, whole and in batches: what is needed to write them elsewhere.
 *
 * @module
 */

import type { Turns } from "../base/turns.ts";

/** What is known of a collection besides its records. */
export interface CollectionFacts {
  /** Its id: of Chroma a UUID, of chromem-go the folder. */
  readonly id: string;
  /** Its name; null where nothing tells it. */
  readonly name: string | null;
  /** The tenant that it belongs to; null where the engine has none. */
  readonly tenant: string | null;
  /** The database of that tenant; null where the engine has none. */
  readonly database: string | null;
  /** Floats of a vector; null while there is none. */
  readonly dimension: number | null;
  /** The distance that its index is built for; null where that is not known. */
  readonly space: "l2" | "ip" | "cosine" | null;
  /** Its metadata as JSON; null where it has none. */
  readonly metadataJson: string | null;
  /** How many records it has. */
  readonly records: number;
}

/** Some records of a collection, column by column. The arrays hold until the next batch. */
export interface RecordBatch {
  /** How many records there are. */
  readonly count: number;
  /** Their ids; null for what is left of a record whose id is lost. */
  readonly ids: readonly (string | null)[];
  /** Their texts. */
  readonly documents: readonly (string | null)[];
  /** Where they come from. */
  readonly uris: readonly (string | null)[];
  /** Their metadata, each a JSON object; null where there is none. */
  readonly metadataJsons: readonly (string | null)[];
  /** Floats of a vector. */
  readonly dimension: number;
  /** The vectors, one behind another; zeros where a record has none. */
  readonly vectors: Float32Array;
  /** Which records have a vector: 1 for each that does. */
  readonly hasVector: Uint8Array;
  /** Why records have none, where that is known; left out where all of them have one. */
  readonly reasons?: readonly (string | null)[];
}

/** A part of such a stream. */
export type SourceItem =
  | { readonly kind: "collection"; readonly collection: CollectionFacts }
  | { readonly kind: "records"; readonly batch: RecordBatch };

/** The records of a store. */
export interface RecordSource extends Disposable {
  /** The collections, in the order of the stream. */
  readonly collections: readonly CollectionFacts[];
  /**
   * Reads collections: each begins with what is known of it, and its records follow.
   *
   * @param wanted Which ones.
   * @param turns Lets others run meanwhile.
   * @throws {OperationError} The store cannot be read.
   */
  read(
    wanted: ReadonlySet<CollectionFacts>,
    turns: Turns,
  ): AsyncGenerator<SourceItem, void, undefined>;
}
