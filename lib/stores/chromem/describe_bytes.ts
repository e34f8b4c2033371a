/**
 * What stands in some bytes of a file of a chromem-go database: which document of which collection,
 * and in a file that is not compressed, which field of it.
 *
 * @module
 */

import { join } from "@std/path";
import { decodeGob } from "../../codec/gob.ts";
import type { DetectedStore } from "../../model/store.ts";
import type { ByteOwners, ByteRange } from "../../model/byte_owners.ts";
import { statOrNull } from "../directory.ts";
import { describeDocument } from "./check_document.ts";
import { extensionOf, METADATA_STEM, readFolder } from "./layout.ts";
import { readCollection } from "./read_collections.ts";
import { type GobBytes, readDocument, readGobBytes } from "./read_gob_file.ts";
import { DOCUMENT_SHAPE, METADATA_SHAPE } from "./shapes.ts";
import { shorten } from "./shorten.ts";

/**
 * Says what stands in some bytes of a file.
 *
 * @param store The database; it may be damaged in any way.
 * @param path The file, relative to the database.
 * @param range The bytes.
 * @returns What stands there, or null where the file does not tell.
 * @throws {OperationError} A file cannot be read.
 */
export function describeChromemBytes(
  store: DetectedStore,
  path: string,
  range: ByteRange,
): ByteOwners | null {
  const [folder = "", name = "", ...deeper] = path.split("/");
  const extension = extensionOf(name);
  if (range.sizeBytes < 1 || extension === null || deeper.length > 0) return null;
  const info = statOrNull(join(store.path, path));
  if (info?.isFile !== true) return null;
  const file = { path, sizeBytes: info.size };
  const collection = readCollection(store.path, readFolder(store.path, folder), extension).name;
  const isMetadata = name === METADATA_STEM + extension;
  const { value } = readDocument(store.path, file);
  const subject = isMetadata ? "the metadata of the collection" : describeDocument(value);
  const field = fieldAt(readGobBytes(store.path, file), range.offset, isMetadata);
  return {
    collection: collection === null ? null : shorten(collection),
    segment: folder,
    description: field === null ? subject : `${field} of ${subject}`,
    detail: {
      ...(isMetadata ? {} : { id: shorten(value.ID ?? "") }),
      ...(field === null ? {} : { field }),
    },
  };
}

/**
 * Names the field in which a byte stands: the first that is not there as it should be when the gob
 * ends behind that byte. Null where that cannot be told.
 */
function fieldAt({ bytes, isGzip }: GobBytes, offset: number, isMetadata: boolean): string | null {
  if (isGzip) return null;
  const shape = isMetadata ? METADATA_SHAPE : DOCUMENT_SHAPE;
  const whole = decodeGob(bytes, shape);
  const before = decodeGob(bytes.subarray(0, offset + 1), shape);
  if (offset >= whole.endOffset) return null;
  if (before.type === null) return "the description of the type";
  const values: Readonly<Record<string, unknown>> = whole.value;
  const found: Readonly<Record<string, unknown>> = before.value;
  return Object.keys(values).find((name) => sizeOf(values[name]) > sizeOf(found[name])) ?? null;
}

/** How much of a field is there. */
function sizeOf(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (value instanceof Map) return value.size;
  return value instanceof Float32Array ? value.length : 0;
}
