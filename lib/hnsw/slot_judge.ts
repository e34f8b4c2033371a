/**
 * Judging one slot after another of a data_level0.bin that may be damaged in any way.
 *
 * @module
 */

import type { HnswGeometry } from "./geometry.ts";
import type { RandomAccessBytes } from "./random_access.ts";
import { labelBound } from "./salvage_geometry.ts";
import type { SlotChunk } from "./slots.ts";

/** What is known of a slot, bit by bit. */
export const SLOT_STATE = {
  /** Its vector can be used, and its label is its own. */
  usable: 1,
  /** Its label is plausible. */
  labelled: 2,
  /** Its head is whole and does not say deleted. */
  live: 4,
  /** Its head is whole and says deleted. */
  deleted: 8,
  /** Its vector holds NaN or infinity. */
  notFinite: 16,
  /** Its vector is all zeros, torn, or of a length that it cannot have. */
  implausible: 32,
  /** Another slot has its label as well. */
  duplicate: 64,
  /** A whole sector in the middle of its vector is zeros. */
  hollow: 128,
} as const;

/** How far the length of a cosine vector may be from 1: so many times the usual, within bounds. */
const NORM_TOLERANCE = { factor: 32, least: 1e-5, most: 1e-3 } as const;

/** A vector beside damaged links may not be this many times as long as the usual one, or shorter. */
const LENGTH_FACTOR_BESIDE_DAMAGE = 100;

/** And no vector at all this many times. */
const LENGTH_FACTOR = 1e6;

/** A disk or a file system loses no less than a sector. */
const SECTOR_WORDS = 128;

/** From how many vectors the usual length is taken. */
const LENGTH_SAMPLES = 1024;

/** How the slots are read. */
export interface SlotSalvageOptions {
  /** The layout of a slot. */
  readonly geometry: HnswGeometry;
  /** Whether vectors must be of length 1. */
  readonly cosine: boolean;
  /**
   * How many slots are in use as far as that is known. What lies behind them is mostly room that the
   * Python era left, with whatever was in memory there, but in a torn copy newer slots: those count
   * that have whole links to slots and a label that no slot before them has.
   */
  readonly declaredCount: number | null;
  /** Is told how many bytes were read. */
  readonly onRead?: (sizeBytes: number) => void;
}

/**
 * Reads the vector of a slot.
 *
 * @param file data_level0.bin.
 * @param geometry The layout of a slot.
 * @param slot The slot.
 * @param target Takes the components; as long as the dimension.
 * @returns False when the file ends before the vector does.
 * @throws {OperationError} The file cannot be read.
 */
export function readSlotVector(
  file: RandomAccessBytes,
  geometry: HnswGeometry,
  slot: number,
  target: Float32Array,
): boolean {
  const bytes = new Uint8Array(target.buffer, target.byteOffset, 4 * geometry.dimension);
  const offset = slot * geometry.slotSizeBytes + geometry.vectorOffset;
  return file.readAt(offset, bytes).byteLength === bytes.byteLength;
}

/** How long vectors are, by which one that cannot be is told. */
export interface UsualLength {
  /** The median; 0 when there is none. */
  readonly length: number;
  /** How far a normalised vector may be from 1. */
  readonly tolerance: number;
  /** Whether all that were measured are normalised. */
  readonly isNormalised: boolean;
}

/**
 * Measures some vectors.
 *
 * @param file data_level0.bin.
 * @param geometry The layout of a slot.
 * @param slots How many slots are in use, as far as that is known.
 * @returns How long vectors are.
 * @throws {OperationError} The file cannot be read.
 */
export function measureVectors(
  file: RandomAccessBytes,
  geometry: HnswGeometry,
  slots: number,
): UsualLength {
  const samples = Math.min(slots, LENGTH_SAMPLES);
  const bound = labelBound(slots);
  const words = new Uint32Array(geometry.dimension + 2);
  const vector = new Float32Array(words.buffer, 0, geometry.dimension);
  const labelled: number[] = [];
  const others: number[] = [];
  for (let sample = 0; sample < samples; sample++) {
    const slot = Math.floor(sample * slots / samples);
    const offset = slot * geometry.slotSizeBytes + geometry.vectorOffset;
    if (file.readAt(offset, new Uint8Array(words.buffer)).byteLength < words.byteLength) break;
    let squared = 0;
    for (const value of vector) squared += value * value;
    if (!Number.isFinite(squared) || squared <= 0) continue;
    const [label = 0, above] = words.subarray(geometry.dimension);
    const isLabelled = label > 0 && label <= bound && above === 0;
    (isLabelled ? labelled : others).push(Math.sqrt(squared));
  }
  // Of slots that are not in use none has a label, but for those that held one before.
  const lengths = labelled.length > 0 ? labelled : others;
  const { factor, least, most } = NORM_TOLERANCE;
  const deviations = lengths.map((length) => Math.abs(length - 1));
  const deviation = median(deviations);
  return {
    length: median(lengths),
    tolerance: Math.min(most, Math.max(least, factor * deviation)),
    isNormalised: deviations.length > 0 && deviations.every((each) => each <= most),
  };
}

function median(numbers: number[]): number {
  numbers.sort((left, right) => left - right);
  return numbers[numbers.length >>> 1] ?? 0;
}

/** Judges slots one by one; the loops in it are what a salvage spends its time on. */
export class SlotJudge {
  readonly #options: SlotSalvageOptions;
  readonly #usual: UsualLength;
  readonly #labelBound: number;
  #words: Uint32Array = new Uint32Array();
  #floats: Float32Array = new Float32Array();

  /** The label of each slot; 0 where it has none. */
  readonly labels: Uint32Array;
  /** What is known of each slot. */
  readonly states: Uint8Array;

  /** Makes a judge of so many slots. */
  constructor(options: SlotSalvageOptions, slots: number, usual: UsualLength) {
    this.#options = options;
    this.#usual = usual;
    this.labels = new Uint32Array(slots);
    this.states = new Uint8Array(slots);
    this.#labelBound = labelBound(Math.max(slots, options.declaredCount ?? 0));
  }

  /** Judges the slots of a chunk. */
  visit(chunk: SlotChunk): void {
    const words = this.#options.geometry.slotSizeBytes >>> 2;
    const { buffer, byteOffset, byteLength } = chunk.bytes;
    this.#words = new Uint32Array(buffer, byteOffset, byteLength >>> 2);
    this.#floats = new Float32Array(buffer, byteOffset, byteLength >>> 2);
    for (let index = 0; index < chunk.slots; index++) {
      this.#judge(chunk.firstSlot + index, index * words);
    }
  }

  #judge(slot: number, base: number): void {
    const { labelOffset } = this.#options.geometry;
    const labelWord = base + (labelOffset >>> 2);
    const label = this.#words[labelWord] ?? 0;
    if (label === 0 || label > this.#labelBound || this.#words[labelWord + 1] !== 0) return;
    const links = this.#judgeLinks(base);
    const isBehind = slot >= (this.#options.declaredCount ?? Infinity);
    if (isBehind && (links !== "whole" || label > this.labels.length)) return;
    this.labels[slot] = label;
    let state: number = SLOT_STATE.labelled | this.#judgeVector(slot, base, links);
    if (links === "whole") {
      const isDeleted = ((this.#words[base] ?? 0) >>> 16 & 1) === 1;
      state |= isDeleted ? SLOT_STATE.deleted : SLOT_STATE.live;
    }
    this.states[slot] = state;
  }

  #judgeLinks(base: number): "whole" | "zero" | "damaged" {
    const { vectorOffset, maxLinksLevel0 } = this.#options.geometry;
    const head = this.#words[base] ?? 0;
    const count = head & 0xffff;
    if (head >>> 17 !== 0 || count > maxLinksLevel0) return "damaged";
    if (count === 0 && this.labels.length > 1) {
      const end = base + (vectorOffset >>> 2);
      for (let word = base; word < end; word++) {
        if (this.#words[word] !== 0) return "damaged";
      }
      return "zero";
    }
    for (let word = base + 1; word <= base + count; word++) {
      // Those of a file that was cut lead beyond its end: only what can be no slot is damage.
      if ((this.#words[word] ?? 0) >= this.#labelBound) return "damaged";
    }
    return "whole";
  }

  #judgeVector(slot: number, base: number, links: "whole" | "zero" | "damaged"): number {
    const { geometry, cosine } = this.#options;
    const start = base + (geometry.vectorOffset >>> 2);
    const end = base + (geometry.labelOffset >>> 2);
    let squared = 0;
    for (let word = start; word < end; word++) {
      const value = this.#floats[word] ?? 0;
      squared += value * value;
    }
    if (!Number.isFinite(squared)) return SLOT_STATE.notFinite;
    if (squared === 0) return SLOT_STATE.implausible;
    const length = Math.sqrt(squared);
    if (cosine && Math.abs(length - 1) > this.#usual.tolerance) return SLOT_STATE.implausible;
    // The hole that took the links may go on into the vector.
    if (links === "zero" && this.#words[start] === 0) return SLOT_STATE.implausible;
    const factor = links === "damaged" ? LENGTH_FACTOR_BESIDE_DAMAGE : LENGTH_FACTOR;
    const usual = this.#usual.length;
    const isUsual = usual === 0 || (length <= factor * usual && length * factor >= usual);
    if (!isUsual) return SLOT_STATE.implausible;
    const isHollow = this.#hasZeroSector(slot, base, start, end);
    return SLOT_STATE.usable | (isHollow ? SLOT_STATE.hollow : 0);
  }

  /** Whether a sector of the file that lies in the vector as a whole is nothing but zeros. */
  #hasZeroSector(slot: number, base: number, start: number, end: number): boolean {
    const slotWords = this.#options.geometry.slotSizeBytes >>> 2;
    const firstWord = (slot * slotWords + start - base) % SECTOR_WORDS;
    let sector = firstWord === 0 ? start : start + SECTOR_WORDS - firstWord;
    for (; sector + SECTOR_WORDS <= end; sector += SECTOR_WORDS) {
      let word = sector;
      while (word < sector + SECTOR_WORDS && this.#words[word] === 0) word++;
      if (word === sector + SECTOR_WORDS) return true;
    }
    return false;
  }
}
