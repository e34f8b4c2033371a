/**
 * Reading the records of a collection of Chroma whole, as they will be when an engine has applied the
 * queue: what their logical hash is made of (`read_contents.ts`), record by record.
 *
 * @module
 */

import { OperationError } from "../../../base/errors.ts";
import { Hash128 } from "../../../base/hash128.ts";
import type { ContentsPlan, DetectedStore } from "../../../model/store.ts";
import type { StoreDatabase } from "../../../sqlite/database.ts";
import { openLocation } from "../../../sqlite/reading.ts";
import type {
  RecordReader,
  RecordVectors,
  StoredRecord,
  StoredValue,
} from "../../../model/stored_record.ts";
import { isCosine } from "../segment/segment_reading.ts";
import type { ContentsTask } from "../tasks.ts";
import { type CollectionVectors, readIndexVectors } from "./collection_vectors.ts";
import {
  keepValue,
  type KeyContents,
  type PendingRecords,
  type RecordMetadata,
} from "./pending_operations.ts";
import { planChromaContents } from "./plan_contents.ts";
import { applyWaiting, type CollectionPlace } from "./read_contents.ts";
import { DOCUMENT_KEY, RecordFacts, sliceOf, URI_KEY, type ValueSlice } from "./record_facts.ts";
import { readRecordPages, readValues, type RecordPage } from "./record_pages.ts";
import { WrittenVectors } from "./written_vectors.ts";

/**
 * Opens the records of a collection.
 *
 * @param store The store, which is whole.
 * @param collectionId The id of the collection.
 * @returns The records; the caller disposes of them.
 * @throws {OperationError} There is no such collection, or it cannot be read.
 */
export function openChromaRecords(store: DetectedStore, collectionId: string): RecordReader {
  const plan = planChromaContents(store);
  try {
    const task = (plan.tasks as readonly ContentsTask[])
      .find(({ payload }) => payload.id === collectionId);
    if (task === undefined) {
      throw new OperationError("not-found", `There is no collection with the id ${collectionId}`, {
        path: store.path,
      });
    }
    return new ChromaRecords(store, task.payload, plan);
  } catch (error) {
    plan.release();
    throw error;
  }
}

class ChromaRecords implements RecordReader {
  readonly #store: DetectedStore;
  readonly #place: CollectionPlace;
  readonly #plan: ContentsPlan;
  readonly #vectors: CollectionVectors;
  readonly #database: StoreDatabase;
  readonly #pending: PendingRecords;
  readonly roundsVectors: boolean;

  constructor(store: DetectedStore, place: CollectionPlace, plan: ContentsPlan) {
    this.#store = store;
    this.#place = place;
    this.#plan = plan;
    this.roundsVectors = place.subject !== null && isCosine(place.subject);
    this.#vectors = readIndexVectors(place.subject, () => {});
    this.#database = openLocation(place.location);
    this.#pending = applyWaiting(this.#database, place, this.#vectors);
  }

  *list(): Generator<StoredRecord, void, undefined> {
    const { metadataSegmentId } = this.#place;
    if (metadataSegmentId === null) return;
    const found = new Set<string>();
    for (const page of readRecordPages(this.#database, metadataSegmentId)) {
      for (const [id, stored] of this.#readPage(page)) {
        const isPending = this.#pending.has(id);
        if (isPending) found.add(id);
        const metadata = isPending ? this.#pending.apply(id, stored) : stored;
        if (metadata !== null) yield this.#toRecord(id, metadata);
      }
    }
    for (const id of this.#pending.ids) {
      const metadata = found.has(id) ? null : this.#pending.apply(id, null);
      if (metadata !== null) yield this.#toRecord(id, metadata);
    }
  }

  openVectors(ids: ReadonlySet<string>): RecordVectors {
    const { subject } = this.#place;
    if (subject === null) return { has: () => false, read: () => null, [Symbol.dispose]: () => {} };
    return new WrittenVectors(this.#store, subject.segmentId, ids);
  }

  [Symbol.dispose](): void {
    this.#database.close();
    this.#plan.release();
  }

  #readPage(page: RecordPage): [string, RecordMetadata][] {
    const { bytes, numbers, starts, ends } = page;
    const records = numbers.map((_, index): [string, RecordMetadata] => [
      decoder.decode(bytes.subarray(starts[index], ends[index])),
      new Map(),
    ]);
    const indexes = new Map(numbers.map((number, index) => [number, index]));
    for (const table of this.#place.valueTables) {
      const isList = table.name === "embedding_metadata_array";
      readValues(this.#database, page, table, (number, key, value) => {
        const [, metadata] = records[indexes.get(number) ?? -1] ?? [];
        if (metadata !== undefined) keepValue(metadata, key, value, isList);
      });
    }
    return records;
  }

  #toRecord(id: string, stored: RecordMetadata): StoredRecord {
    const metadata = new Map(stored.entries().map(([key, value]) => [key, toStoredValue(value)]));
    const document = metadata.get(DOCUMENT_KEY)?.value;
    const uri = metadata.get(URI_KEY)?.value;
    metadata.delete(DOCUMENT_KEY);
    metadata.delete(URI_KEY);
    return {
      id,
      digest: this.#digest(id, stored),
      document: typeof document === "string" ? document : null,
      uri: typeof uri === "string" ? uri : null,
      metadata,
    };
  }

  #digest(id: string, metadata: RecordMetadata): string {
    const facts = new RecordFacts();
    const bytes = encoder.encode(id);
    const idHash = new Hash128().addBytes(bytes);
    facts.addRecord(idHash);
    const vector = new Hash128();
    if (this.#vectors.find(bytes, 0, bytes.byteLength, vector)) facts.addVector(idHash, vector);
    addMetadata(facts, idHash, metadata);
    return facts.hash;
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Adds the metadata of a record to the facts of its collection.
 *
 * @param facts The facts.
 * @param id The hash of the record's id.
 * @param metadata Its metadata.
 */
function addMetadata(facts: RecordFacts, id: Hash128, metadata: RecordMetadata): void {
  for (const [key, { values, elements }] of metadata) {
    const slice = sliceOf(encoder.encode(key));
    for (const value of values) facts.addValue(id, slice, value);
    elements.forEach((value, place) => facts.addElement(id, slice, place, value));
  }
}

/** A value that is no list, as JSON carries it. */
interface Scalar {
  readonly value: string | number | boolean | null;
  readonly isExact: boolean;
}

function toStoredValue({ values, elements }: KeyContents): StoredValue {
  const [value] = values;
  if (elements.length === 0 && values.length === 1 && value !== undefined) {
    return { type: value.column, ...toScalar(value) };
  }
  const scalars = elements.map(toScalar);
  const list = scalars.flatMap((scalar) => scalar.value ?? []);
  const isExact = values.length === 0 && list.length === elements.length &&
    (scalars.every((scalar) => scalar.isExact) || isFloatList(elements, list));
  const type = `list of ${[...new Set(elements.map(({ column }) => column))].join(" and ")}`;
  return { type, value: list.length === 0 ? null : list, isExact };
}

/** An engine takes a list that has one float for a list of floats, whole ones too. */
function isFloatList(elements: readonly ValueSlice[], list: readonly unknown[]): boolean {
  return elements.every(({ column }) => column === "float") &&
    list.every((value) => Number.isFinite(value)) &&
    list.some((value) => !Number.isInteger(value));
}

function toScalar({ column, bytes, start, end }: ValueSlice): Scalar {
  const part = bytes.subarray(start, end);
  switch (column) {
    case "text":
      return { value: decoder.decode(part), isExact: true };
    case "boolean": {
      const digit = decoder.decode(part);
      return { value: digit === "1", isExact: digit === "0" || digit === "1" };
    }
    case "integer": {
      const value = Number(decoder.decode(part));
      return { value, isExact: Number.isSafeInteger(value) };
    }
    case "float": {
      const view = new DataView(part.buffer, part.byteOffset, part.byteLength);
      const value = view.getFloat64(0, true);
      return Number.isFinite(value)
        ? { value, isExact: !Number.isInteger(value) }
        : { value: null, isExact: false };
    }
    case "nothing":
    case "other":
      return { value: null, isExact: false };
  }
}
