/**
 * What the indexes of a store hold that an older copy of it does not: records that were written
 * since, of which ids and vectors alone are left when the database is lost.
 *
 * Memory: the ids of one collection, and eight bytes for each.
 *
 * @module
 */

import { StringHash } from "../../../../base/multiset_hash.ts";
import { type Layout, readLayout } from "../../layout.ts";
import { openCatalogue, type OpenedCatalogue } from "../../opened_catalogue.ts";
import { Column } from "../../salvage/columns.ts";
import { IdTable } from "../../salvage/id_table.ts";
import { listSalvageRequests, listStrayRequests } from "../../salvage/list_requests.ts";
import type { SalvagedRecord, SalvageRequest } from "../../salvage/salvage_request.ts";
import { salvageVectors } from "../../salvage/salvage_vectors.ts";

/** A record that an index holds and an older copy does not, or not with that vector. */
export interface NewerRecord {
  /** Its id. */
  readonly id: string;
  /** Whether the older copy has the record, with another vector. */
  readonly isKnown: boolean;
  /** What the index has of it; null where even its vector is damaged. */
  readonly record: SalvagedRecord | null;
}

/** An index of the store, and what of it the older copy lacks. */
export interface NewerIndex {
  /** The segment. */
  readonly segmentId: string;
  /** The name of the collection, or null where the older copy does not know it. */
  readonly collection: string | null;
  /** Floats of a vector, or null. */
  readonly dimension: number | null;
  /** Yields the records. */
  records(): Generator<NewerRecord, void, undefined>;
}

/**
 * Compares the indexes of a store with an older copy.
 *
 * @param store The store's directory, as it is.
 * @param older The directory of the older copy.
 * @param names The directories of segments that are compared.
 * @param onIndex Is given each index while its files are open.
 * @throws {OperationError} A file cannot be read.
 */
export function compareIndexes(
  store: string,
  older: string,
  names: ReadonlySet<string>,
  onIndex: (index: NewerIndex) => void,
): void {
  const opened = openCatalogue(readLayout(older));
  try {
    const now = listIndexRequests(readLayout(store), opened);
    const before = new Map(
      listIndexRequests(readLayout(older), opened).map((request) => [segmentOf(request), request]),
    );
    for (const request of now) {
      if (!names.has(segmentOf(request))) continue;
      compareIndex(request, before.get(segmentOf(request)) ?? null, opened, onIndex);
    }
  } finally {
    opened?.reading.release();
  }
}

function segmentOf({ subject }: SalvageRequest): string {
  return subject.segmentId;
}

/**
 * Lists the indexes of a store as they are read without any database: ids come from id maps alone.
 *
 * @param layout The store's directory.
 * @param opened A catalogue that tells how they are configured, or null.
 * @returns One request for each segment that has a directory.
 * @throws {OperationError} An id map cannot be read.
 */
export function listIndexRequests(
  layout: Layout,
  opened: OpenedCatalogue | null,
): SalvageRequest[] {
  const known = opened === null ? [] : listSalvageRequests(layout, opened)
    .filter(({ subject }) => subject.directory !== null);
  const ids = new Set(known.map(segmentOf));
  const stray = listStrayRequests(layout).filter((request) => !ids.has(segmentOf(request)));
  return [...known, ...stray].map((request) => ({
    ...request,
    movedAside: [],
    database: null,
    place: null,
    engine: null,
  }));
}

function compareIndex(
  now: SalvageRequest,
  before: SalvageRequest | null,
  opened: OpenedCatalogue | null,
  onIndex: (index: NewerIndex) => void,
): void {
  const older = before === null ? null : readHashes(before);
  const { subject } = now;
  const collection = opened?.catalogue?.segments.find(({ id }) => id === subject.segmentId)
    ?.collectionId ?? null;
  const hasRecord = opened?.reading.database?.prepareTest(
    `SELECT 1 FROM embeddings AS e JOIN segments AS s ON s.id = e.segment_id
      WHERE s.collection = ? AND e.embedding_id = ?`,
  );
  using salvage = salvageVectors(now);
  onIndex({
    segmentId: subject.segmentId,
    collection: subject.collection,
    dimension: salvage.dimension,
    *records() {
      const vector = new Float32Array(salvage.dimension ?? 0);
      const hash = new StringHash();
      for (const record of salvage.records()) {
        const isKnown = hasRecord?.(collection, record.id) ?? false;
        hashVector(hash, record.readVector(vector));
        // Of a record that was waiting in the queue then, the older index has no vector.
        const isSame = isKnown && older?.isOther(record.id, hash) !== true;
        if (!isSame) yield { id: record.id, isKnown, record };
      }
      for (const { id } of salvage.missing()) {
        if (hasRecord?.(collection, id) !== true) yield { id, isKnown: false, record: null };
      }
    },
  });
}

/** The vectors of an index as hashes, by id. */
class VectorHashes {
  readonly #ids = new IdTable();
  readonly #low = Column.words();
  readonly #high = Column.words();

  add(id: string, { low, high }: StringHash): void {
    const index = this.#ids.add(id);
    if (index === -1) return;
    this.#low.set(index, low);
    this.#high.set(index, high);
  }

  /** Whether a record is there with another vector. */
  isOther(id: string, { low, high }: StringHash): boolean {
    const index = this.#ids.find(id);
    return index !== -1 && (this.#low.get(index) !== low || this.#high.get(index) !== high);
  }
}

function readHashes(request: SalvageRequest): VectorHashes {
  const hashes = new VectorHashes();
  const hash = new StringHash();
  using salvage = salvageVectors(request);
  const vector = new Float32Array(salvage.dimension ?? 0);
  for (const record of salvage.records()) {
    hashVector(hash, record.readVector(vector));
    hashes.add(record.id, hash);
  }
  return hashes;
}

function hashVector(hash: StringHash, vector: Float32Array): void {
  hash.ofBytes(new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength));
}
