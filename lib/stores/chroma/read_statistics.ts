/**
 * What a Chroma store holds in numbers, for `status`: from the catalogue, the headers of the indexes
 * and the lengths of files. No id map and no vector is read.
 *
 * @module
 */

import type { DetectedStore } from "../../model/store.ts";
import type {
  CollectionStatistics,
  QueueStatistics,
  SizeStatistics,
  StoreStatistics,
} from "../../model/statistics.ts";
import type { StoreDatabase } from "../../sqlite/database.ts";
import {
  type Catalogue,
  collectionLabel,
  isWhole,
  listCollections,
} from "./catalogue/catalogue.ts";
import { tolerateDamage } from "./catalogue/stored_values.ts";
import type { PickleWatermarks } from "./catalogue/watermark.ts";
import { type Layout, readLayout, SEGMENT_FILES } from "./layout.ts";
import {
  findRecords,
  listStraySubjects,
  listVectorSegments,
  openCatalogue,
  type VectorSegment,
} from "./opened_catalogue.ts";
import { countRecordsBySegment } from "./records/count_records.ts";
import { listQueuePositions, type QueueSummary } from "./records/queue.ts";
import { readQueueSummary } from "./records/read_queue.ts";
import { countPendingAdditions } from "./records/read_records.ts";
import { readSegment } from "./segment/read_segment.ts";
import type { SegmentSubject } from "./segment/segment_reading.ts";

/** A queue that can have more rows is not read through: it has no index but its primary key. */
const MOST_COUNTED_ROWS = 50_000;

/** From how many rows the bytes of a longer queue are estimated. */
const SAMPLED_ROWS = 1_000;

const INDEX_FILES: readonly string[] = Object.values(SEGMENT_FILES);

/**
 * Reads what a Chroma store holds.
 *
 * @param store The store, which may be damaged in any way.
 * @returns The numbers, each null where it cannot be read.
 * @throws {OperationError} The directory cannot be looked at, or another process writes.
 */
export function readChromaStatistics(store: DetectedStore): StoreStatistics {
  const layout = readLayout(store.path);
  const opened = openCatalogue(layout);
  try {
    const { reading = null, catalogue = null, engine = null } = opened ?? {};
    const database = reading?.database ?? null;
    if (database === null || catalogue === null || engine === null) {
      const subjects = listStraySubjects(layout);
      return { ...describeFiles(layout, subjects), ...NOTHING_READ, isRefused: opened !== null };
    }
    const segments = listVectorSegments(layout, catalogue, engine);
    return {
      ...describeFiles(layout, segments.map(({ subject }) => subject)),
      ...readDatabase(database, catalogue, segments),
      isRefused: reading?.location?.tolerant === true || !isWhole(catalogue, "collections"),
    };
  } finally {
    opened?.reading.release();
  }
}

const NOTHING_READ = { collections: null, vectors: null, pendingWrites: null, queue: null };

/** What the database and the headers of the indexes say. */
function readDatabase(
  database: StoreDatabase,
  catalogue: Catalogue,
  segments: readonly VectorSegment[],
): Pick<StoreStatistics, "collections" | "vectors" | "pendingWrites" | "queue"> {
  const pickles = listUnreadWatermarks(catalogue, segments);
  const queue = readQueue(database, catalogue, pickles);
  return {
    collections: readCollections(database, catalogue),
    vectors: tolerateDamage(() => countVectors(database, catalogue, segments, pickles), () => {}),
    pendingWrites: queue?.summary === undefined ? null : addPending(catalogue, queue.summary),
    queue: queue?.statistics ?? null,
  };
}

function readCollections(
  database: StoreDatabase,
  catalogue: Catalogue,
): CollectionStatistics[] | null {
  if (!isWhole(catalogue, "collections")) return null;
  const records = tolerateDamage(() => countRecordsBySegment(database), () => {});
  return listCollections(catalogue).map(({ collection, metadata }) => ({
    name: collectionLabel(collection),
    records: records === null || metadata === null ? null : records.get(metadata.id) ?? 0,
    isBroken: false,
  }));
}

/** Id maps are not read here: a watermark that stands in one alone is not known. */
function listUnreadWatermarks(
  catalogue: Catalogue,
  segments: readonly VectorSegment[],
): PickleWatermarks {
  const stored = new Set(catalogue.watermarks.map(({ segmentId }) => segmentId));
  const unread = segments.filter(({ subject }) =>
    subject.directory?.files[SEGMENT_FILES.idMap] !== undefined && !stored.has(subject.segmentId)
  );
  return new Map(unread.map(({ subject }) => [subject.segmentId, null]));
}

function countVectors(
  database: StoreDatabase,
  catalogue: Catalogue,
  segments: readonly VectorSegment[],
  pickles: PickleWatermarks,
): number | null {
  const places = findRecords(segments.map(({ entry }) => entry), catalogue, pickles);
  let vectors = 0;
  for (const [index, { subject }] of segments.entries()) {
    const slots = countSlots(subject);
    const place = places[index] ?? null;
    if (slots === null || place === null || pickles.has(subject.segmentId)) return null;
    const after = place.vectorWatermark ?? 0;
    const pending = countPendingAdditions(database, place, after, MOST_COUNTED_ROWS);
    if (pending >= MOST_COUNTED_ROWS) return null;
    vectors += slots + pending;
  }
  return vectors;
}

/** How many slots of an index are in use; without an id map the engine takes none of them. */
function countSlots(subject: SegmentSubject): number | null {
  if (subject.directory?.files[SEGMENT_FILES.idMap] === undefined) return 0;
  const ignore = (): void => {};
  const { reading } = readSegment(subject, { level: "quick", onRead: ignore, onId: ignore });
  const { count, geometry, files } = reading;
  if (count === null || geometry === null) return null;
  // A number for which there is no room was never counted by an engine.
  const room = Math.floor((files.data?.sizeBytes ?? 0) / geometry.slotSizeBytes);
  return count.effective <= room ? count.effective : null;
}

/** The queue in numbers, and its rows by topic where they were counted. */
interface QueueReading {
  readonly statistics: QueueStatistics;
  readonly summary?: QueueSummary;
}

function readQueue(
  database: StoreDatabase,
  catalogue: Catalogue,
  pickles: PickleWatermarks,
): QueueReading | null {
  if (catalogue.queueBounds === null) return null;
  const { firstSequence, lastSequence } = catalogue.queueBounds;
  const writes = firstSequence === null || lastSequence === null
    ? 0
    : Number(lastSequence - firstSequence) + 1;
  return tolerateDamage(() => {
    if (writes > MOST_COUNTED_ROWS) return { statistics: estimateQueue(database, writes) };
    const summary = readQueueSummary(database, listQueuePositions(catalogue, pickles));
    const { count, sizeBytes } = summary;
    return { summary, statistics: { writes: count, sizeBytes, isCounted: true } };
  }, () => {});
}

function estimateQueue(database: StoreDatabase, writes: number): QueueStatistics {
  const [mean] = database.row(
    `SELECT avg(coalesce(octet_length(vector), 0) + coalesce(octet_length(metadata), 0) +
       octet_length(topic) + octet_length(id))
     FROM (SELECT vector, metadata, topic, id FROM embeddings_queue LIMIT ${SAMPLED_ROWS})`,
  ) ?? [];
  return { writes, sizeBytes: Math.round(Number(mean) * writes), isCounted: false };
}

/** Adds up what waits for the indexes; null where that is not known of every collection. */
function addPending(catalogue: Catalogue, { topics }: QueueSummary): number | null {
  const indexed = new Set(
    listCollections(catalogue).filter(({ vector }) => vector !== null)
      .map(({ collection }) => collection.id),
  );
  let pending = 0;
  for (const { collectionId, pendingCount } of topics) {
    if (collectionId === null || !indexed.has(collectionId)) continue;
    if (pendingCount === null) return null;
    pending += pendingCount;
  }
  return pending;
}

function describeFiles(
  layout: Layout,
  subjects: readonly SegmentSubject[],
): Pick<StoreStatistics, "driftSeconds" | "movedAside" | "sizes"> {
  const aside = layout.segments.filter(({ movedAside }) => movedAside);
  const sizeBytes = sumBytes(aside.flatMap(({ files }) => Object.values(files)));
  return {
    driftSeconds: findDrift(layout, subjects),
    movedAside: { entries: aside.length, sizeBytes },
    sizes: addSizes(layout, subjects),
  };
}

function findDrift(layout: Layout, subjects: readonly SegmentSubject[]): number | null {
  const { catalogue } = layout;
  const ages = subjects.flatMap(({ directory }) => {
    const data = directory?.files[SEGMENT_FILES.data];
    return data === undefined || catalogue === null ? [] : [catalogue.modifiedMs - data.modifiedMs];
  });
  const oldest = ages.reduce<number | null>((most, age) => Math.max(most ?? 0, age), null);
  return oldest === null ? null : Math.round(oldest / 1000);
}

function addSizes(layout: Layout, subjects: readonly SegmentSubject[]): SizeStatistics {
  const live = new Set(subjects.map(({ directory }) => directory));
  let indexBytes = 0;
  let foreignBytes = sumBytes(layout.foreign);
  for (const directory of layout.segments) {
    for (const [name, { sizeBytes }] of Object.entries(directory.files)) {
      if (live.has(directory) && INDEX_FILES.includes(name)) indexBytes += sizeBytes;
      else foreignBytes += sizeBytes;
    }
  }
  const databaseBytes = (layout.catalogue?.sizeBytes ?? 0) + sumBytes(layout.companions);
  return { databaseBytes, indexBytes, documentBytes: null, foreignBytes };
}

function sumBytes(files: readonly { readonly sizeBytes: number }[]): number {
  return files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}
