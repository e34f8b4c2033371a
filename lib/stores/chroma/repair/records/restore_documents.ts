/**
 * Documents that `embedding_metadata` has lost. Each stands once more in the full text, under the
 * number of its record, and late ones in the queue, with the rest of the metadata.
 *
 * The number alone does not always say whose a text is: engines before 0.5 leave the full text of
 * deleted records behind, and give the numbers out again. In a store that such an engine has written,
 * the text of the full text counts only where the queue has it too.
 *
 * @module
 */

import type { StoreDatabase } from "../../../../sqlite/database.ts";
import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { RecordMetadata } from "../../contents/pending_operations.ts";
import { CONFLICTS_FILE } from "../fulltext/differing_texts.ts";
import type { SavedFiles } from "../../../saved_files.ts";
import { type QueueHistory, QueueHistoryReader } from "./queue_history.ts";
import type { RecordCollection, RecordStore } from "./record_store.ts";
import { DOCUMENT_KEY } from "../../contents/record_facts.ts";
import { ValueWriter } from "./store_values.ts";

/** The first sysdb migration whose engine takes the full text of a deleted record away. */
const FIRST_SYSDB_WITHOUT_LEFTOVERS = 5;

const ROWS_PER_PAGE = 256;

/** What came back of the documents of a collection. */
export interface RestoredDocuments {
  /** Records whose document came from the full text. */
  readonly fromFulltext: readonly string[];
  /** Records whose document came from the queue. */
  readonly fromQueue: readonly string[];
  /** How many values of metadata came from the queue. */
  readonly values: number;
  /** Records of which nothing but the document is known, in a collection whose records have more. */
  readonly withoutMetadata: readonly string[];
  /** Records under whose number the full text has a text that may be another record's. */
  readonly ambiguous: readonly string[];
  /** Records that never had a document: the full text has that of a record that was deleted. */
  readonly withoutDocument: readonly string[];
}

/** Records without a document whose number the full text has, and not by the mistake of 0.4.15. */
const FIND = `INSERT INTO temp.lost_documents
  SELECT e.id, e.embedding_id FROM embeddings AS e
  JOIN embedding_fulltext_search_content AS c ON c.id = e.id
  LEFT JOIN embedding_metadata AS m ON m.id = e.id AND m.key = '${DOCUMENT_KEY}'
  WHERE e.segment_id = ? AND m.id IS NULL AND c.c0 IS NOT NULL
    AND c.c0 IS NOT (SELECT o.string_value FROM embedding_metadata AS o WHERE o.rowid = c.id)`;

/**
 * Brings the documents of a collection back, and values of metadata with them.
 *
 * @param store The store.
 * @param collection The collection.
 * @param saved Takes texts that contradict each other.
 * @returns What came back.
 * @throws {SqliteError} The database cannot be read or written.
 */
export function restoreDocuments(
  store: RecordStore,
  collection: RecordCollection,
  saved: Pick<SavedFiles, "add">,
): RestoredDocuments {
  store.database.execute(`CREATE TEMP TABLE IF NOT EXISTS lost_documents (
    row INTEGER PRIMARY KEY, id TEXT); DELETE FROM temp.lost_documents`);
  store.database.prepare(FIND)(collection.place.metadataSegmentId);
  const restorer = new DocumentRestorer(store, collection, saved);
  return restorer.restore();
}

/**
 * Tells whether the full text of deleted records can have stayed behind.
 *
 * @param catalogue The catalogue.
 * @returns False for a store that no engine before 0.5 has written.
 */
export function canHaveLeftovers({ migrations }: Pick<Catalogue, "migrations">): boolean {
  // A new store gets all migrations of sysdb before those of metadb.
  const place = (directory: string, version: number): number =>
    migrations.findIndex((row) => row.directory === directory && row.version === version);
  const clean = place("sysdb", FIRST_SYSDB_WITHOUT_LEFTOVERS);
  return clean === -1 || clean > place("metadb", 1);
}

class DocumentRestorer {
  readonly #database: StoreDatabase;
  readonly #store: RecordStore;
  readonly #collection: RecordCollection;
  readonly #saved: Pick<SavedFiles, "add">;
  readonly #writer: ValueWriter;
  readonly #fromFulltext: string[] = [];
  readonly #fromQueue: string[] = [];
  readonly #withoutMetadata: string[] = [];
  readonly #ambiguous: string[] = [];
  readonly #withoutDocument: string[] = [];
  #values = 0;

  constructor(store: RecordStore, collection: RecordCollection, saved: Pick<SavedFiles, "add">) {
    this.#store = store;
    this.#database = store.database;
    this.#collection = collection;
    this.#saved = saved;
    this.#writer = new ValueWriter(store.database);
  }

  restore(): RestoredDocuments {
    const { place, subject: { dimension } } = this.#collection;
    const queue = new QueueHistoryReader(
      this.#database,
      { place, dimension, engine: this.#store.engine },
      "SELECT id FROM temp.lost_documents",
    );
    const hasMetadata = this.#expectsMetadata();
    const isFulltextSure = !canHaveLeftovers(this.#store.catalogue);
    for (const [row, id, text, sequence] of this.#lostRows()) {
      const known = knownValues(queue.read(id), sequence);
      this.#restoreDocument(row, id, { text, isFulltextSure, known });
      this.#restoreMetadata(row, id, known.values, hasMetadata);
    }
    return {
      fromFulltext: this.#fromFulltext,
      fromQueue: this.#fromQueue,
      values: this.#values,
      withoutMetadata: this.#withoutMetadata,
      ambiguous: this.#ambiguous,
      withoutDocument: this.#withoutDocument,
    };
  }

  *#lostRows(): Generator<[row: number, id: string, text: string, sequence: number | null]> {
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    let after = 0;
    while (true) {
      const rows = this.#database.rows(
        `SELECT d.row, d.id, CAST(c.c0 AS BLOB),
           iif(typeof(e.seq_id) = 'blob', hex(e.seq_id), printf('%X', e.seq_id))
         FROM temp.lost_documents AS d JOIN embeddings AS e ON e.id = d.row
         JOIN embedding_fulltext_search_content AS c ON c.id = d.row
         WHERE d.row > ? ORDER BY d.row LIMIT ${ROWS_PER_PAGE}`,
        after,
      );
      for (const [row, id, text, sequence] of rows) {
        after = Number(row);
        const bytes = text instanceof Uint8Array ? text : new Uint8Array();
        yield [after, String(id), decoder.decode(bytes), parseInt(String(sequence), 16)];
      }
      if (rows.length < ROWS_PER_PAGE) return;
    }
  }

  #restoreDocument(
    row: number,
    id: string,
    { text, isFulltextSure, known }: {
      text: string;
      isFulltextSure: boolean;
      known: KnownValues;
    },
  ): void {
    const queued = documentOf(known.values);
    const { name } = this.#collection;
    const other = { source: "embedding_fulltext_search", text };
    if (queued !== null) {
      if (queued !== text) {
        const kept = { source: "embeddings_queue", text: queued };
        this.#saved.add(CONFLICTS_FILE, { collection: name, id, key: DOCUMENT_KEY, kept, other });
      }
      this.#fromQueue.push(id);
      return;
    }
    if (known.isAll) {
      this.#withoutDocument.push(id);
      return;
    }
    if (!isFulltextSure) {
      this.#saved.add(CONFLICTS_FILE, {
        collection: name,
        id,
        key: DOCUMENT_KEY,
        kept: null,
        other,
      });
      this.#ambiguous.push(id);
      return;
    }
    this.#database.prepare(
      `INSERT OR IGNORE INTO embedding_metadata (id, key, string_value)
       SELECT id, '${DOCUMENT_KEY}', c0 FROM embedding_fulltext_search_content WHERE id = ?`,
    )(row);
    this.#fromFulltext.push(id);
  }

  #restoreMetadata(
    row: number,
    id: string,
    values: RecordMetadata,
    isExpected: boolean,
  ): void {
    const keys = this.#writer.write(row, values);
    this.#values += keys.filter((key) => key !== DOCUMENT_KEY).length;
    if (isExpected && this.#hasNoMetadata(row)) this.#withoutMetadata.push(id);
  }

  /** Whether records that have kept their document have other values as well. */
  #expectsMetadata(): boolean {
    return this.#database.row(
      `SELECT 1 FROM embeddings AS e JOIN embedding_metadata AS m ON m.id = e.id
       WHERE e.segment_id = ? AND m.key <> '${DOCUMENT_KEY}'
         AND e.id NOT IN (SELECT row FROM temp.lost_documents) LIMIT 1`,
      this.#collection.place.metadataSegmentId,
    ) !== null;
  }

  #hasNoMetadata(row: number): boolean {
    return this.#database.row(
      `SELECT 1 FROM embedding_metadata WHERE id = ? AND key <> '${DOCUMENT_KEY}' LIMIT 1`,
      row,
    ) === null;
  }
}

/** What the queue tells of a record for sure. */
export interface KnownValues {
  /** The values, the document among them. */
  readonly values: RecordMetadata;
  /** Whether that is all that the record has. */
  readonly isAll: boolean;
}

/**
 * Tells what the queue proves of a record. The number in the row of a record is that of the last row
 * of the queue that did anything to it.
 *
 * @param history What the queue has of the record.
 * @param sequence The number in its row, or null.
 * @returns The values.
 */
export function knownValues(history: QueueHistory, sequence: number | null): KnownValues {
  const { createdSequence, isCreationSure, created, later } = history;
  if (createdSequence === null) return { values: later, isAll: false };
  const isSure = isCreationSure || createdSequence === sequence;
  return { values: isSure ? created : later, isAll: isSure };
}

function documentOf(values: RecordMetadata): string | null {
  const [value] = values.get(DOCUMENT_KEY)?.values ?? [];
  if (value?.column !== "text") return null;
  return new TextDecoder("utf-8", { ignoreBOM: true })
    .decode(value.bytes.subarray(value.start, value.end));
}
