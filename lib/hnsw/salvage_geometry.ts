/**
 * Finding the layout of data_level0.bin when header.bin is lost or lies: a layout is tried, and it is
 * right when labels stand where it says that labels stand.
 *
 * A label has four zero bytes above it and is small; the float that stands there under a wrong
 * layout is neither. So a handful of slots is proof, whatever else of the file is damaged.
 *
 * @module
 */

import { geometryOf, type HnswGeometry, LARGEST_DIMENSION } from "./geometry.ts";
import { proposeGeometry } from "./propose_geometry.ts";
import type { RandomAccessBytes } from "./random_access.ts";

/** How many slots are looked at for one layout, at the start of the file and all over it. */
const SAMPLES_AT_START = 64;
const SAMPLES_ALL_OVER = 192;

/** How many layouts are tried, whatever a caller proposes: each costs up to 512 short reads. */
const MOST_CANDIDATES = 2048;

/** What M is set to, the usual values first; 1 to 256 are tried after them. */
const USUAL_MAX_LINKS: readonly number[] = [16, 32, 8, 64, 48, 24, 12, 5, 128];
const LARGEST_TRIED_MAX_LINKS = 256;

/** No float other than 0 has bits below this; so no normal component of a vector is a label. */
const SMALLEST_LABEL_BOUND = 1 << 20;

/** Labels grow with every record that ever was; slots of a file that was cut are fewer. */
const MOST_LABELS_PER_SLOT = 64;

/** Where a layout comes from. */
export type GeometrySource = "configuration" | "header" | "trial";

/** A layout that the labels bear out. */
export interface ConfirmedGeometry {
  /** The layout. */
  readonly geometry: HnswGeometry;
  /** Where it comes from. */
  readonly source: GeometrySource;
  /** How many slots were looked at. */
  readonly samples: number;
  /** How many of them have a plausible label that no other has. */
  readonly confirmed: number;
}

/** What is known before the file is looked at. */
export interface GeometryHints {
  /** The layout that catalogue and configuration give, or null. */
  readonly configured: HnswGeometry | null;
  /** The layout that header.bin gives, or null. */
  readonly header: HnswGeometry | null;
  /** Dimensions that a vector of this index may have, the likeliest first. */
  readonly dimensions: readonly number[];
}

/**
 * Finds the layout of a file of slots.
 *
 * @param file data_level0.bin, damaged or not.
 * @param hints What is known of it.
 * @returns The layout that most labels bear out, or null when none does.
 * @throws {OperationError} The file cannot be read.
 */
export function findGeometry(
  file: RandomAccessBytes,
  hints: GeometryHints,
): ConfirmedGeometry | null {
  let best: ConfirmedGeometry | null = null;
  let tried = 0;
  for (const [geometry, source] of listCandidates(file, hints)) {
    if (++tried > MOST_CANDIDATES) break;
    const confirmed = confirm(file, geometry, source);
    if (confirmed === null) continue;
    // What stands written and holds for most slots need not be weighed against guesses.
    if (source !== "trial" && confirmed.isBorneOut) return confirmed.result;
    if (best === null || confirmed.result.confirmed > best.confirmed) best = confirmed.result;
  }
  return best;
}

/**
 * The highest label that a slot of a file can have.
 *
 * @param slots How many slots the file holds.
 */
export function labelBound(slots: number): number {
  return Math.min(0xffff_ffff, Math.max(SMALLEST_LABEL_BOUND, MOST_LABELS_PER_SLOT * slots));
}

function* listCandidates(
  file: RandomAccessBytes,
  { configured, header, dimensions }: GeometryHints,
): Generator<readonly [HnswGeometry, GeometrySource]> {
  if (configured !== null) yield [configured, "configuration"];
  if (header !== null) yield [header, "header"];
  const proposed = proposeGeometry(file, {
    highestLabel: SMALLEST_LABEL_BOUND,
    maxLinks: configured?.maxLinks ?? null,
  });
  if (proposed !== null) yield [proposed, "trial"];
  const maxLinks = new Set(USUAL_MAX_LINKS);
  for (let links = 1; links <= LARGEST_TRIED_MAX_LINKS; links++) maxLinks.add(links);
  for (const dimension of new Set(dimensions)) {
    if (!Number.isInteger(dimension) || dimension < 1 || dimension > LARGEST_DIMENSION) continue;
    for (const links of maxLinks) yield [geometryOf(links, dimension), "trial"];
  }
}

/** How a layout fares, and whether half of the slots bear it out. */
interface Trial {
  readonly result: ConfirmedGeometry;
  readonly isBorneOut: boolean;
}

function confirm(
  file: RandomAccessBytes,
  geometry: HnswGeometry,
  source: GeometrySource,
): Trial | null {
  const slots = Math.floor(file.sizeBytes / geometry.slotSizeBytes);
  const probe = new SlotProbe(file, geometry, slots, source === "trial");
  // The Python era leaves room behind the slots in use, which holds whatever was in memory there.
  const atStart = Math.min(slots, SAMPLES_AT_START);
  for (let slot = 0; slot < atStart; slot++) probe.look(slot);
  const foundAtStart = probe.labels.size;
  const allOver = Math.min(slots - atStart, SAMPLES_ALL_OVER);
  for (let sample = 0; sample < allOver; sample++) {
    probe.look(atStart + Math.floor(sample * (slots - atStart) / allOver));
  }
  const confirmed = probe.labels.size;
  const enough = source === "trial" ? Math.min(atStart, 3) : 1;
  if (confirmed < Math.max(1, enough)) return null;
  const isBorneOut = 2 * foundAtStart > atStart || 2 * confirmed > atStart + allOver;
  // Slots of two sizes end at one place every now and then, but never two in a row.
  if (!isBorneOut && slots > 1 && !probe.hasNeighbours) return null;
  return { result: { geometry, source, samples: atStart + allOver, confirmed }, isBorneOut };
}

/** Looks at single slots for labels that can be. */
class SlotProbe {
  readonly #file: RandomAccessBytes;
  readonly #geometry: HnswGeometry;
  readonly #slots: number;
  readonly #isStrict: boolean;
  readonly #links: DataView<ArrayBuffer>;
  readonly #label = new DataView(new ArrayBuffer(8));
  /** The labels that were found. */
  readonly labels: Set<number> = new Set();
  /** Whether two slots that stand side by side have one. */
  hasNeighbours = false;

  constructor(
    file: RandomAccessBytes,
    geometry: HnswGeometry,
    slots: number,
    isStrict: boolean,
  ) {
    this.#file = file;
    this.#geometry = geometry;
    this.#slots = slots;
    this.#isStrict = isStrict;
    this.#links = new DataView(new ArrayBuffer(geometry.vectorOffset));
  }

  look(slot: number): void {
    const label = this.#labelOf(slot);
    if (label === 0 || this.labels.has(label)) return;
    this.labels.add(label);
    if (this.hasNeighbours) return;
    const beside = [slot - 1, slot + 1].filter((other) => other >= 0 && other < this.#slots);
    this.hasNeighbours = beside.some((other) => ![0, label].includes(this.#labelOf(other)));
  }

  /** The label of a slot, or 0 when none stands there that can be one. */
  #labelOf(slot: number): number {
    const start = slot * this.#geometry.slotSizeBytes;
    this.#file.readAt(start + this.#geometry.labelOffset, new Uint8Array(this.#label.buffer));
    const label = this.#label.getUint32(0, true);
    const isPossible = this.#label.getUint32(4, true) === 0 && label > 0 &&
      label <= labelBound(this.#slots);
    return isPossible && this.#hasLinks(start) ? label : 0;
  }

  /** Where a layout is guessed, links must be there and lead to slots. */
  #hasLinks(start: number): boolean {
    this.#file.readAt(start, new Uint8Array(this.#links.buffer));
    const head = this.#links.getUint32(0, true);
    const count = head & 0xffff;
    if (head >>> 17 !== 0 || count > this.#geometry.maxLinksLevel0) return false;
    if (!this.#isStrict) return true;
    for (let link = 1; link <= count; link++) {
      if (this.#links.getUint32(4 * link, true) > labelBound(this.#slots)) return false;
    }
    return count > 0 || this.#slots === 1;
  }
}
