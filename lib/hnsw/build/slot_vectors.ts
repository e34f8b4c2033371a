/**
 * Taking vectors from the slots of another index, as they are stored there.
 *
 * @module
 */

import { OperationError } from "../../base/errors.ts";
import type { HnswGeometry } from "../geometry.ts";
import { LENGTH_SIZE_BYTES } from "../lengths.ts";
import type { RandomAccessBytes } from "../random_access.ts";
import type { VectorReader } from "./settings.ts";

/** Where the vectors are. */
export interface SlotVectorSource {
  /** data_level0.bin. */
  readonly slots: RandomAccessBytes;
  /** length.bin of a cosine index; where it is null, or too short, every length is 1. */
  readonly lengths: RandomAccessBytes | null;
  /** The layout of the slots. */
  readonly geometry: HnswGeometry;
  /** Tells which slot has the vector of a slot of the new index, or -1 where `others` has it. */
  readonly slotOf: (slot: number) => number;
  /** Fills in the vectors that are in no slot. */
  readonly others?: VectorReader;
}

/** How many bytes of slots are read at a time. */
const CHUNK_SIZE_BYTES = 1 << 20;

/**
 * Makes a reader of vectors that are in the slots of another index. Neighbouring slots are read
 * together.
 *
 * @param source Where the vectors are.
 * @returns The reader. It gives each vector a length, so that none is normalised again. It throws an
 * {@linkcode OperationError} where a slot is not in the file, or its vector nowhere.
 */
export function readSlotVectors(source: SlotVectorSource): VectorReader {
  const { geometry, slotOf, others = refuse } = source;
  const { dimension, slotSizeBytes } = geometry;
  const mostSlots = Math.max(1, Math.floor(CHUNK_SIZE_BYTES / slotSizeBytes));
  const chunk = new SlotChunkReader(source, mostSlots);
  return (first, count, vectors, lengths) => {
    for (let place = 0; place < count;) {
      const slot = slotOf(first + place);
      const inSlots = slot >= 0;
      let run = 1;
      const belongs = (next: number): boolean => inSlots ? next === slot + run : next < 0;
      while (place + run < count && run < mostSlots && belongs(slotOf(first + place + run))) run++;
      const target = vectors.subarray(place * dimension, (place + run) * dimension);
      const targetLengths = lengths.subarray(place, place + run);
      if (inSlots) chunk.read(slot, run, target, targetLengths);
      else others(first + place, run, target, targetLengths);
      place += run;
    }
  };
}

function refuse(first: number): never {
  throw new OperationError("internal", `There is no vector for slot ${first}`);
}

/** Reads neighbouring slots. */
class SlotChunkReader {
  readonly #source: SlotVectorSource;
  readonly #words: Uint32Array<ArrayBuffer>;
  readonly #lengths: Float32Array<ArrayBuffer>;

  constructor(source: SlotVectorSource, mostSlots: number) {
    this.#source = source;
    this.#words = new Uint32Array((mostSlots * source.geometry.slotSizeBytes) >>> 2);
    this.#lengths = new Float32Array(mostSlots);
  }

  read(slot: number, count: number, vectors: Float32Array, lengths: Float32Array): void {
    const { slots, lengths: lengthFile, geometry } = this.#source;
    const { dimension, slotSizeBytes, vectorOffset } = geometry;
    const { buffer } = this.#words;
    const wanted = new Uint8Array(buffer, 0, count * slotSizeBytes);
    if (slots.readAt(slot * slotSizeBytes, wanted).byteLength < wanted.byteLength) {
      throw new OperationError("read-failed", `The index ends before slot ${slot + count - 1}`);
    }
    for (let place = 0; place < count; place++) {
      const vector = new Float32Array(buffer, place * slotSizeBytes + vectorOffset, dimension);
      vectors.set(vector, place * dimension);
    }
    this.#lengths.fill(1);
    const bytes = new Uint8Array(this.#lengths.buffer, 0, count * LENGTH_SIZE_BYTES);
    lengthFile?.readAt(slot * LENGTH_SIZE_BYTES, bytes);
    lengths.set(this.#lengths.subarray(0, count));
  }
}
