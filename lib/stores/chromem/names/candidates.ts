/**
 * Names that a collection may have, as its own documents tell them: programs write the collection
 * into the metadata of documents, and into the beginning of ids.
 *
 * @module
 */

/** What a name from the metadata of documents is said to come from. */
export const METADATA_SOURCE = "metadata of documents";

/** What the beginning of an id is said to come from. */
export const ID_SOURCE = "ids of documents";

/** Nobody gives longer names to collections. */
const LONGEST_NAME = 256;

/** How many leading parts of an id are tried: an id can be a whole path. */
const MOST_PARTS = 16;

const SEPARATOR = /[^\p{L}\p{N}]/gu;

/** A name that may be that of a collection. */
export interface NameCandidate {
  /** The name. */
  readonly name: string;
  /** Where it comes from, for people. */
  readonly source: string;
}

/**
 * Yields the names that a document tells of.
 *
 * @param id Its id.
 * @param metadata Its metadata.
 * @yields The values of the metadata, and what stands in the id before each sign that is neither
 * letter nor digit.
 */
export function* listCandidates(
  id: string,
  metadata: Iterable<readonly [string, string]>,
): Generator<NameCandidate, void, undefined> {
  for (const [, value] of metadata) {
    if (value !== "" && value.length <= LONGEST_NAME) {
      yield { name: value, source: METADATA_SOURCE };
    }
  }
  let parts = 0;
  for (const { index } of id.slice(0, LONGEST_NAME).matchAll(SEPARATOR)) {
    if (index === 0) continue;
    if (++parts > MOST_PARTS) return;
    yield { name: id.slice(0, index), source: ID_SOURCE };
  }
}
