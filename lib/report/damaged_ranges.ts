/**
 * Which bytes of a file a finding is about, from what it says of them.
 *
 * @module
 */

import type { Finding, JsonValue } from "../model/finding.ts";

/** Some bytes that a finding is about. */
export interface FoundRange {
  /** The first byte. */
  readonly offset: number;
  /** How many bytes; null where only the first one is known. */
  readonly sizeBytes: number | null;
}

/**
 * Lists the bytes that a finding is about.
 *
 * @param finding The finding.
 * @returns The ranges in the order in which the finding has them; none where it is about the file as
 * a whole.
 */
export function listRanges({ detail, offset }: Pick<Finding, "detail" | "offset">): FoundRange[] {
  const ranges = asList(detail.ranges).flatMap(toRange);
  if (ranges.length > 0) return ranges;
  const offsets = asList(detail.offsets).filter(isOffset);
  if (offsets.length > 0) return offsets.map((start) => ({ offset: start, sizeBytes: null }));
  return offset === null ? [] : [{ offset, sizeBytes: null }];
}

function asList(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}

function isOffset(value: JsonValue | undefined): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function toRange(range: JsonValue): FoundRange[] {
  const [start, end] = asList(range);
  return isOffset(start) && isOffset(end) && end > start
    ? [{ offset: start, sizeBytes: end - start }]
    : [];
}
