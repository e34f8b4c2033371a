/**
 * The rows of the queue that the index or the records of a collection have not taken in yet, applied
 * as the engine will apply them at its next start.
 *
 * | operation | the index                                | the records                               |
 * | --------- | ---------------------------------------- | ----------------------------------------- |
 * | add       | takes the vector unless it has the id    | makes the record unless it is there       |
 * | update    | takes the vector if it has the id and    | changes the metadata if the record is     |
 * |           | the row has one                          | there                                     |
 * | upsert    | takes the vector if the row has one      | makes the record or changes its metadata  |
 * | delete    | forgets the id                           | removes the record with all metadata      |
 *
 * Each of the two goes by what it has itself, from its own watermark on. A row that no engine can
 * apply is passed over.
 *
 * @module
 */

import type { StoreDatabase } from "../../../sqlite/database.ts";
import type { Engine } from "../catalogue/migrations.ts";
import { findRowFault, QUEUE_OPERATIONS } from "../records/queue_row.ts";
import { decodeWholeRow, WHOLE_ROW, type WholeRow } from "../records/read_queue.ts";
import { parseMetadataPatch, type PatchValue } from "./metadata_patch.ts";
import { type Slice, sliceOf, type ValueSlice } from "./record_facts.ts";

/** How many rows come out of SQLite at a time; their vectors are large. */
const ROWS_PER_PAGE = 256;

const decoder = new TextDecoder();

/** Where the rows of a collection are, and who applies them. */
export interface PendingPlace {
  /** The collection, by which the topics of its rows end. */
  readonly collectionId: string;
  /** Floats of a vector, or null when that is not known. */
  readonly dimension: number | null;
  /** The engine that will apply them. */
  readonly engine: Engine;
  /** Up to which row the index has taken everything in. */
  readonly vectorWatermark: number;
  /** Up to which row the records have. */
  readonly metadataWatermark: number;
}

/** The vectors of an index, as far as rows of the queue change them. */
export interface PendingVectors {
  /** Whether the index knows an id, even where it has no vector for it. */
  has(id: string): boolean;
  /** Gives an id the vector that a row of the queue brings. */
  set(id: string, vector: Float32Array, sequence: string): void;
  /** Takes an id out. */
  remove(id: string): void;
}

/** What a key of a record has: a value, or the elements of a list. */
export interface KeyContents {
  /** Its values; more than one only where somebody else has written the table. */
  readonly values: ValueSlice[];
  /** The elements of its list in order. */
  readonly elements: ValueSlice[];
}

/** The metadata of a record by keys. */
export type RecordMetadata = Map<string, KeyContents>;

/**
 * Keeps a value of a record.
 *
 * @param metadata The metadata of the record, which gets it.
 * @param key The key, in UTF-8; it and the value are copied.
 * @param value The value.
 * @param isElement Whether it is the next element of a list.
 */
export function keepValue(
  metadata: RecordMetadata,
  { bytes, start, end }: Slice,
  value: ValueSlice,
  isElement: boolean,
): void {
  const key = decoder.decode(bytes.subarray(start, end));
  let contents: KeyContents | undefined = metadata.get(key);
  if (contents === undefined) {
    contents = { values: [], elements: [] };
    metadata.set(key, contents);
  }
  const kept = { ...sliceOf(value.bytes.slice(value.start, value.end)), column: value.column };
  (isElement ? contents.elements : contents.values).push(kept);
}

/** A row that waits for the records. */
interface PendingRow {
  readonly sequence: string;
  readonly operation: number;
}

/** The rows that wait for the records of a collection, by id. */
export class PendingRecords {
  readonly #database: StoreDatabase;
  readonly #era: "python" | "rust";
  readonly #rows = new Map<string, PendingRow[]>();

  /** Makes an empty set. */
  constructor(database: StoreDatabase, era: "python" | "rust") {
    this.#database = database;
    this.#era = era;
  }

  /** The ids that are waited for. */
  get ids(): IterableIterator<string> {
    return this.#rows.keys();
  }

  /** Whether nothing waits. */
  get isEmpty(): boolean {
    return this.#rows.size === 0;
  }

  /** Whether a row waits for a record. */
  has(id: string): boolean {
    return this.#rows.has(id);
  }

  /** Takes a row in, in the order of the queue; its metadata is read again when it is applied. */
  add(id: string, row: PendingRow): void {
    const rows = this.#rows.get(id);
    if (rows === undefined) this.#rows.set(id, [row]);
    else rows.push(row);
  }

  /**
   * Applies what waits for a record.
   *
   * @param id The record's id.
   * @param stored What it has now; null when it is not there.
   * @returns What it will have; null when it will not be there.
   */
  apply(id: string, stored: RecordMetadata | null): RecordMetadata | null {
    let metadata = stored;
    for (const { sequence, operation } of this.#rows.get(id) ?? []) {
      if (operation === QUEUE_OPERATIONS.delete) {
        metadata = null;
      } else if (metadata === null ? operation !== QUEUE_OPERATIONS.update : operation !== ADD) {
        metadata = applyMetadataPatch(metadata ?? new Map(), this.#readPatch(sequence));
      }
    }
    return metadata;
  }

  #readPatch(sequence: string): ReadonlyMap<string, PatchValue> {
    const columns = this.#database.row(
      `SELECT ${WHOLE_ROW} FROM embeddings_queue WHERE seq_id = CAST(? AS INTEGER)`,
      sequence,
    );
    const text = columns === null ? null : decodeWholeRow(columns).row.metadata.text;
    return parseMetadataPatch(text, this.#era) ?? new Map();
  }
}

const ADD: number = QUEUE_OPERATIONS.add;

/**
 * Does to the metadata of a record what a row of the queue does.
 *
 * @param metadata What the record has; it is changed.
 * @param changes What the row does.
 * @returns The same metadata.
 */
export function applyMetadataPatch(
  metadata: RecordMetadata,
  changes: ReadonlyMap<string, PatchValue>,
): RecordMetadata {
  for (const [key, change] of changes) {
    if (change.kind === "none") metadata.delete(key);
    else if (change.kind === "value") metadata.set(key, { values: [change.value], elements: [] });
    else metadata.set(key, { values: [], elements: [...change.elements] });
  }
  return metadata;
}

/**
 * Applies the rows that wait for the index, and collects those that wait for the records.
 *
 * @param database The open chroma.sqlite3.
 * @param place Where the rows are.
 * @param vectors The vectors of the index, which get those of the queue.
 * @returns What waits for the records.
 * @throws {SqliteError} The queue cannot be read.
 */
export function applyPending(
  database: StoreDatabase,
  place: PendingPlace,
  vectors: PendingVectors,
): PendingRecords {
  const records = new PendingRecords(database, place.engine.era);
  for (const { sequence, row, vector } of readRows(database, place)) {
    const { operation, id } = row;
    if (operation === null || id.text === null) continue;
    if (findRowFault(row, place.dimension, place.engine) !== null) continue;
    const floats = vector === null ? null : toFloats(vector, row.encoding.text);
    if (Number(sequence) > place.vectorWatermark) {
      applyToIndex(vectors, { sequence, operation, id: id.text, vector: floats });
    }
    const isWaiting = Number(sequence) > place.metadataWatermark;
    if (isWaiting && operation !== QUEUE_OPERATIONS.backfill) {
      records.add(id.text, { sequence, operation });
    }
  }
  return records;
}

function* readRows(
  database: StoreDatabase,
  place: PendingPlace,
): Generator<WholeRow, void, undefined> {
  let after = String(Math.min(place.vectorWatermark, place.metadataWatermark));
  while (true) {
    const rows = database.rows(
      `SELECT ${WHOLE_ROW} FROM embeddings_queue WHERE seq_id > CAST(? AS INTEGER)
         AND substr(topic, -36) = ? ORDER BY seq_id LIMIT ${ROWS_PER_PAGE}`,
      after,
      place.collectionId,
    );
    for (const columns of rows) {
      const row = decodeWholeRow(columns);
      after = row.sequence;
      yield row;
    }
    if (rows.length < ROWS_PER_PAGE) return;
  }
}

/** What a row of the queue does to the index. */
interface IndexChange {
  readonly sequence: string;
  readonly operation: number;
  readonly id: string;
  readonly vector: Float32Array | null;
}

function applyToIndex(
  vectors: PendingVectors,
  { sequence, operation, id, vector }: IndexChange,
): void {
  if (operation === QUEUE_OPERATIONS.delete) return vectors.remove(id);
  if (vector === null) return;
  const isKnown = vectors.has(id);
  const isTaken = operation === QUEUE_OPERATIONS.upsert ||
    (operation === QUEUE_OPERATIONS.add && !isKnown) ||
    (operation === QUEUE_OPERATIONS.update && isKnown);
  if (isTaken) vectors.set(id, vector, sequence);
}

/**
 * Makes floats of what a row of the queue has.
 *
 * @param vector Its bytes.
 * @param encoding How they are encoded, as the row says.
 * @returns The vector.
 */
function toFloats(vector: Uint8Array, encoding: string | null): Float32Array {
  const { buffer } = vector.slice(0, vector.byteLength & ~3);
  // 0.x also reads whole numbers.
  return encoding === "INT32"
    ? Float32Array.from(new Int32Array(buffer))
    : new Float32Array(buffer);
}
