/**
 * A gob file by itself. The rules:
 *
 * - it has bytes, and no more than a document ever has;
 * - where it is compressed, it can be decompressed to its end, and the checksum is that of the bytes;
 * - its first value decodes into what a file of this name holds, and asks for no more room than the
 *   value takes;
 * - nothing stands behind that value.
 *
 * What chromem-go refuses is an error. It reads what is cut or wrong behind the value, so a checksum
 * that is missing is a warning; a wrong one is an error, for the value may be wrong too.
 *
 * @module
 */

import { formatBytes, formatCount, formatNumber } from "../../base/format.ts";
import { printable } from "../../base/printable.ts";
import type { FindingName } from "../../model/codes.ts";
import { createFinding, type Finding, type JsonValue } from "../../model/finding.ts";
import type { GobFault } from "../../codec/gob.ts";
import type { GunzipFault } from "../../codec/gzip_frame.ts";
import { type GobReading, LARGEST_FILE_BYTES } from "./read_gob_file.ts";

/** Where a file or a document stands. */
export interface GobPlace {
  /** The file, relative to the database. */
  readonly path: string | null;
  /** The name of the collection, or null where it is not known. */
  readonly collection: string | null;
  /** The folder of the collection. */
  readonly segment: string | null;
}

/** What of a reading is judged, whatever its value is. */
export type JudgedReading = Omit<GobReading<unknown>, "value">;

/** Whether there is nothing to say of a gob file: nearly all are so. */
export function isWhole({ gzip, fault, trailingBytes }: JudgedReading): boolean {
  return gzip === null && fault === null && trailingBytes === 0;
}

/**
 * Judges a gob file.
 *
 * @param reading What became of reading it.
 * @param place Where it stands.
 * @param rescued What of the value was decoded, for people; or null.
 * @returns At most one finding: the one cause of everything that is wrong with the file.
 */
export function checkGobFile(
  reading: JudgedReading,
  place: GobPlace,
  rescued: string | null,
): Finding[] {
  const { sizeBytes, gzip, fault, trailingBytes } = reading;
  if (isWhole(reading)) return [];
  if (sizeBytes === 0) {
    return [createFinding("gob-empty", { ...place, offset: 0, message: "The file has 0 bytes" })];
  }
  const rest = rescued === null ? "" : `; ${printable(rescued, 120)}`;
  if (fault?.claimedEntries !== undefined) {
    return [claimsMemory(reading, fault, fault.claimedEntries, place)];
  }
  if (gzip?.kind === "too-large" || fault?.kind === "too-large") {
    return [tooLarge(reading, place)];
  }
  if (gzip !== null && (fault === null || gzip.kind !== "checksum")) {
    return [brokenGzip(gzip, fault === null, place, rest)];
  }
  if (fault !== null) return [brokenGob(reading, fault, place, rest)];
  return [createFinding("gob-trailing-bytes", {
    ...place,
    offset: reading.isGzip ? null : reading.endOffset,
    message: `${formatCount(trailingBytes, "byte")} behind the value`,
    detail: { trailingBytes },
  })];
}

function tooLarge({ gzip, fault, sizeBytes }: JudgedReading, place: GobPlace): Finding {
  const what = gzip?.message ?? fault?.message ?? "";
  return createFinding("gob-too-large", {
    ...place,
    message: `The file of ${formatBytes(sizeBytes)} is not read: ${what}`,
    detail: { sizeBytes, largestBytes: LARGEST_FILE_BYTES },
  });
}

function claimsMemory(
  { isGzip, sizeBytes }: JudgedReading,
  { offset }: GobFault,
  claimedEntries: number,
  place: GobPlace,
): Finding {
  return createFinding("gob-claims-memory", {
    ...place,
    offset: isGzip ? null : offset,
    message: `A map claims ${formatNumber(claimedEntries)} entries, in a file of ` +
      formatBytes(sizeBytes),
    detail: { claimedEntries, ...(isGzip ? { decompressedOffset: offset } : {}) },
  });
}

function brokenGzip(
  { kind, offset, message }: GunzipFault,
  isValueWhole: boolean,
  place: GobPlace,
  rest: string,
): Finding {
  const name: FindingName = !isValueWhole
    ? "gzip-malformed"
    : kind === "truncated"
    ? "gzip-checksum-missing"
    : "gzip-checksum";
  const extent = isValueWhole ? "; the value before it is whole" : rest;
  return createFinding(name, {
    ...place,
    offset,
    message: `At byte ${formatNumber(offset)} of the compressed file: ${message}${extent}`,
  });
}

const BROKEN: Readonly<Record<Exclude<GobFault["kind"], "too-large">, FindingName>> = {
  "truncated": "gob-truncated",
  "malformed": "gob-malformed",
  "type-mismatch": "gob-type-mismatch",
};

function brokenGob(
  { isGzip, type }: JudgedReading,
  { kind, offset, message }: GobFault,
  place: GobPlace,
  rest: string,
): Finding {
  const name = kind === "too-large" ? "gob-too-large" : BROKEN[kind];
  const where = isGzip ? "of the decompressed gob" : "of the file";
  const detail: Record<string, JsonValue> = isGzip ? { decompressedOffset: offset } : {};
  if (type !== null) detail["type"] = { name: type.name, fields: type.fields };
  return createFinding(name, {
    ...place,
    // Where it lies in the compressed file, nobody can tell.
    offset: isGzip ? null : offset,
    message: `At byte ${formatNumber(offset)} ${where}: ${message}${rest}`,
    detail,
  });
}
