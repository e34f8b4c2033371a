/**
 * The graph of an index in numbers, from what a check has read of it anyway.
 *
 * @module
 */

import type { LinkSurvey } from "../../../hnsw/links.ts";
import type { GraphReading } from "../../../model/portrait.ts";
import type { SegmentReading } from "./segment_reading.ts";

/**
 * Describes the graph of an index.
 *
 * @param reading The files of the segment, read at the full level.
 * @returns The graph; null where its slots could not be read.
 */
export function describeGraph(reading: SegmentReading): GraphReading | null {
  const { subject, geometry, count, slots, links, unreachable, header } = reading;
  if (geometry === null || count === null || slots === null) return null;
  const entryPoint = header?.entryPoint ?? null;
  return {
    segment: subject.segmentId,
    path: subject.directory?.name ?? subject.segmentId,
    dimension: geometry.dimension,
    maxLinks: geometry.maxLinks,
    slots: slots.slots,
    expectedSlots: count.effective,
    live: slots.live,
    deleted: slots.deleted,
    unreachable: unreachable?.count ?? null,
    unreachableSlots: unreachable?.first ?? [],
    entryPoint: entryPoint !== null && entryPoint < count.effective ? entryPoint : null,
    levels: links === null || links.records === 0 || reading.linksAllZero ? [] : countLevels(links),
    degrees: slots.degrees.slice(0, 1 + slots.degrees.findLastIndex((slots) => slots > 0)),
  };
}

function countLevels({ levels, records, highestLevel }: LinkSurvey): number[] {
  const counts = new Array<number>(highestLevel + 1).fill(0);
  for (const level of levels.subarray(0, records)) counts[level] = (counts[level] ?? 0) + 1;
  return counts;
}
