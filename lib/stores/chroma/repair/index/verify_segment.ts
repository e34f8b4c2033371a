/**
 * Holding the files of a new segment against what they were made of: every label, every vector,
 * every length and every id; and how well searches find, by a sample.
 *
 * That every record can be reached by a search is seen by the full check, which each repaired store
 * has to pass besides.
 *
 * @module
 */

import type { BoundedFile } from "../../../../fs/read_fs.ts";
import { TurnTaker } from "../../../../hnsw/build/turn.ts";
import { geometryOf } from "../../../../hnsw/geometry.ts";
import { LENGTH_SIZE_BYTES } from "../../../../hnsw/lengths.ts";
import { RECALL_NEIGHBOURS, RecallSampler } from "../../../../hnsw/recall.ts";
import type { SearchedIndex } from "../../../../hnsw/search.ts";
import { readSlotChunks, type SlotChunk } from "../../../../hnsw/slots.ts";
import type { RecallSample, RepairVerification } from "../../../../model/repair.ts";
import { sumSquares, toScale } from "../../contents/normalise.ts";
import { streamIdMap } from "../../segment/id_map.ts";
import { labelOf, readerOf } from "./build_segment.ts";
import { type IndexLayout, layOutIndex } from "./index_layout.ts";
import type { IndexSource } from "./index_source.ts";
import { SegmentFiles } from "./segment_files.ts";

/** How many candidates the searches of the sample keep. */
const SAMPLED_EF: readonly number[] = [10, 100];

/**
 * A graph is bad when searches find less than this of what is nearest, although they look at many
 * times the usual number of candidates. With fewer of them the vectors alone can be the reason:
 * where they have no structure, the engine's own index finds no more.
 */
const LEAST_RECALL = 0.9;
const MOST_CANDIDATES = 1000;

/**
 * Holds the files of a segment against what they were made of.
 *
 * @param directory The directory of the segment in the store as it will be.
 * @param source What it was made of.
 * @param signal Ends the work.
 * @returns What it shows; a repair with a problem is not put into place.
 * @throws {OperationError} A file cannot be read, or the work was cancelled.
 */
export async function verifySegment(
  directory: string,
  source: IndexSource,
  signal?: AbortSignal,
): Promise<RepairVerification> {
  const { collection, count, settings: { space } } = source;
  const problems: string[] = [];
  const report = (problem: string): number => problems.push(`Index of ${collection}: ${problem}`);
  using files = new SegmentFiles(directory);
  const index = files.openIndex(source);
  if (index === null) {
    report("header.bin is not that of the index that was built");
    return { recall: [], vectorsCompared: 0, problems };
  }
  const layout = layOutIndex(source);
  const comparison = new SlotComparison(source, layout, files.lengths);
  const sampler = new RecallSampler(index.slots, index.geometry, count, space);
  const turns = new TurnTaker(signal);
  for (const chunk of readSlotChunks(index.slots, index.geometry, 0, count)) {
    comparison.compare(chunk);
    sampler.add(chunk);
    if (turns.over) await turns.yield();
  }
  for (const problem of comparison.problems()) report(problem);
  const idMap = count > 0 ? files.idMap : null;
  for (const problem of compareIds(idMap, source, layout)) report(problem);
  const recall = sampleRecall(sampler, index, collection);
  if (findsLittle(recall, sampler, index)) {
    report(`searches find less than ${100 * LEAST_RECALL} % of what is nearest`);
  }
  return { recall, vectorsCompared: comparison.compared, problems };
}

function sampleRecall(
  sampler: RecallSampler,
  index: SearchedIndex,
  collection: string,
): RecallSample[] {
  if (index.count === 0) return [];
  return SAMPLED_EF.map((efSearch) => ({
    collection,
    queries: sampler.queries,
    neighbours: RECALL_NEIGHBOURS,
    efSearch,
    recall: sampler.measure(index, efSearch),
  }));
}

function findsLittle(
  samples: readonly RecallSample[],
  sampler: RecallSampler,
  index: SearchedIndex,
): boolean {
  const usual = samples[samples.length - 1];
  return usual !== undefined && usual.recall < LEAST_RECALL &&
    sampler.measure(index, MOST_CANDIDATES) < LEAST_RECALL;
}

/** Compares slots with the vectors of which they were made. */
class SlotComparison {
  readonly #source: IndexSource;
  readonly #layout: IndexLayout;
  readonly #lengthFile: BoundedFile;
  readonly #read: ReturnType<typeof readerOf>;
  #vectors = new Float32Array();
  #lengths = new Float32Array();
  #otherLabels = 0;
  #otherVectors = 0;
  #otherLengths = 0;
  /** How many slots were compared. */
  compared = 0;

  constructor(source: IndexSource, layout: IndexLayout, lengthFile: BoundedFile) {
    this.#source = source;
    this.#layout = layout;
    this.#lengthFile = lengthFile;
    this.#read = readerOf(source, layout);
  }

  compare({ firstSlot, slots, bytes }: SlotChunk): void {
    const { settings: { dimension, space } } = this.#source;
    if (this.#lengths.length < slots) {
      this.#vectors = new Float32Array(slots * dimension);
      this.#lengths = new Float32Array(slots);
    }
    this.#lengths.fill(NaN);
    this.#read(firstSlot, slots, this.#vectors, this.#lengths);
    if (space === "cosine") this.#compareLengths(firstSlot, slots);
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >>> 2);
    const expected = new Uint32Array(this.#vectors.buffer);
    const { vectorOffset, labelOffset, slotSizeBytes } = geometryOf(
      this.#source.settings.maxLinks,
      dimension,
    );
    for (let index = 0; index < slots; index++) {
      const start = (index * slotSizeBytes) >>> 2;
      const label = start + (labelOffset >>> 2);
      const isLabelled = words[label] === labelOf(this.#layout, firstSlot + index) &&
        words[label + 1] === 0;
      if (!isLabelled) this.#otherLabels++;
      const vector = start + (vectorOffset >>> 2);
      let axis = 0;
      while (axis < dimension && words[vector + axis] === expected[index * dimension + axis]) {
        axis++;
      }
      if (axis < dimension) this.#otherVectors++;
    }
    this.compared += slots;
  }

  /** Names what is different. */
  problems(): string[] {
    const { count } = this.#source;
    const differences: readonly (readonly [number, string])[] = [
      [count - this.compared, "slots are missing"],
      [this.#otherLabels, "labels are not those that were given"],
      [this.#otherVectors, "vectors are not those that were saved"],
      [this.#otherLengths, "lengths are not those of the vectors"],
    ];
    return differences.filter(([found]) => found > 0).map(([found, what]) =>
      `${found} of ${count} ${what}`
    );
  }

  #compareLengths(firstSlot: number, slots: number): void {
    const bytes = new Uint8Array(slots * LENGTH_SIZE_BYTES);
    this.#lengthFile.readAt(firstSlot * LENGTH_SIZE_BYTES, bytes);
    const stored = new Float32Array(bytes.buffer);
    for (let index = 0; index < slots; index++) {
      if (Number.isNaN(this.#lengths[index])) this.#normalise(index);
      if (!Object.is(stored[index], this.#lengths[index])) this.#otherLengths++;
    }
  }

  /** Normalises a vector that stands there as the user wrote it. */
  #normalise(index: number): void {
    const { dimension } = this.#source.settings;
    const start = index * dimension;
    const sums = new Float64Array(4);
    sumSquares(this.#vectors, { start, stride: 0, count: 1, dimension }, sums);
    const scale = toScale(sums[0] ?? 0);
    for (let axis = start; axis < start + dimension; axis++) {
      this.#vectors[axis] = (this.#vectors[axis] ?? 0) * scale;
    }
    this.#lengths[index] = Math.sqrt(sums[0] ?? 0);
  }
}

/** Holds the id map against the ids, which stand in it in the order of the entries. */
function compareIds(
  idMap: BoundedFile | null,
  source: IndexSource,
  { labels }: IndexLayout,
): string[] {
  if (idMap === null) return [];
  const entries = source.entries()[Symbol.iterator]();
  let [place, others, reverse] = [0, 0, 0];
  const fault = streamIdMap(idMap, (direction, id, label) => {
    if (direction === "label-to-id") return void reverse++;
    const next = entries.next();
    const isSame = next.done !== true && next.value.id === id && labels[place] === label;
    if (!isSame) others++;
    place++;
  });
  const problems = fault === null ? [] : [`the id map cannot be read: ${fault.message}`];
  if (others > 0) problems.push(`${others} of ${source.count} ids are not those of the records`);
  if (place !== source.count || reverse !== source.count) {
    problems.push(`the id map has ${place} ids in place of ${source.count}`);
  }
  return problems;
}
