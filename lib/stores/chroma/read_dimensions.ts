/**
 * How many numbers the vectors of a Chroma collection have: by the catalogue, by the header of the
 * index, and by the rows of the queue that the index lacks. No vector of the index is read.
 *
 * @module
 */

import { OperationError } from "../../base/errors.ts";
import type { CollectionDimensions, DimensionCount } from "../../model/dimensions.ts";
import type { DetectedStore } from "../../model/store.ts";
import type { StoreDatabase } from "../../sqlite/database.ts";
import { requireDataError } from "../../sqlite/machine_error.ts";
import { requireKnownName } from "../require_known_name.ts";
import { type Catalogue, collectionLabel, listCollections } from "./catalogue/catalogue.ts";
import { readLayout } from "./layout.ts";
import {
  findRecords,
  listVectorSegments,
  openCatalogue,
  readPickleWatermarks,
  type VectorSegment,
} from "./opened_catalogue.ts";
import { QUEUE_OPERATIONS } from "./records/queue_row.ts";
import { readSegment } from "./segment/read_segment.ts";

const BYTES_PER_FLOAT = 4;

const WITH_VECTOR = [
  QUEUE_OPERATIONS.add,
  QUEUE_OPERATIONS.update,
  QUEUE_OPERATIONS.upsert,
].join(", ");

/** More numbers than this are not told one by one; vectors of one collection have one. */
const MOST_COUNTED = 64;

/**
 * Reads what the places of a store say.
 *
 * @param store The store.
 * @param collection The name of a collection, or its id.
 * @returns What they say; more than one where databases have collections of that name.
 * @throws {OperationError} There is no such collection, or the catalogue cannot be read.
 */
export function readChromaDimensions(
  store: DetectedStore,
  collection: string,
): CollectionDimensions[] {
  const layout = readLayout(store.path);
  const opened = openCatalogue(layout);
  try {
    const { reading = null, catalogue = null, engine = null } = opened ?? {};
    const database = reading?.database ?? null;
    if (database === null || catalogue === null || engine === null) throw unreadable(store);
    const entries = listCollections(catalogue).map((entry) => ({
      ...entry.collection,
      name: collectionLabel(entry.collection),
    }));
    const found = entries.filter(({ id, name }) => id === collection || name === collection);
    if (found.length === 0) requireKnownName(store, collection, entries.map(({ name }) => name));
    const segments = listVectorSegments(layout, catalogue, engine);
    return found.map(({ id, name, dimension }) => {
      const segment = segments.find(({ entry }) => entry.collection.id === id) ?? null;
      return {
        id,
        name,
        declared: dimension,
        index: segment === null ? null : readIndexDimension(segment),
        counted: segment === null ? [] : countWaiting(database, catalogue, segment, store),
      };
    });
  } finally {
    opened?.reading.release();
  }
}

function unreadable({ path }: DetectedStore): OperationError {
  return new OperationError("unsupported", `The catalogue of ${path} cannot be read`, {
    path,
    hint: `\`vecfsck check ${path}\` says what is wrong with it.`,
  });
}

function readIndexDimension({ subject }: VectorSegment): number | null {
  const ignore = (): void => {};
  const { reading } = readSegment(subject, { level: "quick", onRead: ignore, onId: ignore });
  return reading.headerGeometry?.dimension ?? null;
}

/** Counts the vectors that the index of a collection has not taken in yet. */
function countWaiting(
  database: StoreDatabase,
  catalogue: Catalogue,
  segment: VectorSegment,
  { path }: DetectedStore,
): DimensionCount[] {
  const { entry } = segment;
  const [place] = findRecords([entry], catalogue, readPickleWatermarks([segment], catalogue));
  try {
    const rows = database.rows(
      `SELECT octet_length(vector), count(*) FROM embeddings_queue
       WHERE seq_id > ? AND substr(topic, -36) = ? AND operation IN (${WITH_VECTOR})
         AND typeof(vector) = 'blob' AND octet_length(vector) > 0
       GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ${MOST_COUNTED}`,
      place?.vectorWatermark ?? 0,
      entry.collection.id,
    );
    return rows.map(([sizeBytes, vectors]) => ({
      dimension: Number(sizeBytes) / BYTES_PER_FLOAT,
      vectors: Number(vectors),
    }));
  } catch (error) {
    throw new OperationError("unsupported", `The queue of ${path} cannot be read`, {
      path,
      hint: `\`vecfsck check ${path}\` says what is wrong with it.`,
      cause: requireDataError(error),
    });
  }
}
