/**
 * What chroma.sqlite3 says of the store, apart from its records: plain data that any thread takes.
 *
 * Tables that are read, by the migration that made them (docs/formats.md has the versions):
 *
 * | table                   | made by            | what a row is                                       |
 * | ----------------------- | ------------------ | --------------------------------------------------- |
 * | migrations              | the engine's start | a schema migration that was applied, with its hash  |
 * | tenants, databases      | sysdb 4            | who owns collections                                |
 * | collections             | sysdb 1            | a collection: name, dimension, configuration        |
 * | collection_metadata     | sysdb 1            | what the user told about a collection               |
 * | segments                | sysdb 2            | the METADATA or the VECTOR half of a collection     |
 * | segment_metadata        | sysdb 2            | how an index was configured before 1.0              |
 * | max_seq_id              | metadb 1           | up to which write a segment has got: its watermark  |
 * | embeddings              | metadb 1           | a record                                            |
 * | embedding_metadata      | metadb 1           | a value, or the document, of a record               |
 * | embedding_metadata_array| metadb 6           | one element of a list value of a record             |
 * | embeddings_queue        | embeddings_queue 1 | a write that a segment may still lack               |
 * | embeddings_queue_config | embeddings_queue 2 | whether the queue is purged                         |
 *
 * @module
 */

/** How SQLite stores a value, whatever type its column has. */
export type StorageClass = "null" | "integer" | "real" | "text" | "blob";

/** A value of a column that should hold text. */
export interface StoredText {
  /** How it is stored. */
  readonly storage: StorageClass;
  /** The text; null when it is none, or not UTF-8. */
  readonly text: string | null;
}

/** A column of a table. */
export interface CatalogueColumn {
  /** Its name. */
  readonly name: string;
  /** Its declared type, in capitals. */
  readonly type: string;
  /** Whether it is declared NOT NULL. */
  readonly notNull: boolean;
}

/** A table that could not be read, or not to its end; what was read before that is kept. */
export interface UnreadableTable {
  /** The table. */
  readonly table: string;
  /** What SQLite said. */
  readonly message: string;
  /** SQLite's extended result code. */
  readonly resultCode: number;
}

/** A row of `migrations`. */
export interface MigrationRow {
  /** `sysdb`, `metadb` or `embeddings_queue`. */
  readonly directory: string;
  /** The number of the migration, or null where none stands. */
  readonly version: number | null;
  /** The name of the file that the engine read it from. */
  readonly fileName: string;
  /** The hash that the engine wrote down. */
  readonly hash: string;
  /** MD5 of the SQL text that the engine wrote down, in hexadecimal. */
  readonly sqlMd5: string;
}

/** A row of `databases`. */
export interface DatabaseRow {
  /** Its id. */
  readonly id: string;
  /** Its name. */
  readonly name: string;
  /** The tenant that owns it. */
  readonly tenantId: string;
}

/** A row of `collections`. */
export interface CollectionRow {
  /** Its id, a UUID. */
  readonly id: string;
  /** Its name. */
  readonly name: StoredText;
  /** The database that it belongs to; null before sysdb 4. */
  readonly databaseId: string | null;
  /** Floats of a vector; null when it stands for no possible dimension. */
  readonly dimension: number | null;
  /** The column `dimension` as it stands there. */
  readonly storedDimension: StoredText;
  /** `config_json_str`; null where the table has no such column. */
  readonly configuration: StoredText | null;
  /** `schema_str`; null where the table has no such column. */
  readonly schema: StoredText | null;
  /** The topic of its writes in the queue; only before sysdb 5. */
  readonly topic: string | null;
}

/** A row of `segments`. */
export interface SegmentRow {
  /** Its id, a UUID; of a VECTOR segment also the name of its directory. */
  readonly id: string;
  /** What kind it is, for instance `urn:chroma:segment/metadata/sqlite`. */
  readonly type: string;
  /** `VECTOR` or `METADATA` in a local store. */
  readonly scope: string;
  /** The collection that it belongs to. */
  readonly collectionId: string | null;
}

/** A value of `segment_metadata` or `collection_metadata`. */
export type MetadataValue = string | number | boolean | null;

/** The tables that hold what is said of collections, and of segments. */
export type MetadataTable = "collection_metadata" | "segment_metadata";

/** A row of one of these tables that the engine cannot read. */
export interface MetadataFault {
  /** The table. */
  readonly table: MetadataTable;
  /** The number of the row, in decimal. */
  readonly rowId: string;
  /** The collection, or the segment. */
  readonly owner: string;
  /** The key. */
  readonly key: string;
  /** The columns that cannot be read. */
  readonly columns: readonly string[];
  /** Whether another column holds a value that can. */
  readonly hasOther: boolean;
}

/** The `hnsw:` keys of one owner. */
export type HnswMetadata = Readonly<Record<string, MetadataValue>>;

/** A row of `max_seq_id`. */
export interface WatermarkRow {
  /** The segment. */
  readonly segmentId: string;
  /** How the number is stored. */
  readonly storage: StorageClass;
  /** The number in decimal, or the text; null for a BLOB and for NULL. */
  readonly text: string | null;
  /** The bytes of a BLOB in hexadecimal; null for everything else. */
  readonly hex: string | null;
}

/** The ends of `embeddings_queue`, which its primary key gives at once. */
export interface QueueBounds {
  /** The lowest sequence number, or null when the queue is empty. */
  readonly firstSequence: bigint | null;
  /** The highest sequence number, or null when the queue is empty. */
  readonly lastSequence: bigint | null;
}

/** What chroma.sqlite3 says of the store. */
export interface Catalogue {
  /** How many pages the database has; 0 for a file without a byte. */
  readonly pageCount: number | null;
  /** The tables that are there, by name, each with its columns. */
  readonly tables: ReadonlyMap<string, readonly CatalogueColumn[]>;
  /** The names of the indexes that are there. */
  readonly indexes: ReadonlySet<string>;
  /** The tables of which a module makes the rows, by name; only the full text is one of these. */
  readonly virtualTables: ReadonlySet<string>;
  /** The names of the triggers that are there. */
  readonly triggers: readonly string[];
  /** What could not be read. */
  readonly unreadable: readonly UnreadableTable[];
  /** Tables of which only the first rows are held, for there are very many. */
  readonly capped: readonly string[];
  /** `migrations`. */
  readonly migrations: readonly MigrationRow[];
  /** The ids in `tenants`. */
  readonly tenants: readonly string[];
  /** `databases`. */
  readonly databases: readonly DatabaseRow[];
  /** `collections`. */
  readonly collections: readonly CollectionRow[];
  /** `segments`. */
  readonly segments: readonly SegmentRow[];
  /** `segment_metadata`: the `hnsw:` keys, by segment. */
  readonly segmentMetadata: ReadonlyMap<string, HnswMetadata>;
  /** `collection_metadata`: the `hnsw:` keys, by collection. */
  readonly collectionMetadata: ReadonlyMap<string, HnswMetadata>;
  /** What of `collection_metadata` and `segment_metadata` the engine cannot read. */
  readonly metadataFaults: readonly MetadataFault[];
  /** `max_seq_id`. */
  readonly watermarks: readonly WatermarkRow[];
  /** `embeddings_queue_config.config_json_str`, row by row. */
  readonly queueConfigurations: readonly StoredText[];
  /** The ends of the queue, or null when it cannot be read. */
  readonly queueBounds: QueueBounds | null;
  /** METADATA segments that have records and no row in `max_seq_id`. */
  readonly unmarkedSegments: readonly string[];
  /** Collections that have records and no possible dimension. */
  readonly undimensionedCollections: readonly string[];
}

/** The types of segments that a store in a directory is made of. */
export const LOCAL_SEGMENT_TYPES = {
  /** An index in a directory of its own. */
  vector: "urn:chroma:segment/vector/hnsw-local-persisted",
  /** Records in the tables of the catalogue. */
  metadata: "urn:chroma:segment/metadata/sqlite",
} as const;

/** Types of segments that Chroma has besides; they are not looked at. */
export const FOREIGN_SEGMENT_TYPES: readonly string[] = [
  "urn:chroma:segment/vector/hnsw-local-memory",
  "urn:chroma:segment/vector/hnsw-distributed",
  "urn:chroma:segment/vector/spann",
  "urn:chroma:segment/vector/quantized-spann",
  "urn:chroma:segment/metadata/blockfile",
  "urn:chroma:segment/record/blockfile",
];

/** The name of a collection for people: its id where it has no usable name. */
export function collectionLabel(collection: CollectionRow): string {
  const name = collection.name.text;
  return name === null || name === "" ? collection.id : name;
}

/**
 * Tells whether every row of a table is held.
 *
 * @param catalogue The catalogue.
 * @param table The table.
 * @returns False when it is missing, could not be read to its end, or has too many rows.
 */
export function isWhole(catalogue: Catalogue, table: string): boolean {
  return catalogue.tables.has(table) && !catalogue.capped.includes(table) &&
    !catalogue.unreadable.some((failure) => failure.table === table);
}

/** Whether a table has a column. */
export function hasColumn(catalogue: Catalogue, table: string, column: string): boolean {
  return catalogue.tables.get(table)?.some(({ name }) => name === column) ?? false;
}

/** The segments of a collection. */
export interface CollectionSegments {
  /** The collection. */
  readonly collection: CollectionRow;
  /** Its segments, whatever they are. */
  readonly segments: readonly SegmentRow[];
  /** Its index, or null when it has none in a directory. */
  readonly vector: SegmentRow | null;
  /** Where its records are, or null when they are not in the catalogue. */
  readonly metadata: SegmentRow | null;
}

/**
 * Puts collections and their segments together.
 *
 * @param catalogue The catalogue.
 * @returns One entry for each collection, in the order of the table.
 */
export function listCollections(catalogue: Catalogue): CollectionSegments[] {
  const byCollection = new Map<string, SegmentRow[]>();
  for (const segment of catalogue.segments) {
    if (segment.collectionId === null) continue;
    const segments = byCollection.get(segment.collectionId);
    if (segments === undefined) byCollection.set(segment.collectionId, [segment]);
    else segments.push(segment);
  }
  return catalogue.collections.map((collection) => {
    const segments = byCollection.get(collection.id) ?? [];
    return {
      collection,
      segments,
      vector: findLocal(segments, "VECTOR", LOCAL_SEGMENT_TYPES.vector),
      metadata: findLocal(segments, "METADATA", LOCAL_SEGMENT_TYPES.metadata),
    };
  });
}

/**
 * The segments that belong to a collection; all of them where the collections cannot be read.
 *
 * @param catalogue The catalogue.
 * @returns Their ids.
 */
export function listOwnedSegments(catalogue: Catalogue): Set<string> {
  const collections = isWhole(catalogue, "collections")
    ? new Set(catalogue.collections.map(({ id }) => id))
    : null;
  const owned = catalogue.segments.filter(({ collectionId }) =>
    collections === null || (collectionId !== null && collections.has(collectionId))
  );
  return new Set(owned.map(({ id }) => id));
}

function findLocal(
  segments: readonly SegmentRow[],
  scope: string,
  type: string,
): SegmentRow | null {
  return segments.find((segment) => segment.scope === scope && segment.type === type) ?? null;
}
