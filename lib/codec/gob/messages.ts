/**
 * The messages before a value, which describe its types.
 *
 * @module
 */

import { Planner, type StructPlan } from "./plan.ts";
import { GobRefusal } from "./refusal.ts";
import type { GobStructShape } from "./shapes.ts";
import type { GobWindow } from "./window.ts";
import {
  checkTypesSize,
  FIRST_USER_ID,
  readWireType,
  type TypeId,
  type WireTypes,
} from "./wire_types.ts";

/** What stands before a value. */
export interface GobOpening {
  readonly types: WireTypes;
  /** The value's type. */
  readonly id: TypeId;
  readonly plan: StructPlan;
  /** Where the message with the value begins. */
  readonly prefixEnd: number;
}

/**
 * Reads descriptions of types up to the id of the value that they are for.
 *
 * @param window Where they begin: between two messages, or in an interface value.
 * @param types Where they go.
 * @param isInterface Whether they stand in an interface value, as a part of a message.
 * @returns The id of the value's type.
 */
export function readTypeSequence(
  window: GobWindow,
  types: WireTypes,
  isInterface: boolean,
): TypeId {
  const start = window.offset;
  for (;;) {
    if (window.remaining === 0) window.beginMessage();
    const at = window.offset;
    const id = window.int32();
    if (id >= 0) return id;
    const described = -id | 0;
    if (described < FIRST_USER_ID || types.has(described)) {
      throw new GobRefusal("malformed", at, `Type ${described} is described again`);
    }
    types.set(described, readWireType(window));
    checkTypesSize(window, start);
    if (window.remaining === 0) continue;
    if (!isInterface) {
      throw new GobRefusal("malformed", window.offset, "The description of a type is too long");
    }
    // The length of the value that follows.
    window.uint();
  }
}

/** What the last gob of a shape began with. */
interface KnownPrefix {
  readonly bytes: Uint8Array;
  readonly opening: GobOpening;
}

/** The files of one program begin alike: their types are read once, and then only compared. */
const known = new WeakMap<GobStructShape, KnownPrefix>();

/**
 * Reads what stands before a value, up to and with the id of its type.
 *
 * @param window The start of the gob.
 * @param shape What is wanted.
 * @param bytes The gob when it is in memory as a whole.
 * @returns The types and the plan for the value.
 */
export function readOpening(
  window: GobWindow,
  shape: GobStructShape,
  bytes: Uint8Array | null,
): GobOpening {
  const prefix = known.get(shape);
  if (prefix !== undefined && window.passPrefix(prefix.bytes)) {
    if (isSameValue(window, prefix.opening.id)) return prefix.opening;
    window.goTo(0, 0);
  }
  const opening = readNewOpening(window, shape);
  if (bytes !== null) known.set(shape, { bytes: bytes.slice(0, opening.prefixEnd), opening });
  return opening;
}

function isSameValue(window: GobWindow, id: TypeId): boolean {
  try {
    window.beginMessage();
    return window.int32() === id;
  } catch (error) {
    if (error instanceof GobRefusal) return false;
    throw error;
  }
}

function readNewOpening(window: GobWindow, shape: GobStructShape): GobOpening {
  const types: WireTypes = new Map();
  const id = readTypeSequence(window, types, false);
  const plan = new Planner(types, window.offset).planTop(id, shape);
  return { types, id, plan, prefixEnd: window.messageStart };
}
