/**
 * The file of a seal: checksums of the blocks of every file of a store at rest.
 *
 * | offset | type         | meaning                                                            |
 * | ------ | ------------ | ------------------------------------------------------------------ |
 * | 0      | 8 bytes      | `VFSEAL1` and a line feed                                          |
 * | 8      | u32          | H, the length of the header                                        |
 * | 12     | H bytes      | the header: JSON in UTF-8, see below                               |
 * | 12 + H | u32 each     | CRC-32 of each block of each file, in the order of the header      |
 * | end−32 | 32 bytes     | SHA-256 of everything before                                       |
 *
 * All numbers are little-endian. The header:
 *
 * ```
 * { "createdAt": "2026-11-21T07:00:00.000Z", "store": "/srv/chroma", "format": "chroma",
 *   "blockSizeBytes": 65536, "isSound": true,
 *   "files": [{ "path": "chroma.sqlite3", "sizeBytes": 4096, "modifiedMs": 1795244400000,
 *               "changedMs": 1795244400000, "inode": 7 }] }
 * ```
 *
 * `isSound` is false where damage was known and the store was sealed all the same. `changedMs` and
 * `inode` are null where the system has none. A path is relative, with forward slashes, and never
 * leads out of the store. The checksums are as many as the sizes of the files say, and nothing
 * stands between them and the digest; anything else is no seal.
 *
 * @module
 */

import { createHash } from "../base/node_library.ts";
import { FieldError, JsonFields } from "../base/json_fields.ts";
import { BLOCK_SIZE_BYTES, countBlocks } from "./block_sums.ts";
import { encodeStamp, parseStamp, type Stamp } from "./stamp.ts";

/** A file as it was sealed. */
export interface SealedFile extends Stamp {
  /** CRC-32 of each block. */
  readonly sums: Uint32Array;
}

/** A seal. */
export interface Seal {
  /** When the store was sealed, as ISO 8601 in UTC. */
  readonly createdAt: string;
  /** Where the store was. */
  readonly store: string;
  /** The format of the store. */
  readonly format: string;
  /** Whether nothing was damaged when the store was sealed. */
  readonly isSound: boolean;
  /** The files, by path. */
  readonly files: readonly SealedFile[];
}

const MAGIC = new TextEncoder().encode("VFSEAL1\n");
const HEADER_OFFSET = 12;
const SUM_SIZE_BYTES = 4;
const DIGEST_SIZE_BYTES = 32;

/** No store has so many files: each takes about 200 bytes. */
const LARGEST_HEADER_BYTES = 64 << 20;

/**
 * Writes a seal as bytes.
 *
 * @param seal The seal.
 * @returns The bytes of its file.
 */
export function encodeSeal({ files, ...seal }: Seal): Uint8Array {
  const header = new TextEncoder().encode(JSON.stringify({
    ...seal,
    blockSizeBytes: BLOCK_SIZE_BYTES,
    files: files.map(encodeStamp),
  }));
  const sums = files.reduce((count, file) => count + file.sums.length, 0);
  const bodySizeBytes = HEADER_OFFSET + header.byteLength + sums * SUM_SIZE_BYTES;
  const bytes = new Uint8Array(bodySizeBytes + DIGEST_SIZE_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  view.setUint32(MAGIC.byteLength, header.byteLength, true);
  bytes.set(header, HEADER_OFFSET);
  let offset = HEADER_OFFSET + header.byteLength;
  for (const file of files) {
    for (const sum of file.sums) {
      view.setUint32(offset, sum, true);
      offset += SUM_SIZE_BYTES;
    }
  }
  bytes.set(digest(bytes.subarray(0, bodySizeBytes)), bodySizeBytes);
  return bytes;
}

/**
 * Reads a seal; whatever the bytes are, every length in them is held against the others first.
 *
 * @param bytes The bytes of the file.
 * @returns The seal, or why it is none, as words behind "it".
 */
export function parseSeal(bytes: Uint8Array): Seal | string {
  if (bytes.byteLength < HEADER_OFFSET + DIGEST_SIZE_BYTES) return "is cut off";
  if (MAGIC.some((byte, index) => bytes[index] !== byte)) return "does not begin as a seal";
  const bodySizeBytes = bytes.byteLength - DIGEST_SIZE_BYTES;
  const body = bytes.subarray(0, bodySizeBytes);
  const written = bytes.subarray(bodySizeBytes);
  if (digest(body).some((byte, index) => written[index] !== byte)) {
    return "is damaged: its own checksum does not fit";
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bodySizeBytes);
  const headerSizeBytes = view.getUint32(MAGIC.byteLength, true);
  const sumsOffset = HEADER_OFFSET + headerSizeBytes;
  if (headerSizeBytes > LARGEST_HEADER_BYTES || sumsOffset > bodySizeBytes) {
    return `claims a header of ${headerSizeBytes} bytes`;
  }
  try {
    const text = new TextDecoder("utf-8", { fatal: true })
      .decode(body.subarray(HEADER_OFFSET, sumsOffset));
    return attachSums(parseHeader(text), view, sumsOffset);
  } catch (error) {
    if (error instanceof FieldError) return `has a header that cannot be used: ${error.message}`;
    return "has a header that is no text in JSON";
  }
}

interface SealHeader extends Omit<Seal, "files"> {
  readonly stamps: readonly Stamp[];
}

function parseHeader(text: string): SealHeader {
  const value: unknown = JSON.parse(text);
  const fields = JsonFields.of(value);
  if (fields.count("blockSizeBytes") !== BLOCK_SIZE_BYTES) {
    throw fields.wrong("blockSizeBytes", `is not ${BLOCK_SIZE_BYTES}`);
  }
  const stamps = fields.objects("files").map(parseStamp);
  if (new Set(stamps.map(({ path }) => path)).size < stamps.length) {
    throw fields.wrong("files", "names a file twice");
  }
  return {
    createdAt: fields.time("createdAt"),
    store: fields.text("store"),
    format: fields.text("format"),
    isSound: fields.flag("isSound"),
    stamps,
  };
}

function attachSums({ stamps, ...seal }: SealHeader, view: DataView, start: number): Seal {
  const blocks = stamps.reduce((count, { sizeBytes }) => count + countBlocks(sizeBytes), 0);
  const present = (view.byteLength - start) / SUM_SIZE_BYTES;
  if (blocks !== present) {
    throw new FieldError("files", `have ${blocks} blocks, but there are ${present} checksums`);
  }
  let offset = start;
  const files = stamps.map((stamp) => {
    const sums = new Uint32Array(countBlocks(stamp.sizeBytes));
    for (let block = 0; block < sums.length; block++, offset += SUM_SIZE_BYTES) {
      sums[block] = view.getUint32(offset, true);
    }
    return { ...stamp, sums };
  });
  return { ...seal, files };
}

function digest(bytes: Uint8Array): Uint8Array {
  return createHash("sha256").update(bytes).digest();
}
