/**
 * Making a whole VECTOR segment: an index of vectors that were saved, and its id map.
 *
 * What the files say: labels from 1 on without a gap, and as many given as there are records, so that
 * the engine goes on with the next; nothing that was deleted; capacity and lengths of files as the
 * era has them. A segment without records has no id map, as one that was never flushed.
 *
 * @module
 */

import { join } from "@std/path";
import { OperationError } from "../../../../base/errors.ts";
import { formatCount } from "../../../../base/format.ts";
import type { WriteFs } from "../../../../fs/write_fs.ts";
import { toWriteError } from "../../../../fs/write_errors.ts";
import { buildIndex } from "../../../../hnsw/build/builder.ts";
import { capacityFor, slotsInFiles } from "../../../../hnsw/build/capacity.ts";
import { countLinkedIn, extendIndex, type Extension } from "../../../../hnsw/build/extend.ts";
import type { BuildOptions, VectorReader } from "../../../../hnsw/build/settings.ts";
import { readSlotVectors } from "../../../../hnsw/build/slot_vectors.ts";
import { TurnTaker } from "../../../../hnsw/build/turn.ts";
import { writeIndex } from "../../../../hnsw/build/write_index.ts";
import { geometryOf } from "../../../../hnsw/geometry.ts";
import { HEADER_SIZE_BYTES } from "../../../../hnsw/header.ts";
import { LENGTH_SIZE_BYTES } from "../../../../hnsw/lengths.ts";
import { RecallSampler } from "../../../../hnsw/recall.ts";
import { readSlotChunks } from "../../../../hnsw/slots.ts";
import { SEGMENT_FILES } from "../../layout.ts";
import { type IdMapContent, writeIdMap } from "../../segment/write_id_map.ts";
import { type IndexLayout, layOutIndex } from "./index_layout.ts";
import type { IndexSource } from "./index_source.ts";
import { SegmentFiles } from "./segment_files.ts";

/** How a segment will be made. */
export interface SegmentBuildPlan {
  /** Whether healthy links of the old index are kept. */
  readonly kind: "build-index" | "extend-index";
  /** How many vectors it will have. */
  readonly count: number;
  /** How many of them are linked in; the others keep their links. */
  readonly linkedIn: number;
  /** How much room its files need, in bytes. */
  readonly sizeBytes: number;
  /** Why it is made this way, for people: one clause without a final period. */
  readonly reason: string;
}

/** Within which bounds a segment is made. */
export interface BuildSegmentOptions {
  /** How many threads may work. */
  readonly jobs: number;
  /** The most memory that building may take, in bytes; null for what the machine has. */
  readonly maxMemoryBytes: number | null;
  /** Ends the work. */
  readonly signal: AbortSignal | undefined;
  /** Is told which part is done, from 0 to 1. */
  readonly onProgress: ((done: number) => void) | undefined;
  /** The file system. */
  readonly fs: WriteFs;
}

/** The part of the time that the graph takes; the rest is writing the files. */
const PART_OF_GRAPH = 0.9;

/** The recall, by the candidates of a search, below which it is better to build all anew. */
const LEAST_OF_KEPT_LINKS: readonly (readonly [efSearch: number, recall: number])[] = [
  [10, 0.4],
  [100, 0.9],
];

/** What an entry takes in an id map besides its id, written twice at the most, at the most. */
const ID_MAP_ENTRY_BYTES = 40;
const ID_MAP_FRAME_BYTES = 1024;

/**
 * Plans how a segment is made; nothing is written.
 *
 * @param source What it is made of.
 * @returns The plan.
 * @throws {OperationError} A file of the old index cannot be read.
 */
export function planSegmentBuild(source: IndexSource): SegmentBuildPlan {
  const layout = layOutIndex(source);
  const { count } = source;
  const extension = extensionOf(source, layout);
  const linkedIn = extension === null ? null : countLinkedIn(extension);
  return {
    kind: linkedIn === null ? "build-index" : "extend-index",
    count,
    linkedIn: linkedIn ?? count,
    sizeBytes: sizeOf(source, layout),
    reason: linkedIn === null
      ? layout.healthy === 0
        ? "no link of the old index is left that can be kept"
        : "so many records have lost their links that building anew takes no longer"
      : `the links of ${formatCount(count - linkedIn, "record")} are healthy and stay`,
  };
}

/**
 * Makes the directory of a segment with its files, and waits until they are on the disk.
 *
 * @param source What it is made of.
 * @param directory The directory; it does not exist yet, nor after an error.
 * @param options Within which bounds.
 * @throws {OperationError} No memory, no space, cancelled, or a vector cannot be read any more.
 */
export async function buildSegment(
  source: IndexSource,
  directory: string,
  options: BuildSegmentOptions,
): Promise<void> {
  const { onProgress, fs } = options;
  const layout = layOutIndex(source);
  const task: WriteTask = { source, layout, directory, options };
  if (fs.look(directory) !== null) {
    throw new OperationError("internal", `${directory} is there already`, { path: directory });
  }
  try {
    const linkedIn = await writeGraph(task, extensionOf(source, layout));
    if (linkedIn < source.count && await findsLittle(task)) {
      remove(fs, directory);
      await writeGraph(task, null);
    }
    if (source.count > 0) {
      writeIdMap(fs, join(directory, SEGMENT_FILES.idMap), idMapOf(source, layout));
    }
    fs.syncDirectory(directory);
  } catch (error) {
    remove(fs, directory);
    throw toWriteError(error, directory);
  }
  onProgress?.(1);
}

/** Removes what was written so far, as far as that can be. */
function remove(fs: WriteFs, directory: string): void {
  try {
    if (fs.look(directory) === null) return;
    for (const name of fs.list(directory)) fs.removeFile(join(directory, name));
    fs.removeDirectory(directory);
  } catch {
    // The whole staging directory goes when a repair fails.
  }
}

/** Of what, where and how a segment is made. */
interface WriteTask {
  readonly source: IndexSource;
  readonly layout: IndexLayout;
  readonly directory: string;
  readonly options: BuildSegmentOptions;
}

/** Builds a graph and writes it; gives how many records were linked in. */
async function writeGraph(task: WriteTask, extension: Extension | null): Promise<number> {
  const { source, layout, directory, options: { signal, onProgress, fs } } = task;
  const { count, resizeFactor, engine: { era } } = source;
  const options = buildOptionsOf(task);
  const index = extension === null
    ? await buildIndex(options)
    : await extendIndex({ ...options, ...extension });
  fs.makeDirectory(directory, 0o755);
  await writeIndex(index, directory, {
    era,
    labelOf: (slot) => labelOf(layout, slot),
    capacity: capacityFor(era, count, resizeFactor),
    fs,
    ...(signal === undefined ? {} : { signal }),
    onProgress: (written, total) =>
      onProgress?.(PART_OF_GRAPH + (1 - PART_OF_GRAPH) * written / Math.max(1, total)),
  });
  return index.linkedIn;
}

function buildOptionsOf({ source, layout, options }: WriteTask): BuildOptions {
  const { jobs, maxMemoryBytes, signal, onProgress } = options;
  return {
    settings: source.settings,
    count: source.count,
    readVectors: readerOf(source, layout),
    jobs,
    ...(maxMemoryBytes === null ? {} : { maxMemoryBytes }),
    ...(signal === undefined ? {} : { signal }),
    onProgress: (linked, total) => onProgress?.(PART_OF_GRAPH * linked / Math.max(1, total)),
  };
}

/**
 * Whether searches find so little that the links that were kept must be wrong, though each of them
 * leads to a slot.
 */
async function findsLittle(
  { source, directory, options: { signal } }: WriteTask,
): Promise<boolean> {
  using files = new SegmentFiles(directory);
  const index = files.openIndex(source);
  if (index === null) return true;
  const sampler = new RecallSampler(index.slots, index.geometry, index.count, index.space);
  const turns = new TurnTaker(signal);
  for (const chunk of readSlotChunks(index.slots, index.geometry, 0, index.count)) {
    sampler.add(chunk);
    if (turns.over) await turns.yield();
  }
  return LEAST_OF_KEPT_LINKS.some(([efSearch, least]) => sampler.measure(index, efSearch) < least);
}

/** What is kept of the old index, where anything can be: its M has to be the same. */
function extensionOf(source: IndexSource, layout: IndexLayout): Extension | null {
  const { previous, settings, count } = source;
  if (previous === null || layout.healthy === 0) return null;
  const { data, links, slots } = previous;
  if (data === null || slots === null || slots.geometry.maxLinks !== settings.maxLinks) return null;
  return {
    settings,
    count,
    existing: { slots: data, upperLinks: links ?? NO_BYTES, count: slots.states.length },
    previousSlots: layout.previousSlots,
    damaged: layout.damaged,
  };
}

/** What is read of a file that is missing. */
const NO_BYTES = { sizeBytes: 0, readAt: (_: number, target: Uint8Array) => target.subarray(0, 0) };

/**
 * Reads the vectors of new slots as the index stores them: those of old slots stay as they are, to
 * the last bit, and so do their lengths.
 *
 * @param source What the index is made of.
 * @param layout Its slots.
 * @returns The reader.
 */
export function readerOf(source: IndexSource, layout: IndexLayout): VectorReader {
  const { previous, settings: { dimension } } = source;
  const others: VectorReader = (first, count, vectors, lengths) => {
    for (let at = 0; at < count; at++) {
      const entry = layout.elsewhere.get(first + at);
      if (entry === undefined) {
        throw new OperationError("internal", `There is no vector for slot ${first + at}`);
      }
      const target = vectors.subarray(at * dimension, (at + 1) * dimension);
      lengths[at] = entry.readStored(target);
    }
  };
  if (previous === null || previous.data === null || previous.slots === null) return others;
  const read = readSlotVectors({
    slots: previous.data,
    lengths: null,
    geometry: previous.slots.geometry,
    slotOf: (slot) => layout.previousSlots[slot] ?? -1,
    others,
  });
  return (first, count, vectors, lengths) => {
    read(first, count, vectors, lengths);
    for (let at = 0; at < count; at++) {
      const old = layout.previousSlots[first + at] ?? -1;
      if (old >= 0) lengths[at] = previous.lengthOf(old);
    }
  };
}

/**
 * Tells the label of a new slot.
 *
 * @param layout The slots.
 * @param slot The slot.
 */
export function labelOf({ labels, places }: IndexLayout, slot: number): number {
  return labels[places[slot] ?? 0] ?? 0;
}

function idMapOf(source: IndexSource, { labels, sequences }: IndexLayout): IdMapContent {
  const { engine: { era }, settings: { dimension }, watermark, count } = source;
  return {
    era,
    dimensionality: era === "python" ? dimension : null,
    totalElementsAdded: count,
    maxSeqId: source.isWatermarkInIdMap ? watermark : null,
    count,
    *ids() {
      for (const { id } of source.entries()) yield id;
    },
    labelOf: (place) => labels[place] ?? 0,
    sequenceOf(place) {
      const sequence = sequences[place] ?? -1;
      return sequence < 0 ? Math.max(0, watermark) : sequence;
    },
  };
}

function sizeOf(source: IndexSource, layout: IndexLayout): number {
  const { settings: { maxLinks, dimension }, engine: { era }, count } = source;
  const { slotSizeBytes, linkListSizeBytes } = geometryOf(maxLinks, dimension);
  const slots = slotsInFiles(era, count) * (slotSizeBytes + LENGTH_SIZE_BYTES);
  // One node in M - 1 has a list above level 0; half as many again are never drawn.
  const lists = Math.ceil(1.5 * count / (maxLinks - 1)) * linkListSizeBytes;
  const idMap = 2 * layout.idsSizeBytes + ID_MAP_ENTRY_BYTES * count + ID_MAP_FRAME_BYTES;
  return HEADER_SIZE_BYTES + slots + lists + 4 * count + idMap;
}
