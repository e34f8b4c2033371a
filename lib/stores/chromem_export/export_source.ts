/**
 * The documents of an export file of chromem-go as a stream. The file is read twice: how many
 * documents a collection has is known at its end only.
 *
 * @module
 */

import type { Turns } from "../../base/turns.ts";
import type { CollectionFacts, RecordSource, SourceItem } from "../../model/record_stream.ts";
import type { ContentsSettings, DetectedStore } from "../../model/store.ts";
import { DocumentBatch, mapJson } from "../chromem/document_batch.ts";
import { hashName } from "../chromem/name_hash.ts";
import { readUnwrapped } from "./contents.ts";
import { type ExportDamage, type ExportItem, nameOfCollection } from "./read_export.ts";
import { PreparedExport } from "./unwrap_export.ts";

/**
 * Opens the documents of an export.
 *
 * @param store The file.
 * @param settings Its key.
 * @param turns Lets others run meanwhile.
 * @returns The documents; the caller disposes of them.
 * @throws {OperationError} The file cannot be read or decrypted, or there is no room for what is in
 * it.
 */
export async function openChromemExportSource(
  store: DetectedStore,
  { key }: ContentsSettings,
  turns: Turns,
): Promise<RecordSource> {
  const file = { path: store.path, key };
  return new ChromemExportSource(file, await listCollections(file, turns));
}

/** An export file, and its key. */
interface KeyedFile {
  readonly path: string;
  readonly key: Uint8Array | null;
}

class ChromemExportSource implements RecordSource {
  readonly #file: KeyedFile;
  readonly collections: readonly CollectionFacts[];

  constructor(file: KeyedFile, collections: readonly CollectionFacts[]) {
    this.#file = file;
    this.collections = collections;
  }

  async *read(
    wanted: ReadonlySet<CollectionFacts>,
    turns: Turns,
  ): AsyncGenerator<SourceItem, void, undefined> {
    let index = 0;
    let batch = new DocumentBatch(null);
    let collection: CollectionFacts | undefined;
    for await (const item of readItems(this.#file, turns)) {
      if (item.kind === "collection") {
        collection = this.collections[index++];
        if (collection === undefined || !wanted.has(collection)) continue;
        yield { kind: "collection", collection };
        batch = new DocumentBatch(collection.dimension);
      } else if (item.kind === "document" && item.isWhole) {
        if (collection === undefined || !wanted.has(collection)) continue;
        batch.add(item.document);
        if (batch.isFull) yield { kind: "records", batch: batch.take() };
      } else if (item.kind === "end" && !batch.isEmpty) {
        yield { kind: "records", batch: batch.take() };
      }
    }
    if (!batch.isEmpty) yield { kind: "records", batch: batch.take() };
  }

  [Symbol.dispose](): void {
    // What was unwrapped is removed as soon as it was read.
  }
}

async function listCollections(
  file: KeyedFile,
  turns: Turns,
): Promise<CollectionFacts[]> {
  const collections: CollectionFacts[] = [];
  for await (const item of readItems(file, turns)) {
    if (item.kind === "damage") continue;
    const last = collections.at(-1);
    if (item.kind === "collection") {
      const name = nameOfCollection(item.collection);
      collections.push({ ...EMPTY, id: hashName(name), name });
    } else if (item.kind === "document" && last !== undefined && item.isWhole) {
      const dimension = last.dimension ?? item.document.Embedding?.length ?? null;
      collections[collections.length - 1] = { ...last, dimension, records: last.records + 1 };
    } else if (item.kind === "end" && last !== undefined) {
      const metadata = mapJson(item.collection.value.Metadata);
      collections[collections.length - 1] = { ...last, metadataJson: metadata };
    }
  }
  return collections;
}

const EMPTY = {
  tenant: null,
  database: null,
  dimension: null,
  space: "cosine",
  metadataJson: null,
  records: 0,
} as const satisfies Partial<CollectionFacts>;

async function* readItems(
  { path, key }: KeyedFile,
  turns: Turns,
): AsyncGenerator<ExportItem | ExportDamage, void, undefined> {
  using prepared = PreparedExport.open(path, key);
  for await (const item of readUnwrapped(prepared.place, () => {})) {
    yield item;
    await turns.take();
  }
}
