/**
 * length.bin. The rules:
 *
 * - there is a length for every slot in use;
 * - for cosine, each is one that a vector can have; for other distances they are never judged.
 *
 * @module
 */

import { formatCount } from "../../../base/format.ts";
import { LENGTH_SIZE_BYTES } from "../../../hnsw/lengths.ts";
import { createFinding, type Finding } from "../../../model/finding.ts";
import { placesFinding } from "./places_finding.ts";
import { inFile, isCosine, type SegmentReading } from "./segment_reading.ts";

/**
 * Judges length.bin.
 *
 * @param reading The files of the segment.
 * @returns What is wrong with it; nothing when the file is missing.
 */
export function checkLengths(reading: SegmentReading): Finding[] {
  const { files, count, lengths, subject } = reading;
  if (files.lengths === null || count === null) return [];
  const findings: Finding[] = [];
  const neededBytes = count.effective * LENGTH_SIZE_BYTES;
  if (files.lengths.sizeBytes < neededBytes) {
    const missing = count.effective - Math.floor(files.lengths.sizeBytes / LENGTH_SIZE_BYTES);
    findings.push(createFinding(isCosine(subject) ? "lengths-truncated" : "lengths-short", {
      ...inFile(subject, "lengths"),
      offset: files.lengths.sizeBytes,
      count: missing,
      message: `length.bin has ${files.lengths.sizeBytes} of ${neededBytes} bytes: ` +
        `${formatCount(missing, "length")} are missing`,
    }));
  }
  if (lengths !== null && lengths.count > 0) {
    const message = `${formatCount(lengths.count, "length")} that no vector has; first of slot ` +
      `${lengths.firstIndex}`;
    findings.push(placesFinding(reading, "lengths", "lengths-invalid", lengths, message));
  }
  return findings;
}
