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

import { keepAscending } from "../../salvage/ascending.ts";
import { type Candidate, type CollectionRows, findLostRows, KEY_CLASS } from "./lost_rows.ts";
import type { RecordCollection, RecordStore } from "./record_store.ts";
import { RowInserter } from "./row_inserter.ts";

/** How far a free number is looked for. */
const MOST_STEPS = 1 << 16;

/**
 * Puts rows back for records that only an id map still has.
 *
 * @param store The store, when every other row that was lost is back.
 * @param collection The collection.
 * @param namesAllRecords Whether the database names every record that it had: then a record of the
 * index counts only where it is newer than all of them, for any other was deleted.
 * @returns Their ids.
 * @throws {OperationError} A file cannot be read.
 * @throws {SqliteError} The database cannot be read or written.
 */
export function insertBareRows(
  store: RecordStore,
  collection: RecordCollection,
  namesAllRecords: boolean,
): string[] {
  const rows = findLostRows(store.database, collection);
  const { known, candidates } = rows;
  const newest = namesAllRecords
    ? known.reduce((highest, { key }) => Math.max(highest, key), -1)
    : -1;
  const lost = candidates.filter(({ key }) => key > newest);
  if (lost.length === 0) return [];
  return new BareRowInserter(store, collection, { ...rows, candidates: lost }).insertAll();
}

class BareRowInserter {
  readonly #store: RecordStore;
  readonly #collection: RecordCollection;
  readonly #candidates: readonly Candidate[];
  readonly #borders: readonly { readonly row: number; readonly key: number }[];
  readonly #isTaken: (row: number) => boolean;
  #last: number;

  constructor(
    store: RecordStore,
    collection: RecordCollection,
    { known, candidates }: Omit<CollectionRows, "departed">,
  ) {
    const { database } = store;
    this.#store = store;
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
    const ids = this.#candidates.map(({ id }) => id);
    const inserter = new RowInserter(this.#store, this.#collection, ids);
    const highest = place.vectorWatermark ?? Infinity;
    let border = 0;
    let previous = 0;
    for (const { id, key } of this.#candidates) {
      while ((this.#borders[border]?.key ?? Infinity) < key) {
        previous = Math.max(previous, this.#borders[border]?.row ?? 0);
        border++;
      }
      const row = this.#findFree(previous, this.#borders[border]?.row ?? Infinity);
      const own = inserter.read(id).lastSequence ?? (key < KEY_CLASS ? key : null);
      inserter.insert(row, id, own, highest);
      previous = Math.max(previous, row === this.#last ? 0 : row);
    }
    return ids;
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
