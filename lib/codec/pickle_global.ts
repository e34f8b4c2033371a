/**
 * The classes and functions that a pickle may ask for by name.
 *
 * @module
 */

import { printable } from "../base/printable.ts";
import { GlobalReference } from "./pickle_items.ts";
import { badStructure, PickleRefusal } from "./pickle_refusal.ts";

/** How protocols 0 and 1 make an object of a class, under the names of Python 2 and 3. */
const RECONSTRUCTION: ReadonlyMap<string, "reconstructor" | "object"> = new Map([
  ["copy_reg._reconstructor", "reconstructor"],
  ["copyreg._reconstructor", "reconstructor"],
  ["__builtin__.object", "object"],
  ["builtins.object", "object"],
]);

const QUALIFIED_NAME = /^\w+(\.\w+)+$/;

/** So many different characters are still the damage of a name, and no name of its own. */
const MOST_DAMAGED_CHARACTERS = 4;

/**
 * Finds what a pickle asks for, in the list of what it may ask for.
 *
 * @param module The module that it names, or null when that is no name.
 * @param name The name in the module, or null when that is no name.
 * @param className The one class whose instances are taken, as `module.name`.
 * @returns A token that stands for it; nothing is looked up or loaded.
 * @throws {PickleRefusal} It is not on the list.
 */
export function resolveGlobal(
  module: string | null,
  name: string | null,
  className: string,
): GlobalReference {
  const asked = `${module ?? ""}.${name ?? ""}`;
  if (asked === className) return new GlobalReference("class");
  const role = RECONSTRUCTION.get(asked);
  if (role !== undefined) return new GlobalReference(role);
  if (QUALIFIED_NAME.test(asked) && !isDamaged(asked, className)) {
    throw new PickleRefusal("foreign-object", `The pickle asks for ${printable(asked, 120)}`);
  }
  throw badStructure(`The pickle asks for a class by the name ${printable(asked, 120)}`);
}

/** Whether a name is that of the class but for a few bytes: a flipped bit is no attack. */
function isDamaged(asked: string, className: string): boolean {
  if (asked.length !== className.length) return false;
  let different = 0;
  for (let index = 0; index < asked.length; index++) {
    if (asked[index] !== className[index]) different++;
  }
  return different <= MOST_DAMAGED_CHARACTERS;
}
