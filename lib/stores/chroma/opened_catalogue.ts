/**
 * The catalogue of a store, opened, and what follows from it and the directory: which index belongs
 * to which collection, and how far each has got.
 *
 * @module
 */

import { join } from "@std/path";
import { BoundedFile } from "../../fs/read_fs.ts";
import { type DatabaseReading, openForReading } from "../../sqlite/reading.ts";
import {
  type Catalogue,
  collectionLabel,
  type CollectionSegments,
  listCollections,
} from "./catalogue/catalogue.ts";
import { resolveIndexSettings } from "./catalogue/configuration.ts";
import { type Engine, inferEngine } from "./catalogue/migrations.ts";
import { readCatalogue } from "./catalogue/read_catalogue.ts";
import { type PickleWatermarks, readStoredWatermarks } from "./catalogue/watermark.ts";
import type { StoreFile } from "../directory.ts";
import { type Layout, SEGMENT_FILES } from "./layout.ts";
import type { RecordPlace } from "./records/read_records.ts";
import { readIdMap } from "./segment/id_map.ts";
import type { SegmentSubject } from "./segment/segment_reading.ts";

/** What is known of the catalogue once it has been opened. */
export interface OpenedCatalogue {
  /** The database. */
  readonly reading: DatabaseReading;
  /** What it says, or null when SQLite refuses it. */
  readonly catalogue: Catalogue | null;
  /** The engine that it tells, or null with the catalogue. */
  readonly engine: Engine | null;
}

/** A collection whose index has a directory, or should have one. */
export interface VectorSegment {
  /** The collection and its segments. */
  readonly entry: CollectionSegments;
  /** What is known of its index. */
  readonly subject: SegmentSubject;
}

/**
 * Opens the catalogue of a store.
 *
 * @param layout The store's directory.
 * @returns The catalogue, which the caller releases; null where there is none, or no byte in it.
 * @throws {OperationError} It cannot be read, or is in use.
 */
export function openCatalogue(layout: Layout): OpenedCatalogue | null {
  if (layout.catalogue === null || layout.catalogue.sizeBytes === 0) return null;
  const reading = openForReading(join(layout.path, layout.catalogue.path));
  try {
    const catalogue = reading.database === null ? null : readCatalogue(reading.database);
    return { reading, catalogue, engine: catalogue === null ? null : inferEngine(catalogue) };
  } catch (error) {
    reading.release();
    throw error;
  }
}

/**
 * Lists the collections that have a VECTOR segment.
 *
 * @param layout The store's directory.
 * @param catalogue The catalogue.
 * @param engine The engine that it tells.
 * @returns One entry for each, in the order of the catalogue.
 */
export function listVectorSegments(
  layout: Layout,
  catalogue: Catalogue,
  engine: Engine,
): VectorSegment[] {
  const directories = new Map(
    layout.segments.filter((directory) => !directory.movedAside)
      .map((directory) => [directory.segmentId, directory]),
  );
  return listCollections(catalogue).flatMap((entry) => {
    const { collection, vector } = entry;
    if (vector === null) return [];
    const subject: SegmentSubject = {
      storePath: layout.path,
      segmentId: vector.id,
      collection: collectionLabel(collection),
      dimension: collection.dimension,
      settings: resolveIndexSettings(catalogue, collection, vector),
      era: engine.era,
      directory: directories.get(vector.id) ?? null,
    };
    return [{ entry, subject }];
  });
}

/**
 * Lists the indexes of a store whose catalogue cannot be read: what their directories alone say.
 *
 * @param layout The store's directory.
 * @returns One entry for each directory that was not moved aside.
 */
export function listStraySubjects(layout: Layout): SegmentSubject[] {
  return layout.segments.filter((directory) => !directory.movedAside).map((directory) => ({
    storePath: layout.path,
    segmentId: directory.segmentId,
    collection: null,
    dimension: null,
    settings: null,
    era: "rust",
    directory,
  }));
}

/**
 * Reads the watermarks that stand in id maps: before 0.5.6 that of an index stands there alone; and
 * so it does in a store that was upgraded, until an engine loads that index.
 *
 * @param segments The segments.
 * @param catalogue The catalogue; a segment that has a watermark there is passed over.
 * @returns The watermarks by segment.
 * @throws {OperationError} An id map cannot be read.
 */
export function readPickleWatermarks(
  segments: readonly VectorSegment[],
  catalogue: Catalogue,
): PickleWatermarks {
  const marked = new Set(catalogue.watermarks.map(({ segmentId }) => segmentId));
  const watermarks = new Map<string, number | null>();
  for (const { subject } of segments) {
    const file = subject.directory?.files[SEGMENT_FILES.idMap];
    if (file === undefined || marked.has(subject.segmentId)) continue;
    watermarks.set(subject.segmentId, readPickleWatermark(subject, file));
  }
  return watermarks;
}

function readPickleWatermark(subject: SegmentSubject, file: StoreFile): number | null {
  using source = BoundedFile.open(join(subject.storePath, file.path));
  return readIdMap(source).maxSeqId;
}

/**
 * Tells where the records of collections stand.
 *
 * @param entries The collections.
 * @param catalogue The catalogue.
 * @param pickles The watermarks in id maps, or null when they have not been read.
 * @returns The place of each, in the same order; null for a collection that lacks a segment.
 */
export function findRecords(
  entries: readonly CollectionSegments[],
  catalogue: Catalogue,
  pickles: PickleWatermarks | null,
): (RecordPlace | null)[] {
  const stored = readStoredWatermarks(catalogue);
  return entries.map(({ collection, vector, metadata }) => {
    if (vector === null || metadata === null) return null;
    return {
      metadataSegmentId: metadata.id,
      collectionId: collection.id,
      vectorWatermark: (stored.has(vector.id) ? stored : pickles)?.get(vector.id) ?? null,
      metadataWatermark: stored.get(metadata.id) ?? null,
    };
  });
}

/** What a full reading of a segment reads. */
export function estimateBytes({ directory }: SegmentSubject): number {
  const files = directory?.files ?? {};
  return Object.values(SEGMENT_FILES)
    .reduce((sum, name) => sum + (files[name]?.sizeBytes ?? 0), 0);
}
