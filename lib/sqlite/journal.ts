/**
 * The rollback journal `<database>-journal`: the pages as they were before the transaction under
 * way; integers are big-endian (sqlite.org/fileformat2.html#the_rollback_journal).
 *
 * | offset | bytes | meaning                                                                      |
 * | ------ | ----- | ---------------------------------------------------------------------------- |
 * | 0      | 8     | d9 d5 05 f9 20 a1 63 d7; zeros before the header is synced and when finished |
 * | 8      | 4     | page records that follow; 0xffffffff for as many as the file holds           |
 * | 12     | 4     | nonce of the checksums                                                       |
 * | 16     | 4     | pages of the database before the transaction                                 |
 * | 20     | 4     | sector size: the header is padded to it                                      |
 * | 24     | 4     | page size                                                                    |
 *
 * A transaction over several databases ends the file with: u32 number of the lock page, the path of
 * the super-journal, u32 length of the path, u32 sum of its bytes, and the 8 bytes of the magic.
 *
 * @module
 */

import { OperationError } from "../base/errors.ts";
import { BoundedFile } from "../fs/read_fs.ts";
import { isPageSize } from "./file_header.ts";

/** What a rollback journal means for the next process that opens the database. */
export type JournalState =
  /** There is none. */
  | "absent"
  /** It has no bytes: the transaction is finished. */
  | "empty"
  /** It begins with zeros: the transaction is finished, or has not written to the database. */
  | "zeroed"
  /** It is rolled back, unless the process that wrote it still runs. */
  | "hot"
  /** The transaction over several databases to which it belongs is finished. */
  | "superseded"
  /** It has something that is no journal: SQLite throws it away. */
  | "unusable";

/** What is known of a rollback journal; plain data. */
export interface JournalFacts {
  /** What it means. */
  readonly state: JournalState;
  /** Its length in bytes. */
  readonly sizeBytes: number;
  /** The page records that the header counts, or null for as many as the file holds. */
  readonly recordCount: number | null;
  /** The pages of the database before the transaction, or null where that is not known. */
  readonly initialPageCount: number | null;
  /** Why it is unusable; a sentence without a final period, or null. */
  readonly problem: string | null;
}

const MAGIC = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7] as const;

/** SQLite pads the header to a sector and knows none smaller than this here. */
const HEADER_SIZE_BYTES = 512;

const ALL_RECORDS = 0xffff_ffff;

/** A path that is longer is none: SQLite itself does not take it. */
const LONGEST_PATH_BYTES = 4096;

/**
 * Reads what a rollback journal means.
 *
 * @param path The journal.
 * @param databaseSizeBytes The length of the database file.
 * @returns What is known of it; the state is `absent` where there is none.
 * @throws {OperationError} It cannot be read.
 */
export function readJournal(path: string, databaseSizeBytes: number): JournalFacts {
  using file = openIfThere(path);
  if (file === null) return describeJournal("absent", 0);
  const facts = parseJournalHeader(file.read(0, HEADER_SIZE_BYTES), {
    sizeBytes: file.sizeBytes,
    databaseSizeBytes,
  });
  if (facts.state !== "hot") return facts;
  const superJournal = readSuperJournalPath(file);
  // SQLite rolls back only while the super-journal is there: it is deleted to commit.
  if (superJournal === null || isFile(superJournal)) return facts;
  return { ...facts, state: "superseded" };
}

/**
 * Opens a file that SQLite deletes at any moment when it is done with it.
 *
 * @param path The file.
 * @returns The file, or null where there is none, or none any more.
 * @throws {OperationError} It is there and cannot be opened.
 */
export function openIfThere(path: string): BoundedFile | null {
  if (!isFile(path)) return null;
  try {
    return BoundedFile.open(path);
  } catch (error) {
    if (error instanceof OperationError && error.code === "not-found") return null;
    throw error;
  }
}

/** Whether there is a file of that name; like SQLite, this follows symbolic links. */
function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/**
 * Parses the header of a rollback journal.
 *
 * @param bytes The start of the file.
 * @param sizes The lengths of the journal and of its database.
 * @returns What is known of it.
 */
export function parseJournalHeader(
  bytes: Uint8Array,
  sizes: { sizeBytes: number; databaseSizeBytes: number },
): JournalFacts {
  const { sizeBytes, databaseSizeBytes } = sizes;
  const [first] = bytes;
  if (first === undefined) return describeJournal("empty", sizeBytes);
  if (first === 0) return describeJournal("zeroed", sizeBytes);
  if (!MAGIC.every((byte, index) => bytes[index] === byte)) {
    return describeJournal("unusable", sizeBytes, "It does not begin as a journal does");
  }
  if (bytes.byteLength < HEADER_SIZE_BYTES) {
    return describeJournal("unusable", sizeBytes, "It ends within its header");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const recordCount = view.getUint32(8);
  const initialPageCount = view.getUint32(16);
  const sectorSizeBytes = view.getUint32(20);
  const pageSizeBytes = view.getUint32(24);
  if (!isSectorSize(sectorSizeBytes) || !isPageSize(pageSizeBytes)) {
    const problem = `It names sectors of ${sectorSizeBytes} and pages of ${pageSizeBytes} bytes`;
    return describeJournal("unusable", sizeBytes, problem);
  }
  const heldPages = (databaseSizeBytes + sizeBytes) / pageSizeBytes;
  // A rollback stretches the database to that size, so it is believed only where the two files
  // bear it out; four times leaves room for pages that were free and so are in neither.
  if (initialPageCount > 4 * heldPages + 1024) {
    const problem = `It names ${initialPageCount} pages, of which the files can hold ` +
      `${Math.floor(heldPages)}`;
    return describeJournal("unusable", sizeBytes, problem);
  }
  return {
    state: "hot",
    sizeBytes,
    recordCount: recordCount === ALL_RECORDS ? null : recordCount,
    initialPageCount,
    problem: null,
  };
}

function describeJournal(
  state: JournalState,
  sizeBytes: number,
  problem: string | null = null,
): JournalFacts {
  return { state, sizeBytes, recordCount: null, initialPageCount: null, problem };
}

function isSectorSize(sizeBytes: number): boolean {
  return sizeBytes >= 32 && sizeBytes <= 65_536 && (sizeBytes & (sizeBytes - 1)) === 0;
}

function readSuperJournalPath(file: BoundedFile): string | null {
  const tail = file.read(file.sizeBytes - 16, 16);
  if (!MAGIC.every((byte, index) => tail[8 + index] === byte)) return null;
  const view = new DataView(tail.buffer);
  const sizeBytes = view.getUint32(0);
  const longest = Math.min(LONGEST_PATH_BYTES, file.sizeBytes - 16);
  if (sizeBytes === 0 || sizeBytes > longest) return null;
  const name = file.read(file.sizeBytes - 16 - sizeBytes, sizeBytes);
  const sum = name.reduce((total, byte) => (total + byte) >>> 0, 0);
  if (name.byteLength !== sizeBytes || sum !== view.getUint32(4)) return null;
  return new TextDecoder().decode(name);
}
