/**
 * Reading one gob file, whatever state it is in.
 *
 * chromem-go finds out by the first two bytes whether a file is compressed, decodes the first value,
 * and looks at nothing behind it: not at further bytes, and not at the checksum of gzip.
 *
 * @module
 */

import {
  decodeGob,
  type GobFault,
  type GobStructShape,
  type GobTypeSummary,
  type GobValue,
} from "../../codec/gob.ts";
import { gunzipBounded } from "../../codec/gzip.ts";
import { type GunzipFault, isGzip } from "../../codec/gzip_frame.ts";
import { readInto } from "../../fs/read_fs.ts";
import type { FileStamp } from "../../model/store.ts";
import {
  DOCUMENT_SHAPE,
  type DocumentShape,
  METADATA_SHAPE,
  type MetadataShape,
} from "./shapes.ts";

/** The most bytes that a file may have, as it lies on the disk and decompressed. */
export const LARGEST_FILE_BYTES = 1 << 26;

/** A file in a database. */
export type FileSize = Pick<FileStamp, "path" | "sizeBytes">;

/** The bytes of a gob file. */
export interface GobBytes {
  /** The gob; with a fault of gzip, what was decompressed before it. */
  readonly bytes: Uint8Array;
  /** How many bytes the file has on the disk. */
  readonly sizeBytes: number;
  /** Whether it is compressed. */
  readonly isGzip: boolean;
  /** What is wrong with the compression, or null. */
  readonly gzip: GunzipFault | null;
  /** How many bytes stand behind the compressed ones. */
  readonly behindGzipBytes: number;
}

/** What a gob file holds. */
export interface GobReading<Value> extends Omit<GobBytes, "bytes" | "behindGzipBytes"> {
  /** What was decoded: with a fault, what stood before it. */
  readonly value: Value;
  /** The type of the value; null when the gob did not get as far. */
  readonly type: GobTypeSummary | null;
  /** Why decoding ended early; null when chromem-go reads the file. */
  readonly fault: GobFault | null;
  /** How many bytes stand behind the value, at which chromem-go does not look. */
  readonly trailingBytes: number;
  /** Where in the file the value ends; in one that is compressed, where in the decompressed bytes. */
  readonly endOffset: number;
}

/** A document, and what became of reading it. */
export type DocumentReading = GobReading<GobValue<DocumentShape>>;

/** The metadata file of a collection, and what became of reading it. */
export type MetadataReading = GobReading<GobValue<MetadataShape>>;

/** Room that is used again for one file after another. */
let room = new Uint8Array(1 << 16);

/**
 * Reads the bytes of a gob file.
 *
 * @param storePath The database's directory.
 * @param file The file; no more bytes are read than it says.
 * @returns The bytes, valid until the next file is read.
 * @throws {OperationError} The file cannot be read.
 */
export function readGobBytes(storePath: string, { path, sizeBytes }: FileSize): GobBytes {
  const plain = { isGzip: false, gzip: null, behindGzipBytes: 0 };
  if (sizeBytes > LARGEST_FILE_BYTES) {
    const message = `the file has ${sizeBytes} bytes`;
    return {
      ...plain,
      sizeBytes,
      bytes: new Uint8Array(0),
      gzip: { kind: "too-large", offset: 0, message },
    };
  }
  if (sizeBytes > room.byteLength) room = new Uint8Array(2 * sizeBytes);
  const file = readInto(`${storePath}/${path}`, room.subarray(0, sizeBytes));
  if (!isGzip(file)) return { ...plain, bytes: file, sizeBytes: file.byteLength };
  const { bytes, usedBytes, fault } = gunzipBounded(file, LARGEST_FILE_BYTES);
  const behindGzipBytes = fault === null ? file.byteLength - usedBytes : 0;
  return { bytes, sizeBytes: file.byteLength, isGzip: true, gzip: fault, behindGzipBytes };
}

/**
 * Reads the file of a document.
 *
 * @param storePath The database's directory.
 * @param file The file.
 * @returns What it holds; never throws for what the bytes are.
 * @throws {OperationError} The file cannot be read.
 */
export function readDocument(storePath: string, file: FileSize): DocumentReading {
  return decode(readGobBytes(storePath, file), DOCUMENT_SHAPE);
}

/**
 * Reads the metadata file of a collection.
 *
 * @param storePath The database's directory.
 * @param file The file.
 * @returns What it holds; never throws for what the bytes are.
 * @throws {OperationError} The file cannot be read.
 */
export function readMetadata(storePath: string, file: FileSize): MetadataReading {
  return decode(readGobBytes(storePath, file), METADATA_SHAPE);
}

function decode<Shape extends GobStructShape>(
  { bytes, behindGzipBytes, ...facts }: GobBytes,
  shape: Shape,
): GobReading<GobValue<Shape>> {
  const { value, type, fault, endOffset } = decodeGob(bytes, shape);
  const behindValue = facts.gzip === null ? bytes.byteLength - endOffset : 0;
  const trailingBytes = fault === null ? behindValue + behindGzipBytes : 0;
  return { ...facts, value, type, fault, trailingBytes, endOffset };
}
