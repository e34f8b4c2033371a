/**
 * Records against vectors, and whether everything is there that the engine needs to load an index.
 * The rules:
 *
 * - a segment whose records are not all in the queue has a directory;
 * - a directory whose id map names records has all four .bin files;
 * - every record has a vector, in the index or in the queue, and every id of the index is a record.
 *
 * @module
 */

import { formatCount } from "../../../base/format.ts";
import { createFinding, type Finding } from "../../../model/finding.ts";
import { CATALOGUE_NAME, SEGMENT_FILES } from "../layout.ts";
import type { RecordComparison } from "./read_records.ts";
import { inFile, type SegmentFileKey, type SegmentReading } from "../segment/segment_reading.ts";

const BIN_FILES: readonly SegmentFileKey[] = ["header", "data", "lengths", "links"];

/**
 * Judges whether the files of an index are all there.
 *
 * @param reading The files of the segment.
 * @returns A finding for each file that is missing.
 */
export function checkSegmentFiles(reading: SegmentReading): Finding[] {
  const { subject, files, idMap } = reading;
  if (subject.directory === null) return [];
  const present = BIN_FILES.filter((key) => files[key] !== null);
  // An engine makes all four at once and reads them only once there is an id map.
  if (files.idMap === null && present.length === 0) return [];
  if (idMap !== null && idMap.fault === null && idMap.entries === 0) return [];
  return BIN_FILES.filter((key) =>
    files[key] === null && !subject.directory?.irregular.includes(
      SEGMENT_FILES[key],
    )
  ).map((key) =>
    createFinding("segment-file-missing", {
      ...inFile(subject, key),
      message: `${SEGMENT_FILES[key]} is missing`,
    })
  );
}

/** What of a segment's files plays a part where records are held against them. */
export type IndexedRecords = Pick<SegmentReading, "subject" | "count" | "idMap">;

/**
 * Judges records against vectors.
 *
 * @param reading The files of the segment.
 * @param comparison The two sides, or null when they could not be compared.
 * @returns At most one finding for each side.
 */
export function checkRecords(
  reading: IndexedRecords,
  comparison: RecordComparison | null,
): Finding[] {
  // With a damaged id map one side is unknown; that damage has been named.
  if (comparison === null || (reading.idMap !== null && reading.idMap.fault !== null)) return [];
  return [...checkMissing(reading, comparison), ...checkGhosts(reading, comparison)];
}

function checkMissing(reading: IndexedRecords, comparison: RecordComparison): Finding[] {
  const { missing, records } = comparison;
  if (missing.count === 0) return [];
  const { subject, idMap } = reading;
  const facts = {
    count: missing.count,
    message: `${formatCount(missing.count, "record")} of ${records} without a vector`,
    detail: { ids: missing.examples },
  };
  if (subject.directory === null) {
    return [createFinding("segment-missing", { ...facts, ...inFile(subject, null) })];
  }
  if (idMap === null) {
    // Where slots are in use the missing id map itself is the cause, and has been named.
    if ((reading.count?.effective ?? 0) > 0) return [];
    return [createFinding("segment-missing", { ...facts, ...inFile(subject, null) })];
  }
  return [createFinding("vectors-missing", {
    ...facts,
    path: CATALOGUE_NAME,
    collection: subject.collection,
    segment: subject.segmentId,
  })];
}

function checkGhosts(reading: IndexedRecords, comparison: RecordComparison): Finding[] {
  const { ghosts } = comparison;
  if (ghosts.count === 0) return [];
  return [createFinding("vectors-ghost", {
    ...inFile(reading.subject, "idMap"),
    count: ghosts.count,
    message: `${formatCount(ghosts.count, "id")} of the index ${
      ghosts.count === 1 ? "is" : "are"
    } no record of the collection`,
    detail: { ids: ghosts.examples },
  })];
}

/** What is counted at the quick level, up to a bound. */
export interface QuickCounts {
  /** Records of the collection. */
  readonly records: number;
  /** Rows of the queue that will bring the index a vector. */
  readonly pendingAdditions: number;
}

/**
 * Judges how many records there are against how many vectors there can be, for the quick level.
 *
 * @param reading The files of the segment.
 * @param counts What was counted, or null when that could not be done.
 * @returns A finding when there are surely too few vectors.
 */
export function checkRecordCount(reading: SegmentReading, counts: QuickCounts | null): Finding[] {
  const { subject, files, count } = reading;
  if (counts === null) return [];
  // Without an id map the engine begins anew: only what the queue brings will be there.
  const indexed = files.idMap === null ? 0 : count?.effective ?? null;
  if (indexed === null) return [];
  const missing = counts.records - indexed - counts.pendingAdditions;
  if (missing <= 0) return [];
  return [createFinding(subject.directory === null ? "segment-missing" : "vectors-missing", {
    ...inFile(subject, null),
    count: missing,
    message: `${formatCount(counts.records, "record")}, but only ${formatCount(indexed, "slot")} ` +
      `in the index and ${formatCount(counts.pendingAdditions, "vector")} in the queue`,
  })];
}
