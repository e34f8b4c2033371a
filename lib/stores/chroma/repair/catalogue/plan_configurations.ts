/**
 * Configurations of collections that an engine cannot read: put right where only a part is wrong,
 * written anew where nothing can be read. Each era gets its own shape.
 *
 * @module
 */

import type { Finding } from "../../../../model/finding.ts";
import type { RepairLoss } from "../../../../model/repair.ts";
import type { CollectionSegments } from "../../catalogue/catalogue.ts";
import { asObject, isAbsent, isSpace, parseJsonObject } from "../../catalogue/configuration.ts";
import { findSubjects } from "./catalogue_subjects.ts";
import {
  type EditStatement,
  type PlannedEdit,
  type PlanningContext,
  rowLoss,
  statement,
} from "./catalogue_edit.ts";
import {
  EMPTY_CONFIGURATION,
  writePythonConfiguration,
  writeRustConfiguration,
  writeSchema,
} from "./configuration_texts.ts";
import { findKnownConfiguration, type KnownConfiguration } from "./known_settings.ts";

const DEFAULT_SPACE = "l2";

/** Its row may come back in this very round: what the index tells counts in the next one. */
const NO_INDEX: PlannedEdit = {
  refused: "The collection has no VECTOR segment, whose index would tell the settings",
};

const INDEX_OF_SCHEMA = [
  "$.defaults.float_list.vector_index.config.space",
  '$.keys."#embedding".float_list.vector_index.config.space',
  '$.key_overrides."#embedding".float_list.vector_index.config.space',
] as const;

/** What 0.5 and 0.6 read; any other name is an error to them. */
const PYTHON_NAMES: readonly string[] = [
  "_type",
  "hnsw_configuration",
  "space",
  "ef_construction",
  "ef_search",
  "num_threads",
  "M",
  "resize_factor",
  "batch_size",
  "sync_threshold",
];

/** What is written into which column. */
interface Rewriting {
  readonly column: "config_json_str" | "schema_str";
  readonly text: string | null;
}

/**
 * Plans a configuration that cannot be read.
 *
 * @param finding The finding `configuration-not-json`; its detail names the column.
 * @param context What is known.
 * @returns The configuration, written anew.
 */
export function planUnreadableConfiguration(
  finding: Finding,
  context: PlanningContext,
): PlannedEdit {
  const entries = findSubjects(finding, context);
  if (entries.some(({ vector }) => vector === null)) return NO_INDEX;
  const rewritten = entries.map((entry) => {
    const known = findKnownConfiguration(entry, context);
    return { entry, known, rewriting: rewrite(finding, entry, known, context) };
  });
  const [first] = rewritten;
  if (first === undefined) return { refused: "The collection is not there any more" };
  const { rewriting, known } = first;
  return {
    statements: rewritten.map(({ entry, rewriting: { column, text } }) =>
      statement(`UPDATE collections SET ${column} = ? WHERE id = ?`, text, entry.collection.id)
    ),
    sentence: `Write ${rewriting.column} again: ` +
      (rewriting.text === EMPTY_CONFIGURATION
        ? "{}, for the schema says everything"
        : describeSettings(known)),
    losses: rewritten.flatMap(({ entry, known, rewriting }) =>
      rewriting.text === EMPTY_CONFIGURATION ? [] : listLosses(entry, known, rewriting)
    ),
  };
}

function rewrite(
  finding: Finding,
  { collection }: CollectionSegments,
  known: KnownConfiguration,
  { engine }: PlanningContext,
): Rewriting {
  if (finding.detail.place === "schema_str") {
    const configuration = parseJsonObject(collection.configuration);
    const isSilent = isAbsent(collection.configuration, "configuration") ||
      configuration?.vector_index === undefined;
    // Where the configuration says it, the engine takes no schema beside it.
    return { column: "schema_str", text: isSilent ? writeSchema(known) : null };
  }
  const column = "config_json_str";
  if (engine.era === "python") return { column, text: writePythonConfiguration(known) };
  const hasSchema = collection.schema !== null && !isAbsent(collection.schema, "schema");
  return { column, text: hasSchema ? EMPTY_CONFIGURATION : writeRustConfiguration(known) };
}

function describeSettings({ settings }: KnownConfiguration): string {
  const all = { space: DEFAULT_SPACE, ...settings };
  return Object.entries(all).map(([name, value]) => `${name} ${value}`).join(", ");
}

function listLosses(
  { collection }: CollectionSegments,
  { unknown, embeddingFunction, isFromPython }: KnownConfiguration,
  { column, text }: Rewriting,
): RepairLoss[] {
  if (text === null || isFromPython) return [];
  const label = collection.name.text ?? collection.id;
  const reasons = [
    ...(unknown.includes("space")
      ? ["the distance that it was made for is not known; it is set to l2, the default"]
      : []),
    ...(unknown.some((name) => name !== "space")
      ? [
        `${unknown.filter((name) => name !== "space").join(", ")} are not known and set to the ` +
        "defaults",
      ]
      : []),
    ...(embeddingFunction === null && column === "config_json_str"
      ? ["the embedding function that it was made with is not known"]
      : []),
    ...(column === "schema_str"
      ? ["what its schema said of keys of the metadata is not known; the engine learns them anew"]
      : []),
  ];
  return reasons.map((reason) => rowLoss("collections", collection.id, reason, label));
}

/**
 * Plans the `_type` that 0.5 and 0.6 ask for.
 *
 * @param finding The finding `configuration-without-type`.
 * @param context What is known.
 * @returns Both types, put into what stands there; all of it anew where it holds what the engine
 * does not know.
 */
export function planMissingType(finding: Finding, context: PlanningContext): PlannedEdit {
  const [entry] = findSubjects(finding, context);
  if (entry === undefined) return { refused: "The collection is not there any more" };
  const { collection } = entry;
  const configuration = parseJsonObject(collection.configuration) ?? {};
  const index = asObject(configuration.hnsw_configuration);
  const names = [...Object.keys(configuration), ...Object.keys(index ?? {})];
  if (!names.every((name) => PYTHON_NAMES.includes(name))) {
    const text = writePythonConfiguration(findKnownConfiguration(entry, context));
    return {
      statements: [
        statement("UPDATE collections SET config_json_str = ? WHERE id = ?", text, collection.id),
      ],
      sentence: "Write config_json_str again, as Chroma 0.5 and 0.6 do",
      losses: [],
    };
  }
  const ofIndex = index === null
    ? ""
    : ", '$.hnsw_configuration._type', 'HNSWConfigurationInternal'";
  return {
    statements: [statement(
      "UPDATE collections SET config_json_str = json_set(config_json_str, " +
        `'$._type', 'CollectionConfigurationInternal'${ofIndex}) WHERE id = ?`,
      collection.id,
    )],
    sentence: "Put _type back into config_json_str, as Chroma 0.5 and 0.6 write it",
    losses: [],
  };
}

/**
 * Plans a distance that there is, where another is named.
 *
 * @param finding The finding `configuration-space-unknown`; its detail names the place.
 * @param context What is known.
 * @returns The distance that the index was made for.
 */
export function planUnknownSpace(finding: Finding, context: PlanningContext): PlannedEdit {
  const [entry] = findSubjects(finding, context);
  if (entry === undefined) return { refused: "The collection is not there any more" };
  if (entry.vector === null) return NO_INDEX;
  const { collection } = entry;
  const found = findSpaceElsewhere(finding, entry, context);
  const space = found ?? DEFAULT_SPACE;
  const label = collection.name.text ?? collection.id;
  return {
    statements: writeSpace(finding, entry, context, space),
    sentence: `Write the distance ${space} into ${String(finding.detail.place)}` +
      (found === null ? "" : ", for which the index was made"),
    losses: found !== null ? [] : [
      rowLoss(
        "collections",
        collection.id,
        "the distance that it was made for is not known; it is set to l2, the default",
        label,
      ),
    ],
  };
}

/** What the user gave comes first: it is exact, where vectors and links are a proof by numbers. */
function findSpaceElsewhere(
  finding: Finding,
  entry: CollectionSegments,
  context: PlanningContext,
): string | null {
  const { catalogue, evidence } = context;
  const { vector, collection } = entry;
  const ofSegment = vector === null ? undefined : catalogue.segmentMetadata.get(vector.id);
  const ofCollection = catalogue.collectionMetadata.get(collection.id);
  const candidates = [
    finding.detail.place === "segment_metadata" ? undefined : ofSegment?.["hnsw:space"],
    ofCollection?.["hnsw:space"],
    vector === null ? undefined : evidence.indexes.get(vector.id)?.space,
    findKnownConfiguration(entry, context).settings.space,
  ];
  return candidates.find(isSpace) ?? null;
}

function writeSpace(
  finding: Finding,
  { collection, vector }: CollectionSegments,
  { engine }: PlanningContext,
  space: string,
): EditStatement[] {
  switch (finding.detail.place) {
    case "segment_metadata":
      return [statement(
        "UPDATE segment_metadata SET str_value = ?, int_value = NULL, float_value = NULL " +
          "WHERE segment_id = ? AND key = 'hnsw:space'",
        space,
        vector?.id ?? "",
      )];
    case "schema_str":
      return [statement(
        `UPDATE collections SET schema_str = json_replace(schema_str, ${
          INDEX_OF_SCHEMA.map((path) => `'${path}', ?`).join(", ")
        }) WHERE id = ?`,
        ...INDEX_OF_SCHEMA.map(() => space),
        collection.id,
      )];
    default: {
      const path = engine.era === "python" ? "hnsw_configuration" : "vector_index.hnsw";
      return [statement(
        `UPDATE collections SET config_json_str = json_replace(config_json_str, ` +
          `'$.${path}.space', ?) WHERE id = ?`,
        space,
        collection.id,
      )];
    }
  }
}
