/**
 * Counting the rows below `embeddings` by whom they belong to. Each count walks an index that holds
 * all it needs, so the table itself is not read.
 *
 * @module
 */

import type { StoreDatabase } from "../../../sqlite/database.ts";
import { type Catalogue, listOwnedSegments, type UnreadableTable } from "../catalogue/catalogue.ts";
import { decodeLabel, nameExpression, tolerateDamage } from "../catalogue/stored_values.ts";

/** The records of one segment. */
export interface SegmentRecords {
  /** The segment, as the records name it. */
  readonly segmentId: string;
  /** How many records it has. */
  readonly count: number;
}

/** Whom the rows of the tables of records belong to. */
export interface RecordCounts {
  /** Records by segment; null when they cannot be counted. */
  readonly bySegment: readonly SegmentRecords[] | null;
  /** Text that the records of segments that are not there hold, in bytes. */
  readonly orphanedSizeBytes: number;
  /** Rows of `embedding_metadata` without a record; null when they cannot be counted. */
  readonly metadataWithoutRecord: number | null;
  /** Rows of `embedding_metadata_array` without a record; null when there is no such table. */
  readonly arraysWithoutRecord: number | null;
  /** What could not be read. */
  readonly unreadable: readonly UnreadableTable[];
}

/**
 * Counts records and metadata.
 *
 * @param database The open chroma.sqlite3.
 * @param catalogue The catalogue.
 * @returns The counts; damage is listed in `unreadable` and never thrown.
 * @throws {OperationError} The file is in use, or the machine failed to read it.
 */
export function readRecordCounts(database: StoreDatabase, catalogue: Catalogue): RecordCounts {
  const unreadable: UnreadableTable[] = [];
  const attempt = <T>(table: string, query: () => T): T | null =>
    !catalogue.tables.has(table) ? null : tolerateDamage(
      query,
      ({ message, resultCode }) => unreadable.push({ table, message, resultCode }),
    );
  const bySegment = attempt("embeddings", () => countRecords(database));
  const segments = listOwnedSegments(catalogue);
  const orphans = (bySegment ?? []).filter(({ segmentId }) => !segments.has(segmentId));
  return {
    bySegment,
    orphanedSizeBytes: attempt(
      "embedding_metadata",
      () => orphans.reduce((sum, { segmentId }) => sum + measureText(database, segmentId), 0),
    ) ?? 0,
    metadataWithoutRecord: attempt(
      "embedding_metadata",
      () => countWithoutRecord(database, "embedding_metadata"),
    ),
    arraysWithoutRecord: attempt(
      "embedding_metadata_array",
      () => countWithoutRecord(database, "embedding_metadata_array"),
    ),
    unreadable,
  };
}

function countRecords(database: StoreDatabase): SegmentRecords[] {
  const sql = `SELECT ${nameExpression("segment_id")}, n FROM ` +
    "(SELECT segment_id, count(*) AS n FROM embeddings GROUP BY segment_id)";
  return database.rows(sql).map(([segmentId, count]) => ({
    segmentId: decodeLabel(segmentId),
    count: Number(count),
  }));
}

function measureText(database: StoreDatabase, segmentId: string): number {
  const sql = "SELECT total(octet_length(m.string_value)) FROM embeddings e " +
    "JOIN embedding_metadata m ON m.id = e.id WHERE e.segment_id = ?";
  return database.number(sql, segmentId) ?? 0;
}

function countWithoutRecord(database: StoreDatabase, table: string): number {
  // Written as NOT EXISTS, SQLite looks up every row by itself: four times as slow.
  const sql = `SELECT count(*) FROM ${table} m LEFT JOIN embeddings e ON e.id = m.id ` +
    "WHERE e.id IS NULL";
  return database.number(sql) ?? 0;
}
