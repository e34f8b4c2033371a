/**
 * Decompressing a gzip file of any size, a chunk at a time.
 *
 * The runtime's own stream for gzip says neither where a file is damaged nor whether only its
 * checksum is wrong, and it drops what it had decompressed; so header and trailer are read here (`gzip_frame.ts`).
 *
 * @module
 */

import { crc32, createInflateRaw, type InflateRaw } from "../base/node_library.ts";
import type { ByteSource } from "./byte_source.ts";
import {
  type GunzipFault,
  isGzip,
  parseGzipHeader,
  parseGzipTrailer,
  TRAILER_SIZE_BYTES,
} from "./gzip_frame.ts";

/** What came out of a gzip file. */
export interface GunzipOutcome {
  /** How many bytes were decompressed. */
  readonly sizeBytes: number;
  /** How many bytes of the compressed file were used; what is behind them belongs to nothing. */
  readonly usedBytes: number;
  /** What is wrong, or null. */
  readonly fault: GunzipFault | null;
}

/** How a gzip file is decompressed. */
export interface GunzipOptions {
  /** Takes decompressed bytes, in their order. */
  readonly write: (bytes: Uint8Array) => void;
  /** The most bytes that are decompressed. */
  readonly mostBytes: number;
  /** Is told how many compressed bytes were read, and may give others their turn. */
  readonly onRead?: (sizeBytes: number) => Promise<void>;
}

const CHUNK_SIZE_BYTES = 1 << 16;

/**
 * Decompresses a gzip file.
 *
 * @param source The file.
 * @param options Where the bytes go, and how many there may be.
 * @returns How far it came.
 * @throws What reading and writing throw.
 */
export async function gunzipStream(
  source: ByteSource,
  options: GunzipOptions,
): Promise<GunzipOutcome> {
  let sizeBytes = 0;
  let usedBytes = 0;
  for (;;) {
    const member = new Member(source, usedBytes, sizeBytes, options);
    await member.inflate();
    ({ sizeBytes, usedBytes } = member);
    if (member.fault !== null) return { sizeBytes, usedBytes, fault: member.fault };
    if (!isGzip(source.readAt(usedBytes, new Uint8Array(2)))) break;
  }
  return { sizeBytes, usedBytes, fault: null };
}

/** One member of a gzip file, while it is decompressed. */
class Member {
  readonly #source: ByteSource;
  readonly #start: number;
  readonly #options: GunzipOptions;
  #crc = 0;
  #ownBytes = 0;
  /** How many bytes were decompressed, those of the members before it included. */
  sizeBytes: number;
  /** Where it ends in the compressed file. */
  usedBytes: number;
  /** What is wrong with it, or null. */
  fault: GunzipFault | null = null;

  constructor(source: ByteSource, start: number, sizeBytes: number, options: GunzipOptions) {
    this.#source = source;
    this.#start = start;
    this.#options = options;
    this.sizeBytes = sizeBytes;
    this.usedBytes = start;
  }

  async inflate(): Promise<void> {
    const headerBytes = this.#readHeader();
    if (headerBytes === null) return;
    const bodyStart = this.#start + headerBytes;
    const inflater = createInflateRaw();
    let error: NodeJS.ErrnoException | null;
    try {
      error = await this.#feed(inflater, bodyStart);
      this.usedBytes = bodyStart + inflater.bytesWritten;
    } finally {
      inflater.destroy();
    }
    if (this.fault !== null) return;
    if (error === null) return this.#checkTrailer();
    const { code, message } = error;
    const isCut = code === "Z_BUF_ERROR";
    const what = isCut ? "the file ends within the compressed bytes" : `deflate: ${message}`;
    this.#fail(isCut ? "truncated" : "malformed", this.usedBytes, what);
  }

  /** Hands the inflater chunks until it has all that it wants; returns its error, or null. */
  async #feed(inflater: InflateRaw, start: number): Promise<NodeJS.ErrnoException | null> {
    const { promise: ended, resolve } = Promise.withResolvers<NodeJS.ErrnoException | null>();
    let isOver = false;
    const failures: unknown[] = [];
    const end = (error: NodeJS.ErrnoException | null): void => {
      isOver = true;
      resolve(error);
    };
    inflater.on("end", () => end(null));
    inflater.on("error", end);
    inflater.on("data", (bytes: Uint8Array) => {
      try {
        if (this.fault === null && failures.length === 0) this.#take(bytes);
      } catch (error) {
        failures.push(error);
      }
    });
    for (let offset = start; !isOver && this.fault === null && failures.length === 0;) {
      const chunk = this.#source.readAt(offset, new Uint8Array(CHUNK_SIZE_BYTES));
      if (chunk.byteLength === 0) {
        inflater.end();
        break;
      }
      offset += chunk.byteLength;
      await this.#options.onRead?.(chunk.byteLength);
      const { promise: taken, resolve: done } = Promise.withResolvers<void>();
      inflater.write(chunk, () => done());
      await Promise.race([taken, ended]);
    }
    const error = this.fault === null && failures.length === 0 ? await ended : null;
    for (const failure of failures) throw failure;
    return error;
  }

  #take(bytes: Uint8Array): void {
    const { write, mostBytes } = this.#options;
    const left = mostBytes - this.sizeBytes;
    const taken = bytes.subarray(0, Math.max(0, left));
    write(taken);
    this.#crc = crc32(taken, this.#crc);
    this.#ownBytes += taken.byteLength;
    this.sizeBytes += taken.byteLength;
    if (taken.byteLength < bytes.byteLength) {
      this.#fail("too-large", this.#start, `it decompresses to more than ${mostBytes} bytes`);
    }
  }

  /** Reads the header; returns its length, or null where it is damaged. */
  #readHeader(): number | null {
    const bytes = this.#source.readAt(this.#start, new Uint8Array(CHUNK_SIZE_BYTES));
    const header = parseGzipHeader(bytes, 0);
    if (typeof header === "number") return header;
    this.fault = { ...header, offset: this.#start + header.offset };
    return null;
  }

  #checkTrailer(): void {
    const trailer = this.#source.readAt(this.usedBytes, new Uint8Array(TRAILER_SIZE_BYTES));
    const sum = { crc: this.#crc, sizeBytes: this.#ownBytes };
    this.fault = parseGzipTrailer(trailer, this.usedBytes, sum);
    if (this.fault === null) this.usedBytes += TRAILER_SIZE_BYTES;
  }

  #fail(kind: GunzipFault["kind"], offset: number, message: string): void {
    this.fault = { kind, offset, message };
  }
}
