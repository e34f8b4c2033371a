/**
 * Reading what a collection holds, whatever the layout: how many records there are, how many have a
 * vector, and the logical hash over both.
 *
 * @module
 */

import { OperationError } from "../../../base/errors.ts";
import { Hash128 } from "../../../base/hash128.ts";
import type { CollectionContents } from "../../../model/store.ts";
import type { StoreDatabase } from "../../../sqlite/database.ts";
import { type DatabaseLocation, openLocation } from "../../../sqlite/reading.ts";
import type { Engine } from "../catalogue/migrations.ts";
import { SEGMENT_FILES } from "../layout.ts";
import type { SegmentSubject } from "../segment/segment_reading.ts";
import { type CollectionVectors, readIndexVectors } from "./collection_vectors.ts";
import { toUnreadable } from "./page_fields.ts";
import {
  applyPending,
  keepValue,
  type PendingRecords,
  type PendingVectors,
  type RecordMetadata,
} from "./pending_operations.ts";
import { RecordFacts, type Slice, sliceOf, type ValueSlice } from "./record_facts.ts";
import { readRecordPages, readValues, type RecordPage, type ValueTable } from "./record_pages.ts";

/** What is needed to read a collection; plain data. */
export interface CollectionPlace {
  /** The collection's id. */
  readonly id: string;
  /** Its name. */
  readonly name: string;
  /** Where its records are, or null when it has no METADATA segment. */
  readonly metadataSegmentId: string | null;
  /** Its index, or null when it has no VECTOR segment. */
  readonly subject: SegmentSubject | null;
  /** Up to which row of the queue the index has taken everything in; null where none stands. */
  readonly vectorWatermark: number | null;
  /** The same for the records. */
  readonly metadataWatermark: number | null;
  /** The engine that will apply the queue. */
  readonly engine: Engine;
  /** Where values are, the lists last. */
  readonly valueTables: readonly ValueTable[];
  /** The database. */
  readonly location: DatabaseLocation;
}

/**
 * Reads what a collection holds, as it will be when an engine has applied the queue.
 *
 * The hash is that of ids, vectors, documents and metadata (`record_facts.ts`). Of a cosine space it
 * takes directions and not lengths, for reasons that `vector_hash.ts` gives; there it also says what
 * of a vector that was normalised twice stays the same. Settings and metadata of the collection
 * itself are no part of it.
 *
 * Memory grows by some forty bytes for each record, and with the rows of the queue that the records
 * have not taken in.
 *
 * @param place The collection.
 * @param onRead Is told how many bytes were read.
 * @returns What it holds; vectors of an index that cannot be read are not counted.
 * @throws {OperationError} The store cannot be read, is in use, or its tables are damaged.
 */
export function readCollectionContents(
  place: CollectionPlace,
  onRead: (sizeBytes: number) => void,
): CollectionContents {
  const vectors = readIndexVectors(place.subject, onRead);
  using database = openLocation(place.location);
  try {
    const reader = new ContentsReader(database, place, vectors);
    return { id: place.id, name: place.name, ...reader.read() };
  } catch (error) {
    if (error instanceof OperationError) throw error;
    throw toUnreadable(error, place.location.path);
  }
}

class ContentsReader {
  readonly #database: StoreDatabase;
  readonly #place: CollectionPlace;
  readonly #vectors: CollectionVectors;
  readonly #pending: PendingRecords;
  readonly #facts = new RecordFacts();
  readonly #id = new Hash128();
  readonly #vector = new Hash128();
  /** The ids that rows of the queue will change and that were found in the tables. */
  readonly #found = new Set<string>();
  #records = 0;
  #withVector = 0;

  constructor(database: StoreDatabase, place: CollectionPlace, vectors: CollectionVectors) {
    this.#database = database;
    this.#place = place;
    this.#vectors = vectors;
    this.#pending = applyWaiting(database, place, vectors);
  }

  read(): Pick<CollectionContents, "records" | "vectors" | "hash"> {
    const { metadataSegmentId } = this.#place;
    if (metadataSegmentId !== null) {
      for (const page of readRecordPages(this.#database, metadataSegmentId)) {
        this.#readPage(page);
      }
      for (const id of this.#pending.ids) if (!this.#found.has(id)) this.#addPending(id, null);
    }
    return { records: this.#records, vectors: this.#withVector, hash: this.#facts.hash };
  }

  #readPage(page: RecordPage): void {
    const pageReader = new PageReader(page, this.#pending);
    for (let index = 0; index < page.numbers.length; index++) {
      if (pageReader.pendingId(index) !== null) continue;
      this.#addRecord(sliceOfRecord(page, index));
      pageReader.keepHash(index, this.#id);
    }
    for (const table of this.#place.valueTables) {
      const list = table.name === "embedding_metadata" ? null : new ListPlaces();
      readValues(this.#database, page, table, (number, key, value) => {
        const index = pageReader.indexOf(number);
        const place = list?.next(number, key) ?? null;
        const metadata = pageReader.pendingMetadata(index);
        if (metadata !== null) keepValue(metadata, key, value, list !== null);
        else this.#addValue(pageReader.hashOf(index, this.#id), key, value, place);
      });
    }
    for (const [id, metadata] of pageReader.pending()) {
      this.#found.add(id);
      this.#addPending(id, metadata);
    }
  }

  #addValue(id: Hash128, key: Slice, value: ValueSlice, place: number | null): void {
    if (place === null) this.#facts.addValue(id, key, value);
    else this.#facts.addElement(id, key, place, value);
  }

  /** Adds a record that rows of the queue change. */
  #addPending(id: string, stored: RecordMetadata | null): void {
    const metadata = this.#pending.apply(id, stored);
    if (metadata === null) return;
    this.#addRecord(sliceOf(encoder.encode(id)));
    for (const [key, { values, elements }] of metadata) {
      const slice = sliceOf(encoder.encode(key));
      for (const value of values) this.#facts.addValue(this.#id, slice, value);
      elements.forEach((value, place) => this.#facts.addElement(this.#id, slice, place, value));
    }
  }

  /** Adds a record with its vector; its hash then is in `#id`. */
  #addRecord({ bytes, start, end }: Slice): void {
    this.#records++;
    this.#facts.addRecord(this.#id.set(0, 0, 0, 0).addBytes(bytes, start, end));
    if (!this.#vectors.find(bytes, start, end, this.#vector)) return;
    this.#withVector++;
    this.#facts.addVector(this.#id, this.#vector);
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Applies the rows of the queue that the index has not taken in, and collects those that wait for the
 * records.
 *
 * @param database The open chroma.sqlite3.
 * @param place The collection.
 * @param vectors The vectors of its index, which get those of the queue.
 * @returns What waits for the records.
 * @throws {SqliteError} The queue cannot be read.
 */
export function applyWaiting(
  database: StoreDatabase,
  place: CollectionPlace,
  vectors: PendingVectors,
): PendingRecords {
  return applyPending(
    database,
    {
      collectionId: place.id,
      dimension: place.subject?.dimension ?? null,
      engine: place.engine,
      vectorWatermark: effectiveVectorWatermark(place),
      metadataWatermark: place.metadataWatermark ?? 0,
    },
    vectors,
  );
}

/**
 * Tells after which row of the queue an engine begins: one that finds no id map begins at the start
 * of the queue, whatever the watermark says.
 *
 * @param place The collection.
 * @returns The number of the row.
 */
export function effectiveVectorWatermark({ subject, vectorWatermark }: CollectionPlace): number {
  const idMap = subject?.directory?.files[SEGMENT_FILES.idMap];
  return idMap === undefined ? 0 : vectorWatermark ?? 0;
}

function sliceOfRecord({ bytes, starts, ends }: RecordPage, index: number): Slice {
  return { bytes, start: starts[index] ?? 0, end: ends[index] ?? 0 };
}

/** Counts the elements of lists, whose rows come one behind another. */
class ListPlaces {
  #last = "";
  #place = 0;

  next(number: number, { bytes, start, end }: Slice): number {
    const list = `${number} ${decoder.decode(bytes.subarray(start, end))}`;
    this.#place = list === this.#last ? this.#place + 1 : 0;
    this.#last = list;
    return this.#place;
  }
}

/** The records of one page by their numbers. */
class PageReader {
  readonly #indexes: Map<number, number>;
  readonly #hashes: Int32Array;
  readonly #pending: ReadonlyMap<number, { id: string; metadata: RecordMetadata }>;
  #lastNumber = NaN;
  #lastIndex = 0;

  constructor(page: RecordPage, pending: PendingRecords) {
    this.#indexes = new Map(page.numbers.map((number, index) => [number, index]));
    this.#hashes = new Int32Array(4 * page.numbers.length);
    this.#pending = pending.isEmpty ? new Map() : findPending(page, pending);
  }

  /** The place of a record in the page. */
  indexOf(number: number): number {
    if (number !== this.#lastNumber) {
      this.#lastNumber = number;
      this.#lastIndex = this.#indexes.get(number) ?? 0;
    }
    return this.#lastIndex;
  }

  keepHash(index: number, { a, b, c, d }: Hash128): void {
    const hashes = this.#hashes;
    hashes[4 * index] = a;
    hashes[4 * index + 1] = b;
    hashes[4 * index + 2] = c;
    hashes[4 * index + 3] = d;
  }

  hashOf(index: number, target: Hash128): Hash128 {
    const hashes = this.#hashes;
    return target.set(
      hashes[4 * index] ?? 0,
      hashes[4 * index + 1] ?? 0,
      hashes[4 * index + 2] ?? 0,
      hashes[4 * index + 3] ?? 0,
    );
  }

  /** The id of a record that rows of the queue change, else null. */
  pendingId(index: number): string | null {
    return this.#pending.get(index)?.id ?? null;
  }

  /** What such a record has in the tables, else null. */
  pendingMetadata(index: number): RecordMetadata | null {
    return this.#pending.get(index)?.metadata ?? null;
  }

  *pending(): Generator<[string, RecordMetadata], void, undefined> {
    for (const { id, metadata } of this.#pending.values()) yield [id, metadata];
  }
}

function findPending(
  page: RecordPage,
  pending: PendingRecords,
): Map<number, { id: string; metadata: RecordMetadata }> {
  const found = new Map<number, { id: string; metadata: RecordMetadata }>();
  page.numbers.forEach((_, index) => {
    const { bytes, start, end } = sliceOfRecord(page, index);
    const id = decoder.decode(bytes.subarray(start, end));
    if (pending.has(id)) found.set(index, { id, metadata: new Map() });
  });
  return found;
}
