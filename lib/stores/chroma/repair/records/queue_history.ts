/**
 * What the queue still tells of records: the rows that have been applied and were not purged.
 *
 * A purge takes rows from the start of the queue only. So what a row has set, and no later one has
 * changed, the record still has. Whether the queue tells all of a record depends on whether it shows
 * how the record was made: an `add` of a record that is there already does nothing.
 *
 * @module
 */

import type { StoreDatabase } from "../../../../sqlite/database.ts";
import type { Engine } from "../../catalogue/migrations.ts";
import { parseMetadataPatch, type PatchValue } from "../../contents/metadata_patch.ts";
import { applyMetadataPatch, type RecordMetadata } from "../../contents/pending_operations.ts";
import { findRowFault, QUEUE_OPERATIONS } from "../../records/queue_row.ts";
import { decodeWholeRow, WHOLE_ROW } from "../../records/read_queue.ts";
import type { RecordPlace } from "../../records/read_records.ts";

/** From which embeddings_queue migration on an engine purges. */
const FIRST_PURGING_QUEUE = 2;

/** What the queue tells of one record. */
export interface QueueHistory {
  /** Whether the record is there after the rows; null when they do not tell. */
  readonly isLive: boolean | null;
  /**
   * The number of the row that made it, or null when the queue does not show that. While
   * `isCreationSure` is false, the record may have been there before, and that row without effect.
   */
  readonly createdSequence: number | null;
  /** Whether that row has made it for sure. */
  readonly isCreationSure: boolean;
  /** What it has, if that row has made it: all of it, with the document. */
  readonly created: RecordMetadata;
  /** What it has whatever that row did: only what later rows have set. */
  readonly later: RecordMetadata;
  /** The number of the last row that did something to it, or null. */
  readonly lastSequence: number | null;
}

/** Where the rows of a collection are. */
export interface HistoryPlace {
  /** The collection, and how far its records have got. */
  readonly place: Pick<RecordPlace, "collectionId" | "metadataWatermark">;
  /** Floats of a vector, or null when that is not known. */
  readonly dimension: number | null;
  /** The engine that wrote the store. */
  readonly engine: Engine;
}

/** Reads what the queue tells of the records of a collection. */
export class QueueHistoryReader {
  readonly #database: StoreDatabase;
  readonly #place: HistoryPlace;

  /**
   * Takes the records that will be asked for.
   *
   * @param database The private copy of the database.
   * @param place Where the rows are.
   * @param ids A SELECT that gives the ids.
   * @throws {SqliteError} The queue cannot be read.
   */
  constructor(database: StoreDatabase, place: HistoryPlace, ids: string) {
    this.#database = database;
    this.#place = place;
    // The queue has no index over ids: one pass makes one for the records in question.
    database.execute(`CREATE TEMP TABLE IF NOT EXISTS queue_places (
      id TEXT, sequence INTEGER, PRIMARY KEY (id, sequence)) WITHOUT ROWID;
      DELETE FROM temp.queue_places`);
    database.prepare(`INSERT INTO temp.queue_places SELECT id, seq_id FROM embeddings_queue
      WHERE seq_id <= ? AND substr(topic, -36) = ? AND typeof(id) = 'text' AND id IN (${ids})`)(
      place.place.metadataWatermark ?? 0,
      place.place.collectionId,
    );
  }

  /** The ids of which the queue tells something. */
  *ids(): Generator<string, void, undefined> {
    let last = "";
    while (true) {
      const rows = this.#database.rows(
        "SELECT DISTINCT id FROM temp.queue_places WHERE id > ? ORDER BY id LIMIT 1024",
        last,
      );
      for (const [id] of rows) yield last = String(id);
      if (rows.length < 1024) return;
    }
  }

  /**
   * Reads what the queue tells of a record.
   *
   * @param id The record.
   * @returns What it tells.
   * @throws {SqliteError} The queue cannot be read.
   */
  read(id: string): QueueHistory {
    const { engine, dimension } = this.#place;
    const follower = new HistoryFollower(engine.schema.embeddings_queue < FIRST_PURGING_QUEUE);
    const rows = this.#database.rows(
      `SELECT ${WHOLE_ROW} FROM embeddings_queue WHERE seq_id IN
         (SELECT sequence FROM temp.queue_places AS p WHERE p.id = ?) ORDER BY seq_id`,
      id,
    );
    for (const columns of rows) {
      const { sequence, row } = decodeWholeRow(columns);
      const fault = findRowFault(row, dimension, engine);
      // A vector that was damaged later was applied as it was.
      if (row.operation === null || (fault !== null && !fault.startsWith("vector"))) continue;
      const patch = parseMetadataPatch(row.metadata.text, engine.era);
      follower.follow(Number(sequence), row.operation, patch ?? new Map());
    }
    return follower.history;
  }
}

/** Does to one record what the rows do. */
class HistoryFollower {
  #isLive: boolean | null;
  #createdSequence: number | null = null;
  #isCreationSure = false;
  #created: RecordMetadata = new Map();
  #later: RecordMetadata = new Map();
  #lastSequence: number | null = null;

  /** A queue that is never purged begins with an empty collection. */
  constructor(isComplete: boolean) {
    this.#isLive = isComplete ? false : null;
  }

  get history(): QueueHistory {
    return {
      isLive: this.#isLive,
      createdSequence: this.#createdSequence,
      isCreationSure: this.#isCreationSure,
      created: this.#created,
      later: this.#later,
      lastSequence: this.#lastSequence,
    };
  }

  follow(sequence: number, operation: number, patch: ReadonlyMap<string, PatchValue>): void {
    switch (operation) {
      case QUEUE_OPERATIONS.delete:
        this.#forget();
        this.#isLive = false;
        this.#lastSequence = sequence;
        return;
      case QUEUE_OPERATIONS.add:
        if (this.#isLive === true) return;
        return this.#create(sequence, patch, this.#isLive === false);
      case QUEUE_OPERATIONS.upsert:
        if (this.#isLive === false) return this.#create(sequence, patch, true);
        break;
      case QUEUE_OPERATIONS.update:
        if (this.#isLive === false) return;
        break;
      default:
        return;
    }
    this.#isLive = true;
    this.#lastSequence = sequence;
    applyMetadataPatch(this.#created, patch);
    applyMetadataPatch(this.#later, patch);
  }

  #create(sequence: number, patch: ReadonlyMap<string, PatchValue>, isSure: boolean): void {
    this.#forget();
    this.#isLive = true;
    this.#createdSequence = sequence;
    this.#isCreationSure = isSure;
    this.#lastSequence = sequence;
    applyMetadataPatch(this.#created, patch);
    if (isSure) applyMetadataPatch(this.#later, patch);
  }

  #forget(): void {
    this.#created = new Map();
    this.#later = new Map();
    this.#createdSequence = null;
    this.#isCreationSure = false;
  }
}
