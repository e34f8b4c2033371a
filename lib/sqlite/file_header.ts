/**
 * The first 100 bytes of a SQLite database; integers are big-endian (sqlite.org/fileformat2.html).
 *
 * | offset | bytes | meaning                                                                     |
 * | ------ | ----- | --------------------------------------------------------------------------- |
 * | 0      | 16    | `SQLite format 3` and a zero                                                |
 * | 16     | 2     | page size: a power of two from 512 to 32,768, or 1 for 65,536               |
 * | 18     | 1     | version to write by: 1 rollback journal, 2 write-ahead log                  |
 * | 19     | 1     | version to read by, likewise                                                |
 * | 20     | 1     | unused bytes at the end of each page                                        |
 * | 21     | 3     | payload fractions: 64, 32, 32                                               |
 * | 24     | 4     | change counter                                                              |
 * | 28     | 4     | pages in the file; holds only when the fields at 24 and 92 are equal        |
 * | 32     | 4     | first trunk page of the list of free pages, 0 when there is none            |
 * | 36     | 4     | how many pages are free                                                     |
 * | 40     | 4     | schema cookie                                                               |
 * | 44     | 4     | schema format: 1 to 4; 0 in a database without a table                      |
 * | 48     | 4     | suggested cache size                                                        |
 * | 52     | 4     | largest root page in the auto-vacuum modes, else 0                          |
 * | 56     | 4     | text encoding: 1 UTF-8, 2 UTF-16le, 3 UTF-16be; 0 in a database without one |
 * | 60     | 4     | user version                                                                |
 * | 64     | 4     | not 0 in the mode of incremental vacuum                                     |
 * | 68     | 4     | application id                                                              |
 * | 72     | 20    | reserved                                                                    |
 * | 92     | 4     | the change counter for which the page count holds                           |
 * | 96     | 4     | version of the SQLite that wrote last                                       |
 *
 * @module
 */

/** How many bytes the header takes. */
export const DATABASE_HEADER_SIZE_BYTES = 100;

/** The smallest part of a page that SQLite accepts after the unused bytes are taken off. */
const SMALLEST_USABLE_SIZE_BYTES = 480;

/** Where the byte lies that is never part of a page that is used: locks are set on it. */
const LOCK_BYTE_OFFSET = 0x4000_0000;

const MAGIC = new TextEncoder().encode("SQLite format 3\0");

/** The header of a database file, as it stands there. */
export interface DatabaseHeader {
  /** Whether the first 16 bytes are those of every SQLite database. */
  readonly hasMagic: boolean;
  /** How many bytes a page has. */
  readonly pageSizeBytes: number;
  /** The version to write by: 1 rollback journal, 2 write-ahead log. */
  readonly writeVersion: number;
  /** The version to read by, likewise. */
  readonly readVersion: number;
  /** Unused bytes at the end of each page. */
  readonly reservedBytes: number;
  /** The three payload fractions. */
  readonly payloadFractions: readonly [number, number, number];
  /** Counts the transactions that changed the file. */
  readonly changeCounter: number;
  /** The number of pages as written, whether it holds or not. */
  readonly declaredPageCount: number;
  /** The number of pages, or null where an old SQLite wrote last and left the number behind. */
  readonly pageCount: number | null;
  /** The first trunk page of the list of free pages, 0 when there is none. */
  readonly freelistTrunkPage: number;
  /** How many pages are free. */
  readonly freelistPageCount: number;
  /** Changes with every change of the schema. */
  readonly schemaCookie: number;
  /** The format of the schema, 1 to 4. */
  readonly schemaFormat: number;
  /** The largest root page in the auto-vacuum modes, else 0. */
  readonly largestRootPage: number;
  /** 1 UTF-8, 2 UTF-16le, 3 UTF-16be. */
  readonly textEncoding: number;
  /** Free for the application. */
  readonly userVersion: number;
  /** Not 0 in the mode of incremental vacuum. */
  readonly incrementalVacuum: number;
  /** Free for the application. */
  readonly applicationId: number;
  /** The change counter for which the page count holds. */
  readonly versionValidFor: number;
  /** The version of the SQLite that wrote last, for instance 3040001. */
  readonly sqliteVersion: number;
}

/** A field of the header that cannot be right. */
export interface HeaderProblem {
  /** Where the field begins, in bytes from the start of the file. */
  readonly offset: number;
  /** What it holds and what it may hold; a sentence without a final period. */
  readonly message: string;
}

/**
 * Parses the header of a database file.
 *
 * @param bytes The start of the file.
 * @returns The header, or null where the file is too short to have one.
 */
export function parseDatabaseHeader(bytes: Uint8Array): DatabaseHeader | null {
  if (bytes.byteLength < DATABASE_HEADER_SIZE_BYTES) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, DATABASE_HEADER_SIZE_BYTES);
  const pageSize = view.getUint16(16);
  const changeCounter = view.getUint32(24);
  const declaredPageCount = view.getUint32(28);
  const versionValidFor = view.getUint32(92);
  const counted = declaredPageCount > 0 && changeCounter === versionValidFor;
  return {
    hasMagic: MAGIC.every((byte, index) => bytes[index] === byte),
    pageSizeBytes: pageSize === 1 ? 65_536 : pageSize,
    writeVersion: view.getUint8(18),
    readVersion: view.getUint8(19),
    reservedBytes: view.getUint8(20),
    payloadFractions: [view.getUint8(21), view.getUint8(22), view.getUint8(23)],
    changeCounter,
    declaredPageCount,
    pageCount: counted ? declaredPageCount : null,
    freelistTrunkPage: view.getUint32(32),
    freelistPageCount: view.getUint32(36),
    schemaCookie: view.getUint32(40),
    schemaFormat: view.getUint32(44),
    largestRootPage: view.getUint32(52),
    textEncoding: view.getUint32(56),
    userVersion: view.getUint32(60),
    incrementalVacuum: view.getUint32(64),
    applicationId: view.getUint32(68),
    versionValidFor,
    sqliteVersion: view.getUint32(96),
  };
}

/** Whether a number is a page size that SQLite knows. */
export function isPageSize(sizeBytes: number): boolean {
  return sizeBytes >= 512 && sizeBytes <= 65_536 && (sizeBytes & (sizeBytes - 1)) === 0;
}

/**
 * Names the fields of a header that cannot be right. The first 16 bytes and the length of the file
 * are judged apart, for they have findings of their own.
 *
 * @param header The header.
 * @returns The problems in the order of their offsets; none in a file that SQLite wrote.
 */
export function findHeaderProblems(header: DatabaseHeader): HeaderProblem[] {
  return [
    ...findLayoutProblems(header),
    ...findFreelistProblems(header),
    ...findModeProblems(header),
  ]
    .sort((a, b) => a.offset - b.offset);
}

function findLayoutProblems(header: DatabaseHeader): HeaderProblem[] {
  const problems: HeaderProblem[] = [];
  const { pageSizeBytes, reservedBytes, writeVersion, readVersion, payloadFractions } = header;
  if (!isPageSize(pageSizeBytes)) {
    problems.push({
      offset: 16,
      message: `The page size is ${pageSizeBytes}, which is no power of two from 512 to 65536`,
    });
  } else if (pageSizeBytes - reservedBytes < SMALLEST_USABLE_SIZE_BYTES) {
    problems.push({
      offset: 20,
      message: `${reservedBytes} of the ${pageSizeBytes} bytes of a page are set aside`,
    });
  }
  for (const [offset, version] of [[18, writeVersion], [19, readVersion]] as const) {
    if (version !== 1 && version !== 2) {
      problems.push({
        offset,
        message: `The file format version is ${version}; only 1 and 2 exist`,
      });
    }
  }
  if (payloadFractions.join() !== "64,32,32") {
    problems.push({
      offset: 21,
      message: `The payload fractions are ${payloadFractions.join(", ")} and must be 64, 32, 32`,
    });
  }
  return problems;
}

function findFreelistProblems(header: DatabaseHeader): HeaderProblem[] {
  const { freelistTrunkPage, freelistPageCount, pageCount } = header;
  if ((freelistTrunkPage === 0) !== (freelistPageCount === 0)) {
    return [{
      offset: 32,
      message: `${freelistPageCount} pages are free, and their list begins at page ` +
        `${freelistTrunkPage}`,
    }];
  }
  if (pageCount !== null && (freelistTrunkPage > pageCount || freelistPageCount >= pageCount)) {
    return [{
      offset: 32,
      message: `${freelistPageCount} pages are free and their list begins at page ` +
        `${freelistTrunkPage}, of ${pageCount} pages in all`,
    }];
  }
  return [];
}

function findModeProblems(header: DatabaseHeader): HeaderProblem[] {
  const problems: HeaderProblem[] = [];
  const { schemaFormat, textEncoding, incrementalVacuum, largestRootPage } = header;
  if (schemaFormat > 4) {
    problems.push({
      offset: 44,
      message: `The schema format is ${schemaFormat}; the highest that exists is 4`,
    });
  }
  if (incrementalVacuum !== 0 && largestRootPage === 0) {
    problems.push({
      offset: 64,
      message: "Incremental vacuum is on though the file has no pointer map",
    });
  }
  if (textEncoding > 3) {
    problems.push({
      offset: 56,
      message: `The text encoding is ${textEncoding}; the highest that exists is 3`,
    });
  }
  return problems;
}

/**
 * Counts the pages that hold neither a table nor anything free: the page with the byte that locks
 * are set on, and in the auto-vacuum modes the pages of the pointer map.
 *
 * @param header The header, for the mode and the sizes.
 * @param pageCount How many pages the file has.
 * @returns How many pages serve SQLite itself.
 */
export function countServicePages(header: DatabaseHeader, pageCount: number): number {
  const lockPage = Math.floor(LOCK_BYTE_OFFSET / header.pageSizeBytes) + 1;
  const lockPages = pageCount >= lockPage ? 1 : 0;
  if (header.largestRootPage === 0 || pageCount < 2) return lockPages;
  // A pointer map page has five bytes for each page that follows it, up to the next one.
  const stride = Math.floor((header.pageSizeBytes - header.reservedBytes) / 5) + 1;
  return lockPages + Math.floor((pageCount - 2) / stride) + 1;
}
