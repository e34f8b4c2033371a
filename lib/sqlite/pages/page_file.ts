/**
 * A database file as a row of pages.
 *
 * @module
 */

import { OperationError } from "../../base/errors.ts";
import type { BoundedFile } from "../../fs/read_fs.ts";
import { DATABASE_HEADER_SIZE_BYTES, isPageSize, parseDatabaseHeader } from "../file_header.ts";

/** What is assumed where the header cannot be believed: all engines leave SQLite's default. */
const STANDARD_PAGE_SIZE_BYTES = 4096;

/** An overflow page belongs to one row. In a torn file several can lead to it, but never many. */
const OVERFLOW_READS_PER_PAGE = 8;

/** The pages of a database file. */
export class PageFile {
  readonly #file: BoundedFile;
  readonly #usableSizeBytes: number;
  readonly #declaredPageCount: number;
  #overflowPagesLeft: number;
  readonly #buffer: Uint8Array;
  /** How many bytes a page has. */
  readonly pageSizeBytes: number;
  /** How many whole pages the file has. */
  readonly pageCount: number;
  /** How texts are encoded: 1 UTF-8, 2 UTF-16le, 3 UTF-16be. */
  readonly textEncoding: number;
  /** The first trunk page of the list of free pages, 0 for none; null where the header is lost. */
  readonly freelistTrunkPage: number | null;
  /** How many pages are free; null where the header is lost. */
  readonly freelistPageCount: number | null;

  /** Takes the pages of an open file; its header may be damaged. */
  constructor(file: BoundedFile) {
    this.#file = file;
    const header = parseDatabaseHeader(file.read(0, DATABASE_HEADER_SIZE_BYTES));
    const isBelievable = header !== null && header.hasMagic && isPageSize(header.pageSizeBytes) &&
      header.pageSizeBytes - header.reservedBytes >= 480;
    this.pageSizeBytes = isBelievable ? header.pageSizeBytes : STANDARD_PAGE_SIZE_BYTES;
    this.#usableSizeBytes = this.pageSizeBytes - (isBelievable ? header.reservedBytes : 0);
    this.textEncoding = isBelievable && header.textEncoding in [0, 1, 2, 3]
      ? Math.max(1, header.textEncoding)
      : 1;
    this.freelistTrunkPage = isBelievable ? header.freelistTrunkPage : null;
    this.freelistPageCount = isBelievable ? header.freelistPageCount : null;
    this.pageCount = Math.floor(file.sizeBytes / this.pageSizeBytes);
    this.#overflowPagesLeft = OVERFLOW_READS_PER_PAGE * this.pageCount;
    this.#declaredPageCount = isBelievable ? header.declaredPageCount : 0;
    this.#buffer = new Uint8Array(this.pageSizeBytes);
  }

  /** Whether a number is that of a page of this file. */
  has(pageNumber: number): boolean {
    return pageNumber >= 1 && pageNumber <= this.pageCount;
  }

  /**
   * Asks whether a payload may be read, so that a file in which many long ones share their pages
   * takes no more time than its size.
   *
   * @param sizeBytes How long it is.
   * @returns False when more was read already than the file can hold.
   */
  mayReadPayload(sizeBytes: number): boolean {
    const pages = Math.ceil(sizeBytes / this.pageSizeBytes);
    if (pages > this.#overflowPagesLeft) return false;
    this.#overflowPagesLeft -= pages;
    return true;
  }

  /** Whether a number is that of a page of this file, or of one that was cut off. */
  hadOnce(pageNumber: number): boolean {
    return pageNumber >= 1 && pageNumber <= Math.max(this.pageCount, this.#declaredPageCount);
  }

  /**
   * Reads a page without the bytes that are set aside at its end.
   *
   * @param pageNumber Its number, from 1.
   * @param target Where it goes; by default a buffer that the next call uses again.
   * @returns The bytes.
   * @throws {OperationError} The page cannot be read.
   */
  read(pageNumber: number, target: Uint8Array = this.#buffer): Uint8Array {
    if (!this.has(pageNumber)) {
      throw new OperationError("internal", `There is no page ${pageNumber}`, {
        path: this.#file.path,
      });
    }
    const bytes = this.#file.readAt((pageNumber - 1) * this.pageSizeBytes, target);
    return bytes.subarray(0, this.#usableSizeBytes);
  }
}
