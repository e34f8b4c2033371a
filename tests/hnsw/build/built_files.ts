/**
 * Building small indexes for tests, and reading the files back as an engine does.
 *
 * @module
 */

import { join } from "@std/path";
import { BoundedFile } from "../../../lib/fs/read_fs.ts";
import { buildIndex } from "../../../lib/hnsw/build/builder.ts";
import type { BuiltIndex, KernelChoice } from "../../../lib/hnsw/build/room.ts";
import type { BuildOptions, Space } from "../../../lib/hnsw/build/settings.ts";
import { writeIndex, type WriteIndexOptions } from "../../../lib/hnsw/build/write_index.ts";
import { geometryOfHeader, type HnswGeometry } from "../../../lib/hnsw/geometry.ts";
import { type HnswHeader, parseHeader } from "../../../lib/hnsw/header.ts";
import { LinkWalk, surveyLinks } from "../../../lib/hnsw/links.ts";
import { SlotBitmap } from "../../../lib/hnsw/slot_bitmap.ts";
import { surveySlots } from "../../../lib/hnsw/slots.ts";
import { spreadLevel0 } from "../../../lib/hnsw/reachability.ts";
import { scratchDirectory } from "../../support/fixtures.ts";

/** Gives numbers from -1 to 1, the same ones every time. */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 16807) % 2147483647;
    return state / 1073741823.5 - 1;
  };
}

/** Vectors around a few centres, as embeddings are. */
export function clusteredVectors(count: number, dimension: number, seed = 7): Float32Array {
  const next = randomNumbers(seed);
  const centres = Float32Array.from({ length: 16 * dimension }, next);
  return Float32Array.from({ length: count * dimension }, (_, index) => {
    const vector = Math.floor(index / dimension);
    const centre = centres[(vector * 7 % 16) * dimension + index % dimension] ?? 0;
    return centre + 0.5 * next();
  });
}

/** What a small index is built from. */
export interface SmallIndex {
  /** The vectors. */
  readonly vectors: Float32Array;
  /** Floats of each. */
  readonly dimension: number;
  /** How distances are measured. */
  readonly space: Space;
}

/** Makes up the vectors of a small index. */
export function smallIndex(count: number, dimension: number, space: Space): SmallIndex {
  return { vectors: clusteredVectors(count, dimension), dimension, space };
}

/** The options by which a small index is built on one thread. */
export function smallOptions(index: SmallIndex, changes: Partial<BuildOptions> = {}): BuildOptions {
  const { vectors, dimension, space } = index;
  return {
    settings: { dimension, space, maxLinks: 8, efConstruction: 60 },
    count: vectors.length / dimension,
    jobs: 1,
    readVectors: (first, count, target) =>
      target.set(vectors.subarray(first * dimension, (first + count) * dimension)),
    ...changes,
  };
}

/** Builds a small index on one thread and writes it into a new directory. */
export async function buildFiles(
  index: SmallIndex,
  changes: Partial<BuildOptions> = {},
  choice: KernelChoice = {},
): Promise<string> {
  return await writeFiles(await buildIndex(smallOptions(index, changes), choice));
}

/** Writes an index into a new directory; labels are 1,000 more than their slots. */
export async function writeFiles(
  index: BuiltIndex,
  changes: Partial<WriteIndexOptions> = {},
): Promise<string> {
  const directory = await scratchDirectory();
  await writeIndex(index, directory, { era: "rust", labelOf: (slot) => slot + 1000, ...changes });
  return directory;
}

/** The four files of an index. */
export class IndexFiles implements Disposable {
  readonly header: HnswHeader;
  readonly geometry: HnswGeometry;
  readonly slots: BoundedFile;
  readonly links: BoundedFile;
  readonly lengths: Float32Array;
  readonly count: number;

  constructor(directory: string) {
    const header = parseHeader(Deno.readFileSync(join(directory, "header.bin")));
    const geometry = header && geometryOfHeader(header);
    if (header === null || geometry === null) throw new Error("The header is not whole");
    this.header = header;
    this.geometry = geometry;
    this.count = Number(header.count);
    this.slots = BoundedFile.open(join(directory, "data_level0.bin"));
    this.links = BoundedFile.open(join(directory, "link_lists.bin"));
    this.lengths = new Float32Array(Deno.readFileSync(join(directory, "length.bin")).buffer);
  }

  [Symbol.dispose](): void {
    this.slots.close();
    this.links.close();
  }

  /** The links of a slot on level 0. */
  linksOf(slot: number): Uint32Array {
    const words = new Uint32Array(this.#slot(slot).buffer, 0, this.geometry.vectorOffset >>> 2);
    return words.subarray(1, 1 + ((words[0] ?? 0) & 0xffff));
  }

  /** The vector of a slot. */
  vectorOf(slot: number): Float32Array {
    const { vectorOffset, dimension } = this.geometry;
    return new Float32Array(this.#slot(slot).buffer, vectorOffset, dimension);
  }

  /** Whether a slot is deleted. */
  isDeleted(slot: number): boolean {
    return ((this.#slot(slot)[2] ?? 0) & 1) === 1;
  }

  /** The label of a slot. */
  labelOf(slot: number): bigint {
    return new DataView(this.#slot(slot).buffer).getBigUint64(this.geometry.labelOffset, true);
  }

  /** The level of every slot. */
  levels(): number[] {
    const walk = new LinkWalk(this.links, this.geometry);
    const levels: number[] = [];
    while (walk.next()) levels.push(walk.level);
    return levels;
  }

  /** What our checks find wrong with slots and links, and how many slots cannot be reached. */
  faults(cosine: boolean): string[] {
    const faults: string[] = [];
    const reached = new SlotBitmap(this.count);
    const expanded = new SlotBitmap(this.count);
    if (this.count > 0) reached.add(this.header.entryPoint);
    const { geometry, count } = this;
    const survey = surveySlots(this.slots, { geometry, count, cosine, reached, expanded });
    for (const [problem, places] of Object.entries(survey.problems)) {
      if (places.count > 0) faults.push(`${problem}: ${places.count}`);
    }
    spreadLevel0(this.slots, geometry, count, { reached, expanded, linked: survey.linkedSlots });
    const unreached = count - reached.countWithout(new SlotBitmap(count), 0, count);
    if (unreached > 0) faults.push(`not reached: ${unreached}`);
    const links = surveyLinks(this.links, geometry, count);
    if (links.stop !== "complete" || links.endOffset !== this.links.sizeBytes) {
      faults.push("links are not whole");
    }
    if (links.neighbourCount.count + links.neighbourRange.count > 0) faults.push("links are wrong");
    if (count > 0 && links.levels[this.header.entryPoint] !== this.header.maxLevel) {
      faults.push("the entry point is not on the highest level");
    }
    return faults;
  }

  #slot(slot: number): Uint8Array {
    const { slotSizeBytes } = this.geometry;
    return this.slots.read(slot * slotSizeBytes, slotSizeBytes);
  }
}
