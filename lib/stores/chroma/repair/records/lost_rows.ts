/**
 * Rows of `embeddings` that are lost: what they leave behind, and who could be theirs.
 *
 * A lost row leaves its number, `embeddings.id`, with the values and the full text of the record: a
 * *trace*. Which record it was is told by the id, and that stands elsewhere: in the id map of the
 * index and in the queue. A *candidate* is an id that must have a row and has none.
 *
 * Every candidate has a key that grows in the order in which records are made, as their numbers do:
 *
 * | class | key                                             | whose                                   |
 * | ----- | ----------------------------------------------- | --------------------------------------- |
 * | 0     | the sequence number that the id map has for it  | records that the Python era has indexed |
 * | 1     | the label                                       | records that 1.x has indexed            |
 * | 2     | the sequence number of the row that made it     | records that only the queue brings      |
 *
 * A key can be too high, never too low: an update gives the first a higher one, and 1.x sometimes
 * gives a record a second label (`displaced_labels.ts`).
 *
 * @module
 */

import { join } from "@std/path";
import { type ByteSource, decodePickle, type PickleScalar } from "../../../../codec/pickle.ts";
import { BoundedFile } from "../../../../fs/read_fs.ts";
import type { SqlValue, StoreDatabase } from "../../../../sqlite/database.ts";
import { SEGMENT_FILES } from "../../layout.ts";
import { QUEUE_OPERATIONS } from "../../records/queue_row.ts";
import { Column } from "../../salvage/columns.ts";
import { IdTable } from "../../salvage/id_table.ts";
import { ID_MAP_CLASS, readIdMap } from "../../segment/id_map.ts";
import type { RecordCollection } from "./record_store.ts";

/** The distance between two classes of keys; no engine counts so far. */
export const KEY_CLASS = 2 ** 44;

/** A row that is there. */
export interface KnownRow {
  /** `embeddings.id`. */
  readonly row: number;
  /** Its key, or -1 when it has none. */
  readonly key: number;
  /** The number of the write that changed it last, or -1. */
  readonly sequence: number;
}

/** An id that must have a row and has none. */
export interface Candidate {
  /** The id. */
  readonly id: string;
  /** Its key. */
  readonly key: number;
}

/** The rows of a collection, and the ids that have lost theirs. */
export interface CollectionRows {
  /** The rows in the order of their numbers. */
  readonly known: readonly KnownRow[];
  /** The ids without a row, in the order of their keys. */
  readonly candidates: readonly Candidate[];
  /** The keys of records that were deleted, as far as the id map or the queue tells, ascending. */
  readonly departed: readonly number[];
}

/**
 * Finds the ids of a collection that have lost their rows.
 *
 * @param database The private copy of the database.
 * @param collection The collection.
 * @returns The rows and the ids; no ids where the id map is damaged, or what tells is not whole.
 * @throws {OperationError} A file cannot be read.
 * @throws {SqliteError} The database cannot be read.
 */
export function findLostRows(
  database: StoreDatabase,
  collection: RecordCollection,
): CollectionRows {
  return new LostRowFinder(database, collection).find();
}

/**
 * Reads the rows of all collections, with their sequence numbers for keys.
 *
 * @param database The private copy of the database.
 * @returns The rows in the order of their numbers.
 * @throws {SqliteError} They cannot be read.
 */
export function readAllRows(database: StoreDatabase): KnownRow[] {
  return database.rows(`SELECT id, ${SEQUENCE} FROM embeddings ORDER BY id`)
    .map(([row, hex]) => {
      const sequence = toSequence(hex);
      return { row: Number(row), key: sequence, sequence };
    });
}

/** `seq_id` in hexadecimal, as an integer or as the Python era's bytes. */
const SEQUENCE = "iif(typeof(seq_id) = 'blob', hex(seq_id), printf('%X', seq_id))";

function toSequence(hex: SqlValue | undefined): number {
  const sequence = parseInt(String(hex), 16);
  return Number.isSafeInteger(sequence) && sequence < KEY_CLASS ? sequence : -1;
}

/** The bits of what is known of an id. */
const STATE = { row: 1, live: 2 } as const;

class LostRowFinder {
  readonly #database: StoreDatabase;
  readonly #collection: RecordCollection;
  readonly #ids = new IdTable();
  readonly #rows = Column.numbers();
  readonly #written = Column.numbers();
  readonly #states = Column.bytes();
  readonly #labels = Column.words();
  readonly #indexed = Column.numbers();
  readonly #queued = Column.numbers();
  readonly #departed: { readonly label: number; readonly indexed: number }[] = [];

  constructor(database: StoreDatabase, collection: RecordCollection) {
    this.#database = database;
    this.#collection = collection;
  }

  find(): CollectionRows {
    this.#readRows();
    const rowCount = this.#ids.count;
    const hasIdMap = this.#readIdMap();
    this.#findDeparted(rowCount);
    const isWhole = hasIdMap && this.#readQueue();
    const firstRustLabel = this.#findFirstRustLabel();
    const known: KnownRow[] = [];
    const candidates: Candidate[] = [];
    for (let index = 0; index < this.#ids.count; index++) {
      const key = this.#queued.get(index) === -1
        ? toKey(this.#labels.get(index), this.#indexed.get(index), firstRustLabel)
        : 2 * KEY_CLASS + this.#queued.get(index);
      if (index < rowCount) {
        known.push({ row: this.#rows.get(index), key, sequence: this.#written.get(index) });
      } else if (isWhole && this.#states.hasBits(index, STATE.live) && key !== -1) {
        candidates.push({ id: this.#ids.text(index), key });
      }
    }
    known.sort((left, right) => left.row - right.row);
    candidates.sort((left, right) => left.key - right.key);
    const departed = this.#departed
      .map(({ label, indexed }) => toKey(label, indexed, firstRustLabel))
      .sort((left, right) => left - right);
    return { known, candidates, departed };
  }

  #readRows(): void {
    const rows = this.#database.iterate(
      `SELECT CAST(embedding_id AS BLOB), id, ${SEQUENCE}
       FROM embeddings WHERE segment_id = ? ORDER BY id`,
      this.#collection.place.metadataSegmentId,
    );
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    for (const [bytes, row, sequence] of rows) {
      const index = this.#ids.add(decoder.decode(bytes instanceof Uint8Array ? bytes : undefined));
      if (index === -1) continue;
      this.#rows.set(index, Number(row));
      this.#written.set(index, toSequence(sequence));
      this.#states.setBits(index, STATE.row | STATE.live);
    }
  }

  /** 1.x leaves the numbers of the Python era in the id map, of records too that it deletes. */
  #findDeparted(rowCount: number): void {
    for (let index = rowCount; index < this.#ids.count; index++) {
      const indexed = this.#indexed.get(index);
      if (this.#labels.get(index) !== 0 || indexed === -1) continue;
      this.#departed.push({ label: -1, indexed });
      this.#indexed.set(index, -1);
    }
  }

  /** Reads labels and sequence numbers; false where the id map cannot be relied on. */
  #readIdMap(): boolean {
    const { directory, storePath } = this.#collection.subject;
    const file = directory?.files[SEGMENT_FILES.idMap];
    if (file === undefined) return true;
    using source = BoundedFile.open(join(storePath, file.path));
    const { fault, missingFields, duplicateLabels, directionsAgree } = readIdMap(source);
    if (fault !== null || missingFields.length > 0) return false;
    if (duplicateLabels > 0 || !directionsAgree) return false;
    this.#streamIdMap(source);
    return true;
  }

  #streamIdMap(source: ByteSource): void {
    decodePickle(source, {
      className: ID_MAP_CLASS,
      streamed: ["id_to_label", "label_to_id", "id_to_seq_id"],
      onEntry: (dictionary: string, id: PickleScalar, value: PickleScalar) => {
        if (dictionary === "label_to_id" || value.kind !== "number") return;
        const text = id.text();
        const index = text === null ? -1 : this.#ids.add(text);
        if (index === -1) return;
        if (dictionary === "id_to_label") {
          this.#labels.set(index, value.number);
          this.#states.setBits(index, STATE.live);
        } else {
          this.#indexed.set(index, value.number);
        }
      },
    });
  }

  /**
   * Does what the queue has done to the records since the index was flushed; false where the records
   * are behind the index, so that the queue would have to be taken back.
   */
  #readQueue(): boolean {
    const { collectionId, vectorWatermark, metadataWatermark } = this.#collection.place;
    const [from, to] = [vectorWatermark ?? 0, metadataWatermark ?? 0];
    const isUnmarked = vectorWatermark === null && this.#collection.subject.directory !== null;
    if (isUnmarked && this.#hasLabels()) return false;
    const rows = this.#database.iterate(
      `SELECT operation, seq_id, id FROM embeddings_queue
       WHERE substr(topic, -36) = ? AND seq_id > ? AND seq_id <= ? ORDER BY seq_id`,
      collectionId,
      Math.min(from, to),
      Math.max(from, to),
    );
    for (const [operation, sequence, id] of rows) {
      if (from > to) return false;
      const index = typeof id === "string" ? this.#ids.add(id) : -1;
      if (index !== -1) this.#follow(index, Number(operation), Number(sequence));
    }
    return true;
  }

  #hasLabels(): boolean {
    for (let index = 0; index < this.#ids.count; index++) {
      if (this.#labels.get(index) !== 0) return true;
    }
    return false;
  }

  #follow(index: number, operation: number, sequence: number): void {
    const isIndexed = this.#labels.get(index) !== 0;
    if (operation === QUEUE_OPERATIONS.delete) {
      if (isIndexed) {
        this.#departed.push({ label: this.#labels.get(index), indexed: this.#indexed.get(index) });
      }
      this.#labels.set(index, 0);
      this.#indexed.set(index, -1);
      this.#queued.set(index, -1);
      this.#states.set(index, this.#states.get(index) & ~STATE.live);
    } else if (operation === QUEUE_OPERATIONS.add || operation === QUEUE_OPERATIONS.upsert) {
      if (isIndexed || this.#queued.get(index) !== -1) return;
      this.#queued.set(index, sequence);
      this.#states.setBits(index, STATE.live);
    }
  }

  /** 1.x goes on in an id map of the Python era, and leaves the numbers in it as they were. */
  #findFirstRustLabel(): number {
    let first = Infinity;
    for (let index = 0; index < this.#ids.count; index++) {
      const label = this.#labels.get(index);
      if (label !== 0 && this.#indexed.get(index) === -1) first = Math.min(first, label);
    }
    return first;
  }
}

function toKey(label: number, indexed: number, firstRustLabel: number): number {
  if (label === 0) return -1;
  return indexed !== -1 && label < firstRustLabel ? indexed : KEY_CLASS + label;
}
