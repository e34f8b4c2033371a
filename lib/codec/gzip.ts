/**
 * Gzip files that are small enough for the memory; `gzip_frame.ts` has their layout, and
 * `gunzip_stream.ts` is for files of any size.
 *
 * @module
 */

import { concatenate } from "../base/concatenate.ts";
import { crc32, gunzipSync, gzipSync } from "../base/node_library.ts";
import {
  type GunzipFault,
  isGzip,
  parseGzipHeader,
  parseGzipTrailer,
  TRAILER_SIZE_BYTES,
} from "./gzip_frame.ts";
import { type Inflated, inflateSound } from "./inflate.ts";

/** The least that the runtime takes. */
const LEAST_CHUNK_BYTES = 64;
const LARGEST_CHUNK_BYTES = 1 << 16;

/** What came out of a gzip file that is in memory. */
export interface Gunzipped {
  /** The decompressed bytes; with a fault, those before it. */
  readonly bytes: Uint8Array;
  /** How many bytes of the file were used; what is behind them belongs to nothing. */
  readonly usedBytes: number;
  /** What is wrong, or null. */
  readonly fault: GunzipFault | null;
}

/**
 * In Deno 2.9 a call of `gunzipSync` that fails leaves some 30 kB behind that are never given back:
 * 12 GB where every bit of a few hundred files is tried. After so many it is not called any more.
 */
const MOST_FAILURES = 100;

let failures = 0;

/**
 * Compresses bytes.
 *
 * @param bytes The bytes.
 * @returns A gzip file of one member, without a name and a time.
 */
export function gzip(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(gzipSync(bytes));
}

/**
 * Decompresses a gzip file.
 *
 * Go reads as much of a file as it needs for the value in it, and so notices neither a wrong or
 * missing checksum nor bytes behind it: whether an engine opens a damaged file is whether the value
 * can be decoded from the bytes here.
 *
 * @param file The whole file, which {@linkcode isGzip}.
 * @param limitBytes The most bytes that are decompressed.
 * @returns The bytes before the end or the fault, none where there are too many; never throws for
 * what the bytes are.
 */
export function gunzipBounded(file: Uint8Array, limitBytes: number): Gunzipped {
  return failures < MOST_FAILURES ? gunzipNative(file, limitBytes) : gunzipOwn(file, limitBytes);
}

function gunzipNative(file: Uint8Array, limitBytes: number): Gunzipped {
  try {
    const options = { maxOutputLength: limitBytes, chunkSize: guessSize(file) };
    const bytes = gunzipSync(file, options);
    return { bytes, usedBytes: file.byteLength, fault: null };
  } catch (error) {
    if (!isZlibError(error)) throw error;
    failures++;
    if (error.code === "ERR_BUFFER_TOO_LARGE") return tooLarge(limitBytes);
  }
  return gunzipOwn(file, limitBytes);
}

function gunzipOwn(file: Uint8Array, limitBytes: number): Gunzipped {
  const result = gunzipSound(file, limitBytes);
  return result.fault?.kind === "too-large" ? tooLarge(limitBytes) : result;
}

/** How much room to make at once: what the end of the file says, within reason. */
function guessSize(file: Uint8Array): number {
  const [low = 0, high = 0, higher = 0, highest = 0] = file.subarray(-4);
  const told = highest > 0 ? Infinity : low + (high << 8) + (higher << 16);
  // With room for one byte more the runtime sees at once that there is none.
  return Math.min(Math.max(LEAST_CHUNK_BYTES, told + 1), LARGEST_CHUNK_BYTES);
}

/**
 * Decompresses a gzip file as {@linkcode gunzipBounded} does, without the runtime's zlib: three times
 * slower, and nothing is left behind where it fails.
 *
 * @param file The whole file, which {@linkcode isGzip}.
 * @param limitBytes The most bytes that are decompressed.
 * @returns The bytes before the end or the fault; never throws for what the bytes are.
 */
export function gunzipSound(file: Uint8Array, limitBytes: number): Gunzipped {
  const parts: Uint8Array[] = [];
  let left = limitBytes;
  let usedBytes = 0;
  let fault: GunzipFault | null = null;
  do {
    const member = gunzipMember(file, usedBytes, left);
    parts.push(member.bytes);
    left -= member.bytes.byteLength;
    ({ usedBytes, fault } = member);
  } while (fault === null && isGzip(file.subarray(usedBytes)));
  return { bytes: concatenate(parts), usedBytes, fault };
}

function gunzipMember(file: Uint8Array, start: number, limitBytes: number): Gunzipped {
  const header = parseGzipHeader(file, start);
  if (typeof header !== "number") {
    return { bytes: new Uint8Array(0), usedBytes: start, fault: header };
  }
  const body = inflateSound(file.subarray(header), limitBytes);
  const { bytes } = body;
  const usedBytes = header + body.usedBytes;
  if (body.fault !== null) {
    const message = describe(body.fault, limitBytes);
    return { bytes, usedBytes, fault: { kind: body.fault, offset: usedBytes, message } };
  }
  const trailer = file.subarray(usedBytes, usedBytes + TRAILER_SIZE_BYTES);
  const fault = parseGzipTrailer(trailer, usedBytes, {
    crc: crc32(bytes),
    sizeBytes: bytes.byteLength,
  });
  return { bytes, usedBytes: usedBytes + trailer.byteLength, fault };
}

function describe(kind: NonNullable<Inflated["fault"]>, limitBytes: number): string {
  if (kind === "truncated") return "the file ends within the compressed bytes";
  if (kind === "malformed") return "the compressed bytes are none that a compressor writes";
  return `it decompresses to more than ${limitBytes} bytes`;
}

function tooLarge(limitBytes: number): Gunzipped {
  const message = describe("too-large", limitBytes);
  const fault: GunzipFault = { kind: "too-large", offset: 0, message };
  return { bytes: new Uint8Array(0), usedBytes: 0, fault };
}

/** Whether an error is about the bytes, and not of the machine. */
function isZlibError(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && "code" in error &&
    ["ERR_BUFFER_TOO_LARGE", "Z_BUF_ERROR", "Z_DATA_ERROR", "Z_NEED_DICT"].includes(
      String(error.code),
    );
}
