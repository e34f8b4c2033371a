/**
 * data_level0.bin, and whether a search can reach what is in it. The rules:
 *
 * - the file is as long as the slots in use need, and as an engine writes it;
 * - every slot has a possible number of neighbours, all of them other slots in use;
 * - every label was given, and to one slot only;
 * - vectors are finite, and for cosine of length 1;
 * - not too many slots are deleted ones;
 * - every live slot can be reached from the entry point.
 *
 * @module
 */

import { formatBytes, formatCount, formatNumber } from "../../../base/format.ts";
import type { SlotProblem } from "../../../hnsw/slots.ts";
import type { FindingName } from "../../../model/codes.ts";
import { createFinding, type Finding } from "../../../model/finding.ts";
import { isPlausibleCapacity } from "./check_header.ts";
import { placesFinding } from "./places_finding.ts";
import { inFile, type SegmentReading } from "./segment_reading.ts";

/** From this share of deleted slots on, searches return too few results. */
const MANY_DELETED_RATIO = 0.5;
const MANY_DELETED_SLOTS = 100;

/** From this share of torn slots on, what the others say is chance. */
const MOST_TORN_RATIO = 0.1;

/** Below this share a few unreachable records are what updates and deletes leave behind. */
const WEAK_GRAPH_RATIO = 0.005;

/**
 * Judges data_level0.bin.
 *
 * @param reading The files of the segment.
 * @returns What is wrong with it; nothing when the file is missing.
 */
export function checkSlots(reading: SegmentReading): Finding[] {
  const { files, geometry, count, slots } = reading;
  if (files.data === null || geometry === null || count === null) return [];
  const findings: Finding[] = [];
  const neededBytes = count.effective * geometry.slotSizeBytes;
  const slotsPresent = Math.floor(files.data.sizeBytes / geometry.slotSizeBytes);
  if (slotsPresent < count.effective) {
    findings.push(createFinding("data-truncated", {
      ...inFile(reading.subject, "data"),
      offset: files.data.sizeBytes,
      count: count.effective - slotsPresent,
      message: `data_level0.bin has ${formatNumber(files.data.sizeBytes)} of ` +
        `${formatNumber(neededBytes)} bytes: ${formatNumber(slotsPresent)} of ` +
        `${formatCount(count.effective, "slot")} are there`,
      detail: { slotsPresent, slotsExpected: count.effective },
    }));
  } else {
    findings.push(...checkDataSize(reading, neededBytes, geometry.slotSizeBytes));
  }
  if (slots === null) return findings;
  for (const [problem, rule] of Object.entries(SLOT_RULES)) {
    const places = slots.problems[problem as SlotProblem];
    if (places.count > 0) {
      const message = rule.message(formatCount(places.count, "slot"), places.firstIndex ?? 0);
      findings.push(placesFinding(reading, "data", rule.name, places, message));
    }
  }
  return [...findings, ...checkDeleted(reading)];
}

const SLOT_RULES: Record<
  SlotProblem,
  { name: FindingName; message: (slots: string, first: number) => string }
> = {
  zeroed: {
    name: "slot-zeroed",
    message: (slots, first) => `${slots} of zeros, wholly or in part; the first is slot ${first}`,
  },
  neighbourCount: {
    name: "slot-neighbour-count",
    message: (slots, first) =>
      `Impossible number of neighbours in ${slots}; first in slot ${first}`,
  },
  neighbourRange: {
    name: "slot-neighbour-range",
    message: (slots, first) =>
      `A neighbour that is no slot in use, in ${slots}; first in slot ${first}`,
  },
  neighbourSelf: {
    name: "slot-neighbour-self",
    message: (slots, first) => `A link to itself in ${slots}; first in slot ${first}`,
  },
  neighbourDuplicate: {
    name: "slot-neighbour-duplicate",
    message: (slots, first) => `The same neighbour twice in ${slots}; first in slot ${first}`,
  },
  linksEmpty: {
    name: "slot-links-empty",
    message: (slots, first) => `No neighbours at all in ${slots}; first in slot ${first}`,
  },
  flags: {
    name: "slot-flags-unknown",
    message: (slots, first) => `Unknown flags in ${slots}; first in slot ${first}`,
  },
  labelInvalid: {
    name: "slot-label-invalid",
    message: (slots, first) => `A label that cannot be in ${slots}; first in slot ${first}`,
  },
  labelDuplicate: {
    name: "slot-label-duplicate",
    message: (slots, first) =>
      `A label that another slot has too, in ${slots}; first in slot ${first}`,
  },
  vectorNotFinite: {
    name: "vector-not-finite",
    message: (slots, first) => `NaN or infinity in the vectors of ${slots}; first in slot ${first}`,
  },
  vectorNotNormalised: {
    name: "vector-not-normalised",
    message: (slots, first) =>
      `A vector that is not of length 1 in ${slots} of a cosine index; first in slot ${first}`,
  },
};

/** Engines write exactly the slots in use, or as many as there is or was room for. */
function checkDataSize(
  reading: SegmentReading,
  neededBytes: number,
  slotSizeBytes: number,
): Finding[] {
  const { files, header } = reading;
  if (files.data === null || header === null || reading.headerGeometry === null) return [];
  // A capacity that cannot be is named by itself, and says nothing about this file.
  if (!isPlausibleCapacity(header.capacity, neededBytes / slotSizeBytes)) return [];
  const sizeBytes = files.data.sizeBytes;
  const roomBytes = Number(header.capacity) * slotSizeBytes;
  if (sizeBytes === neededBytes || sizeBytes === roomBytes) return [];
  // No engine makes a file shorter: one that had room for fewer keeps its length while that is enough,
  // though the header says from the next start on how much more there would be. 1.x has less room for
  // what the Python era began.
  const isWhole = sizeBytes % slotSizeBytes === 0;
  if (isWhole && (reading.subject.era === "rust" || sizeBytes < roomBytes)) return [];
  return [createFinding("data-size-unusual", {
    ...inFile(reading.subject, "data"),
    offset: Math.min(sizeBytes, neededBytes),
    message: `data_level0.bin has ${formatNumber(sizeBytes)} bytes; an engine writes ` +
      `${formatNumber(neededBytes)} for the slots in use or ${formatNumber(roomBytes)} for all ` +
      `there is room for`,
  })];
}

function checkDeleted(reading: SegmentReading): Finding[] {
  const { slots, geometry } = reading;
  if (slots === null || geometry === null || slots.deleted === 0) return [];
  // Where slots were overwritten their marks say nothing.
  if (slots.problems.neighbourCount.count > MOST_TORN_RATIO * slots.slots) return [];
  // An index without a live slot is one of an emptied collection: there is nothing to be found.
  const many = slots.live > 0 && slots.deleted >= MANY_DELETED_SLOTS &&
    slots.deleted > MANY_DELETED_RATIO * slots.slots;
  return [createFinding(many ? "deleted-slots-many" : "deleted-slots", {
    ...inFile(reading.subject, "data"),
    count: slots.deleted,
    message: `${formatCount(slots.deleted, "slot")} of ${slots.slots} are deleted and take ` +
      formatBytes(slots.deleted * geometry.slotSizeBytes),
  })];
}

/**
 * Judges whether a search can reach every live slot. Where links are damaged nothing is said: the
 * damage itself has been named.
 *
 * @param reading The files of the segment.
 * @returns One finding, or none.
 */
export function checkGraph(reading: SegmentReading): Finding[] {
  const { unreachable, slots, links } = reading;
  if (unreachable === null || slots === null || unreachable.count === 0) return [];
  const { neighbourCount, neighbourRange, zeroed, linksEmpty } = slots.problems;
  const damaged = neighbourCount.count + neighbourRange.count + zeroed.count + linksEmpty.count;
  if (damaged > 0 || links?.stop !== "complete" || reading.linksAllZero) return [];
  const weak = unreachable.count <= Math.max(1, WEAK_GRAPH_RATIO * slots.live);
  return [createFinding(weak ? "graph-weak" : "graph-unreachable", {
    ...inFile(reading.subject, "data"),
    count: unreachable.count,
    message: `${formatCount(unreachable.count, "live slot")} of ${slots.live} cannot be reached ` +
      `from the entry point; the first is slot ${unreachable.first[0] ?? 0}`,
  })];
}
