/**
 * Which distance an index was built for, by its files alone.
 *
 * - cosine: hnswlib stores the vectors normalised, and their lengths in length.bin. For l2 and ip
 *   that file holds uninitialised memory, in which not every number is a length.
 * - l2 or ip: a slot keeps a link to the nearest of all others, by the distance that chose its links.
 *   Where the nearest is another one by either distance, the links say which it was: 13 to 2 and
 *   better in the golden stores. Vectors that are all of one length are in the same order by both
 *   distances, and nothing tells them apart.
 *
 * @module
 */

import { isPossibleLength, LENGTH_SIZE_BYTES } from "../../../../hnsw/lengths.ts";
import type { HnswGeometry } from "../../../../hnsw/geometry.ts";
import type { RandomAccessBytes } from "../../../../hnsw/random_access.ts";
import { measureVectors, readSlotVector } from "../../../../hnsw/slot_judge.ts";
import { readSlotChunks, type SlotChunk } from "../../../../hnsw/slots.ts";
import type { Space } from "../../catalogue/configuration.ts";

/** How many slots are asked for their nearest, and how many vectors are looked at for all of them. */
const MOST_ASKED = 96;
const FEWEST_ASKED = 12;
const MOST_LOOKED_AT = 3_000_000;

/** How many slots have to decide for a distance, and how many times as many as against it. */
const FEWEST_DECIDED = 8;
const CLEAR_RATIO = 4;

/** The files of an index that are looked at. */
export interface IndexFiles {
  /** data_level0.bin. */
  readonly data: RandomAccessBytes;
  /** length.bin, or null. */
  readonly lengths: RandomAccessBytes | null;
  /** The layout of a slot. */
  readonly geometry: HnswGeometry;
  /** How many slots are in use. */
  readonly count: number;
}

/**
 * Finds the distance that an index was built for.
 *
 * @param files Its files.
 * @returns The distance, or null when nothing proves it.
 * @throws {OperationError} A file cannot be read.
 */
export function findSpace(files: IndexFiles): Space | null {
  const { data, geometry, count } = files;
  if (count < 1) return null;
  if (measureVectors(data, geometry, count).isNormalised) {
    return haveLengths(files) ? "cosine" : null;
  }
  return decideByLinks(files);
}

/** Whether length.bin holds a length for every slot that is looked at. */
function haveLengths({ lengths, count }: IndexFiles): boolean {
  if (lengths === null || lengths.sizeBytes < count * LENGTH_SIZE_BYTES) return false;
  const bytes = lengths.readAt(0, new Uint8Array(Math.min(count, 1 << 16) * LENGTH_SIZE_BYTES));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let offset = 0; offset + LENGTH_SIZE_BYTES <= bytes.byteLength; offset += 4) {
    if (!isPossibleLength(view.getFloat32(offset, true))) return false;
  }
  return true;
}

/** A slot, and which is the nearest to it by either distance. */
interface AskedSlot {
  readonly slot: number;
  readonly vector: Float32Array;
  readonly nearest: Record<"l2" | "ip", { slot: number; distance: number }>;
}

function decideByLinks(files: IndexFiles): Space | null {
  const asked = chooseSlots(files);
  for (const chunk of readSlotChunks(files.data, files.geometry, 0, files.count)) {
    findNearest(asked, chunk, files.geometry);
  }
  const decided = { l2: 0, ip: 0 };
  for (const { slot, nearest } of asked) {
    const neighbours = readNeighbours(files, slot);
    const [l2, ip] = [neighbours.has(nearest.l2.slot), neighbours.has(nearest.ip.slot)];
    if (l2 && !ip) decided.l2++;
    if (ip && !l2) decided.ip++;
  }
  const isClear = (ours: number, others: number): boolean =>
    ours >= FEWEST_DECIDED && ours >= CLEAR_RATIO * others;
  if (isClear(decided.l2, decided.ip)) return "l2";
  return isClear(decided.ip, decided.l2) ? "ip" : null;
}

function chooseSlots({ data, geometry, count }: IndexFiles): AskedSlot[] {
  const affordable = Math.max(FEWEST_ASKED, Math.floor(MOST_LOOKED_AT / count));
  const wanted = Math.min(count, MOST_ASKED, affordable);
  return Array.from({ length: wanted }, (_, at) => Math.floor(at * count / wanted))
    .map((slot) => {
      const vector = new Float32Array(geometry.dimension);
      readSlotVector(data, geometry, slot, vector);
      const nothing = { slot: -1, distance: Infinity };
      return { slot, vector, nearest: { l2: { ...nothing }, ip: { ...nothing } } };
    });
}

function findNearest(
  asked: readonly AskedSlot[],
  { firstSlot, slots, bytes }: SlotChunk,
  { slotSizeBytes, vectorOffset, dimension }: HnswGeometry,
): void {
  const floats = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >>> 2);
  for (let index = 0; index < slots; index++) {
    const base = (index * slotSizeBytes + vectorOffset) >>> 2;
    for (const { slot, vector, nearest } of asked) {
      if (slot === firstSlot + index) continue;
      let squared = 0;
      let product = 0;
      for (let axis = 0; axis < dimension; axis++) {
        const ours = vector[axis] ?? 0;
        const other = floats[base + axis] ?? 0;
        squared += (ours - other) * (ours - other);
        product += ours * other;
      }
      take(nearest.l2, firstSlot + index, squared);
      take(nearest.ip, firstSlot + index, -product);
    }
  }
}

function take(
  nearest: { slot: number; distance: number },
  slot: number,
  distance: number,
): void {
  if (distance >= nearest.distance) return;
  nearest.slot = slot;
  nearest.distance = distance;
}

function readNeighbours({ data, geometry }: IndexFiles, slot: number): Set<number> {
  const head = new Uint8Array(geometry.vectorOffset);
  const bytes = data.readAt(slot * geometry.slotSizeBytes, head);
  if (bytes.byteLength < head.byteLength) return new Set();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const links = Math.min(view.getUint16(0, true), geometry.maxLinksLevel0);
  return new Set(Array.from({ length: links }, (_, at) => view.getUint32(4 + 4 * at, true)));
}
