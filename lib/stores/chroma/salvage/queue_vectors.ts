/**
 * The vectors in the write-ahead queue, read one by one.
 *
 * @module
 */

import { OperationError } from "../../../base/errors.ts";
import type { StoreDatabase } from "../../../sqlite/database.ts";
import { tolerateDamage } from "../catalogue/stored_values.ts";
import { CATALOGUE_NAME } from "../layout.ts";
import type { RecordTable } from "./record_table.ts";

const BYTES_PER_FLOAT = 4;

/** Reads vectors of the queue. */
export class QueueVectors {
  #database: StoreDatabase | null;
  #dimension: number | null;
  /** The query for one row, where it has been asked before. */
  #select: ReturnType<StoreDatabase["prepareRow"]> | null = null;

  /** Reads from a database; null stands for an empty queue. */
  constructor(database: StoreDatabase | null, dimension: number | null) {
    this.#database = database;
    this.#dimension = dimension;
  }

  /** Floats of a vector, or null when no vector was seen. */
  get dimension(): number | null {
    return this.#dimension;
  }

  /** Reads from another connection from now on. */
  rebind(database: StoreDatabase | null): void {
    this.#database = database;
    this.#select = null;
  }

  /** Takes the dimension from the first vector that there is. */
  learnDimension({ count, vectorSequences }: RecordTable): void {
    for (let record = 0; record < count && this.#dimension === null; record++) {
      const bytes = this.#bytes(vectorSequences.get(record));
      if (bytes !== null && bytes.byteLength > 0) this.#dimension = bytes.byteLength >>> 2;
    }
  }

  /**
   * Reads the vector of a row.
   *
   * @param sequence The row.
   * @returns The vector, or null when there is none of the right length.
   * @throws {OperationError} The machine failed to read it.
   */
  read(sequence: number): Float32Array | null {
    const bytes = this.#bytes(sequence);
    if (bytes === null || this.#dimension === null) return null;
    if (bytes.byteLength !== BYTES_PER_FLOAT * this.#dimension) return null;
    return new Float32Array(bytes.slice().buffer);
  }

  /** Like {@linkcode QueueVectors.read}, for a row that was read before. */
  require(sequence: number, target: Float32Array): Float32Array {
    const vector = this.read(sequence);
    if (vector === null) {
      throw new OperationError(
        "read-failed",
        `Cannot read the row ${sequence} of the queue again`,
        {
          path: CATALOGUE_NAME,
          hint: "The store has changed; stop what uses it and try again.",
        },
      );
    }
    target.set(vector);
    return target;
  }

  #bytes(sequence: number): Uint8Array | null {
    if (this.#database === null || sequence === -1) return null;
    const database = this.#database;
    const value = tolerateDamage(() => {
      this.#select ??= database.prepareRow("SELECT vector FROM embeddings_queue WHERE seq_id = ?");
      return this.#select(sequence)?.[0];
    }, () => {});
    return value instanceof Uint8Array ? value : null;
  }
}

/** Whether every component of a vector is a number. */
export function isFiniteVector(vector: Float32Array): boolean {
  return vector.every((value) => Number.isFinite(value));
}
