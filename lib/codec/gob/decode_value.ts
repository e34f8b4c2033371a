/**
 * Decoding values by their plans.
 *
 * What is decoded stands in the value that grows, so that a refusal in the middle loses nothing that
 * stood before it.
 *
 * @module
 */

import type { MapPlan, Plan, StructPlan } from "./plan.ts";
import { GobRefusal } from "./refusal.ts";
import { skipValue, type TypeSequence } from "./skip.ts";
import type { GobWindow } from "./window.ts";
import { nextField, type WireTypes } from "./wire_types.ts";

/** The fields of a struct, as far as they are decoded. */
export type PartialStruct = Record<string, unknown>;

/** What decoding of values needs besides the window. */
export interface ValueContext {
  readonly window: GobWindow;
  readonly types: WireTypes;
  /** Reads the types that an interface value brings along. */
  readonly readTypes: TypeSequence;
}

/** What a vector is given room for before its floats are there. */
const FIRST_FLOATS = 1 << 16;
/** The most entries of a map that are kept: they take many times the room that they have in the gob. */
const MOST_ENTRIES = 1 << 20;
/** What Go takes for the size of a slice at most (`tooBig`). */
const GO_LARGEST_SLICE_BYTES = 8 * 2 ** 30;
/** The longest vector that is taken, 256 MiB of floats: no model is near it. */
const MOST_FLOATS = 1 << 26;

/** What a float of 32 bits can hold; Go refuses what is larger, but for infinities. */
const LARGEST_FLOAT32 = 3.4028234663852886e38;

const scratch = new DataView(new ArrayBuffer(8));

/**
 * Decodes the fields of a struct.
 *
 * @param context Where the struct begins.
 * @param plan How.
 * @param target Where the fields go, one by one.
 */
export function decodeStruct(
  context: ValueContext,
  plan: StructPlan,
  target: PartialStruct,
): void {
  const { window } = context;
  const { fields } = plan;
  for (let field = -1;;) {
    field = nextField(window, field, fields.length);
    const next = fields[field];
    if (next === undefined) return;
    decodeField(context, next.plan, target, next.name);
  }
}

/**
 * Decodes a field of a struct.
 *
 * @param context Where its value begins.
 * @param plan How.
 * @param target The struct.
 * @param name The name of the field.
 */
export function decodeField(
  context: ValueContext,
  plan: Plan,
  target: PartialStruct,
  name: string,
): void {
  switch (plan.kind) {
    case "text":
      target[name] = context.window.text();
      break;
    case "float32s":
      decodeFloats(context.window, target, name);
      break;
    case "map":
      decodeMap(context, plan, mapAt(target, name));
      break;
    case "struct":
      decodeStruct(context, plan, structAt(target, name, plan));
      break;
    case "skip":
      skipValue(context.window, context.types, plan.id, context.readTypes);
  }
}

/** Go adds to a map that a field of the same name has filled before. */
function mapAt(target: PartialStruct, name: string): Map<string, unknown> {
  const known = target[name];
  if (known instanceof Map) return known;
  const map = new Map<string, unknown>();
  target[name] = map;
  return map;
}

function structAt(target: PartialStruct, name: string, plan: StructPlan): PartialStruct {
  const known = target[name];
  if (isStruct(known)) return known;
  const struct: PartialStruct = { ...plan.empty };
  target[name] = struct;
  return struct;
}

function isStruct(value: unknown): value is PartialStruct {
  return typeof value === "object" && value !== null;
}

function decodeMap(context: ValueContext, plan: MapPlan, map: Map<string, unknown>): void {
  const { window } = context;
  const { element } = plan;
  const isKept = !plan.shape.isStreamed;
  const count = window.entryCount();
  for (let index = 0; index < count; index++) {
    const key = window.text();
    const value = element.kind === "text" ? window.text() : decodeElement(context, element);
    if (!isKept) continue;
    map.set(key, value);
    if (map.size > MOST_ENTRIES) {
      throw new GobRefusal("too-large", window.offset, `A map has over ${MOST_ENTRIES} entries`);
    }
  }
}

/**
 * Decodes a value of a map.
 *
 * @param context Where the value begins.
 * @param plan How.
 * @returns The value.
 */
function decodeElement(context: ValueContext, plan: Plan): unknown {
  const holder: PartialStruct = {};
  decodeField(context, plan, holder, "element");
  return holder["element"];
}

/** Decodes a vector; where it is refused in the middle, the floats before stand in the struct. */
function decodeFloats(window: GobWindow, target: PartialStruct, name: string): void {
  const at = window.offset;
  const count = window.uint();
  if (count > MOST_FLOATS) {
    const kind = count * 4 > GO_LARGEST_SLICE_BYTES || count > window.remaining
      ? "malformed"
      : "too-large";
    throw new GobRefusal(kind, at, `A vector of ${count} floats is too long`);
  }
  let floats = new Float32Array(Math.min(count, FIRST_FLOATS));
  let bits = new Int32Array(floats.buffer);
  let filled = 0;
  try {
    while (filled < count) {
      if (filled === floats.length) {
        floats = grow(floats, count);
        bits = new Int32Array(floats.buffer);
      }
      filled = window.floats(bits, filled);
      if (filled === floats.length) continue;
      floats[filled] = readFloat(window);
      filled++;
    }
  } finally {
    target[name] = filled === floats.length ? floats : floats.slice(0, filled);
  }
}

function grow(floats: Float32Array<ArrayBuffer>, most: number): Float32Array<ArrayBuffer> {
  const larger = new Float32Array(Math.min(most, 2 * floats.length));
  larger.set(floats);
  return larger;
}

/** Reads a float of any length; a float of 64 bits is rounded, as Go does it. */
function readFloat(window: GobWindow): number {
  const at = window.offset;
  window.uint();
  scratch.setUint32(0, window.high);
  scratch.setUint32(4, window.low);
  const float = scratch.getFloat64(0, true);
  if (Math.abs(float) > LARGEST_FLOAT32 && Number.isFinite(float)) {
    throw new GobRefusal("malformed", at, "A float is out of range for 32 bits");
  }
  return float;
}
