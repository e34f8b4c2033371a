/**
 * A finding about many places of one file.
 *
 * @module
 */

import type { FindingName } from "../../../model/codes.ts";
import { createFinding, type Finding } from "../../../model/finding.ts";
import type { Places } from "../../../model/place_tally.ts";
import { inFile, type SegmentFileKey, type SegmentReading } from "./segment_reading.ts";

/**
 * Makes one finding of places that one cause has damaged.
 *
 * @param reading The files of the segment.
 * @param file Which of them.
 * @param name The name of the finding.
 * @param places The places.
 * @param message What is wrong there.
 * @returns The finding, with the first offset, the count and the byte ranges.
 */
export function placesFinding(
  reading: SegmentReading,
  file: SegmentFileKey,
  name: FindingName,
  places: Places,
  message: string,
): Finding {
  return createFinding(name, {
    ...inFile(reading.subject, file),
    offset: places.firstOffset,
    count: places.count,
    message,
    detail: { ranges: places.ranges },
  });
}
