/**
 * One row of `embeddings_queue`: a write that the engine may still have to apply.
 *
 * | column     | content                                                                        |
 * | ---------- | ------------------------------------------------------------------------------ |
 * | seq_id     | the primary key: the order of the writes of all collections                     |
 * | created_at | `YYYY-MM-DD HH:MM:SS`; 1.x passes over rows whose time it cannot read           |
 * | operation  | 0 add, 1 update, 2 upsert, 3 delete; 1.x also knows 4, backfill                 |
 * | topic      | `persistent://<tenant>/<namespace>/<collection id>`                             |
 * | id         | the record                                                                     |
 * | vector     | little-endian floats, or NULL; add and upsert must have one                     |
 * | encoding   | `FLOAT32`; 0.x also reads `INT32`, on which 1.x dies                            |
 * | metadata   | NULL or a JSON object; the document under the key `chroma:document`             |
 *
 * What happens with other values was measured on 0.5.23 and 1.5.9; where they differ, the engine
 * that wrote the store decides.
 *
 * @module
 */

import type { StorageClass, StoredText } from "../catalogue/catalogue.ts";
import { asObject } from "../catalogue/configuration.ts";
import type { Engine } from "../catalogue/migrations.ts";

/** The operations of the queue, as `operation` has them. */
export const QUEUE_OPERATIONS = { add: 0, update: 1, upsert: 2, delete: 3, backfill: 4 } as const;

/** The latest time that 1.x reads, in seconds since 1970: 2^63 nanoseconds. */
const LATEST_TIME_SECONDS = 9_223_372_036;

const BYTES_PER_FLOAT = 4;

/** A row of the queue as it was read. */
export interface QueueRow {
  /** The operation, or null when no integer stands there. */
  readonly operation: number | null;
  /** The record's id. */
  readonly id: StoredText;
  /** How the vector is stored. */
  readonly vectorStorage: StorageClass;
  /** How long the vector is, or null when there is none. */
  readonly vectorSizeBytes: number | null;
  /** How the vector is encoded. */
  readonly encoding: StoredText;
  /** The metadata. */
  readonly metadata: StoredText;
  /** When it was written, in seconds since 1970, or null when that cannot be read. */
  readonly createdSeconds: number | null;
}

/** What keeps a row from being applied. */
export type RowFault =
  | "operation"
  | "id"
  | "vector missing"
  | "vector type"
  | "vector length"
  | "encoding"
  | "metadata"
  | "created_at"
  | "topic";

/**
 * Finds what keeps a row from being applied.
 *
 * @param row The row.
 * @param dimension Floats of a vector of the collection, or null when that is not known.
 * @param engine The engine that wrote the store.
 * @returns The first fault, or null when the engine can apply the row.
 */
export function findRowFault(
  row: QueueRow,
  dimension: number | null,
  engine: Engine,
): RowFault | null {
  if (!isOperation(row.operation, engine)) return "operation";
  if (row.id.text === null || row.id.storage !== "text" || row.id.text === "") return "id";
  const vectorFault = findVectorFault(row, dimension, engine);
  if (vectorFault !== null) return vectorFault;
  if (!isMetadata(row.metadata, engine)) return "metadata";
  if (engine.era === "python") return null;
  const { createdSeconds } = row;
  return createdSeconds === null || createdSeconds > LATEST_TIME_SECONDS ? "created_at" : null;
}

/**
 * Tells whether a vector has a component that is NaN or infinite.
 *
 * @param vector Little-endian floats; bytes after the last whole one are not looked at.
 */
export function hasNonFinite(vector: Uint8Array): boolean {
  const count = Math.floor(vector.byteLength / BYTES_PER_FLOAT);
  const view = new DataView(vector.buffer, vector.byteOffset, vector.byteLength);
  for (let i = 0; i < count; i++) {
    if ((view.getUint32(BYTES_PER_FLOAT * i, true) & 0x7f80_0000) === 0x7f80_0000) return true;
  }
  return false;
}

function isOperation(operation: number | null, engine: Engine): boolean {
  if (operation === null || operation < QUEUE_OPERATIONS.add) return false;
  return operation <= QUEUE_OPERATIONS.delete ||
    (operation === QUEUE_OPERATIONS.backfill && engine.era === "rust");
}

function findVectorFault(
  row: QueueRow,
  dimension: number | null,
  engine: Engine,
): RowFault | null {
  const { operation, vectorStorage, vectorSizeBytes, encoding } = row;
  const encodings = engine.era === "python" ? ["FLOAT32", "INT32"] : ["FLOAT32"];
  const isKnown = encoding.storage === "text" && encodings.includes(encoding.text ?? "");
  if (vectorStorage === "null") {
    const needsVector = operation === QUEUE_OPERATIONS.add || operation === QUEUE_OPERATIONS.upsert;
    if (needsVector) return "vector missing";
    // 0.x does not look at the encoding of nothing.
    return isKnown || encoding.storage === "null" || engine.era === "python" ? null : "encoding";
  }
  if (vectorStorage !== "blob") return "vector type";
  if (!isKnown) return "encoding";
  const sizeBytes = vectorSizeBytes ?? 0;
  const fits = dimension === null
    ? sizeBytes > 0 && sizeBytes % BYTES_PER_FLOAT === 0
    : sizeBytes === BYTES_PER_FLOAT * dimension;
  return fits ? null : "vector length";
}

function isMetadata(metadata: StoredText, engine: Engine): boolean {
  if (metadata.storage === "null") return true;
  if (metadata.storage !== "text" || metadata.text === null) return false;
  if (engine.era === "python") {
    return metadata.text === "" || asObject(parsePythonJson(metadata.text)) !== null;
  }
  const object = asObject(parseJson(metadata.text));
  if (object === null || hasLoneSurrogate(metadata.text, object)) return false;
  const document = object["chroma:document"];
  if (document !== undefined && typeof document !== "string") return false;
  return Object.values(object).every(isRustValue);
}

/** The values that the Rust core reads; lists since 1.5. */
function isRustValue(value: unknown): boolean {
  if (value === null) return true;
  if (Array.isArray(value)) {
    const [first] = value;
    return first === undefined ||
      (isScalar(first) && value.every((element) => typeof element === typeof first));
  }
  const object = asObject(value);
  // A sparse vector: {"indices": […], "values": […]}.
  if (object !== null) return Array.isArray(object.indices) && Array.isArray(object.values);
  return isScalar(value);
}

function isScalar(value: unknown): boolean {
  return ["boolean", "number", "string"].includes(typeof value);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Python writes and reads NaN and Infinity, which are no JSON. */
function parsePythonJson(text: string): unknown {
  const parsed = parseJson(text);
  if (parsed !== undefined || !/NaN|Infinity/.test(text)) return parsed;
  return parseJson(text.replaceAll(/-?\b(?:NaN|Infinity)\b/g, "0"));
}

/** Python writes half of a surrogate pair as `\ud83d`, which the Rust core refuses. */
function hasLoneSurrogate(text: string, object: Readonly<Record<string, unknown>>): boolean {
  if (!/\\ud[89a-f]/i.test(text)) return false;
  return Object.entries(object).flat(2).some((value) =>
    typeof value === "string" && !value.isWellFormed()
  );
}
