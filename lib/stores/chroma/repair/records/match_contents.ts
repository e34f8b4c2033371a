/**
 * Which candidate a trace belongs to (`lost_rows.ts`), by what both hold: the queue still has all of
 * some records, document and metadata, and a trace is all that the database has of one.
 *
 * Only the row of `embeddings` is lost, so that a record of which the queue has everything must have
 * left a trace with the same. Where exactly one trace holds that, it is the record's.
 *
 * The trace must stand in the gap of the record's key besides, or before it: that a row of the queue
 * has made a record is not always sure, for where it adds one that was there it has done nothing.
 *
 * @module
 */

import { createHash } from "../../../../base/node_library.ts";
import type { StoreDatabase } from "../../../../sqlite/database.ts";
import type { RecordMetadata } from "../../contents/pending_operations.ts";
import type { ValueSlice } from "../../contents/record_facts.ts";
import { type Candidate, type CollectionRows, KEY_CLASS, type KnownRow } from "./lost_rows.ts";
import { listBorders } from "./place_candidates.ts";
import { type QueueHistory, QueueHistoryReader } from "./queue_history.ts";
import type { RecordCollection, RecordStore } from "./record_store.ts";
import { readRecordMetadata } from "./record_values.ts";

const RECORDS_PER_PAGE = 128;

/** 1.x reads the last bit of some floats wrongly: so many digits are the same in every version. */
const FLOAT_DIGITS = 12;

/** A trace whose record is known by what both hold. */
export interface MatchedRow {
  /** The number of the trace. */
  readonly row: number;
  /** The candidate. */
  readonly candidate: Candidate;
  /** The collection. */
  readonly collection: RecordCollection;
}

/** A collection, its rows and its candidates. */
export interface CollectionCandidates {
  /** The collection. */
  readonly collection: RecordCollection;
  /** Its rows, and the ids that have lost theirs. */
  readonly rows: CollectionRows;
}

/** Who holds some contents. */
interface Owner {
  readonly collection: RecordCollection;
  readonly candidate: Candidate;
  /** The numbers that it can have. */
  readonly after: number;
  readonly before: number;
}

/** Stands for contents that several records have. */
const SEVERAL = null;

/**
 * Finds the traces whose records are certain by what they hold.
 *
 * @param store The store.
 * @param traces The numbers of the traces.
 * @param collections The candidates of every collection.
 * @returns The traces, each with its candidate.
 * @throws {SqliteError} The database cannot be read.
 */
export function matchContents(
  store: RecordStore,
  traces: readonly number[],
  collections: readonly CollectionCandidates[],
): MatchedRow[] {
  const owners = new Map<string, Owner | typeof SEVERAL>();
  for (const { collection, rows } of collections) {
    const { candidates } = rows;
    const borders = listBorders(rows.known);
    const { place, subject: { dimension } } = collection;
    const queue = new QueueHistoryReader(
      store.database,
      { place, dimension, engine: store.engine },
      `SELECT value FROM json_each('${quote(candidates)}')`,
    );
    for (const candidate of candidates) {
      const history = queue.read(candidate.id);
      if (history.isLive !== true || history.createdSequence === null) continue;
      const contents = digestContents(history.created);
      if (contents === null) continue;
      const gap = findGap(borders, candidate);
      // A key can be too high, and is not where the queue has made the record behind the index.
      const isExact = !isMadeByQueue(history, candidate) || candidate.key >= 2 * KEY_CLASS;
      const range = isExact ? gap : { ...gap, after: 0 };
      owners.set(contents, owners.has(contents) ? SEVERAL : { candidate, collection, ...range });
    }
  }
  return owners.size === 0 ? [] : findTraces(store.database, traces, owners);
}

function quote(candidates: readonly Candidate[]): string {
  return JSON.stringify(candidates.map(({ id }) => id)).replaceAll("'", "''");
}

/** Whether the index had not had a record before the queue has made it, or had it by that very row. */
function isMadeByQueue(
  { isCreationSure, createdSequence }: QueueHistory,
  { key }: Candidate,
): boolean {
  return isCreationSure || key >= 2 * KEY_CLASS || key === createdSequence;
}

/** The numbers between the rows whose keys are next to that of a candidate. */
function findGap(
  borders: readonly KnownRow[],
  { key }: Candidate,
): { readonly after: number; readonly before: number } {
  let after = 0;
  let before = Infinity;
  for (const row of borders) {
    if (row.key < key) after = Math.max(after, row.row);
    else before = Math.min(before, row.row);
  }
  return { after, before };
}

function findTraces(
  database: StoreDatabase,
  traces: readonly number[],
  owners: ReadonlyMap<string, Owner | typeof SEVERAL>,
): MatchedRow[] {
  const rows = new Map<string, number | typeof SEVERAL>();
  for (let start = 0; start < traces.length; start += RECORDS_PER_PAGE) {
    const page = traces.slice(start, start + RECORDS_PER_PAGE);
    for (const [row, metadata] of readRecordMetadata(database, page)) {
      const contents = digestContents(metadata);
      if (contents === null || !owners.has(contents)) continue;
      rows.set(contents, rows.has(contents) ? SEVERAL : row);
    }
  }
  return [...rows].flatMap(([contents, row]) => {
    const owner = owners.get(contents) ?? SEVERAL;
    if (owner === SEVERAL || row === SEVERAL) return [];
    const { candidate, collection, after, before } = owner;
    return row > after && row < before ? [{ row, candidate, collection }] : [];
  });
}

/** What stands for all that a record holds; null for one that holds nothing. */
function digestContents(metadata: RecordMetadata): string | null {
  if (metadata.size === 0) return null;
  const hash = createHash("sha256");
  const add = (text: string | Uint8Array): void => {
    hash.update(`${text.length} `);
    hash.update(text);
  };
  for (const key of [...metadata.keys()].sort()) {
    const { values, elements } = metadata.get(key) ?? { values: [], elements: [] };
    add(key);
    for (const value of values.length > 0 ? values.slice(0, 1) : elements) {
      add(value.column);
      add(comparable(value));
    }
    add("");
  }
  return hash.digest("hex");
}

function comparable({ column, bytes, start, end }: ValueSlice): string | Uint8Array {
  if (column !== "float") return bytes.subarray(start, end);
  const value = new DataView(bytes.buffer, bytes.byteOffset).getFloat64(start, true);
  return value.toPrecision(FLOAT_DIGITS);
}
