/**
 * The forms in which `max_seq_id.seq_id` is found, all of them one sequence number:
 *
 * | form                          | written by                                                    |
 * | ----------------------------- | ------------------------------------------------------------- |
 * | BLOB of 8 bytes, big-endian   | 0.4 to 0.6                                                    |
 * | BLOB of 24 bytes, big-endian  | 0.4 to 0.6, for numbers above 2^64                            |
 * | integer                       | 1.x                                                           |
 * | bytes 0x11, then ASCII digits | metadb 5 applied to a number that was an integer already      |
 *
 * The last is a poison. The migration reads the hexadecimal digits of a BLOB from the end; of an
 * integer it gets those of the decimal digits, and where no digit is left it sets 1. So 502498 turns
 * into 0x11 0x11 `502498`: take the bytes 0x11 away and read the digits. A number of more than eight
 * digits has lost those in front.
 *
 * @module
 */

import { toIndex } from "../../../base/bytes.ts";
import type { Catalogue, WatermarkRow } from "./catalogue.ts";

/** A watermark as it is to be understood. */
export interface Watermark {
  /** The number that stands there, or null when it is none, or too large to be counted with. */
  readonly value: number | null;
  /** In which form. */
  readonly kind: "integer" | "blob" | "poisoned" | "invalid";
  /** The number that is meant, where it can be told; else null. */
  readonly trueValue: number | null;
  /** What stands there, for people. */
  readonly raw: string;
}

/**
 * The watermarks in the index_metadata.pickle of VECTOR segments: null where the pickle has none,
 * as since 0.5.6. A segment without a pickle has no entry.
 */
export type PickleWatermarks = ReadonlyMap<string, number | null>;

/** From which embeddings_queue migration on a VECTOR watermark stands in the table. */
export const FIRST_QUEUE_WITH_VECTOR_WATERMARKS = 2;

/** The lengths of BLOB that the engines write and read. */
const BLOB_SIZES_BYTES: readonly number[] = [8, 24];

const POISON_BYTE = 0x11;
const POISONED_SIZE_BYTES = 8;

/**
 * Reads the watermarks in `max_seq_id`. What a migration garbled is read as it was meant, so that it
 * stays one finding.
 *
 * @param catalogue The catalogue.
 * @returns The watermarks by segment; null for one that stands for no number.
 */
export function readStoredWatermarks(
  { watermarks }: Pick<Catalogue, "watermarks">,
): Map<string, number | null> {
  return new Map(watermarks.map((row) => [row.segmentId, decodeWatermark(row).trueValue]));
}

/**
 * Decodes a watermark.
 *
 * @param row The row of `max_seq_id`.
 * @returns The watermark.
 */
export function decodeWatermark(row: Pick<WatermarkRow, "storage" | "text" | "hex">): Watermark {
  switch (row.storage) {
    case "integer":
      return decodeInteger(row.text ?? "");
    case "blob":
      return decodeBlob(row.hex ?? "");
    case "null":
      return invalid("NULL", null);
    default: {
      const text = row.text ?? "";
      return invalid(`the ${row.storage} ${text}`, /^\d{1,15}$/.test(text) ? Number(text) : null);
    }
  }
}

/**
 * Takes the padding away from a number that metadb 5 garbled.
 *
 * @param value The number as it stands in the table.
 * @returns The digits that are left, which may be none, or null when it is no such number.
 */
export function unpadDigits(value: bigint): string | null {
  if (value <= 0n || value >= 1n << 63n) return null;
  const bytes = new Uint8Array(POISONED_SIZE_BYTES);
  new DataView(bytes.buffer).setBigUint64(0, value);
  let start = 0;
  while (start < bytes.length && bytes[start] === POISON_BYTE) start++;
  const digits = bytes.subarray(start);
  return digits.every((byte) => byte >= 0x30 && byte <= 0x39)
    ? String.fromCharCode(...digits)
    : null;
}

function decodeInteger(text: string): Watermark {
  const value = /^-?\d+$/.test(text) ? BigInt(text) : null;
  if (value === null || value < 0n) return invalid(text, null);
  const digits = unpadDigits(value);
  if (digits !== null) {
    return {
      value: null,
      kind: "poisoned",
      trueValue: digits === "" ? null : Number(digits),
      raw: text,
    };
  }
  const number = toIndex(value);
  if (number === null) return invalid(text, null);
  return { value: number, kind: "integer", trueValue: number, raw: text };
}

function decodeBlob(hex: string): Watermark {
  const raw = `the BLOB x'${hex}'`;
  if (!BLOB_SIZES_BYTES.includes(hex.length / 2)) return invalid(raw, null);
  const number = toIndex(BigInt(`0x${hex}`));
  if (number === null) return invalid(raw, null);
  return { value: number, kind: "blob", trueValue: number, raw };
}

function invalid(raw: string, trueValue: number | null): Watermark {
  return { value: null, kind: "invalid", trueValue, raw };
}
