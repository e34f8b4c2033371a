/**
 * index_metadata.pickle against itself and against the slots. The rules:
 *
 * - it is there when slots are in use, decodes to its end, and has the fields the engine needs;
 * - its shape is one that the engine which wrote the store can read;
 * - its two directions agree, and no label is given twice or lies above the counter;
 * - every label it names is that of a live slot, and every live slot's label is named.
 *
 * @module
 */

import { formatCount } from "../../../base/format.ts";
import type { PickleFault } from "../../../codec/pickle.ts";
import type { SlotSurvey } from "../../../hnsw/slots.ts";
import type { FindingName } from "../../../model/codes.ts";
import { createFinding, type Finding } from "../../../model/finding.ts";
import type { IdMap } from "./id_map.ts";
import { inFile, type SegmentReading } from "./segment_reading.ts";

/** The highest protocol that Python has. */
const HIGHEST_PROTOCOL = 5;

const FAULT_NAMES: Record<PickleFault["kind"], FindingName> = {
  "truncated": "id-map-truncated",
  "foreign-object": "id-map-foreign-object",
  "bad-structure": "id-map-undecodable",
};

/**
 * Judges index_metadata.pickle.
 *
 * @param reading The files of the segment.
 * @param pendingAdditions How many rows of the queue will bring the index a vector.
 * @returns What is wrong with it.
 */
export function checkIdMap(reading: SegmentReading, pendingAdditions: number): Finding[] {
  const { idMap, subject, count } = reading;
  if (idMap === null) {
    if (subject.directory === null || (count?.effective ?? 0) === 0) return [];
    return [createFinding("id-map-missing", {
      ...inFile(subject, "idMap"),
      message: `index_metadata.pickle is missing, but ` +
        `${formatCount(count?.effective ?? 0, "slot")} are in use`,
    })];
  }
  if (idMap.fault !== null) return [faultFinding(reading, idMap.fault)];
  return [
    ...checkShape(reading, idMap),
    ...checkConsistency(reading, idMap),
    ...checkLabels(reading, idMap, pendingAdditions),
  ];
}

function faultFinding(reading: SegmentReading, fault: PickleFault): Finding {
  return createFinding(FAULT_NAMES[fault.kind], {
    ...inFile(reading.subject, "idMap"),
    offset: fault.offset,
    message: fault.message,
  });
}

function checkShape(reading: SegmentReading, idMap: IdMap): Finding[] {
  const { subject, geometry } = reading;
  const place = inFile(subject, "idMap");
  const findings: Finding[] = [];
  const isPython = subject.era === "python" && idMap.era === "python";
  if (idMap.trailingBytes > 0) {
    findings.push(createFinding(
      subject.era === "python" ? "id-map-leftover" : "id-map-trailing-bytes",
      {
        ...place,
        offset: (reading.files.idMap?.sizeBytes ?? 0) - idMap.trailingBytes,
        message: `${formatCount(idMap.trailingBytes, "byte")} behind the end of the pickle`,
      },
    ));
  }
  if (isPython && !idMap.sequencesAgree) {
    const message = "id_to_seq_id does not hold the ids of id_to_label";
    findings.push(createFinding("id-map-sequences", { ...place, message }));
  }
  if (idMap.protocol > HIGHEST_PROTOCOL && subject.era === "python") {
    const message = `Pickle protocol ${idMap.protocol}; Python knows up to ${HIGHEST_PROTOCOL}`;
    findings.push(createFinding("id-map-protocol", { ...place, offset: 1, message }));
  }
  const missing = [...idMap.missingFields];
  // Only 1.x can do without it.
  if (isPython && idMap.dimensionality === null && !missing.includes("dimensionality")) {
    missing.push("dimensionality");
  }
  if (missing.length > 0) {
    const message = `Missing or unusable: ${missing.join(", ")}`;
    findings.push(createFinding("id-map-field-missing", { ...place, message }));
  }
  if (idMap.era === "rust" && subject.era === "python") {
    const message = "A dictionary as 1.x writes it, in a store of the Python era";
    findings.push(createFinding("id-map-era", { ...place, offset: 0, message }));
  }
  const dimension = geometry?.dimension ?? null;
  if (idMap.dimensionality !== null && dimension !== null && idMap.dimensionality !== dimension) {
    const message = `dimensionality is ${idMap.dimensionality}, the index has ${dimension}`;
    findings.push(createFinding("id-map-dimension", { ...place, message }));
  }
  return findings;
}

function checkConsistency(reading: SegmentReading, idMap: IdMap): Finding[] {
  const place = inFile(reading.subject, "idMap");
  const findings: Finding[] = [];
  if (!idMap.directionsAgree || idMap.oddEntries > 0 || idMap.duplicateLabels > 0) {
    findings.push(createFinding("id-map-inconsistent", {
      ...place,
      count: Math.max(1, idMap.oddEntries + idMap.duplicateLabels),
      message: idMap.duplicateLabels > 0
        ? `${formatCount(idMap.duplicateLabels, "id")} with a label that another id has too`
        : idMap.oddEntries > 0
        ? `${formatCount(idMap.oddEntries, "entry", "entries")} that are no id and label`
        : "id_to_label and label_to_id do not hold the same pairs",
    }));
  }
  const counter = idMap.totalElementsAdded;
  if (counter !== null && idMap.highestLabel > counter) {
    findings.push(createFinding("id-map-label-invalid", {
      ...place,
      message: `The label ${idMap.highestLabel} is above total_elements_added ${counter}`,
    }));
  }
  return findings;
}

function checkLabels(
  reading: SegmentReading,
  idMap: IdMap,
  pendingAdditions: number,
): Finding[] {
  const { slots, count } = reading;
  // Without a directory of its own that can be believed, nothing can be held against the map.
  if (slots === null || count === null || idMap.duplicateLabels > 0) return [];
  // Labels beyond the bound of a bitmap are not held, so nothing can be said of them.
  if (idMap.labels.forgotten > 0 || slots.liveLabels.forgotten > 0) return [];
  const lost = sampleLabels(idMap.labels.without(slots.liveLabels));
  const unknown = sampleLabels(slots.liveLabels.without(idMap.labels));
  const unreadable = count.effective - slots.labelled;
  const findings: Finding[] = [];
  // Slots that were named as damaged account for the labels that they lost.
  if (lost.count > unreadable) {
    findings.push(createFinding("label-without-slot", {
      ...inFile(reading.subject, "idMap"),
      count: lost.count,
      message: `${formatCount(lost.count, "id")} with a label that no live slot has` +
        (unknown.count === lost.count ? ", and as many slots with labels of no id" : ""),
      detail: { labels: lost.first },
    }));
  }
  if (unknown.count === 0 || (unknown.count === lost.count && findings.length > 0)) return findings;
  return [...findings, unknownLabels(reading, idMap, slots, unknown, pendingAdditions)];
}

/** Labels that a flush gave before it was interrupted are given again when the queue is replayed. */
function unknownLabels(
  reading: SegmentReading,
  idMap: IdMap,
  slots: SlotSurvey,
  unknown: LabelSample,
  pendingAdditions: number,
): Finding {
  const counter = idMap.totalElementsAdded ?? 0;
  const isInterruptedFlush = unknown.lowest > counter &&
    unknown.highest <= counter + pendingAdditions;
  return createFinding(isInterruptedFlush ? "index-ahead" : "slot-without-id", {
    ...inFile(reading.subject, "data"),
    count: unknown.count,
    message: `${formatCount(unknown.count, "live slot")} of ${slots.live} with a label that ` +
      "the id map does not name",
    detail: { labels: unknown.first },
  });
}

interface LabelSample {
  readonly count: number;
  readonly first: readonly number[];
  readonly lowest: number;
  readonly highest: number;
}

function sampleLabels(labels: Iterable<number>): LabelSample {
  const first: number[] = [];
  let count = 0;
  let lowest = Infinity;
  let highest = 0;
  for (const label of labels) {
    count++;
    if (first.length < 20) first.push(label);
    lowest = Math.min(lowest, label);
    highest = Math.max(highest, label);
  }
  return { count, first, lowest, highest };
}

/** What every pickle of protocol 2 and above begins and ends with. */
const PROTO = 0x80;
const STOP = 0x2e;

/**
 * Judges the ends of index_metadata.pickle, for the quick level.
 *
 * @param reading The files of the segment.
 * @param ends The first and the last byte, none of an empty file, or null when there is no file.
 * @returns A finding when the file was cut or is none.
 */
export function checkIdMapEnds(reading: SegmentReading, ends: Uint8Array | null): Finding[] {
  const place = inFile(reading.subject, "idMap");
  if (ends === null) {
    return checkIdMap({ ...reading, idMap: null }, 0);
  }
  const sizeBytes = reading.files.idMap?.sizeBytes ?? 0;
  if (ends.length === 0) {
    return [
      createFinding("id-map-truncated", { ...place, offset: 0, message: "The file is empty" }),
    ];
  }
  if (ends[0] !== PROTO) {
    const message = "The file does not begin as a pickle";
    return [createFinding("id-map-undecodable", { ...place, offset: 0, message })];
  }
  if (ends[ends.length - 1] === STOP) return [];
  const message = "The file does not end as a pickle";
  return [createFinding("id-map-truncated", { ...place, offset: sizeBytes, message })];
}
