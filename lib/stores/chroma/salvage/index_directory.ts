/**
 * The directory of an index, opened for salvage: its slots, its lengths, and how many slots are in
 * use, each from whatever file still tells.
 *
 * @module
 */

import { join } from "@std/path";
import { toIndex } from "../../../base/bytes.ts";
import { OperationError } from "../../../base/errors.ts";
import { BoundedFile } from "../../../fs/read_fs.ts";
import {
  geometryOf,
  geometryOfHeader,
  type HnswGeometry,
  LARGEST_DIMENSION,
} from "../../../hnsw/geometry.ts";
import { HEADER_SIZE_BYTES, parseHeader, PERSISTENCE_VERSION } from "../../../hnsw/header.ts";
import { LinkWalk } from "../../../hnsw/links.ts";
import { type ConfirmedGeometry, findGeometry } from "../../../hnsw/salvage_geometry.ts";
import { measureVectors } from "../../../hnsw/slot_judge.ts";
import {
  readSlotVector,
  salvageSlots,
  SLOT_STATE,
  type SlotSalvage,
} from "../../../hnsw/salvage_slots.ts";
import { SlotBitmap } from "../../../hnsw/slot_bitmap.ts";
import { SEGMENT_FILES, type SegmentDirectory } from "../layout.ts";
import { readIdMap } from "../segment/id_map.ts";
import { isCosine, type SegmentSubject } from "../segment/segment_reading.ts";
import { SlotLengths } from "./length_file.ts";
import type { RecordTable } from "./record_table.ts";

/** How many records behind the slots are counted at least, so that a file that was cut counts too. */
const MOST_COUNTED_BEYOND = 1 << 20;

/** One node in M is on a level above 0: so many without one are no graph. */
const FEWEST_WITH_LEVELS = 200;

/** What is said of how many slots are in use; null where nothing can be believed. */
export interface DeclaredCounts {
  /** `cur_element_count` in header.bin. */
  readonly header: number | null;
  /** The records of link_lists.bin, where they end exactly with the file. */
  readonly links: number | null;
  /** The slots that data_level0.bin has room for. */
  readonly data: number;
}

/** The directory of an index. */
export class IndexDirectory implements Disposable {
  readonly #files = new Map<keyof typeof SEGMENT_FILES, BoundedFile>();
  readonly #lengths: SlotLengths | null;
  /** The directory. */
  readonly directory: SegmentDirectory;
  /** How its slots are laid out, and what says so; null when that cannot be found out. */
  readonly layout: ConfirmedGeometry | null;
  /** What can be used of its slots; null without a layout. */
  readonly slots: SlotSalvage | null;
  /** What is said of how many are in use. */
  readonly declared: DeclaredCounts;

  /**
   * Opens a directory and judges its slots.
   *
   * @param subject What the catalogue says of the segment.
   * @param directory Its directory, or one that was moved aside.
   * @param dimensions Dimensions that its vectors may have, the likeliest first.
   * @throws {OperationError} A file cannot be read.
   */
  constructor(
    subject: SegmentSubject,
    directory: SegmentDirectory,
    dimensions: readonly number[],
  ) {
    this.directory = directory;
    try {
      for (const [key, name] of Object.entries(SEGMENT_FILES)) {
        const stored = directory.files[name];
        if (stored === undefined) continue;
        const file = BoundedFile.open(join(subject.storePath, stored.path));
        this.#files.set(key as keyof typeof SEGMENT_FILES, file);
      }
      const header = this.#readHeader();
      this.layout = this.#findLayout(subject, header.geometry, dimensions);
      const isForeign = subject.dimension !== null &&
        subject.dimension !== this.layout?.geometry.dimension;
      // Vectors of another dimension belong to nothing that the catalogue tells of.
      const geometry = isForeign ? null : this.layout?.geometry ?? null;
      this.declared = this.#readCounts(geometry, header.count);
      this.slots = this.#readSlots(subject, geometry);
      this.#lengths = this.#readLengths(subject);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** Closes the files. */
  [Symbol.dispose](): void {
    for (const file of this.#files.values()) file.close();
  }

  /** index_metadata.pickle, or null when it is missing. */
  get idMap(): BoundedFile | null {
    return this.#files.get("idMap") ?? null;
  }

  /** data_level0.bin, or null when it is missing. */
  get data(): BoundedFile | null {
    return this.#files.get("data") ?? null;
  }

  /**
   * Reads the vector of a slot as it stands there: in a cosine index normalised.
   *
   * @param slot The slot.
   * @param target Takes the components.
   * @returns False when it cannot be read.
   * @throws {OperationError} The file cannot be read.
   */
  readStored(slot: number, target: Float32Array): boolean {
    const { data, slots } = this;
    return data !== null && slots !== null && readSlotVector(data, slots.geometry, slot, target);
  }

  /** link_lists.bin, or null when it is missing. */
  get links(): BoundedFile | null {
    return this.#files.get("links") ?? null;
  }

  /** The length that the vector of a slot had before it was normalised; 1 where it is lost. */
  lengthOf(slot: number): number {
    return this.#lengths?.of(slot) ?? 1;
  }

  /**
   * Reads the vector of a slot as it was written: in a cosine index with its length, where that is
   * not lost.
   *
   * @param slot The slot.
   * @param target Takes the components.
   * @throws {OperationError} The file cannot be read, or has become shorter.
   */
  requireOriginal(slot: number, target: Float32Array): void {
    this.requireStored(slot, target);
    const length = this.lengthOf(slot);
    if (length === 1) return;
    for (let axis = 0; axis < target.length; axis++) target[axis] = (target[axis] ?? 0) * length;
  }

  /**
   * Reads the vector of a slot as it stands there, which was read before.
   *
   * @param slot The slot.
   * @param target Takes the components.
   * @throws {OperationError} The file cannot be read, or has become shorter.
   */
  requireStored(slot: number, target: Float32Array): void {
    if (!this.readStored(slot, target)) {
      throw new OperationError("read-failed", `Cannot read slot ${slot} again`, {
        path: this.data?.path ?? this.directory.name,
        hint: "The store has changed; stop what uses it and try again.",
      });
    }
  }

  /** Whether the length of a slot's vector is needed and lost. */
  isLengthLost(slot: number): boolean {
    return this.#lengths !== null && this.#lengths.of(slot) === null;
  }

  /** The slot of a label whose vector can be used, or -1. */
  usableSlotOf(label: number): number {
    const slot = label === 0 ? -1 : this.slots?.slotOf(label) ?? -1;
    return slot !== -1 && this.hasState(slot, SLOT_STATE.usable) ? slot : -1;
  }

  /** Whether a slot has one of some bits of `SLOT_STATE`. */
  hasState(slot: number, bits: number): boolean {
    return ((this.slots?.states[slot] ?? 0) & bits) !== 0;
  }

  #readHeader(): { geometry: HnswGeometry | null; count: number | null } {
    const bytes = this.#files.get("header")?.read(0, HEADER_SIZE_BYTES);
    const header = bytes === undefined ? null : parseHeader(bytes);
    if (header === null || header.persistenceVersion !== PERSISTENCE_VERSION) {
      return { geometry: null, count: null };
    }
    return { geometry: geometryOfHeader(header), count: toIndex(header.count) };
  }

  #findLayout(
    { dimension, settings }: SegmentSubject,
    header: HnswGeometry | null,
    dimensions: readonly number[],
  ): ConfirmedGeometry | null {
    const { data } = this;
    if (data === null) return null;
    const configured = dimension === null || settings === null || dimension > LARGEST_DIMENSION
      ? null
      : geometryOf(settings.maxNeighbors, dimension);
    const tried = dimension === null ? dimensions : [dimension, ...dimensions];
    return findGeometry(data, { configured, header, dimensions: tried });
  }

  #readCounts(geometry: HnswGeometry | null, header: number | null): DeclaredCounts {
    const size = geometry?.slotSizeBytes ?? 1;
    const data = geometry === null ? 0 : Math.floor((this.data?.sizeBytes ?? 0) / size);
    return { header, links: geometry === null ? null : this.#countLinks(geometry, data), data };
  }

  /** Counts the records of link_lists.bin where they fill it to the last byte. */
  #countLinks(geometry: HnswGeometry, dataSlots: number): number | null {
    const file = this.#files.get("links");
    if (file === undefined || file.sizeBytes === 0) return null;
    // A sparse monster of zeros is as many records as it has words: no index has many times its slots.
    const most = 4 * dataSlots + MOST_COUNTED_BEYOND;
    const walk = new LinkWalk(file, geometry);
    let records = 0;
    let highestLevel = 0;
    while (records < most && walk.next()) {
      records++;
      highestLevel = Math.max(highestLevel, walk.level);
    }
    // A file of zeros is as many records as it has words, all of them on level 0.
    const isLevelled = highestLevel > 0 || records < FEWEST_WITH_LEVELS;
    return walk.offset === file.sizeBytes && isLevelled ? records : null;
  }

  #readSlots(subject: SegmentSubject, geometry: HnswGeometry | null): SlotSalvage | null {
    const { data, declared } = this;
    if (data === null || geometry === null) return null;
    const { header, links } = declared;
    const declaredCount = links ?? (header !== null && header <= declared.data ? header : null) ??
      this.#readGivenLabels();
    return salvageSlots(data, { geometry, cosine: isCosine(subject), declaredCount });
  }

  /**
   * How many labels were ever given, as far as a whole id map tells: each has a slot, so that what
   * lies behind so many slots is none of them. Null where the slots are fewer.
   */
  #readGivenLabels(): number | null {
    if (this.idMap === null) return null;
    const { fault, totalElementsAdded, highestLabel } = readIdMap(this.idMap);
    const isPossible = fault === null && totalElementsAdded !== null &&
      totalElementsAdded >= highestLabel && totalElementsAdded <= this.declared.data;
    return isPossible ? totalElementsAdded : null;
  }

  #readLengths(subject: SegmentSubject): SlotLengths | null {
    if (this.data === null || this.slots === null) return null;
    const { states, geometry, declaredCount } = this.slots;
    const space = subject.settings?.space ?? null;
    if (space !== null && space !== "cosine") return null;
    // In an index of another space length.bin is garbage: it counts only where the space is known.
    const used = Math.min(states.length, declaredCount ?? states.length);
    if (space === null && !measureVectors(this.data, geometry, used).isNormalised) return null;
    return SlotLengths.read(
      space === null ? null : this.#files.get("lengths") ?? null,
      states.length,
      (slot) => ((states[slot] ?? 0) & SLOT_STATE.usable) !== 0,
    );
  }
}

/**
 * Lists the slots whose labels records have.
 *
 * @param records The records.
 * @param index The index.
 * @returns One bit for each slot.
 */
export function listClaimedSlots(records: RecordTable, index: IndexDirectory): SlotBitmap {
  const claimed = new SlotBitmap(index.slots?.labels.length ?? 0);
  for (let record = 0; record < records.count; record++) {
    const label = records.labels.get(record);
    const slot = label === 0 ? -1 : index.slots?.slotOf(label) ?? -1;
    if (slot !== -1) claimed.add(slot);
  }
  return claimed;
}
