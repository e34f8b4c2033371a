/**
 * What stands around the deflated bytes of a gzip file (RFC 1952). A file is one member or several,
 * one behind the other:
 *
 * | offset | bytes | what it is                                                              |
 * | ------ | ----- | ----------------------------------------------------------------------- |
 * | 0      | 2     | 1f 8b                                                                   |
 * | 2      | 1     | 8: deflate                                                              |
 * | 3      | 1     | flags: 2 header checksum, 4 extra field, 8 name, 16 comment             |
 * | 4      | 6     | time, flags of the compressor, system                                   |
 * | 10     |       | extra field (u16 length before it), name and comment (each ends with 0) |
 * |        | 2     | checksum of the header, where its flag is set                           |
 * |        |       | the deflated bytes                                                      |
 * | −8     | 4     | u32 CRC-32 of the bytes before they were compressed                     |
 * | −4     | 4     | u32 how many they were, modulo 2^32                                     |
 *
 * @module
 */

import { crc32 } from "../base/node_library.ts";

/** What is wrong with a gzip file. */
export interface GunzipFault {
  /**
   * `truncated`: the file ends too early. `malformed`: bytes that no compressor writes. `checksum`:
   * the bytes are not those of which the checksum was made. `too-large`: there are more than allowed.
   */
  readonly kind: "truncated" | "malformed" | "checksum" | "too-large";
  /** Where in the compressed file it shows. */
  readonly offset: number;
  /** What it is, as the end of a sentence. */
  readonly message: string;
}

/** How long checksum and length at the end of a member are. */
export const TRAILER_SIZE_BYTES = 8;

const FLAG_CHECKSUM = 2;
const FLAG_EXTRA = 4;
const FLAG_NAME = 8;
const FLAG_COMMENT = 16;

/** What a member was made of. */
export interface GzipSum {
  /** The CRC-32 of the bytes. */
  readonly crc: number;
  /** How many they are. */
  readonly sizeBytes: number;
}

/**
 * Whether a file begins as a gzip file does.
 *
 * @param bytes Its first bytes.
 */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * Reads the header of a member.
 *
 * @param file The whole file.
 * @param start Where the member begins.
 * @returns Where the deflated bytes begin, or what is wrong.
 */
export function parseGzipHeader(file: Uint8Array, start: number): number | GunzipFault {
  const cut: GunzipFault = {
    kind: "truncated",
    offset: file.byteLength,
    message: "the file ends within the header of gzip",
  };
  if (start + 10 > file.byteLength) return cut;
  const method = file[start + 2] ?? 0;
  const flags = file[start + 3] ?? 0;
  if (method !== 8) {
    const message = `compression method ${method}, not 8`;
    return { kind: "malformed", offset: start + 2, message };
  }
  let end = start + 10;
  if ((flags & FLAG_EXTRA) !== 0) end += 2 + (file[end] ?? 0) + 256 * (file[end + 1] ?? 0);
  for (const flag of [FLAG_NAME, FLAG_COMMENT]) {
    if ((flags & flag) === 0) continue;
    const zero = file.indexOf(0, end);
    if (zero === -1) return cut;
    end = zero + 1;
  }
  if ((flags & FLAG_CHECKSUM) === 0) return end > file.byteLength ? cut : end;
  if (end + 2 > file.byteLength) return cut;
  const expected = (file[end] ?? 0) + 256 * (file[end + 1] ?? 0);
  if ((crc32(file.subarray(start, end)) & 0xffff) !== expected) {
    return { kind: "malformed", offset: end, message: "the checksum of the header is another one" };
  }
  return end + 2;
}

/**
 * Holds what was decompressed against what stands behind it.
 *
 * @param trailer What stands behind the deflated bytes, as far as the file goes.
 * @param offset Where that is in the file.
 * @param sum That of what was decompressed.
 * @returns What is wrong, or null.
 */
export function parseGzipTrailer(
  trailer: Uint8Array,
  offset: number,
  sum: GzipSum,
): GunzipFault | null {
  if (trailer.byteLength < TRAILER_SIZE_BYTES) {
    const message = "the file ends within the checksum at its end";
    return { kind: "truncated", offset: offset + trailer.byteLength, message };
  }
  const view = new DataView(trailer.buffer, trailer.byteOffset, trailer.byteLength);
  const expected = view.getUint32(0, true);
  const actual = sum.crc >>> 0;
  if (actual !== expected) {
    const digits = (value: number): string => value.toString(16).padStart(8, "0");
    const message = `the checksum is ${digits(expected)}, that of the bytes ${digits(actual)}`;
    return { kind: "checksum", offset, message };
  }
  const length = view.getUint32(4, true);
  if (length === sum.sizeBytes % 2 ** 32) return null;
  const message = `the file tells ${length} bytes, and there are ${sum.sizeBytes}`;
  return { kind: "checksum", offset: offset + 4, message };
}
