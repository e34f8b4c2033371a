/**
 * The vectors of one collection as an engine serves them: those of its index, and over them what the
 * queue brings.
 *
 * An index of the space cosine holds a vector normalised and its length beside it. What is served is
 * their product, rounded once to single precision. So is what still waits in the queue, once an engine
 * has put that into the index: 1.x does so with all of it when it starts, 0.x in batches; what fills no
 * batch is served as it was written.
 *
 * Memory: for each id a place in a table, for each slot its label and its length. Vectors are read
 * where they stand, the slots of a batch in their order.
 *
 * @module
 */

import { OperationError } from "../../../base/errors.ts";
import { KeyTable, NO_VALUE } from "../../../base/key_table.ts";
import { StringHash } from "../../../base/multiset_hash.ts";
import type { BoundedFile } from "../../../fs/read_fs.ts";
import { type HnswGeometry, LARGEST_DIMENSION } from "../../../hnsw/geometry.ts";
import { readSlotChunks } from "../../../hnsw/slots.ts";
import { SlotBitmap } from "../../../hnsw/slot_bitmap.ts";
import type { StoreDatabase } from "../../../sqlite/database.ts";
import { SEGMENT_FILES } from "../layout.ts";
import { QueueVectors } from "../salvage/queue_vectors.ts";
import { readIdMap } from "../segment/id_map.ts";
import { isCosine, type SegmentSubject } from "../segment/segment_reading.ts";
import {
  boundLayout,
  type IndexLayout,
  LabelTable,
  openIndexFile,
  readIndexLayout,
  readLengths,
} from "./index_files.ts";
import { sumSquares, toScale } from "./normalise.ts";
import type { PendingVectors } from "./pending_operations.ts";

/** The place of a record that has no vector. */
export const NO_PLACE = 0xffff_fffd;

/** Slots of a batch are read together where no more than so many others lie between them. */
const LARGEST_GAP_SLOTS = 16;

/** How many bytes of slots are read at a time. */
const WINDOW_SIZE_BYTES = 1 << 20;

/** How vectors are served. */
export interface ServingSettings {
  /** Where those of the queue are. */
  readonly database: StoreDatabase;
  /** The last row of the queue whose vector is normalised, in the space cosine. */
  readonly normalisedUpTo: number;
}

/** The vectors of one collection. */
export class ServedVectors implements PendingVectors, Disposable {
  readonly #idHash = new StringHash();
  readonly #data: BoundedFile | null;
  readonly #layout: IndexLayout | null;
  readonly #lengths: Float32Array | null;
  readonly #normalisedUpTo: number;
  readonly #claimed: SlotBitmap;
  readonly #queue: QueueVectors;
  readonly #sequences: number[] = [];
  #ids = new KeyTable();
  #buffer = new Float32Array(0);
  /** Floats of a vector; null where neither the catalogue nor the index tells. */
  readonly dimension: number | null;

  /**
   * Opens the vectors of an index.
   *
   * @param subject The index; null where the collection has none.
   * @param settings How they are served.
   * @throws {OperationError} A file cannot be read.
   */
  constructor(subject: SegmentSubject | null, { database, normalisedUpTo }: ServingSettings) {
    this.#data = subject === null ? null : openIndexFile(subject, SEGMENT_FILES.data);
    this.#layout = subject === null ? null : boundLayout(readIndexLayout(subject), this.#data);
    this.#claimed = new SlotBitmap(this.#layout?.count ?? 0);
    const isNormalised = subject !== null && isCosine(subject);
    this.#normalisedUpTo = isNormalised ? normalisedUpTo : -Infinity;
    this.dimension = readDimension(subject, this.#layout);
    this.#queue = new QueueVectors(database, this.dimension);
    try {
      this.#lengths = isNormalised ? readLengths(subject, this.#layout?.count ?? 0) : null;
      if (subject !== null) this.#readIds(subject);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** Whether the index knows an id, even where it has no vector for it. */
  has(id: string): boolean {
    const { low, high } = this.#idHash.ofText(id);
    return this.#ids.get(low, high) !== NO_VALUE;
  }

  /** Gives an id the vector that a row of the queue brings. */
  set(id: string, _vector: Float32Array, sequence: string): void {
    const { low, high } = this.#idHash.ofText(id);
    this.#ids.set(low, high, this.#slots + this.#sequences.length);
    this.#sequences.push(Number(sequence));
  }

  /** Takes an id out. */
  remove(id: string): void {
    const { low, high } = this.#idHash.ofText(id);
    this.#ids.remove(low, high);
  }

  /**
   * Finds where the vector of a record stands, for {@linkcode ServedVectors.read}.
   *
   * @param id Bytes that have the record's id.
   * @param start Where the id begins in them.
   * @param end Where it ends.
   * @returns The place; {@linkcode NO_PLACE} where it has no vector.
   * @throws {OperationError} Two records have one vector.
   */
  find(id: Uint8Array, start: number, end: number): number {
    const { low, high } = this.#idHash.ofBytes(id, start, end);
    const place = this.#ids.get(low, high);
    if (place >= NO_PLACE) return NO_PLACE;
    if (place < this.#slots) {
      // Ids are known by hashes: that two of them had one must not go unnoticed.
      if (this.#claimed.has(place)) throw this.#createDoubtError();
      this.#claimed.add(place);
    }
    return place;
  }

  /**
   * Reads the vectors of some records.
   *
   * @param places Where they stand.
   * @param vectors Takes them, one behind another; zeros where there is none.
   * @param hasVector Takes 1 for each that there is, else 0.
   * @throws {OperationError} They cannot be read any more.
   */
  read(places: readonly number[], vectors: Float32Array, hasVector: Uint8Array): void {
    const dimension = this.dimension ?? 0;
    const inIndex: number[] = [];
    let isAscending = true;
    let last = -1;
    for (const [row, place] of places.entries()) {
      hasVector[row] = place === NO_PLACE ? 0 : 1;
      if (place < this.#slots) {
        isAscending &&= place > last;
        last = place;
        inIndex.push(row);
        continue;
      }
      const target = vectors.subarray(row * dimension, (row + 1) * dimension);
      if (place === NO_PLACE) target.fill(0);
      else this.#readQueued(place, target);
    }
    if (!isAscending) inIndex.sort((left, right) => (places[left] ?? 0) - (places[right] ?? 0));
    this.#readSlots(inIndex, places, vectors);
  }

  /** Closes the files. */
  [Symbol.dispose](): void {
    this.#data?.close();
  }

  get #slots(): number {
    return this.#layout?.count ?? 0;
  }

  #readIds(subject: SegmentSubject): void {
    using idMap = openIndexFile(subject, SEGMENT_FILES.idMap);
    if (idMap === null) return;
    const slots = this.#readLabels();
    this.#ids = new KeyTable(this.#slots);
    readIdMap(idMap, ({ hash }, label) => {
      if (this.#ids.get(hash.low, hash.high) !== NO_VALUE) throw this.#createDoubtError();
      this.#ids.set(hash.low, hash.high, Math.min(slots.get(label), NO_PLACE));
    });
  }

  #readLabels(): LabelTable {
    const labels = new LabelTable(this.#slots);
    if (this.#data === null || this.#layout === null) return labels;
    const { geometry } = this.#layout;
    const stride = geometry.slotSizeBytes >>> 2;
    const labelWord = geometry.labelOffset >>> 2;
    for (const chunk of readSlotChunks(this.#data, geometry, 0, this.#slots)) {
      const { bytes, firstSlot, slots } = chunk;
      const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >>> 2);
      for (let index = 0; index < slots; index++) {
        const label = words[index * stride + labelWord] ?? 0;
        const isDeleted = ((words[index * stride] ?? 0) >>> 16 & 1) === 1;
        if (isDeleted) labels.remove(label);
        else labels.set(label, firstSlot + index);
      }
    }
    return labels;
  }

  #readQueued(place: number, target: Float32Array): void {
    const sequence = this.#sequences[place - this.#slots] ?? -1;
    this.#queue.require(sequence, target);
    if (sequence > this.#normalisedUpTo) return;
    const sums = new Float64Array(4);
    const dimension = target.length;
    sumSquares(target, { start: 0, stride: dimension, count: 1, dimension }, sums);
    const length = Math.fround(Math.sqrt(sums[0] ?? 0));
    const scale = toScale(sums[0] ?? 0);
    for (let axis = 0; axis < dimension; axis++) {
      target[axis] = Math.fround((target[axis] ?? 0) * scale) * length;
    }
  }

  /** Reads slots in ascending order, those that lie close together at once. */
  #readSlots(rows: readonly number[], places: readonly number[], vectors: Float32Array): void {
    if (this.#layout === null || this.#data === null) return;
    const { geometry } = this.#layout;
    const most = Math.max(1, Math.floor(WINDOW_SIZE_BYTES / geometry.slotSizeBytes));
    for (let index = 0; index < rows.length;) {
      const first = places[rows[index] ?? 0] ?? 0;
      let end = index + 1;
      let last = first;
      for (; end < rows.length; end++) {
        const slot = places[rows[end] ?? 0] ?? 0;
        if (slot - last > LARGEST_GAP_SLOTS || slot - first >= most) break;
        last = slot;
      }
      const window = this.#readWindow(this.#data, geometry, first, last + 1);
      for (; index < end; index++) {
        const row = rows[index] ?? 0;
        const slot = places[row] ?? 0;
        const start = ((slot - first) * geometry.slotSizeBytes + geometry.vectorOffset) >>> 2;
        this.#take(window.subarray(start, start + geometry.dimension), vectors, row, slot);
      }
    }
  }

  #take(stored: Float32Array, vectors: Float32Array, row: number, slot: number): void {
    const start = row * stored.length;
    vectors.set(stored, start);
    const length = this.#lengths?.[slot] ?? 1;
    if (length === 1) return;
    const end = start + stored.length;
    for (let at = start; at < end; at++) vectors[at] = (vectors[at] ?? 0) * length;
  }

  #readWindow(
    data: BoundedFile,
    { slotSizeBytes }: HnswGeometry,
    first: number,
    end: number,
  ): Float32Array {
    const floats = ((end - first) * slotSizeBytes) >>> 2;
    if (this.#buffer.length < floats) this.#buffer = new Float32Array(floats);
    const bytes = new Uint8Array(this.#buffer.buffer, 0, 4 * floats);
    const read = data.readAt(first * slotSizeBytes, bytes);
    if (read.byteLength < bytes.byteLength) {
      throw new OperationError("read-failed", `Cannot read slot ${end - 1} again`, {
        path: data.path,
        hint: "The store has changed; stop what uses it and try again.",
      });
    }
    return this.#buffer;
  }

  #createDoubtError(): OperationError {
    return new OperationError("unsupported", "Two ids of the index cannot be told apart", {
      ...(this.#data === null ? {} : { path: this.#data.path }),
      hint: "Their hashes are the same. Read these records with the engine.",
    });
  }
}

/**
 * Tells how many floats the vectors of an index have.
 *
 * @param subject The index; null where the collection has none.
 * @param layout Where its slots are; read where it is left out.
 * @returns The number; null where neither the catalogue nor the index tells.
 * @throws {OperationError} The index cannot be read.
 */
export function readDimension(
  subject: SegmentSubject | null,
  layout: Pick<IndexLayout, "geometry"> | null = subject && readIndexLayout(subject),
): number | null {
  const dimension = subject?.dimension ?? layout?.geometry.dimension ?? null;
  return dimension !== null && dimension > LARGEST_DIMENSION ? null : dimension;
}
