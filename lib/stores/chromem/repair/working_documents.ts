/**
 * Reading documents as the stages before have left them.
 *
 * @module
 */

import { basename, dirname } from "@std/path";
import { extensionOf, METADATA_STEM } from "../layout.ts";
import { type DocumentReading, readDocument } from "../read_gob_file.ts";
import type { GobDocument } from "../shapes.ts";
import type { WorkingDatabase, WorkingFile, WorkingFolder } from "./working_database.ts";

/** A file of a document, with the name that it is going to have. */
export type NamedFile = readonly [name: string, file: WorkingFile];

/**
 * Lists the files of the documents that the engine is going to load of a folder.
 *
 * @param database The database.
 * @param folder The folder.
 * @returns The files, in the order of the engine.
 */
export function listDocuments(
  { extension }: Pick<WorkingDatabase, "extension">,
  { files }: WorkingFolder,
): NamedFile[] {
  return [...files]
    .filter(([name]) => extensionOf(name) === extension && name !== METADATA_STEM + extension)
    .sort(([one], [other]) => one < other ? -1 : one > other ? 1 : 0);
}

/**
 * Reads a document from where its bytes come from.
 *
 * @param database The database.
 * @param file The file of the document.
 * @returns The document, as far as it can be read.
 * @throws {OperationError} The file cannot be read.
 */
export function loadDocument(
  { path: storePath }: Pick<WorkingDatabase, "path">,
  { source }: Pick<WorkingFile, "source">,
): GobDocument {
  switch (source.kind) {
    case "store":
      return readDocument(storePath, source).value;
    case "copy":
      return readCopy(source.path, source.sizeBytes).value;
    case "document":
      return source.load();
    case "metadata":
      return { ID: undefined, Metadata: undefined, Embedding: undefined, Content: undefined };
  }
}

function readCopy(path: string, sizeBytes: number): DocumentReading {
  return readDocument(dirname(path), { path: basename(path), sizeBytes });
}

/**
 * Whether two documents are the same, whatever their bytes.
 *
 * @param one A document.
 * @param other Another one.
 */
export function isSameDocument(one: GobDocument, other: GobDocument): boolean {
  return (one.ID ?? "") === (other.ID ?? "") && isSameText(one, other) &&
    isSameVector(one.Embedding, other.Embedding);
}

/** Whether two documents have the same text and metadata. */
export function isSameText(one: GobDocument, other: GobDocument): boolean {
  return (one.Content ?? "") === (other.Content ?? "") &&
    isSameMetadata(one.Metadata ?? new Map(), other.Metadata ?? new Map());
}

function isSameMetadata(
  one: ReadonlyMap<string, string>,
  other: ReadonlyMap<string, string>,
): boolean {
  return one.size === other.size &&
    [...one].every(([key, value]) => other.get(key) === value);
}

/** Whether two embeddings have the same bits. */
export function isSameVector(
  one: Float32Array = new Float32Array(),
  other: Float32Array = new Float32Array(),
): boolean {
  return one.length === other.length && one.every((value, index) => Object.is(value, other[index]));
}
