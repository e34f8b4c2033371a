/**
 * The ids of a collection, each with a number that stays: their bytes one behind another, so that
 * 1.35 million ids of 36 bytes take some 70 MB, and no hash stands for an id that it is not.
 *
 * @module
 */

import { OperationError } from "../../../base/errors.ts";
import { formatBytes } from "../../../base/format.ts";
import { StringHash } from "../../../base/multiset_hash.ts";
import { Column } from "./columns.ts";

const CHUNK_SIZE_BYTES = 4 << 20;

/** More than any store has; a hostile one must not take all the memory. */
const MOST_BYTES = 1 << 30;

/** Engines take ids of any length; longer ones than this are nobody's, and are passed over. */
export const LONGEST_ID_BYTES: number = CHUNK_SIZE_BYTES;

const FIRST_BUCKETS = 1 << 12;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** A set of ids; each gets the next number when it is added first. */
export class IdTable {
  readonly #chunks: Uint8Array[] = [];
  readonly #offsets = Column.words();
  readonly #sizes = Column.words();
  readonly #hashes = Column.words();
  readonly #hash = new StringHash();
  readonly #scratch = new Uint8Array(LONGEST_ID_BYTES);
  #buckets = new Uint32Array(FIRST_BUCKETS);
  #count = 0;
  #usedBytes = 0;

  /** How many ids there are; they are numbered from 0. */
  get count(): number {
    return this.#count;
  }

  /**
   * Finds an id.
   *
   * @param id The id.
   * @returns Its number, or -1 when it is not there.
   */
  find(id: string): number {
    const bytes = this.#encode(id);
    return bytes === null ? -1 : (this.#buckets[this.#bucketOf(bytes)] ?? 0) - 1;
  }

  /**
   * Adds an id, unless it is there.
   *
   * @param id The id.
   * @returns Its number, or -1 for one that is longer than any id is.
   * @throws {OperationError} The ids take more memory than any store's.
   */
  add(id: string): number {
    const bytes = this.#encode(id);
    if (bytes === null) return -1;
    const bucket = this.#bucketOf(bytes);
    const known = this.#buckets[bucket] ?? 0;
    if (known !== 0) return known - 1;
    const index = this.#count++;
    this.#offsets.set(index, this.#append(bytes));
    this.#sizes.set(index, bytes.byteLength);
    this.#hashes.set(index, this.#hash.low);
    this.#buckets[bucket] = index + 1;
    if (2 * this.#count > this.#buckets.length) this.#rehash();
    return index;
  }

  /** The id of a number that {@linkcode IdTable.add} gave. */
  text(index: number): string {
    return decoder.decode(this.#bytes(index));
  }

  #encode(id: string): Uint8Array | null {
    const { read, written } = encoder.encodeInto(id, this.#scratch);
    if (read < id.length) return null;
    const bytes = this.#scratch.subarray(0, written);
    this.#hash.ofBytes(bytes);
    return bytes;
  }

  /** The bucket of the id that was encoded last: its own, or the empty one where it belongs. */
  #bucketOf(bytes: Uint8Array): number {
    const mask = this.#buckets.length - 1;
    let bucket = this.#hash.low & mask;
    while (true) {
      const index = (this.#buckets[bucket] ?? 0) - 1;
      if (index < 0) return bucket;
      if (this.#hashes.get(index) === this.#hash.low && isEqual(this.#bytes(index), bytes)) {
        return bucket;
      }
      bucket = (bucket + 1) & mask;
    }
  }

  #bytes(index: number): Uint8Array {
    const offset = this.#offsets.get(index);
    const start = offset % CHUNK_SIZE_BYTES;
    const chunk = this.#chunks[Math.floor(offset / CHUNK_SIZE_BYTES)] ?? new Uint8Array();
    return chunk.subarray(start, start + this.#sizes.get(index));
  }

  #append(bytes: Uint8Array): number {
    const room = this.#chunks.length * CHUNK_SIZE_BYTES - this.#usedBytes;
    if (bytes.byteLength > room) {
      if (this.#usedBytes > MOST_BYTES) {
        throw new OperationError(
          "no-memory",
          `The ids of the collection take more than ${formatBytes(MOST_BYTES)}`,
          { hint: "No engine writes so many ids into one collection; look at chroma.sqlite3." },
        );
      }
      this.#usedBytes = this.#chunks.length * CHUNK_SIZE_BYTES;
      this.#chunks.push(new Uint8Array(CHUNK_SIZE_BYTES));
    }
    const offset = this.#usedBytes;
    this.#chunks[this.#chunks.length - 1]?.set(bytes, offset % CHUNK_SIZE_BYTES);
    this.#usedBytes += bytes.byteLength;
    return offset;
  }

  #rehash(): void {
    const buckets = new Uint32Array(2 * this.#buckets.length);
    for (let index = 0; index < this.#count; index++) {
      let bucket = this.#hashes.get(index) & (buckets.length - 1);
      while (buckets[bucket] !== 0) bucket = (bucket + 1) & (buckets.length - 1);
      buckets[bucket] = index + 1;
    }
    this.#buckets = buckets;
  }
}

function isEqual(left: Uint8Array, right: Uint8Array): boolean {
  if (left.byteLength !== right.byteLength) return false;
  for (let index = 0; index < left.byteLength; index++) {
    if (left[index] !== right[index]) return false;
  }
  return true;
}
