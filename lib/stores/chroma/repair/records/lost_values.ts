/**
 * What records held and a rebuilt database no longer has: what the queue still has of it comes back,
 * and the rest is named. Which values were lost, the indexes of the damaged database tell
 * (`rebuild/index_witnesses.ts`); where their pages are gone too, whatever may have been there counts.
 *
 * @module
 */

import type { SqlValue, StoreDatabase } from "../../../../sqlite/database.ts";
import type { RebuildReport } from "../../rebuild/rebuild_database.ts";
import { QueueHistoryReader } from "./queue_history.ts";
import type { RecordCollection, RecordStore } from "./record_store.ts";
import { DOCUMENT_KEY } from "../../contents/record_facts.ts";
import { knownValues } from "./restore_documents.ts";
import { ValueWriter } from "./store_values.ts";

/** What came back of the values of a collection, and what did not. */
export interface LostValues {
  /** How many documents came from the queue. */
  readonly documentsRestored: number;
  /** How many other values came from the queue. */
  readonly valuesRestored: number;
  /** Records whose document is lost for certain: their ids. */
  readonly documents: readonly string[];
  /** Records without a document that may have had one. */
  readonly possibleDocuments: readonly string[];
  /** Records that have lost other values for certain. */
  readonly metadata: readonly string[];
  /** Records that may have lost other values. */
  readonly possibleMetadata: readonly string[];
  /** Records whose newest write may have been on a page of the queue that is gone. */
  readonly outdated: readonly string[];
}

const ROWS_PER_PAGE = 256;

/** What is known of a record that has lost values, or may have. */
interface Suspect {
  readonly row: number;
  readonly id: string;
  readonly sequence: number;
}

/**
 * Brings values of records back from the queue, and finds out what is lost.
 *
 * @param store The store.
 * @param collection The collection.
 * @param rebuild What became of the rows.
 * @param bare Records of which nothing but the id and the vector came back: their ids.
 * @returns What came back, and what did not.
 * @throws {SqliteError} The database cannot be read or written.
 */
export function restoreLostValues(
  store: RecordStore,
  collection: RecordCollection,
  rebuild: RebuildReport,
  bare: readonly string[],
): LostValues {
  return new ValueRestorer(store, collection, { rebuild, bare }).restore();
}

class ValueRestorer {
  readonly #store: RecordStore;
  readonly #database: StoreDatabase;
  readonly #collection: RecordCollection;
  readonly #rebuild: RebuildReport;
  readonly #bare: ReadonlySet<string>;
  readonly #lostKeys: ReadonlyMap<number, readonly string[]>;
  readonly #edges: ReadonlySet<number>;

  constructor(
    store: RecordStore,
    collection: RecordCollection,
    { rebuild, bare }: { readonly rebuild: RebuildReport; readonly bare: readonly string[] },
  ) {
    this.#store = store;
    this.#database = store.database;
    this.#collection = collection;
    this.#rebuild = rebuild;
    this.#bare = new Set(bare);
    const { namesAllValues, touched } = rebuild.witnesses;
    this.#edges = new Set(namesAllValues ? [] : [...rebuild.edges, ...touched]);
    const keys = Map.groupBy(rebuild.lostValues, ({ row }) => row);
    this.#lostKeys = new Map(
      Array.from(keys, ([row, values]) => [row, values.map(({ key }) => key)]),
    );
  }

  restore(): LostValues {
    this.#listSuspects();
    const { place, subject: { dimension } } = this.#collection;
    const queue = new QueueHistoryReader(
      this.#database,
      { place, dimension, engine: this.#store.engine },
      "SELECT id FROM temp.suspects",
    );
    const writer = new ValueWriter(this.#database);
    const tally = new LostValueTally();
    const hasKey = this.#database.prepareTest(
      "SELECT 1 FROM embedding_metadata WHERE id = ? AND key = ?",
    );
    const hasValues = this.#database.prepareTest(
      `SELECT 1 FROM embedding_metadata WHERE id = ? AND key NOT LIKE 'chroma:%'`,
    );
    for (const { row, id, sequence } of this.#suspects()) {
      const { values, isAll } = knownValues(queue.read(id), sequence);
      tally.addRestored(writer.write(row, values));
      const lost = (this.#lostKeys.get(row) ?? []).filter((key) => !hasKey(row, key));
      const mayLack = !isAll && (this.#bare.has(id) || !this.#rebuild.witnesses.namesAllValues);
      tally.addLost(id, {
        isDocumentLost: lost.includes(DOCUMENT_KEY),
        mayLackDocument: mayLack && !hasKey(row, DOCUMENT_KEY),
        isMetadataLost: lost.some((key) => key !== DOCUMENT_KEY),
        mayLackMetadata: mayLack && (this.#edges.has(row) || !hasValues(row)),
      });
    }
    return tally.finish(this.#listOutdated());
  }

  /** Every record that has lost a value, or lacks one that others of the store have. */
  #listSuspects(): void {
    this.#database.execute(`CREATE TEMP TABLE IF NOT EXISTS suspects (
      row INTEGER PRIMARY KEY, id TEXT, sequence TEXT); DELETE FROM temp.suspects`);
    const select = `INSERT OR IGNORE INTO temp.suspects SELECT e.id, e.embedding_id,
      iif(typeof(e.seq_id) = 'blob', hex(e.seq_id), printf('%X', e.seq_id))
      FROM embeddings AS e WHERE e.segment_id = ?1`;
    const segment = this.#collection.place.metadataSegmentId;
    const rows = JSON.stringify([...this.#lostKeys.keys(), ...this.#edges]);
    const insert = (condition: string, ...parameters: SqlValue[]): number =>
      this.#database.prepare(`${select} AND ${condition}`)(segment, ...parameters);
    insert("e.id IN (SELECT value FROM json_each(?2))", rows);
    insert(
      "e.embedding_id IN (SELECT value FROM json_each(?2))",
      JSON.stringify([...this.#bare]),
    );
    if (this.#rebuild.witnesses.namesAllValues) return;
    for (const condition of [`= '${DOCUMENT_KEY}'`, "NOT LIKE 'chroma:%'"]) {
      insert(`NOT EXISTS (
        SELECT 1 FROM embedding_metadata AS m WHERE m.id = e.id AND m.key ${condition})
        AND EXISTS (SELECT 1 FROM embedding_metadata AS m WHERE m.key ${condition})`);
    }
  }

  *#suspects(): Generator<Suspect, void, undefined> {
    let after = 0;
    while (true) {
      const rows = this.#database.rows(
        `SELECT row, id, sequence FROM temp.suspects WHERE row > ? ORDER BY row
          LIMIT ${ROWS_PER_PAGE}`,
        after,
      );
      for (const [row, id, sequence] of rows) {
        after = Number(row);
        yield { row: after, id: String(id), sequence: parseInt(String(sequence), 16) };
      }
      if (rows.length < ROWS_PER_PAGE) return;
    }
  }

  /**
   * Records that were written after the index was flushed by a row that the queue has lost, and those
   * of which that is not known.
   */
  #listOutdated(): string[] {
    const outdated = new Set(this.#bare);
    if (!this.#rebuild.incomplete.has("embeddings_queue")) return [...outdated];
    const { metadataSegmentId, vectorWatermark } = this.#collection.place;
    const unknown = JSON.stringify(this.#rebuild.witnesses.withoutSequence);
    const rows = this.#database.iterate(
      `SELECT e.id, e.embedding_id,
         iif(typeof(e.seq_id) = 'blob', hex(e.seq_id), printf('%X', e.seq_id)),
         e.id IN (SELECT value FROM json_each(?)) FROM embeddings AS e WHERE e.segment_id = ?`,
      unknown,
      metadataSegmentId,
    );
    // A write without a vector may have followed one that had it.
    const hasVector = this.#database.prepareTest(
      "SELECT 1 FROM embeddings_queue WHERE seq_id = ? AND vector IS NOT NULL",
    );
    for (const [, id, hex, isUnknown] of rows) {
      const sequence = parseInt(String(hex), 16);
      // An index that was never flushed has nothing but what the queue brings.
      const isLate = sequence > (vectorWatermark ?? 0);
      if (isUnknown === 1 || (isLate && !hasVector(sequence))) outdated.add(String(id));
    }
    return [...outdated];
  }
}

class LostValueTally {
  #documentsRestored = 0;
  #valuesRestored = 0;
  readonly #documents: string[] = [];
  readonly #possibleDocuments: string[] = [];
  readonly #metadata: string[] = [];
  readonly #possibleMetadata: string[] = [];

  addRestored(keys: readonly string[]): void {
    const documents = keys.filter((key) => key === DOCUMENT_KEY).length;
    this.#documentsRestored += documents;
    this.#valuesRestored += keys.length - documents;
  }

  addLost(id: string, lost: {
    readonly isDocumentLost: boolean;
    readonly mayLackDocument: boolean;
    readonly isMetadataLost: boolean;
    readonly mayLackMetadata: boolean;
  }): void {
    if (lost.isDocumentLost) this.#documents.push(id);
    else if (lost.mayLackDocument) this.#possibleDocuments.push(id);
    if (lost.isMetadataLost) this.#metadata.push(id);
    else if (lost.mayLackMetadata) this.#possibleMetadata.push(id);
  }

  finish(outdated: readonly string[]): LostValues {
    return {
      documentsRestored: this.#documentsRestored,
      valuesRestored: this.#valuesRestored,
      documents: this.#documents,
      possibleDocuments: this.#possibleDocuments,
      metadata: this.#metadata,
      possibleMetadata: this.#possibleMetadata,
      outdated,
    };
  }
}
