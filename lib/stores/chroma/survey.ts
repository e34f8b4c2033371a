/**
 * The first step of a check: what stands in the directory, what the catalogue says, and which tasks
 * follow from both.
 *
 * @module
 */

import type { Finding } from "../../model/finding.ts";
import type { SkippedBytes } from "../../model/report.ts";
import type { CheckSettings, DetectedStore, StoreSurvey } from "../../model/store.ts";
import type { Catalogue } from "./catalogue/catalogue.ts";
import { checkLayout } from "./check_layout.ts";
import { checkMigrations } from "./catalogue/check_migrations.ts";
import { checkSchema } from "./catalogue/check_schema.ts";
import { checkSqliteFile } from "./database/check_sqlite_file.ts";
import { checkCatalogue } from "./catalogue/check_catalogue.ts";
import { checkConfiguration } from "./catalogue/check_configuration.ts";
import { checkMetadataFaults } from "./catalogue/metadata_faults.ts";
import { checkWatermarks } from "./catalogue/check_watermarks.ts";
import { type Layout, listFiles, readLayout, SEGMENT_FILES } from "./layout.ts";
import type { Engine } from "./catalogue/migrations.ts";
import {
  estimateBytes,
  findRecords,
  listStraySubjects,
  listVectorSegments,
  openCatalogue,
  type OpenedCatalogue,
  readPickleWatermarks,
  type VectorSegment,
} from "./opened_catalogue.ts";
import { listQueuePositions } from "./records/queue.ts";
import type { RecordPlace } from "./records/read_records.ts";
import type { SegmentSubject } from "./segment/segment_reading.ts";
import { memoOfDatabase, memoOfSegment } from "./task_memo.ts";
import type { FulltextTask, SegmentTask, TablesTask } from "./tasks.ts";
import type { PickleWatermarks } from "./catalogue/watermark.ts";

/** The files of an index. */
const INDEX_FILES: readonly string[] = Object.values(SEGMENT_FILES);

/** Why files that no engine wrote are not looked at. */
const FOREIGN = "not written by an engine";

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

function planSurvey(
  layout: Layout,
  opened: OpenedCatalogue | null,
  settings: CheckSettings,
): StoreSurvey {
  const catalogue = opened?.catalogue ?? null;
  const engine = opened?.engine ?? null;
  const listed = catalogue === null || engine === null
    ? null
    : listVectorSegments(layout, catalogue, engine);
  const subjects = listed?.map(({ subject }) => subject) ?? null;
  // Reading id maps would make the quick level as slow as a store is large.
  const pickles = catalogue === null || settings.level === "quick"
    ? null
    : readPickleWatermarks(listed ?? [], catalogue);
  const segments = catalogue === null || listed === null
    ? listStraySegments(layout)
    : placeRecords(listed, catalogue, pickles);
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
      ...planSegmentTasks(opened, segments, settings),
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
    ...checkMetadataFaults(catalogue),
    ...checkWatermarks(catalogue, engine, pickles),
  ];
}

/** A VECTOR segment, and where its records stand. */
interface PlannedSegment {
  readonly subject: SegmentSubject;
  readonly place: RecordPlace | null;
}

function placeRecords(
  segments: readonly VectorSegment[],
  catalogue: Catalogue,
  pickles: PickleWatermarks | null,
): PlannedSegment[] {
  const places = findRecords(segments.map(({ entry }) => entry), catalogue, pickles);
  return segments.map(({ subject }, index) => ({ subject, place: places[index] ?? null }));
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
  return listStraySubjects(layout).map((subject) => ({ place: null, subject }));
}

function planSegmentTasks(
  opened: OpenedCatalogue | null,
  segments: readonly PlannedSegment[],
  { level }: CheckSettings,
): SegmentTask[] {
  const location = opened?.reading.location ?? null;
  return segments.map(({ subject, place }) => {
    const payload = { subject, place, location, level };
    const sizeBytes = level === "quick" ? 0 : estimateBytes(subject);
    const memo = memoOfSegment(payload);
    return { kind: "segment", sizeBytes, payload, ...(memo === undefined ? {} : { memo }) };
  });
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
  const base = { location, header };
  const tables = { ...base, catalogue, engine, positions };
  return [
    {
      kind: "fulltext",
      sizeBytes: fulltextBytes,
      payload: base,
      memo: memoOfDatabase("fulltext", base),
    },
    {
      kind: "tables",
      sizeBytes: sizeBytes - fulltextBytes,
      payload: tables,
      memo: memoOfDatabase("tables", tables),
    },
  ];
}
