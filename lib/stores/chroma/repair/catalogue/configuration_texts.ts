/**
 * Configurations of collections as the engines write them.
 *
 * | version    | column            | shape                                                              |
 * | ---------- | ----------------- | ------------------------------------------------------------------ |
 * | 0.5, 0.6   | `config_json_str` | `{"hnsw_configuration": {…, "_type": …}, "_type": …}`              |
 * | 1.0 to 1.2 | `config_json_str` | `{"vector_index":{"hnsw":{…}},"embedding_function":{…}}`           |
 * | 1.3 to 1.5 | `schema_str`      | `{"defaults":{…},"keys":{"#embedding":{…},"#document":{…}}}`       |
 *
 * Where there is a schema, 1.3 to 1.5 write `{}` into `config_json_str`: they refuse a collection for
 * which both say something.
 *
 * @module
 */

import type { KnownConfiguration } from "./known_settings.ts";

/** What 1.3 to 1.5 write where the schema says everything. */
export const EMPTY_CONFIGURATION = "{}";

const DEFAULTS = {
  space: "l2",
  ef_construction: 100,
  max_neighbors: 16,
  sync_threshold: 1000,
  batch_size: 100,
  resize_factor: 1.2,
} as const;

const EF_SEARCH = { python: 10, rust: 100 } as const;

/** What 1.x takes where it was never told of an embedding function. */
const NO_EMBEDDING_FUNCTION = { type: "legacy" } as const;

/**
 * Writes a configuration as 0.5 and 0.6 do. They read it whole and work with the settings of the
 * segment.
 *
 * @param known What is known.
 * @returns The text.
 */
export function writePythonConfiguration({ settings }: KnownConfiguration): string {
  const all = { ...DEFAULTS, ef_search: EF_SEARCH.python, ...settings };
  const fields = [
    ["space", JSON.stringify(all.space)],
    ["ef_construction", String(all.ef_construction)],
    ["ef_search", String(all.ef_search)],
    ["M", String(all.max_neighbors)],
    ["resize_factor", asFloat(all.resize_factor)],
    // More in a batch than between two flushes, and the engine refuses it.
    ["batch_size", String(Math.min(all.batch_size, all.sync_threshold))],
    ["sync_threshold", String(all.sync_threshold)],
    ["_type", '"HNSWConfigurationInternal"'],
  ];
  const index = fields.map(([name, value]) => `"${name}": ${value}`).join(", ");
  return `{"hnsw_configuration": {${index}}, "_type": "CollectionConfigurationInternal"}`;
}

/**
 * Writes a configuration as 1.0 to 1.2 do, and as 1.3 to 1.5 read it where there is no schema.
 *
 * @param known What is known.
 * @returns The text.
 */
export function writeRustConfiguration(
  { settings, embeddingFunction }: KnownConfiguration,
): string {
  const all = { ...DEFAULTS, ef_search: EF_SEARCH.rust, ...settings };
  const { space, ef_construction, ef_search, max_neighbors, resize_factor, sync_threshold } = all;
  return JSON.stringify({
    vector_index: {
      hnsw: { space, ef_construction, ef_search, max_neighbors, resize_factor, sync_threshold },
    },
    embedding_function: embeddingFunction ?? NO_EMBEDDING_FUNCTION,
  });
}

/**
 * Writes a schema as 1.5 does for a collection without metadata: it learns keys when they come.
 *
 * @param known What is known.
 * @returns The text.
 */
export function writeSchema({ settings, embeddingFunction }: KnownConfiguration): string {
  const all = { ...DEFAULTS, ef_search: EF_SEARCH.rust, ...settings };
  const hnsw = {
    ef_construction: all.ef_construction,
    max_neighbors: all.max_neighbors,
    ef_search: all.ef_search,
    ...(settings.num_threads === undefined ? {} : { num_threads: settings.num_threads }),
    batch_size: all.batch_size,
    sync_threshold: all.sync_threshold,
    resize_factor: all.resize_factor,
  };
  const source = embeddingFunction === null ? {} : { embedding_function: embeddingFunction };
  const { space } = all;
  const text = (fulltext: boolean): unknown => ({
    fts_index: { enabled: fulltext, config: {} },
    string_inverted_index: { enabled: !fulltext, config: {} },
  });
  const inverted = { enabled: true, config: {} };
  const sparse = { embedding_function: { type: "unknown" }, bm25: false };
  return JSON.stringify({
    defaults: {
      string: text(false),
      float_list: { vector_index: { enabled: false, config: { space, ...source, hnsw } } },
      sparse_vector: { sparse_vector_index: { enabled: false, config: sparse } },
      int: { int_inverted_index: inverted },
      float: { float_inverted_index: inverted },
      bool: { bool_inverted_index: inverted },
    },
    keys: {
      "#embedding": {
        float_list: {
          vector_index: {
            enabled: true,
            config: { space, ...source, source_key: "#document", hnsw },
          },
        },
      },
      "#document": { string: text(true) },
    },
  });
}

/** Python takes `2` for a whole number, and refuses one where a fraction belongs. */
function asFloat(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value);
}
