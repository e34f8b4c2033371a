/**
 * The tables of the catalogue against what the engine that wrote it needs. The rules:
 *
 * - every table that the applied migrations made is there, with every column;
 * - nothing runs when a row is written;
 * - a table that cannot be read is named.
 *
 * The full-text table and its shadow tables are judged elsewhere.
 *
 * @module
 */

import { formatNumber } from "../../../base/format.ts";
import { printable } from "../../../base/printable.ts";
import { createFinding, type Finding } from "../../../model/finding.ts";
import { SQLITE_RESULT } from "../../../sqlite/database.ts";
import type { Catalogue } from "./catalogue.ts";
import { CATALOGUE_NAME } from "../layout.ts";
import type { Engine, MigrationDirectory } from "./migrations.ts";

/** Columns that a migration made, and the migration that took them away again. */
interface Made {
  readonly table: string;
  readonly columns: readonly string[];
  readonly directory: MigrationDirectory;
  readonly version: number;
  readonly removedIn?: number;
}

const MADE: readonly Made[] = [
  made("sysdb", 1, "collections", ["id", "name"]),
  { ...made("sysdb", 1, "collections", ["topic"]), removedIn: 5 },
  made("sysdb", 3, "collections", ["dimension"]),
  made("sysdb", 4, "collections", ["database_id"]),
  made("sysdb", 7, "collections", ["config_json_str"]),
  made("sysdb", 10, "collections", ["schema_str"]),
  made("sysdb", 1, "collection_metadata", [
    "collection_id",
    "key",
    "str_value",
    "int_value",
    "float_value",
  ]),
  made("sysdb", 6, "collection_metadata", ["bool_value"]),
  made("sysdb", 2, "segments", ["id", "type", "scope", "collection"]),
  { ...made("sysdb", 2, "segments", ["topic"]), removedIn: 5 },
  made("sysdb", 2, "segment_metadata", [
    "segment_id",
    "key",
    "str_value",
    "int_value",
    "float_value",
  ]),
  made("sysdb", 6, "segment_metadata", ["bool_value"]),
  made("sysdb", 4, "tenants", ["id"]),
  made("sysdb", 4, "databases", ["id", "name", "tenant_id"]),
  made("sysdb", 8, "maintenance_log", ["id", "timestamp", "operation"]),
  made("metadb", 1, "embeddings", ["id", "segment_id", "embedding_id", "seq_id", "created_at"]),
  made("metadb", 1, "embedding_metadata", [
    "id",
    "key",
    "string_value",
    "int_value",
    "float_value",
  ]),
  made("metadb", 2, "embedding_metadata", ["bool_value"]),
  made("metadb", 1, "max_seq_id", ["segment_id", "seq_id"]),
  made("metadb", 6, "embedding_metadata_array", [
    "id",
    "key",
    "string_value",
    "int_value",
    "float_value",
    "bool_value",
  ]),
  made("embeddings_queue", 1, "embeddings_queue", [
    "seq_id",
    "created_at",
    "operation",
    "topic",
    "id",
    "vector",
    "encoding",
    "metadata",
  ]),
  made("embeddings_queue", 2, "embeddings_queue_config", ["id", "config_json_str"]),
];

/** How many triggers a finding names. */
const MOST_NAMED = 100;

const MIGRATIONS_COLUMNS = ["dir", "version", "filename", "sql", "hash"];

/**
 * Judges the tables and columns of the catalogue.
 *
 * @param catalogue The catalogue.
 * @param engine The engine that it tells.
 * @returns What is missing or cannot be read; nothing for a file without a byte.
 */
export function checkSchema(catalogue: Catalogue, engine: Engine): Finding[] {
  const findings = checkReadable(catalogue);
  const isListed = !catalogue.unreadable.some(({ table }) => table === "sqlite_master");
  if (!isListed || catalogue.pageCount === 0) return findings;
  return [...findings, ...checkTables(catalogue, engine), ...checkTriggers(catalogue)];
}

function checkTriggers({ triggers }: Catalogue): Finding[] {
  const [first] = triggers;
  if (first === undefined) return [];
  const more = triggers.length === 1 ? "" : `, and ${formatNumber(triggers.length - 1)} more`;
  return [createFinding("sqlite-trigger", {
    path: CATALOGUE_NAME,
    count: triggers.length,
    message: `The trigger ${printable(first, 100)}${more}: no version of Chroma makes any`,
    detail: { triggers: triggers.slice(0, MOST_NAMED) },
  })];
}

function checkReadable(catalogue: Catalogue): Finding[] {
  return catalogue.unreadable
    .filter(({ resultCode }) => isDamage(resultCode & 0xff))
    .map(({ table, message, resultCode }) =>
      createFinding("sqlite-malformed", {
        path: CATALOGUE_NAME,
        message: `The table ${printable(table, 100)} cannot be read to its end: ` +
          printable(message, 200),
        detail: { table, resultCode },
      })
    );
}

function isDamage(primaryCode: number): boolean {
  return primaryCode === SQLITE_RESULT.CORRUPT || primaryCode === SQLITE_RESULT.NOTADB;
}

function checkTables(catalogue: Catalogue, engine: Engine): Finding[] {
  const needed = new Map([["migrations", MIGRATIONS_COLUMNS]]);
  // Who knows what a newer engine has taken away: then only the oldest table is asked for.
  const applied = engine.newerThanKnown ? [] : MADE.filter((entry) => isApplied(entry, engine));
  for (const { table, columns } of applied) {
    needed.set(table, [...needed.get(table) ?? [], ...columns]);
  }
  const findings: Finding[] = [];
  for (const [table, columns] of needed) {
    findings.push(...checkTable(catalogue, engine, table, columns));
  }
  return findings;
}

function isApplied({ directory, version, removedIn }: Made, engine: Engine): boolean {
  const applied = engine.schema[directory];
  return applied >= version && (removedIn === undefined || applied < removedIn);
}

function checkTable(
  catalogue: Catalogue,
  engine: Engine,
  table: string,
  columns: readonly string[],
): Finding[] {
  const present = catalogue.tables.get(table);
  if (present === undefined || catalogue.virtualTables.has(table)) {
    const isVirtual = present !== undefined;
    return [createFinding("sqlite-table-missing", {
      path: CATALOGUE_NAME,
      message: (isVirtual
        ? `A virtual table stands in the place of the table ${table}`
        : `The table ${table} is missing`) + `; ${engine.name} needs it`,
      detail: { table },
    })];
  }
  // A table without any column is one whose columns could not be read: that is named already.
  if (present.length === 0) return [];
  const missing = columns.filter((column) => !present.some(({ name }) => name === column));
  if (missing.length === 0) return [];
  return [createFinding("sqlite-column-missing", {
    path: CATALOGUE_NAME,
    count: missing.length,
    message: `The table ${table} lacks ${missing.join(", ")}; ${engine.name} needs that`,
    detail: { table, columns: missing },
  })];
}

function made(
  directory: MigrationDirectory,
  version: number,
  table: string,
  columns: readonly string[],
): Made {
  return { directory, version, table, columns };
}
