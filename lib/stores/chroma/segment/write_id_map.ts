/**
 * Writing index_metadata.pickle as the engine of its era writes it (`id_map.ts` says what stands in
 * it).
 *
 * | written for      | shape                     | max_seq_id    | dimensionality | id_to_seq_id   |
 * | ---------------- | ------------------------- | ------------- | -------------- | -------------- |
 * | 0.4 to 0.5.5     | PersistentData, protocol 5| the watermark | floats         | of every id    |
 * | 0.5.6 to 0.6     | PersistentData, protocol 5| no such field | floats         | of every id    |
 * | 1.x              | dictionary, protocol 3    | None          | None           | empty          |
 *
 * Since 0.5.6 the watermark stands in `max_seq_id`. Where it is missing there, 0.5.6 to 0.6 take it
 * from the id map, and put it there; without any they fail.
 *
 * The Python era puts every id into the memo once and refers to it in the two other dictionaries.
 * All three have one order here, so that the place in the memo follows from the place in the order,
 * and a million ids are never held.
 *
 * @module
 */

import { OperationError } from "../../../base/errors.ts";
import { PickleEncoder } from "../../../codec/pickle_encoder.ts";
import { requireSize, writeAll } from "../../../fs/copy.ts";
import type { WriteFs } from "../../../fs/write_fs.ts";
import { ID_MAP_CLASS } from "./id_map.ts";

/** What an id map will hold. */
export interface IdMapContent {
  /** Whose shape it has. */
  readonly era: "python" | "rust";
  /** Floats of a vector; null for 1.x. */
  readonly dimensionality: number | null;
  /** The last label that was given. */
  readonly totalElementsAdded: number;
  /** The watermark, where it is not in the database; else null. */
  readonly maxSeqId: number | null;
  /** How many records there are. */
  readonly count: number;
  /** Yields the ids, each time in the same order. */
  ids(): Iterable<string>;
  /** The label of an id by its place in that order. */
  labelOf(place: number): number;
  /** The sequence number of the newest write of an id, by its place. */
  sequenceOf(place: number): number;
}

/** 1.x reads labels as numbers of 32 bits. */
const LARGEST_LABEL = 0xffff_ffff;

/**
 * Writes an id map, and waits until it is on the disk.
 *
 * @param fs The file system.
 * @param path The file; it does not exist yet.
 * @param content What it will hold.
 * @throws {OperationError} A label is none that an engine can read, or there are other ids than was
 * said.
 * @throws The system's error, when it cannot be written.
 */
export function writeIdMap(fs: WriteFs, path: string, content: IdMapContent): void {
  using file = fs.createFile(path, 0o644);
  let sizeBytes = 0;
  encodeIdMap(content, (bytes) => {
    writeAll(file, bytes, path);
    sizeBytes += bytes.byteLength;
  });
  requireSize(file, sizeBytes, path);
  file.sync();
}

/**
 * Encodes an id map in chunks.
 *
 * @param content What it will hold.
 * @param write Takes the bytes; they are good until it returns.
 * @throws {OperationError} A label is none that an engine can read, or there are other ids than was
 * said.
 */
export function encodeIdMap(content: IdMapContent, write: (bytes: Uint8Array) => void): void {
  if (content.era === "python") encodeForPython(content, write);
  else encodeForRust(content, write);
}

function encodeForPython(content: IdMapContent, write: (bytes: Uint8Array) => void): void {
  const pickle = new PickleEncoder("python", write);
  const dot = ID_MAP_CLASS.lastIndexOf(".");
  pickle.beginInstance(ID_MAP_CLASS.slice(0, dot), ID_MAP_CLASS.slice(dot + 1));
  pickle.beginDictionary(content.maxSeqId === null ? 5 : 6);
  putNumber(pickle, "dimensionality", content.dimensionality);
  putNumber(pickle, "total_elements_added", content.totalElementsAdded);
  if (content.maxSeqId !== null) putNumber(pickle, "max_seq_id", content.maxSeqId);
  let firstPlace = 0;
  putEntries(pickle, "id_to_label", content.count, () => {
    firstPlace = pickle.memoSize;
    putLabels(pickle, content);
  });
  putEntries(pickle, "label_to_id", content.count, () => {
    for (let place = 0; place < content.count; place++) {
      pickle.nextEntry();
      pickle.integer(content.labelOf(place));
      pickle.reference(firstPlace + place);
    }
  });
  putEntries(pickle, "id_to_seq_id", content.count, () => {
    for (let place = 0; place < content.count; place++) {
      pickle.nextEntry();
      pickle.reference(firstPlace + place);
      pickle.integer(content.sequenceOf(place));
    }
  });
  pickle.endDictionary();
  pickle.endInstance();
  pickle.finish();
}

function encodeForRust(content: IdMapContent, write: (bytes: Uint8Array) => void): void {
  const pickle = new PickleEncoder("serde", write);
  pickle.beginDictionary(6);
  putNumber(pickle, "dimensionality", content.dimensionality);
  putNumber(pickle, "total_elements_added", content.totalElementsAdded);
  putNumber(pickle, "max_seq_id", content.maxSeqId);
  putEntries(pickle, "id_to_label", content.count, () => putLabels(pickle, content));
  putEntries(pickle, "label_to_id", content.count, () => {
    let place = 0;
    for (const id of content.ids()) {
      pickle.nextEntry();
      pickle.integer(content.labelOf(place++));
      pickle.string(id);
    }
    requireCount(place, content);
  });
  putEntries(pickle, "id_to_seq_id", 0, () => {});
  pickle.endDictionary();
  pickle.finish();
}

function putNumber(pickle: PickleEncoder, name: string, value: number | null): void {
  pickle.nextEntry();
  pickle.string(name);
  if (value === null) pickle.none();
  else pickle.integer(value);
}

function putEntries(pickle: PickleEncoder, name: string, count: number, put: () => void): void {
  pickle.nextEntry();
  pickle.string(name);
  pickle.beginDictionary(count);
  put();
  pickle.endDictionary();
}

function putLabels(pickle: PickleEncoder, content: IdMapContent): void {
  let place = 0;
  for (const id of content.ids()) {
    const label = content.labelOf(place++);
    if (!Number.isInteger(label) || label < 1 || label > LARGEST_LABEL) {
      throw new OperationError("internal", `${label} is no label that an engine can read`);
    }
    pickle.nextEntry();
    pickle.string(id);
    pickle.integer(label);
  }
  requireCount(place, content);
}

function requireCount(found: number, { count }: IdMapContent): void {
  if (found === count) return;
  throw new OperationError("busy", `There were ${count} ids, and now there are ${found}`, {
    hint: "Stop whatever writes to the store, and try again.",
  });
}
