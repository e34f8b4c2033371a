/**
 * What a store holds, read without an engine, in the form in which engines answer.
 *
 * @module
 */

import { join } from "@std/path";
import { type SqlValue, StoreDatabase } from "../../lib/sqlite/database.ts";
import { salvage } from "../stores/chroma/salvage/salvage_cases.ts";
import type { Answers, StoreAnswers } from "../support/engine_server.ts";
import { encodeVectors } from "./vectors.ts";

/** The collection that is read. */
export interface Wanted {
  readonly name: string;
  readonly id?: string | undefined;
}

/** A record as the tables hold it. */
interface TableRecord {
  document: string | null;
  readonly metadata: Record<string, SqlValue>;
}

/**
 * Reads collections of a store: vectors from every place that holds them, texts from the tables.
 *
 * @param store The store's directory.
 * @param collections The collections.
 */
export function readAnswers(
  store: string,
  collections: readonly Wanted[],
): StoreAnswers {
  return { collections: collections.map((collection) => readCollection(store, collection)) };
}

function readCollection(store: string, wanted: Wanted): Answers {
  using database = StoreDatabase.open(join(store, "chroma.sqlite3"));
  // A collection whose name was lost has another one after the repair.
  const row = database.row(
    "SELECT id, name FROM collections WHERE id = ? OR name = ?",
    wanted.id ?? "",
    wanted.name,
  );
  const name = String(row?.[1]);
  const tables = readTables(database, String(row?.[0]));
  const { records, missing } = salvage(store, name);
  return {
    name,
    error: missing.length === 0 ? null : `${missing.length} records have no vector`,
    count: records.length + missing.length,
    ids: records.map((record) => record.id),
    vectors: encodeVectors(records.flatMap(({ vector }) => [...vector])),
    documents: records.map((record) => tables.get(record.id)?.document ?? null),
    metadatas: records.map((record) => tables.get(record.id)?.metadata ?? {}),
  };
}

function readTables(database: StoreDatabase, collectionId: string): Map<string, TableRecord> {
  const records = new Map<string, TableRecord>();
  const rows = database.rows(
    `SELECT e.embedding_id, m.key, m.string_value, m.int_value, m.float_value, m.bool_value
     FROM segments AS s
     JOIN embeddings AS e ON e.segment_id = s.id
     LEFT JOIN embedding_metadata AS m ON m.id = e.id
     WHERE s.collection = ? AND s.scope = 'METADATA'`,
    collectionId,
  );
  for (const [id, key, text, integer, float, boolean] of rows) {
    const record = records.get(String(id)) ?? { document: null, metadata: {} };
    records.set(String(id), record);
    const value = text ?? integer ?? float ?? (boolean === null ? null : boolean === 1);
    if (key === "chroma:document") record.document = String(text);
    else if (typeof key === "string") record.metadata[key] = value as SqlValue;
  }
  return records;
}
