/**
 * The write-ahead log `<database>-wal`: pages as they are after transactions that were committed
 * (sqlite.org/fileformat2.html#the_write_ahead_log). Integers are big-endian; the words that a
 * checksum runs over are so only where the magic is odd.
 *
 * | header | bytes | meaning                                                     |
 * | ------ | ----- | ----------------------------------------------------------- |
 * | 0      | 4     | 0x377f0682 or 0x377f0683                                    |
 * | 4      | 4     | 3007000                                                     |
 * | 8      | 4     | page size                                                   |
 * | 12     | 4     | how often the log was begun anew                            |
 * | 16     | 8     | two salts, new each time                                    |
 * | 24     | 8     | checksum of the 24 bytes before                             |
 *
 * | frame | bytes | meaning                                                      |
 * | ----- | ----- | ------------------------------------------------------------ |
 * | 0     | 4     | page number                                                  |
 * | 4     | 4     | pages of the database after a commit; 0 in other frames      |
 * | 8     | 8     | the two salts; frames with others are of an earlier round    |
 * | 16    | 8     | checksum that goes on from the frame before                  |
 * | 24    | page  | the page                                                     |
 *
 * @module
 */

import { type BoundedFile, CHUNK_SIZE_BYTES } from "../fs/read_fs.ts";
import { isPageSize } from "./file_header.ts";
import { openIfThere } from "./journal.ts";

/** What a write-ahead log means for the next process that opens the database. */
export type WriteAheadLogState =
  /** There is none. */
  | "absent"
  /** It has no bytes; SQLite takes it for absent. */
  | "empty"
  /** It is a log, and no transaction in it was committed. */
  | "without-commits"
  /** It holds committed pages: every process that opens the database reads them. */
  | "pending"
  /** It is no log: SQLite ignores and deletes it. */
  | "unusable";

/** What is known of a write-ahead log; plain data. */
export interface WriteAheadLogFacts {
  /** What it means. */
  readonly state: WriteAheadLogState;
  /** Its length in bytes. */
  readonly sizeBytes: number;
  /** How many frames belong to transactions that were committed. */
  readonly committedFrames: number;
}

const HEADER_SIZE_BYTES = 32;
const FRAME_HEADER_SIZE_BYTES = 24;
const FORMAT_VERSION = 3_007_000;

/**
 * Reads a write-ahead log as far as its checksums hold.
 *
 * @param path The log.
 * @returns What is known of it; the state is `absent` where there is none.
 * @throws {OperationError} It cannot be read.
 */
export function readWriteAheadLog(path: string): WriteAheadLogFacts {
  using file = openIfThere(path);
  if (file === null) return { state: "absent", sizeBytes: 0, committedFrames: 0 };
  const { sizeBytes } = file;
  if (sizeBytes === 0) return { state: "empty", sizeBytes, committedFrames: 0 };
  const header = parseLogHeader(file.read(0, HEADER_SIZE_BYTES));
  if (header === null) return { state: "unusable", sizeBytes, committedFrames: 0 };
  const committedFrames = countCommittedFrames(file, header);
  return { state: committedFrames > 0 ? "pending" : "without-commits", sizeBytes, committedFrames };
}

interface LogHeader {
  readonly pageSizeBytes: number;
  readonly bigEndianWords: boolean;
  readonly salt: bigint;
  readonly checksum: Checksum;
}

/** The running checksum: two 32-bit words. */
type Checksum = readonly [number, number];

function parseLogHeader(bytes: Uint8Array): LogHeader | null {
  if (bytes.byteLength < HEADER_SIZE_BYTES) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = view.getUint32(0);
  const pageSizeBytes = view.getUint32(8);
  if (magic >>> 1 !== 0x377f_0682 >>> 1 || !isPageSize(pageSizeBytes)) return null;
  if (view.getUint32(4) !== FORMAT_VERSION) return null;
  const bigEndianWords = (magic & 1) === 1;
  const checksum = extendChecksum([0, 0], view, { offset: 0, sizeBytes: 24, bigEndianWords });
  if (!equalsChecksum(checksum, view, 24)) return null;
  return { pageSizeBytes, bigEndianWords, salt: view.getBigUint64(16), checksum };
}

function countCommittedFrames(file: BoundedFile, header: LogHeader): number {
  const { bigEndianWords, salt } = header;
  const frameSizeBytes = FRAME_HEADER_SIZE_BYTES + header.pageSizeBytes;
  const framesPerChunk = Math.max(1, Math.floor(CHUNK_SIZE_BYTES / frameSizeBytes));
  const frames = Math.floor((file.sizeBytes - HEADER_SIZE_BYTES) / frameSizeBytes);
  let checksum = header.checksum;
  let committed = 0;
  for (let first = 0; first < frames; first += framesPerChunk) {
    const count = Math.min(framesPerChunk, frames - first);
    const chunk = file.read(HEADER_SIZE_BYTES + first * frameSizeBytes, count * frameSizeBytes);
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    for (let index = 0; (index + 1) * frameSizeBytes <= chunk.byteLength; index++) {
      const offset = index * frameSizeBytes;
      if (view.getUint32(offset) === 0 || view.getBigUint64(offset + 8) !== salt) return committed;
      checksum = extendChecksum(checksum, view, { offset, sizeBytes: 8, bigEndianWords });
      checksum = extendChecksum(checksum, view, {
        offset: offset + FRAME_HEADER_SIZE_BYTES,
        sizeBytes: header.pageSizeBytes,
        bigEndianWords,
      });
      if (!equalsChecksum(checksum, view, offset + 16)) return committed;
      if (view.getUint32(offset + 4) !== 0) committed = first + index + 1;
    }
  }
  return committed;
}

function extendChecksum(
  start: Checksum,
  view: DataView,
  part: { offset: number; sizeBytes: number; bigEndianWords: boolean },
): Checksum {
  const { offset, sizeBytes, bigEndianWords } = part;
  let [sum1, sum2] = start;
  for (let position = offset; position < offset + sizeBytes; position += 8) {
    sum1 = (sum1 + view.getUint32(position, !bigEndianWords) + sum2) | 0;
    sum2 = (sum2 + view.getUint32(position + 4, !bigEndianWords) + sum1) | 0;
  }
  return [sum1, sum2];
}

function equalsChecksum(checksum: Checksum, view: DataView, offset: number): boolean {
  return view.getInt32(offset) === checksum[0] && view.getInt32(offset + 4) === checksum[1];
}
