/**
 * Findings in the catalogue, the records, the queue and the full text: VF12 to VF14.
 *
 * @module
 */

import type { BrokenStore } from "../support/broken_store.ts";
import type { CodeCase, CodeCases } from "./case.ts";

const CATALOGUE = "chroma.sqlite3";

function afterSql(...statements: string[]): CodeCase {
  return { damage: (store) => store.sql(...statements), path: CATALOGUE };
}

function ofNotes(sql: (segment: string) => string): CodeCase {
  return { damage: (store) => store.sql(sql(store.segment())), path: CATALOGUE };
}

function idOf(name: string): string {
  return `(SELECT id FROM collections WHERE name = '${name}')`;
}

const NOTES_TOPIC = `'persistent://default/default/' || ${idOf("notes")}`;

function addQueueRows(store: BrokenStore, rows: number): void {
  store.sql(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
     INSERT INTO embeddings_queue (operation, topic, id, vector, encoding, metadata)
     SELECT 2, ${NOTES_TOPIC}, 'notes-00000', zeroblob(128), 'FLOAT32', NULL FROM n`,
  );
}

/** Cases for VF12 to VF14. */
export const CATALOGUE_CASES: CodeCases = {
  "migration-missing": afterSql("DELETE FROM migrations WHERE dir = 'metadb' AND version = 3"),
  "migration-changed": afterSql(
    "UPDATE migrations SET hash = 'deadbeef' WHERE dir = 'sysdb' AND version = 1",
  ),
  "tenant-missing": afterSql("DELETE FROM tenants"),
  "database-missing": afterSql("DELETE FROM databases"),
  "collection-name-invalid": afterSql("UPDATE collections SET name = '' WHERE name = 'notes'"),
  "collection-name-duplicate": afterSql(
    "PRAGMA writable_schema = ON",
    "UPDATE sqlite_schema SET sql = replace(sql, 'UNIQUE (name, database_id)', " +
      "'CHECK (1)') WHERE name = 'collections'",
    "DELETE FROM sqlite_schema WHERE name = 'sqlite_autoindex_collections_2'",
    "PRAGMA writable_schema = RESET",
    "UPDATE collections SET name = 'notes' WHERE name = 'dot'",
  ),
  "segment-row-missing": ofNotes((segment) => `DELETE FROM segments WHERE id = '${segment}'`),
  "segment-row-orphan": afterSql(
    "INSERT INTO segments (id, type, scope, collection) VALUES " +
      "('11111111-1111-4111-8111-111111111111', 'urn:chroma:segment/metadata/sqlite', " +
      "'METADATA', '22222222-2222-4222-8222-222222222222')",
  ),
  "segment-row-duplicate": afterSql(
    "INSERT INTO segments (id, type, scope, collection) SELECT " +
      "'11111111-1111-4111-8111-111111111111', type, scope, collection FROM segments " +
      `WHERE scope = 'VECTOR' AND collection = ${idOf("notes")}`,
  ),
  "configuration-not-json": afterSql(
    `UPDATE collections SET config_json_str = '{"hnsw' WHERE name = 'notes'`,
  ),
  "configuration-without-type": {
    store: "chroma-0.5.23",
    damage: (store) =>
      store.sql(
        `UPDATE collections SET config_json_str = replace(config_json_str, '"_type"', '"type"')
         WHERE name = 'notes'`,
      ),
    path: CATALOGUE,
  },
  "configuration-space-unknown": {
    store: "chroma-0.4.24",
    damage: (store) =>
      store.sql("UPDATE segment_metadata SET str_value = 'manhattan' WHERE str_value = 'cosine'"),
    path: CATALOGUE,
  },
  "dimension-mismatch": {
    damage: (store) => store.sql("UPDATE collections SET dimension = 64 WHERE name = 'notes'"),
    says: "32 dimensions",
  },
  "dimension-missing": afterSql("UPDATE collections SET dimension = NULL WHERE name = 'notes'"),
  "watermark-poisoned": {
    damage: (store) =>
      store.sql("UPDATE max_seq_id SET seq_id = 1229822654365841720 WHERE seq_id = 686"),
    path: CATALOGUE,
    says: "502498",
  },
  "watermark-blob": afterSql(
    "UPDATE max_seq_id SET seq_id = x'00000000000002ae' WHERE seq_id = 686",
  ),
  "watermark-invalid": afterSql("UPDATE max_seq_id SET seq_id = 'many' WHERE seq_id = 686"),
  "watermark-ahead": afterSql("UPDATE max_seq_id SET seq_id = 9000 WHERE seq_id = 686"),
  "watermark-missing": ofNotes((segment) =>
    `DELETE FROM max_seq_id WHERE segment_id = '${segment}'`
  ),
  "watermark-orphan": afterSql(
    "INSERT INTO max_seq_id VALUES ('11111111-1111-4111-8111-111111111111', 3)",
  ),
  "index-settings-lost": {
    store: "chroma-0.5.23",
    damage: (store) => store.sql("DELETE FROM segment_metadata"),
    path: CATALOGUE,
    says: "cosine",
  },
  "queue-configuration-invalid": afterSql(
    "UPDATE embeddings_queue_config SET config_json_str = '{'",
  ),

  "settings-value-unreadable": {
    damage: (store) =>
      store.sql(
        "INSERT OR REPLACE INTO collection_metadata (collection_id, key, int_value) " +
          "SELECT id, 'source', 'a text' FROM collections WHERE name = 'notes'",
      ),
    path: CATALOGUE,
    count: 1,
    says: '1 value of collection_metadata cannot be read; the first is "source"',
  },

  "records-orphaned": { store: "chroma-0.5.23", damage: () => {}, path: CATALOGUE },
  "metadata-orphaned": afterSql(
    "INSERT INTO embedding_metadata (id, key, int_value) VALUES (99999, 'page', 1)",
  ),
  "metadata-array-orphaned": afterSql(
    "INSERT INTO embedding_metadata_array (id, key, int_value) VALUES (99999, 'pages', 1)",
  ),
  "queue-row-invalid": afterSql(
    `INSERT INTO embeddings_queue (operation, topic, id, vector, encoding)
     VALUES (0, ${NOTES_TOPIC}, 'short', x'00112233', 'FLOAT32')`,
  ),
  "queue-unpurged": {
    damage: (store) => {
      store.sql(
        `UPDATE embeddings_queue_config SET config_json_str = '{"automatically_purge":false}'`,
      );
      store.sql(
        `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400)
         INSERT INTO embeddings_queue (seq_id, operation, topic, id, vector, encoding)
         SELECT i, 2, ${NOTES_TOPIC}, 'notes-00000', zeroblob(128), 'FLOAT32' FROM n`,
      );
    },
    path: CATALOGUE,
  },
  "queue-orphaned": afterSql(
    `INSERT INTO embeddings_queue (operation, topic, id, vector, encoding) VALUES (0,
     'persistent://default/default/11111111-1111-4111-8111-111111111111', 'x', zeroblob(128),
     'FLOAT32')`,
  ),
  "index-lagging": { damage: () => {}, path: CATALOGUE },
  "index-stuck": { damage: (store) => addQueueRows(store, 30_000), path: CATALOGUE },
  "record-row-missing": {
    damage: (store) => store.sql("DELETE FROM embeddings WHERE id % 4 = 1"),
    path: CATALOGUE,
  },
  "queue-retained": { store: "chroma-0.4.24", damage: () => {}, path: CATALOGUE },

  "fulltext-table-missing": afterSql("DROP TABLE embedding_fulltext_search"),
  "fulltext-malformed": afterSql("DELETE FROM embedding_fulltext_search_data WHERE id > 10"),
  "fulltext-rows-missing": afterSql(
    "DELETE FROM embedding_fulltext_search WHERE rowid % 4 = 1",
  ),
  "fulltext-text-differs": afterSql(
    "UPDATE embedding_fulltext_search SET string_value = 'something else' WHERE rowid = 5",
  ),
  "fulltext-leftover": { store: "chroma-0.4.24", damage: () => {}, path: CATALOGUE, count: 18 },
  "fulltext-row-in-the-way": {
    ...afterSql(
      "INSERT INTO embedding_fulltext_search (rowid, string_value) VALUES (99999, 'of 0.4')",
    ),
    count: 1,
  },
  "document-missing": afterSql(
    "DELETE FROM embedding_metadata WHERE key = 'chroma:document' AND id % 4 = 1",
  ),
};
