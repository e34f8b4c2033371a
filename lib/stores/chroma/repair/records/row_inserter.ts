/**
 * Putting rows of `embeddings` back whose ids are known.
 *
 * @module
 */

import { type QueueHistory, QueueHistoryReader } from "./queue_history.ts";
import type { RecordCollection, RecordStore } from "./record_store.ts";
import { type ChosenSequence, SequenceChooser } from "./sequence_chooser.ts";

/** Inserts rows of one collection; all their ids are given at the start, for they are read once. */
export class RowInserter {
  readonly #queue: QueueHistoryReader;
  readonly #sequences: SequenceChooser;
  readonly #insert: (row: number, id: string, chosen: ChosenSequence) => void;

  /**
   * Takes the ids.
   *
   * @param store The store.
   * @param collection The collection.
   * @param wanted The ids of the records whose rows come back.
   * @throws {SqliteError} The database cannot be read.
   */
  constructor(
    { database, engine }: Pick<RecordStore, "database" | "engine">,
    { place, subject: { dimension } }: Pick<RecordCollection, "place" | "subject">,
    wanted: readonly string[],
  ) {
    const ids = JSON.stringify(wanted).replaceAll("'", "''");
    this.#queue = new QueueHistoryReader(
      database,
      { place, dimension, engine },
      `SELECT value FROM json_each('${ids}')`,
    );
    this.#sequences = new SequenceChooser(database, place.metadataSegmentId);
    const insert = database.prepare(
      `INSERT INTO embeddings (id, segment_id, embedding_id, seq_id, created_at)
       VALUES (?, ?, ?, ?, coalesce(?, CURRENT_TIMESTAMP))`,
    );
    this.#insert = (row, id, { sequence, createdAt }) => {
      insert(row, place.metadataSegmentId, id, sequence, createdAt);
    };
  }

  /** Reads what the queue tells of a record. */
  read(id: string): QueueHistory {
    return this.#queue.read(id);
  }

  /**
   * Inserts a row.
   *
   * @param row The row, `embeddings.id`.
   * @param id The id of the record.
   * @param known What is known of its sequence number, as `SequenceChooser.choose` takes it.
   * @throws {SqliteError} The row cannot be written.
   */
  insert(
    row: number,
    id: string,
    ...known: [known: number | null, highest?: number, likely?: number | null]
  ): void {
    this.#insert(row, id, this.#sequences.choose(row, ...known));
  }
}
