/**
 * link_lists.bin. The rules:
 *
 * - there is a record for every slot in use, of a length that can be, and nothing behind the last;
 * - every list has a possible number of links, all of them to nodes on that level.
 *
 * @module
 */

import { formatBytes, formatCount } from "../../../base/format.ts";
import { createFinding, type Finding } from "../../../model/finding.ts";
import { placesFinding } from "./places_finding.ts";
import { inFile, type SegmentReading } from "./segment_reading.ts";

/**
 * Judges link_lists.bin.
 *
 * @param reading The files of the segment.
 * @returns What is wrong with it; nothing when the file is missing.
 */
export function checkLinks(reading: SegmentReading): Finding[] {
  const { files, links, count, geometry } = reading;
  if (files.links === null || count === null || geometry === null) return [];
  if (links === null) return checkLinksLength(reading, files.links.sizeBytes, count.effective);
  const place = inFile(reading.subject, "links");
  if (reading.linksAllZero && (reading.header?.maxLevel ?? 0) > 0) {
    return [createFinding("links-zeroed", {
      ...place,
      offset: 0,
      message: "link_lists.bin begins with zeros, but the graph has levels above 0",
    })];
  }
  if (links.stop === "truncated") {
    return [createFinding("links-truncated", {
      ...place,
      offset: links.endOffset,
      count: count.effective - links.records,
      message: `link_lists.bin ends after ${formatCount(links.records, "record")}; ` +
        `${formatCount(count.effective, "slot")} are in use`,
    })];
  }
  if (links.stop === "torn") {
    return [createFinding("links-record-torn", {
      ...place,
      offset: links.endOffset,
      message: `The record of slot ${links.records} claims ` +
        `${formatBytes(links.tornSizeBytes ?? 0)}, which is no multiple of ` +
        `${geometry.linkListSizeBytes} bytes or too much`,
    })];
  }
  return [...checkNeighbours(reading), ...checkLinksSize(reading)];
}

/** Without reading it: every slot has a record of four bytes at least. */
function checkLinksLength(reading: SegmentReading, sizeBytes: number, slots: number): Finding[] {
  if (sizeBytes >= 4 * slots) return [];
  return [createFinding("links-truncated", {
    ...inFile(reading.subject, "links"),
    offset: sizeBytes,
    message: `link_lists.bin has ${formatBytes(sizeBytes)}; ${formatCount(slots, "slot")} need ` +
      `${formatBytes(4 * slots)} at least`,
  })];
}

function checkNeighbours(reading: SegmentReading): Finding[] {
  const { links } = reading;
  if (links === null) return [];
  const findings: Finding[] = [];
  if (links.neighbourCount.count > 0) {
    const lists = formatCount(links.neighbourCount.count, "list");
    const message = `Impossible number of links in ${lists} of levels above 0`;
    findings.push(
      placesFinding(reading, "links", "links-neighbour-count", links.neighbourCount, message),
    );
  }
  if (links.neighbourRange.count > 0) {
    const lists = formatCount(links.neighbourRange.count, "list");
    const message = `A link to a slot that is not in use or not on that level, in ${lists}`;
    findings.push(
      placesFinding(reading, "links", "links-neighbour-range", links.neighbourRange, message),
    );
  }
  return findings;
}

function checkLinksSize(reading: SegmentReading): Finding[] {
  const { files, links } = reading;
  if (files.links === null || links === null) return [];
  const trailingBytes = files.links.sizeBytes - links.endOffset;
  if (trailingBytes === 0) return [];
  // More than twice what the records take is no leftover of a cut: something seeked past the end.
  const name = trailingBytes > Math.max(1 << 20, 2 * links.endOffset)
    ? "links-sparse"
    : "links-trailing-bytes";
  return [createFinding(name, {
    ...inFile(reading.subject, "links"),
    offset: links.endOffset,
    message: `link_lists.bin goes on for ${formatBytes(trailingBytes)} after the record of the ` +
      `last slot`,
  })];
}
