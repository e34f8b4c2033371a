/**
 * Vectors and ids as lines of JSON, one file for each segment: `export-<segment>.jsonl`.
 *
 * | field        | what it is                                                             |
 * | ------------ | ---------------------------------------------------------------------- |
 * | `collection` | the name of the collection; null where nothing tells it                |
 * | `id`         | the record                                                             |
 * | `embedding`  | its vector; null where the index no longer holds it                    |
 *
 * @module
 */

import type { SalvagedRecord } from "../../salvage/salvage_request.ts";
import type { SavedFiles } from "../../../saved_files.ts";

/** Writes the records of one segment. */
export class ExportFile {
  readonly #saved: SavedFiles;
  readonly #name: string;
  readonly #collection: string | null;
  readonly #vector: Float32Array;

  /**
   * Takes the files.
   *
   * @param saved The files.
   * @param index The segment, the name of its collection, and the floats of a vector.
   */
  constructor(saved: SavedFiles, index: {
    readonly segmentId: string;
    readonly collection: string | null;
    readonly dimension: number | null;
  }) {
    this.#saved = saved;
    this.#name = `export-${index.segmentId}.jsonl`;
    this.#collection = index.collection;
    this.#vector = new Float32Array(index.dimension ?? 0);
  }

  /**
   * Writes a record.
   *
   * @param id Its id.
   * @param record What the index has of it, or null.
   * @throws {OperationError} Its vector cannot be read.
   */
  add(id: string, record: SalvagedRecord | null): void {
    const embedding = record === null ? null : Array.from(record.readVector(this.#vector));
    this.#saved.add(this.#name, { collection: this.#collection, id, embedding });
  }
}
