/**
 * The indexes of a Chroma store as parts that can be moved aside, and how many vectors each holds
 * that are in no other place. An engine purges its queue of what both segments of a collection have;
 * from then on `data_level0.bin` alone has those vectors.
 *
 * @module
 */

import { join } from "@std/path";
import type { DetectedStore } from "../../model/store.ts";
import type { IndexPart } from "../../model/index_part.ts";
import type { StoreDatabase } from "../../sqlite/database.ts";
import { type DatabaseReading, openForReading } from "../../sqlite/reading.ts";
import {
  type Catalogue,
  collectionLabel,
  type CollectionSegments,
  isWhole,
  listCollections,
} from "./catalogue/catalogue.ts";
import { readCatalogue } from "./catalogue/read_catalogue.ts";
import { decodeLabel, nameExpression, tolerateDamage } from "./catalogue/stored_values.ts";
import { CATALOGUE_NAME, readLayout, type SegmentDirectory } from "./layout.ts";
import { countRecordsBySegment } from "./records/count_records.ts";

/** What the records of a METADATA segment say about the vectors of its collection. */
interface RecordNumbers {
  readonly records: number;
  /** Null where the queue cannot be read. */
  readonly onlyCopies: number | null;
  /** Null where the queue cannot be read. */
  readonly replayable: number | null;
}

/** What the database says; every part is null where it cannot be read. */
interface DatabaseAnswers {
  /** The collections by the id of their VECTOR segment. */
  readonly collections: ReadonlyMap<string, CollectionSegments> | null;
  /** Whether a directory that no collection names belongs to none. */
  readonly isWhole: boolean;
  /** The numbers by the id of the METADATA segment. */
  readonly numbers: ReadonlyMap<string, RecordNumbers> | null;
}

const NO_ANSWERS: DatabaseAnswers = { collections: null, isWhole: false, numbers: null };

/**
 * Lists the indexes of a store: every directory of a segment that has not been moved aside.
 *
 * @param store The store, which may be damaged in any way.
 * @returns The indexes, in the order of their names.
 * @throws {OperationError} The directory cannot be looked at, or another process writes.
 */
export function listChromaIndexes(store: DetectedStore): IndexPart[] {
  const layout = readLayout(store.path);
  const directories = layout.segments.filter(({ movedAside }) => !movedAside);
  if (directories.length === 0) return [];
  const answers = layout.catalogue === null || layout.catalogue.sizeBytes === 0
    ? NO_ANSWERS
    : askDatabase(join(store.path, CATALOGUE_NAME));
  return directories.map((directory) => describeIndex(directory, answers));
}

function askDatabase(path: string): DatabaseAnswers {
  using reading: DatabaseReading = openForReading(path);
  const { database } = reading;
  // Where SQLite passes over damage, what is missing may be lost and not gone.
  if (database === null || reading.location?.tolerant !== false) return NO_ANSWERS;
  const catalogue = readCatalogue(database);
  return {
    collections: new Map(
      listCollections(catalogue).flatMap((entry) =>
        entry.vector === null ? [] : [[entry.vector.id, entry] as const]
      ),
    ),
    isWhole: ["collections", "segments"].every((table) => isWhole(catalogue, table)),
    numbers: readNumbers(database, catalogue),
  };
}

function readNumbers(
  database: StoreDatabase,
  catalogue: Catalogue,
): ReadonlyMap<string, RecordNumbers> | null {
  const whole = isWhole(catalogue, "segments")
    ? tolerateDamage(() => countCopies(database), () => {})
    : null;
  return whole ?? tolerateDamage(() => countRecords(database), () => {});
}

/** Rows of the queue that have a vector, or take the record away that would need one. */
const WITH_VECTOR = "operation = 3 OR (operation IN (0, 1, 2) AND octet_length(vector) > 0)";

/** Rows from which an engine puts a record into a new index. */
const REPLAYABLE = "operation IN (0, 2) AND octet_length(vector) > 0";

/**
 * Counts records, those of them for which no row of the queue has a vector, and those that can be
 * put into a new index. The ids of the queue go into temporary tables of SQLite, which leave memory
 * for the disk when they grow; topics end with the id of the collection, however they begin.
 */
function countCopies(database: StoreDatabase): Map<string, RecordNumbers> {
  const isAmong = (condition: string): string =>
    "(s.collection, e.embedding_id) IN " +
    `(SELECT substr(topic, -36), id FROM embeddings_queue WHERE ${condition})`;
  const rows = database.rows(
    `SELECT ${nameExpression("segment_id")}, records, only_copies, replayable FROM (
       SELECT e.segment_id AS segment_id, count(*) AS records,
         sum(CASE WHEN ${isAmong(WITH_VECTOR)} THEN 0 ELSE 1 END) AS only_copies,
         sum(CASE WHEN ${isAmong(REPLAYABLE)} THEN 1 ELSE 0 END) AS replayable
       FROM embeddings e LEFT JOIN segments s ON s.id = e.segment_id GROUP BY e.segment_id)`,
  );
  return new Map(rows.map(([segmentId, records, onlyCopies, replayable]) => [
    decodeLabel(segmentId),
    {
      records: Number(records),
      onlyCopies: Number(onlyCopies),
      replayable: Number(replayable),
    },
  ]));
}

function countRecords(database: StoreDatabase): Map<string, RecordNumbers> {
  const counted = [...countRecordsBySegment(database)];
  return new Map(
    counted.map(([id, records]) => [id, { records, onlyCopies: null, replayable: null }]),
  );
}

const NO_RECORDS: RecordNumbers = { records: 0, onlyCopies: 0, replayable: 0 };

const NOT_KNOWN = { records: null, onlyCopies: null, replayable: null } as const;

function describeIndex(
  { name, segmentId, files }: SegmentDirectory,
  { collections, isWhole, numbers }: DatabaseAnswers,
): IndexPart {
  const entry = collections?.get(segmentId);
  const sizeBytes = Object.values(files).reduce((sum, file) => sum + file.sizeBytes, 0);
  const part = { id: segmentId, path: name, sizeBytes };
  // Without a collection there is no live record to lose a vector; unless that cannot be known.
  if (entry === undefined) {
    return { ...part, collection: null, ...(isWhole ? NO_RECORDS : NOT_KNOWN) };
  }
  const collection = collectionLabel(entry.collection);
  if (entry.metadata === null || numbers === null) return { ...part, collection, ...NOT_KNOWN };
  return { ...part, collection, ...(numbers.get(entry.metadata.id) ?? NO_RECORDS) };
}
