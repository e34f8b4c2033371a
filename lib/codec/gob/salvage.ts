/**
 * Getting a value out of a gob whose descriptions of types are damaged.
 *
 * Go reads a value by the descriptions before it; one flipped bit there, and none of it can be had.
 * The value itself is whole then, and how Go writes a value of a known type is known: so it is looked
 * for from the start of the gob on, as the message that ends with the gob, and decoded by the shape
 * alone. Nothing is taken that does not fit to the last byte.
 *
 * @module
 */

import { decodeStruct, type PartialStruct } from "./decode_value.ts";
import type { Plan, StructPlan } from "./plan.ts";
import { GobRefusal } from "./refusal.ts";
import type { GobShape, GobStructShape, GobValue } from "./shapes.ts";
import { GobWindow } from "./window.ts";
import { FIRST_USER_ID } from "./wire_types.ts";

/** Descriptions of the types of a program do not take more room. */
const LARGEST_PREFIX_BYTES = 1 << 12;

/**
 * Looks for the value of a gob by itself, without the descriptions before it.
 *
 * @param bytes The gob.
 * @param shape What it held, with its fields in the order that Go declares them.
 * @returns The value, of which every byte is accounted for; null when there is no such value.
 */
export function salvageGob<Shape extends GobStructShape>(
  bytes: Uint8Array,
  shape: Shape,
): GobValue<Shape> | null {
  const plan = planOf(shape);
  const window = new GobWindow(bytes);
  const most = Math.min(bytes.byteLength, LARGEST_PREFIX_BYTES);
  for (let start = 0; start < most; start++) {
    const value = decodeAt(window, start, plan);
    if (value !== null) return value as GobValue<Shape>;
  }
  return null;
}

/** Decodes the message at a place if it is a value and ends with the gob. */
function decodeAt(window: GobWindow, start: number, plan: StructPlan): PartialStruct | null {
  try {
    window.goTo(start, start);
    window.beginMessage();
    if (window.messageEnd !== window.sizeBytes || window.int32() < FIRST_USER_ID) return null;
    const value: PartialStruct = { ...plan.empty };
    decodeStruct({ window, types: new Map(), readTypes: refuseTypes }, plan, value);
    const isSomething = Object.values(value).some((field) => field !== undefined);
    return window.remaining === 0 && isSomething ? value : null;
  } catch (error) {
    if (error instanceof GobRefusal) return null;
    throw error;
  }
}

/** A plan for what a shape says is there, and nothing besides. */
function planOf(shape: GobStructShape): StructPlan {
  const fields = Object.entries(shape.fields);
  return {
    kind: "struct",
    fields: fields.map(([name, field]) => ({ name, plan: planValue(field) })),
    empty: shape.empty,
    summary: { name: shape.name, fields: fields.map(([name]) => name) },
    isStreamed: false,
  };
}

function planValue(shape: GobShape): Plan {
  switch (shape.kind) {
    case "struct":
      return planOf(shape);
    case "map":
      return { kind: "map", shape, element: planValue(shape.element) };
    case "text":
    case "float32s":
      return { kind: shape.kind };
  }
}

function refuseTypes(window: GobWindow): never {
  throw new GobRefusal("malformed", window.offset, "A type where none can be");
}
