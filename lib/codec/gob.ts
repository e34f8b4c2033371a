/**
 * Go's encoding/gob, as far as stores need it.
 *
 * ```text
 * gob          message*
 * message      unsigned: its length; then a description of a type, or the value
 * description  signed: the negated id of the type; wireType (gob/wire_types.ts)
 * value        signed: the id of its type; struct
 * struct       field*; 00
 * field        unsigned: the distance from the field before, the first counting from -1; value
 * string       unsigned: its length in bytes; the bytes
 * []float32    unsigned: its length; for each float an unsigned with the bytes of its 64 bits
 *              reversed, so that the zeros of the mantissa are not written
 * map          unsigned: how many entries; for each the key and the value
 * ```
 *
 * The decoder takes what Go's takes and refuses what Go's refuses, but for bounds on what a hostile
 * gob can ask for. It never throws for what the bytes are: it returns what stood before the fault.
 *
 * @module
 */

import { formatCount, formatNumber } from "../base/format.ts";
import type { ByteSource } from "./byte_source.ts";
import { decodeStruct, type PartialStruct, type ValueContext } from "./gob/decode_value.ts";
import { type GobOpening, readOpening, readTypeSequence } from "./gob/messages.ts";
import type { GobTypeSummary } from "./gob/plan.ts";
import { type GobFault, GobRefusal } from "./gob/refusal.ts";
import type { GobStructShape, GobValue } from "./gob/shapes.ts";
import { type GobEntry, streamStruct } from "./gob/stream.ts";
import { GobWindow } from "./gob/window.ts";
import type { WireTypes } from "./gob/wire_types.ts";

export type { ByteSource } from "./byte_source.ts";
export type { GobTypeSummary } from "./gob/plan.ts";
export type { GobFault, GobFaultKind } from "./gob/refusal.ts";
export type {
  GobFields,
  GobFloat32sShape,
  GobMapShape,
  GobShape,
  GobStructShape,
  GobTextShape,
  GobValue,
} from "./gob/shapes.ts";
export { float32s, mapShape, streamedMap, structShape, text, textMap } from "./gob/shapes.ts";
export { type GobEntry, isEntryOf } from "./gob/stream.ts";
export { salvageGob } from "./gob/salvage.ts";
export { encodeGobText } from "./gob/text.ts";
export { encodeGob, GobEncoder } from "./gob/encode.ts";

/** What a gob holds. */
export interface GobResult<Shape extends GobStructShape> {
  /** The value; with a fault, what was decoded before it: a vector may be cut short. */
  readonly value: GobValue<Shape>;
  /** The type of the value; null when the gob did not get as far. */
  readonly type: GobTypeSummary | null;
  /** Where the message with the value ends, or the fault is; Go ignores what follows. */
  readonly endOffset: number;
  /** Why decoding ended early, or null: Go would have taken the gob. */
  readonly fault: GobFault | null;
}

/**
 * Decodes the first value of a gob that is in memory.
 *
 * @param bytes The gob.
 * @param shape What is wanted.
 * @returns The value, or what could be decoded of it; never throws for what the bytes are.
 * @example
 * ```ts
 * import { decodeGob, float32s, structShape, text, textMap } from "./gob.ts";
 *
 * const DOCUMENT = structShape({ ID: text, Metadata: textMap, Embedding: float32s, Content: text });
 * const { value, fault } = decodeGob(new Uint8Array(0), DOCUMENT);
 * console.log(value.ID, fault?.kind);
 * ```
 */
export function decodeGob<Shape extends GobStructShape>(
  bytes: Uint8Array,
  shape: Shape,
): GobResult<Shape> {
  const decoding = new Decoding(new GobWindow(bytes), shape);
  try {
    const opening = decoding.open(bytes);
    decodeStruct(decoding.context(opening), opening.plan, decoding.value);
    return decoding.finish(null);
  } catch (error) {
    return decoding.finish(error);
  }
}

/**
 * Decodes the first value of a gob of any size and hands out the entries of its streamed maps.
 *
 * @param source The gob.
 * @param shape What is wanted, with the large maps as `streamedMap`.
 * @returns The entries, and at the end the value without them; never throws for what the bytes are.
 * @throws {OperationError} The bytes cannot be read.
 * @example
 * ```ts
 * import { isEntryOf, readGobEntries, streamedMap, structShape, text } from "./gob.ts";
 *
 * const NOTES = streamedMap(structShape({ ID: text }));
 * const source = { sizeBytes: 0, readAt: () => new Uint8Array(0) };
 * for (const entry of readGobEntries(source, structShape({ Notes: NOTES }))) {
 *   if (isEntryOf(entry, NOTES)) console.log(entry.keys, entry.value.ID);
 * }
 * ```
 */
export function* readGobEntries<Shape extends GobStructShape>(
  source: ByteSource,
  shape: Shape,
): Generator<GobEntry, GobResult<Shape>> {
  const decoding = new Decoding(new GobWindow(source), shape);
  try {
    const opening = decoding.open(null);
    yield* streamStruct(decoding.context(opening), opening.plan, decoding.value, []);
    return decoding.finish(null);
  } catch (error) {
    return decoding.finish(error);
  }
}

/** The decoding of one value. */
class Decoding<Shape extends GobStructShape> {
  readonly value: PartialStruct;
  readonly #window: GobWindow;
  readonly #shape: Shape;
  #opening: GobOpening | null = null;

  constructor(window: GobWindow, shape: Shape) {
    this.#window = window;
    this.#shape = shape;
    this.value = { ...shape.empty };
  }

  /** Reads what stands before the value. */
  open(bytes: Uint8Array | null): GobOpening {
    this.#opening = readOpening(this.#window, this.#shape, bytes);
    return this.#opening;
  }

  /** What decoding of the value needs. */
  context(opening: GobOpening): ValueContext {
    const { types } = opening;
    // An interface value may bring types along; they must not get into what other gobs share.
    let all: WireTypes | null = null;
    return {
      window: this.#window,
      types,
      readTypes: (window) => readTypeSequence(window, all ??= new Map(types), true),
    };
  }

  /** What came of it. */
  finish(error: unknown): GobResult<Shape> {
    if (error !== null && !(error instanceof GobRefusal)) throw error;
    const fault = error === null ? this.#cut() : toFault(error, this.#window);
    return {
      value: this.value as GobValue<Shape>,
      type: this.#opening?.plan.summary ?? null,
      endOffset: fault === null ? this.#window.messageEnd : fault.offset,
      fault,
    };
  }

  /** Go reads a message as a whole before it looks at it: one that is cut is refused. */
  #cut(): GobFault | null {
    const { isCut, sizeBytes } = this.#window;
    if (!isCut) return null;
    return { kind: "truncated", offset: sizeBytes, message: "The gob ends inside a message" };
  }
}

/** The fault of a refusal; what a map claims that cannot be true is worse than how it shows. */
function toFault({ kind, offset, message }: GobRefusal, { claim, isCut }: GobWindow): GobFault {
  // Of a message that is cut, Go looks at nothing.
  if (claim === null || isCut) return { kind, offset, message };
  const { count, left } = claim;
  return {
    kind: "too-large",
    offset: claim.offset,
    message: `A map claims ${formatNumber(count)} entries where ${
      formatCount(left, "byte")
    } are left`,
    claimedEntries: count,
  };
}
