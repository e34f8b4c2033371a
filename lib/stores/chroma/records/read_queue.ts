/**
 * Reading the write-ahead queue. It has no index but its primary key, so everything here is one pass
 * over it, page by page, whatever the number of collections.
 *
 * @module
 */

import type { SqlValue, StoreDatabase } from "../../../sqlite/database.ts";
import type { Engine } from "../catalogue/migrations.ts";
import type { FaultyRow, PendingRows, QueuePosition, QueueSummary, QueueTopic } from "./queue.ts";
import { findRowFault, hasNonFinite, type QueueRow } from "./queue_row.ts";
import {
  bytesExpression,
  decodeStored,
  LONGEST_JSON_BYTES,
  LONGEST_NAME_BYTES,
  storedExpressions,
  toSafeInteger,
  toStorageClass,
} from "../catalogue/stored_values.ts";

/** How many rows come out of SQLite at a time. */
const ROWS_PER_PAGE = 4096;

/** The same for whole rows, whose vectors are large. */
const WHOLE_ROWS_PER_PAGE = 512;

/** How many rows a fact names. */
const MOST_NAMED = 100;

/** A collection's id, which ends every topic. */
const COLLECTION_ID_LENGTH = 36;

/** Beyond every sequence number: nothing waits for a segment whose watermark is not known. */
const NEVER = (1n << 63n) - 1n;

/** One row of the queue, without what it brings. */
interface ListedRow {
  readonly sequence: bigint;
  readonly topic: string;
  readonly sizeBytes: number;
}

/**
 * Counts the rows of the queue.
 *
 * @param database The open chroma.sqlite3.
 * @param positions How far the collections have got.
 * @returns The rows by topic.
 * @throws {SqliteError} The table cannot be read.
 */
export function readQueueSummary(
  database: StoreDatabase,
  positions: readonly QueuePosition[],
): QueueSummary {
  const byCollection = new Map(positions.map((position) => [position.collectionId, position]));
  const tallies = new Map<string, TopicTally>();
  let count = 0;
  for (const row of listQueue(database, null)) {
    let tally = tallies.get(row.topic);
    if (tally === undefined) {
      tally = new TopicTally(row, byCollection.get(collectionOf(row.topic)) ?? null);
      tallies.set(row.topic, tally);
    }
    tally.add(row);
    count++;
  }
  const topics = [...tallies.values()].map((tally) => tally.topic);
  return { count, sizeBytes: topics.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0), topics };
}

/**
 * Looks at every row that waits for a segment of its collection, and whether it can be applied.
 *
 * @param database The open chroma.sqlite3.
 * @param positions How far the collections have got.
 * @param engine The engine that wrote the store.
 * @returns One entry for each collection with rows that wait.
 * @throws {SqliteError} The table cannot be read.
 */
export function readPendingRows(
  database: StoreDatabase,
  positions: readonly QueuePosition[],
  engine: Engine,
): PendingRows[] {
  const tallies = new Map(
    positions.map((position) => [position.collectionId, new PendingTally(position, engine)]),
  );
  const after = positions.map(afterBoth).reduce(
    (least, sequence) => sequence < least ? sequence : least,
    NEVER,
  );
  let page: [bigint, PendingTally][] = [];
  for (const { sequence, topic } of listQueue(database, after)) {
    const tally = tallies.get(collectionOf(topic));
    if (tally === undefined || sequence <= tally.after) continue;
    page.push([sequence, tally]);
    if (page.length < WHOLE_ROWS_PER_PAGE) continue;
    readWholeRows(database, page);
    page = [];
  }
  readWholeRows(database, page);
  return [...tallies.values()].map((tally) => tally.rows).filter(({ count }) => count > 0);
}

/** Lists the rows after a sequence number, or all, in order. */
function* listQueue(
  database: StoreDatabase,
  afterSequence: bigint | null,
): Generator<ListedRow, void, undefined> {
  const select = "SELECT seq_id, topic, coalesce(octet_length(vector), 0) + " +
    "coalesce(octet_length(metadata), 0) + octet_length(topic) + octet_length(id) " +
    "FROM embeddings_queue";
  const order = `ORDER BY seq_id LIMIT ${ROWS_PER_PAGE}`;
  let after = afterSequence;
  while (true) {
    const rows = after === null
      ? database.bigintRows(`${select} ${order}`)
      : database.bigintRows(`${select} WHERE seq_id > ? ${order}`, after);
    for (const [sequence, topic, sizeBytes] of rows) {
      if (typeof sequence !== "bigint") continue;
      after = sequence;
      yield { sequence, topic: String(topic), sizeBytes: Number(sizeBytes) };
    }
    if (rows.length < ROWS_PER_PAGE) return;
  }
}

function readWholeRows(
  database: StoreDatabase,
  page: readonly (readonly [bigint, PendingTally])[],
): void {
  if (page.length === 0) return;
  const tallies = new Map(page.map(([sequence, tally]) => [String(sequence), tally]));
  const rows = database.rows(
    `SELECT ${WHOLE_ROW} FROM embeddings_queue
     WHERE seq_id IN (SELECT value FROM json_each(?)) ORDER BY seq_id`,
    `[${[...tallies.keys()].join(",")}]`,
  );
  for (const row of rows) tallies.get(String(row[0]))?.add(row);
}

/** The columns that {@linkcode decodeWholeRow} takes. */
export const WHOLE_ROW: string = [
  "CAST(seq_id AS TEXT)",
  "CASE typeof(operation) WHEN 'integer' THEN CAST(operation AS TEXT) END",
  // Engines take ids of any length.
  ...storedExpressions("id", LONGEST_JSON_BYTES),
  "typeof(vector)",
  "octet_length(vector)",
  bytesExpression("vector", LONGEST_JSON_BYTES),
  ...storedExpressions("encoding", LONGEST_NAME_BYTES),
  ...storedExpressions("metadata", LONGEST_JSON_BYTES),
  "CAST(CAST(strftime('%s', created_at) AS INTEGER) AS TEXT)",
].join(", ");

/** A row of the queue with what it brings. */
export interface WholeRow {
  /** The sequence number in decimal. */
  readonly sequence: string;
  /** Everything but the vector. */
  readonly row: QueueRow;
  /** The bytes of the vector; null when it has none, or one beyond all measure. */
  readonly vector: Uint8Array | null;
}

/** Decodes a row that was read as {@linkcode WHOLE_ROW}. */
export function decodeWholeRow(columns: readonly SqlValue[]): WholeRow {
  const vectorStorage = toStorageClass(columns[4]);
  const vector = columns[6];
  return {
    sequence: String(columns[0]),
    row: {
      operation: toSafeInteger(columns[1]),
      id: decodeStored(columns[2], columns[3]),
      vectorStorage,
      vectorSizeBytes: typeof columns[5] === "number" ? columns[5] : null,
      encoding: decodeStored(columns[7], columns[8]),
      metadata: decodeStored(columns[9], columns[10]),
      createdSeconds: toSafeInteger(columns[11]),
    },
    vector: vectorStorage === "blob" && vector instanceof Uint8Array ? vector : null,
  };
}

/** Counts the rows of one topic. */
class TopicTally {
  readonly #topic: string;
  readonly #position: QueuePosition | null;
  readonly #firstSequence: bigint;
  readonly #settledBelow: bigint;
  readonly #pendingAfter: bigint;
  #count = 0;
  #sizeBytes = 0;
  #settledCount = 0;
  #settledSizeBytes = 0;
  #pendingCount = 0;

  constructor(first: ListedRow, position: QueuePosition | null) {
    const vector = position?.vector ?? null;
    this.#topic = first.topic;
    this.#firstSequence = first.sequence;
    this.#position = position;
    this.#settledBelow = position === null || vector === null ? 0n : afterBoth(position);
    this.#pendingAfter = vector === null ? NEVER : BigInt(vector);
  }

  add({ sequence, sizeBytes }: ListedRow): void {
    this.#count++;
    this.#sizeBytes += sizeBytes;
    if (sequence < this.#settledBelow) {
      this.#settledCount++;
      this.#settledSizeBytes += sizeBytes;
    }
    if (sequence > this.#pendingAfter) this.#pendingCount++;
  }

  get topic(): QueueTopic {
    return {
      topic: this.#topic,
      collectionId: this.#position?.collectionId ?? null,
      count: this.#count,
      sizeBytes: this.#sizeBytes,
      firstSequence: String(this.#firstSequence),
      settledCount: this.#settledCount,
      settledSizeBytes: this.#settledSizeBytes,
      pendingCount: this.#pendingAfter === NEVER ? null : this.#pendingCount,
    };
  }
}

/** Counts what is wrong with the rows that wait for one collection. */
class PendingTally {
  readonly #position: QueuePosition;
  readonly #engine: Engine;
  /** What comes after this row waits for one half of the collection, or for both. */
  readonly after: bigint;
  #count = 0;
  #faultyCount = 0;
  readonly #faulty: FaultyRow[] = [];
  #unfitCount = 0;
  #vectorCount = 0;
  readonly #vectorSizes = new Set<number>();
  #nonFiniteCount = 0;
  readonly #nonFinite: string[] = [];

  constructor(position: QueuePosition, engine: Engine) {
    this.#position = position;
    this.#engine = engine;
    this.after = afterBoth(position);
  }

  /** Takes the columns of {@linkcode WHOLE_ROW}. */
  add(columns: readonly SqlValue[]): void {
    this.#count++;
    const { sequence, row, vector } = decodeWholeRow(columns);
    if (row.vectorStorage === "blob") {
      this.#vectorCount++;
      this.#vectorSizes.add(row.vectorSizeBytes ?? 0);
    }
    const fault = findRowFault(row, this.#position.dimension, this.#engine);
    if (fault !== null) {
      this.#faultyCount++;
      if (fault === "vector length") this.#unfitCount++;
      if (this.#faulty.length < MOST_NAMED) this.#faulty.push({ sequence, fault });
    } else if (vector !== null && hasNonFinite(vector)) {
      this.#nonFiniteCount++;
      if (this.#nonFinite.length < MOST_NAMED) this.#nonFinite.push(sequence);
    }
  }

  get rows(): PendingRows {
    return {
      collectionId: this.#position.collectionId,
      count: this.#count,
      faultyCount: this.#faultyCount,
      faulty: this.#faulty,
      unfitCount: this.#unfitCount,
      vectorCount: this.#vectorCount,
      vectorSizeBytes: this.#vectorSizes.size === 1 ? [...this.#vectorSizes][0] ?? null : null,
      nonFiniteCount: this.#nonFiniteCount,
      nonFinite: this.#nonFinite,
    };
  }
}

function collectionOf(topic: string): string {
  return topic.slice(-COLLECTION_ID_LENGTH);
}

/** The lower of the two watermarks, as far as they are known: what both segments have. */
function afterBoth({ metadata, vector }: QueuePosition): bigint {
  return BigInt(vector === null ? metadata : Math.min(metadata, vector));
}
