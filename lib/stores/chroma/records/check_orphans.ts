/**
 * Records and metadata that belong to nothing. The rules:
 *
 * - every record is that of a segment, every value of metadata that of a record;
 * - records of a collection that was deleted stay behind in 0.5 and 0.6, so they are no damage;
 * - list values without a record are more than a leftover: the numbers of records are given again,
 *   and the next record that gets one has these lists.
 *
 * @module
 */

import { formatBytes, formatCount } from "../../../base/format.ts";
import { createFinding, type Finding } from "../../../model/finding.ts";
import {
  type Catalogue,
  isWhole,
  listCollections,
  listOwnedSegments,
} from "../catalogue/catalogue.ts";
import { CATALOGUE_NAME } from "../layout.ts";
import type { RecordCounts, SegmentRecords } from "./orphans.ts";

/** How many segments a finding names. */
const MOST_NAMED = 100;

/**
 * Judges whom records and metadata belong to.
 *
 * @param catalogue The catalogue.
 * @param counts The rows by whom they belong to.
 * @returns What is left over.
 */
export function checkOrphans(catalogue: Catalogue, counts: RecordCounts): Finding[] {
  return [
    ...checkRecords(catalogue, counts),
    ...withoutRecord("metadata-orphaned", "embedding_metadata", counts.metadataWithoutRecord),
    ...withoutRecord(
      "metadata-array-orphaned",
      "embedding_metadata_array",
      counts.arraysWithoutRecord,
    ),
  ];
}

function checkRecords(catalogue: Catalogue, counts: RecordCounts): Finding[] {
  if (counts.bySegment === null || !isWhole(catalogue, "segments")) return [];
  const segments = listOwnedSegments(catalogue);
  const orphans = counts.bySegment.filter(({ segmentId }) => !segments.has(segmentId));
  if (orphans.length === 0) return [];
  const count = orphans.reduce((sum, segment) => sum + segment.count, 0);
  return [createFinding("records-orphaned", {
    path: CATALOGUE_NAME,
    count,
    message: `${formatCount(count, "record")} (${formatBytes(counts.orphanedSizeBytes)} of text) ` +
      `of ${formatCount(orphans.length, "segment")} that ${describeOwners(catalogue)}`,
    detail: {
      sizeBytes: counts.orphanedSizeBytes,
      segments: orphans.slice(0, MOST_NAMED).map(describeSegment),
    },
  })];
}

/** Where a collection lacks its METADATA row, these may well be its records. */
function describeOwners(catalogue: Catalogue): string {
  const isLacking = listCollections(catalogue).some(({ metadata }) => metadata === null);
  return isLacking
    ? "are not there; collections that lack the row of their METADATA segment may be theirs"
    : "are not there";
}

function describeSegment({ segmentId, count }: SegmentRecords): { segment: string; count: number } {
  return { segment: segmentId, count };
}

function withoutRecord(
  name: "metadata-orphaned" | "metadata-array-orphaned",
  table: string,
  count: number | null,
): Finding[] {
  if (count === null || count === 0) return [];
  return [createFinding(name, {
    path: CATALOGUE_NAME,
    count,
    message: `${formatCount(count, "row")} of ${table} for records that are not there`,
  })];
}
