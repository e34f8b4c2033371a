/**
 * What the indexes of a store hold that an older copy of it does not: records that were written
 * since, of which ids and vectors alone are left when the database is lost.
 *
 * Memory: the ids of one collection, and sixteen bytes for each.
 *
 * @module
 */

import type { IndexSettings } from "../../catalogue/configuration.ts";
import { type Layout, readLayout } from "../../layout.ts";
import { openCatalogue, type OpenedCatalogue } from "../../opened_catalogue.ts";
import { Column } from "../../salvage/columns.ts";
import { IdTable } from "../../salvage/id_table.ts";
import { listSalvageRequests, listStrayRequests } from "../../salvage/list_requests.ts";
import type { SalvagedRecord, SalvageRequest } from "../../salvage/salvage_request.ts";
import { readIndexEvidence } from "../catalogue/read_index_evidence.ts";
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
    // The older vectors with those that were waiting in the queue then.
    const before = new Map(
      (opened === null ? [] : listSalvageRequests(readLayout(older), opened))
        .map((request) => [segmentOf(request), request]),
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
  const stray = listStrayRequests(layout).filter((request) => !ids.has(segmentOf(request)))
    .map(withSpace);
  return [...known, ...stray].map((request) => ({
    ...request,
    movedAside: [],
    database: null,
    place: null,
    engine: null,
  }));
}

/** Without a catalogue the files tell whether vectors are normalised, and have lengths of their own. */
function withSpace(request: SalvageRequest): SalvageRequest {
  const { subject } = request;
  const found = readIndexEvidence(subject.storePath, subject.directory);
  if (found.space === null) return request;
  const settings: IndexSettings = {
    space: found.space,
    maxNeighbors: found.maxNeighbors ?? STANDARD.maxNeighbors,
    efConstruction: found.efConstruction ?? STANDARD.efConstruction,
    ...STANDARD.others,
  };
  return { ...request, subject: { ...subject, settings } };
}

/** What every engine takes where nothing is configured; for reading vectors it has no meaning. */
const STANDARD = {
  maxNeighbors: 16,
  efConstruction: 100,
  others: {
    efSearch: 100,
    syncThreshold: 1000,
    batchSize: 100,
    resizeFactor: 1.2,
    source: "default",
  },
} as const;

function compareIndex(
  now: SalvageRequest,
  before: SalvageRequest | null,
  opened: OpenedCatalogue | null,
  onIndex: (index: NewerIndex) => void,
): void {
  const older = before === null ? null : readPrints(before);
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
      for (const record of salvage.records()) {
        const isKnown = hasRecord?.(collection, record.id) ?? false;
        const isSame = isKnown && older?.isOther(record.id, record.readVector(vector)) !== true;
        if (!isSame) yield { id: record.id, isKnown, record };
      }
      for (const { id } of salvage.missing()) {
        if (hasRecord?.(collection, id) !== true) yield { id, isKnown: false, record: null };
      }
    },
  });
}

/** How far the prints of one vector lie apart: one of the space cosine is not kept to the last bit. */
const TOLERANCE = 1e-4;

/** Two numbers for each vector, by which another one is known, with the ids. */
class VectorPrints {
  readonly #ids = new IdTable();
  readonly #first = Column.numbers();
  readonly #second = Column.numbers();

  add(id: string, vector: Float32Array): void {
    const index = this.#ids.add(id);
    if (index === -1) return;
    const { first, second } = printOf(vector);
    this.#first.set(index, first);
    this.#second.set(index, second);
  }

  /** Whether a record is there with another vector. */
  isOther(id: string, vector: Float32Array): boolean {
    const index = this.#ids.find(id);
    if (index === -1) return false;
    const { first, second, length } = printOf(vector);
    const isSame = Math.abs(this.#first.get(index) - first) <= TOLERANCE * length &&
      Math.abs(this.#second.get(index) - second) <= TOLERANCE * length;
    return !isSame;
  }
}

/** Projects a vector on two directions that have nothing to do with any data. */
function printOf(vector: Float32Array): { first: number; second: number; length: number } {
  let [first, second, squares] = [0, 0, 0];
  for (const [index, component] of vector.entries()) {
    first += component * Math.sin(1 + 12.9898 * index);
    second += component * Math.sin(2 + 78.233 * index);
    squares += component * component;
  }
  return { first, second, length: Math.sqrt(squares) };
}

function readPrints(request: SalvageRequest): VectorPrints {
  const prints = new VectorPrints();
  using salvage = salvageVectors(request);
  const vector = new Float32Array(salvage.dimension ?? 0);
  for (const record of salvage.records()) prints.add(record.id, record.readVector(vector));
  return prints;
}
