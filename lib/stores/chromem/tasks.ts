/**
 * The parts into which a check of a database is cut; plain data, so that any thread runs them.
 *
 * The documents of a folder are cut by the beginnings of their names, which are hashes: so a document
 * that comes or goes changes one part, and what is known of the others holds.
 *
 * @module
 */

import { createHash } from "../../base/node_library.ts";
import type { CheckTask, FileStamp, TaskMemo } from "../../model/store.ts";
import type { EmbeddingFacts } from "./embedding_tally.ts";
import type { CollectionFolder, ExtensionVotes, GobFile } from "./layout.ts";
import { isMetadataFile } from "./layout.ts";
import type { NameMatch } from "./names/name_matches.ts";
import type { Collection } from "./read_collections.ts";
import type { FileSize } from "./read_gob_file.ts";
import { shorten } from "./shorten.ts";

/** About how many documents are a part: many enough to be worth a message to a thread. */
const DOCUMENTS_PER_TASK = 1024;

/** The documents of one part. */
export interface DocumentsPayload {
  /** The database's directory. */
  readonly storePath: string;
  /** The folder. */
  readonly folder: string;
  /** What the names of the files begin with, as a number of so many bits; see {@linkcode splitDocuments}. */
  readonly part: string;
  /** The name of the collection, or null. */
  readonly collection: string | null;
  /** The files: their names and lengths. */
  readonly files: readonly (readonly [name: string, sizeBytes: number])[];
  /** Folders whose names are looked for in ids and metadata. */
  readonly wanted: readonly string[];
}

/** Checks documents of one folder. */
export interface DocumentsTask extends CheckTask {
  readonly kind: "documents";
  readonly payload: DocumentsPayload;
}

/** Reads the metadata files: what cannot be read fails there, and hides nothing of the rest. */
export interface MetadataTask extends CheckTask {
  readonly kind: "metadata";
  readonly payload: {
    readonly storePath: string;
    /** The files: their paths and lengths. */
    readonly files: readonly FileSize[];
  };
}

/** Reads what a collection holds. */
export interface ContentsTask extends CheckTask {
  readonly kind: "contents";
  readonly payload: {
    readonly storePath: string;
    readonly folder: string;
    readonly name: string;
    readonly files: readonly (readonly [name: string, sizeBytes: number])[];
  };
}

/** Any task of this format. */
export type ChromemTask = DocumentsTask | MetadataTask | ContentsTask;

/** A document whose file is not named after the hash of its id. */
export interface MisnamedDocument {
  /** The name of the file. */
  readonly name: string;
  /** The id, not longer than findings carry one. */
  readonly id: string;
  /** The name that belongs to the id. */
  readonly expected: string;
}

/** What a task over documents leaves for the conclusion. */
export interface DocumentsFacts {
  /** The folder. */
  readonly folder: string;
  /** How many documents with the extension of their file chromem-go decodes. */
  readonly documents: Readonly<Record<string, number>>;
  /** Their embeddings; the labels are the names of the files. */
  readonly embeddings: EmbeddingFacts;
  /** Documents under wrong names. */
  readonly misnamed: readonly MisnamedDocument[];
  /** How many files are compressed, and how many are not. */
  readonly contents: ExtensionVotes;
  /** Names that fit folders that were looked for. */
  readonly matches: readonly NameMatch[];
}

/** What any task leaves for the conclusion. */
export interface TaskFacts {
  /** The documents of one part. */
  readonly documents?: DocumentsFacts;
}

/**
 * Plans the tasks over the documents of a collection.
 *
 * @param storePath The database's directory.
 * @param collection The collection.
 * @param wanted Folders whose names are looked for in ids and metadata.
 * @returns The tasks.
 */
export function planDocumentTasks(
  storePath: string,
  { folder, name }: Collection,
  wanted: readonly string[],
): DocumentsTask[] {
  return splitDocuments(folder).map(({ part, files }) => {
    const payload: DocumentsPayload = {
      storePath,
      folder: folder.name,
      part,
      collection: name === null ? null : shorten(name),
      files: files.map((file) => [file.name, file.sizeBytes] as const),
      wanted,
    };
    const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
    return { kind: "documents", sizeBytes, payload, memo: memoOf(payload, files) };
  });
}

/**
 * Plans reading the metadata files; the survey has judged them, as far as they can be read.
 *
 * @param storePath The database's directory.
 * @param collections The collections.
 * @returns The task.
 */
export function planMetadataTask(
  storePath: string,
  collections: readonly Collection[],
): MetadataTask {
  const files = collections.flatMap(({ file }) =>
    file === null ? [] : [{ path: file.path, sizeBytes: file.sizeBytes }]
  );
  return {
    kind: "metadata",
    sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    payload: { storePath, files },
    memo: {
      label: "the metadata files",
      key: digest(["metadata"]),
      inputs: files.map(({ path }) => path),
    },
  };
}

/** Cuts the documents of a folder into parts that stay the same while documents come and go. */
function splitDocuments(folder: CollectionFolder): { part: string; files: GobFile[] }[] {
  const documents = folder.files.filter((file) => !isMetadataFile(file));
  const bits = Math.max(0, Math.ceil(Math.log2(documents.length / DOCUMENTS_PER_TASK)));
  const parts = new Map<number, GobFile[]>();
  for (const file of documents) {
    const hash = Number.parseInt(file.name.slice(0, 8), 16);
    // What has another name than the engine gives is put into the first part.
    const part = Number.isNaN(hash) ? 0 : Math.floor(hash / 2 ** (32 - bits));
    const files = parts.get(part);
    if (files === undefined) parts.set(part, [file]);
    else files.push(file);
  }
  return Array.from(parts, ([part, files]) => ({ part: `${part}/${2 ** bits}`, files }));
}

function memoOf(payload: DocumentsPayload, files: readonly FileStamp[]): TaskMemo {
  const { folder, part, collection, wanted } = payload;
  return {
    label: `the documents of ${folder}`,
    key: digest(["documents", folder, part, collection, wanted]),
    inputs: files.map(({ path }) => path),
  };
}

function digest(facts: unknown): string {
  return createHash("sha256").update(JSON.stringify(facts)).digest("hex");
}
