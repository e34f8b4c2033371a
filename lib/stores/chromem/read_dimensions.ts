/**
 * How many numbers the embeddings of a chromem-go collection have. Nothing declares that, and there
 * is no index: every document is read.
 *
 * @module
 */

import type { CollectionDimensions } from "../../model/dimensions.ts";
import type { DetectedStore } from "../../model/store.ts";
import { requireKnownName } from "../require_known_name.ts";
import { documentFilesOf, readLayout } from "./layout.ts";
import { type Collection, readCollections } from "./read_collections.ts";
import { readDocument } from "./read_gob_file.ts";

/**
 * Reads what the documents of a collection have.
 *
 * @param store The database.
 * @param collection The name of a collection, or its folder.
 * @returns What they have; more than one where folders have collections of that name.
 * @throws {OperationError} There is no such collection, or a file cannot be read.
 */
export function readChromemDimensions(
  store: DetectedStore,
  collection: string,
): CollectionDimensions[] {
  const layout = readLayout(store.path);
  const collections = readCollections(layout);
  const found = collections.filter(({ name, folder }) =>
    name === collection || folder.name === collection
  );
  if (found.length === 0) {
    const names = collections.map(({ name, folder }) => name ?? folder.name);
    requireKnownName(store, collection, names);
  }
  return found.map((entry) => ({
    id: entry.folder.name,
    name: entry.name ?? entry.folder.name,
    declared: null,
    index: null,
    counted: [...countDocuments(store.path, entry)]
      .map(([dimension, vectors]) => ({ dimension, vectors }))
      .sort((one, other) => other.vectors - one.vectors || one.dimension - other.dimension),
  }));
}

function countDocuments(
  storePath: string,
  { folder, extension }: Collection,
): Map<number, number> {
  const counts = new Map<number, number>();
  for (const file of documentFilesOf(folder, extension)) {
    const { value, fault } = readDocument(storePath, file);
    const dimension = value.Embedding?.length ?? 0;
    if (fault === null && dimension > 0) counts.set(dimension, (counts.get(dimension) ?? 0) + 1);
  }
  return counts;
}
