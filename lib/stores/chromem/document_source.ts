/**
 * The documents of a database of chromem-go as a stream.
 *
 * @module
 */

import type { Turns } from "../../base/turns.ts";
import type { CollectionFacts, RecordSource, SourceItem } from "../../model/record_stream.ts";
import type { DetectedStore } from "../../model/store.ts";
import { DocumentBatch, mapJson } from "./document_batch.ts";
import { documentFilesOf, type GobFile, type Layout, readLayoutInSteps } from "./layout.ts";
import { type Collection, readCollections } from "./read_collections.ts";
import { readDocument } from "./read_gob_file.ts";

/** How many documents of a collection are read in search of an embedding. */
const MOST_TRIED = 16;

/**
 * Opens the documents of a database: of the collections that chromem-go loads, and of those whose
 * name is lost.
 *
 * @param store The database.
 * @param turns Lets others run meanwhile.
 * @returns The documents; the caller disposes of them.
 * @throws {OperationError} The directory or a metadata file cannot be read.
 */
export async function openChromemSource(
  store: DetectedStore,
  turns: Turns,
): Promise<RecordSource> {
  const layout = await turns.run(readLayoutInSteps(store.path));
  return new ChromemSource(layout);
}

class ChromemSource implements RecordSource {
  readonly #layout: Layout;
  readonly #files = new Map<CollectionFacts, readonly GobFile[]>();

  constructor(layout: Layout) {
    this.#layout = layout;
    for (const collection of readCollections(layout)) {
      if (collection.failure !== null) throw collection.failure;
      const files = documentFilesOf(collection.folder, layout.extension);
      if (files.length === 0 && !collection.isVisible) continue;
      this.#files.set(this.#describe(collection, files), files);
    }
  }

  get collections(): readonly CollectionFacts[] {
    return [...this.#files.keys()];
  }

  async *read(
    wanted: ReadonlySet<CollectionFacts>,
    turns: Turns,
  ): AsyncGenerator<SourceItem, void, undefined> {
    for (const [collection, files] of this.#files) {
      if (!wanted.has(collection)) continue;
      yield { kind: "collection", collection };
      const batch = new DocumentBatch(collection.dimension);
      for (const file of files) {
        await turns.take();
        const { value, fault } = readDocument(this.#layout.path, file);
        if (fault === null) batch.add(value);
        if (batch.isFull) yield { kind: "records", batch: batch.take() };
      }
      if (!batch.isEmpty) yield { kind: "records", batch: batch.take() };
    }
  }

  [Symbol.dispose](): void {
    // Every file is closed as soon as it was read.
  }

  #describe({ folder, name, reading }: Collection, files: readonly GobFile[]): CollectionFacts {
    return {
      id: folder.name,
      name,
      tenant: null,
      database: null,
      dimension: findDimension(this.#layout.path, files),
      space: "cosine",
      metadataJson: mapJson(reading?.value.Metadata),
      records: files.length,
    };
  }
}

/**
 * Finds how many dimensions the documents of a collection have.
 *
 * @param storePath The database's directory.
 * @param files Its documents.
 * @returns That of the first embedding that can be read; null where there is none.
 * @throws {OperationError} A file cannot be read.
 */
export function findDimension(storePath: string, files: readonly GobFile[]): number | null {
  for (const file of files.slice(0, MOST_TRIED)) {
    const { value, fault, gzip } = readDocument(storePath, file);
    const dimension = value.Embedding?.length ?? 0;
    if (fault === null && gzip === null && dimension > 0) return dimension;
  }
  return null;
}
