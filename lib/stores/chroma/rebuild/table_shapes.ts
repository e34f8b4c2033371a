/**
 * Telling by its values to which table of Chroma a row belongs, where the pages that lead to it are
 * gone. Every table of every version has a shape of its own, but for two pairs: metadata of records
 * and its lists are told apart by the page (`place_rows.ts`), metadata of collections and of
 * segments by the ids.
 *
 * | table                             | values, the row's id left out                                |
 * | --------------------------------- | ------------------------------------------------------------ |
 * | embeddings                        | NULL, uuid, id, integer or blob of 8, time                   |
 * | embedding_metadata(_array)        | integer, key, text, integer, float, (bool)                   |
 * | embeddings_queue                  | NULL, time, operation, topic, id, blob, text, text           |
 * | embedding_fulltext_search_content | NULL, text                                                   |
 * | embeddings_queue_config           | NULL, JSON                                                   |
 * | max_seq_id                        | uuid, integer or blob                                        |
 * | collections                       | uuid, name, (topic), dimension, uuid, (JSON), (JSON)         |
 * | segments                          | uuid, urn, scope, (topic), uuid                              |
 * | collection_ and segment_metadata  | uuid, key, text, integer, float, (bool)                      |
 * | databases, tenants                | uuid, name, tenant; name                                     |
 * | migrations                        | directory, number, file, SQL, hash                           |
 *
 * @module
 */

import type { SqlValue } from "../../../sqlite/database.ts";

/** A table whose rows are brought back. The full text is made anew from the documents. */
export type RebuiltTable =
  | "embeddings"
  | "embedding_metadata"
  | "embedding_metadata_array"
  | "embeddings_queue"
  | "embeddings_queue_config"
  | "embedding_fulltext_search_content"
  | "max_seq_id"
  | "collections"
  | "segments"
  | "collection_metadata"
  | "segment_metadata"
  | "databases"
  | "tenants"
  | "migrations"
  | "maintenance_log";

type Judge = (value: SqlValue | undefined) => boolean;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const TIME = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}/;
const TOPIC = /^persistent:\/\//;

const isNull: Judge = (value) => value === null;
const isText: Judge = (value) => typeof value === "string";
const isInteger: Judge = (value) => typeof value === "bigint";
const isNumber: Judge = (value) => typeof value === "bigint" || typeof value === "number";
const isBlob: Judge = (value) => value instanceof Uint8Array;
const isUuid: Judge = (value) => typeof value === "string" && UUID.test(value);
const isTime: Judge = (value) => typeof value === "string" && TIME.test(value);
const isTopic: Judge = (value) => typeof value === "string" && TOPIC.test(value);
const isType: Judge = (value) => typeof value === "string" && value.startsWith("urn:");
const isScope: Judge = (value) => value === "VECTOR" || value === "METADATA";
const isSequence: Judge = (value) => isInteger(value) || isBlob(value);

/** A column that an older version does not have, or that can be NULL. */
function optional(judge: Judge): Judge {
  return (value) => value === undefined || value === null || judge(value);
}

const VALUE_COLUMNS: readonly Judge[] = [
  optional(isText),
  optional(isInteger),
  optional(isNumber),
  optional(isInteger),
];

/** The shapes of each table, one for each layout that a version gave it. */
const SHAPES: Readonly<Record<RebuiltTable, readonly (readonly Judge[])[]>> = {
  embeddings: [[isNull, isUuid, isText, isSequence, isTime]],
  embedding_metadata: [[isInteger, isText, ...VALUE_COLUMNS]],
  embedding_metadata_array: [[isInteger, isText, ...VALUE_COLUMNS]],
  embeddings_queue: [[
    isNull,
    isTime,
    isInteger,
    isTopic,
    isText,
    optional(isBlob),
    optional(isText),
    optional(isText),
  ]],
  embeddings_queue_config: [[isNull, (value) => isText(value) && /^\s*\{/.test(String(value))]],
  embedding_fulltext_search_content: [[isNull, optional(isText)]],
  max_seq_id: [[isUuid, optional(isSequence)]],
  collections: [
    [isUuid, isText, optional(isInteger), isUuid, optional(isText), optional(isText)],
    [isUuid, isText, isTopic, optional(isInteger), isUuid],
    [isUuid, isText, isTopic, optional(isInteger)],
  ],
  segments: [
    [isUuid, isType, isScope, isUuid],
    [isUuid, isType, isScope, optional(isText), optional(isUuid)],
  ],
  collection_metadata: [[isUuid, isText, ...VALUE_COLUMNS]],
  segment_metadata: [[isUuid, isText, ...VALUE_COLUMNS]],
  databases: [[isUuid, isText, isText]],
  tenants: [[isText]],
  migrations: [[isText, isInteger, isText, isText, isText]],
  maintenance_log: [[isInteger, isInteger, isText]],
};

/** The fewest values of a row: what follows was added by a migration. */
const FEWEST_VALUES: Partial<Record<RebuiltTable, number>> = {
  embedding_metadata: 5,
  collection_metadata: 5,
  segment_metadata: 5,
  collections: 4,
};

/** Every table whose rows are brought back. */
export const REBUILT_TABLES: readonly RebuiltTable[] = Object.keys(SHAPES) as RebuiltTable[];

/**
 * Whether a row can be one of a table.
 *
 * @param table The table.
 * @param values The values in the order of the columns.
 * @returns False when a value is of a kind that the engine never writes there.
 */
export function fitsTable(table: RebuiltTable, values: readonly SqlValue[]): boolean {
  return SHAPES[table].some((shape) =>
    values.length <= shape.length &&
    values.length >= (FEWEST_VALUES[table] ?? shape.length) &&
    shape.every((judge, index) => judge(values[index]))
  );
}

/**
 * Lists the tables to which a row can belong.
 *
 * @param values The values in the order of the columns.
 * @returns The tables; none for a row that no engine wrote.
 */
export function listFittingTables(values: readonly SqlValue[]): RebuiltTable[] {
  return REBUILT_TABLES.filter((table) => fitsTable(table, values));
}
