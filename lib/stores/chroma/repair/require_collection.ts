/**
 * Holding the name of a collection that was asked for against those that there are.
 *
 * @module
 */

import type { DetectedStore } from "../../../model/store.ts";
import type { RepairRequest } from "../../repair_format.ts";
import { requireKnownName } from "../../require_known_name.ts";
import { collectionLabel, listCollections } from "../catalogue/catalogue.ts";
import { readLayout } from "../layout.ts";
import { openCatalogue } from "../opened_catalogue.ts";

/**
 * Makes sure that a store has a collection. Where the catalogue cannot be read, nobody can tell.
 *
 * @param store The store.
 * @param request The name of the collection, or none.
 * @throws {OperationError} With the code `usage`: it has none of that name.
 */
export function requireCollection(
  { path }: DetectedStore,
  { onlyCollection: name }: Pick<RepairRequest, "onlyCollection">,
): void {
  if (name === null) return;
  const opened = openCatalogue(readLayout(path));
  if (opened === null) return;
  try {
    if (opened.catalogue === null) return;
    const names = listCollections(opened.catalogue)
      .map(({ collection }) => collectionLabel(collection));
    requireKnownName({ path }, name, names);
  } finally {
    opened.reading.release();
  }
}
