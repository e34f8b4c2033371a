/**
 * The schema migrations of Chroma's SQLite database, and which engine they tell.
 *
 * An engine applies its migrations one by one and writes each down in the table `migrations`: the
 * directory, the number, the file, the SQL and a hash of the SQL: MD5, or SHA-256 where the setting
 * `migrations_hash_algorithm` says so. At every start it compares the rows with its own files, in
 * order: another number or another hash and it refuses the store; 1.x compares the SQL as well. The
 * text is the same in every version, but for the first migration of metadb in 0.4.0.
 *
 * | version         | sysdb | metadb | embeddings_queue |
 * | --------------- | ----- | ------ | ---------------- |
 * | 0.4.0 to 0.4.3  | 3     | 1      | 1                |
 * | 0.4.4, 0.4.5    | 3     | 2      | 1                |
 * | 0.4.6 to 0.4.14 | 3     | 3      | 1                |
 * | 0.4.15 to 0.4.24| 4     | 3      | 1                |
 * | 0.5.0           | 5     | 3      | 1                |
 * | 0.5.1 to 0.5.3  | 6     | 3      | 1                |
 * | 0.5.4, 0.5.5    | 7     | 3      | 1                |
 * | 0.5.6 to 0.6.3  | 9     | 4      | 2                |
 * | 1.0 to 1.2      | 9     | 5      | 2                |
 * | 1.3, 1.4        | 10    | 5      | 2                |
 * | 1.5             | 10    | 6      | 2                |
 *
 * @module
 */

import { type Catalogue, hasColumn } from "./catalogue.ts";

/** The directories of migrations. */
export type MigrationDirectory = "sysdb" | "metadb" | "embeddings_queue";

/** A migration that an engine is known to apply. */
export interface KnownMigration {
  /** Its directory. */
  readonly directory: MigrationDirectory;
  /** Its number. */
  readonly version: number;
  /** MD5 of its SQL. */
  readonly md5: string;
  /** SHA-256 of its SQL. */
  readonly sha256: string;
  /**
   * Tells from the schema whether it was applied; null when nothing there tells.
   */
  readonly wasApplied: (catalogue: Catalogue) => boolean | null;
}

/** The first migration of metadb as only 0.4.0 has it: MD5 and SHA-256. */
const FIRST_METADB_OF_0_4_0 = [
  "70f0dbf83da2f428f30d78b7d994cbbb",
  "d54f21e5694c25e999dc529fe5fb140b4f239f0dba3cf87db7016ffd0f125c3f",
] as const;

/** Every migration up to Chroma 1.5.9, each directory in ascending order. */
export const KNOWN_MIGRATIONS: readonly KnownMigration[] = [
  known(
    "sysdb",
    1,
    "38352d725ad1c16074fac420b22b4633",
    "dfa5720fb290880c9a7abac9262024cd32da703a312471b5d64eb29613a055bd",
    madeTable("collections"),
  ),
  known(
    "sysdb",
    2,
    "2913cb6a503055a95f625448037e8912",
    "e459a7f668f9c9a38562e92211feeccc4549d5a04aca2972397291496d564a1c",
    madeTable("segments"),
  ),
  known(
    "sysdb",
    3,
    "42d22d0574d31d419c2a0e7f625c93aa",
    "465c9dd473bf084e6acddcfd15c2587ecaf325b3043af49aaec87e4006bde8f3",
    madeColumn("collections", "dimension"),
  ),
  known(
    "sysdb",
    4,
    "048867ce8fcdefe4023c7110e4433591",
    "0da5897ebd71a72ee540c1011265671f5ef6eb21da9eaaa1e58408d8a0480dc3",
    madeColumn("collections", "database_id"),
  ),
  known(
    "sysdb",
    5,
    "b1367c826b8fba5f96f27befdc1d42d2",
    "60a348031c4bcf98d611ca6362fa8b754cc854463ba65258aab366327a237343",
    // It only takes columns away: that they are gone is no trace of it.
    () => null,
  ),
  known(
    "sysdb",
    6,
    "4eea7468935bf25d4604a0fed2366116",
    "5768db7d49f555920dacc7012f173cfdd2eb4c3f71af910d3fd653661105a694",
    madeColumn("collection_metadata", "bool_value"),
  ),
  known(
    "sysdb",
    7,
    "1c7e63bba346a42a18b6ab7f1c989bed",
    "e787b736706f173e9b279505e0e7027f57a27031dfe7668a167677030715d5b9",
    madeColumn("collections", "config_json_str"),
  ),
  known(
    "sysdb",
    8,
    "0a0e7e93111a01789addf64961c6127c",
    "66ad31eefddd3070be27963a053319f0fe9003e5dd1f38b50c42e2ed970812ad",
    madeTable("maintenance_log"),
  ),
  known(
    "sysdb",
    9,
    "054355aef9e63702bf54ea29e61563f1",
    "b5564781c2b24dfdc79024a2e8f17ad9830127cc9b43876d9428757c093bc99e",
    (catalogue) => {
      const column = catalogue.tables.get("segments")?.find(({ name }) => name === "collection");
      return column?.notNull ?? null;
    },
  ),
  known(
    "sysdb",
    10,
    "5c3a5ac4b79df76799b4721827ed5e1d",
    "38b8b08790d290caff0043129e71e983cb15c4cb0980773d8bb39d5855c1d5d6",
    madeColumn("collections", "schema_str"),
  ),
  known(
    "metadb",
    1,
    "2b4cf52c4bb2676e21d6860a4409f856",
    "0e7477e62bd40830f28f9986f0703597817877503044324efe8c9ecc85392845",
    madeTable("embeddings"),
  ),
  known(
    "metadb",
    2,
    "12a570f7121b3a8ce750a2a7c36da20f",
    "337de70bb89c42bf01747642fbe9310f8ce38635ab50f2ce82ee98ac664e759b",
    madeColumn("embedding_metadata", "bool_value"),
  ),
  known(
    "metadb",
    3,
    "f97ad6334aeaa8f419f01110b648b97a",
    "13fd5839823c8f1e236431c2f716a0aef02c5bfd80c35c15963496924ea8dda4",
    madeTable("embedding_fulltext_search"),
  ),
  known(
    "metadb",
    4,
    "fb36603a45ee2cd0254cef3ef86585e8",
    "46e874a3bf99ae95611fd8f781b9aecccc8979dc4e06c91e86a6b56dac378443",
    ({ indexes }) => indexes.has("embedding_metadata_int_value"),
  ),
  known(
    "metadb",
    5,
    "0e9de46758761b373ce682925edcc326",
    "363f44b68fcda609e239e1e23263d655a0439a490394da3d690279939a716e45",
    (catalogue) => {
      const column = catalogue.tables.get("max_seq_id")?.find(({ name }) => name === "seq_id");
      return column === undefined ? null : column.type === "INTEGER";
    },
  ),
  known(
    "metadb",
    6,
    "e026f01ea92c1baa1493f4ad5ca7cfe7",
    "352340cb5ffe1d2e2a44b3d6d2651128933f8f16479c7220692b52a19c9ad985",
    madeTable("embedding_metadata_array"),
  ),
  known(
    "embeddings_queue",
    1,
    "d3755dfd232be8e8301f4d7fcfb3a486",
    "fbcbdac621c6bdebe561ae0bd3eac840737af822f4edc0d567b94e2066eecf28",
    madeTable("embeddings_queue"),
  ),
  known(
    "embeddings_queue",
    2,
    "8fbfe4ffb3e57f1d8bfdc58510a82e85",
    "788fe9b405526821be2f4e305da3891724871859a2ea8f48c1f8182745658fd9",
    madeTable("embeddings_queue_config"),
  ),
];

/** The highest migration of each directory. */
export type SchemaVersion = Readonly<Record<MigrationDirectory, number>>;

/** Which engine a store was written for. */
export interface Engine {
  /** For people, as precisely as the schema tells, for instance `chroma 1.5`. */
  readonly name: string;
  /** Which half of Chroma's history: the Rust core began with 1.0. */
  readonly era: "python" | "rust";
  /** Whether there are migrations that this table does not have. */
  readonly newerThanKnown: boolean;
  /** The highest migrations, by the records or, where those are lost, by what they made. */
  readonly schema: SchemaVersion;
}

/** From which migrations on a store is of which version; the last row that fits counts. */
const ENGINES: readonly (readonly [name: string, sysdb: number, metadb: number])[] = [
  ["chroma 0.4.0 to 0.4.3", 0, 0],
  ["chroma 0.4.4 to 0.4.5", 3, 2],
  ["chroma 0.4.6 to 0.4.14", 3, 3],
  ["chroma 0.4.15 to 0.4.24", 4, 3],
  ["chroma 0.5.0", 5, 3],
  ["chroma 0.5.1 to 0.5.3", 6, 3],
  ["chroma 0.5.4 to 0.5.5", 7, 3],
  ["chroma 0.5.6 to 0.6.3", 9, 4],
  ["chroma 1.0 to 1.2", 9, 5],
  ["chroma 1.3 to 1.4", 10, 5],
  ["chroma 1.5", 10, 6],
];

/** The first migration of metadb that only the Rust core applies. */
const FIRST_METADB_OF_RUST = 5;

/**
 * Tells from the catalogue which engine wrote the store last.
 *
 * @param catalogue The catalogue.
 * @returns The engine; without any trace of one, the oldest.
 */
export function inferEngine(catalogue: Catalogue): Engine {
  const schema: SchemaVersion = {
    sysdb: highestVersion(catalogue, "sysdb"),
    metadb: highestVersion(catalogue, "metadb"),
    embeddings_queue: highestVersion(catalogue, "embeddings_queue"),
  };
  // The Rust core makes this table at every start, whatever its migrations do.
  const isRust = schema.metadb >= FIRST_METADB_OF_RUST || catalogue.tables.has("acquire_write");
  const newerThanKnown = listUnknownMigrations(catalogue).length > 0;
  const fitting = ENGINES.filter(([, sysdb, metadb]) =>
    schema.sysdb >= sysdb && schema.metadb >= metadb
  );
  const name = fitting[fitting.length - 1]?.[0] ?? "chroma";
  return {
    name: newerThanKnown ? "chroma, newer than 1.5" : name,
    era: isRust ? "rust" : "python",
    newerThanKnown,
    schema,
  };
}

/** A migration that is written down and not known here. */
export interface UnknownMigration {
  /** Its directory. */
  readonly directory: string;
  /** Its number. */
  readonly version: number;
}

/** Lists the migrations that are written down and that no engine up to 1.5.9 has. */
export function listUnknownMigrations(catalogue: Catalogue): UnknownMigration[] {
  const unknown: UnknownMigration[] = [];
  for (const { directory, version } of catalogue.migrations) {
    if (version === null) continue;
    const highest = Math.max(
      ...KNOWN_MIGRATIONS.filter((migration) => migration.directory === directory)
        .map((migration) => migration.version),
    );
    // A directory that is not known at all has no highest version: -Infinity.
    if (version > highest) unknown.push({ directory, version });
  }
  return unknown;
}

/**
 * The hashes that an engine writes down for a migration.
 *
 * @param migration The migration.
 * @param metadb The highest migration of metadb in the store.
 * @returns Every hash that is no sign of damage.
 */
export function acceptedHashes(migration: KnownMigration, metadb: number): readonly string[] {
  const hashes = [migration.md5, migration.sha256];
  // No later engine opens what 0.4.0 made, so nothing can have been applied on top of it.
  return migration.directory === "metadb" && migration.version === 1 && metadb === 1
    ? [...hashes, ...FIRST_METADB_OF_0_4_0]
    : hashes;
}

function highestVersion(catalogue: Catalogue, directory: MigrationDirectory): number {
  let highest = 0;
  for (const row of catalogue.migrations) {
    if (row.directory === directory) highest = Math.max(highest, row.version ?? 0);
  }
  for (const migration of KNOWN_MIGRATIONS) {
    if (migration.directory !== directory || migration.version <= highest) continue;
    if (migration.wasApplied(catalogue) === true) highest = migration.version;
  }
  return highest;
}

function known(
  directory: MigrationDirectory,
  version: number,
  md5: string,
  sha256: string,
  wasApplied: KnownMigration["wasApplied"],
): KnownMigration {
  return { directory, version, md5, sha256, wasApplied };
}

function madeTable(table: string): (catalogue: Catalogue) => boolean {
  return ({ tables }) => tables.has(table);
}

function madeColumn(table: string, column: string): (catalogue: Catalogue) => boolean | null {
  return (catalogue) => catalogue.tables.has(table) ? hasColumn(catalogue, table, column) : null;
}
