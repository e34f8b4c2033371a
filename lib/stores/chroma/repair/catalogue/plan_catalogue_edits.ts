/**
 * Planning the corrections of the catalogue: one planner for each finding. Planning reads nothing and
 * changes nothing.
 *
 * @module
 */

import type { Finding } from "../../../../model/finding.ts";
import type { FindingName } from "../../../../model/finding_names.ts";
import { collectionLabel } from "../../catalogue/catalogue.ts";
import {
  type CatalogueEdit,
  type EditPlanner,
  isRefusal,
  type PlanningContext,
  type Refusal,
} from "./catalogue_edit.ts";
import {
  planMissingType,
  planUnknownSpace,
  planUnreadableConfiguration,
} from "./plan_configurations.ts";
import { planDimensionMismatch, planMissingDimension } from "./plan_dimensions.ts";
import { planLostSettings } from "./plan_lost_settings.ts";
import { planMetadataFaults } from "./plan_metadata_faults.ts";
import { planChangedMigration, planMissingMigrations } from "./plan_migrations.ts";
import { planDuplicateNames, planName } from "./plan_names.ts";
import { planDatabase, planTenant } from "./plan_owners.ts";
import { planQueueConfiguration } from "./plan_queue_configuration.ts";
import { planMissingSegment } from "./plan_segments.ts";
import { planDuplicateSegments, planOrphanSegments } from "./plan_surplus_segments.ts";
import { planOrphanWatermarks, planWatermark } from "./plan_watermarks.ts";

/**
 * The planners, in the order in which they run. What a later one needs, an earlier one puts right:
 * watermarks belong to segments, and segments to collections.
 */
const PLANNERS: readonly (readonly [FindingName, EditPlanner])[] = [
  ["migration-missing", planMissingMigrations],
  ["migration-changed", planChangedMigration],
  ["tenant-missing", planTenant],
  ["database-missing", planDatabase],
  ["collection-name-invalid", planName],
  ["collection-name-duplicate", planDuplicateNames],
  ["segment-row-duplicate", planDuplicateSegments],
  ["segment-row-missing", planMissingSegment],
  ["segment-row-orphan", planOrphanSegments],
  ["dimension-missing", planMissingDimension],
  ["dimension-mismatch", planDimensionMismatch],
  ["configuration-without-type", planMissingType],
  ["configuration-not-json", planUnreadableConfiguration],
  ["configuration-space-unknown", planUnknownSpace],
  ["settings-value-unreadable", planMetadataFaults],
  ["index-settings-lost", planLostSettings],
  ["watermark-poisoned", planWatermark],
  ["watermark-blob", planWatermark],
  ["watermark-invalid", planWatermark],
  ["watermark-ahead", planWatermark],
  ["watermark-missing", planWatermark],
  ["watermark-orphan", planOrphanWatermarks],
  ["queue-configuration-invalid", planQueueConfiguration],
];

/** A finding about which nothing is done. */
export interface RefusedFinding extends Refusal {
  /** The finding. */
  readonly finding: Finding;
}

/** What is done, and what is not. */
export interface CataloguePlan {
  /** The corrections, in order. */
  readonly edits: readonly CatalogueEdit[];
  /** What nothing is done about. */
  readonly refusals: readonly RefusedFinding[];
}

/** The findings that corrections of the catalogue answer. */
export const CATALOGUE_FINDINGS: ReadonlySet<FindingName> = new Set(
  PLANNERS.map(([name]) => name),
);

/**
 * Plans what answers findings of the catalogue.
 *
 * @param findings The findings; those of other kinds are passed over.
 * @param context What is known.
 * @returns The corrections.
 */
export function planCatalogueEdits(
  findings: readonly Finding[],
  context: PlanningContext,
): CataloguePlan {
  const edits: CatalogueEdit[] = [];
  const done = new Set<string>();
  const refusals: RefusedFinding[] = [];
  for (const [name, plan] of PLANNERS) {
    for (const finding of findings.filter((one) => one.name === name)) {
      const planned = plan(finding, context);
      if (isRefusal(planned)) {
        refusals.push({ finding, refused: planned.refused });
        continue;
      }
      const collectionId = findCollection(finding, context);
      // Two findings of one kind may have one cause.
      const what = JSON.stringify([name, collectionId, planned.sentence]);
      if (!done.has(what)) edits.push({ finding, collectionId, ...planned });
      done.add(what);
    }
  }
  return { edits, refusals };
}

function findCollection(
  { segment, collection: label, detail }: Finding,
  { owners, collections }: PlanningContext,
): string | null {
  const owner = owners.get(segment ?? "");
  if (owner !== undefined) return owner.collection.id;
  if (typeof detail.collectionId === "string") return detail.collectionId;
  if (label === null) return null;
  const named = collections.find(({ collection }) =>
    collection.id === label || collectionLabel(collection) === label
  );
  return named?.collection.id ?? null;
}
