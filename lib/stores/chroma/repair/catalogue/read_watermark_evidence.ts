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
import { SEGMENT_FILES, type SegmentDirectory } from "../../layout.ts";
import { QUEUE_OPERATIONS } from "../../records/queue_row.ts";
import { readIdMap, streamIdMap } from "../../segment/id_map.ts";
import type { NumberingEvidence, WatermarkEvidence } from "./catalogue_evidence.ts";

/** A collection's id, which ends every topic. */
const TOPIC_OF_COLLECTION = "substr(topic, -36) = ?";

/** Its parameter is a JSON array of ids. */
const OF_SEGMENTS = "segment_id IN (SELECT value FROM json_each(?))";

/** How many rows of the queue come out of SQLite at a time. */
const ROWS_PER_PAGE = 4096;

/** What is read. */
export interface WatermarkSources {
  /** The database. */
  readonly database: StoreDatabase;
  /** The store's directory. */
  readonly storePath: string;
  /** The directories of indexes, by segment. */
  readonly directories: ReadonlyMap<string, SegmentDirectory>;
  /** The highest number in the queue; 0 when it is empty. */
  readonly queueLast: bigint;
  /** Beyond this no number of a record is believed: a garbled one would be the highest. */
  readonly believedUpTo: bigint;
}

/** Reads how far the two halves of collections have got. */
export class WatermarkReader {
  readonly #sources: WatermarkSources;
  readonly #database: StoreDatabase;

  /** Takes what is read. */
  constructor(sources: WatermarkSources) {
    this.#sources = sources;
    this.#database = sources.database;
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
    using source = this.#openIdMap(entry.vector?.id ?? null);
    if (source === null) return this.#complete(entry, 0n);
    let proven = this.#highestInIdMap(source);
    const added = this.#listAdded(entry);
    streamIdMap(source, (direction, id) => {
      const sequence = direction === "id-to-label" ? added.get(id) : undefined;
      if (sequence !== undefined && sequence > proven) proven = sequence;
    });
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
  readNumbering(
    entries: readonly CollectionSegments[],
  ): Omit<NumberingEvidence, "outdated"> {
    const segments = entries.flatMap(({ metadata }) => metadata === null ? [] : [metadata.id]);
    let reached = this.#highestRecord(segments);
    for (const { vector } of entries) {
      using source = this.#openIdMap(vector?.id ?? null);
      const number = source === null ? 0n : this.#highestInIdMap(source);
      if (number > reached) reached = number;
    }
    const restartedAt = reached > this.#sources.queueLast ? this.#findRestart(segments) : null;
    return {
      reached: Number(reached),
      restartedAt: restartedAt === null ? null : Number(restartedAt),
    };
  }

  #openIdMap(segmentId: string | null): BoundedFile | null {
    const { directories, storePath } = this.#sources;
    const file = directories.get(segmentId ?? "")?.files[SEGMENT_FILES.idMap];
    return file === undefined ? null : BoundedFile.open(join(storePath, file.path));
  }

  #highestInIdMap(source: BoundedFile): bigint {
    const { maxSeqId, highestSequence, fault } = readIdMap(source);
    const numbers = fault === null ? [maxSeqId ?? 0, highestSequence] : [];
    return numbers.filter((number) => Number.isSafeInteger(number) && number >= 0)
      .map(BigInt).filter((number) => number <= this.#sources.believedUpTo)
      .reduce((most, number) => number > most ? number : most, 0n);
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
    const most = this.#sources.believedUpTo;
    const integer = `SELECT CAST(max(seq_id) AS TEXT) FROM embeddings WHERE ${OF_SEGMENTS} ` +
      "AND typeof(seq_id) = 'integer' AND seq_id <= ?";
    const blob = `SELECT max(hex(seq_id)) FROM embeddings WHERE ${OF_SEGMENTS} ` +
      "AND typeof(seq_id) = 'blob' AND octet_length(seq_id) = 8 " +
      "AND hex(seq_id) <= printf('%016X', ?)";
    const ofIntegers = toBigInt(this.#database.row(integer, list, most)?.[0]) ?? 0n;
    const hex = this.#database.row(blob, list, most)?.[0];
    const ofBlobs = typeof hex === "string" ? BigInt(`0x${hex}`) : 0n;
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
      this.#sources.queueLast,
      this.#sources.queueLast,
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
