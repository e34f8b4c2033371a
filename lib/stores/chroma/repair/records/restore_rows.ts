/**
 * Bringing rows of `embeddings` back: the traces that lost rows have left, each with the id that is
 * its own for certain. What is not certain is never chosen.
 *
 * @module
 */

import type { StoreDatabase } from "../../../../sqlite/database.ts";
import { wasMadeByRust } from "../../salvage/order_evidence.ts";
import {
  type Candidate,
  type CollectionRows,
  findLostRows,
  KEY_CLASS,
  readAllRows,
} from "./lost_rows.ts";
import { matchContents } from "./match_contents.ts";
import { placeCandidates, type Placement } from "./place_candidates.ts";
import { FULLTEXT_TABLE } from "../fulltext/rebuild_fulltext.ts";
import { hasTable, VALUE_TABLES } from "./remove_rows.ts";
import { canHaveLeftovers } from "./restore_documents.ts";
import type { RecordCollection, RecordStore } from "./record_store.ts";
import { RowInserter } from "./row_inserter.ts";

/** What came back of the rows of a collection. */
export interface RestoredRows {
  /** The collection. */
  readonly collection: RecordCollection;
  /** Ids that are known by what the queue has of the record. */
  readonly byContents: readonly string[];
  /** Ids that are known by their place among the others. */
  readonly byOrder: readonly string[];
  /** Ids that must have a row, and no trace is theirs for certain. */
  readonly unplaced: readonly string[];
}

/** What came back of all rows. */
export interface RowRestoration {
  /** By collection; only those that had lost any. */
  readonly collections: readonly RestoredRows[];
  /** The numbers of the traces whose id is not known. */
  readonly unidentified: readonly number[];
  /** Whether there are as many of them as ids without a row, so that each has one of these ids. */
  readonly isBalanced: boolean;
}

/** The numbers under which a table holds anything of records whose rows are lost. */
function selectTraces(table: string): string {
  return `SELECT DISTINCT m.id FROM ${table} AS m LEFT JOIN embeddings AS e ON e.id = m.id
    WHERE e.id IS NULL`;
}

/** Segments of collections that are gone can have left rows, of which some are lost too. */
const FIND_FOREIGN = `SELECT 1 FROM (SELECT DISTINCT segment_id FROM embeddings
    UNION SELECT segment_id FROM max_seq_id)
  WHERE segment_id NOT IN (SELECT id FROM segments WHERE collection IN (SELECT id FROM collections))`;

/**
 * Brings back the rows whose ids are certain.
 *
 * @param store The store.
 * @returns What came back, and what did not.
 * @throws {OperationError} A file cannot be read.
 * @throws {SqliteError} The database cannot be read or written.
 */
export function restoreRows(store: RecordStore): RowRestoration {
  return new RowRestorer(store).restore();
}

/** A collection while its rows come back. */
interface OpenCollection {
  readonly collection: RecordCollection;
  rows: CollectionRows;
  readonly byContents: string[];
  readonly byOrder: string[];
}

class RowRestorer {
  readonly #store: RecordStore;
  readonly #database: StoreDatabase;
  readonly #traces: Set<number>;
  readonly #open: OpenCollection[];
  readonly #madeByRust: boolean;

  constructor(store: RecordStore) {
    this.#store = store;
    this.#database = store.database;
    this.#madeByRust = wasMadeByRust(store.catalogue);
    this.#traces = this.#findTraces();
    this.#open = store.collections.map((collection) => ({
      collection,
      rows: findLostRows(this.#database, collection),
      byContents: [],
      byOrder: [],
    })).filter(({ rows }) => rows.candidates.length > 0);
  }

  restore(): RowRestoration {
    const matched = matchContents(
      this.#store,
      [...this.#traces],
      this.#open,
    );
    for (const open of this.#open) {
      const own = matched.filter(({ collection }) => collection === open.collection);
      open.byContents.push(...own.map(({ candidate }) => candidate.id));
      this.#insert(open, own, true);
    }
    do {
      while (this.#open.some((open) => this.#placeOf(open) > 0));
    } while (this.#placeShared() > 0);
    return {
      collections: this.#open.map(({ collection, rows, byContents, byOrder }) => ({
        collection,
        byContents,
        byOrder,
        unplaced: rows.candidates.map(({ id }) => id),
      })),
      unidentified: [...this.#traces].sort((left, right) => left - right),
      isBalanced: this.#isBalanced(),
    };
  }

  /** Places candidates by their order among those of their collection; returns how many. */
  #placeOf(open: OpenCollection): number {
    if (open.rows.candidates.length === 0) return 0;
    const placed = placeCandidates({
      ...open.rows,
      ...this.#sides(),
      isShared: false,
    });
    open.byOrder.push(...placed.map(({ candidate }) => candidate.id));
    this.#insert(open, placed);
    return placed.length;
  }

  /** Places candidates by their order among the records of all collections; returns how many. */
  #placeShared(): number {
    const owners = new Map<Candidate, OpenCollection>();
    for (const open of this.#open) {
      for (const candidate of open.rows.candidates) {
        const key = candidate.key >= 2 * KEY_CLASS ? candidate.key % KEY_CLASS : candidate.key;
        if (key < KEY_CLASS) owners.set({ ...candidate, key }, open);
      }
    }
    if (owners.size === 0) return 0;
    const placed = placeCandidates({
      known: readAllRows(this.#database),
      candidates: [...owners.keys()].sort((left, right) => left.key - right.key),
      departed: this.#open.flatMap(({ rows }) => rows.departed)
        .filter((key) => key < KEY_CLASS).sort((left, right) => left - right),
      ...this.#sides(),
      isShared: true,
    });
    for (const open of this.#open) {
      const own = placed.filter(({ candidate }) => owners.get(candidate) === open);
      open.byOrder.push(...own.map(({ candidate }) => candidate.id));
      this.#insert(open, own);
    }
    return placed.length;
  }

  #sides(): Pick<Placement, "traces" | "countRows" | "madeByRust" | "isBalanced"> {
    return {
      traces: Float64Array.from(this.#traces).sort(),
      countRows: (after, before) =>
        this.#database.number(
          "SELECT count(*) FROM embeddings WHERE id > ? AND id < ?",
          after,
          before,
        ) ?? 0,
      madeByRust: this.#madeByRust,
      isBalanced: this.#isBalanced(),
    };
  }

  #findTraces(): Set<number> {
    const tables: string[] = VALUE_TABLES.filter((table) => hasTable(this.#database, table));
    const content = `${FULLTEXT_TABLE}_content`;
    const isUsable = hasTable(this.#database, content) && !canHaveLeftovers(this.#store.catalogue);
    if (isUsable) tables.push(content);
    const rows = tables.flatMap((table) => this.#database.rows(selectTraces(table)));
    return new Set(rows.map(([row]) => Number(row)));
  }

  /** Whether every lost record has left a trace, and every trace is that of a candidate. */
  #isBalanced(): boolean {
    const count = this.#open.reduce((sum, { rows }) => sum + rows.candidates.length, 0);
    return count === this.#traces.size && this.#database.row(FIND_FOREIGN) === null;
  }

  #insert(
    open: OpenCollection,
    placed: readonly { readonly row: number; readonly candidate: Candidate }[],
    isByContents = false,
  ): void {
    if (placed.length === 0) return;
    const { collection } = open;
    const ids = placed.map(({ candidate }) => candidate.id);
    const inserter = new RowInserter(this.#store, collection, ids);
    for (const { row, candidate } of placed) {
      const { isCreationSure, createdSequence, lastSequence } = inserter.read(candidate.id);
      const isKnown = lastSequence !== null &&
        (isByContents || isCreationSure || createdSequence !== lastSequence ||
          candidate.key >= 2 * KEY_CLASS || candidate.key === createdSequence);
      const indexed = candidate.key < KEY_CLASS ? candidate.key : null;
      const known = isKnown ? lastSequence : indexed;
      // An `add` of a record that was there has done nothing: its number is then not the record's.
      inserter.insert(row, candidate.id, known, Infinity, lastSequence);
      this.#traces.delete(row);
    }
    open.rows = findLostRows(this.#database, collection);
  }
}
