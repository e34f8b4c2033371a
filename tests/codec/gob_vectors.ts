/** What Go wrote and what it makes of damages: tests/fixtures/gob. */

import { createHash } from "node:crypto";
import type { ByteSource } from "../../lib/codec/byte_source.ts";
import {
  decodeGob,
  encodeGobText,
  float32s,
  type GobFault,
  type GobValue,
  mapShape,
  streamedMap,
  structShape,
  text,
  textMap,
} from "../../lib/codec/gob.ts";

export const DOCUMENT = structShape(
  { ID: text, Metadata: textMap, Embedding: float32s, Content: text },
  "main.Document",
);
export const METADATA = structShape({ Name: text, Metadata: textMap });

const COLLECTION = structShape(
  { Name: text, Metadata: textMap, Documents: mapShape(DOCUMENT) },
  "main.persistenceCollection",
);
export const EXPORT = structShape({ Collections: mapShape(COLLECTION) });

export const DOCUMENTS = streamedMap(DOCUMENT);
export const COLLECTIONS = streamedMap(
  structShape({ Name: text, Metadata: textMap, Documents: DOCUMENTS }),
);
export const STREAMED_EXPORT = structShape({ Collections: COLLECTIONS });

export type Document = GobValue<typeof DOCUMENT>;

/** What a gob holds, with nothing lost: texts as the base64 of their bytes, floats as their bits. */
export interface Held {
  readonly id: string;
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly embedding: readonly string[];
  readonly content: string;
}

export interface GoVector {
  readonly name: string;
  readonly shape: "document" | "metadata";
  readonly gob: Uint8Array;
  /** What it holds; the name of a collection stands where the id of a document does. */
  readonly held: Held;
}

export interface GoDamage {
  readonly vector: GoVector;
  readonly gob: Uint8Array;
  /** The digest of what Go reads; empty when it refuses the gob. */
  readonly digest: string;
  /** Where it stands among the damages of the file. */
  readonly place: number;
}

export interface GoVectors {
  readonly vectors: readonly GoVector[];
  /** What programs write that encode nothing else. */
  readonly alone: Readonly<Record<string, Uint8Array>>;
  readonly damages: readonly GoDamage[];
}

interface RawVectors {
  readonly vectors: readonly (Held & Pick<GoVector, "name" | "shape"> & { readonly gob: string })[];
  readonly alone: Readonly<Record<string, string>>;
  readonly damages: readonly (readonly [number, number, number, string, string])[];
}

/** Reads what Go wrote. */
export function readGoVectors(): GoVectors {
  const file = new URL("../fixtures/gob/vectors.json", import.meta.url);
  const raw: RawVectors = JSON.parse(Deno.readTextFileSync(file));
  const vectors = raw.vectors.map(({ name, shape, gob, ...held }) => (
    { name, shape, gob: Uint8Array.fromBase64(gob), held }
  ));
  const damages = raw.damages.map(([index, at, cut, put, digest], place) => {
    const vector = vectors[index];
    if (vector === undefined) throw new Error(`No vector ${index}`);
    const head = vector.gob.subarray(0, at);
    const tail = vector.gob.subarray(at + cut);
    const gob = Uint8Array.from([...head, ...Uint8Array.fromHex(put), ...tail]);
    return { vector, gob, digest, place };
  });
  const alone = Object.entries(raw.alone).map(([name, gob]) => [name, Uint8Array.fromBase64(gob)]);
  return { vectors, alone: Object.fromEntries(alone), damages };
}

/** Decodes a gob into what a vector of its kind holds. */
export function decodeHeld(gob: Uint8Array, shape: GoVector["shape"]): Held & GobOutcome {
  if (shape === "document") {
    const { value, fault } = decodeGob(gob, DOCUMENT);
    return { ...holds(value), fault };
  }
  const { value, fault } = decodeGob(gob, METADATA);
  const document = { ID: value.Name, Metadata: value.Metadata };
  return { ...holds({ ...document, Embedding: undefined, Content: undefined }), fault };
}

/** Why a gob was refused, or null. */
export interface GobOutcome {
  readonly fault: GobFault | null;
}

/** What a document holds. */
export function holds({ ID, Metadata, Embedding, Content }: Document): Held {
  const pairs = Metadata === undefined
    ? null
    : [...Metadata].map(([key, value]) => [toBase64(key), toBase64(value)]);
  const bits = new Uint32Array(Embedding?.slice().buffer ?? new ArrayBuffer(0));
  return {
    id: toBase64(ID),
    metadata: pairs === null ? null : Object.fromEntries(pairs),
    embedding: [...bits].map((word) => word.toString(16).padStart(8, "0")),
    content: toBase64(Content),
  };
}

/** The digest that Go's program makes of what it reads. */
export function digestOf({ id, metadata, embedding, content }: Held): string {
  const pairs = Object.entries(metadata ?? {}).map((pair) => pair.join(":")).sort();
  const parts = [id, pairs.join(","), embedding.join(","), content];
  return createHash("sha256").update(parts.join("|")).digest("hex").slice(0, 8);
}

/** A source that gives at most `mostBytes` at a time. */
export function slowSource(bytes: Uint8Array, mostBytes: number): ByteSource {
  return {
    sizeBytes: bytes.byteLength,
    readAt(offset, target) {
      const count = Math.min(mostBytes, target.byteLength, bytes.byteLength - offset);
      target.set(bytes.subarray(offset, offset + count));
      return target.subarray(0, count);
    },
  };
}

function toBase64(text: string | undefined): string {
  return encodeGobText(text ?? "").toBase64();
}
