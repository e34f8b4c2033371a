/**
 * header.bin against itself, against the catalogue and against the other files. The rules:
 *
 * - the file has exactly 100 bytes and persistence version 1;
 * - record size, offsets and numbers of links follow from M and the dimension, and the dimension
 *   is the catalogue's;
 * - M, mult and ef_construction are parameters that an engine can have built the graph with;
 * - there is room for the slots in use, and not absurdly more;
 * - the slots in use are as many as the other files hold;
 * - the entry point is a slot in use, and its level is the highest of the graph.
 *
 * @module
 */

import { toIndex } from "../../../base/bytes.ts";
import { formatBytes, formatCount } from "../../../base/format.ts";
import type { HnswGeometry } from "../../../hnsw/geometry.ts";
import {
  HEADER_OFFSETS,
  HEADER_SIZE_BYTES,
  type HnswHeader,
  PERSISTENCE_VERSION,
} from "../../../hnsw/header.ts";
import { createFinding, type Finding } from "../../../model/finding.ts";
import type { FindingName } from "../../../model/codes.ts";
import { inFile, type SegmentReading } from "./segment_reading.ts";

/** An engine doubles the room when it is full; a user can ask for more, but not for this much. */
const MOST_ROOM_PER_SLOT = 64;
const ROOM_FREE_OF_DOUBT = 65_536;

/** The engine's own bounds lie far below; a torn number mostly lies above. */
const LARGEST_EF_CONSTRUCTION = 1_000_000n;

/**
 * Judges header.bin.
 *
 * @param reading The files of the segment.
 * @returns What is wrong with it; nothing when the file is missing.
 */
export function checkHeader(reading: SegmentReading): Finding[] {
  const { header, files } = reading;
  if (files.header === null) return [];
  const sizeBytes = files.header.sizeBytes;
  if (header === null) {
    return [headerFinding(
      reading,
      "header-truncated",
      sizeBytes,
      `header.bin has ${sizeBytes} of ${HEADER_SIZE_BYTES} bytes`,
    )];
  }
  const findings: Finding[] = [];
  if (sizeBytes > HEADER_SIZE_BYTES) {
    findings.push(headerFinding(
      reading,
      "header-trailing-bytes",
      HEADER_SIZE_BYTES,
      `header.bin has ${sizeBytes} bytes where an engine writes ${HEADER_SIZE_BYTES}`,
    ));
  }
  if (header.persistenceVersion !== PERSISTENCE_VERSION) {
    const message = `The persistence version is ${header.persistenceVersion} and can only be 1`;
    // A header whose very first field is wrong was overwritten: the rest of it says nothing.
    return [...findings, headerFinding(reading, "header-version", 0, message)];
  }
  findings.push(...checkGeometry(reading, header));
  if (reading.headerGeometry !== null) {
    findings.push(...checkParameters(reading, header, reading.headerGeometry));
  }
  findings.push(...checkCounts(reading, header), ...checkEntry(reading, header));
  return findings;
}

/**
 * Holds the dimension of an index whose header cannot be believed against the catalogue's: labels
 * stand at the ends of slots, so the size of a slot is known all the same.
 *
 * @param reading The files of the segment.
 * @returns A finding where they differ.
 */
export function checkDataDimension(reading: SegmentReading): Finding[] {
  const { headerGeometry, geometry, subject } = reading;
  if (headerGeometry !== null || geometry === null || subject.dimension === null) return [];
  return geometry.dimension === subject.dimension
    ? []
    : [mismatch(reading, "data", 0, geometry.dimension, subject.dimension)];
}

function mismatch(
  { subject }: SegmentReading,
  file: "header" | "data",
  offset: number,
  index: number,
  catalogue: number,
): Finding {
  return createFinding("dimension-mismatch", {
    ...inFile(subject, file),
    offset,
    message: `The index holds vectors of ${index} dimensions, the catalogue says ${catalogue}`,
    detail: { index, catalogue },
  });
}

function headerFinding(
  reading: SegmentReading,
  name: FindingName,
  offset: number,
  message: string,
): Finding {
  return createFinding(name, { ...inFile(reading.subject, "header"), offset, message });
}

function checkGeometry(reading: SegmentReading, header: HnswHeader): Finding[] {
  const { headerGeometry, subject } = reading;
  if (headerGeometry === null) {
    const { field, offset } = findContradiction(header, subject.dimension);
    return [headerFinding(
      reading,
      "header-geometry",
      offset,
      `${field} does not fit the other sizes and offsets (record ${header.slotSizeBytes} bytes, ` +
        `label at ${header.labelOffset}, vector at ${header.vectorOffset}, M ${header.maxLinks})`,
    )];
  }
  if (subject.dimension === null || subject.dimension === headerGeometry.dimension) return [];
  const { dimension } = headerGeometry;
  const offset = HEADER_OFFSETS.slotSizeBytes;
  return [mismatch(reading, "header", offset, dimension, subject.dimension)];
}

/** Names the field that disagrees with what the others, or the catalogue's dimension, demand. */
function findContradiction(
  header: HnswHeader,
  dimension: number | null,
): { field: string; offset: number } {
  if (header.offsetLevel0 !== 0n) {
    return { field: "offsetLevel0_", offset: HEADER_OFFSETS.offsetLevel0 };
  }
  const links = [header.maxLinks, header.maxLinksLevel0 / 2n, header.linksPerNode];
  const agreed = links.find((value, index) => links.indexOf(value) !== index) ?? header.maxLinks;
  if (header.maxLinks !== agreed) return { field: "maxM_", offset: HEADER_OFFSETS.maxLinks };
  if (header.maxLinksLevel0 !== 2n * agreed) {
    return { field: "maxM0_", offset: HEADER_OFFSETS.maxLinksLevel0 };
  }
  if (header.vectorOffset !== 4n + 8n * agreed) {
    return { field: "offsetData_", offset: HEADER_OFFSETS.vectorOffset };
  }
  const expected = dimension === null
    ? header.labelOffset + 8n
    : 4n + 8n * agreed + 4n * BigInt(dimension) + 8n;
  if (header.slotSizeBytes !== expected) {
    return { field: "size_data_per_element_", offset: HEADER_OFFSETS.slotSizeBytes };
  }
  return { field: "label_offset_", offset: HEADER_OFFSETS.labelOffset };
}

function checkParameters(
  reading: SegmentReading,
  header: HnswHeader,
  geometry: HnswGeometry,
): Finding[] {
  const findings: Finding[] = [];
  const report = (offset: number, message: string): number =>
    findings.push(headerFinding(reading, "header-parameter", offset, message));
  if (header.linksPerNode !== header.maxLinks) {
    const message = `M_ is ${header.linksPerNode}, but maxM_ is ${header.maxLinks}`;
    report(HEADER_OFFSETS.linksPerNode, message);
  }
  const multiplier = 1 / Math.log(geometry.maxLinks);
  const multiplierFits = geometry.maxLinks === 1
    ? !Number.isNaN(header.levelMultiplier)
    : Math.abs(header.levelMultiplier - multiplier) <= 1e-9 * multiplier;
  if (!multiplierFits) {
    const message = `mult_ is ${header.levelMultiplier}, for M ${geometry.maxLinks} it is ` +
      multiplier.toPrecision(6);
    report(HEADER_OFFSETS.levelMultiplier, message);
  }
  if (header.efConstruction < 1n || header.efConstruction > LARGEST_EF_CONSTRUCTION) {
    const message = `ef_construction_ is ${header.efConstruction}`;
    report(HEADER_OFFSETS.efConstruction, message);
  }
  return findings;
}

function checkCounts(reading: SegmentReading, header: HnswHeader): Finding[] {
  const { count, geometry } = reading;
  const findings = checkDeclaredCount(reading, header);
  if (findings.length > 0) return findings;
  if (header.capacity < header.count) {
    return [headerFinding(
      reading,
      "header-capacity-low",
      HEADER_OFFSETS.capacity,
      `max_elements_ is ${header.capacity}, but ${header.count} slots are in use`,
    )];
  }
  if (!isPlausibleCapacity(header.capacity, count?.effective ?? 0)) {
    const sizeBytes = Number(header.capacity) * (geometry?.slotSizeBytes ?? 1);
    findings.push(headerFinding(
      reading,
      "header-capacity-implausible",
      HEADER_OFFSETS.capacity,
      `max_elements_ is ${header.capacity} for ${formatCount(count?.effective ?? 0, "slot")}: ` +
        `the engine would ask for ${formatBytes(sizeBytes)} of memory`,
    ));
  }
  return findings;
}

/**
 * Whether an engine can have asked for so much room.
 *
 * @param capacity How many slots there is room for.
 * @param slots How many are in use.
 */
export function isPlausibleCapacity(capacity: bigint, slots: number): boolean {
  return capacity <= BigInt(ROOM_FREE_OF_DOUBT + MOST_ROOM_PER_SLOT * Math.ceil(slots));
}

function checkDeclaredCount(reading: SegmentReading, header: HnswHeader): Finding[] {
  const { count } = reading;
  if (count !== null && count.evidence === "links" && count.declared !== count.effective) {
    const tooLow = count.declared !== null && count.declared < count.effective;
    return [headerFinding(
      reading,
      tooLow ? "header-count-low" : "header-count-high",
      HEADER_OFFSETS.count,
      `cur_element_count is ${header.count}, but link_lists.bin and data_level0.bin hold ` +
        formatCount(count.effective, "slot"),
    )];
  }
  if (toIndex(header.count) !== null && header.count <= 0xffff_ffffn) return [];
  return [headerFinding(
    reading,
    "header-count-high",
    HEADER_OFFSETS.count,
    `cur_element_count is ${header.count}, more than slots can be numbered`,
  )];
}

function checkEntry(reading: SegmentReading, header: HnswHeader): Finding[] {
  const { count, links } = reading;
  if (count === null) return [];
  if (count.effective === 0) {
    if (header.maxLevel === -1) return [];
    const message = `maxlevel_ is ${header.maxLevel}, but no slot is in use`;
    return [headerFinding(reading, "header-max-level", HEADER_OFFSETS.maxLevel, message)];
  }
  if (header.entryPoint >= count.effective) {
    return [headerFinding(
      reading,
      "header-entry-point",
      HEADER_OFFSETS.entryPoint,
      `enterpoint_node_ is ${header.entryPoint}, but only ` +
        `${formatCount(count.effective, "slot")} are in use`,
    )];
  }
  if (links === null || links.stop !== "complete" || reading.linksAllZero) {
    return header.maxLevel < 0 || header.maxLevel > 64
      ? [
        headerFinding(
          reading,
          "header-max-level",
          HEADER_OFFSETS.maxLevel,
          `maxlevel_ is ${header.maxLevel}`,
        ),
      ]
      : [];
  }
  return checkLevels(reading, header, links.levels[header.entryPoint] ?? 0, links.highestLevel);
}

function checkLevels(
  reading: SegmentReading,
  header: HnswHeader,
  entryLevel: number,
  highestLevel: number,
): Finding[] {
  if (header.maxLevel !== highestLevel) {
    return [headerFinding(
      reading,
      "header-max-level",
      HEADER_OFFSETS.maxLevel,
      `maxlevel_ is ${header.maxLevel}, but the highest level in link_lists.bin is ${highestLevel}`,
    )];
  }
  if (entryLevel === highestLevel) return [];
  return [headerFinding(
    reading,
    "header-entry-point",
    HEADER_OFFSETS.entryPoint,
    `enterpoint_node_ ${header.entryPoint} is on level ${entryLevel}, not on the highest level ` +
      `${highestLevel}`,
  )];
}
