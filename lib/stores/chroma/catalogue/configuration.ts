/**
 * How an index was configured, and where that stands (measured with real engines):
 *
 * | version    | authoritative                                                    | beside it          |
 * | ---------- | ---------------------------------------------------------------- | ------------------ |
 * | 0.4        | `segment_metadata` of the VECTOR segment, keys `hnsw:…`          | collection_metadata|
 * | 0.5, 0.6   | the same; `config_json_str` may contradict it                    | config_json_str    |
 * | 1.0 to 1.2 | `config_json_str`: `vector_index.hnsw`                           | collection_metadata|
 * | 1.3 to 1.5 | `schema_str`: `keys["#embedding"].float_list.vector_index.config`| collection_metadata|
 *
 * A store that was upgraded keeps what the older version wrote: 1.x goes from the schema to the
 * configuration, and where that gives nothing but defaults, to `segment_metadata`. What 0.5 wrote
 * into `config_json_str` (`hnsw_configuration`) means nothing to it.
 *
 * @module
 */

import {
  type Catalogue,
  type CollectionRow,
  type HnswMetadata,
  isWhole,
  type SegmentRow,
  type StoredText,
} from "./catalogue.ts";
import { type Engine, inferEngine } from "./migrations.ts";

/** The distances that an index can be built for. */
export type Space = "l2" | "ip" | "cosine";

/** The names of the distances. */
const SPACES: readonly Space[] = ["l2", "ip", "cosine"];

/** Where settings come from. */
export type SettingsSource =
  | "schema"
  | "config"
  | "segment-metadata"
  | "collection-metadata"
  | "default";

/** How an index was configured. */
export interface IndexSettings {
  /** The distance; null when what stands there names none, or the place cannot be read. */
  readonly space: Space | null;
  /** M: how many neighbours a node gets. */
  readonly maxNeighbors: number;
  /** How many candidates are looked at when a node is linked. */
  readonly efConstruction: number;
  /** How many candidates are looked at by a query. */
  readonly efSearch: number;
  /** After how many writes the index is flushed. */
  readonly syncThreshold: number;
  /** After how many writes 0.x moves them from its buffer into the index. */
  readonly batchSize: number;
  /** By how much the index grows. */
  readonly resizeFactor: number;
  /** Which of the places counted. */
  readonly source: SettingsSource;
}

/** An object as JSON gives it. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** What one place says; what it does not say is missing. */
interface StoredSettings {
  readonly space?: unknown;
  readonly maxNeighbors?: unknown;
  readonly efConstruction?: unknown;
  readonly efSearch?: unknown;
  readonly syncThreshold?: unknown;
  readonly batchSize?: unknown;
  readonly resizeFactor?: unknown;
}

const DEFAULTS = {
  space: "l2",
  maxNeighbors: 16,
  efConstruction: 100,
  syncThreshold: 1000,
  batchSize: 100,
  resizeFactor: 1.2,
} as const;

/** `ef_search` by default: the one setting in which the eras differ. */
const DEFAULT_EF_SEARCH = { python: 10, rust: 100 } as const;

/** No index has more; what stands beyond this is damage and must size nothing. */
const LARGEST_MAX_NEIGHBORS = 10_000;

const SCHEMA_KEYS: KeyNames = {
  maxNeighbors: "max_neighbors",
  efConstruction: "ef_construction",
  efSearch: "ef_search",
  syncThreshold: "sync_threshold",
  batchSize: "batch_size",
  resizeFactor: "resize_factor",
};

const METADATA_KEYS: KeyNames = {
  maxNeighbors: "hnsw:M",
  efConstruction: "hnsw:construction_ef",
  efSearch: "hnsw:search_ef",
  syncThreshold: "hnsw:sync_threshold",
  batchSize: "hnsw:batch_size",
  resizeFactor: "hnsw:resize_factor",
};

type KeyNames = Readonly<Record<Exclude<keyof StoredSettings, "space">, string>>;

/**
 * Finds the settings that the engine works with.
 *
 * @param catalogue The catalogue.
 * @param collection The collection.
 * @param vectorSegment Its VECTOR segment, or null when it has none.
 * @param engine The engine that the catalogue tells; inferred when left out.
 * @returns The settings, complete: what stands nowhere has its default.
 */
export function resolveIndexSettings(
  catalogue: Catalogue,
  collection: CollectionRow,
  vectorSegment: SegmentRow | null,
  engine: Engine = inferEngine(catalogue),
): IndexSettings {
  const explicit = engine.era === "rust" ? explicitSettings(collection) : null;
  if (explicit !== null && !isDefault(explicit.settings, engine)) {
    return complete(explicit.settings, engine, explicit.source);
  }
  const ofSegment = vectorSegment === null
    ? undefined
    : catalogue.segmentMetadata.get(vectorSegment.id);
  if (ofSegment !== undefined) {
    return complete(fromMetadata(ofSegment), engine, "segment-metadata");
  }
  if (explicit !== null) return complete(explicit.settings, engine, explicit.source);
  // The engine does not look here: it is what the index was made with, should the rest be lost.
  const ofCollection = catalogue.collectionMetadata.get(collection.id);
  if (ofCollection !== undefined) {
    return complete(fromMetadata(ofCollection), engine, "collection-metadata");
  }
  const settings = complete({}, engine, "default");
  return isSilent(catalogue, collection, engine) ? settings : { ...settings, space: null };
}

/** Parses stored JSON; null when it is no JSON, or no object. */
export function parseJsonObject(stored: StoredText | null): JsonObject | null {
  if (stored === null || stored.storage !== "text" || stored.text === null) return null;
  try {
    return asObject(JSON.parse(stored.text));
  } catch {
    return null;
  }
}

/** Whether a column holds nothing: NULL, and for a schema also what 1.x takes for NULL. */
export function isAbsent(stored: StoredText | null, column: "configuration" | "schema"): boolean {
  if (stored === null || stored.storage === "null") return true;
  return column === "schema" && stored.storage === "text" &&
    ["", "null"].includes(stored.text?.trim() ?? "?");
}

/** The part of a schema that configures the index of the embeddings, or null. */
export function indexOfSchema(schema: JsonObject): JsonObject | null {
  // An early name of the same field, which the engine still reads.
  const keys = asObject(schema.keys ?? schema.key_overrides);
  const floats = asObject(asObject(keys?.["#embedding"])?.float_list);
  return asObject(asObject(floats?.vector_index)?.config);
}

/** Narrows a value of JSON to an object, or null. */
export function asObject(value: unknown): JsonObject | null {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as JsonObject
    : null;
}

/** Whether a value names a distance. */
export function isSpace(value: unknown): value is Space {
  return typeof value === "string" && (SPACES as readonly string[]).includes(value);
}

function explicitSettings(
  collection: CollectionRow,
): { settings: StoredSettings; source: "schema" | "config" } | null {
  const schema = parseJsonObject(collection.schema);
  const index = schema === null ? null : indexOfSchema(schema);
  if (index !== null) {
    const settings = pick(asObject(index.hnsw) ?? {}, SCHEMA_KEYS, index.space);
    return { settings, source: "schema" };
  }
  const configuration = parseJsonObject(collection.configuration);
  const hnsw = asObject(asObject(configuration?.vector_index)?.hnsw);
  if (hnsw === null) return null;
  return { settings: pick(hnsw, SCHEMA_KEYS, hnsw.space), source: "config" };
}

function fromMetadata(metadata: HnswMetadata): StoredSettings {
  return pick(metadata, METADATA_KEYS, metadata["hnsw:space"]);
}

function pick(from: JsonObject, keys: KeyNames, space: unknown): StoredSettings {
  return {
    space,
    maxNeighbors: from[keys.maxNeighbors],
    efConstruction: from[keys.efConstruction],
    efSearch: from[keys.efSearch],
    syncThreshold: from[keys.syncThreshold],
    batchSize: from[keys.batchSize],
    resizeFactor: from[keys.resizeFactor],
  };
}

function isDefault(settings: StoredSettings, engine: Engine): boolean {
  const defaults = { ...DEFAULTS, efSearch: DEFAULT_EF_SEARCH[engine.era] };
  const names = Object.keys(defaults) as (keyof typeof defaults)[];
  return names.every((name) => settings[name] === undefined || settings[name] === defaults[name]);
}

function complete(
  settings: StoredSettings,
  engine: Engine,
  source: SettingsSource,
): IndexSettings {
  const { space = DEFAULTS.space } = settings;
  return {
    space: isSpace(space) ? space : null,
    maxNeighbors: atMost(
      toCount(settings.maxNeighbors, DEFAULTS.maxNeighbors),
      LARGEST_MAX_NEIGHBORS,
      DEFAULTS.maxNeighbors,
    ),
    efConstruction: toCount(settings.efConstruction, DEFAULTS.efConstruction),
    efSearch: toCount(settings.efSearch, DEFAULT_EF_SEARCH[engine.era]),
    syncThreshold: toCount(settings.syncThreshold, DEFAULTS.syncThreshold),
    batchSize: toCount(settings.batchSize, DEFAULTS.batchSize),
    resizeFactor: typeof settings.resizeFactor === "number" && settings.resizeFactor >= 1
      ? settings.resizeFactor
      : DEFAULTS.resizeFactor,
    source,
  };
}

function toCount(value: unknown, otherwise: number): number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 1 ? value : otherwise;
}

function atMost(value: number, largest: number, otherwise: number): number {
  return value <= largest ? value : otherwise;
}

/** Whether the places that said nothing could be read: only then do the defaults count. */
function isSilent(catalogue: Catalogue, collection: CollectionRow, engine: Engine): boolean {
  const isRead = (table: string): boolean => isWhole(catalogue, table);
  if (!isRead("segment_metadata") || !isRead("collection_metadata")) return false;
  if (engine.era === "python") return true;
  const schemaIsRead = isAbsent(collection.schema, "schema") ||
    parseJsonObject(collection.schema) !== null;
  const configurationIsRead = isAbsent(collection.configuration, "configuration") ||
    parseJsonObject(collection.configuration) !== null;
  return schemaIsRead && configurationIsRead;
}
