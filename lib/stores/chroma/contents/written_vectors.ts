/**
 * The vectors of a store as they are written again: those of a normalised index with their length.
 *
 * An index of the space cosine holds a vector normalised and its length beside it. Their product is
 * rounded, and what an engine normalises of it is in five of six cases another vector, by last bits.
 * Other lengths, by a few last bits, were tried: from 32 dimensions on none leads back.
 *
 * @module
 */

import type { DetectedStore } from "../../../model/store.ts";
import type { RecordVectors } from "../../../model/stored_record.ts";
import { readLayout } from "../layout.ts";
import { openCatalogue } from "../opened_catalogue.ts";
import { listSalvageRequests } from "../salvage/list_requests.ts";
import { salvageVectors } from "../salvage/salvage_vectors.ts";
import type { SalvagedRecord, SegmentSalvage } from "../salvage/salvage_request.ts";

/** Vectors of some records, with the files open from which they are read. */
export class WrittenVectors implements RecordVectors {
  readonly #salvage: SegmentSalvage | null;
  readonly #records = new Map<string, SalvagedRecord>();
  readonly #release: () => void;

  /**
   * Opens the vectors of some records of an index.
   *
   * @param store The store, which is whole.
   * @param segmentId The index.
   * @param ids The records.
   * @throws {OperationError} The index cannot be read.
   */
  constructor(store: DetectedStore, segmentId: string, ids: ReadonlySet<string>) {
    const layout = readLayout(store.path);
    const opened = openCatalogue(layout);
    this.#release = () => opened?.reading.release();
    try {
      const wanted = opened === null ? undefined : listSalvageRequests(layout, opened)
        .find(({ subject }) => subject.segmentId === segmentId);
      this.#salvage = wanted === undefined ? null : salvageVectors(wanted);
      for (const record of this.#salvage?.records() ?? []) {
        if (ids.has(record.id)) this.#records.set(record.id, record);
      }
    } catch (error) {
      this.#release();
      throw error;
    }
  }

  /** Whether the vector of a record is there. */
  has(id: string): boolean {
    return this.#records.has(id);
  }

  /** Reads a vector as it was written; null where it is lost. */
  read(id: string): Float32Array | null {
    const vector = new Float32Array(this.#salvage?.dimension ?? 0);
    return this.#records.get(id)?.readVector(vector) ?? null;
  }

  /** Closes the files. */
  [Symbol.dispose](): void {
    this.#salvage?.[Symbol.dispose]();
    this.#release();
  }
}
