/**
 * What a document file that cannot be decoded still holds.
 *
 * The fields of a document follow each other: the id, the metadata, the embedding, the text. What
 * stands before the damage is decoded as ever; the last of it may be cut short. The text is also
 * found from the end, where a document ends with
 *
 * ```text
 * 01..04   the distance to the field before
 * unsigned the length of the text; then the text
 * 00       the end of the document
 * ```
 *
 * The bytes of an embedding are no UTF-8, so that no other place looks like the beginning of a text
 * that is.
 *
 * @module
 */

import { decodeGob, salvageGob } from "../../../codec/gob.ts";
import { decodeGobText } from "../../../codec/gob/text.ts";
import { hashName } from "../name_hash.ts";
import { type DocumentReading, readDocument, readGobBytes } from "../read_gob_file.ts";
import { DOCUMENT_SHAPE, type GobDocument } from "../shapes.ts";
import type { FlippedBits } from "./flipped_bits.ts";
import { extensionOf, stemOf } from "../layout.ts";

/** What is left of a document; a field that is null is not left as a whole. */
export interface SalvagedDocument {
  /** The id, or null. */
  readonly id: string | null;
  /** Whether the file is named after the id: it is the true one. */
  readonly isIdProven: boolean;
  /** The metadata, where all of it is left. */
  readonly metadata: ReadonlyMap<string, string> | null;
  /** What is left of the metadata, where that is not all. */
  readonly metadataPart: ReadonlyMap<string, string> | null;
  /** The numbers of the embedding that are left, from the first on; they prove nothing. */
  readonly embeddingPart: Float32Array | null;
  /** The whole document, where nothing of it is lost for sure; or null. */
  readonly whole: GobDocument | null;
  /** The text, where all of it is left. */
  readonly content: string | null;
  /** What is left of the text, where that is not all. */
  readonly contentPart: string | null;
}

/** A file of a document. */
export interface DamagedFile {
  /** The file, relative to the store. */
  readonly path: string;
  /** Its name in the folder. */
  readonly name: string;
  /** How many bytes it has. */
  readonly sizeBytes: number;
  /** Whether it is no regular file. */
  readonly isSpecial: boolean;
}

/** Nothing is left. */
export const NOTHING_LEFT: SalvagedDocument = {
  id: null,
  isIdProven: false,
  metadata: null,
  metadataPart: null,
  embeddingPart: null,
  whole: null,
  content: null,
  contentPart: null,
};

/** Reads what is left of documents. */
export class DocumentSalvage {
  readonly #storePath: string;
  readonly #flipped: FlippedBits;

  /**
   * Takes a database.
   *
   * @param storePath Its directory.
   * @param flipped The flipped bits of its files.
   */
  constructor(storePath: string, flipped: FlippedBits) {
    this.#storePath = storePath;
    this.#flipped = flipped;
  }

  /**
   * Reads what is left of a document.
   *
   * @param file The file.
   * @returns What is left.
   * @throws {OperationError} The file cannot be read.
   */
  read(file: DamagedFile): SalvagedDocument {
    if (file.isSpecial) return NOTHING_LEFT;
    const reading = readDocument(this.#storePath, file);
    const stem = stemOfName(file.name);
    const isRight = ({ ID: id = "" }: GobDocument): boolean => id !== "" && hashName(id) === stem;
    const whole = this.#findWhole(file, reading);
    if (whole !== null && isRight(whole)) return toSalvaged(whole);
    const { bytes } = readGobBytes(this.#storePath, file);
    return describePart(reading, bytes, isRight(reading.value));
  }

  /** Finds the document where only what stands around it is damaged. */
  #findWhole(file: DamagedFile, { value, fault, gzip }: DocumentReading): GobDocument | null {
    // All fields are there, and nothing but the end is missing.
    if (gzip === null && fault?.kind === "truncated" && value.Content !== undefined) return value;
    const isCut = gzip?.kind === "truncated" || gzip?.kind === "too-large";
    const isCompressed = gzip !== null || (fault !== null && file.name.endsWith(".gz"));
    const bytes = isCompressed && !isCut ? this.#flipped.correct(file) : null;
    if (bytes !== null) {
      const corrected = decodeGob(bytes, DOCUMENT_SHAPE);
      return corrected.fault === null ? corrected.value : null;
    }
    if (gzip !== null || fault === null) return null;
    return salvageGob(readGobBytes(this.#storePath, file).bytes, DOCUMENT_SHAPE);
  }
}

/**
 * Describes a document of which everything is left.
 *
 * @param document The document.
 * @returns The same, with the embedding as one that may not be used.
 */
export function toSalvaged(document: GobDocument): SalvagedDocument {
  const { ID: id, Metadata: metadata, Embedding: embedding, Content: content } = document;
  return {
    id: id ?? null,
    isIdProven: true,
    metadata: metadata ?? new Map(),
    metadataPart: null,
    embeddingPart: embedding ?? null,
    whole: document,
    content: content ?? "",
    contentPart: null,
  };
}

function describePart(
  { value, fault, gzip, endOffset }: DocumentReading,
  bytes: Uint8Array,
  isIdProven: boolean,
): SalvagedDocument {
  const { ID: id, Metadata: metadata, Embedding: embedding, Content: content } = value;
  const isDecoded = fault === null;
  const hasEmbedding = embedding !== undefined && embedding.length > 0;
  const isMetadataWhole = isDecoded || hasEmbedding || content !== undefined;
  const found = content ?? (isDecoded ? "" : null) ?? (gzip === null ? findLastText(bytes) : null);
  return {
    id: id ?? null,
    isIdProven,
    metadata: isMetadataWhole ? metadata ?? new Map() : null,
    metadataPart: isMetadataWhole || (metadata?.size ?? 0) === 0 ? null : metadata ?? null,
    embeddingPart: hasEmbedding ? embedding : null,
    whole: null,
    content: found,
    contentPart: found === null && hasEmbedding && fault?.kind === "truncated"
      ? readCutText(bytes, endOffset)
      : null,
  };
}

/** The name of a gob file without its extension. */
export function stemOfName(name: string): string {
  const extension = extensionOf(name);
  return extension === null ? name : stemOf({ name, extension });
}

const LONGEST_COUNT_BYTES = 8;
const FIELDS = 4;

/** Finds the longest text that ends where the document does. */
function findLastText(bytes: Uint8Array): string | null {
  const end = bytes.byteLength - 1;
  if (bytes[end] !== 0) return null;
  let found: string | null = null;
  for (let start = end; start >= 2; start--) {
    // A text does not go on beyond what is no UTF-8: no sequence has a byte above F4.
    if ((bytes[start] ?? 0) > 0xf4 && start < end) break;
    if (!hasLengthBefore(bytes, start, end - start)) continue;
    const text = decodeGobText(bytes, start, end);
    if (text.isWellFormed()) found = text;
  }
  return found;
}

/** Whether a length stands before `start`, and before it the distance to another field. */
function hasLengthBefore(bytes: Uint8Array, start: number, sizeBytes: number): boolean {
  if (sizeBytes < 0x80) {
    return bytes[start - 1] === sizeBytes && sizeBytes > 0 && isDistance(bytes[start - 2]);
  }
  let rest = sizeBytes;
  let index = start - 1;
  for (; rest > 0; index--, rest = Math.floor(rest / 256)) {
    if (bytes[index] !== rest % 256) return false;
  }
  const count = start - 1 - index;
  return count <= LONGEST_COUNT_BYTES && bytes[index] === 0x100 - count &&
    isDistance(bytes[index - 1]);
}

function isDistance(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 1 && byte <= FIELDS;
}

/** The beginning of a text of which the end is missing. */
function readCutText(bytes: Uint8Array, start: number): string | null {
  const text = decodeGobText(bytes, start, bytes.byteLength);
  // The last character may be cut in two.
  const whole = text.replace(/[\udc80-\udcff]{1,3}$/, "");
  return whole.isWellFormed() && whole !== "" ? whole : null;
}
