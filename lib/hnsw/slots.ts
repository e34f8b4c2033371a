/**
 * data_level0.bin of a persisted hnswlib index: one slot after another, without a header.
 *
 * One slot, `slotSizeBytes` long (M links, d dimensions):
 *
 * | offset         | type      | meaning                                                     |
 * | -------------: | --------- | ----------------------------------------------------------- |
 * |              0 | u16       | how many of the neighbours that follow are in use           |
 * |              2 | u8        | flags: bit 0 says deleted                                   |
 * |              3 | u8        | unused, 0                                                   |
 * |              4 | 2 M × u32 | neighbours on level 0: slot numbers                         |
 * |        4 + 8 M | d × f32   | the vector; for cosine normalised to length 1               |
 * |  4 + 8 M + 4 d | u64       | the label, counted from 1                                   |
 *
 * Chroma 1.x writes the slots in use, the Python era as many as there is room for; slots behind the
 * last one in use hold leftovers and are never data.
 *
 * @module
 */

import { LabelBitmap } from "../base/bitmap.ts";
import { type Places, PlaceTally } from "../model/place_tally.ts";
import type { HnswGeometry } from "./geometry.ts";
import { SlotBitmap } from "./slot_bitmap.ts";
import type { RandomAccessBytes } from "./random_access.ts";

/** How far the length of a cosine vector may be from 1: rounding of f32 stays below a tenth. */
const NORM_TOLERANCE = 1e-3;

/** Chroma counts labels from 1 and keeps them in 32 bits. */
const LARGEST_LABEL = 0xffff_ffff;

/** How many bytes of slots are read at a time. */
const CHUNK_SIZE_BYTES = 1 << 20;

/** What can be wrong with a slot. */
export type SlotProblem =
  | "zeroed"
  | "neighbourCount"
  | "neighbourRange"
  | "neighbourSelf"
  | "neighbourDuplicate"
  | "linksEmpty"
  | "flags"
  | "labelInvalid"
  | "labelDuplicate"
  | "vectorNotFinite"
  | "vectorNotNormalised";

/** Everything that one pass over the slots learns. */
export interface SlotSurvey {
  /** How many slots were there to be read. */
  readonly slots: number;
  /** How many of them are not deleted. */
  readonly live: number;
  /** How many of them are deleted. */
  readonly deleted: number;
  /** How many slots have a label that can be, and that no other slot has. */
  readonly labelled: number;
  /** How many vectors have no length at all. */
  readonly zeroVectors: number;
  /** Whether every vector has length 1, as only a cosine index guarantees it. */
  readonly allNormalised: boolean;
  /** How many slots have so many neighbours: none, one, two, and so on. */
  readonly degrees: readonly number[];
  /** The damaged places, by what is wrong. */
  readonly problems: Readonly<Record<SlotProblem, Places>>;
  /** The labels of the live slots. */
  readonly liveLabels: LabelBitmap;
  /** The slots that are deleted. */
  readonly deletedSlots: SlotBitmap;
  /** The slots whose links can be followed. */
  readonly linkedSlots: SlotBitmap;
}

/** What a pass over the slots has to know. */
export interface SlotSurveyOptions {
  /** The layout of a slot. */
  geometry: HnswGeometry;
  /** How many slots are in use. */
  count: number;
  /** Whether vectors must be of length 1. */
  cosine: boolean;
  /** The slots that a search can reach; the pass spreads it along the links as it goes. */
  reached: SlotBitmap;
  /** The reached slots whose neighbours have been added to `reached`. */
  expanded: SlotBitmap;
  /** Is told how many bytes were read. */
  onRead?: (sizeBytes: number) => void;
}

/**
 * Reads and judges every slot in use, in chunks.
 *
 * @param file data_level0.bin; may be shorter than its slots need.
 * @param options The layout, how many slots are in use, and what to look for.
 * @returns What was found; places are folded by kind.
 * @throws {OperationError} The file cannot be read.
 */
export function surveySlots(file: RandomAccessBytes, options: SlotSurveyOptions): SlotSurvey {
  const { geometry, count } = options;
  const slots = Math.min(count, Math.floor(file.sizeBytes / geometry.slotSizeBytes));
  const surveyor = new SlotSurveyor(options);
  for (const chunk of readSlotChunks(file, geometry, 0, slots)) {
    surveyor.visit(chunk);
    options.onRead?.(chunk.bytes.byteLength);
  }
  return surveyor.finish();
}

/** Some slots in memory. */
export interface SlotChunk {
  /** The number of the first slot. */
  readonly firstSlot: number;
  /** How many slots there are. */
  readonly slots: number;
  /** Their bytes; the array is used again for the next chunk. */
  readonly bytes: Uint8Array;
}

/**
 * Reads slots in chunks.
 *
 * @param file data_level0.bin; may be shorter than its slots need.
 * @param geometry The layout of a slot.
 * @param start The first slot.
 * @param end The slot behind the last one.
 * @yields Whole slots, as far as there are any.
 * @throws {OperationError} The file cannot be read.
 */
export function* readSlotChunks(
  file: RandomAccessBytes,
  geometry: HnswGeometry,
  start: number,
  end: number,
): Generator<SlotChunk> {
  const slotsPerChunk = Math.max(1, Math.floor(CHUNK_SIZE_BYTES / geometry.slotSizeBytes));
  const buffer = new Uint8Array(Math.min(slotsPerChunk, end - start) * geometry.slotSizeBytes);
  for (let slot = start; slot < end; slot += slotsPerChunk) {
    const wanted = Math.min(slotsPerChunk, end - slot) * geometry.slotSizeBytes;
    const bytes = file.readAt(slot * geometry.slotSizeBytes, buffer.subarray(0, wanted));
    const slots = Math.floor(bytes.byteLength / geometry.slotSizeBytes);
    if (slots > 0) {
      yield { firstSlot: slot, slots, bytes: bytes.subarray(0, slots * geometry.slotSizeBytes) };
    }
    if (bytes.byteLength < wanted) return;
  }
}

/** Holds the running totals of a pass; the loops in it are what a full check spends its time on. */
class SlotSurveyor {
  readonly #options: SlotSurveyOptions;
  readonly #tallies: Record<SlotProblem, PlaceTally> = {
    zeroed: new PlaceTally(),
    neighbourCount: new PlaceTally(),
    neighbourRange: new PlaceTally(),
    neighbourSelf: new PlaceTally(),
    neighbourDuplicate: new PlaceTally(),
    linksEmpty: new PlaceTally(),
    flags: new PlaceTally(),
    labelInvalid: new PlaceTally(),
    labelDuplicate: new PlaceTally(),
    vectorNotFinite: new PlaceTally(),
    vectorNotNormalised: new PlaceTally(),
  };
  readonly #labels = new LabelBitmap();
  readonly #liveLabels = new LabelBitmap();
  readonly #deletedSlots: SlotBitmap;
  readonly #linkedSlots: SlotBitmap;
  readonly #degrees: Uint32Array;
  // The last slot that had a neighbour with these low bits: finds duplicates without clearing.
  readonly #lastSlotByLowBits = new Uint32Array(1024);
  #slots = 0;
  #deleted = 0;
  #zeroVectors = 0;
  #unnormalised = 0;
  #words: Uint32Array = new Uint32Array();
  #floats: Float32Array = new Float32Array();

  constructor(options: SlotSurveyOptions) {
    this.#options = options;
    this.#deletedSlots = new SlotBitmap(options.count);
    this.#linkedSlots = new SlotBitmap(options.count);
    this.#degrees = new Uint32Array(options.geometry.maxLinksLevel0 + 1);
  }

  visit(chunk: SlotChunk): void {
    const { slotSizeBytes } = this.#options.geometry;
    const { buffer, byteOffset, byteLength } = chunk.bytes;
    this.#words = new Uint32Array(buffer, byteOffset, byteLength >>> 2);
    this.#floats = new Float32Array(buffer, byteOffset, byteLength >>> 2);
    for (let index = 0; index < chunk.slots; index++) {
      this.#visitSlot(chunk.firstSlot + index, (index * slotSizeBytes) >>> 2);
    }
    this.#slots += chunk.slots;
  }

  finish(): SlotSurvey {
    const tallies = Object.entries(this.#tallies) as [SlotProblem, PlaceTally][];
    return {
      slots: this.#slots,
      live: this.#slots - this.#deleted,
      deleted: this.#deleted,
      labelled: this.#labels.count,
      zeroVectors: this.#zeroVectors,
      allNormalised: this.#unnormalised === 0,
      degrees: Array.from(this.#degrees),
      problems: Object.fromEntries(
        tallies.map(([problem, tally]) => [problem, tally.places]),
      ) as Record<SlotProblem, Places>,
      liveLabels: this.#liveLabels,
      deletedSlots: this.#deletedSlots,
      linkedSlots: this.#linkedSlots,
    };
  }

  #visitSlot(slot: number, base: number): void {
    const { geometry } = this.#options;
    const labelWord = base + (geometry.labelOffset >>> 2);
    const head = this.#words[base] ?? 0;
    const deleted = (head >>> 16 & 1) === 1;
    const label = (this.#words[labelWord] ?? 0) + (this.#words[labelWord + 1] ?? 0) * 0x1_0000_0000;
    const squared = this.#squaredLength(base);
    const labelValid = label > 0 && label <= LARGEST_LABEL;
    if (this.#isZeroed(base, head, label)) {
      this.#add("zeroed", slot, 0, geometry.slotSizeBytes);
      return;
    }
    if (deleted) {
      this.#deleted++;
      this.#deletedSlots.add(slot);
    }
    const linksValid = this.#visitLinks(slot, base, head);
    // Where links and label are both impossible the whole slot was overwritten: one cause.
    if (!linksValid && !labelValid) return;
    if (head >>> 17 !== 0) this.#add("flags", slot, 2, 2);
    this.#visitLabel(slot, label, labelValid, deleted);
    this.#visitVector(slot, squared);
  }

  #visitLinks(slot: number, base: number, head: number): boolean {
    const { geometry, count, reached, expanded } = this.#options;
    const links = head & 0xffff;
    if (links > geometry.maxLinksLevel0) {
      this.#add("neighbourCount", slot, 0, 2);
      return false;
    }
    if (links === 0 && count > 1) this.#add("linksEmpty", slot, 0, 4);
    for (let word = base + 1; word <= base + links; word++) {
      const neighbour = this.#words[word] ?? 0;
      if (neighbour >= count) {
        this.#add("neighbourRange", slot, 4 * (word - base), 4);
        return false;
      }
      if (neighbour === slot) this.#add("neighbourSelf", slot, 4 * (word - base), 4);
      if (this.#lastSlotByLowBits[neighbour & 1023] === slot + 1) {
        const first = this.#words.indexOf(neighbour, base + 1);
        if (first < word) this.#add("neighbourDuplicate", slot, 4 * (word - base), 4);
      }
      this.#lastSlotByLowBits[neighbour & 1023] = slot + 1;
    }
    this.#linkedSlots.add(slot);
    this.#degrees[links] = (this.#degrees[links] ?? 0) + 1;
    if (reached.has(slot)) {
      for (let word = base + 1; word <= base + links; word++) reached.add(this.#words[word] ?? 0);
      expanded.add(slot);
    }
    return true;
  }

  #visitLabel(slot: number, label: number, valid: boolean, deleted: boolean): void {
    const { labelOffset } = this.#options.geometry;
    if (!valid) {
      this.#add("labelInvalid", slot, labelOffset, 8);
      return;
    }
    if (this.#labels.set(label)) this.#add("labelDuplicate", slot, labelOffset, 8);
    if (!deleted) this.#liveLabels.set(label);
  }

  #visitVector(slot: number, squared: number): void {
    const { geometry, cosine } = this.#options;
    if (!Number.isFinite(squared)) {
      this.#unnormalised++;
      this.#add("vectorNotFinite", slot, geometry.vectorOffset, 4 * geometry.dimension);
    } else if (squared === 0) {
      this.#zeroVectors++;
    } else if (Math.abs(Math.sqrt(squared) - 1) > NORM_TOLERANCE) {
      this.#unnormalised++;
      if (cosine) {
        this.#add("vectorNotNormalised", slot, geometry.vectorOffset, 4 * geometry.dimension);
      }
    }
  }

  #squaredLength(base: number): number {
    const floats = this.#floats;
    const start = base + (this.#options.geometry.vectorOffset >>> 2);
    const end = base + (this.#options.geometry.labelOffset >>> 2);
    let sum = 0;
    for (let word = start; word < end; word++) {
      const value = floats[word] ?? 0;
      sum += value * value;
    }
    return sum;
  }

  /** Whether the slot's links, or its label and the end of its vector, are nothing but zeros. */
  #isZeroed(base: number, head: number, label: number): boolean {
    const { vectorOffset, labelOffset, dimension } = this.#options.geometry;
    if ((head & 0xffff) === 0 && this.#options.count > 1) {
      if (this.#isZeroBetween(base + 1, base + (vectorOffset >>> 2))) return true;
    }
    if (label !== 0) return false;
    const tail = labelOffset - 4 * Math.ceil(dimension / 4);
    return this.#isZeroBetween(base + (tail >>> 2), base + (labelOffset >>> 2));
  }

  #isZeroBetween(start: number, end: number): boolean {
    for (let word = start; word < end; word++) {
      if (this.#words[word] !== 0) return false;
    }
    return true;
  }

  #add(problem: SlotProblem, slot: number, within: number, sizeBytes: number): void {
    const offset = slot * this.#options.geometry.slotSizeBytes + within;
    this.#tallies[problem].add(slot, offset, sizeBytes);
  }
}
