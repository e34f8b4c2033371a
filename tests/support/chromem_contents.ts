/**
 * What two readings of a database of chromem-go have in common, document by document.
 *
 * @module
 */

import type { ChromemCollection, ChromemDocument } from "./chromem_stores.ts";

/** How the documents of two readings of one collection differ. */
export interface ContentsDifference {
  /** The name of the collection. */
  readonly collection: string;
  /** Whether the metadata of the collection is another. */
  readonly metadata: boolean;
  /** Ids that only the first reading has. */
  readonly gone: readonly string[];
  /** Ids that only the second one has. */
  readonly added: readonly string[];
  /** Ids of documents of which a field is another. */
  readonly changed: readonly string[];
}

/**
 * Compares two readings of a database, bit by bit.
 *
 * @param before The first reading.
 * @param after The second one.
 * @returns A difference for each collection that has one; a collection that only one of the readings
 * has counts as empty in the other.
 */
export function compareContents(
  before: readonly ChromemCollection[],
  after: readonly ChromemCollection[],
): ContentsDifference[] {
  const names = new Set([...before, ...after].map(({ name }) => name));
  return [...names].sort().flatMap((name) => {
    const [one, two] = [findCollection(before, name), findCollection(after, name)];
    const difference = compareCollections(name, one, two);
    const { metadata, gone, added, changed } = difference;
    return metadata || gone.length + added.length + changed.length > 0 ? [difference] : [];
  });
}

/** Finds a collection by its name. */
export function findCollection(
  collections: readonly ChromemCollection[],
  name: string,
): ChromemCollection | undefined {
  return collections.find((collection) => collection.name === name);
}

function compareCollections(
  collection: string,
  before: ChromemCollection | undefined,
  after: ChromemCollection | undefined,
): ContentsDifference {
  const [one, two] = [byId(before), byId(after)];
  const both = [...one.keys()].filter((id) => two.has(id));
  return {
    collection,
    metadata: before === undefined || after === undefined ||
      describeMetadata(before.metadata) !== describeMetadata(after.metadata),
    gone: [...one.keys()].filter((id) => !two.has(id)),
    added: [...two.keys()].filter((id) => !one.has(id)),
    changed: both.filter((id) => describe(one.get(id)) !== describe(two.get(id))),
  };
}

function byId(collection: ChromemCollection | undefined): Map<string, ChromemDocument> {
  return new Map(collection?.documents.map((document) => [document.idBytes, document]));
}

function describe(document: ChromemDocument | undefined): string {
  const { contentBytes, metadata, embedding } = document ?? {};
  return [contentBytes, embedding, describeMetadata(metadata ?? null)].join(" ");
}

/** No metadata and empty metadata are the same to every user of the library. */
function describeMetadata(metadata: ChromemCollection["metadata"]): string {
  const entries = Object.entries(metadata ?? {});
  return JSON.stringify(entries.sort(([left], [right]) => left < right ? -1 : 1));
}
