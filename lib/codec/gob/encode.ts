/**
 * Encoding values as Go's gob.Encoder does.
 *
 * @module
 */

import type { GobMapShape, GobShape, GobStructShape, GobValue } from "./shapes.ts";
import { BUILT_IN, FIRST_USER_ID, type TypeId } from "./wire_types.ts";
import { GobWriter } from "./writer.ts";

/** A type as it was first met; Go names it by where that was. */
interface Registered {
  readonly id: TypeId;
  readonly name: string;
}

/** What a value may be: the values of all shapes. */
type AnyValue =
  | string
  | Float32Array
  | ReadonlyMap<string, unknown>
  | { readonly [name: string]: unknown };

/**
 * Encodes values as one Go program does.
 *
 * Go numbers the types of a program in the order in which it encodes them first, so that the bytes of
 * a document depend on what was encoded before: an encoder that is handed the same values in the same
 * order writes the same bytes. Where Go's order is random, the entries of a map, keys are sorted.
 */
export class GobEncoder {
  readonly #registered = new Map<GobShape, Registered>();
  #nextId = FIRST_USER_ID;

  /**
   * Encodes a value, with the descriptions of its types before it.
   *
   * @param value The value; fields that are undefined are not written, as Go does with nil.
   * @param shape What it is; every struct but the outermost has a name in Go.
   * @returns The gob.
   */
  encode<Shape extends GobStructShape>(
    value: GobValue<Shape>,
    shape: Shape,
  ): Uint8Array<ArrayBuffer> {
    this.#register(shape, shape.name);
    const parts: Uint8Array[] = [];
    this.#describe(shape, new Set(), parts);
    const message = new GobWriter();
    message.int(this.#idOf(shape));
    encodeStruct(message, value as AnyValue, shape);
    parts.push(message.bytes);
    return frame(parts);
  }

  /** Numbers a type: a struct before its fields, a map or a slice behind its elements. */
  #register(shape: GobShape, name: string): TypeId {
    if (shape.kind === "text") return BUILT_IN.string;
    const known = this.#registered.get(shape);
    if (known !== undefined) return known.id;
    if (shape.kind === "map") this.#register(shape.element, "");
    const id = this.#nextId++;
    this.#registered.set(shape, { id, name });
    if (shape.kind === "struct") {
      for (const field of Object.values(shape.fields)) this.#register(field, nameType(field));
    }
    return id;
  }

  #idOf(shape: GobShape): TypeId {
    return this.#registered.get(shape)?.id ?? BUILT_IN.string;
  }

  /** Describes a type and then those that it is made of, each once. */
  #describe(shape: GobShape, described: Set<GobShape>, parts: Uint8Array[]): void {
    const type = this.#registered.get(shape);
    if (type === undefined || described.has(shape)) return;
    described.add(shape);
    const writer = new GobWriter();
    writer.int(-type.id);
    this.#writeType(writer, type, shape);
    parts.push(writer.bytes);
    if (shape.kind === "map") this.#describe(shape.element, described, parts);
    if (shape.kind === "struct") {
      for (const field of Object.values(shape.fields)) this.#describe(field, described, parts);
    }
  }

  #writeType(writer: GobWriter, type: Registered, shape: GobShape): void {
    writer.uint(shape.kind === "map" ? 4 : shape.kind === "struct" ? 3 : 2);
    writer.uint(1);
    if (type.name !== "") {
      writer.uint(1);
      writer.text(type.name);
    }
    writer.uint(type.name === "" ? 2 : 1);
    writer.int(type.id);
    writer.uint(0);
    if (shape.kind === "struct") this.#writeFields(writer, shape);
    else if (shape.kind === "map") {
      this.#writeIds(writer, BUILT_IN.string, this.#idOf(shape.element));
    } else this.#writeIds(writer, BUILT_IN.float);
    writer.uint(0);
    writer.uint(0);
  }

  #writeIds(writer: GobWriter, ...ids: TypeId[]): void {
    for (const id of ids) {
      writer.uint(1);
      writer.int(id);
    }
  }

  #writeFields(writer: GobWriter, shape: GobStructShape): void {
    const fields = Object.entries(shape.fields);
    if (fields.length === 0) return;
    writer.uint(1);
    writer.uint(fields.length);
    for (const [name, field] of fields) {
      writer.uint(1);
      writer.text(name);
      this.#writeIds(writer, this.#idOf(field));
      writer.uint(0);
    }
  }
}

/**
 * Encodes a value as a Go program does that has encoded nothing before.
 *
 * @param value The value; fields that are undefined are not written, as Go does with nil.
 * @param shape What it is.
 * @returns The gob.
 */
export function encodeGob<Shape extends GobStructShape>(
  value: GobValue<Shape>,
  shape: Shape,
): Uint8Array<ArrayBuffer> {
  return new GobEncoder().encode(value, shape);
}

/** Go's name of the type of a field: its own, or else how it is written. */
function nameType(shape: GobShape): string {
  return shape.kind === "struct" ? shape.name : writeType(shape);
}

function writeType(shape: GobShape): string {
  switch (shape.kind) {
    case "text":
      return "string";
    case "float32s":
      return "[]float32";
    case "map":
      return `map[string]${writeType(shape.element)}`;
    case "struct":
      return `*${shape.packageName}.${shape.name}`;
  }
}

function frame(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const writer = new GobWriter();
  for (const part of parts) writer.sized(part);
  return writer.bytes;
}

function encodeStruct(writer: GobWriter, value: unknown, shape: GobStructShape): void {
  const fields = isRecord(value) ? value : {};
  let before = -1;
  Object.entries(shape.fields).forEach(([name, field], place) => {
    const part = fields[name];
    if (!isSent(part, field)) return;
    writer.uint(place - before);
    before = place;
    encodeValue(writer, part, field);
  });
  writer.uint(0);
}

/** Go leaves out fields that are zero; a map that is empty is not, for it is not nil. */
function isSent(value: unknown, shape: GobShape): boolean {
  if (value === undefined) return false;
  if (shape.kind === "text") return value !== "";
  return shape.kind !== "float32s" || (value instanceof Float32Array && value.length > 0);
}

function encodeValue(writer: GobWriter, value: unknown, shape: GobShape): void {
  switch (shape.kind) {
    case "text":
      writer.text(typeof value === "string" ? value : "");
      break;
    case "float32s":
      encodeFloats(writer, value instanceof Float32Array ? value : new Float32Array(0));
      break;
    case "map":
      encodeMap(writer, value instanceof Map ? value : new Map(), shape);
      break;
    case "struct":
      encodeStruct(writer, value, shape);
  }
}

function encodeFloats(writer: GobWriter, floats: Float32Array): void {
  writer.uint(floats.length);
  writer.floats(floats);
}

function encodeMap(
  writer: GobWriter,
  map: ReadonlyMap<unknown, unknown>,
  shape: GobMapShape,
): void {
  writer.uint(map.size);
  for (const key of [...map.keys()].map(String).sort()) {
    writer.text(key);
    encodeValue(writer, map.get(key), shape.element);
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
