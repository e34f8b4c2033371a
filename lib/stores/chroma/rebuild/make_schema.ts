/**
 * Making an empty database of the version that a damaged one was of.
 *
 * @module
 */

import { createHash } from "../../../base/node_library.ts";
import type { SqlValue, StoreDatabase } from "../../../sqlite/database.ts";
import type { MigrationDirectory } from "../catalogue/migrations.ts";
import { MIGRATION_TEXTS, type MigrationText } from "../catalogue/migration_texts.ts";

/** The highest migration of each directory. */
export type SchemaVersions = Readonly<Record<MigrationDirectory, number>>;

/** What the rows of `migrations` told, and the declarations of tables that migrations make. */
export interface MigrationTrace {
  /** The highest migration of each directory that is proven by its text or by what it made. */
  readonly highest: Partial<Record<MigrationDirectory, number>>;
  /** Whether the hashes are SHA-256, as the setting `migrations_hash_algorithm` has it. */
  readonly usesSha256: boolean;
}

/** The versions that belong together: sysdb, metadb, embeddings_queue; see `migrations.ts`. */
const VERSIONS: readonly (readonly [sysdb: number, metadb: number, queue: number])[] = [
  [3, 1, 1],
  [3, 2, 1],
  [3, 3, 1],
  [4, 3, 1],
  [5, 3, 1],
  [6, 3, 1],
  [7, 3, 1],
  [9, 4, 2],
  [9, 5, 2],
  [10, 5, 2],
  [10, 6, 2],
];

/** The statements of the engines' own tables, which no migration makes. */
const MIGRATIONS_TABLE = `CREATE TABLE migrations (
  dir TEXT NOT NULL,
  version INTEGER NOT NULL,
  filename TEXT NOT NULL,
  sql TEXT NOT NULL,
  hash TEXT NOT NULL,
  PRIMARY KEY (dir, version)
)`;
const LOCK_TABLE = `CREATE TABLE acquire_write (
  id INTEGER PRIMARY KEY,
  lock_status INTEGER NOT NULL
)`;

/** The first migration of metadb that only 1.x has: it makes the lock table too. */
const FIRST_METADB_OF_RUST = 5;

/**
 * Takes what a row of `migrations` proves.
 *
 * @param values The values of the row.
 * @param trace What the rows before have told.
 * @returns The trace with this row; the same one where it proves nothing.
 */
export function traceMigration(
  values: readonly SqlValue[],
  trace: MigrationTrace,
): MigrationTrace {
  const [directory, version, , sql, hash] = values;
  const known = MIGRATION_TEXTS.find((text) =>
    text.directory === directory && BigInt(text.version) === version && text.sql === sql
  );
  if (known === undefined) return trace;
  const highest = Math.max(trace.highest[known.directory] ?? 0, known.version);
  return {
    highest: { ...trace.highest, [known.directory]: highest },
    usesSha256: trace.usesSha256 || (typeof hash === "string" && hash.length === 64),
  };
}

/** What migrations have made, and the engines before them have not. */
const DECLARED_BY: readonly {
  readonly table: string;
  readonly column: RegExp | null;
  readonly directory: MigrationDirectory;
  readonly version: number;
}[] = [
  { table: "tenants", column: null, directory: "sysdb", version: 4 },
  { table: "collections", column: /\bconfig_json_str\b/i, directory: "sysdb", version: 7 },
  { table: "maintenance_log", column: null, directory: "sysdb", version: 8 },
  { table: "collections", column: /\bschema_str\b/i, directory: "sysdb", version: 10 },
  { table: "acquire_write", column: null, directory: "metadb", version: FIRST_METADB_OF_RUST },
  { table: "embedding_metadata_array", column: null, directory: "metadb", version: 6 },
  { table: "embeddings_queue_config", column: null, directory: "embeddings_queue", version: 2 },
];

/**
 * Takes what a row of `sqlite_schema` proves: the page of `migrations` may be lost, and two eras
 * differ in so little else that each would take the store for one of the other.
 *
 * @param values The values of the row: type, name, table, root page, declaration.
 * @param trace What the rows before have told.
 * @returns The trace with this row; the same one where it proves nothing.
 */
export function traceDeclaration(
  [type, name, , , sql]: readonly SqlValue[],
  trace: MigrationTrace,
): MigrationTrace {
  if (type !== "table" || typeof sql !== "string") return trace;
  const highest = { ...trace.highest };
  for (const { table, column, directory, version } of DECLARED_BY) {
    if (table !== name || (column !== null && !column.test(sql))) continue;
    highest[directory] = Math.max(highest[directory] ?? 0, version);
  }
  return { ...trace, highest };
}

/**
 * Finds the oldest version that has every migration which is proven.
 *
 * @param trace What the rows of `migrations` and the declarations told.
 * @returns The versions; of the newest engine where nothing is known.
 */
export function chooseVersions({ highest }: MigrationTrace): SchemaVersions {
  const { sysdb = 0, metadb = 0, embeddings_queue: queue = 0 } = highest;
  const isKnown = sysdb + metadb + queue > 0;
  const fitting = VERSIONS.find((version) =>
    version[0] >= sysdb && version[1] >= metadb && version[2] >= queue
  );
  const [first, second, third] = (isKnown ? fitting : undefined) ?? [10, 6, 2];
  return { sysdb: first, metadb: second, embeddings_queue: third };
}

/**
 * Makes the tables of a version, and writes its migrations down.
 *
 * @param database An empty database that can be written.
 * @param versions The version.
 * @param usesSha256 Which hash the engine is set to.
 * @throws {SqliteError} The database cannot be written.
 */
export function makeSchema(
  database: StoreDatabase,
  versions: SchemaVersions,
  usesSha256: boolean,
): void {
  database.execute(MIGRATIONS_TABLE);
  const insert = database.prepare("INSERT INTO migrations VALUES (?, ?, ?, ?, ?)");
  for (const text of MIGRATION_TEXTS) {
    if (text.version > versions[text.directory]) continue;
    database.execute(text.sql);
    insert(text.directory, text.version, text.fileName, text.sql, hashOf(text, usesSha256));
  }
  if (versions.metadb < FIRST_METADB_OF_RUST) return;
  database.execute(LOCK_TABLE);
  database.execute("INSERT INTO acquire_write VALUES (1, 1)");
}

function hashOf({ sql }: MigrationText, usesSha256: boolean): string {
  return createHash(usesSha256 ? "sha256" : "md5").update(sql).digest("hex");
}
