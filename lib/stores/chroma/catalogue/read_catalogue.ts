/**
 * Reading the catalogue. Each table is read on its own, so that one that is missing or damaged
 * takes nothing else with it; columns that an older or a newer engine does not have read as NULL.
 *
 * @module
 */

import type { StoreDatabase } from "../../../sqlite/database.ts";
import type {
  Catalogue,
  CollectionRow,
  DatabaseRow,
  HnswMetadata,
  MetadataValue,
  MigrationRow,
  QueueBounds,
  SegmentRow,
  StoredText,
  WatermarkRow,
} from "./catalogue.ts";
import { readMetadataFaults } from "./metadata_faults.ts";
import {
  bytesExpression,
  decodeLabel,
  decodeOptional,
  decodeStored,
  LONGEST_JSON_BYTES,
  LONGEST_NAME_BYTES,
  nameExpression,
  storedExpressions,
  toBigInt,
  toDimension,
  toMetadataValue,
  toSafeInteger,
  toStorageClass,
} from "./stored_values.ts";
import { digestMigration } from "./digest_migration.ts";
import { TableReader } from "./table_reader.ts";

/** How many rows of a table are held at the most. */
const MOST_COLLECTIONS = 100_000;
const MOST_SEGMENTS = 4 * MOST_COLLECTIONS;
const MOST_METADATA = 16 * MOST_COLLECTIONS;
const MOST_SMALL_ROWS = MOST_COLLECTIONS;

/**
 * Reads the catalogue.
 *
 * @param database The open chroma.sqlite3.
 * @returns What could be read; damage is listed in `unreadable` and never thrown.
 * @throws {OperationError} The file is in use, or the machine failed to read it.
 */
export function readCatalogue(database: StoreDatabase): Catalogue {
  return new CatalogueReader(database).read();
}

class CatalogueReader {
  readonly #database: StoreDatabase;
  readonly #reader: TableReader;

  constructor(database: StoreDatabase) {
    this.#database = database;
    this.#reader = new TableReader(database);
  }

  read(): Catalogue {
    const reader = this.#reader;
    return {
      pageCount: reader.try("sqlite_master", () => this.#database.number("PRAGMA page_count")),
      ...reader.readShape(MOST_SMALL_ROWS),
      migrations: this.#readMigrations(),
      tenants: this.#readTenants(),
      databases: this.#readDatabases(),
      collections: this.#readCollections(),
      segments: this.#readSegments(),
      segmentMetadata: this.#readMetadata("segment_metadata", "segment_id"),
      collectionMetadata: this.#readMetadata("collection_metadata", "collection_id"),
      metadataFaults: [
        ...readMetadataFaults(reader, "collection_metadata"),
        ...readMetadataFaults(reader, "segment_metadata"),
      ],
      watermarks: this.#readWatermarks(),
      queueConfigurations: this.#readQueueConfigurations(),
      queueBounds: this.#readQueueBounds(),
      unmarkedSegments: this.#readUnmarkedSegments(),
      undimensionedCollections: this.#readUndimensionedCollections(),
      unreadable: reader.unreadable,
      capped: reader.capped,
    };
  }

  #readMigrations(): MigrationRow[] {
    const rows: MigrationRow[] = [];
    this.#reader.select("migrations", ["dir", "version", "filename", "hash", "sql"], {
      expressions: (column) => [
        nameExpression(column("dir")),
        `typeof(${column("version")})`,
        `CAST(${column("version")} AS TEXT)`,
        nameExpression(column("filename")),
        nameExpression(column("hash")),
        bytesExpression(column("sql"), LONGEST_JSON_BYTES),
      ],
      most: MOST_SMALL_ROWS,
      onRow: ([directory, storage, version, fileName, hash, sql]) => {
        rows.push({
          directory: decodeLabel(directory),
          version: storage === "integer" ? toSafeInteger(version) : null,
          fileName: decodeLabel(fileName),
          hash: decodeLabel(hash),
          sqlMd5: digestMigration(sql instanceof Uint8Array ? sql : new Uint8Array()),
        });
      },
    });
    return rows;
  }

  #readTenants(): string[] {
    const tenants: string[] = [];
    this.#reader.select("tenants", ["id"], {
      expressions: (column) => [nameExpression(column("id"))],
      most: MOST_SMALL_ROWS,
      onRow: ([id]) => tenants.push(decodeLabel(id)),
    });
    return tenants;
  }

  #readDatabases(): DatabaseRow[] {
    const databases: DatabaseRow[] = [];
    this.#reader.select("databases", ["id", "name", "tenant_id"], {
      expressions: (column) =>
        ["id", "name", "tenant_id"].map((name) => nameExpression(column(name))),
      most: MOST_SMALL_ROWS,
      onRow: ([id, name, tenantId]) =>
        databases.push({
          id: decodeLabel(id),
          name: decodeLabel(name),
          tenantId: decodeLabel(tenantId),
        }),
    });
    return databases;
  }

  #readCollections(): CollectionRow[] {
    const collections: CollectionRow[] = [];
    const columns = ["id", "name", "database_id", "dimension", "config_json_str", "schema_str"];
    const hasConfiguration = this.#reader.hasColumn("collections", "config_json_str");
    const hasSchema = this.#reader.hasColumn("collections", "schema_str");
    this.#reader.select("collections", [...columns, "topic"], {
      expressions: (column) => [
        nameExpression(column("id")),
        ...storedExpressions(column("name"), LONGEST_NAME_BYTES),
        nameExpression(column("database_id")),
        ...storedExpressions(column("dimension"), LONGEST_NAME_BYTES),
        ...storedExpressions(column("config_json_str"), LONGEST_JSON_BYTES),
        ...storedExpressions(column("schema_str"), LONGEST_JSON_BYTES),
        nameExpression(column("topic")),
      ],
      most: MOST_COLLECTIONS,
      onRow: (row) => {
        const storedDimension = decodeStored(row[4], row[5]);
        collections.push({
          id: decodeLabel(row[0]),
          name: decodeStored(row[1], row[2]),
          databaseId: decodeOptional(row[3]),
          dimension: toDimension(storedDimension),
          storedDimension,
          configuration: hasConfiguration ? decodeStored(row[6], row[7]) : null,
          schema: hasSchema ? decodeStored(row[8], row[9]) : null,
          topic: decodeOptional(row[10]),
        });
      },
    });
    return collections;
  }

  #readSegments(): SegmentRow[] {
    const segments: SegmentRow[] = [];
    const columns = ["id", "type", "scope", "collection"];
    this.#reader.select("segments", columns, {
      expressions: (column) => columns.map((name) => nameExpression(column(name))),
      most: MOST_SEGMENTS,
      onRow: ([id, type, scope, collectionId]) =>
        segments.push({
          id: decodeLabel(id),
          type: decodeLabel(type),
          scope: decodeLabel(scope),
          collectionId: decodeOptional(collectionId),
        }),
    });
    return segments;
  }

  #readMetadata(table: string, ownerColumn: string): Map<string, HnswMetadata> {
    const metadata = new Map<string, Record<string, MetadataValue>>();
    const columns = [ownerColumn, "key", "str_value", "int_value", "float_value", "bool_value"];
    this.#reader.select(table, columns, {
      expressions: (column) => [
        nameExpression(column(ownerColumn)),
        nameExpression(column("key")),
        nameExpression(column("str_value")),
        `CAST(${column("int_value")} AS TEXT)`,
        `CAST(${column("float_value")} AS REAL)`,
        `CAST(${column("bool_value")} AS TEXT)`,
      ],
      where: (column) => `${column("key")} LIKE 'hnsw:%'`,
      most: MOST_METADATA,
      onRow: ([ownerId, key, text, integer, float, boolean]) => {
        const owner = decodeLabel(ownerId);
        const values = metadata.get(owner) ?? {};
        metadata.set(owner, values);
        values[decodeLabel(key)] = toMetadataValue(text, integer, float, boolean);
      },
    });
    return metadata;
  }

  #readWatermarks(): WatermarkRow[] {
    const watermarks: WatermarkRow[] = [];
    this.#reader.select("max_seq_id", ["segment_id", "seq_id"], {
      expressions: (column) => [
        nameExpression(column("segment_id")),
        `typeof(${column("seq_id")})`,
        `CASE typeof(${column("seq_id")}) WHEN 'blob' THEN NULL ` +
        `ELSE substr(CAST(${column("seq_id")} AS TEXT), 1, 64) END`,
        `CASE typeof(${column("seq_id")}) WHEN 'blob' THEN hex(substr(${
          column("seq_id")
        }, 1, 64)) END`,
      ],
      most: MOST_SEGMENTS,
      onRow: ([segmentId, storage, text, hex]) =>
        watermarks.push({
          segmentId: decodeLabel(segmentId),
          storage: toStorageClass(storage),
          text: typeof text === "string" ? text : null,
          hex: typeof hex === "string" ? hex : null,
        }),
    });
    return watermarks;
  }

  #readQueueConfigurations(): StoredText[] {
    const configurations: StoredText[] = [];
    this.#reader.select("embeddings_queue_config", ["config_json_str"], {
      expressions: (column) => storedExpressions(column("config_json_str"), LONGEST_JSON_BYTES),
      most: MOST_SMALL_ROWS,
      onRow: ([storage, value]) => configurations.push(decodeStored(storage, value)),
    });
    return configurations;
  }

  #readQueueBounds(): QueueBounds | null {
    if (!this.#reader.hasTable("embeddings_queue")) return null;
    // Two queries of their own: only then does SQLite go straight to either end of the table.
    const sql = "SELECT CAST((SELECT min(seq_id) FROM embeddings_queue) AS TEXT), " +
      "CAST((SELECT max(seq_id) FROM embeddings_queue) AS TEXT)";
    const row = this.#reader.try("embeddings_queue", () => this.#database.row(sql));
    if (row === null) return null;
    return { firstSequence: toBigInt(row[0]), lastSequence: toBigInt(row[1]) };
  }

  #readUnmarkedSegments(): string[] {
    const tables = ["segments", "embeddings", "max_seq_id"];
    return this.#readIds(
      tables,
      "SELECT CAST(s.id AS BLOB) FROM segments s WHERE s.scope = 'METADATA' " +
        "AND NOT EXISTS (SELECT 1 FROM max_seq_id m WHERE m.segment_id = s.id) " +
        "AND EXISTS (SELECT 1 FROM embeddings e WHERE e.segment_id = s.id)",
    );
  }

  #readUndimensionedCollections(): string[] {
    return this.#readIds(
      ["collections", "segments", "embeddings"],
      "SELECT DISTINCT CAST(s.collection AS BLOB) FROM segments s WHERE s.scope = 'METADATA' " +
        "AND s.collection IN (SELECT c.id FROM collections c WHERE c.dimension IS NULL " +
        "OR typeof(c.dimension) <> 'integer' OR c.dimension < 1) " +
        "AND EXISTS (SELECT 1 FROM embeddings e WHERE e.segment_id = s.id)",
    );
  }

  #readIds(tables: readonly string[], sql: string): string[] {
    const ids: string[] = [];
    // Whatever is wrong with these tables has been noted when they were read by themselves.
    if (!tables.every((table) => this.#reader.hasTable(table))) return ids;
    this.#reader.each(
      tables[tables.length - 1] ?? "",
      `${sql} LIMIT ${MOST_COLLECTIONS}`,
      [],
      ([id]) => {
        ids.push(decodeLabel(id));
      },
    );
    return ids;
  }
}
