/**
 * How far segments have provably got: read from their records, their id maps and the queue.
 *
 * @module
 */

import { join } from "@std/path";
import { BoundedFile } from "../../../../fs/read_fs.ts";
import type { StoreDatabase } from "../../../../sqlite/database.ts";
import type { CollectionSegments } from "../../catalogue/catalogue.ts";
import { toBigInt } from "../../catalogue/stored_values.ts";
import { type Layout, SEGMENT_FILES } from "../../layout.ts";
import { QUEUE_OPERATIONS } from "../../records/queue_row.ts";
import { readIdMap, streamIdMap } from "../../segment/id_map.ts";
import type { NumberingEvidence, WatermarkEvidence } from "./catalogue_evidence.ts";

/** A collection's id, which ends every topic. */
const TOPIC_OF_COLLECTION = "substr(topic, -36) = ?";

/** Its parameter is a JSON array of ids. */
const OF_SEGMENTS = "segment_id IN (SELECT value FROM json_each(?))";

/** How many rows of the queue come out of SQLite at a time. */
const ROWS_PER_PAGE = 4096;

/** Reads how far the two halves of collections have got. */
export class WatermarkReader {
  readonly #database: StoreDatabase;
  readonly #layout: Layout;
  readonly #queueLast: bigint;

  /**
   * Takes the store.
   *
   * @param database The database.
   * @param layout The store's directory.
   * @param queueLast The highest number in the queue; 0 when it is empty.
   */
  constructor(database: StoreDatabase, layout: Layout, queueLast: bigint) {
    this.#database = database;
    this.#layout = layout;
    this.#queueLast = queueLast;
  }

  /**
   * Reads how far the records of a collection have got.
   *
   * @param entry The collection; it has a METADATA segment.
   * @returns What is proven.
   * @throws {SqliteError} A table cannot be read.
   */
  readRecords(entry: CollectionSegments): WatermarkEvidence {
    const proven = entry.metadata === null ? 0n : this.#highestRecord([entry.metadata.id]);
    return this.#complete(entry, proven);
  }

  /**
   * Reads how far the index of a collection has got.
   *
   * @param entry The collection; it has a VECTOR segment.
   * @returns What is proven.
   * @throws {SqliteError} A table cannot be read.
   * @throws {OperationError} The id map cannot be read.
   */
  readIndex(entry: CollectionSegments): WatermarkEvidence {
    const directory = this.#layout.segments.find(({ movedAside, segmentId }) =>
      !movedAside && segmentId === entry.vector?.id
    );
    const file = directory?.files[SEGMENT_FILES.idMap];
    if (file === undefined) return this.#complete(entry, 0n);
    using source = BoundedFile.open(join(this.#layout.path, file.path));
    const { maxSeqId, highestSequence, fault } = readIdMap(source);
    let proven = BigInt(Math.max(maxSeqId ?? 0, highestSequence));
    if (fault === null) {
      const added = this.#listAdded(entry);
      streamIdMap(source, (_direction, id) => {
        const sequence = added.get(id);
        if (sequence !== undefined && sequence > proven) proven = sequence;
      });
    }
    return this.#complete(entry, proven);
  }

  /**
   * Reads how far the numbers of the queue have got, by the records and id maps of collections.
   *
   * @param entries The collections.
   * @returns What is proven.
   * @throws {SqliteError} A table cannot be read.
   * @throws {OperationError} An id map cannot be read.
   */
  readNumbering(entries: readonly CollectionSegments[]): NumberingEvidence {
    const segments = entries.flatMap(({ metadata }) => metadata === null ? [] : [metadata.id]);
    const inMaps = entries.map(({ vector }) => this.#highestInIdMap(vector?.id ?? null));
    const ofRecords = this.#highestRecord(segments);
    const reached = inMaps.reduce((most, one) => one > most ? one : most, ofRecords);
    const restartedAt = reached > this.#queueLast ? this.#findRestart(segments) : null;
    return {
      reached: Number(reached),
      restartedAt: restartedAt === null ? null : Number(restartedAt),
    };
  }

  #highestInIdMap(segmentId: string | null): bigint {
    const file = this.#layout.segments.find((directory) =>
      !directory.movedAside && directory.segmentId === segmentId
    )?.files[SEGMENT_FILES.idMap];
    if (file === undefined) return 0n;
    using source = BoundedFile.open(join(this.#layout.path, file.path));
    const { maxSeqId, highestSequence } = readIdMap(source);
    return BigInt(Math.max(maxSeqId ?? 0, highestSequence));
  }

  #complete({ collection }: CollectionSegments, proven: bigint): WatermarkEvidence {
    const first = toBigInt(
      this.#database.row(
        `SELECT CAST(min(seq_id) AS TEXT) FROM embeddings_queue WHERE ${TOPIC_OF_COLLECTION}`,
        collection.id,
      )?.[0],
    );
    return {
      proven: Number(proven),
      queueFloor: first === null ? 0 : Math.max(0, Number(first) - 1),
    };
  }

  /** Every write sets the number of its record; before 1.0 as a BLOB, the highest byte first. */
  #highestRecord(segments: readonly string[]): bigint {
    const list = JSON.stringify(segments);
    const integer = `SELECT CAST(max(seq_id) AS TEXT) FROM embeddings WHERE ${OF_SEGMENTS} ` +
      "AND typeof(seq_id) = 'integer'";
    const blob = `SELECT hex(max(seq_id)) FROM embeddings WHERE ${OF_SEGMENTS} ` +
      "AND typeof(seq_id) = 'blob' AND octet_length(seq_id) = 8";
    const ofIntegers = toBigInt(this.#database.row(integer, list)?.[0]) ?? 0n;
    const hex = this.#database.row(blob, list)?.[0];
    const ofBlobs = typeof hex === "string" && hex !== "" ? BigInt(`0x${hex}`) : 0n;
    return ofIntegers > ofBlobs ? ofIntegers : ofBlobs;
  }

  /**
   * The first row that is younger than every record with a number beyond the queue, for those were
   * made before the queue began to count anew; and that comes after every row that a record proves to
   * have been applied.
   */
  #findRestart(segments: readonly string[]): bigint | null {
    const beyond = this.#database.row(
      `SELECT max(created_at) FROM embeddings WHERE ${OF_SEGMENTS} AND (CASE typeof(seq_id) ` +
        "WHEN 'integer' THEN seq_id > ? ELSE hex(seq_id) > printf('%016X', ?) END)",
      JSON.stringify(segments),
      this.#queueLast,
      this.#queueLast,
    )?.[0];
    if (typeof beyond !== "string") return null;
    const applied = this.#database.row(
      "SELECT CAST(max(q.seq_id) AS TEXT) FROM embeddings_queue q " +
        "JOIN segments s ON s.scope = 'METADATA' AND s.collection = substr(q.topic, -36) " +
        "JOIN embeddings e ON e.segment_id = s.id AND e.embedding_id = q.id " +
        "WHERE e.seq_id = q.seq_id OR hex(e.seq_id) = printf('%016X', q.seq_id)",
    )?.[0];
    return toBigInt(
      this.#database.row(
        "SELECT CAST(min(seq_id) AS TEXT) FROM embeddings_queue " +
          "WHERE typeof(created_at) = 'text' AND created_at > ? AND seq_id > ?",
        beyond,
        toBigInt(applied) ?? 0n,
      )?.[0],
    );
  }

  /**
   * Lists the records that a row of the queue has made and no later write has changed. One that is
   * in the index proves that the index has that row; but not where a delete in the queue comes
   * before it, for then the record may have been there earlier.
   */
  #listAdded({ collection, metadata }: CollectionSegments): Map<string, bigint> {
    const added = new Map<string, bigint>();
    if (metadata === null) return added;
    const deleted = new Set<string>();
    let after = -1n;
    while (true) {
      const rows = this.#database.bigintRows(
        "SELECT q.seq_id, q.operation, q.id, e.seq_id = q.seq_id " +
          "OR hex(e.seq_id) = printf('%016X', q.seq_id) FROM embeddings_queue q " +
          "LEFT JOIN embeddings e ON e.segment_id = ? AND e.embedding_id = q.id " +
          `WHERE q.seq_id > ? AND ${TOPIC_OF_COLLECTION} ` +
          `ORDER BY q.seq_id LIMIT ${ROWS_PER_PAGE}`,
        metadata.id,
        after,
        collection.id,
      );
      for (const [sequence, operation, id, isItsLast] of rows) {
        if (typeof sequence !== "bigint") continue;
        after = sequence;
        if (typeof id !== "string") continue;
        if (operation === BigInt(QUEUE_OPERATIONS.delete)) deleted.add(id);
        const isAdded = operation === BigInt(QUEUE_OPERATIONS.add) && isItsLast === 1n;
        if (isAdded && !deleted.has(id)) added.set(id, sequence);
      }
      if (rows.length < ROWS_PER_PAGE) return added;
    }
  }
}
