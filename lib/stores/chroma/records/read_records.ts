/**
 * The ids of a collection's records against the ids of its index, in flat memory.
 *
 * A record is healthy when its id is in the id map, or when a row of the write-ahead queue that the
 * index has not taken in yet brings its vector. So both sides are compared without the ids that the
 * queue will still touch: by a hash that does not depend on the order, and only where that differs
 * one by one.
 *
 * @module
 */

import { MultisetHash, StringHash } from "../../../base/multiset_hash.ts";
import type { ByteSource, PickleScalar } from "../../../codec/pickle.ts";
import type { StoreDatabase } from "../../../sqlite/database.ts";
import { readIdMap } from "../segment/id_map.ts";

/** How many ids come out of SQLite at a time: one long text is far cheaper than many rows. */
const IDS_PER_QUERY = 4096;

/** Two control characters in a row stand in no id; where they do, rows are read one by one. */
const SEPARATOR = "\u001e\u001f";

/** How many ids are named in a finding. */
const MOST_EXAMPLES = 20;

/** The operations of the queue; 4 (backfill) touches no vector. */
const OPERATION = { add: 0, update: 1, upsert: 2, delete: 3 } as const;

/** Where the records of a collection stand. */
export interface RecordPlace {
  /** The METADATA segment, under which `embeddings` holds them. */
  readonly metadataSegmentId: string;
  /** The collection, by which the queue's topics end. */
  readonly collectionId: string;
  /**
   * The sequence number up to which the index has taken everything in: from the catalogue or, where
   * none stands there, from the id map; null where none stands there either, or it was not read.
   */
  readonly vectorWatermark: number | null;
  /** The same for the records in SQLite. */
  readonly metadataWatermark: number | null;
}

/** The ids that the queue will still touch. */
export interface PendingIds {
  /** Keys of ids whose vector the queue brings, or that it will delete. */
  readonly keys: ReadonlySet<number>;
  /** How many rows of the queue bring a new id or a new vector. */
  readonly additions: number;
}

/** Some ids, counted, the first of them by name. */
export interface IdSample {
  readonly count: number;
  readonly examples: readonly string[];
}

/** Records and vectors of one collection side by side. */
export interface RecordComparison {
  /** How many records there are. */
  readonly records: number;
  /** Records whose vector is neither in the index nor in the queue. */
  readonly missing: IdSample;
  /** Ids of the index that are no record. */
  readonly ghosts: IdSample;
}

/** What is pending where nothing can be told. */
export const NOTHING_PENDING: PendingIds = { keys: new Set(), additions: 0 };

/**
 * Reads which ids the queue will still touch.
 *
 * @param database The catalogue.
 * @param place The collection.
 * @param afterSequence The sequence number up to which both segments have taken everything in.
 * @returns The ids, as keys of their hashes.
 * @throws {SqliteError} The queue cannot be read.
 */
export function readPendingIds(
  database: StoreDatabase,
  place: RecordPlace,
  afterSequence: number,
): PendingIds {
  const keys = new Set<number>();
  const hash = new StringHash();
  let additions = 0;
  const rows = database.iterate(
    `SELECT operation, id, vector IS NOT NULL FROM embeddings_queue
     WHERE seq_id > ? AND substr(topic, -36) = ?`,
    afterSequence,
    place.collectionId,
  );
  for (const [operation, id, hasVector] of rows) {
    const brings = hasVector === 1 &&
      (operation === OPERATION.add || operation === OPERATION.upsert);
    if (brings) additions++;
    if (brings || operation === OPERATION.delete) keys.add(hash.ofText(String(id)).key);
  }
  return { keys, additions };
}

/** Collects the ids of an index while its id map is read. */
export class IndexedIds {
  readonly #pending: PendingIds;
  /** The ids that the queue will not touch. */
  readonly settled: MultisetHash = new MultisetHash();

  /** Makes an empty collection. */
  constructor(pending: PendingIds) {
    this.#pending = pending;
  }

  /** Takes an id in, unless the queue will still touch it. */
  add(id: PickleScalar): void {
    if (!this.#pending.keys.has(id.hash.key)) this.settled.add(id.hash);
  }
}

/**
 * Counts the rows of the queue that will bring an index a vector, but no further than a bound.
 *
 * @param database The catalogue.
 * @param place The collection.
 * @param afterSequence The sequence number up to which both segments have taken everything in.
 * @param most The bound.
 * @returns How many there are, or the bound.
 * @throws {SqliteError} The queue cannot be read.
 */
export function countPendingAdditions(
  database: StoreDatabase,
  place: RecordPlace,
  afterSequence: number,
  most: number,
): number {
  return database.number(
    `SELECT count(*) FROM (SELECT 1 FROM embeddings_queue WHERE seq_id > ?
       AND substr(topic, -36) = ? AND operation IN (${OPERATION.add}, ${OPERATION.upsert})
       AND vector IS NOT NULL LIMIT ?)`,
    afterSequence,
    place.collectionId,
    most,
  ) ?? 0;
}

/**
 * Counts the records of a collection, but no further than a bound.
 *
 * @param database The catalogue.
 * @param place Where the records stand.
 * @param most The bound.
 * @returns How many there are, or the bound.
 * @throws {SqliteError} The records cannot be read.
 */
export function countRecords(database: StoreDatabase, place: RecordPlace, most: number): number {
  return database.number(
    "SELECT count(*) FROM (SELECT 1 FROM embeddings WHERE segment_id = ? LIMIT ?)",
    place.metadataSegmentId,
    most,
  ) ?? 0;
}

/**
 * Compares the records of a collection with the ids of its index.
 *
 * @param database The catalogue.
 * @param place Where the records stand.
 * @param pending The ids that the queue will still touch.
 * @param indexed The ids of the index.
 * @param idMap The id map, to be read again where the two differ; null when there is none.
 * @returns How many records there are, and what is missing on either side.
 * @throws {SqliteError} The records cannot be read.
 */
export function compareRecords(
  database: StoreDatabase,
  place: RecordPlace,
  pending: PendingIds,
  indexed: IndexedIds,
  idMap: ByteSource | null,
): RecordComparison {
  const settled = new MultisetHash();
  const hash = new StringHash();
  let records = 0;
  for (const id of iterateRecordIds(database, place.metadataSegmentId)) {
    records++;
    if (!pending.keys.has(hash.ofText(id).key)) settled.add(hash);
  }
  if (settled.equals(indexed.settled)) {
    return { records, missing: { count: 0, examples: [] }, ghosts: { count: 0, examples: [] } };
  }
  return { records, ...findDifferences(database, place, pending, settled.count, idMap) };
}

function findDifferences(
  database: StoreDatabase,
  place: RecordPlace,
  pending: PendingIds,
  settledCount: number,
  idMap: ByteSource | null,
): Pick<RecordComparison, "missing" | "ghosts"> {
  const keys = new SortedKeys(settledCount);
  const hash = new StringHash();
  for (const id of iterateRecordIds(database, place.metadataSegmentId)) {
    if (!pending.keys.has(hash.ofText(id).key)) keys.append(hash.key);
  }
  keys.sort();
  const ghosts: string[] = [];
  let ghostCount = 0;
  if (idMap !== null) {
    readIdMap(idMap, (id) => {
      if (pending.keys.has(id.hash.key) || keys.mark(id.hash.key)) return;
      ghostCount++;
      if (ghosts.length < MOST_EXAMPLES) ghosts.push(id.text() ?? "(unnamed)");
    });
  }
  const missing: string[] = [];
  let missingCount = 0;
  for (const id of iterateRecordIds(database, place.metadataSegmentId)) {
    const { key } = hash.ofText(id);
    if (pending.keys.has(key) || keys.isMarked(key)) continue;
    missingCount++;
    if (missing.length < MOST_EXAMPLES) missing.push(id);
  }
  return {
    missing: { count: missingCount, examples: missing },
    ghosts: { count: ghostCount, examples: ghosts },
  };
}

/** Keys of ids in order, each with a mark: nine bytes for an id, and only while two sides differ. */
class SortedKeys {
  readonly #keys: Float64Array;
  readonly #marks: Uint8Array;
  #length = 0;

  constructor(capacity: number) {
    this.#keys = new Float64Array(capacity);
    this.#marks = new Uint8Array(capacity);
  }

  append(key: number): void {
    if (this.#length < this.#keys.length) this.#keys[this.#length++] = key;
  }

  sort(): void {
    this.#keys.subarray(0, this.#length).sort();
  }

  mark(key: number): boolean {
    const index = this.#find(key);
    if (index === -1) return false;
    this.#marks[index] = 1;
    return true;
  }

  isMarked(key: number): boolean {
    const index = this.#find(key);
    return index !== -1 && this.#marks[index] === 1;
  }

  #find(key: number): number {
    let low = 0;
    let high = this.#length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const found = this.#keys[middle] ?? NaN;
      if (found === key) return middle;
      if (found < key) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }
}

/** Yields the ids of a segment's records in the order of the index over them. */
function* iterateRecordIds(
  database: StoreDatabase,
  segmentId: string,
): Generator<string, void, undefined> {
  let page = selectPage(">=");
  let last = "";
  while (true) {
    const [joined, count, highest] = database.row(
      `SELECT group_concat(embedding_id, ?), count(*), max(embedding_id) FROM (${page})`,
      SEPARATOR,
      segmentId,
      last,
    ) ?? [];
    if (typeof count !== "number" || count === 0) return;
    const ids = String(joined).split(SEPARATOR);
    if (ids.length === count) yield* ids;
    else for (const [id] of database.rows(page, segmentId, last)) yield String(id);
    if (typeof highest !== "string" || (highest === last && last !== "")) return;
    last = highest;
    page = selectPage(">");
  }
}

/** A page of ids; each begins behind the last one by bytes, so even a damaged index ends. */
function selectPage(comparison: ">" | ">="): string {
  return `SELECT embedding_id FROM embeddings
    WHERE segment_id = ? AND embedding_id ${comparison} ?
    ORDER BY embedding_id LIMIT ${IDS_PER_QUERY}`;
}
