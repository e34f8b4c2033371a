/**
 * A record of a SQLite table (sqlite.org/fileformat2.html, "Record Format"):
 *
 * | part   | bytes  | meaning                                                            |
 * | ------ | ------ | ------------------------------------------------------------------ |
 * | header | varint | length of the header, this number included                         |
 * |        | varint | serial type of each column                                         |
 * | body   |        | the values, one after another, as long as their serial types say   |
 *
 * | serial type | value                                              | bytes of the body    |
 * | ----------- | -------------------------------------------------- | -------------------- |
 * | 0           | NULL                                               | 0                    |
 * | 1 to 6      | signed big-endian integer                          | 1, 2, 3, 4, 6, 8     |
 * | 7           | big-endian 64-bit float                            | 8                    |
 * | 8, 9        | the integers 0 and 1                               | 0                    |
 * | 10, 11      | never in a file                                    |                      |
 * | even, ≥ 12  | blob                                               | (type - 12) / 2      |
 * | odd, ≥ 13   | text in the encoding of the database               | (type - 13) / 2      |
 *
 * @module
 */

import type { SqlValue } from "../database.ts";

/** A varint: up to eight bytes of seven bits, the high bit saying that more follow, or nine. */
export interface Varint {
  /** The value; beyond 2^53 it is rounded, which no length and no row of ours reaches. */
  readonly value: number;
  /** How many bytes it took. */
  readonly sizeBytes: number;
}

/** A record that was decoded. */
export interface DecodedRecord {
  /**
   * The values in the order of the columns; an INTEGER PRIMARY KEY is NULL here. Integers are
   * bigints, so that a float which happens to be whole can be told from one.
   */
  readonly values: readonly SqlValue[];
  /** Whether a text has bytes that its encoding does not know; they are U+FFFD in the value. */
  readonly isLossy: boolean;
}

/** How texts are decoded, by the number in the header of the database. */
const DECODERS = ["utf-8", "utf-8", "utf-16le", "utf-16be"].map((encoding) => ({
  lenient: new TextDecoder(encoding, { ignoreBOM: true }),
  strict: new TextDecoder(encoding, { ignoreBOM: true, fatal: true }),
}));

const INTEGER_SIZES_BYTES = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0] as const;

/** SQLite allows 32,767 columns; more is no record. */
const MOST_COLUMNS = 32_767;

/**
 * Reads a varint.
 *
 * @param bytes The bytes.
 * @param offset Where it begins.
 * @returns The varint, or null where the bytes end before it.
 */
export function readVarint(bytes: Uint8Array, offset: number): Varint | null {
  let value = 0;
  for (let index = 0; index < 9; index++) {
    const byte = bytes[offset + index];
    if (byte === undefined) return null;
    if (index === 8) return { value: toSigned(value * 256 + byte), sizeBytes: 9 };
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return { value, sizeBytes: index + 1 };
  }
  return null;
}

/** Nine bytes hold 64 bits, the highest of which is the sign. */
function toSigned(value: number): number {
  return value >= 2 ** 63 ? value - 2 ** 64 : value;
}

/**
 * Decodes a record. Only one that fits its payload to the byte is taken for one.
 *
 * @param payload The bytes of the record.
 * @param textEncoding The number in the header of the database: 1, 2 or 3.
 * @returns The values, or null where this is no record.
 */
export function decodeRecord(payload: Uint8Array, textEncoding: number): DecodedRecord | null {
  const types = readSerialTypes(payload);
  if (types === null) return null;
  const decoders = DECODERS[textEncoding] ?? DECODERS[1];
  if (decoders === undefined) return null;
  const values: SqlValue[] = [];
  let offset = types.headerSizeBytes;
  let isLossy = false;
  for (const type of types.serialTypes) {
    const body = payload.subarray(offset, offset + sizeOf(type));
    offset += body.byteLength;
    const value = decodeValue(type, body, decoders.lenient);
    if (typeof value === "string" && value.includes("\ufffd")) {
      isLossy ||= !isText(body, decoders.strict);
    }
    values.push(value);
  }
  return { values, isLossy };
}

/** Reads the header of a record; null unless header and body together are the whole payload. */
function readSerialTypes(
  payload: Uint8Array,
): { headerSizeBytes: number; serialTypes: readonly number[] } | null {
  const header = readVarint(payload, 0);
  if (header === null || header.value < header.sizeBytes || header.value > payload.byteLength) {
    return null;
  }
  const serialTypes: number[] = [];
  let bodySizeBytes = 0;
  let offset = header.sizeBytes;
  while (offset < header.value) {
    const type = readVarint(payload, offset);
    if (type === null || type.value < 0 || type.value === 10 || type.value === 11) return null;
    offset += type.sizeBytes;
    bodySizeBytes += sizeOf(type.value);
    if (serialTypes.push(type.value) > MOST_COLUMNS) return null;
  }
  const isWhole = offset === header.value && offset + bodySizeBytes === payload.byteLength;
  return isWhole ? { headerSizeBytes: offset, serialTypes } : null;
}

function sizeOf(serialType: number): number {
  return serialType < 12 ? INTEGER_SIZES_BYTES[serialType] ?? 0 : Math.floor((serialType - 12) / 2);
}

function decodeValue(serialType: number, body: Uint8Array, decoder: TextDecoder): SqlValue {
  if (serialType === 0) return null;
  if (serialType === 8) return 0n;
  if (serialType === 9) return 1n;
  if (serialType >= 12) return serialType % 2 === 0 ? body.slice() : decoder.decode(body);
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  if (serialType === 7) return view.getFloat64(0);
  if (serialType === 6) return view.getBigInt64(0);
  let value = view.getInt8(0);
  for (let index = 1; index < body.byteLength; index++) value = value * 256 + (body[index] ?? 0);
  return BigInt(value);
}

/** Whether bytes are text in the encoding: U+FFFD then stands in them, and is no loss. */
function isText(body: Uint8Array, decoder: TextDecoder): boolean {
  try {
    decoder.decode(body);
    return true;
  } catch {
    return false;
  }
}
