/**
 * The configurations of collections and of the queue. The rules, each one measured with the
 * engines that it names:
 *
 * - `config_json_str` is NULL or a JSON object (0.5 to 1.5), `schema_str` is NULL, empty or a JSON
 *   object that configures the index of the embeddings (1.3 to 1.5);
 * - in 0.5 and 0.6 every object of `config_json_str` names its `_type`; 1.x writes none;
 * - in 1.x the parameters of the index have the names and kinds that the engine knows;
 * - every distance that the engine reads is l2, ip or cosine;
 * - an index that was made for another distance than the default has its settings where the engine
 *   reads them: without those, 0.4 to 1.5 answer with wrong distances and vectors;
 * - `embeddings_queue_config` is empty, or its first row says whether the queue is purged.
 *
 * @module
 */

import { printable } from "../../../base/printable.ts";
import { createFinding, type Finding } from "../../../model/finding.ts";
import type { FindingName } from "../../../model/codes.ts";
import {
  type Catalogue,
  collectionLabel,
  type CollectionSegments,
  isWhole,
  listCollections,
  type StoredText,
} from "./catalogue.ts";
import {
  asObject,
  indexOfSchema,
  isAbsent,
  isSpace,
  type JsonObject,
  parseJsonObject,
  resolveIndexSettings,
} from "./configuration.ts";
import { CATALOGUE_NAME } from "../layout.ts";
import type { Engine } from "./migrations.ts";

const COLLECTION_TYPE = "CollectionConfigurationInternal";
const INDEX_TYPE = "HNSWConfigurationInternal";
const QUEUE_TYPE = "EmbeddingsQueueConfigurationInternal";

/** The parameters of an index that 1.x reads; any other name is an error to it. */
const PARAMETERS = [
  "space",
  "resize_factor",
  "ef_construction",
  "ef_search",
  "max_neighbors",
  "num_threads",
  "batch_size",
  "sync_threshold",
];

/** The distance that an engine takes when nothing names one. */
const DEFAULT_SPACE = "l2";

/** What is wrong with a configuration. */
interface Fault {
  readonly name: FindingName;
  /** The column, or the table, in which it stands. */
  readonly place: "config_json_str" | "schema_str" | "segment_metadata";
  readonly message: string;
}

/**
 * Judges every configuration.
 *
 * @param catalogue The catalogue.
 * @param engine The engine that it tells.
 * @returns What is wrong.
 */
export function checkConfiguration(catalogue: Catalogue, engine: Engine): Finding[] {
  const findings: Finding[] = [];
  for (const subject of listCollections(catalogue)) {
    const place = {
      path: CATALOGUE_NAME,
      collection: collectionLabel(subject.collection),
      segment: subject.vector?.id ?? null,
    };
    for (const fault of findFaults(catalogue, engine, subject)) {
      const detail = { place: fault.place };
      findings.push(createFinding(fault.name, { ...place, message: fault.message, detail }));
    }
  }
  return [...findings, ...checkQueueConfiguration(catalogue, engine)];
}

function findFaults(
  catalogue: Catalogue,
  engine: Engine,
  { collection, vector }: CollectionSegments,
): Fault[] {
  const metadata = vector === null ? undefined : catalogue.segmentMetadata.get(vector.id);
  const faults = [
    ...configurationFaults(collection.configuration, engine),
    ...schemaFaults(collection.schema, engine),
    ...spaceFaults("segment_metadata", metadata?.["hnsw:space"]),
  ];
  return faults.length > 0 ? faults : lostFaults(catalogue, engine, { collection, vector });
}

/** The engine never looks at `collection_metadata`: where only that is left, it takes defaults. */
function lostFaults(
  catalogue: Catalogue,
  engine: Engine,
  { collection, vector }: Pick<CollectionSegments, "collection" | "vector">,
): Fault[] {
  if (vector === null || !isWhole(catalogue, "segment_metadata")) return [];
  const { source, space } = resolveIndexSettings(catalogue, collection, vector, engine);
  if (source !== "collection-metadata" || space === null || space === DEFAULT_SPACE) return [];
  const message = `The collection was made for the distance ${space}, but nothing that the ` +
    `engine reads says so: it takes ${DEFAULT_SPACE}`;
  return [{ name: "index-settings-lost", place: "segment_metadata", message }];
}

function configurationFaults(stored: StoredText | null, engine: Engine): Fault[] {
  if (stored === null || isAbsent(stored, "configuration")) return [];
  const configuration = parseJsonObject(stored);
  if (configuration === null) return [notJson("config_json_str", stored)];
  return engine.era === "python"
    ? pythonFaults(configuration)
    : indexFaults("config_json_str", configuration.vector_index, engine);
}

/** In the way of 0.5 and 0.6: `{"hnsw_configuration": {…, "_type": …}, "_type": …}`. */
function pythonFaults(configuration: JsonObject): Fault[] {
  const faults: Fault[] = [];
  const index = asObject(configuration.hnsw_configuration);
  for (
    const [object, type, where] of [
      [configuration, COLLECTION_TYPE, "config_json_str"],
      [index, INDEX_TYPE, "hnsw_configuration in config_json_str"],
    ] as const
  ) {
    if (object === null || object._type === type) continue;
    const message = `${where} has ${describe(object._type)} for _type; Chroma writes ${type}`;
    faults.push({ name: "configuration-without-type", place: "config_json_str", message });
  }
  return [...faults, ...spaceFaults("config_json_str", index?.space)];
}

/** In the way of 1.0 to 1.2: `{"vector_index": {"hnsw": {…}}}`; later versions write `{}`. */
function indexFaults(where: Fault["place"], value: unknown, engine: Engine): Fault[] {
  if (value === undefined) return [];
  const index = asObject(value);
  if (index === null || (index.hnsw ?? index.spann) === undefined) {
    return [unfit(where, `vector_index is ${describe(value)}`)];
  }
  const hnsw = index.hnsw === undefined ? null : asObject(index.hnsw);
  if (hnsw === null) return [];
  return [...spaceFaults(where, hnsw.space), ...parameterFaults(where, hnsw, engine)];
}

function schemaFaults(stored: StoredText | null, engine: Engine): Fault[] {
  if (stored === null || isAbsent(stored, "schema")) return [];
  const schema = parseJsonObject(stored);
  if (schema === null) return [notJson("schema_str", stored)];
  if (asObject(schema.defaults) === null) return [unfit("schema_str", "it has no defaults")];
  const index = indexOfSchema(schema);
  if (index === null) return [unfit("schema_str", "it has no index for the key #embedding")];
  const hnsw = asObject(index.hnsw) ?? {};
  return [
    ...spaceFaults("schema_str", index.space),
    ...parameterFaults("schema_str", hnsw, engine),
  ];
}

function parameterFaults(where: Fault["place"], hnsw: JsonObject, engine: Engine): Fault[] {
  for (const [name, value] of Object.entries(hnsw)) {
    // A newer engine may well have parameters that are not known here.
    if (!PARAMETERS.includes(name)) {
      if (engine.newerThanKnown) continue;
      return [unfit(where, `the index has the parameter ${printable(name, 60)}`)];
    }
    if (name === "space" || value === null) continue;
    const isNumber = typeof value === "number" &&
      (name === "resize_factor" || (Number.isInteger(value) && value >= 0));
    if (!isNumber) return [unfit(where, `${printable(name, 60)} is ${describe(value)}`)];
  }
  return [];
}

function spaceFaults(where: Fault["place"], space: unknown): Fault[] {
  if (space === undefined || space === null || isSpace(space)) return [];
  const message = `${where} names the distance ${describe(space)}`;
  return [{ name: "configuration-space-unknown", place: where, message }];
}

function notJson(where: Fault["place"], stored: StoredText): Fault {
  const what = stored.storage !== "text"
    ? `of type ${stored.storage}`
    : stored.text === null
    ? "not UTF-8, or far too long"
    : `no JSON object: ${printable(stored.text, 60)}`;
  return { name: "configuration-not-json", place: where, message: `${where} is ${what}` };
}

function unfit(where: Fault["place"], what: string): Fault {
  return {
    name: "configuration-not-json",
    place: where,
    message: `${where} is JSON that the engine cannot read: ${what}`,
  };
}

function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return "an array";
  return asObject(value) === null ? printable(JSON.stringify(value), 60) : "an object";
}

function checkQueueConfiguration(catalogue: Catalogue, engine: Engine): Finding[] {
  // Every engine reads the first row and no other.
  const [stored] = catalogue.queueConfigurations;
  if (stored === undefined) return [];
  const fault = queueFault(stored, engine);
  if (fault === null) return [];
  return [createFinding("queue-configuration-invalid", {
    path: CATALOGUE_NAME,
    message: `embeddings_queue_config: ${fault}`,
  })];
}

function queueFault(stored: StoredText, engine: Engine): string | null {
  const configuration = parseJsonObject(stored);
  if (configuration === null) {
    return stored.text === null
      ? `config_json_str is of type ${stored.storage}`
      : `config_json_str is no JSON object: ${printable(stored.text, 60)}`;
  }
  const purge = configuration.automatically_purge;
  // 0.x takes its default when the field is missing; 1.x demands it.
  const isMissing = purge === undefined && engine.era === "python";
  if (typeof purge !== "boolean" && !isMissing) {
    return `automatically_purge is ${describe(purge)}`;
  }
  if (engine.era === "python" && configuration._type !== QUEUE_TYPE) {
    return `_type is ${describe(configuration._type)}; Chroma writes ${QUEUE_TYPE}`;
  }
  return null;
}
