/**
 * The few ways in which a pickle makes objects of what is on the stack, as far as data needs them.
 *
 * @module
 */

import { Dictionary, GlobalReference, Instance, type Item, Text, Tuple } from "./pickle_items.ts";
import { badStructure, type PickleRefusal } from "./pickle_refusal.ts";

/** The top has six fields; what goes beyond is hostile. */
const MOST_FIELDS = 64;

/** Makes an instance of a class and no arguments, as NEWOBJ does. */
export function makeInstance([reference, args]: readonly Item[]): Instance {
  const isMade = isClass(reference) && args instanceof Tuple && args.items.length === 0;
  if (!isMade) throw unknownWay();
  return new Instance();
}

/** Makes an instance by `_reconstructor(class, object, None)`, as protocols 0 and 1 do. */
export function reconstructInstance([reference, args]: readonly Item[]): Instance {
  const items = args instanceof Tuple ? args.items : [];
  const [made, base, state] = items;
  const isMade = hasRole(reference, "reconstructor") && items.length === 3 && isClass(made) &&
    hasRole(base, "object") && state === null;
  if (!isMade) throw unknownWay();
  return new Instance();
}

/** Gives an instance its state, as BUILD does. */
export function setState(instance: Item | undefined, state: Item | undefined): void {
  if (!(instance instanceof Instance) || !(state instanceof Dictionary)) throw unknownWay();
  instance.state = state;
}

/** Sets a field of a dictionary that is held, and not streamed. */
export function setField(dictionary: Dictionary, key: Item, value: Item): void {
  const name = nameOf(key);
  if (name === null || dictionary.fields.size >= MOST_FIELDS) {
    throw badStructure("A field has no usable name");
  }
  const isSimple = value === null || typeof value === "number";
  const field = isSimple ? value : value instanceof Dictionary ? "dictionary" : "other";
  dictionary.fields.set(name, field);
}

/** The name that a text is; null for anything else. */
export function nameOf(item: Item | undefined): string | null {
  return item instanceof Text ? item.name() : null;
}

function hasRole(item: Item | undefined, role: GlobalReference["role"]): boolean {
  return item instanceof GlobalReference && item.role === role;
}

function isClass(item: Item | undefined): boolean {
  return hasRole(item, "class");
}

function unknownWay(): PickleRefusal {
  return badStructure("The pickle makes an object in an unknown way");
}
