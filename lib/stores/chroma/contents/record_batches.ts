/**
 * The records of one collection in batches, with their vectors.
 *
 * Records come in the order of their numbers: so rows, values and slots are read in about the order
 * in which they stand. Where the numbers of a collection are spread over those of many others, the
 * order of their ids costs less.
 *
 * @module
 */

import type { StoreDatabase } from "../../../sqlite/database.ts";
import type { RecordBatch } from "../../../model/record_stream.ts";
import { KeyTexts, metadataJson, valueJson } from "./metadata_json.ts";
import { keepValue, type PendingRecords, type RecordMetadata } from "./pending_operations.ts";
import { applyWaiting, type CollectionPlace, effectiveVectorWatermark } from "./read_contents.ts";
import { DOCUMENT_KEY, type Slice, URI_KEY, type ValueSlice } from "./record_facts.ts";
import { readNumberedPages, readRecordPages, readValues, type RecordPage } from "./record_pages.ts";
import { RecordRows } from "./record_rows.ts";
import { ServedVectors } from "./served_vectors.ts";

/** Numbers of a collection that are spread wider than this are not looked through one by one. */
const WIDEST_SPREAD = 8;

/** A batch has so many records at the most, and of long vectors or texts fewer. */
const MOST_RECORDS = 2048;
const FIRST_RECORDS = 64;
const MOST_VECTOR_BYTES = 16 << 20;
const MOST_TEXT_LENGTH = 8 << 20;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Counts the records of a collection, as many as they will be when an engine has applied the queue.
 *
 * @param database The open chroma.sqlite3.
 * @param place The collection.
 * @returns Their number.
 * @throws {SqliteError} The records cannot be read.
 */
export function countRecords(database: StoreDatabase, place: CollectionPlace): number {
  const { metadataSegmentId } = place;
  if (metadataSegmentId === null) return 0;
  const ids = "FROM embeddings WHERE segment_id = ? AND embedding_id";
  let records = database.number(`SELECT count(*) ${ids} < x''`, metadataSegmentId) ?? 0;
  const noVectors = { has: () => true, set: () => {}, remove: () => {} };
  const pending = applyWaiting(database, place, noVectors);
  const find = database.prepareTest(`SELECT 1 ${ids} = ?`);
  for (const id of pending.ids) {
    const isThere = find(metadataSegmentId, id);
    const isLeft = pending.apply(id, isThere ? new Map() : null) !== null;
    records += Number(isLeft) - Number(isThere);
  }
  return records;
}

/**
 * Finds the last row of the queue whose vector an engine puts into the index when it starts: 1.x takes
 * all of them, 0.x as many as fill batches.
 */
function findLastNormalised(database: StoreDatabase, place: CollectionPlace): number {
  const { id, subject, engine } = place;
  if (engine.era === "rust") return Infinity;
  const waiting = "FROM embeddings_queue WHERE seq_id > ? AND substr(topic, -36) = ?";
  const watermark = effectiveVectorWatermark(place);
  const rows = database.number(`SELECT count(*) ${waiting}`, watermark, id) ?? 0;
  const batchSize = subject?.settings?.batchSize ?? Infinity;
  const inBatches = rows - rows % batchSize;
  if (inBatches === 0) return -Infinity;
  const select = `SELECT seq_id ${waiting} ORDER BY seq_id LIMIT 1 OFFSET ?`;
  return database.number(select, watermark, id, inBatches - 1) ?? -Infinity;
}

/** The records of one collection. */
export class CollectionRecords implements Disposable {
  readonly #database: StoreDatabase;
  readonly #place: CollectionPlace;
  readonly #vectors: ServedVectors;
  readonly #pending: PendingRecords;
  readonly #found = new Set<string>();
  readonly #keys = new KeyTexts();
  #mostRecords = FIRST_RECORDS;
  #vectorRoom = new Float32Array(0);

  /**
   * Opens a collection.
   *
   * @param database The open chroma.sqlite3; it stays open as long as this is used.
   * @param place The collection.
   * @param isAsWritten Whether vectors that wait in the queue are given as they were written.
   * @throws {OperationError} A file cannot be read.
   * @throws {SqliteError} The queue cannot be read.
   */
  constructor(database: StoreDatabase, place: CollectionPlace, isAsWritten: boolean) {
    this.#database = database;
    this.#place = place;
    const normalisedUpTo = isAsWritten ? -Infinity : findLastNormalised(database, place);
    this.#vectors = new ServedVectors(place.subject, { database, normalisedUpTo });
    try {
      this.#pending = applyWaiting(database, place, this.#vectors);
    } catch (error) {
      this.#vectors[Symbol.dispose]();
      throw error;
    }
  }

  /**
   * Reads the records.
   *
   * @yields Them in batches.
   * @throws {OperationError} They cannot be read, or are not what an engine writes.
   * @throws {SqliteError} They cannot be read.
   */
  *batches(): Generator<RecordBatch, void, undefined> {
    const { metadataSegmentId } = this.#place;
    if (metadataSegmentId === null) return;
    for (const page of this.#pages(metadataSegmentId)) {
      const rows = this.#readPage(page);
      this.#adapt(rows);
      yield* this.#toBatches(rows);
    }
    let rows = new RecordRows();
    for (const id of this.#pending.ids) {
      const metadata = this.#found.has(id) ? null : this.#pending.apply(id, null);
      if (metadata === null) continue;
      this.#addPending(rows, encoder.encode(id), id, metadata);
      if (rows.ids.length < this.#mostRecords) continue;
      yield* this.#toBatches(rows);
      rows = new RecordRows();
    }
    yield* this.#toBatches(rows);
  }

  /** Closes the files. */
  [Symbol.dispose](): void {
    this.#vectors[Symbol.dispose]();
  }

  #pages(segmentId: string): Generator<RecordPage, void, undefined> {
    const [count, lowest, highest] = this.#database.row(
      "SELECT count(*), min(id), max(id) FROM embeddings WHERE segment_id = ?",
      segmentId,
    ) ?? [];
    const isDense = Number(highest) - Number(lowest) < WIDEST_SPREAD * Number(count);
    const read = isDense ? readNumberedPages : readRecordPages;
    return read(this.#database, segmentId, () => this.#mostRecords);
  }

  /** Reads so many records at a time that neither long texts nor long vectors fill the memory. */
  #adapt({ ids, textLength }: RecordRows): void {
    if (textLength > MOST_TEXT_LENGTH) {
      const fitting = Math.floor(ids.length * MOST_TEXT_LENGTH / textLength);
      this.#mostRecords = Math.max(1, fitting);
    } else this.#mostRecords = Math.min(MOST_RECORDS, 2 * this.#mostRecords);
  }

  #readPage(page: RecordPage): RecordRows {
    const { bytes, numbers, starts, ends } = page;
    const rows = new RecordRows();
    const indexes = new Map<number, number>();
    const changed = new Map<number, { index: number; id: string; metadata: RecordMetadata }>();
    for (const [index, number] of numbers.entries()) {
      const [start, end] = [starts[index] ?? 0, ends[index] ?? 0];
      const id = decoder.decode(bytes.subarray(start, end));
      if (this.#pending.has(id)) changed.set(number, { index, id, metadata: new Map() });
      else indexes.set(number, rows.add(id, this.#vectors.find(bytes, start, end)));
    }
    for (const table of this.#place.valueTables) {
      const isList = table.name === "embedding_metadata_array";
      let [lastNumber, lastIndex] = [NaN, -1];
      readValues(this.#database, page, table, (number, key, value) => {
        if (number !== lastNumber) [lastNumber, lastIndex] = [number, indexes.get(number) ?? -1];
        if (lastIndex !== -1) this.#addValue(rows, lastIndex, key, value, isList);
        else {
          const metadata = changed.get(number)?.metadata;
          if (metadata !== undefined) keepValue(metadata, key, value, isList);
        }
      });
    }
    for (const { index, id, metadata } of changed.values()) {
      this.#found.add(id);
      const left = this.#pending.apply(id, metadata);
      const idBytes = bytes.subarray(starts[index], ends[index]);
      if (left !== null) this.#addPending(rows, idBytes, id, left);
    }
    return rows;
  }

  #addValue(
    rows: RecordRows,
    index: number,
    keySlice: Slice,
    value: ValueSlice,
    isElement: boolean,
  ): void {
    const { key, json } = this.#keys.read(keySlice);
    if (key === DOCUMENT_KEY || key === URI_KEY) {
      const text = value.column === "text"
        ? decoder.decode(value.bytes.subarray(value.start, value.end))
        : null;
      rows.setText(key === DOCUMENT_KEY ? "documents" : "uris", index, text);
    } else if (isElement) rows.addElement(index, json, valueJson(value));
    else rows.addMember(index, json, valueJson(value));
  }

  /** Adds a record that rows of the queue change. */
  #addPending(rows: RecordRows, idBytes: Uint8Array, id: string, metadata: RecordMetadata): void {
    const index = rows.add(id, this.#vectors.find(idBytes, 0, idBytes.byteLength));
    rows.setText("documents", index, takeText(metadata, DOCUMENT_KEY));
    rows.setText("uris", index, takeText(metadata, URI_KEY));
    rows.metadataJsons[index] = metadataJson(metadata);
  }

  /** Room for the vectors of a batch, which is used again for the next one. */
  #room(floats: number): Float32Array {
    if (this.#vectorRoom.length < floats) this.#vectorRoom = new Float32Array(floats);
    return this.#vectorRoom.subarray(0, floats);
  }

  *#toBatches(rows: RecordRows): Generator<RecordBatch, void, undefined> {
    rows.finish();
    const dimension = this.#vectors.dimension ?? 0;
    const most = Math.max(1, Math.floor(MOST_VECTOR_BYTES / 4 / Math.max(1, dimension)));
    for (let start = 0; start < rows.ids.length; start += most) {
      const places = rows.places.slice(start, start + most);
      const vectors = this.#room(places.length * dimension);
      const hasVector = new Uint8Array(places.length);
      this.#vectors.read(places, vectors, hasVector);
      yield {
        count: places.length,
        ids: rows.ids.slice(start, start + most),
        documents: rows.documents.slice(start, start + most),
        uris: rows.uris.slice(start, start + most),
        metadataJsons: rows.metadataJsons.slice(start, start + most),
        dimension,
        vectors,
        hasVector,
      };
    }
  }
}

/** Takes a text out of the metadata of a record. */
function takeText(metadata: RecordMetadata, key: string): string | null {
  const value = metadata.get(key)?.values[0];
  metadata.delete(key);
  if (value?.column !== "text") return null;
  return decoder.decode(value.bytes.subarray(value.start, value.end));
}
