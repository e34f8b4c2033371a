/**
 * Finding the layout of data_level0.bin by the file alone: slots repeat, and at the end of each stands
 * a label. A record size is right when labels stand at the ends of the slots that it makes, one behind
 * another; the smallest one counts, for they stand at the ends of every second slot as well.
 *
 * @module
 */

import { geometryOf, type HnswGeometry } from "./geometry.ts";
import type { RandomAccessBytes } from "./random_access.ts";

/** How much of the file is looked at. */
const WINDOW_SIZE_BYTES = 1 << 20;

/** How many slots are looked at for one record size. */
const MOST_SLOTS = 64;

/** Fewer can have what looks like labels by accident. */
const FEWEST_SLOTS = 4;

/** What is set to when nothing tells, the usual values first. */
const USUAL_MAX_LINKS: readonly number[] = [16, 32, 8, 64, 48, 24, 12];

/** What a label is told by. */
export interface LabelBound {
  /** The highest label that is one. */
  readonly highestLabel: number;
  /** M, where that is known. */
  readonly maxLinks: number | null;
}

/**
 * Proposes a layout.
 *
 * @param file data_level0.bin, whose start is not damaged.
 * @param bound What a label is told by.
 * @returns The layout, or null when no record size fits the first slots.
 * @throws {OperationError} The file cannot be read.
 */
export function proposeGeometry(
  file: RandomAccessBytes,
  { highestLabel, maxLinks }: LabelBound,
): HnswGeometry | null {
  const bytes = file.readAt(0, new Uint8Array(Math.min(file.sizeBytes, WINDOW_SIZE_BYTES)));
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >>> 2);
  const window = { words, highestLabel };
  for (const links of maxLinks === null ? USUAL_MAX_LINKS : [maxLinks]) {
    const largest = Math.floor(words.length / FEWEST_SLOTS) -
      (geometryOf(links, 0).slotSizeBytes >>> 2);
    for (let dimension = 1; dimension <= largest; dimension++) {
      const geometry = geometryOf(links, dimension);
      if (fits(window, geometry)) return geometry;
    }
  }
  return null;
}

/** The start of a file, as words. */
interface FileWindow {
  readonly words: Uint32Array;
  readonly highestLabel: number;
}

/** Whether labels stand at the ends of most slots, each of them once. */
function fits({ words, highestLabel }: FileWindow, geometry: HnswGeometry): boolean {
  const stride = geometry.slotSizeBytes >>> 2;
  const slots = Math.min(MOST_SLOTS, Math.floor(words.length / stride));
  const labels = new Set<number>();
  for (let slot = 0; slot < slots; slot++) {
    const end = (slot + 1) * stride;
    const label = words[end - 2] ?? 0;
    const head = words[slot * stride] ?? 0;
    const links = head & 0xffff;
    const isSlot = label > 0 && label <= highestLabel && words[end - 1] === 0 &&
      head >>> 17 === 0 &&
      links > 0 && links <= geometry.maxLinksLevel0;
    if (isSlot) labels.add(label);
    // Most have to be slots: so many have failed that they cannot be any more.
    if (2 * (slot + 1 - labels.size) >= slots) return false;
  }
  return labels.size >= FEWEST_SLOTS;
}
