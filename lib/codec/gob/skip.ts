/**
 * Passing over values that nobody asked for.
 *
 * The type of such a value is checked as Go does it when it compiles a decoder; the value itself is
 * followed with a stack of its own, because a gob can nest values as deep as it has bytes.
 *
 * @module
 */

import { GobRefusal } from "./refusal.ts";
import type { GobWindow } from "./window.ts";
import { BUILT_IN, nextField, type TypeId, type WireType, type WireTypes } from "./wire_types.ts";

/** Go's `maxIgnoreNestingDepth`. */
const DEEPEST_TYPES = 10_000;
/** Go has no such bound but the size of its stack. */
const DEEPEST_VALUES = 100_000;

/** Reads the types that an interface value brings along; returns the id of the value's type. */
export type TypeSequence = (window: GobWindow) => TypeId;

/**
 * Checks that values of a type can be passed over.
 *
 * @param types The types that the gob describes.
 * @param id The type.
 * @param seen The types that were found in order before; those of this type are added.
 * @param offset Where to say that it was found wanting.
 * @throws {GobRefusal} The type, or one that it is made of, is not described, or nested too deeply.
 */
export function checkSkippable(
  types: WireTypes,
  id: TypeId,
  seen: Set<TypeId>,
  offset: number,
): void {
  const waiting: { id: TypeId; depth: number }[] = [{ id, depth: 1 }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (next.depth > DEEPEST_TYPES) {
      throw new GobRefusal("malformed", offset, "Types are nested too deeply");
    }
    if (isBasic(next.id) || seen.has(next.id)) continue;
    seen.add(next.id);
    const type = types.get(next.id);
    if (type === undefined) {
      throw new GobRefusal("malformed", offset, `Type ${next.id} is not described`);
    }
    for (const part of partsOf(type, next.id, offset)) {
      waiting.push({ id: part, depth: next.depth + 1 });
    }
  }
}

function isBasic(id: TypeId): boolean {
  return id >= BUILT_IN.bool && id <= BUILT_IN.interface;
}

/** The types that a value of a type is made of, by the description that Go goes by. */
function partsOf(type: WireType, id: TypeId, offset: number): TypeId[] {
  if (type.array !== undefined) return [type.array.elem];
  if (type.map !== undefined) return [type.map.elem, type.map.key];
  if (type.slice !== undefined) return [type.slice.elem];
  if (type.struct !== undefined) {
    if (type.struct.fields.some(({ name }) => name === "")) {
      throw new GobRefusal("malformed", offset, "A struct type has a field without a name");
    }
    return type.struct.fields.map((field) => field.id);
  }
  if (type.encodesItself === true) return [];
  throw new GobRefusal("malformed", offset, `Type ${id} is described as nothing`);
}

/** A value that is being passed over, and how much of it is left. */
type Level =
  | { readonly kind: "struct"; readonly fields: readonly { id: TypeId }[]; field: number }
  | { readonly kind: "list"; readonly elem: TypeId; left: number }
  | { readonly kind: "map"; readonly key: TypeId; readonly elem: TypeId; left: number };

/**
 * Passes over a value.
 *
 * @param window Where the value begins.
 * @param types The types that the gob describes.
 * @param id The value's type, which {@linkcode checkSkippable} has passed.
 * @param readTypes Reads the types that an interface value brings along.
 */
export function skipValue(
  window: GobWindow,
  types: WireTypes,
  id: TypeId,
  readTypes: TypeSequence,
): void {
  const levels: Level[] = [];
  enter(window, types, id, readTypes, levels);
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    const next = nextPart(window, types, level);
    if (next === null) {
      levels.pop();
      continue;
    }
    if (levels.length >= DEEPEST_VALUES) {
      throw new GobRefusal("too-large", window.offset, "Values are nested too deeply");
    }
    enter(window, types, next, readTypes, levels);
  }
}

/** The type of the part that comes next in a value; null behind the last one. */
function nextPart(window: GobWindow, types: WireTypes, level: Level): TypeId | null {
  if (level.kind === "struct") {
    level.field = nextField(window, level.field, level.fields.length);
    return level.fields[level.field]?.id ?? null;
  }
  if (level.left <= 0) return null;
  if (window.remaining === 0) {
    // At the end of a message a struct is one without fields: any number of them fits there.
    const isEmpty = level.kind === "map" && isStruct(types, level.key) &&
      isStruct(types, level.elem);
    if (isEmpty) return null;
    if (level.kind === "list") {
      throw new GobRefusal("malformed", window.offset, "A list is longer than its message");
    }
  }
  level.left--;
  if (level.kind === "list") return level.elem;
  // Keys and values take turns: an even number is left before a key.
  return level.left % 2 === 1 ? level.key : level.elem;
}

function isStruct(types: WireTypes, id: TypeId): boolean {
  const type = types.get(id);
  return type?.struct !== undefined && type.array === undefined && type.map === undefined &&
    type.slice === undefined;
}

function enter(
  window: GobWindow,
  types: WireTypes,
  id: TypeId,
  readTypes: TypeSequence,
  levels: Level[],
): void {
  if (isBasic(id)) return skipBasic(window, id, readTypes);
  const type = types.get(id);
  if (type?.array !== undefined) {
    levels.push({ kind: "list", elem: type.array.elem, left: arrayLength(window, type.array) });
  } else if (type?.map !== undefined) {
    const { key, elem } = type.map;
    levels.push({ kind: "map", key, elem, left: 2 * count(window) });
  } else if (type?.slice !== undefined) {
    levels.push({ kind: "list", elem: type.slice.elem, left: count(window) });
  } else if (type?.struct !== undefined) {
    levels.push({ kind: "struct", fields: type.struct.fields, field: -1 });
  } else {
    window.skip(window.length());
  }
}

/** A number of elements; Go takes one that is negative as none. */
function count(window: GobWindow): number {
  const value = window.uint();
  return window.isNegative ? 0 : value;
}

function arrayLength(window: GobWindow, array: { readonly length: bigint }): number {
  const at = window.offset;
  const value = count(window);
  const exact = (BigInt(window.high) << 32n) | BigInt(window.low);
  if (exact !== BigInt.asUintN(64, array.length)) {
    throw new GobRefusal("malformed", at, "An array has another length than its type");
  }
  return value;
}

function skipBasic(window: GobWindow, id: TypeId, readTypes: TypeSequence): void {
  if (id === BUILT_IN.interface) {
    window.skip(window.length());
    readTypes(window);
    window.skip(window.length());
  } else if (id === BUILT_IN.string || id === BUILT_IN.bytes) {
    window.skip(window.length());
  } else {
    window.uint();
    if (id === BUILT_IN.complex) window.uint();
  }
}
