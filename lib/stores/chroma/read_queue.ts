/**
 * Reading the write-ahead queue. It has no index but its primary key, so everything here is one pass
 * over it, whatever the number of collections.
 *
 * @module
 */

import type { SqlValue, StoreDatabase } from "../../sqlite/database.ts";
import type { Engine } from "./migrations.ts";
import type {
  FaultyRow,
  PendingRow,
  PendingRows,
  QueuePosition,
  QueueSummary,
  QueueTopic,
} from "./queue.ts";
import { findRowFault, hasNonFinite } from "./queue_row.ts";
import {
  bytesExpression,
  decodeLabel,
  decodeStored,
  LONGEST_JSON_BYTES,
  LONGEST_NAME_BYTES,
  storedExpressions,
  toBigInt,
  toSafeInteger,
  toStorageClass,
} from "./stored_values.ts";

/** How many rows a quick look counts. */
export const QUICK_QUEUE_ROWS = 250_000;

/** How many rows a fact names. */
const MOST_NAMED = 100;

/** A collection's id, which ends every topic. */
const COLLECTION_ID_LENGTH = 36;
const COLLECTION_OF_TOPIC = `substr(q.topic, -${COLLECTION_ID_LENGTH})`;

/** Beyond every sequence number: nothing waits for a segment whose watermark is not known. */
const NEVER = Number.MAX_SAFE_INTEGER;

/**
 * Counts the rows of the queue.
 *
 * @param database The open chroma.sqlite3.
 * @param positions How far the collections have got.
 * @param mostRows How many rows are looked at, from the last one down; all when left out.
 * @returns The rows by topic.
 * @throws {SqliteError} The table cannot be read.
 */
export function readQueueSummary(
  database: StoreDatabase,
  positions: readonly QueuePosition[],
  mostRows?: number,
): QueueSummary {
  const byCollection = new Map(positions.map((position) => [position.collectionId, position]));
  const sql = "SELECT topic, seq_id, coalesce(octet_length(vector), 0) + " +
    "coalesce(octet_length(metadata), 0) + octet_length(topic) + octet_length(id) " +
    "FROM embeddings_queue ORDER BY seq_id DESC LIMIT ?";
  const tallies = new Map<string, TopicTally>();
  let count = 0;
  for (const [name, sequence, sizeBytes] of database.iterate(sql, mostRows ?? -1)) {
    const topic = String(name);
    let tally = tallies.get(topic);
    if (tally === undefined) {
      const position = byCollection.get(topic.slice(-COLLECTION_ID_LENGTH)) ?? null;
      tally = new TopicTally(topic, position);
      tallies.set(topic, tally);
    }
    tally.add(Number(sequence), toNumber(sizeBytes));
    count++;
  }
  const topics = [...tallies.values()].map((tally) => tally.topic);
  return {
    count,
    sizeBytes: topics.reduce((sum, topic) => sum + topic.sizeBytes, 0),
    isCut: count === mostRows,
    topics,
  };
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
  const sql = `${POSITIONS_SQL}SELECT p.id, CAST(q.seq_id AS TEXT), ` +
    `iif(typeof(q.operation) = 'integer', CAST(q.operation AS TEXT), NULL), ` +
    [
      ...storedExpressions("q.id", LONGEST_NAME_BYTES),
      "typeof(q.vector)",
      "octet_length(q.vector)",
      bytesExpression("q.vector", LONGEST_JSON_BYTES),
      ...storedExpressions("q.encoding", LONGEST_NAME_BYTES),
      ...storedExpressions("q.metadata", LONGEST_JSON_BYTES),
      "CAST(CAST(strftime('%s', q.created_at) AS INTEGER) AS TEXT)",
    ].join(", ") +
    ` FROM embeddings_queue q CROSS JOIN p ON p.id = ${COLLECTION_OF_TOPIC} ` +
    "WHERE q.seq_id > ?2 AND q.seq_id > p.after ORDER BY q.seq_id";
  const dimensions = new Map(positions.map((entry) => [entry.collectionId, entry.dimension]));
  const tallies = new Map<string, PendingTally>();
  for (const row of database.iterate(sql, encodePositions(positions), lowest(positions))) {
    const collectionId = String(row[0]);
    const tally = tallies.get(collectionId) ?? new PendingTally(collectionId);
    tallies.set(collectionId, tally);
    tally.add(row, dimensions.get(collectionId) ?? null, engine);
  }
  return [...tallies.values()].map((tally) => tally.rows);
}

/**
 * Hands over the rows of one topic that a segment lacks, in order.
 *
 * @param database The open chroma.sqlite3.
 * @param topic The topic.
 * @param afterSequence The watermark of the segment.
 * @param onRow Takes a row.
 * @throws {SqliteError} The table cannot be read.
 */
export function readPendingQueue(
  database: StoreDatabase,
  topic: string,
  afterSequence: number,
  onRow: (row: PendingRow) => void,
): void {
  const sql = `SELECT ${PENDING_COLUMNS} FROM embeddings_queue q ` +
    "WHERE q.seq_id > ? AND q.topic = ? ORDER BY q.seq_id";
  for (const row of database.iterate(sql, afterSequence, topic)) onRow(toPendingRow(row));
}

/**
 * Hands over the rows that the VECTOR segments lack, of all collections in one pass and in order.
 *
 * @param database The open chroma.sqlite3.
 * @param positions How far the collections have got; one whose VECTOR watermark is not known gets
 *   no rows.
 * @param onRow Takes a collection and a row.
 * @throws {SqliteError} The table cannot be read.
 */
export function readPendingQueues(
  database: StoreDatabase,
  positions: readonly QueuePosition[],
  onRow: (collectionId: string, row: PendingRow) => void,
): void {
  const sql = `${POSITIONS_SQL}SELECT ${PENDING_COLUMNS}, p.id ` +
    `FROM embeddings_queue q CROSS JOIN p ON p.id = ${COLLECTION_OF_TOPIC} ` +
    "WHERE q.seq_id > ?2 AND q.seq_id > p.vector ORDER BY q.seq_id";
  for (const row of database.iterate(sql, encodePositions(positions), lowest(positions))) {
    onRow(String(row[4]), toPendingRow(row));
  }
}

/** Counts the rows of one topic, from the last one down. */
class TopicTally {
  readonly #topic: string;
  readonly #position: QueuePosition | null;
  readonly #settledBelow: number;
  #count = 0;
  #sizeBytes = 0;
  #firstSequence = 0;
  #settledCount = 0;
  #settledSizeBytes = 0;
  #pendingCount = 0;

  constructor(topic: string, position: QueuePosition | null) {
    this.#topic = topic;
    this.#position = position;
    this.#settledBelow = position === null ? 0 : settledBelow(position);
  }

  add(sequence: number, sizeBytes: number): void {
    this.#count++;
    this.#sizeBytes += sizeBytes;
    this.#firstSequence = sequence;
    if (sequence < this.#settledBelow) {
      this.#settledCount++;
      this.#settledSizeBytes += sizeBytes;
    }
    if (sequence > (this.#position?.vector ?? NEVER)) this.#pendingCount++;
  }

  get topic(): QueueTopic {
    const isKnown = this.#position !== null && this.#position.vector !== null;
    return {
      topic: this.#topic,
      collectionId: this.#position?.collectionId ?? null,
      count: this.#count,
      sizeBytes: this.#sizeBytes,
      firstSequence: this.#firstSequence,
      settledCount: this.#settledCount,
      settledSizeBytes: this.#settledSizeBytes,
      pendingCount: isKnown ? this.#pendingCount : null,
    };
  }
}

/** Counts what is wrong with the rows that wait for one collection. */
class PendingTally {
  readonly #collectionId: string;
  #count = 0;
  #faultyCount = 0;
  readonly #faulty: FaultyRow[] = [];
  #nonFiniteCount = 0;
  readonly #nonFinite: string[] = [];

  constructor(collectionId: string) {
    this.#collectionId = collectionId;
  }

  add(row: readonly SqlValue[], dimension: number | null, engine: Engine): void {
    this.#count++;
    const sequence = String(row[1]);
    const vectorStorage = toStorageClass(row[5]);
    const fault = findRowFault(
      {
        operation: toSafeInteger(row[2]),
        id: decodeStored(row[3], row[4]),
        vectorStorage,
        vectorSizeBytes: typeof row[6] === "number" ? row[6] : null,
        encoding: decodeStored(row[8], row[9]),
        metadata: decodeStored(row[10], row[11]),
        createdSeconds: toSafeInteger(row[12]),
      },
      dimension,
      engine,
    );
    if (fault !== null) {
      this.#faultyCount++;
      if (this.#faulty.length < MOST_NAMED) this.#faulty.push({ sequence, fault });
    } else if (vectorStorage === "blob" && row[7] instanceof Uint8Array && hasNonFinite(row[7])) {
      this.#nonFiniteCount++;
      if (this.#nonFinite.length < MOST_NAMED) this.#nonFinite.push(sequence);
    }
  }

  get rows(): PendingRows {
    return {
      collectionId: this.#collectionId,
      count: this.#count,
      faultyCount: this.#faultyCount,
      faulty: this.#faulty,
      nonFiniteCount: this.#nonFiniteCount,
      nonFinite: this.#nonFinite,
    };
  }
}

/**
 * The positions as a table: after which row the first half waits, and after which one the index.
 * Materialised, or SQLite would parse the JSON again for every row of the queue.
 */
const POSITIONS_SQL = "WITH p AS MATERIALIZED (SELECT value ->> 0 AS id, value ->> 1 AS after, " +
  "value ->> 2 AS vector FROM json_each(?1)) ";

const PENDING_COLUMNS = "CAST(q.seq_id AS TEXT), " +
  "iif(typeof(q.operation) = 'integer', CAST(q.operation AS TEXT), NULL), CAST(q.id AS BLOB), " +
  "octet_length(q.vector)";

function encodePositions(positions: readonly QueuePosition[]): string {
  return JSON.stringify(positions.map(({ collectionId, metadata, vector }) => [
    collectionId,
    vector === null ? metadata : Math.min(metadata, vector),
    vector ?? NEVER,
  ]));
}

/** Rows below this number both segments have; 0 when that is not known. */
function settledBelow({ metadata, vector }: QueuePosition): number {
  return vector === null ? 0 : Math.min(metadata, vector);
}

/** Below every number for which a row could wait, so that the pass begins there. */
function lowest(positions: readonly QueuePosition[]): number {
  return positions.reduce(
    (least, { metadata, vector }) => Math.min(least, metadata, vector ?? metadata),
    NEVER,
  );
}

function toPendingRow(row: readonly SqlValue[]): PendingRow {
  return {
    sequence: Number(toBigInt(row[0]) ?? 0n),
    operation: toSafeInteger(row[1]),
    id: decodeLabel(row[2]),
    vectorSizeBytes: typeof row[3] === "number" ? row[3] : null,
  };
}

function toNumber(value: SqlValue | undefined): number {
  return typeof value === "number" ? value : 0;
}
