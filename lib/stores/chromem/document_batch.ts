/**
 * Documents of chromem-go in batches, as they are written elsewhere.
 *
 * @module
 */

import type { RecordBatch } from "../../model/record_stream.ts";
import type { GobDocument } from "./shapes.ts";

/** A batch has so many documents at the most, and of long ones fewer. */
const MOST_DOCUMENTS = 2048;
const MOST_SIZE_BYTES = 16 << 20;

/** Gathers documents. */
export class DocumentBatch {
  readonly #dimension: number;
  #documents: GobDocument[] = [];
  #sizeBytes = 0;

  /** Takes how many floats an embedding has; a document with another number counts as without. */
  constructor(dimension: number | null) {
    this.#dimension = dimension ?? 0;
  }

  /** Whether there are enough for a batch. */
  get isFull(): boolean {
    return this.#documents.length >= MOST_DOCUMENTS || this.#sizeBytes >= MOST_SIZE_BYTES;
  }

  /** Whether there are none. */
  get isEmpty(): boolean {
    return this.#documents.length === 0;
  }

  /** Adds a document, which is kept. */
  add(document: GobDocument): void {
    this.#documents.push(document);
    this.#sizeBytes += 4 * this.#dimension + (document.Content?.length ?? 0);
  }

  /** Gives what was gathered, and begins anew. */
  take(): RecordBatch {
    const documents = this.#documents;
    this.#documents = [];
    this.#sizeBytes = 0;
    const dimension = this.#dimension;
    const vectors = new Float32Array(documents.length * dimension);
    const hasVector = new Uint8Array(documents.length);
    for (const [row, { Embedding }] of documents.entries()) {
      if (Embedding === undefined || Embedding.length !== dimension || dimension === 0) continue;
      vectors.set(Embedding, row * dimension);
      hasVector[row] = 1;
    }
    return {
      count: documents.length,
      ids: documents.map(({ ID }) => ID ?? ""),
      documents: documents.map(({ Content }) => Content ?? ""),
      uris: documents.map(() => null),
      metadataJsons: documents.map(({ Metadata }) => mapJson(Metadata)),
      dimension,
      vectors,
      hasVector,
    };
  }
}

/**
 * Writes metadata of chromem-go, which has nothing but texts, as JSON.
 *
 * @param metadata The metadata, or undefined.
 * @returns A JSON object; null where it is empty.
 */
export function mapJson(metadata: ReadonlyMap<string, string> | undefined): string | null {
  return metadata === undefined || metadata.size === 0
    ? null
    : JSON.stringify(Object.fromEntries(metadata));
}
