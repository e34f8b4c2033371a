/**
 * link_lists.bin of a persisted hnswlib index: one record per slot, in the order of the slots.
 *
 * | offset | type      | meaning                                                            |
 * | -----: | --------- | ------------------------------------------------------------------ |
 * |      0 | u32       | n: bytes that follow; level × (4 + 4 M), 0 for a node of level 0   |
 * |      4 | u16       | level 1: how many of its neighbours are in use                     |
 * |      6 | u16       | unused                                                             |
 * |      8 | M × u32   | level 1: neighbours, slot numbers of nodes on that level or above  |
 * |        |           | … and so on for each further level                                 |
 *
 * A file of no bytes is right only when no slot is in use. A torn n can claim gigabytes: nothing is
 * ever allocated or followed by it.
 *
 * @module
 */

import { type Places, PlaceTally } from "../model/place_tally.ts";
import type { HnswGeometry } from "./geometry.ts";
import type { RandomAccessBytes } from "./random_access.ts";
import type { SlotBitmap } from "./slot_bitmap.ts";

/** No graph is higher: with M 2 a level above 64 would take more slots than a u32 can count. */
export const HIGHEST_LEVEL = 64;

/** A graph that an engine built is spread over in fewer than ten; a hostile one must not hold us. */
const MOST_SWEEPS = 100;

/** Everything that a pass over the link records learns. */
export interface LinkSurvey {
  /** How many whole, possible records there are at the start of the file. */
  readonly records: number;
  /** Where the walk ended: behind the last record, or at the one that cannot be. */
  readonly endOffset: number;
  /** Why it ended before the last slot: the file did, or a record cannot be. */
  readonly stop: "complete" | "truncated" | "torn";
  /** The length that the record at `endOffset` claims, when it cannot be; else null. */
  readonly tornSizeBytes: number | null;
  /** How many further whole records follow the last slot's, up to the end of the file. */
  readonly recordsBeyond: number;
  /** Whether those further records end exactly where the file does. */
  readonly beyondIsWhole: boolean;
  /** The level of every slot whose record was read. */
  readonly levels: Uint8Array;
  /** The highest level of all. */
  readonly highestLevel: number;
  /** Lists that are longer than they have room for. */
  readonly neighbourCount: Places;
  /** Links to slots that are not in use, or not on the level of the list. */
  readonly neighbourRange: Places;
}

/**
 * Walks the link records, with bounds.
 *
 * @param file link_lists.bin.
 * @param geometry The layout of the index.
 * @param count How many slots are in use.
 * @returns What was found.
 * @throws {OperationError} The file cannot be read.
 */
export function surveyLinks(
  file: RandomAccessBytes,
  geometry: HnswGeometry,
  count: number,
): LinkSurvey {
  const levels = new Uint8Array(count);
  const walk = new LinkWalk(file, geometry);
  let highestLevel = 0;
  let records = 0;
  while (records < count && walk.next()) {
    levels[records++] = walk.level;
    highestLevel = Math.max(highestLevel, walk.level);
  }
  const endOffset = walk.offset;
  const stop = records === count ? "complete" : walk.torn === null ? "truncated" : "torn";
  const tornSizeBytes = stop === "torn" ? walk.torn : null;
  let recordsBeyond = 0;
  if (stop === "complete") {
    // As many again are proof enough of a wrong count; a sparse file would go on for terabytes.
    while (recordsBeyond <= count + 64 && walk.next()) recordsBeyond++;
  }
  const beyondIsWhole = recordsBeyond > 0 && walk.offset === file.sizeBytes;
  return {
    records,
    endOffset,
    stop,
    tornSizeBytes,
    recordsBeyond,
    beyondIsWhole,
    levels,
    highestLevel,
    ...surveyNeighbours(file, geometry, levels, records),
  };
}

function surveyNeighbours(
  file: RandomAccessBytes,
  geometry: HnswGeometry,
  levels: Uint8Array,
  records: number,
): { neighbourCount: Places; neighbourRange: Places } {
  const neighbourCount = new PlaceTally();
  const neighbourRange = new PlaceTally();
  const walk = new LinkWalk(file, geometry);
  for (let slot = 0; slot < records && walk.next(); slot++) {
    for (let level = 1; level <= walk.level; level++) {
      const links = walk.linkCount(level);
      if (links > geometry.maxLinks) {
        neighbourCount.add(slot, walk.listOffset(level), 2);
        continue;
      }
      for (let index = 0; index < links; index++) {
        const neighbour = walk.neighbour(level, index);
        if (neighbour >= levels.length || (levels[neighbour] ?? 0) < level) {
          neighbourRange.add(slot, walk.listOffset(level) + 4 + 4 * index, 4);
          break;
        }
      }
    }
  }
  return { neighbourCount: neighbourCount.places, neighbourRange: neighbourRange.places };
}

/**
 * Spreads `reached` along the links of the levels above 0 until nothing is added.
 *
 * A search walks down through these levels before it spreads on level 0, so whatever is reached
 * here is where a search on level 0 can begin.
 *
 * @param file link_lists.bin, found whole by {@linkcode surveyLinks}.
 * @param geometry The layout of the index.
 * @param count How many slots are in use.
 * @param reached The slots reached so far, at the start the entry point; it is added to.
 */
export function spreadUpperLevels(
  file: RandomAccessBytes,
  geometry: HnswGeometry,
  count: number,
  reached: SlotBitmap,
): void {
  let added = true;
  for (let sweep = 0; added && sweep < MOST_SWEEPS; sweep++) {
    added = false;
    const walk = new LinkWalk(file, geometry);
    for (let slot = 0; slot < count && walk.next(); slot++) {
      if (walk.level === 0 || !reached.has(slot)) continue;
      for (let level = 1; level <= walk.level; level++) {
        const links = Math.min(walk.linkCount(level), geometry.maxLinks);
        for (let index = 0; index < links; index++) {
          const neighbour = walk.neighbour(level, index);
          if (neighbour < count && !reached.has(neighbour)) {
            reached.add(neighbour);
            added = true;
          }
        }
      }
    }
  }
}

/** Steps from record to record through a window of the file. */
export class LinkWalk {
  readonly #file: RandomAccessBytes;
  readonly #geometry: HnswGeometry;
  readonly #window: Uint8Array;
  #bytes: Uint8Array = new Uint8Array();
  #view: DataView = new DataView(new ArrayBuffer(0));
  #windowStart = 0;
  #recordOffset = 0;
  /** Where the next record begins, in bytes from the start of the file. */
  offset = 0;
  /** The level of the node whose record was read last. */
  level = 0;
  /** What the record at `offset` claims as its length when that cannot be, else null. */
  torn: number | null = null;

  /** Begins at the start of link_lists.bin. */
  constructor(file: RandomAccessBytes, geometry: HnswGeometry) {
    this.#file = file;
    this.#geometry = geometry;
    const largestRecord = 4 + HIGHEST_LEVEL * geometry.linkListSizeBytes;
    this.#window = new Uint8Array(Math.min(file.sizeBytes, Math.max(1 << 18, largestRecord)));
  }

  /** Reads the next record; false at the end of the file and at a record that cannot be. */
  next(): boolean {
    if (!this.#load(4)) return false;
    const sizeBytes = this.#view.getUint32(this.offset - this.#windowStart, true);
    const level = sizeBytes / this.#geometry.linkListSizeBytes;
    if (!Number.isInteger(level) || level > HIGHEST_LEVEL) {
      this.torn = sizeBytes;
      return false;
    }
    if (!this.#load(4 + sizeBytes)) return false;
    this.level = level;
    this.#recordOffset = this.offset;
    this.offset += 4 + sizeBytes;
    return true;
  }

  /** Where the list of a level of the current record begins, in bytes from the file's start. */
  listOffset(level: number): number {
    return this.#recordOffset + 4 + (level - 1) * this.#geometry.linkListSizeBytes;
  }

  /** How many links the current record says that it has on a level. */
  linkCount(level: number): number {
    return this.#view.getUint16(this.listOffset(level) - this.#windowStart, true);
  }

  /** A link of the current record; `index` must be below M. */
  neighbour(level: number, index: number): number {
    return this.#view.getUint32(this.listOffset(level) - this.#windowStart + 4 + 4 * index, true);
  }

  #load(sizeBytes: number): boolean {
    const from = this.offset - this.#windowStart;
    if (from >= 0 && from + sizeBytes <= this.#bytes.byteLength) return true;
    if (this.offset + sizeBytes > this.#file.sizeBytes) return false;
    this.#bytes = this.#file.readAt(this.offset, this.#window);
    this.#view = new DataView(
      this.#bytes.buffer,
      this.#bytes.byteOffset,
      this.#bytes.byteLength,
    );
    this.#windowStart = this.offset;
    return sizeBytes <= this.#bytes.byteLength;
  }
}
