/**
 * Settings of an index that are gone from where the engine reads them, and still stand in
 * `collection_metadata`, where the user gave them.
 *
 * @module
 */

import type { Finding } from "../../../../model/finding.ts";
import { printable } from "../../../../base/printable.ts";
import {
  type Catalogue,
  collectionLabel,
  hasColumn,
  type HnswMetadata,
} from "../../catalogue/catalogue.ts";
import {
  type EditStatement,
  type PlannedEdit,
  type PlanningContext,
  statement,
} from "./catalogue_edit.ts";

const DEFAULT_SPACE = "l2";

/**
 * Plans the settings of an index. Where they are gone the table was lost, and with it the settings of
 * collections that show no finding, because only their distance is the default: they come back, too.
 *
 * @param finding The finding `index-settings-lost`.
 * @param context What is known.
 * @returns The keys of `collection_metadata`, put back for the VECTOR segment.
 */
export function planLostSettings(finding: Finding, context: PlanningContext): PlannedEdit {
  const { catalogue, collections } = context;
  const lost = collections.flatMap(({ collection, vector }) => {
    const settings = catalogue.collectionMetadata.get(collection.id);
    if (vector === null || settings === undefined) return [];
    return catalogue.segmentMetadata.has(vector.id) ? [] : [{ collection, vector, settings }];
  });
  const owner = lost.find(({ vector }) => vector.id === finding.segment);
  if (owner === undefined) return { refused: "The segment is not there any more" };
  const isShown = ({ settings }: { settings: HnswMetadata }): boolean =>
    (settings["hnsw:space"] ?? DEFAULT_SPACE) !== DEFAULT_SPACE;
  const others = lost.find(isShown) === owner ? lost.filter((one) => !isShown(one)) : [];
  const described = Object.entries(owner.settings).map(([key, value]) => `${key} ${value}`);
  return {
    statements: [owner, ...others].map(({ collection, vector }) =>
      copySettings(catalogue, collection.id, vector.id)
    ),
    sentence:
      `Put the settings of the index back from the collection's: ${
        printable(described.join(", "))
      }` + (others.length === 0
        ? ""
        : `; and those of ${
          others.map(({ collection }) => collectionLabel(collection)).join(", ")
        }`),
    losses: [],
  };
}

/**
 * Makes the statement that gives an index the settings of its collection.
 *
 * @param catalogue The catalogue.
 * @param collectionId The collection.
 * @param segmentId The VECTOR segment.
 * @returns The statement.
 */
export function copySettings(
  catalogue: Catalogue,
  collectionId: string,
  segmentId: string,
): EditStatement {
  const columns = ["key", "str_value", "int_value", "float_value", "bool_value"]
    .filter((column) =>
      hasColumn(catalogue, "segment_metadata", column) &&
      hasColumn(catalogue, "collection_metadata", column)
    ).join(", ");
  return statement(
    `INSERT OR REPLACE INTO segment_metadata (segment_id, ${columns}) SELECT ?, ${columns} ` +
      "FROM collection_metadata WHERE collection_id = ? AND key LIKE 'hnsw:%'",
    segmentId,
    collectionId,
  );
}
