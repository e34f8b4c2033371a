/**
 * How to decode a value of one type of a gob into one shape.
 *
 * A plan is made once for the types that stand before a value, as Go compiles a decoder. It holds the
 * type of every field against the shape and refuses what Go refuses.
 *
 * @module
 */

import { GobRefusal } from "./refusal.ts";
import type { GobFields, GobMapShape, GobShape, GobStructShape } from "./shapes.ts";
import { checkSkippable } from "./skip.ts";
import {
  BUILT_IN,
  BUILT_IN_TYPES,
  FIRST_USER_ID,
  type TypeId,
  type WireField,
  type WireTypes,
} from "./wire_types.ts";

/** What a gob says about the type of its value. */
export interface GobTypeSummary {
  /** The name of the type; empty for a struct without one. */
  readonly name: string;
  /** The names of its fields, as Go's program declares them. */
  readonly fields: readonly string[];
}

/** How to decode a value. */
export type Plan =
  | { readonly kind: "text" | "float32s" }
  | { readonly kind: "skip"; readonly id: TypeId }
  | MapPlan
  | StructPlan;

/** How to decode a map. */
export interface MapPlan {
  readonly kind: "map";
  readonly shape: GobMapShape;
  readonly element: Plan;
}

/** How to decode a struct. */
export interface StructPlan {
  readonly kind: "struct";
  /** A plan for each field on the wire, and the field of the shape that it fills, if any. */
  readonly fields: readonly { readonly name: string; readonly plan: Plan }[];
  /** The value before its fields are decoded. */
  readonly empty: Readonly<Record<string, undefined>>;
  /** What the gob says about the type. */
  readonly summary: GobTypeSummary;
  /** Whether a streamed map stands in it. */
  readonly isStreamed: boolean;
}

/** Makes plans from the types of one gob. */
export class Planner {
  readonly #types: WireTypes;
  readonly #offset: number;
  readonly #skippable = new Set<TypeId>();

  /** Makes a planner; refusals name `offset`, behind the descriptions of the types. */
  constructor(types: WireTypes, offset: number) {
    this.#types = types;
    this.#offset = offset;
  }

  /**
   * Plans how to decode the value of a gob.
   *
   * @param id The value's type.
   * @param shape What is wanted.
   * @returns The plan.
   * @throws {GobRefusal} The type does not fit the shape.
   */
  planTop(id: TypeId, shape: GobStructShape): StructPlan {
    const plan = this.#planStruct(id, shape);
    const described = this.#types.get(id)?.struct?.fields ?? [];
    const matchesNone = plan.fields.every((field) => field.plan.kind === "skip");
    if (matchesNone && described.length > 0 && Object.keys(shape.fields).length > 0) {
      throw this.#mismatch("No field of the gob has the name of one that is wanted");
    }
    return plan;
  }

  #planStruct(id: TypeId, shape: GobStructShape): StructPlan {
    const type = id < FIRST_USER_ID ? BUILT_IN_TYPES.get(id) : this.#types.get(id);
    if (type === undefined && !isBasic(id)) {
      throw new GobRefusal("malformed", this.#offset, `Type ${id} is not described`);
    }
    if (type?.struct === undefined) throw this.#mismatch(`Type ${id} is not a struct`);
    const plans = new Map<GobShape, Plan>();
    const fields = type.struct.fields.map((field) => ({
      name: field.name,
      plan: this.#planField(field, shape.fields, plans),
    }));
    return {
      kind: "struct",
      fields,
      empty: shape.empty,
      summary: { name: type.name, fields: fields.map(({ name }) => name) },
      isStreamed: fields.some(({ plan }) => isStreamedMap(plan)),
    };
  }

  #planField(field: WireField, wanted: GobFields, plans: Map<GobShape, Plan>): Plan {
    if (field.name === "") {
      throw new GobRefusal("malformed", this.#offset, "A struct type has a field without a name");
    }
    const shape = Object.hasOwn(wanted, field.name) ? wanted[field.name] : undefined;
    if (shape === undefined) {
      checkSkippable(this.#types, field.id, this.#skippable, this.#offset);
      return { kind: "skip", id: field.id };
    }
    if (!this.#isCompatible(field.id, shape)) {
      throw this.#mismatch(`The field ${field.name} is not what is wanted: ${nameShape(shape)}`);
    }
    return this.#plan(field.id, shape, plans);
  }

  /** Go plans a type of its own once for all fields of a struct that have it, as `plans` does. */
  #plan(id: TypeId, shape: GobShape, plans: Map<GobShape, Plan>): Plan {
    if (shape.kind === "text" || shape.kind === "float32s") return { kind: shape.kind };
    const known = plans.get(shape);
    if (known !== undefined) return known;
    const plan = shape.kind === "struct"
      ? this.#planStruct(id, shape)
      : { kind: shape.kind, shape, element: this.#planElement(id, shape, plans) };
    plans.set(shape, plan);
    return plan;
  }

  #planElement(id: TypeId, shape: GobMapShape, plans: Map<GobShape, Plan>): Plan {
    const map = this.#types.get(id)?.map;
    if (map === undefined) throw this.#mismatch(`Type ${id} is not a map`);
    return this.#plan(map.elem, shape.element, plans);
  }

  /** Go's `compatibleType`: structs always are; their fields are looked at later. */
  #isCompatible(id: TypeId, shape: GobShape): boolean {
    const type = this.#types.get(id);
    if (type?.encodesItself === true) return false;
    switch (shape.kind) {
      case "text":
        return id === BUILT_IN.string;
      case "struct":
        return true;
      case "float32s":
        return type?.slice?.elem === BUILT_IN.float;
      case "map":
        return type?.map !== undefined && type.map.key === BUILT_IN.string &&
          this.#isCompatible(type.map.elem, shape.element);
    }
  }

  #mismatch(message: string): GobRefusal {
    return new GobRefusal("type-mismatch", this.#offset, message);
  }
}

function isBasic(id: TypeId): boolean {
  return id >= BUILT_IN.bool && id <= BUILT_IN.interface;
}

/**
 * Whether a value is handed out in parts rather than kept.
 *
 * @param plan How the value is decoded.
 * @returns Whether it is a streamed map.
 */
export function isStreamedMap(plan: Plan): plan is MapPlan {
  return plan.kind === "map" && plan.shape.isStreamed;
}

function nameShape(shape: GobShape): string {
  if (shape.kind === "text") return "string";
  if (shape.kind === "float32s") return "[]float32";
  return shape.kind === "map" ? `map[string]${nameShape(shape.element)}` : "struct";
}
