/**
 * Ids and vectors of the indexes of a store whose database is lost, as a stream: names of
 * collections, documents and metadata stood in the database alone.
 *
 * @module
 */

import type { Turns } from "../../../base/turns.ts";
import type {
  CollectionFacts,
  RecordBatch,
  RecordSource,
  SourceItem,
} from "../../../model/record_stream.ts";
import type { DetectedStore } from "../../../model/store.ts";
import { readLayout } from "../layout.ts";
import { listIndexRequests } from "../repair/database/written_since.ts";
import { MISSING_REASONS } from "../repair/index/segment_losses.ts";
import type { MissingRecord, SalvagedRecord, SalvageRequest } from "./salvage_request.ts";
import { salvageVectors } from "./salvage_vectors.ts";

/** So many records are read at a time. */
const RECORDS_PER_BATCH = 512;

/**
 * Opens the indexes of a store.
 *
 * @param store The store.
 * @returns Their records; the caller disposes of them.
 * @throws {OperationError} A file cannot be read.
 */
export function openStraySource(store: DetectedStore): RecordSource {
  return new StraySource(listIndexRequests(readLayout(store.path), null));
}

class StraySource implements RecordSource {
  readonly #requests = new Map<CollectionFacts, SalvageRequest>();

  constructor(requests: readonly SalvageRequest[]) {
    for (const request of requests) {
      using salvage = salvageVectors(request);
      const facts: CollectionFacts = {
        id: request.subject.segmentId,
        name: null,
        tenant: null,
        database: null,
        dimension: salvage.dimension,
        space: request.subject.settings?.space ?? null,
        metadataJson: null,
        records: salvage.counts.records,
      };
      if (facts.records > 0) this.#requests.set(facts, request);
    }
  }

  get collections(): readonly CollectionFacts[] {
    return [...this.#requests.keys()];
  }

  async *read(
    wanted: ReadonlySet<CollectionFacts>,
    turns: Turns,
  ): AsyncGenerator<SourceItem, void, undefined> {
    for (const [collection, request] of this.#requests) {
      if (!wanted.has(collection)) continue;
      yield { kind: "collection", collection };
      using salvage = salvageVectors(request);
      const dimension = collection.dimension ?? 0;
      for (const saved of inBatches(salvage.records())) {
        yield { kind: "records", batch: toBatch(saved, dimension) };
        await turns.take();
      }
      for (const missing of inBatches(salvage.missing())) {
        yield { kind: "records", batch: toBatch(missing, dimension) };
        await turns.take();
      }
    }
  }

  [Symbol.dispose](): void {
    // Every index is closed as soon as it was read.
  }
}

function* inBatches<Item>(items: Iterable<Item>): Generator<Item[], void, undefined> {
  let batch: Item[] = [];
  for (const item of items) {
    batch.push(item);
    if (batch.length < RECORDS_PER_BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

function toBatch(
  records: readonly (SalvagedRecord | MissingRecord)[],
  dimension: number,
): RecordBatch {
  const nothing = records.map(() => null);
  const vectors = new Float32Array(records.length * dimension);
  const hasVector = new Uint8Array(records.length);
  for (const [row, record] of records.entries()) {
    if (!("readVector" in record)) continue;
    record.readVector(vectors.subarray(row * dimension, (row + 1) * dimension));
    hasVector[row] = 1;
  }
  return {
    count: records.length,
    ids: records.map(({ id }) => id),
    documents: nothing,
    uris: nothing,
    metadataJsons: nothing,
    dimension,
    vectors,
    hasVector,
    reasons: records.map((record) => "reason" in record ? MISSING_REASONS[record.reason] : null),
  };
}
