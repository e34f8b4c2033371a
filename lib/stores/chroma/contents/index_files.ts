/**
 * The files of an index that is whole: opening them, where its slots are, and which label has which.
 *
 * @module
 */

import { join } from "@std/path";
import { toIndex } from "../../../base/bytes.ts";
import { KeyTable } from "../../../base/key_table.ts";
import { BoundedFile } from "../../../fs/read_fs.ts";
import { geometryOfHeader, type HnswGeometry } from "../../../hnsw/geometry.ts";
import { HEADER_SIZE_BYTES, parseHeader, PERSISTENCE_VERSION } from "../../../hnsw/header.ts";
import { SEGMENT_FILES } from "../layout.ts";
import type { SegmentSubject } from "../segment/segment_reading.ts";

/** Where the slots of an index are, and how many. */
export interface IndexLayout {
  /** How a slot is laid out. */
  readonly geometry: HnswGeometry;
  /** How many slots there are. */
  readonly count: number;
}

/** Where the slots of an index are, and how many; null where its header says nothing that can be. */
export function readIndexLayout(subject: SegmentSubject): IndexLayout | null {
  using file = openIndexFile(subject, SEGMENT_FILES.header);
  const header = file === null ? null : parseHeader(file.read(0, HEADER_SIZE_BYTES));
  if (header === null || header.persistenceVersion !== PERSISTENCE_VERSION) return null;
  const geometry = geometryOfHeader(header);
  const count = toIndex(header.count);
  if (geometry === null || count === null) return null;
  const isForeign = subject.dimension !== null && subject.dimension !== geometry.dimension;
  return isForeign ? null : { geometry, count };
}

/** Opens a file of an index; null where it is missing. */
export function openIndexFile(subject: SegmentSubject, name: string): BoundedFile | null {
  const file = subject.directory?.files[name];
  return file === undefined ? null : BoundedFile.open(join(subject.storePath, file.path));
}

/**
 * Bounds the number of slots: an index has no more than its file has room for, whatever its header
 * says.
 *
 * @param layout What the header says.
 * @param data The file, or null.
 * @returns The same, with so many slots at the most.
 */
export function boundLayout(
  layout: IndexLayout | null,
  data: BoundedFile | null,
): IndexLayout | null {
  if (layout === null) return null;
  const room = Math.floor((data?.sizeBytes ?? 0) / layout.geometry.slotSizeBytes);
  return { ...layout, count: Math.min(layout.count, room) };
}

/**
 * Reads the lengths that the vectors of an index had before they were normalised.
 *
 * @param subject The index.
 * @param slots How many slots it has.
 * @returns The lengths; 1 where none stands, and null without the file.
 * @throws {OperationError} The file cannot be read.
 */
export function readLengths(subject: SegmentSubject, slots: number): Float32Array | null {
  using file = openIndexFile(subject, SEGMENT_FILES.lengths);
  if (file === null) return null;
  const lengths = new Float32Array(slots).fill(1);
  file.readAt(0, new Uint8Array(lengths.buffer));
  return lengths;
}

/** Which label has which slot. Engines count labels from 1, so most are hardly more than slots. */
export class LabelTable {
  /** The slots plus 1 of small labels. */
  readonly #small: Uint32Array;
  readonly #large = new KeyTable();

  /** Makes an empty table for an index of so many slots. */
  constructor(slots: number) {
    this.#small = new Uint32Array(2 * slots + 1);
  }

  /** The slot of a label; more than any index has where there is none. */
  get(label: number): number {
    if (label >= this.#small.length) return this.#large.get(label >>> 0, 0);
    return (this.#small[label] ?? 0) - 1 >>> 0;
  }

  /** Gives a label a slot. */
  set(label: number, slot: number): void {
    if (label >= this.#small.length) this.#large.set(label, 0, slot);
    else this.#small[label] = slot + 1;
  }

  /** Takes a label out. */
  remove(label: number): void {
    if (label >= this.#small.length) this.#large.remove(label, 0);
    else this.#small[label] = 0;
  }
}
