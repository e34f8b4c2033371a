/**
 * The settings of an index whose configuration is broken, from everything else that says them: what
 * is left of the text, the other places (`configuration.ts` lists them), header.bin, the vectors.
 *
 * @module
 */

import type { CollectionSegments, HnswMetadata } from "../../catalogue/catalogue.ts";
import {
  asObject,
  indexOfSchema,
  isSpace,
  parseJsonObject,
  type Space,
} from "../../catalogue/configuration.ts";
import type { PlanningContext } from "./catalogue_edit.ts";

/** Settings under the names that 1.x has for them; what is not known is missing. */
export interface KnownSettings {
  /** The distance. */
  readonly space?: Space;
  /** M. */
  readonly max_neighbors?: number;
  /** How many candidates are looked at when a node is linked. */
  readonly ef_construction?: number;
  /** How many candidates are looked at by a query. */
  readonly ef_search?: number;
  /** How many threads build. */
  readonly num_threads?: number;
  /** After how many writes 0.x moves them into the index. */
  readonly batch_size?: number;
  /** After how many writes the index is flushed. */
  readonly sync_threshold?: number;
  /** By how much the index grows. */
  readonly resize_factor?: number;
}

/** What is known of a collection's configuration. */
export interface KnownConfiguration {
  /** The settings of its index. */
  readonly settings: KnownSettings;
  /** Settings that nothing says and that need not be the default, by name. */
  readonly unknown: readonly string[];
  /** The embedding function as JSON, or null where nothing is left of it. */
  readonly embeddingFunction: unknown;
  /** Whether Chroma before 1.0 made the index: it kept no embedding function. */
  readonly isFromPython: boolean;
}

type SettingName = keyof KnownSettings;

/** What the defaults are taken for where nothing says otherwise. */
const DEFAULTED: readonly SettingName[] = [
  "space",
  "max_neighbors",
  "ef_construction",
  "ef_search",
  "sync_threshold",
  "resize_factor",
];

const METADATA_NAMES: Readonly<Record<string, SettingName>> = {
  "hnsw:space": "space",
  "hnsw:M": "max_neighbors",
  "hnsw:construction_ef": "ef_construction",
  "hnsw:search_ef": "ef_search",
  "hnsw:num_threads": "num_threads",
  "hnsw:batch_size": "batch_size",
  "hnsw:sync_threshold": "sync_threshold",
  "hnsw:resize_factor": "resize_factor",
};

/** What 0.5 and 0.6 write; it is mostly the defaults, whatever the index was made with. */
const LEGACY_KEY = "hnsw_configuration";

const NUMBER = String.raw`\s*:\s*(\d+(?:\.\d+)?)`;

/** How much of a text is searched for what is left of it. */
const MOST_SEARCHED = 1 << 20;

/**
 * Finds out what is known of a configuration.
 *
 * @param entry The collection.
 * @param context What was read.
 * @returns What is known.
 */
export function findKnownConfiguration(
  entry: CollectionSegments,
  { catalogue, engine, evidence }: PlanningContext,
): KnownConfiguration {
  const { collection, vector } = entry;
  const ofSegment = vector === null ? undefined : catalogue.segmentMetadata.get(vector.id);
  const metadata = ofSegment ?? catalogue.collectionMetadata.get(collection.id);
  const index = vector === null ? undefined : evidence.indexes.get(vector.id);
  const texts = [collection.schema?.text ?? "", collection.configuration?.text ?? ""]
    .map((text) => text.slice(0, MOST_SEARCHED))
    .filter((text) => !text.includes(LEGACY_KEY));
  const fromIndex: KnownSettings = {
    ...(index?.space ? { space: index.space } : {}),
    ...(index?.maxNeighbors ? { max_neighbors: index.maxNeighbors } : {}),
    ...(index?.efConstruction ? { ef_construction: index.efConstruction } : {}),
  };
  const sources = [...texts.map(readText), readMetadata(metadata), fromIndex];
  const settings = sources.reduceRight<KnownSettings>(
    (known, source) => ({ ...known, ...source }),
    {},
  );
  // Where keys were given, or the engine has no other place, what is absent is the default.
  const isComplete = metadata !== undefined || engine.era === "python" ||
    isWholePlace(entry);
  return {
    settings,
    unknown: isComplete ? [] : DEFAULTED.filter((name) => settings[name] === undefined),
    embeddingFunction: texts.map(readEmbeddingFunction).find((found) => found !== null) ?? null,
    isFromPython: ofSegment !== undefined || engine.era === "python",
  };
}

/** Whether one of the two columns still configures the index, whatever the other says. */
function isWholePlace({ collection }: CollectionSegments): boolean {
  const schema = parseJsonObject(collection.schema);
  if (schema !== null && indexOfSchema(schema) !== null) return true;
  const configuration = parseJsonObject(collection.configuration);
  return asObject(asObject(configuration?.vector_index)?.hnsw) !== null;
}

/** Reads what is left of a text that need not be JSON any more. */
function readText(text: string): KnownSettings {
  const space = /"space"\s*:\s*"(\w+)"/.exec(text)?.[1];
  const numbers = ([
    "max_neighbors",
    "ef_construction",
    "ef_search",
    "num_threads",
    "batch_size",
    "sync_threshold",
    "resize_factor",
  ] as const).flatMap((name) => {
    // A number at the very end may have been longer.
    const found = new RegExp(`"${name}"${NUMBER}(?=[\\s,}])`).exec(text)?.[1];
    return found !== undefined && isUsable(name, Number(found)) ? [[name, Number(found)]] : [];
  });
  return { ...(isSpace(space) ? { space } : {}), ...Object.fromEntries(numbers) };
}

function readMetadata(metadata: HnswMetadata | undefined): KnownSettings {
  const settings = Object.entries(metadata ?? {}).flatMap(([key, value]) => {
    const name = METADATA_NAMES[key];
    if (name === undefined) return [];
    const isValid = name === "space"
      ? isSpace(value)
      : typeof value === "number" && isUsable(name, value);
    return isValid ? [[name, value]] : [];
  });
  return Object.fromEntries(settings);
}

function isUsable(name: SettingName, value: number): boolean {
  return name === "resize_factor" ? value >= 1 : Number.isSafeInteger(value) && value >= 1;
}

/** Reads the object behind `"embedding_function":`, where it is there to its last brace. */
function readEmbeddingFunction(text: string): unknown {
  const start = /"embedding_function"\s*:\s*(?=\{)/.exec(text);
  if (start === null) return null;
  const from = start.index + start[0].length;
  let end = text.indexOf("}", from);
  // The first brace at which the text is JSON closes the object.
  for (let tries = 0; end !== -1 && tries < 64; tries++) {
    try {
      return JSON.parse(text.slice(from, end + 1));
    } catch {
      end = text.indexOf("}", end + 1);
    }
  }
  return null;
}
