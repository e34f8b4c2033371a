/**
 * Handing out the entries of maps one by one.
 *
 * @module
 */

import { decodeField, type PartialStruct, type ValueContext } from "./decode_value.ts";
import { isStreamedMap, type MapPlan, type Plan, type StructPlan } from "./plan.ts";
import { GobRefusal } from "./refusal.ts";
import type { GobMapShape, GobShape, GobValue } from "./shapes.ts";
import { nextField } from "./wire_types.ts";

/** An entry of a streamed map. */
export interface GobEntry<Element = unknown> {
  /**
   * `begin`: the value has streamed maps of its own, whose entries come next; its fields are filled
   * as they are decoded. `entry`: the value stands as a whole, or as far as it could be decoded.
   */
  readonly kind: "begin" | "entry";
  /** The map, as the shape has it. */
  readonly map: GobMapShape;
  /** The key, behind the keys of the entries that it stands in. */
  readonly keys: readonly string[];
  /** The value of the entry. */
  readonly value: Element;
  /** Whether the value was decoded to its end; false only before a fault and for `begin`. */
  readonly isWhole: boolean;
  /** Where the entry begins. */
  readonly offset: number;
}

/**
 * Whether an entry is one of a map; tells the type of its value.
 *
 * @param entry The entry.
 * @param map The map, as it stands in the shape.
 * @returns Whether it is.
 */
export function isEntryOf<Element extends GobShape>(
  entry: GobEntry,
  map: GobMapShape<Element>,
): entry is GobEntry<GobValue<Element>> {
  return entry.map === map;
}

/**
 * Decodes the fields of a struct and hands out the entries of its streamed maps.
 *
 * @param context Where the struct begins.
 * @param plan How.
 * @param target Where the other fields go.
 * @param keys The keys of the entries that the struct stands in.
 */
export function* streamStruct(
  context: ValueContext,
  plan: StructPlan,
  target: PartialStruct,
  keys: readonly string[],
): Generator<GobEntry, void> {
  const { fields } = plan;
  for (let field = -1;;) {
    field = nextField(context.window, field, fields.length);
    const next = fields[field];
    if (next === undefined) return;
    if (isStreamedMap(next.plan)) yield* streamMap(context, next.plan, keys);
    else decodeField(context, next.plan, target, next.name);
  }
}

function* streamMap(
  context: ValueContext,
  plan: MapPlan,
  outerKeys: readonly string[],
): Generator<GobEntry, void> {
  const { window } = context;
  const { shape, element } = plan;
  const count = window.entryCount();
  for (let index = 0; index < count; index++) {
    const offset = window.offset;
    const keys = [...outerKeys, window.text()];
    const holder: PartialStruct = {};
    let isWhole = false;
    const entry = (): GobEntry => (
      { kind: "entry", map: shape, keys, value: holder["value"], isWhole, offset }
    );
    try {
      if (hasStreams(element)) {
        const value: PartialStruct = { ...element.empty };
        holder["value"] = value;
        yield { kind: "begin", map: shape, keys, value, isWhole, offset };
        yield* streamStruct(context, element, value, keys);
      } else {
        decodeField(context, element, holder, "value");
      }
      isWhole = true;
    } catch (error) {
      if (error instanceof GobRefusal && holder["value"] !== undefined) yield entry();
      throw error;
    }
    yield entry();
  }
}

function hasStreams(plan: Plan): plan is StructPlan {
  return plan.kind === "struct" && plan.isStreamed;
}
