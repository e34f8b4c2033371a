/**
 * Bringing rows back from the indexes of a damaged database. Three kinds of indexes hold a second
 * time what stands in the tables of records:
 *
 * | index                                     | an entry                                         |
 * | ----------------------------------------- | ------------------------------------------------ |
 * | of UNIQUE in `embeddings`                 | segment_id, embedding_id, row                    |
 * | of PRIMARY KEY in `embedding_metadata`    | id, key, row                                     |
 * | `embedding_metadata_(string_value, …)`    | key, value, row; from 0.5.6 on                   |
 *
 * So a lost row of `embeddings` comes back but for its sequence number, and a lost value of the
 * metadata whole, documents among them; only a boolean stands in no index. Where nothing is lost,
 * every entry has its row, and nothing happens here.
 *
 * @module
 */

import type { SqlValue, StoreDatabase } from "../../../sqlite/database.ts";
import {
  type SalvagedEntry,
  salvageIndexEntries,
} from "../../../sqlite/pages/salvage_index_entries.ts";
import { SequenceChooser } from "../repair/records/sequence_chooser.ts";
import type { RebuiltTable } from "./table_shapes.ts";

/** What the indexes of a damaged database gave. */
export interface WitnessReport {
  /** Records whose row was lost and came back: their ids. */
  readonly records: readonly string[];
  /**
   * Whether the index names every record that there was: its entries are those of the table, and of
   * the rows that came back.
   */
  readonly namesAllRecords: boolean;
  /** Whether the index names every value of the metadata that there was, in the same way. */
  readonly namesAllValues: boolean;
  /** Of these, those whose sequence number is lost: their `embeddings.id`. */
  readonly withoutSequence: readonly number[];
  /** Records of which any key had no row: their `embeddings.id`. */
  readonly touched: readonly number[];
  /** How many values of the metadata came back, documents apart. */
  readonly values: number;
  /** How many documents came back. */
  readonly documents: number;
}

/** A value of the metadata, or a document, of which only the key is left. */
export interface LostValue {
  /** The record, `embeddings.id`. */
  readonly row: number;
  /** The key. */
  readonly key: string;
}

const RECORD_INDEX = "sqlite_autoindex_embeddings_1";
const KEY_INDEX = "sqlite_autoindex_embedding_metadata_1";

/** The indexes of values, and the column of each. */
const VALUE_INDEXES: ReadonlyMap<string, string> = new Map([
  ["embedding_metadata_string_value", "string_value"],
  ["embedding_metadata_int_value", "int_value"],
  ["embedding_metadata_float_value", "float_value"],
]);

/** Metadata that is known to have been there, and had no row. */
const LOST_KEYS_TABLE = "lost_metadata_keys";

const VALUE_OF_KEY = "SELECT 1 FROM embedding_metadata AS m WHERE m.id = l.id AND m.key = l.key";

/**
 * Brings rows back that the indexes of a damaged database still know.
 *
 * @param source The damaged file.
 * @param database The fresh database, filled with every row that could be read.
 * @param isBroken Whether rows of a table may be lost: an entry without a row in a table that is
 * whole was left behind by a row that was deleted.
 * @returns What came back.
 * @throws {OperationError} The source cannot be read.
 * @throws {SqliteError} The fresh database cannot be written.
 */
export function restoreFromIndexes(
  source: string,
  database: StoreDatabase,
  isBroken: (table: RebuiltTable) => boolean,
): WitnessReport {
  database.execute(`
    CREATE TEMP TABLE ${LOST_KEYS_TABLE} (row INTEGER PRIMARY KEY, id INTEGER, key TEXT);
    CREATE TEMP TABLE lost_records (id INTEGER PRIMARY KEY, segment_id TEXT, embedding_id TEXT)`);
  const collector = new WitnessCollector(database);
  const [ofRecords, ofMetadata] = [isBroken("embeddings"), isBroken("embedding_metadata")];
  if (ofRecords || ofMetadata) {
    for (const entry of salvageIndexEntries(source)) {
      if (ofRecords) collector.takeRecord(entry);
      if (ofMetadata) collector.takeKey(entry);
    }
  }
  const restored = restoreRecords(database);
  const rows = database.number("SELECT count(*) FROM embeddings");
  const namesAllRecords = !ofRecords || collector.recordEntries === rows;
  const records = {
    ...restored,
    namesAllRecords,
    namesAllValues: !ofMetadata || namesAllValues(database, collector.keyEntries),
    touched: database.rows(`SELECT DISTINCT id FROM ${LOST_KEYS_TABLE}`).flat().map(Number),
  };
  if (!collector.hasLostKeys) return { ...records, values: 0, documents: 0 };
  // The keys first: only with them is it known which values are looked for.
  const restorer = new ValueRestorer(database);
  for (const entry of salvageIndexEntries(source)) restorer.take(entry);
  return { ...records, ...restorer.finish() };
}

/** Gathers the entries that have no row. */
class WitnessCollector {
  readonly #segments: ReadonlySet<SqlValue>;
  readonly #hasArrays: boolean;
  readonly #hasRecord: (...parameters: SqlValue[]) => boolean;
  readonly #hasKey: (...parameters: SqlValue[]) => boolean;
  readonly #addRecord: (...parameters: SqlValue[]) => number;
  readonly #addKey: (...parameters: SqlValue[]) => number;
  hasLostKeys = false;
  /** How many entries the index of records has. */
  recordEntries = 0;
  /** How many entries the index of keys has. */
  keyEntries = 0;

  constructor(database: StoreDatabase) {
    this.#segments = new Set(
      database.rows(`SELECT segment_id FROM embeddings GROUP BY segment_id
        UNION SELECT id FROM segments WHERE scope = 'METADATA'`).flat(),
    );
    this.#hasArrays = hasRows(database, "embedding_metadata_array");
    this.#hasRecord = database.prepareTest(
      "SELECT 1 FROM embeddings WHERE (segment_id = ? AND embedding_id = ?) OR id = ?",
    );
    this.#hasKey = database.prepareTest(
      "SELECT 1 FROM embedding_metadata WHERE id = ? AND key = ?",
    );
    this.#addRecord = database.prepare("INSERT OR IGNORE INTO lost_records VALUES (?3, ?1, ?2)");
    this.#addKey = database.prepare(
      `INSERT OR IGNORE INTO ${LOST_KEYS_TABLE} VALUES (?3, ?1, ?2)`,
    );
  }

  takeRecord({ index, values }: SalvagedEntry): void {
    const [segment = null, id = null, row = null] = values;
    if (index !== RECORD_INDEX && index !== null) return;
    if (values.length !== 3 || typeof row !== "bigint" || typeof id !== "string") return;
    // What a deleted collection has left behind belongs to nobody.
    if (!this.#segments.has(segment)) return;
    if (index === RECORD_INDEX) this.recordEntries++;
    if (this.#hasRecord(segment, id, row)) return;
    this.#addRecord(segment, id, row);
  }

  takeKey({ index, values }: SalvagedEntry): void {
    const [id = null, key = null, row = null] = values;
    // Without the pages above it an entry can be one of the lists as well.
    if (index !== KEY_INDEX && (index !== null || this.#hasArrays)) return;
    if (values.length !== 3 || typeof row !== "bigint" || typeof key !== "string") return;
    if (typeof id !== "bigint") return;
    if (index === KEY_INDEX) this.keyEntries++;
    if (this.#hasKey(id, key)) return;
    this.hasLostKeys = this.#addKey(id, key, row) > 0 || this.hasLostKeys;
  }
}

/**
 * Puts lost records back. Of the sequence number of a record only the queue still tells; else it gets
 * a free one between those of its neighbours.
 */
function restoreRecords(
  database: StoreDatabase,
): Pick<WitnessReport, "records" | "withoutSequence"> {
  const records: string[] = [];
  const withoutSequence: number[] = [];
  const choosers = new Map<SqlValue, SequenceChooser>();
  const insert = database.prepare(`INSERT OR IGNORE INTO embeddings
    (id, segment_id, embedding_id, seq_id, created_at)
    VALUES (?, ?, ?, ?, coalesce(?, CURRENT_TIMESTAMP))`);
  const lost = database.rows("SELECT id, segment_id, embedding_id FROM lost_records ORDER BY id");
  for (const [id = null, segment = null, embeddingId = null] of lost) {
    const chooser = choosers.get(segment) ?? new SequenceChooser(database, String(segment));
    choosers.set(segment, chooser);
    const own = findQueuedSequence(database, segment, embeddingId);
    const { sequence, createdAt } = chooser.choose(Number(id), own);
    if (insert(id, segment, embeddingId, sequence, createdAt) === 0) continue;
    records.push(String(embeddingId));
    if (own === null) withoutSequence.push(Number(id));
  }
  return { records, withoutSequence };
}

function findQueuedSequence(
  database: StoreDatabase,
  segment: SqlValue,
  embeddingId: SqlValue,
): number | null {
  return database.number(
    `SELECT max(q.seq_id) FROM embeddings_queue AS q
      JOIN segments AS s ON s.id = ? AND substr(q.topic, -36) = s.collection
      WHERE q.id = ? AND q.operation <> 3`,
    segment,
    embeddingId,
  );
}

/** Puts lost values of the metadata back. */
class ValueRestorer {
  readonly #database: StoreDatabase;
  readonly #isLost: (...parameters: SqlValue[]) => boolean;
  readonly #insert: ReadonlyMap<string, (...parameters: SqlValue[]) => number>;

  constructor(database: StoreDatabase) {
    this.#database = database;
    this.#isLost = database.prepareTest(
      `SELECT 1 FROM ${LOST_KEYS_TABLE} WHERE row = ? AND key = ?`,
    );
    this.#insert = new Map(
      [...VALUE_INDEXES].map(([index, column]) => [
        index,
        database.prepare(`INSERT OR IGNORE INTO embedding_metadata (id, key, ${column})
          SELECT id, key, ?3 FROM ${LOST_KEYS_TABLE} WHERE row = ?1 AND key = ?2`),
      ]),
    );
  }

  take({ index, values }: SalvagedEntry): void {
    const insert = this.#insert.get(index ?? "");
    const [key = null, value = null, row = null] = values;
    if (insert === undefined || values.length !== 3 || value === null) return;
    if (this.#isLost(row, key)) insert(row, key, value);
  }

  finish(): Pick<WitnessReport, "values" | "documents"> {
    const count = (condition: string): number =>
      this.#database.number(`SELECT count(*) FROM ${LOST_KEYS_TABLE} AS l
        WHERE EXISTS (${VALUE_OF_KEY}) AND ${condition}`) ?? 0;
    return {
      values: count("l.key <> 'chroma:document'"),
      documents: count("l.key = 'chroma:document'"),
    };
  }
}

/**
 * Lists what the indexes still know of metadata whose values are lost. The record may be lost as well,
 * and come back later.
 *
 * @param database The fresh database, when everything that could come back is in it.
 * @returns The keys of the values.
 * @throws {SqliteError} The fresh database cannot be read.
 */
export function listLostValues(database: StoreDatabase): LostValue[] {
  const rows = database.iterate(`SELECT l.id, l.key FROM ${LOST_KEYS_TABLE} AS l
    WHERE NOT EXISTS (${VALUE_OF_KEY}) ORDER BY l.id`);
  return Array.from(rows, ([row, key]) => ({ row: Number(row), key: String(key) }));
}

/**
 * Whether the index of keys names every value that there was.
 *
 * @param database The fresh database, as {@linkcode listLostValues} takes it.
 * @param entries How many entries the index has.
 * @throws {SqliteError} The fresh database cannot be read.
 */
function namesAllValues(database: StoreDatabase, entries: number): boolean {
  const rows = database.number("SELECT count(*) FROM embedding_metadata") ?? 0;
  const lost = database.number(`SELECT count(*) FROM ${LOST_KEYS_TABLE}`) ?? 0;
  return entries === rows + lost;
}

function hasRows(database: StoreDatabase, table: string): boolean {
  const isThere = database.row("SELECT 1 FROM sqlite_schema WHERE name = ?", table) !== null;
  return isThere && database.row(`SELECT 1 FROM ${table} LIMIT 1`) !== null;
}
