/**
 * Damages to rows of chroma.sqlite3: the catalogue, the records, the full text.
 *
 * Losses strike the whole store; what names a collection is done to the collection of the target.
 *
 * @module
 */

import type { SqlValue } from "../../../sqlite/database.ts";
import type { DamageTarget } from "../damage.ts";
import type { Breakage } from "./chroma_damage.ts";
import { changeRows, collectionId, withDatabase } from "./targets.ts";

/** The damages to rows of chroma.sqlite3 that name no sequence number. */
export const SQLITE: readonly Breakage[] = [
  rowDamage({
    name: "fts_rows_lost",
    description: "The blocks of the full-text index are gone; its documents are still there.",
    // The rows 1 and 10 hold the averages and the structure of the index.
    sql: "DELETE FROM embedding_fulltext_search_data WHERE id > 10",
  }),
  rowDamage({
    name: "fts_content_lost",
    description: "A third of the documents is gone from the full text; its index is still there.",
    sql: "DELETE FROM embedding_fulltext_search_content WHERE id % 3 = 0",
  }),
  rowDamage({
    name: "config_without_type",
    description: "The configurations of the collections lack _type.",
    sql: `UPDATE collections SET config_json_str = json_remove(config_json_str, '$._type')
      WHERE json_extract(config_json_str, '$._type') IS NOT NULL`,
  }),
  rowDamage({
    name: "config_not_json",
    description: "The configurations of the collections end in the middle.",
    sql: `UPDATE collections SET config_json_str = '{"hnsw'`,
  }),
  rowDamage({
    name: "metadata_rows_lost",
    description: "A quarter of the records has lost its metadata and documents.",
    sql: "DELETE FROM embedding_metadata WHERE id % 4 = 0",
  }),
  rowDamage({
    name: "records_lost",
    description: "A quarter of the records is gone from the table embeddings.",
    sql: "DELETE FROM embeddings WHERE id % 4 = 0",
  }),
  rowDamage({
    name: "segment_rows_lost",
    description: "The row of the collection's VECTOR segment is gone.",
    sql: "DELETE FROM segments WHERE collection = ? AND scope = 'VECTOR'",
    parameters: (target) => [collectionId(target)],
  }),
  rowDamage({
    name: "segment_metadata_rows_lost",
    description: "The rows of the METADATA segments of all collections are gone.",
    sql: "DELETE FROM segments WHERE scope = 'METADATA'",
  }),
  rowDamage({
    name: "tenant_lost",
    description: "The tenants are gone.",
    sql: "DELETE FROM tenants",
  }),
  rowDamage({
    name: "migration_changed",
    description: "The hash of the third migration is not that of any.",
    sql: `UPDATE migrations SET hash = 'deadbeef'
      WHERE rowid = (SELECT rowid FROM migrations ORDER BY rowid LIMIT 1 OFFSET 2)`,
  }),
  rowDamage({
    name: "migration_lost",
    description: "The record of the migration that was applied last is gone.",
    sql: "DELETE FROM migrations WHERE rowid = (SELECT max(rowid) FROM migrations)",
  }),
  rowDamage({
    name: "foreign_dimension",
    description: "The collection's dimension is twice that of its vectors.",
    sql: "UPDATE collections SET dimension = 2 * dimension WHERE id = ? AND dimension > 0",
    parameters: (target) => [collectionId(target)],
  }),
  rowDamage({
    name: "collection_dimension_null",
    description: "The collection has no dimension though it has vectors.",
    sql: "UPDATE collections SET dimension = NULL WHERE id = ? AND dimension > 0",
    parameters: (target) => [collectionId(target)],
  }),
  {
    name: "collection_name_null",
    description: "The collection has no name, against the rule of its table.",
    file: "sqlite",
    scope: "collection",
    apply: loseName,
  },
];

/**
 * Makes a damage of one statement that changes rows.
 *
 * @param damage Name, description, the statement and the values of its `?`.
 * @returns The damage; it is not applicable where no row is changed.
 */
export function rowDamage(
  { name, description, sql, parameters }: Pick<Breakage, "name" | "description"> & {
    sql: string;
    parameters?: (target: DamageTarget) => SqlValue[];
  },
): Breakage {
  return {
    name,
    description,
    file: "sqlite",
    scope: parameters === undefined ? "store" : "collection",
    apply: (target) => changeRows(target, sql, ...(parameters?.(target) ?? [])),
  };
}

/** SQLite holds to NOT NULL, so the rule is taken away for as long as the row is changed. */
function loseName(target: DamageTarget): void {
  const id = collectionId(target);
  const declaration = "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = 'collections'";
  const sql = withDatabase(target, (database) => database.row(declaration)?.[0] ?? null);
  setDeclaration(target, String(sql).replace(/\bname TEXT NOT NULL\b/, "name TEXT"));
  // Each connection reads the schema once: the change shows in the next one.
  changeRows(target, "UPDATE collections SET name = NULL WHERE id = ?", id);
  setDeclaration(target, sql);
}

function setDeclaration(target: DamageTarget, sql: SqlValue): void {
  changeRows(
    target,
    "UPDATE sqlite_schema SET sql = ? WHERE type = 'table' AND name = 'collections'",
    sql,
  );
}
