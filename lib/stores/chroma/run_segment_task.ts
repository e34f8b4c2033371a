/**
 * Checking one segment: its files, and its ids against the records.
 *
 * @module
 */

import { join } from "@std/path";
import { BoundedFile } from "../../fs/read_fs.ts";
import type { Finding } from "../../model/finding.ts";
import type { SkippedBytes } from "../../model/report.ts";
import type { KeptReading, TaskContext, TaskResult } from "../../model/store.ts";
import type { StoreDatabase } from "../../sqlite/database.ts";
import { requireDataError } from "../../sqlite/machine_error.ts";
import { openLocation } from "../../sqlite/reading.ts";
import { checkDataDimension, checkHeader } from "./segment/check_header.ts";
import { checkIdMap, checkIdMapEnds } from "./segment/check_id_map.ts";
import { checkLengths } from "./segment/check_lengths.ts";
import { checkLinks } from "./segment/check_links.ts";
import { checkGraph, checkSlots } from "./segment/check_slots.ts";
import { describeGraph } from "./segment/describe_graph.ts";
import {
  checkRecordCount,
  checkRecords,
  checkSegmentFiles,
  type QuickCounts,
} from "./records/check_records.ts";
import { readIdMap } from "./segment/id_map.ts";
import { CATALOGUE_NAME, SEGMENT_FILES } from "./layout.ts";
import {
  compareRecords,
  countPendingAdditions,
  countRecords,
  IndexedIds,
  NOTHING_PENDING,
  type PendingIds,
  readPendingIds,
  type RecordComparison,
  type RecordPlace,
} from "./records/read_records.ts";
import { readSegment } from "./segment/read_segment.ts";
import type { SegmentReading, SegmentSubject, SlotCount } from "./segment/segment_reading.ts";
import type { KeptSegment, SegmentTask, TaskFacts } from "./tasks.ts";

/** How far records are counted at the quick level, so that its cost does not grow with a store. */
const MOST_COUNTED = 250_000;

/**
 * Checks one segment.
 *
 * @param task The segment, and how much is looked at.
 * @param context Is told of progress.
 * @returns What was found.
 * @throws {OperationError} The segment cannot be read, or the store is in use.
 */
export function runSegmentTask(task: SegmentTask, context: TaskContext): TaskResult {
  if (task.payload.level === "quick") return runQuickSegment(task);
  return isKeptSegment(task.known)
    ? runRecordsOnly(task, task.known)
    : runFullSegment(task, context);
}

/** A segment's ids and records need the catalogue; without it the files are judged alone. */
interface RecordSource extends Disposable {
  readonly database: StoreDatabase;
  readonly place: RecordPlace;
}

function openRecords({ payload }: SegmentTask): RecordSource | null {
  if (payload.location === null || payload.place === null) return null;
  const database = openLocation(payload.location);
  return { database, place: payload.place, [Symbol.dispose]: () => database.close() };
}

function runQuickSegment(task: SegmentTask): TaskResult {
  using records = openRecords(task);
  const { subject } = task.payload;
  const { reading, checkedBytes } = readSegment(subject, {
    level: "quick",
    onRead: () => {},
    onId: () => {},
  });
  const ends = readIdMapEnds(subject);
  const counts = records === null ? null : orNull(() => countQuickly(records, subject));
  return {
    checkedBytes,
    findings: [
      ...checkSegmentFiles(reading),
      ...checkHeader(reading),
      ...checkSlots(reading),
      ...checkLinks(reading),
      ...checkLengths(reading),
      ...checkIdMapEnds(reading, ends),
      ...checkRecordCount(reading, counts),
    ],
  };
}

/** Counts no further than a bound; null where that is not enough to tell anything. */
function countQuickly(
  { database, place }: RecordSource,
  subject: SegmentSubject,
): QuickCounts | null {
  const hasIdMap = subject.directory?.files[SEGMENT_FILES.idMap] !== undefined;
  const after = hasIdMap ? lowerWatermark(place.vectorWatermark ?? 0, place) : 0;
  const records = countRecords(database, place, MOST_COUNTED);
  const pending = countPendingAdditions(database, place, after, MOST_COUNTED);
  return pending >= MOST_COUNTED ? null : { records, pendingAdditions: pending };
}

function runFullSegment(task: SegmentTask, context: TaskContext): TaskResult {
  using records = openRecords(task);
  const { subject } = task.payload;
  const pending = readPending(records, subject);
  const indexed = new IndexedIds(pending);
  const { reading, checkedBytes } = readSegment(subject, {
    level: "full",
    onRead: (sizeBytes) => context.progress(sizeBytes),
    onId: (id) => indexed.add(id),
  });
  const comparison = records === null ? null : compare(records, subject, pending, indexed);
  const findings: Finding[] = [
    ...checkSegmentFiles(reading),
    ...checkHeader(reading),
    ...checkDataDimension(reading),
    ...checkSlots(reading),
    ...checkLinks(reading),
    ...checkLengths(reading),
    ...checkGraph(reading),
    ...checkIdMap(reading, pending.additions),
  ];
  const skipped = listUnused(reading);
  const graph = describeGraph(reading);
  return {
    findings: [...findings, ...checkRecords(reading, comparison)],
    checkedBytes,
    skipped,
    facts: factsOf(comparison),
    ...(graph === null ? {} : { graph }),
    ...keep(reading, { findings, checkedBytes, skipped }),
  };
}

function factsOf(comparison: RecordComparison | null): TaskFacts {
  return comparison === null ? {} : { records: comparison.records };
}

/** Findings that are told apart by what waits in the queue, so that they cannot be kept. */
const DEPENDS_ON_QUEUE: readonly string[] = ["index-ahead", "slot-without-id"];

/** What the next run is spared while the files of the index do not change: all but the id map. */
function keep(
  { files, count }: SegmentReading,
  { findings, checkedBytes, skipped }: Omit<KeptReading, "data">,
): { kept?: KeptReading } {
  if (findings.some(({ name }) => DEPENDS_ON_QUEUE.includes(name))) return {};
  const others = Object.entries(checkedBytes).filter(([path]) => path !== files.idMap?.path);
  const data: KeptSegment = { slots: count?.effective ?? null };
  return { kept: { findings, checkedBytes: Object.fromEntries(others), skipped, data } };
}

/** What was kept comes from a file that anybody may have written. */
function isKeptSegment(known: unknown): known is KeptSegment {
  if (typeof known !== "object" || known === null || !("slots" in known)) return false;
  return known.slots === null || (Number.isSafeInteger(known.slots) && Number(known.slots) >= 0);
}

/** Holds the records against the ids of an index whose files have not changed since their check. */
function runRecordsOnly(task: SegmentTask, { slots }: KeptSegment): TaskResult {
  using records = openRecords(task);
  const { subject } = task.payload;
  const pending = readPending(records, subject);
  const indexed = new IndexedIds(pending);
  const file = subject.directory?.files[SEGMENT_FILES.idMap];
  using source = file === undefined ? null : BoundedFile.open(join(subject.storePath, file.path));
  const idMap = source === null ? null : readIdMap(source, (id) => indexed.add(id));
  const count: SlotCount | null = slots === null
    ? null
    : { declared: null, effective: slots, evidence: "header" };
  const comparison = records === null ? null : compare(records, subject, pending, indexed);
  return {
    findings: checkRecords({ subject, count, idMap }, comparison),
    checkedBytes: file === undefined ? {} : { [file.path]: file.sizeBytes },
    facts: factsOf(comparison),
  };
}

/** The Python era writes as many slots as there is room for; those not in use hold nothing. */
function listUnused({ files, slots, geometry }: SegmentReading): SkippedBytes[] {
  if (files.data === null || slots === null || geometry === null) return [];
  const usedBytes = slots.slots * geometry.slotSizeBytes;
  return [{ reason: "slots that are not in use", sizeBytes: files.data.sizeBytes - usedBytes }];
}

function readPending(records: RecordSource | null, subject: SegmentSubject): PendingIds {
  if (records === null) return NOTHING_PENDING;
  const { database, place } = records;
  const after = lowerWatermark(findVectorWatermark(place, subject), place);
  return orNull(() => readPendingIds(database, place, after)) ?? NOTHING_PENDING;
}

function lowerWatermark(vectorWatermark: number, { metadataWatermark }: RecordPlace): number {
  return Math.min(vectorWatermark, metadataWatermark ?? Number.MAX_SAFE_INTEGER);
}

/** An engine that finds no id map begins at the start of the queue, whatever the watermark says. */
function findVectorWatermark(place: RecordPlace, subject: SegmentSubject): number {
  const file = subject.directory?.files[SEGMENT_FILES.idMap];
  return file === undefined ? 0 : place.vectorWatermark ?? 0;
}

function compare(
  { database, place }: RecordSource,
  subject: SegmentSubject,
  pending: PendingIds,
  indexed: IndexedIds,
): RecordComparison | null {
  const file = subject.directory?.files[SEGMENT_FILES.idMap];
  using idMap = file === undefined ? null : BoundedFile.open(join(subject.storePath, file.path));
  return orNull(() => compareRecords(database, place, pending, indexed, idMap));
}

/** Reads the first and the last byte of an id map: what was cut does not end as a pickle does. */
function readIdMapEnds(subject: SegmentSubject): Uint8Array | null {
  const file = subject.directory?.files[SEGMENT_FILES.idMap];
  if (file === undefined) return null;
  using source = BoundedFile.open(join(subject.storePath, file.path));
  if (source.sizeBytes === 0) return new Uint8Array();
  return new Uint8Array([...source.read(0, 1), ...source.read(source.sizeBytes - 1, 1)]);
}

/** Runs a query; damage of the database gives null, for the integrity check names it. */
function orNull<T>(query: () => T): T | null {
  try {
    return query();
  } catch (error) {
    requireDataError(error, CATALOGUE_NAME);
    return null;
  }
}
