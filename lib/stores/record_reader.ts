/**
 * Reading the records of a collection whole: what is needed to write them again elsewhere.
 *
 * @module
 */

import { OperationError } from "../base/errors.ts";
import type { DetectedStore } from "../model/store.ts";
import type { RecordReader } from "../model/stored_record.ts";
import { openChromaRecords } from "./chroma/contents/chroma_records.ts";

/**
 * Opens the records of a collection. The store is whole: it has passed a full check.
 *
 * @param store The store.
 * @param collectionId The id of the collection.
 * @returns The records; the caller disposes of them.
 * @throws {OperationError} `unsupported`: records of such a store are not read. `not-found`: there is
 * no such collection. Or the store cannot be read.
 */
export function openRecords(store: DetectedStore, collectionId: string): RecordReader {
  if (store.format === "chroma") return openChromaRecords(store, collectionId);
  throw new OperationError(
    "unsupported",
    `Records of a store of the format ${store.format} are not read one by one`,
    { path: store.path },
  );
}
