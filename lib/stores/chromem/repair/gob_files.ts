/**
 * The bytes of the gob files that a repair writes, and vectors of length 1.
 *
 * @module
 */

import { encodeGob } from "../../../codec/gob.ts";
import { gzip } from "../../../codec/gzip.ts";
import { isNormalised, judgeVector } from "../judge_vector.ts";
import type { Extension } from "../layout.ts";
import { DOCUMENT_SHAPE, type GobDocument, type GobMetadata, METADATA_SHAPE } from "../shapes.ts";

/**
 * Makes the bytes of the file of a document.
 *
 * @param document The document.
 * @param extension The extension of the file, which tells whether it is compressed.
 * @returns The bytes.
 */
export function makeDocumentFile(document: GobDocument, extension: Extension): Uint8Array {
  return compress(encodeGob(document, DOCUMENT_SHAPE), extension);
}

/**
 * Makes the bytes of the metadata file of a collection.
 *
 * @param metadata The name and the values.
 * @param extension The extension of the file, which tells whether it is compressed.
 * @returns The bytes.
 */
export function makeMetadataFile(metadata: GobMetadata, extension: Extension): Uint8Array {
  return compress(encodeGob(metadata, METADATA_SHAPE), extension);
}

function compress(bytes: Uint8Array, extension: Extension): Uint8Array {
  return extension === ".gob.gz" ? gzip(bytes) : bytes;
}

/**
 * Gives a vector the length 1 as chromem-go does, in single precision; in double precision where
 * that leads astray, for the squares of its numbers can be too large or too small.
 *
 * @param vector The vector.
 * @returns The vector of length 1, or null where there is none: all of its numbers are 0.
 */
export function normaliseVector(vector: Float32Array): Float32Array<ArrayBuffer> | null {
  const { length, notFinite } = judgeVector(vector);
  if (notFinite > 0 || length === 0) return null;
  let sum = 0;
  for (const value of vector) sum = Math.fround(sum + Math.fround(value * value));
  const single = divide(vector, Math.fround(Math.sqrt(sum)));
  return hasLengthOne(single) ? single : divide(vector, length);
}

function divide(vector: Float32Array, length: number): Float32Array<ArrayBuffer> {
  return Float32Array.from(vector, (value) => value / length);
}

function hasLengthOne(vector: Float32Array): boolean {
  const { length, notFinite } = judgeVector(vector);
  return notFinite === 0 && isNormalised(length, vector.length);
}

/**
 * Gives a vector the length 1 where it has another one: what the engine does with a vector that a
 * program hands over.
 *
 * @param vector The vector.
 * @returns The same one where it has the length 1; null where it can have none.
 */
export function toUnitVector(vector: Float32Array): Float32Array | null {
  return ENGINE_TOLERANCE > Math.abs(judgeVector(vector).length - 1)
    ? vector
    : normaliseVector(vector);
}

/** How far the length may be from 1 before the engine normalises a vector that it is given. */
const ENGINE_TOLERANCE = 1e-6;
