/**
 * Writing an index into the four binary files of a segment.
 *
 * The files are new; whoever replaces others by them swaps the directory. Vectors are read and
 * written in chunks, and never held all at once.
 *
 * @module
 */

import { join } from "@std/path";
import { requireSize, writeAll } from "../../fs/copy.ts";
import { localFs } from "../../fs/platform.ts";
import type { WritableFile, WriteFs } from "../../fs/write_fs.ts";
import { toWriteError } from "../../fs/write_errors.ts";
import { geometryOf, type HnswGeometry } from "../geometry.ts";
import { encodeHeader, type HnswHeader, PERSISTENCE_VERSION } from "../header.ts";
import { LENGTH_SIZE_BYTES } from "../lengths.ts";
import { capacityFor, type IndexEra, slotsInFiles } from "./capacity.ts";
import { HIGHEST_BUILT_LEVEL, levelMultiplierOf } from "./levels.ts";
import type { BuiltIndex } from "./room.ts";
import { TurnTaker } from "./turn.ts";

/** How an index is written. */
export interface WriteIndexOptions {
  /** Whose files it will have: sizes and capacity differ. */
  readonly era: IndexEra;
  /** Tells the label of a slot; labels are counted from 1, and are not always slot + 1. */
  readonly labelOf: (slot: number) => number;
  /** max_elements_; what the engine would choose by default. */
  readonly capacity?: number;
  /** Ends the work when it is aborted; the files stay as far as they were written. */
  readonly signal?: AbortSignal;
  /** Is told how many slots were written, and of how many. */
  readonly onProgress?: (written: number, total: number) => void;
  /** The permissions of the files, less the umask; 0o644 by default. */
  readonly mode?: number;
  /** The file system; this machine's by default. */
  readonly fs?: WriteFs;
}

/** How many bytes of link_lists.bin are written at a time. */
const CHUNK_SIZE_BYTES = 2 << 20;

/** Says that a slot is deleted, in the first word of its record. */
const DELETED_FLAG = 1 << 16;

/** enterpoint_node_ of an index without slots. */
const NO_ENTRY_POINT = 0xffff_ffff;

/**
 * Writes header.bin, data_level0.bin, length.bin and link_lists.bin, and waits until they are on
 * the disk.
 *
 * @param index The index.
 * @param directory Where; it exists, and has none of these files.
 * @param options Whose files they are, and the labels.
 * @throws {OperationError} They cannot be written, the vectors are not those of the index, or the
 * work was cancelled.
 */
export async function writeIndex(
  index: BuiltIndex,
  directory: string,
  options: WriteIndexOptions,
): Promise<void> {
  const { fs = localFs, mode = 0o644 } = options;
  try {
    using header = new NewFile(fs, join(directory, "header.bin"), mode);
    using slots = new NewFile(fs, join(directory, "data_level0.bin"), mode);
    using lengths = new NewFile(fs, join(directory, "length.bin"), mode);
    using links = new NewFile(fs, join(directory, "link_lists.bin"), mode);
    header.append(encodeHeader(headerOf(index, options)));
    await writeSlots(index, options, slots, lengths);
    writeUpperLinks(index, links);
    for (const file of [header, slots, lengths, links]) file.finish();
    fs.syncDirectory(directory);
  } catch (error) {
    throw toWriteError(error, directory);
  }
}

/** A file that is written from its start to its end. */
class NewFile implements Disposable {
  readonly #file: WritableFile;
  readonly #path: string;
  #sizeBytes = 0;

  constructor(fs: WriteFs, path: string, mode: number) {
    this.#path = path;
    this.#file = fs.createFile(path, mode);
  }

  append(bytes: Uint8Array): void {
    writeAll(this.#file, bytes, this.#path);
    this.#sizeBytes += bytes.byteLength;
  }

  /** Makes the file longer, by zeros. */
  extendTo(sizeBytes: number): void {
    if (sizeBytes <= this.#sizeBytes) return;
    this.#file.setSize(sizeBytes);
    this.#sizeBytes = sizeBytes;
  }

  finish(): void {
    requireSize(this.#file, this.#sizeBytes, this.#path);
    this.#file.sync();
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }
}

function headerOf(index: BuiltIndex, { era, capacity }: WriteIndexOptions): HnswHeader {
  const { settings, count } = index;
  const geometry = geometryOf(settings.maxLinks, settings.dimension);
  return {
    persistenceVersion: PERSISTENCE_VERSION,
    offsetLevel0: 0n,
    capacity: BigInt(Math.max(count, capacity ?? capacityFor(era, count))),
    count: BigInt(count),
    slotSizeBytes: BigInt(geometry.slotSizeBytes),
    labelOffset: BigInt(geometry.labelOffset),
    vectorOffset: BigInt(geometry.vectorOffset),
    maxLevel: index.highestLevel,
    entryPoint: count === 0 ? NO_ENTRY_POINT : index.entryPoint,
    maxLinks: BigInt(geometry.maxLinks),
    maxLinksLevel0: BigInt(geometry.maxLinksLevel0),
    linksPerNode: BigInt(geometry.maxLinks),
    levelMultiplier: levelMultiplierOf(settings.maxLinks),
    // hnswlib looks at M candidates at the least, and says so in the header.
    efConstruction: BigInt(Math.max(settings.efConstruction, settings.maxLinks)),
  };
}

async function writeSlots(
  index: BuiltIndex,
  { era, labelOf, signal, onProgress }: WriteIndexOptions,
  slots: NewFile,
  lengths: NewFile,
): Promise<void> {
  const turns = new TurnTaker(signal);
  const { settings, count, stage } = index;
  const geometry = geometryOf(settings.maxLinks, settings.dimension);
  const bytes = new Uint8Array(Math.min(stage.capacity, count) * geometry.slotSizeBytes);
  const lengthBytes = new Uint8Array(Math.min(stage.capacity, count) * LENGTH_SIZE_BYTES);
  for (let first = 0; first < count; first += stage.capacity) {
    const loaded = Math.min(stage.capacity, count - first);
    const staged = stage.reload(first, loaded);
    encodeSlots(index, geometry, { first, labelOf }, staged.vectors, bytes);
    slots.append(bytes.subarray(0, loaded * geometry.slotSizeBytes));
    new Float32Array(lengthBytes.buffer, 0, loaded).set(staged.lengths);
    lengths.append(lengthBytes.subarray(0, loaded * LENGTH_SIZE_BYTES));
    if (!turns.over) continue;
    onProgress?.(first + loaded, count);
    await turns.yield();
  }
  const slotCount = slotsInFiles(era, count);
  slots.extendTo(slotCount * geometry.slotSizeBytes);
  lengths.extendTo(slotCount * LENGTH_SIZE_BYTES);
}

/** Puts together the records of the slots whose vectors are staged. */
function encodeSlots(
  { graph }: BuiltIndex,
  geometry: HnswGeometry,
  { first, labelOf }: { first: number; labelOf: (slot: number) => number },
  vectors: Float32Array,
  bytes: Uint8Array<ArrayBuffer>,
): void {
  const { dimension, slotSizeBytes, vectorOffset, labelOffset } = geometry;
  const words = new Uint32Array(bytes.buffer);
  const floats = new Float32Array(bytes.buffer);
  words.fill(0);
  for (let index = 0; index * dimension < vectors.length; index++) {
    const slot = first + index;
    const word = (index * slotSizeBytes) >>> 2;
    const label = labelOf(slot);
    words[word] = graph.linkCount(slot) | (graph.isDeleted(slot) ? DELETED_FLAG : 0);
    words.set(graph.links(slot), word + 1);
    floats.set(
      vectors.subarray(index * dimension, (index + 1) * dimension),
      word + (vectorOffset >>> 2),
    );
    words[word + (labelOffset >>> 2)] = label >>> 0;
    words[word + (labelOffset >>> 2) + 1] = Math.floor(label / 0x1_0000_0000);
  }
}

function writeUpperLinks({ graph, settings }: BuiltIndex, file: NewFile): void {
  const { linkListSizeBytes } = geometryOf(settings.maxLinks, settings.dimension);
  const listWords = linkListSizeBytes >>> 2;
  const largestRecord = 4 + (HIGHEST_BUILT_LEVEL + 1) * linkListSizeBytes;
  const words = new Uint32Array(Math.max(CHUNK_SIZE_BYTES, largestRecord) >>> 2);
  let used = 0;
  const flush = (): void => {
    file.append(new Uint8Array(words.buffer, 0, 4 * used));
    used = 0;
  };
  for (let slot = 0; slot < graph.count; slot++) {
    if (4 * used + largestRecord > words.byteLength) flush();
    const lists = graph.upperLists(slot);
    words[used++] = lists.byteLength;
    for (let start = 0; start < lists.length; start += listWords) {
      const count = lists[start] ?? 0;
      words.fill(0, used, used + listWords);
      words.set(lists.subarray(start, start + 1 + count), used);
      used += listWords;
    }
  }
  flush();
}
