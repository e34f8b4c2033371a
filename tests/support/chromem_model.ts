/**
 * What chromem-go does when it opens a database, in a few lines: the tests that need no engine hold
 * databases against it, and those that have one hold it against the engine.
 *
 * @module
 */

import { constants, inflateRawSync } from "node:zlib";
import { join } from "@std/path";
import {
  decodeGob,
  encodeGobText,
  type GobStructShape,
  type GobValue,
} from "../../lib/codec/gob.ts";
import {
  DOCUMENT_SHAPE,
  type GobDocument,
  METADATA_SHAPE,
} from "../../lib/stores/chromem/shapes.ts";
import type { ChromemCollection, ChromemDocument, ChromemStore } from "./chromem_stores.ts";

/** What the engine did with a database: opened it, or refused. */
export type ChromemReading =
  | { readonly opens: true; readonly collections: readonly ChromemCollection[] }
  | { readonly opens: false; readonly error: string };

const GZIP_HEADER_SIZE_BYTES = 10;

/**
 * Reads a database as the engine does: links to files are followed and links to directories passed
 * over, the last of two documents or collections of one name wins, and one file that does not decode
 * ends it all.
 *
 * @param store The database's directory.
 * @param kind Whether the compress flag is on.
 * @returns Everything that it finds, or why it opens nothing.
 */
export function readChromem(store: string, kind: ChromemStore): ChromemReading {
  const collections = new Map<string, ChromemCollection>();
  try {
    for (const { name, isDirectory } of listEntries(store)) {
      const collection = isDirectory ? readFolder(join(store, name), kind) : null;
      if (collection !== null) collections.set(collection.name, collection);
    }
    const sorted = [...collections.values()].sort((left, right) => left.name < right.name ? -1 : 1);
    return { opens: true, collections: sorted };
  } catch (error) {
    return { opens: false, error: error instanceof Error ? error.message : String(error) };
  }
}

function readFolder(path: string, kind: ChromemStore): ChromemCollection | null {
  const extension = kind === "gzip" ? ".gob.gz" : ".gob";
  let [name, metadata]: [string, ChromemCollection["metadata"]] = ["", null];
  const documents = new Map<string, ChromemDocument>();
  for (const entry of listEntries(path)) {
    if (entry.isDirectory || !entry.name.endsWith(extension)) continue;
    const file = join(path, entry.name);
    if (entry.name === `00000000${extension}`) {
      const value = decode(file, METADATA_SHAPE);
      name = value.Name ?? "";
      metadata = readMetadata(value.Metadata);
    } else {
      const document = describe(decode(file, DOCUMENT_SHAPE));
      documents.set(document.idBytes, document);
    }
  }
  if (name === "" && documents.size === 0) return null;
  if (name === "") throw new Error(`collection metadata file not found: ${path}`);
  const sorted = [...documents.values()].sort((left, right) =>
    left.idBytes < right.idBytes ? -1 : 1
  );
  return { name, metadata, documents: sorted };
}

function decode<Shape extends GobStructShape>(path: string, shape: Shape): GobValue<Shape> {
  const bytes = Deno.readFileSync(path);
  if (bytes.length === 0) throw new Error("EOF");
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const { value, fault } = decodeGob(isGzip ? gunzip(bytes) : bytes, shape);
  if (fault !== null) throw new Error(`couldn't decode object: ${fault.message}`);
  return value;
}

/** The engine reads as far as the value goes, and never comes to the checksum. */
function gunzip(bytes: Uint8Array): Uint8Array {
  if (bytes[2] !== 8 || bytes[3] !== 0) throw new Error("couldn't create gzip reader");
  const body = bytes.subarray(GZIP_HEADER_SIZE_BYTES);
  return new Uint8Array(inflateRawSync(body, { finishFlush: constants.Z_SYNC_FLUSH }));
}

function describe({ ID = "", Content = "", Metadata, Embedding }: GobDocument): ChromemDocument {
  const embedding = Embedding ?? new Float32Array(0);
  return {
    id: ID,
    idBytes: encodeGobText(ID).toBase64(),
    content: Content,
    contentBytes: encodeGobText(Content).toBase64(),
    metadata: readMetadata(Metadata),
    embedding: new Uint8Array(embedding.buffer, embedding.byteOffset, embedding.byteLength)
      .toBase64(),
    dimension: embedding.length,
  };
}

/** The facts are JSON, in which bytes that are no UTF-8 are replaced. */
function readMetadata(
  metadata: ReadonlyMap<string, string> | undefined,
): ChromemCollection["metadata"] {
  const decoder = new TextDecoder();
  const readable = (text: string): string => decoder.decode(encodeGobText(text));
  return metadata === undefined
    ? null
    : Object.fromEntries([...metadata].map(([key, value]) => [readable(key), readable(value)]));
}

function listEntries(path: string): Deno.DirEntry[] {
  return [...Deno.readDirSync(path)].sort((left, right) => left.name < right.name ? -1 : 1);
}
