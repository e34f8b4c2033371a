/**
 * The store's directory against the catalogue. The rules:
 *
 * - chroma.sqlite3 is there and has bytes where there are segments;
 * - every directory with the name of a segment belongs to one; what was moved aside is named with
 *   what it still holds;
 * - a segment's directory is a directory, and the files in it are regular ones;
 * - files take no more space on the disk than they have bytes;
 * - an index that is much older than the catalogue is named, though lag alone is normal.
 *
 * @module
 */

import { formatBytes, formatDuration } from "../../base/format.ts";
import { createFinding, type Finding } from "../../model/finding.ts";
import {
  CATALOGUE_NAME,
  COMPANION_SUFFIXES,
  type Layout,
  listFiles,
  SEGMENT_FILES,
  type SegmentDirectory,
} from "./layout.ts";
import type { SegmentSubject } from "./segment/segment_reading.ts";

/** What SQLite keeps beside the database. */
const COMPANIONS: readonly string[] = COMPANION_SUFFIXES.map((suffix) => CATALOGUE_NAME + suffix);

/** A file system may round up to whole blocks and clusters; this much is beyond rounding. */
const OVERALLOCATED_BYTES = 64 << 20;
const OVERALLOCATED_RATIO = 4;

/**
 * Judges what stands in the directory apart from the contents.
 *
 * @param layout The directory.
 * @param subjects The VECTOR segments that the catalogue names, or null when it cannot be read.
 * @param staleSeconds From which age of an index on its distance to the catalogue is named.
 * @returns What is wrong or unusual.
 */
export function checkLayout(
  layout: Layout,
  subjects: readonly SegmentSubject[] | null,
  staleSeconds: number,
): Finding[] {
  return [
    ...checkCatalogueFile(layout),
    ...checkSegmentDirectories(layout, subjects),
    ...checkForeign(layout),
    ...checkAllocation(layout),
    ...checkAge(layout, subjects ?? [], staleSeconds),
  ];
}

function checkCatalogueFile(layout: Layout): Finding[] {
  const segments = layout.segments.length;
  if (layout.catalogue === null) {
    return [createFinding("catalogue-missing", {
      path: CATALOGUE_NAME,
      message: `${CATALOGUE_NAME} is missing; ${segments} segment directories are there`,
    })];
  }
  if (layout.catalogue.sizeBytes > 0) return [];
  return [createFinding(segments > 0 ? "catalogue-empty" : "catalogue-fresh", {
    path: CATALOGUE_NAME,
    offset: 0,
    message: `${CATALOGUE_NAME} has 0 bytes; ${segments} segment directories are there`,
  })];
}

function checkSegmentDirectories(
  layout: Layout,
  subjects: readonly SegmentSubject[] | null,
): Finding[] {
  const findings: Finding[] = [];
  const bySegment = new Map(subjects?.map((subject) => [subject.segmentId, subject]));
  for (const directory of layout.segments) {
    const subject = bySegment.get(directory.segmentId);
    const place = {
      path: directory.name,
      collection: subject?.collection ?? null,
      segment: directory.segmentId,
    };
    if (directory.movedAside) {
      findings.push(createFinding("moved-aside-segment", {
        ...place,
        message: `Moved aside: ${describeContents(directory)}`,
      }));
    } else if (subject === undefined && subjects !== null) {
      findings.push(createFinding("orphan-segment-directory", {
        ...place,
        message: `Belongs to no collection: ${describeContents(directory)}`,
      }));
    }
    findings.push(...checkIrregular(directory, place));
  }
  for (const name of layout.segmentsNotDirectories) {
    const subject = bySegment.get(name);
    if (subject === undefined && subjects !== null) continue;
    findings.push(createFinding("segment-not-a-directory", {
      path: name,
      collection: subject?.collection ?? null,
      segment: name,
      message: "A file stands where the segment's directory belongs",
    }));
  }
  return findings;
}

function checkIrregular(
  directory: SegmentDirectory,
  place: { path: string; collection: string | null; segment: string },
): Finding[] {
  const expected: readonly string[] = Object.values(SEGMENT_FILES);
  return directory.irregular.map((name) =>
    createFinding(expected.includes(name) ? "file-unreadable" : "foreign-entry", {
      ...place,
      path: `${directory.name}/${name}`,
      message: `${name} is no regular file`,
    })
  );
}

function describeContents(directory: SegmentDirectory): string {
  const files = Object.values(directory.files);
  const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  const vectors = directory.files[SEGMENT_FILES.data];
  const what = vectors === undefined ? "no vectors" : `${formatBytes(vectors.sizeBytes)} of slots`;
  return `${files.length} files, ${formatBytes(sizeBytes)}, ${what}`;
}

function checkForeign(layout: Layout): Finding[] {
  const foreign = layout.foreign
    .filter((file) => !layout.segmentsNotDirectories.includes(file.path))
    .map((file) =>
      createFinding("foreign-entry", {
        path: file.path,
        message: `Not written by an engine; ${formatBytes(file.sizeBytes)}`,
      })
    );
  const unreachable = layout.unreachable.map((name) =>
    COMPANIONS.includes(name)
      ? createFinding("file-unreadable", {
        path: name,
        message: "A link that leads nowhere; SQLite has to write a file of its own there",
      })
      : createFinding("foreign-entry", {
        path: name,
        message: "Cannot be looked at: a link that leads nowhere, or a name that is not UTF-8",
      })
  );
  return [...foreign, ...unreachable];
}

function checkAllocation(layout: Layout): Finding[] {
  const findings: Finding[] = [];
  for (const file of listFiles(layout)) {
    const allocated = file.allocatedBytes;
    if (allocated === null || file.aggregate) continue;
    if (allocated <= OVERALLOCATED_BYTES + OVERALLOCATED_RATIO * file.sizeBytes) continue;
    findings.push(createFinding("file-overallocated", {
      path: file.path,
      message: `${formatBytes(file.sizeBytes)} take ${formatBytes(allocated)} on the disk`,
    }));
  }
  return findings;
}

function checkAge(
  layout: Layout,
  subjects: readonly SegmentSubject[],
  staleSeconds: number,
): Finding[] {
  const findings: Finding[] = [];
  for (const { directory, collection, segmentId } of subjects) {
    const data = directory?.files[SEGMENT_FILES.data];
    if (data === undefined || layout.catalogue === null) continue;
    const ageMs = layout.catalogue.modifiedMs - data.modifiedMs;
    if (ageMs < staleSeconds * 1000) continue;
    findings.push(createFinding("index-older-than-catalogue", {
      path: data.path,
      collection,
      segment: segmentId,
      message: `The index was last flushed ${formatDuration(ageMs)} before ${CATALOGUE_NAME} ` +
        "was last written",
    }));
  }
  return findings;
}
