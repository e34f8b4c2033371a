/**
 * The documents of a collection of chromem-go, for programs.
 *
 * @module
 */

import { OperationError } from "../base/errors.ts";
import { printable } from "../base/printable.ts";
import { letOthersRun } from "../base/turns.ts";
import { throwIfCancelled } from "../engine/cancelled.ts";
import {
  documentFilesOf,
  type GobFile,
  type Layout,
  readLayout,
} from "../stores/chromem/layout.ts";
import { hashName } from "../stores/chromem/name_hash.ts";
import { readCollections } from "../stores/chromem/read_collections.ts";
import { type DocumentReading, readDocument } from "../stores/chromem/read_gob_file.ts";
import type { GobDocument } from "../stores/chromem/shapes.ts";
import { nameOfCollection } from "../stores/chromem_export/read_export.ts";
import { readExportItems } from "./export_items.ts";
import { requireChromem, toRecord } from "./list_collections.ts";

/** A document of chromem-go. */
export interface ChromemDocument {
  /** Its id. Here as in all texts, bytes that are no UTF-8 are lone surrogates, one for each. */
  readonly id: string;
  /** Its text; empty where it has none. */
  readonly content: string;
  /** Its metadata; empty where it has none. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Its embedding; of length 0 where it has none. */
  readonly embedding: Float32Array;
}

/** A document that could not be read whole. */
export interface DamagedChromemDocument {
  /** Its file, relative to the database; null in an export. */
  readonly path: string | null;
  /** What is wrong, in a few words. */
  readonly reason: string;
  /** What stands before the damage; the embedding may be cut short, and all of it may be empty. */
  readonly remains: ChromemDocument;
}

/** How the documents of a collection are read. */
export interface ReadChromemOptions {
  /** The 32 bytes of the key of an encrypted export file. */
  key?: Uint8Array;
  /** Is told of documents that are damaged; they are passed over. */
  onDamaged?: (damaged: DamagedChromemDocument) => void;
  /** Ends the work; it then throws an error with the code `cancelled`. */
  signal?: AbortSignal;
}

/** After so many documents others have their turn. */
const DOCUMENTS_PER_TURN = 512;

/**
 * Reads the documents of one collection, one after another: of a chromem-go database or of an export
 * file. Nothing is written, and neither has to be whole.
 *
 * @example
 * ```ts
 * import { readChromemCollection } from "@vecfsck/vecfsck";
 *
 * async function saveTexts(path: string): Promise<Map<string, string>> {
 *   const texts = new Map<string, string>();
 *   const onDamaged = ({ path, reason }: { path: string | null; reason: string }) =>
 *     console.log(path, reason);
 *   for await (const document of readChromemCollection(path, "memories", { onDamaged })) {
 *     texts.set(document.id, document.content);
 *   }
 *   return texts;
 * }
 * console.log(typeof saveTexts);
 * ```
 *
 * @param path The database's directory, or an export file.
 * @param collection The name of the collection; or its folder, where the name is lost or two
 * collections have it.
 * @param options The key of an export, and who is told of damaged documents.
 * @yields The documents that are whole, in no order that means anything.
 * @throws {OperationError} Nothing of chromem-go is there, the collection is not in it, or it cannot
 * be read.
 */
export async function* readChromemCollection(
  path: string,
  collection: string,
  options: ReadChromemOptions = {},
): AsyncGenerator<ChromemDocument, void, undefined> {
  const documents = requireChromem(path, options) === "chromem"
    ? readFolderDocuments(path, collection, options)
    : readExported(path, collection, options);
  yield* documents;
}

async function* readFolderDocuments(
  path: string,
  collection: string,
  { onDamaged, signal }: ReadChromemOptions,
): AsyncGenerator<ChromemDocument, void, undefined> {
  const layout = readLayout(path);
  const files = listDocumentFiles(layout, collection);
  if (files === null) throw noSuchCollection(path, collection);
  for (const [index, file] of files.entries()) {
    if (index % DOCUMENTS_PER_TURN === 0) await letOthersRun();
    throwIfCancelled(signal);
    const reading = readDocument(path, file);
    const reason = explainDamage(reading);
    const document = toDocument(reading.value);
    if (reason === null) yield document;
    else onDamaged?.({ path: file.path, reason, remains: document });
  }
}

/** Finds a collection as the engine does: of two with one name, the last folder. */
function listDocumentFiles(layout: Layout, collection: string): GobFile[] | null {
  const collections = readCollections(layout);
  const found = collections.findLast(({ name }) => name === collection) ??
    collections.find(({ folder }) => folder.name === collection);
  return found === undefined ? null : documentFilesOf(found.folder, layout.extension);
}

/** A checksum that is missing or wrong makes a document doubtful: it is not passed on as sound. */
function explainDamage({ fault, gzip }: DocumentReading): string | null {
  return gzip?.message ?? fault?.message ?? null;
}

async function* readExported(
  path: string,
  collection: string,
  { onDamaged, ...options }: ReadChromemOptions,
): AsyncGenerator<ChromemDocument, void, undefined> {
  let state: "sought" | "open" | "whole" | "damaged" = "sought";
  for await (const item of readExportItems(path, options)) {
    if (item.kind === "damage") {
      if (state === "open") tell(onDamaged, item.reason, {});
      if (state === "sought") throw noSuchCollection(path, collection, item.reason);
    } else if (!isMeant(nameOfCollection(item.collection), collection)) continue;
    else if (item.kind === "document") {
      state = "open";
      if (item.isWhole) yield toDocument(item.document);
      else {
        state = "damaged";
        tell(onDamaged, "the export is damaged within this document", item.document);
      }
    } else if (item.kind === "end") {
      if (item.isWhole) state = "whole";
      else if (state === "sought") state = "open";
    }
  }
  if (state === "sought") throw noSuchCollection(path, collection);
}

function tell(
  onDamaged: ReadChromemOptions["onDamaged"],
  reason: string,
  remains: Partial<GobDocument>,
): void {
  onDamaged?.({ path: null, reason, remains: toDocument(remains) });
}

function isMeant(name: string, collection: string): boolean {
  return name === collection || hashName(name) === collection;
}

function toDocument({ ID, Content, Metadata, Embedding }: Partial<GobDocument>): ChromemDocument {
  return {
    id: ID ?? "",
    content: Content ?? "",
    metadata: toRecord(Metadata),
    embedding: Embedding ?? new Float32Array(),
  };
}

function noSuchCollection(path: string, collection: string, damage?: string): OperationError {
  const name = printable(collection, 200);
  const until = damage === undefined ? "" : ` up to its damage: ${damage}`;
  return new OperationError("not-found", `There is no collection "${name}" in ${path}${until}`, {
    path,
    hint: "listChromemCollections lists them; one that has lost its name is named by its folder.",
  });
}
