/**
 * Vectors from older copies of the store: its backups, and indexes that lie in quarantine.
 *
 * A copy of the whole store has its own rows and its own queue, so it is salvaged by itself. What it
 * has of a record counts as the newest version only where both say that the record was written last
 * by the same write; else it is named as perhaps outdated. A directory that was moved aside by itself
 * says nothing of writes: it is read as those are that were moved aside in the store.
 *
 * @module
 */

import { openCatalogue } from "../opened_catalogue.ts";
import { readLayout } from "../layout.ts";
import { listSalvageRequests } from "./list_requests.ts";
import type { ElsewhereDirectory, SalvagedRecord, SegmentSalvage } from "./salvage_request.ts";
import { salvageVectors } from "./salvage_vectors.ts";
import type { OutsideVector, OutsideVectors, WantedRecord } from "./supplemented_salvage.ts";

/**
 * Lists the directories of a segment in a place outside of the store.
 *
 * @param root A directory that is laid out as a store is.
 * @param segmentId The segment.
 * @returns The directories, those that were moved aside there as well.
 * @throws {OperationError} The place cannot be read.
 */
export function listElsewhere(root: string, segmentId: string): ElsewhereDirectory[] {
  return readLayout(root).segments
    .filter((directory) => directory.segmentId === segmentId)
    .map((directory) => ({ root, directory }));
}

/** The vectors that an older copy of the whole store has of one collection. */
export class OlderCopyVectors implements OutsideVectors {
  readonly #salvage: SegmentSalvage;
  readonly #release: () => void;

  private constructor(salvage: SegmentSalvage, release: () => void) {
    this.#salvage = salvage;
    this.#release = release;
  }

  /**
   * Opens a copy.
   *
   * @param root A directory that is laid out as the store is.
   * @param segmentId The segment.
   * @param dimension Floats of a vector.
   * @returns Its vectors; null where it has nothing of the segment, or vectors of another dimension.
   * @throws {OperationError} It cannot be read.
   */
  static open(root: string, segmentId: string, dimension: number): OlderCopyVectors | null {
    const layout = readLayout(root);
    const opened = openCatalogue(layout);
    if (opened === null) return null;
    let salvage: SegmentSalvage | null = null;
    const release = (): void => {
      salvage?.[Symbol.dispose]();
      opened.reading.release();
    };
    try {
      const request = listSalvageRequests(layout, opened)
        .find(({ subject }) => subject.segmentId === segmentId);
      if (request !== undefined) salvage = salvageVectors(request);
      if (salvage?.dimension === dimension) return new OlderCopyVectors(salvage, release);
    } catch (error) {
      release();
      throw error;
    }
    release();
    return null;
  }

  /** Finds the vectors of some records. */
  find(wanted: ReadonlyMap<string, WantedRecord>): ReadonlyMap<string, OutsideVector> {
    const found = new Map<string, OutsideVector>();
    for (const record of this.#salvage.records()) {
      const asked = wanted.get(record.id);
      if (asked !== undefined) found.set(record.id, toOutside(record, asked));
    }
    return found;
  }

  /** Closes the copy. */
  [Symbol.dispose](): void {
    this.#release();
  }
}

function toOutside(record: SalvagedRecord, asked: WantedRecord): OutsideVector {
  const isSameWrite = asked.sequenceNumber !== null &&
    asked.sequenceNumber === record.sequenceNumber;
  return {
    source: "older-copy",
    isLengthLost: record.isLengthLost,
    isPerhapsOutdated: record.isPerhapsOutdated || !isSameWrite,
    readVector: (target) => record.readVector(target),
    readStored: (target) => record.readStored(target),
  };
}
