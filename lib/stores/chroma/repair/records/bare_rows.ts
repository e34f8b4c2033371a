/**
 * Rows of `embeddings` for records of which only the id map and the vector are left: their own rows
 * were lost with the pages of the database, and with them what the records held.
 *
 * They get free numbers in the order of their keys (`lost_rows.ts`), between those of their
 * neighbours, so that the order of rows stays the order of labels. A number under which anything
 * stands is never taken: that may be another record's.
 *
 * @module
 */

import { formatCount } from "../../../../base/format.ts";
import type { RepairLoss } from "../../../../model/repair.ts";
import type { StoreDatabase } from "../../../../sqlite/database.ts";
import { keepAscending } from "../../salvage/ascending.ts";
import { createDatabaseStep } from "../database_step.ts";
import type { PreparedStep, RepairContext } from "../repair_context.ts";
import { type Candidate, type CollectionRows, findLostRows, KEY_CLASS } from "./lost_rows.ts";
import type { RecordCollection, RecordStore } from "./record_store.ts";
import { SequenceChooser } from "./sequence_chooser.ts";

/** How far a free number is looked for. */
const MOST_STEPS = 1 << 16;

/**
 * Plans rows for the records that only an id map still has, in a database that has lost rows.
 *
 * @param context What the stage is given.
 * @param store The store, when every other row that was lost is back.
 * @returns A step for each collection with such records.
 * @throws {OperationError} A file cannot be read.
 * @throws {SqliteError} The database cannot be read or written.
 */
export function prepareBareRowSteps(context: RepairContext, store: RecordStore): PreparedStep[] {
  if (!context.working.hasLostRows) return [];
  return store.collections.flatMap((collection) => {
    const rows = findLostRows(store.database, collection);
    if (rows.candidates.length === 0) return [];
    const restored = new BareRowInserter(store.database, collection, rows).insertAll();
    return [describeStep(context, collection, restored)];
  });
}

function describeStep(
  context: RepairContext,
  { name, subject }: RecordCollection,
  ids: readonly string[],
): PreparedStep {
  const count = ids.length;
  const loss = (kind: "document" | "metadata"): RepairLoss => ({
    kind,
    outcome: "kept",
    reason: "it stood on pages of the database that are gone",
    collection: name,
    table: "embedding_metadata",
    count,
    ids,
  });
  return createDatabaseStep(context, {
    kind: "correct-records",
    title: `Bring ${formatCount(count, "record")} back of which the index has the vector`,
    details: [
      "Their rows are lost with all that they held; one that was deleted shortly before the damage " +
      "may be among them",
    ],
    reads: subject.directory === null ? [] : [subject.directory.name],
    gains: [{ what: "records", count, source: "the id map of the index" }],
    losses: [loss("document"), loss("metadata")],
    findings: [],
    collection: name,
  });
}

class BareRowInserter {
  readonly #database: StoreDatabase;
  readonly #collection: RecordCollection;
  readonly #candidates: readonly Candidate[];
  readonly #borders: readonly { readonly row: number; readonly key: number }[];
  readonly #isTaken: (row: number) => boolean;
  #last: number;

  constructor(
    database: StoreDatabase,
    collection: RecordCollection,
    { known, candidates }: CollectionRows,
  ) {
    this.#database = database;
    this.#collection = collection;
    this.#candidates = candidates;
    const keyed = known.filter(({ key }) => key !== -1);
    const inOrder = keepAscending(keyed.map(({ key }) => key));
    this.#borders = keyed.filter((_, index) => inOrder[index] === 1);
    const isTaken = database.prepareTest(`SELECT 1 FROM embeddings WHERE id = ?1
      UNION ALL SELECT 1 FROM embedding_metadata WHERE id = ?1
      UNION ALL SELECT 1 FROM embedding_fulltext_search_content WHERE id = ?1`);
    this.#isTaken = (row) => isTaken(row);
    this.#last = database.number(`SELECT max(id) FROM (
      SELECT max(id) AS id FROM embeddings UNION ALL SELECT max(id) FROM embedding_metadata
      UNION ALL SELECT max(id) FROM embedding_fulltext_search_content)`) ?? 0;
  }

  insertAll(): string[] {
    const { place } = this.#collection;
    const sequences = new SequenceChooser(this.#database, place.metadataSegmentId);
    const insert = this.#database.prepare(
      `INSERT INTO embeddings (id, segment_id, embedding_id, seq_id, created_at)
       VALUES (?, ?, ?, ?, coalesce(?, CURRENT_TIMESTAMP))`,
    );
    const highest = place.vectorWatermark ?? Infinity;
    let border = 0;
    let previous = 0;
    for (const { id, key } of this.#candidates) {
      while ((this.#borders[border]?.key ?? Infinity) < key) {
        previous = Math.max(previous, this.#borders[border]?.row ?? 0);
        border++;
      }
      const row = this.#findFree(previous, this.#borders[border]?.row ?? Infinity);
      const own = key < KEY_CLASS ? key : null;
      const { sequence, createdAt } = sequences.choose(row, own, highest);
      insert(row, place.metadataSegmentId, id, sequence, createdAt);
      previous = Math.max(previous, row === this.#last ? 0 : row);
    }
    return this.#candidates.map(({ id }) => id);
  }

  /** A number between two rows; where all are taken, one behind all others. */
  #findFree(after: number, before: number): number {
    const end = Math.min(before, after + MOST_STEPS, this.#last + 1);
    for (let row = after + 1; row < end; row++) {
      if (!this.#isTaken(row)) return row;
    }
    return ++this.#last;
  }
}
