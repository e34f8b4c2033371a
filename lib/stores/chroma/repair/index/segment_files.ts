/**
 * The files of a segment that was written just now, opened to be looked at.
 *
 * @module
 */

import { join } from "@std/path";
import { BoundedFile } from "../../../../fs/read_fs.ts";
import { geometryOf, geometryOfHeader } from "../../../../hnsw/geometry.ts";
import { HEADER_SIZE_BYTES, parseHeader } from "../../../../hnsw/header.ts";
import type { SearchedIndex } from "../../../../hnsw/search.ts";
import { SEGMENT_FILES } from "../../layout.ts";
import type { IndexSource } from "./index_source.ts";

/** The files of a new segment. */
export class SegmentFiles implements Disposable {
  readonly #directory: string;
  readonly #opened: BoundedFile[] = [];

  /**
   * Takes a segment; files are opened when they are asked for.
   *
   * @param directory Its directory.
   */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** length.bin. */
  get lengths(): BoundedFile {
    return this.#open(SEGMENT_FILES.lengths);
  }

  /** index_metadata.pickle. */
  get idMap(): BoundedFile {
    return this.#open(SEGMENT_FILES.idMap);
  }

  /**
   * Opens the index.
   *
   * @param source What it was made of.
   * @returns The index; null where header.bin is not the one that was to be written.
   * @throws {OperationError} A file cannot be read.
   */
  openIndex({ count, settings }: IndexSource): SearchedIndex | null {
    const header = parseHeader(this.#open(SEGMENT_FILES.header).read(0, HEADER_SIZE_BYTES));
    const geometry = header === null ? null : geometryOfHeader(header);
    const { maxLinks, dimension, space } = settings;
    const isWanted = geometry?.slotSizeBytes === geometryOf(maxLinks, dimension).slotSizeBytes &&
      geometry.maxLinks === maxLinks && header?.count === BigInt(count);
    if (header === null || geometry === null || !isWanted) return null;
    const slots = this.#open(SEGMENT_FILES.data);
    return { header, geometry, count, space, slots, upperLinks: this.#open(SEGMENT_FILES.links) };
  }

  #open(name: string): BoundedFile {
    const file = BoundedFile.open(join(this.#directory, name));
    this.#opened.push(file);
    return file;
  }

  /** Closes the files. */
  [Symbol.dispose](): void {
    for (const file of this.#opened) file.close();
  }
}
