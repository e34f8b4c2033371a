/**
 * The true nearest neighbours of some queries: every slot is looked at, in one pass over the file.
 *
 * @module
 */

import { startComparison } from "./build/kernel.ts";
import type { Space } from "./build/settings.ts";
import type { HnswGeometry } from "./geometry.ts";
import type { SlotChunk } from "./slots.ts";

/** A slot, and how far it is from a query. */
export interface Neighbour {
  /** The slot. */
  readonly slot: number;
  /** The distance as hnswlib measures it: 1 less the product for ip and cosine. */
  readonly distance: number;
}

/** What is looked for. */
export interface NearestOptions {
  /** The layout of a slot. */
  readonly geometry: HnswGeometry;
  /** How distances are measured. */
  readonly space: Space;
  /** The queries; normalised for the space cosine, as far as distances matter. */
  readonly queries: readonly Float32Array[];
  /** How many neighbours of each are kept. */
  readonly neighbours: number;
}

const PAGE_SIZE_BYTES = 1 << 16;

/** The kernel has tables of its own at the start of the memory. */
const FIRST_FREE_BYTE = PAGE_SIZE_BYTES;

/** How many bytes of slots are compared at a time. */
const ROOM_SIZE_BYTES = 1 << 20;

/** The kernel takes queries four at a time. */
const QUERIES_AT_A_TIME = 4;

/** Says that a slot is deleted, in the first word of its record. */
const DELETED_FLAG = 1 << 16;

/** Finds the nearest neighbours of some queries among slots that come chunk by chunk. */
export class NearestScan {
  readonly #options: NearestOptions;
  readonly #memory: WebAssembly.Memory;
  readonly #kernel: ReturnType<typeof startComparison>;
  readonly #queryCount: number;
  readonly #roomSlots: number;
  readonly #roomAddress: number;
  readonly #resultAddress: number;
  readonly #slots: Uint32Array;
  readonly #distances: Float64Array;

  /**
   * Begins before the first slot.
   *
   * @param options What is looked for.
   */
  constructor(options: NearestOptions) {
    const { geometry, queries, neighbours } = options;
    this.#options = options;
    this.#queryCount = Math.ceil(queries.length / QUERIES_AT_A_TIME) * QUERIES_AT_A_TIME;
    this.#roomSlots = Math.max(1, Math.floor(ROOM_SIZE_BYTES / geometry.slotSizeBytes));
    const queriesSize = 4 * geometry.dimension * this.#queryCount;
    this.#roomAddress = FIRST_FREE_BYTE + queriesSize;
    this.#resultAddress = this.#roomAddress + this.#roomSlots * geometry.slotSizeBytes;
    const end = this.#resultAddress + 4 * this.#roomSlots * this.#queryCount;
    const pages = Math.ceil(end / PAGE_SIZE_BYTES);
    this.#memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    this.#kernel = startComparison(this.#memory);
    const target = new Float32Array(this.#memory.buffer, FIRST_FREE_BYTE, queriesSize >>> 2);
    for (const [index, query] of queries.entries()) target.set(query, index * geometry.dimension);
    this.#slots = new Uint32Array(queries.length * neighbours);
    this.#distances = new Float64Array(queries.length * neighbours).fill(Infinity);
  }

  /**
   * Looks at slots; those that are deleted are passed over.
   *
   * @param chunk The slots.
   */
  add(chunk: SlotChunk): void {
    const { slotSizeBytes } = this.#options.geometry;
    for (let first = 0; first < chunk.slots; first += this.#roomSlots) {
      const count = Math.min(this.#roomSlots, chunk.slots - first);
      const bytes = chunk.bytes.subarray(first * slotSizeBytes, (first + count) * slotSizeBytes);
      this.#compare(chunk.firstSlot + first, count, bytes);
    }
  }

  /**
   * Tells what was found.
   *
   * @param query The number of the query.
   * @returns The nearest slots, the nearest first.
   */
  nearest(query: number): Neighbour[] {
    const { neighbours } = this.#options;
    const found: Neighbour[] = [];
    for (let at = query * neighbours; at < (query + 1) * neighbours; at++) {
      const distance = this.#distances[at] ?? Infinity;
      if (distance < Infinity) found.push({ slot: this.#slots[at] ?? 0, distance });
    }
    return found;
  }

  #compare(firstSlot: number, count: number, bytes: Uint8Array): void {
    const { geometry, space, queries } = this.#options;
    new Uint8Array(this.#memory.buffer, this.#roomAddress, bytes.byteLength).set(bytes);
    this.#kernel.compare(
      this.#roomAddress + geometry.vectorOffset,
      geometry.slotSizeBytes,
      count,
      FIRST_FREE_BYTE,
      this.#queryCount,
      geometry.dimension,
      this.#resultAddress,
      space === "l2",
    );
    const words = new Uint32Array(this.#memory.buffer, this.#roomAddress, bytes.byteLength >>> 2);
    const results = new Float32Array(
      this.#memory.buffer,
      this.#resultAddress,
      count * this.#queryCount,
    );
    const isProduct = space !== "l2";
    for (let slot = 0; slot < count; slot++) {
      if (((words[(slot * geometry.slotSizeBytes) >>> 2] ?? 0) & DELETED_FLAG) !== 0) continue;
      for (let query = 0; query < queries.length; query++) {
        const result = results[slot * this.#queryCount + query] ?? 0;
        this.#offer(query, firstSlot + slot, isProduct ? 1 - result : result);
      }
    }
  }

  /** Keeps a slot where it is nearer than one that is kept. */
  #offer(query: number, slot: number, distance: number): void {
    const first = query * this.#options.neighbours;
    let at = first + this.#options.neighbours - 1;
    if (!(distance < (this.#distances[at] ?? -Infinity))) return;
    for (; at > first && distance < (this.#distances[at - 1] ?? -Infinity); at--) {
      this.#distances[at] = this.#distances[at - 1] ?? Infinity;
      this.#slots[at] = this.#slots[at - 1] ?? 0;
    }
    this.#distances[at] = distance;
    this.#slots[at] = slot;
  }
}
