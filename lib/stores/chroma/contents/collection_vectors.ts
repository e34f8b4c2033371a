/**
 * The vectors of one collection as hashes, by the id of the record: those of the index (id to label
 * to slot), and over them what the queue brings.
 *
 * Memory: for each slot sixteen bytes and a place in the table of labels, for each id a place in the
 * table of ids.
 *
 * @module
 */

import { StringHash } from "../../../base/multiset_hash.ts";
import type { Hash128 } from "../../../base/hash128.ts";
import { readSlotChunks } from "../../../hnsw/slots.ts";
import { SEGMENT_FILES } from "../layout.ts";
import { readIdMap } from "../segment/id_map.ts";
import { isCosine, type SegmentSubject } from "../segment/segment_reading.ts";
import { KeyTable, NO_VALUE } from "../../../base/key_table.ts";
import { LabelTable, openIndexFile, readIndexLayout } from "./index_files.ts";
import { VectorHasher } from "./vector_hash.ts";

/** The vectors of one collection. */
export class CollectionVectors {
  readonly #hashes = new HashList();
  #ids = new KeyTable();
  readonly #idHash = new StringHash();
  readonly #isCosine: boolean;
  readonly #hashers = new Map<number, VectorHasher>();

  /** Makes an empty set of vectors. */
  constructor(isCosine: boolean) {
    this.#isCosine = isCosine;
  }

  /**
   * Finds the hash of a record's vector.
   *
   * @param id Bytes that have the record's id.
   * @param start Where the id begins in them.
   * @param end Where it ends.
   * @param target Is set to the hash.
   * @returns False when the record has no vector that can be read.
   */
  find(id: Uint8Array, start: number, end: number, target: Hash128): boolean {
    const { low, high } = this.#idHash.ofBytes(id, start, end);
    const index = this.#ids.get(low, high);
    if (index === NO_VALUE || index >= this.#hashes.length) return false;
    this.#hashes.get(index, target);
    return true;
  }

  /** Whether the index knows an id, even where it has no vector for it. */
  has(id: string): boolean {
    const { low, high } = this.#idHash.ofText(id);
    return this.#ids.get(low, high) !== NO_VALUE;
  }

  /** Gives an id the vector that the queue brings. */
  set(id: string, vector: Float32Array): void {
    const index = this.#hashes.length;
    this.#hashes.set(index, this.#hasherOf(vector.length).ofQueued(vector));
    const { low, high } = this.#idHash.ofText(id);
    this.#ids.set(low, high, index);
  }

  /** Takes an id out. */
  remove(id: string): void {
    const { low, high } = this.#idHash.ofText(id);
    this.#ids.remove(low, high);
  }

  /**
   * Reads the index of a segment. What cannot be believed is passed over: its records then have no
   * vector that can be read.
   *
   * @param subject The segment.
   * @param onRead Is told how many bytes were read.
   * @throws {OperationError} A file cannot be read.
   */
  readIndex(subject: SegmentSubject, onRead: (sizeBytes: number) => void): void {
    using idMap = openIndexFile(subject, SEGMENT_FILES.idMap);
    if (idMap === null) return;
    const slots = this.#readSlots(subject, onRead);
    this.#ids = new KeyTable(this.#hashes.length);
    readIdMap(idMap, ({ hash }, label) => {
      // An id whose label no slot has is known to the index all the same: an add is passed over.
      this.#ids.set(hash.low, hash.high, Math.min(slots.get(label), WITHOUT_VECTOR));
    });
    onRead(idMap.sizeBytes);
  }

  /** Hashes the vectors slot by slot, and returns which label has which slot. */
  #readSlots(subject: SegmentSubject, onRead: (sizeBytes: number) => void): LabelTable {
    using data = openIndexFile(subject, SEGMENT_FILES.data);
    const layout = readIndexLayout(subject);
    if (data === null || layout === null) return new LabelTable(0);
    const { geometry } = layout;
    const count = Math.min(layout.count, Math.floor(data.sizeBytes / geometry.slotSizeBytes));
    const labels = new LabelTable(count);
    const hasher = this.#hasherOf(geometry.dimension);
    for (const { firstSlot, slots, bytes } of readSlotChunks(data, geometry, 0, count)) {
      const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >>> 2);
      const floats = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >>> 2);
      const stride = geometry.slotSizeBytes >>> 2;
      const start = geometry.vectorOffset >>> 2;
      const labelWord = geometry.labelOffset >>> 2;
      hasher.hashIndexed({ words, floats, start, stride, count: slots }, (index, hash) => {
        this.#hashes.set(firstSlot + index, hash);
        const isDeleted = ((words[index * stride] ?? 0) >>> 16 & 1) === 1;
        const label = words[index * stride + labelWord] ?? 0;
        if (isDeleted) labels.remove(label);
        else labels.set(label, firstSlot + index);
      });
      onRead(bytes.byteLength);
    }
    return labels;
  }

  #hasherOf(dimension: number): VectorHasher {
    let hasher = this.#hashers.get(dimension);
    if (hasher === undefined) {
      hasher = new VectorHasher(dimension, this.#isCosine);
      this.#hashers.set(dimension, hasher);
    }
    return hasher;
  }
}

/** The number of a vector that is not there; so many no store has. */
const WITHOUT_VECTOR = 0xffff_fffd;

/** Makes the set of vectors of a collection from its index. */
export function readIndexVectors(
  subject: SegmentSubject | null,
  onRead: (sizeBytes: number) => void,
): CollectionVectors {
  const vectors = new CollectionVectors(subject !== null && isCosine(subject));
  if (subject !== null) vectors.readIndex(subject, onRead);
  return vectors;
}

/** Hashes in a typed array that grows. */
class HashList {
  #lanes = new Int32Array(4096);
  /** One more than the highest index that was set. */
  length = 0;

  set(index: number, { a, b, c, d }: Hash128): void {
    const offset = 4 * index;
    if (offset >= this.#lanes.length) {
      const lanes = new Int32Array(2 * offset + 4);
      lanes.set(this.#lanes);
      this.#lanes = lanes;
    }
    this.#lanes[offset] = a;
    this.#lanes[offset + 1] = b;
    this.#lanes[offset + 2] = c;
    this.#lanes[offset + 3] = d;
    this.length = Math.max(this.length, index + 1);
  }

  get(index: number, target: Hash128): void {
    const offset = 4 * index;
    const lanes = this.#lanes;
    target.set(
      lanes[offset] ?? 0,
      lanes[offset + 1] ?? 0,
      lanes[offset + 2] ?? 0,
      lanes[offset + 3] ?? 0,
    );
  }
}
