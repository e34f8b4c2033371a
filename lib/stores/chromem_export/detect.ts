/**
 * Recognising an export file by its content, whatever its name.
 *
 * An export is a gob (see `export_shape.ts`), or a gzip file with a gob in it, or such bytes encrypted.
 * A gob of Go begins with descriptions of its types, and those of an export name fields that no other
 * file of chromem-go has. What is encrypted looks like any other bytes.
 *
 * @module
 */

import { gunzipBounded } from "../../codec/gzip.ts";
import { isGzip } from "../../codec/gzip_frame.ts";
import { BoundedFile } from "../../fs/read_fs.ts";
import type { DetectedStore, DetectSettings } from "../../model/store.ts";

/** What the bytes of a file are, before anything is undone. */
export type ExportWrapping = "gob" | "gzip" | "encrypted";

/** Fields by which the types of an export are told from those of documents and metadata files. */
const EXPORT_FIELDS = ["Collections", "Documents"];

/** The descriptions of all types take some 320 bytes. */
const HEAD_SIZE_BYTES = 4096;

/** A head of zeros would become four megabytes. */
const MOST_INFLATED_BYTES = 8 << 20;

/**
 * Recognises a file as an export.
 *
 * @param path A regular file.
 * @param settings Whether a key was given.
 * @returns The file, or null when it is no export as far as can be told.
 * @throws {OperationError} The file cannot be read.
 */
export function detectExport(path: string, settings: DetectSettings = {}): DetectedStore | null {
  const wrapping = recogniseExport(path, settings.hasKey === true);
  if (wrapping === null) return null;
  const evidence = EVIDENCE[wrapping];
  return { path: Deno.realPathSync(path), format: "chromem-export", evidence };
}

const EVIDENCE: Readonly<Record<ExportWrapping, string>> = {
  gob: "the types of an export",
  gzip: "gzip, and the types of an export in it",
  encrypted: "the key that was given",
};

/**
 * Tells what the bytes of a file are.
 *
 * @param path A regular file.
 * @param hasKey Whether a key was given: then what is nothing else may be encrypted.
 * @returns What has to be undone first, or null when it is no export as far as can be told.
 * @throws {OperationError} The file cannot be read.
 */
export function recogniseExport(path: string, hasKey: boolean): ExportWrapping | null {
  const head = readHead(path);
  if (isGzip(head)) {
    if (hasExportTypes(gunzipBounded(head, MOST_INFLATED_BYTES).bytes)) return "gzip";
  } else if (hasExportTypes(head)) return "gob";
  if (hasKey) return "encrypted";
  // Too damaged, or too short, to tell by its content: then its name has to do.
  if (path.endsWith(".gob.gz") && (head.length === 0 || isGzip(head))) return "gzip";
  return path.endsWith(".gob") && isStartOfGob(head) ? "gob" : null;
}

function readHead(path: string): Uint8Array {
  using file = BoundedFile.open(path);
  return file.read(0, HEAD_SIZE_BYTES);
}

function hasExportTypes(bytes: Uint8Array): boolean {
  const text = new TextDecoder("latin1").decode(bytes.subarray(0, HEAD_SIZE_BYTES));
  return EXPORT_FIELDS.some((field) => text.includes(field));
}

/** Whether a file that is cut within its first description can be a gob of Go. */
function isStartOfGob(bytes: Uint8Array): boolean {
  const [length = 1, type = 0xff] = bytes;
  return bytes.length < 32 && length > 0 && length < 0x80 && type === 0xff;
}
