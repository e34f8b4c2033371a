/**
 * What is needed of a client to put records back through a server. The `chromadb` JavaScript client
 * has all of it.
 *
 * @module
 */

import type { DeleteCollection, RecordColumns, UpsertCollection } from "../batches/collection.ts";

/** A collection whose records can be put back. */
export interface RollbackCollection extends UpsertCollection, DeleteCollection {
  /** Gives records new metadata; their vectors stay. Without it they are written anew. */
  update?(records: RecordColumns): Promise<unknown>;
}

/** A client of the server that serves the store. */
export interface RecordsClient {
  /** Gives a collection by its name. */
  getCollection(options: { name: string }): Promise<RollbackCollection>;
  /** Removes a collection. */
  deleteCollection(options: { name: string }): Promise<unknown>;
}
