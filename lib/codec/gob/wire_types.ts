/**
 * The types that a gob describes before its value.
 *
 * ```text
 * definition   int: the negated type id; then a wireType
 * wireType     struct { ArrayT, SliceT, StructT, MapT, GobEncoderT, BinaryMarshalerT, TextMarshalerT }
 * arrayType    struct { CommonType, Elem int, Len int }
 * sliceType    struct { CommonType, Elem int }
 * structType   struct { CommonType, Field []fieldType }
 * fieldType    struct { Name string, Id int }
 * mapType      struct { CommonType, Key int, Elem int }
 * CommonType   struct { Name string, Id int }
 * ```
 *
 * A struct is a list of fields, each with the distance from the field before, and ends with 00 or
 * with the message. Ids below 64 are Go's own.
 *
 * @module
 */

import { GobRefusal } from "./refusal.ts";
import type { GobWindow } from "./window.ts";

/** The id of a type in one gob. */
export type TypeId = number;

/** Go's own types. */
export const BUILT_IN = {
  bool: 1,
  int: 2,
  uint: 3,
  float: 4,
  bytes: 5,
  string: 6,
  complex: 7,
  interface: 8,
} as const;

/** The lowest id of a type that is not Go's own. */
export const FIRST_USER_ID = 64;

/** A field of a struct on the wire. */
export interface WireField {
  name: string;
  id: TypeId;
}

/** A description of a type; Go sets one of the parts, but a damaged gob can have several. */
export interface WireType {
  name: string;
  array?: { elem: TypeId; length: bigint };
  slice?: { elem: TypeId };
  struct?: { fields: WireField[] };
  map?: { key: TypeId; elem: TypeId };
  /** Whether the type encodes itself, as bytes that only it can read. */
  encodesItself?: boolean;
}

/** The types that a gob has described so far. */
export type WireTypes = Map<TypeId, WireType>;

/** Go has no such bounds: they keep a gob that is nothing but types from filling the memory. */
const LARGEST_TYPES_BYTES = 1 << 20;
const LONGEST_NAME_BYTES = 1 << 16;

type FieldReader = (window: GobWindow) => void;

/** Go refuses a slice above 8 GiB; a field takes 24 bytes there. */
const MOST_FIELDS = 8 * 2 ** 30 / 24;

/**
 * Reads the fields of a struct, each with the reader at its place.
 *
 * @param window Where the struct begins.
 * @param readers A reader for each field of the type.
 */
function readStruct(window: GobWindow, readers: readonly FieldReader[]): void {
  let field = -1;
  for (;;) {
    field = nextField(window, field, readers.length);
    if (field < 0) return;
    readers[field]?.(window);
  }
}

/**
 * Reads which field of a struct comes next.
 *
 * @param window Where the struct goes on.
 * @param field The field before; -1 at the start.
 * @param fieldCount How many fields the type has.
 * @returns The place of the field; -1 at the end of the struct.
 */
export function nextField(window: GobWindow, field: number, fieldCount: number): number {
  if (window.remaining === 0) return -1;
  const at = window.offset;
  const distance = window.uint();
  if (distance === 0) return -1;
  if (window.isNegative || field >= fieldCount - distance) {
    throw new GobRefusal("malformed", at, "A struct has a field that its type does not have");
  }
  return field + distance;
}

/**
 * Reads a signed integer that Go holds in 32 bits, as it does the id of a type.
 *
 * @param window Where the integer stands.
 * @returns The integer.
 */
function readInt32(window: GobWindow): number {
  const at = window.offset;
  const value = window.int64();
  if (BigInt.asIntN(32, value) !== value) {
    throw new GobRefusal("malformed", at, "The id of a type is out of range");
  }
  return Number(value);
}

/**
 * Reads the description of a type.
 *
 * @param window Where the description begins.
 * @returns The type.
 */
export function readWireType(window: GobWindow): WireType {
  const type: WireType = { name: "" };
  const named = (window: GobWindow): void => {
    readStruct(window, [
      (window) => type.name = window.text(LONGEST_NAME_BYTES),
      (window) => readInt32(window),
    ]);
  };
  const selfEncoding = (window: GobWindow): void => {
    type.encodesItself = true;
    readStruct(window, [named]);
  };
  readStruct(window, [
    (window) => readArray(window, type.array = { elem: 0, length: 0n }, named),
    (window) => readSlice(window, type.slice = { elem: 0 }, named),
    (window) => readFields(window, (type.struct = { fields: [] }).fields, named),
    (window) => readMap(window, type.map = { key: 0, elem: 0 }, named),
    selfEncoding,
    selfEncoding,
    selfEncoding,
  ]);
  return type;
}

/**
 * Checks that descriptions of types do not take too much memory.
 *
 * @param window Where they end so far.
 * @param start Where they began.
 */
export function checkTypesSize(window: GobWindow, start: number): void {
  if (window.offset - start > LARGEST_TYPES_BYTES) {
    throw new GobRefusal("too-large", start, "The descriptions of types take too much room");
  }
}

function readArray(
  window: GobWindow,
  array: { elem: TypeId; length: bigint },
  named: FieldReader,
): void {
  readStruct(window, [
    named,
    (window) => array.elem = readInt32(window),
    (window) => array.length = window.int64(),
  ]);
}

function readSlice(window: GobWindow, slice: { elem: TypeId }, named: FieldReader): void {
  readStruct(window, [named, (window) => slice.elem = readInt32(window)]);
}

function readMap(
  window: GobWindow,
  map: { key: TypeId; elem: TypeId },
  named: FieldReader,
): void {
  readStruct(window, [
    named,
    (window) => map.key = readInt32(window),
    (window) => map.elem = readInt32(window),
  ]);
}

function readFields(window: GobWindow, fields: WireField[], named: FieldReader): void {
  readStruct(window, [named, (window) => {
    const at = window.offset;
    const count = window.uint();
    for (let index = 0; index < count; index++) {
      if (count > MOST_FIELDS || window.remaining === 0) {
        throw new GobRefusal("malformed", at, "A struct type has more fields than bytes");
      }
      checkTypesSize(window, at);
      const field: WireField = { name: "", id: 0 };
      readStruct(window, [
        (window) => field.name = window.text(LONGEST_NAME_BYTES),
        (window) => field.id = readInt32(window),
      ]);
      fields.push(field);
    }
  }]);
}

const COMMON: WireField = { name: "CommonType", id: 18 };
const NAME: WireField = { name: "Name", id: BUILT_IN.string };

function integers(...names: string[]): WireField[] {
  return names.map((name) => ({ name, id: BUILT_IN.int }));
}

function struct(name: string, ...fields: WireField[]): WireType {
  return { name, struct: { fields } };
}

/** The types of Go's own that are not basic: those that describe types. A damaged id can name one. */
export const BUILT_IN_TYPES: ReadonlyMap<TypeId, WireType> = new Map([
  [
    16,
    struct(
      "wireType",
      { name: "ArrayT", id: 17 },
      { name: "SliceT", id: 19 },
      { name: "StructT", id: 20 },
      { name: "MapT", id: 23 },
      { name: "GobEncoderT", id: 24 },
      { name: "BinaryMarshalerT", id: 24 },
      { name: "TextMarshalerT", id: 24 },
    ),
  ],
  [17, struct("arrayType", COMMON, ...integers("Elem", "Len"))],
  [18, struct("CommonType", NAME, ...integers("Id"))],
  [19, struct("sliceType", COMMON, ...integers("Elem"))],
  [20, struct("structType", COMMON, { name: "Field", id: 22 })],
  [21, struct("fieldType", NAME, ...integers("Id"))],
  [22, { name: "[]gob.fieldType", slice: { elem: 21 } }],
  [23, struct("mapType", COMMON, ...integers("Key", "Elem"))],
  [24, struct("gobEncoderType", COMMON)],
]);
