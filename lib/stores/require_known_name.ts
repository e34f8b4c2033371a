/**
 * Holding the name of a collection that was asked for against those that there are.
 *
 * @module
 */

import { OperationError } from "../base/errors.ts";
import { printable } from "../base/printable.ts";
import type { DetectedStore } from "../model/store.ts";

/** How many names a hint has. */
const NAMES_SHOWN = 10;

/**
 * Makes sure that a store has a collection.
 *
 * @param store The store.
 * @param name The name that was asked for.
 * @param names The names that there are.
 * @throws {OperationError} With the code `usage`: it has none of that name.
 */
export function requireKnownName(
  { path }: Pick<DetectedStore, "path">,
  name: string,
  names: readonly string[],
): void {
  if (names.includes(name)) return;
  const shown = names.slice(0, NAMES_SHOWN).map((known) => printable(known)).join(", ");
  const more = names.length > NAMES_SHOWN ? ` … and ${names.length - NAMES_SHOWN} more` : "";
  throw new OperationError("usage", `There is no collection ${printable(name)} in ${path}`, {
    path,
    hint: names.length === 0 ? "It has none at all." : `It has these: ${shown}${more}.`,
  });
}
