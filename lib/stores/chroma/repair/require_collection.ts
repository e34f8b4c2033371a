/**
 * Holding the name of a collection that was asked for against those that there are.
 *
 * @module
 */

import { OperationError } from "../../../base/errors.ts";
import { printable } from "../../../base/printable.ts";
import type { DetectedStore } from "../../../model/store.ts";
import type { RepairRequest } from "../../repair_format.ts";
import { collectionLabel, listCollections } from "../catalogue/catalogue.ts";
import { readLayout } from "../layout.ts";
import { openCatalogue } from "../opened_catalogue.ts";

/** How many names a hint has. */
const NAMES_SHOWN = 10;

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
    if (names.includes(name)) return;
    const shown = names.slice(0, NAMES_SHOWN).map((known) => printable(known)).join(", ");
    const more = names.length > NAMES_SHOWN ? ` … and ${names.length - NAMES_SHOWN} more` : "";
    throw new OperationError("usage", `There is no collection ${printable(name)} in ${path}`, {
      path,
      hint: names.length === 0 ? "It has none at all." : `It has these: ${shown}${more}.`,
    });
  } finally {
    opened.reading.release();
  }
}
