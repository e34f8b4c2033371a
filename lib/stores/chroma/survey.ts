/**
 * The first step of a check: what stands in the directory, what the catalogue says, and which tasks
 * follow from both.
 *
 * @module
 */

import { join } from "@std/path";
import { BoundedFile } from "../../fs/read_fs.ts";
import type { Finding } from "../../model/finding.ts";
import type { SkippedBytes } from "../../model/report.ts";
import type { CheckSettings, DetectedStore, StoreSurvey } from "../../model/store.ts";
import { type DatabaseReading, openForReading } from "../../sqlite/reading.ts";
import {
  type Catalogue,
  collectionLabel,
  type CollectionSegments,
  listCollections,
} from "./catalogue/catalogue.ts";
import { checkLayout } from "./check_layout.ts";
import { checkMigrations } from "./catalogue/check_migrations.ts";
import { checkSchema } from "./catalogue/check_schema.ts";
import { checkSqliteFile } from "./database/check_sqlite_file.ts";
import { checkCatalogue } from "./catalogue/check_catalogue.ts";
import { checkConfiguration } from "./catalogue/check_configuration.ts";
import { checkWatermarks } from "./catalogue/check_watermarks.ts";
import { resolveIndexSettings } from "./catalogue/configuration.ts";
import { readIdMap } from "./segment/id_map.ts";
import { type Layout, listFiles, readLayout, SEGMENT_FILES, type StoreFile } from "./layout.ts";
import { type Engine, inferEngine } from "./catalogue/migrations.ts";
import { listQueuePositions } from "./records/queue.ts";
import { readCatalogue } from "./catalogue/read_catalogue.ts";
import type { RecordPlace } from "./records/read_records.ts";
import type { SegmentSubject } from "./segment/segment_reading.ts";
import type { FulltextTask, SegmentTask, TablesTask } from "./tasks.ts";
import { decodeWatermark, type PickleWatermarks } from "./catalogue/watermark.ts";

/** The files of an index. */
const INDEX_FILES: readonly string[] = Object.values(SEGMENT_FILES);

/** Why files that no engine wrote are not looked at. */
const FOREIGN = "not written by an engine";

/** What is known of the catalogue once it has been opened. */
interface OpenedCatalogue {
  readonly reading: DatabaseReading;
  readonly catalogue: Catalogue | null;
  readonly engine: Engine | null;
}

/**
 * Surveys a Chroma store.
 *
 * @param store The store.
 * @param settings What the check was asked to do.
 * @returns The findings so far and the tasks that are left.
 * @throws {OperationError} The store cannot be read, or is in use.
 */
export function surveyChroma(store: DetectedStore, settings: CheckSettings): StoreSurvey {
  const layout = readLayout(store.path);
  const opened = openCatalogue(layout);
  try {
    return planSurvey(layout, opened, settings);
  } catch (error) {
    opened?.reading.release();
    throw error;
  }
}

function openCatalogue(layout: Layout): OpenedCatalogue | null {
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

function planSurvey(
  layout: Layout,
  opened: OpenedCatalogue | null,
  settings: CheckSettings,
): StoreSurvey {
  const catalogue = opened?.catalogue ?? null;
  const engine = opened?.engine ?? null;
  const segments = catalogue === null || engine === null
    ? null
    : listVectorSegments(layout, catalogue, engine);
  const subjects = segments?.map(({ subject }) => subject) ?? null;
  const pickles = catalogue === null
    ? null
    : readPickleWatermarks(segments ?? [], catalogue, settings);
  return {
    engine: engine?.name ?? null,
    collections: catalogue?.collections.length ?? 0,
    files: listFiles(layout),
    findings: [
      ...checkLayout(layout, subjects, settings.staleSeconds),
      ...(opened === null ? [] : checkSqliteFile(opened.reading.facts)),
      ...(catalogue === null || engine === null
        ? []
        : checkCatalogueTables(catalogue, engine, pickles, settings)),
    ],
    skipped: listSkipped(layout, subjects),
    tasks: [
      ...(settings.level === "quick" ? [] : planDatabaseTasks(layout, opened, pickles)),
      ...planSegmentTasks(opened, segments ?? listStraySegments(layout), settings),
    ],
    release: () => opened?.reading.release(),
  };
}

function checkCatalogueTables(
  catalogue: Catalogue,
  engine: Engine,
  pickles: PickleWatermarks | null,
  { level }: CheckSettings,
): Finding[] {
  // At the full level the integrity check names damaged tables, with the pages.
  const schema = checkSchema(catalogue, engine)
    .filter(({ name }) => level === "quick" || name !== "sqlite-malformed");
  return [
    ...checkMigrations(catalogue, engine),
    ...schema,
    ...checkCatalogue(catalogue, engine),
    ...checkConfiguration(catalogue, engine),
    ...checkWatermarks(catalogue, engine, pickles),
  ];
}

/**
 * Before 0.5.6 the watermark of an index stands in its id map alone; and so it does in a store that
 * was upgraded, until an engine loads that index.
 */
function readPickleWatermarks(
  segments: readonly PlannedSegment[],
  catalogue: Catalogue,
  settings: CheckSettings,
): PickleWatermarks | null {
  // Reading id maps would make the quick level as slow as a store is large.
  if (settings.level === "quick") return null;
  const marked = new Set(catalogue.watermarks.map(({ segmentId }) => segmentId));
  const watermarks = new Map<string, number | null>();
  for (const { subject } of segments) {
    const file = subject.directory?.files[SEGMENT_FILES.idMap];
    if (file === undefined || marked.has(subject.segmentId)) continue;
    watermarks.set(subject.segmentId, readLegacyWatermark(subject, file));
  }
  return watermarks;
}

function readLegacyWatermark(subject: SegmentSubject, file: StoreFile): number | null {
  using source = BoundedFile.open(join(subject.storePath, file.path));
  return readIdMap(source).maxSeqId;
}

/** A VECTOR segment, and where its records stand. */
interface PlannedSegment {
  readonly subject: SegmentSubject;
  readonly place: RecordPlace | null;
}

function listVectorSegments(
  layout: Layout,
  catalogue: Catalogue,
  engine: Engine,
): PlannedSegment[] {
  const directories = new Map(
    layout.segments.filter((directory) => !directory.movedAside)
      .map((directory) => [directory.segmentId, directory]),
  );
  const watermarks = readWatermarks(catalogue);
  return listCollections(catalogue).flatMap((entry) => {
    const { collection, vector } = entry;
    if (vector === null) return [];
    const directory = directories.get(vector.id) ?? null;
    const subject: SegmentSubject = {
      storePath: layout.path,
      segmentId: vector.id,
      collection: collectionLabel(collection),
      dimension: collection.dimension,
      settings: resolveIndexSettings(catalogue, collection, vector),
      era: engine.era,
      directory,
    };
    return [{ subject, place: findRecords(entry, watermarks) }];
  });
}

function readWatermarks(catalogue: Catalogue): Map<string, number> {
  const watermarks = new Map<string, number>();
  for (const row of catalogue.watermarks) {
    // What a migration garbled is read as it was meant, so that it stays one finding.
    const { trueValue } = decodeWatermark(row);
    if (trueValue !== null) watermarks.set(row.segmentId, trueValue);
  }
  return watermarks;
}

function findRecords(
  { collection, vector, metadata }: CollectionSegments,
  watermarks: ReadonlyMap<string, number>,
): RecordPlace | null {
  if (vector === null || metadata === null) return null;
  return {
    metadataSegmentId: metadata.id,
    collectionId: collection.id,
    vectorWatermark: watermarks.get(vector.id) ?? null,
    metadataWatermark: watermarks.get(metadata.id) ?? null,
  };
}

/** What the engine does not read either, with the reason. */
function listSkipped(layout: Layout, subjects: readonly SegmentSubject[] | null): SkippedBytes[] {
  const live = new Set(subjects?.map(({ segmentId }) => segmentId));
  const skipped: SkippedBytes[] = [];
  for (const { movedAside, segmentId, files } of layout.segments) {
    const isLive = !movedAside && (subjects === null || live.has(segmentId));
    const reason = movedAside ? "moved aside" : "of deleted collections";
    for (const [name, { sizeBytes }] of Object.entries(files)) {
      if (!isLive) skipped.push({ reason, sizeBytes });
      else if (!INDEX_FILES.includes(name)) skipped.push({ reason: FOREIGN, sizeBytes });
    }
  }
  const foreign = layout.foreign.map(({ sizeBytes }) => ({ reason: FOREIGN, sizeBytes }));
  const journals = layout.companions.map(({ sizeBytes }) => ({
    reason: "journals beside the database",
    sizeBytes,
  }));
  return [...skipped, ...foreign, ...journals];
}

/** Segments of a store whose catalogue cannot be read: their files are judged by themselves. */
function listStraySegments(layout: Layout): PlannedSegment[] {
  return layout.segments.filter((directory) => !directory.movedAside).map((directory) => ({
    place: null,
    subject: {
      storePath: layout.path,
      segmentId: directory.segmentId,
      collection: null,
      dimension: null,
      settings: null,
      era: "rust",
      directory,
    },
  }));
}

function planSegmentTasks(
  opened: OpenedCatalogue | null,
  segments: readonly PlannedSegment[],
  { level }: CheckSettings,
): SegmentTask[] {
  const location = opened?.reading.location ?? null;
  return segments.map(({ subject, place }) => ({
    kind: "segment",
    sizeBytes: level === "quick" ? 0 : estimateBytes(subject),
    payload: { subject, place, location, level },
  }));
}

function planDatabaseTasks(
  layout: Layout,
  opened: OpenedCatalogue | null,
  pickles: PickleWatermarks | null,
): (FulltextTask | TablesTask)[] {
  const location = opened?.reading.location ?? null;
  const header = opened?.reading.facts.judgedHeader ?? null;
  if (opened === null || location === null || header === null) return [];
  const { catalogue, engine } = opened;
  const sizeBytes = layout.catalogue?.sizeBytes ?? 0;
  // Measured: the full text takes a little longer than all the other tables.
  const fulltextBytes = Math.round(0.6 * sizeBytes);
  const positions = catalogue === null || engine === null
    ? []
    : listQueuePositions(catalogue, pickles);
  const base = { location, header, sizeBytes };
  return [
    { kind: "fulltext", sizeBytes: fulltextBytes, payload: base },
    {
      kind: "tables",
      sizeBytes: sizeBytes - fulltextBytes,
      payload: { ...base, catalogue, engine, positions },
    },
  ];
}

/** What a full check of a segment reads; the pickle costs more for each byte than the rest. */
function estimateBytes({ directory }: SegmentSubject): number {
  const files = directory?.files ?? {};
  return Object.values(SEGMENT_FILES)
    .reduce((sum, name) => sum + (files[name]?.sizeBytes ?? 0), 0);
}
