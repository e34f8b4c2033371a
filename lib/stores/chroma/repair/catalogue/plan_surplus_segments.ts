/**
 * Rows of `segments` of which there are too many: several for one half of a collection, and those of
 * collections that are not there.
 *
 * @module
 */

import { formatCount } from "../../../../base/format.ts";
import type { Finding } from "../../../../model/finding.ts";
import { type PlannedEdit, type PlanningContext, statement } from "./catalogue_edit.ts";

/**
 * Plans which of several rows of one half stays.
 *
 * @param finding The finding `segment-row-duplicate`.
 * @param context What is known.
 * @returns The end of those that carry nothing; it is refused where more than one carries data.
 */
export function planDuplicateSegments(finding: Finding, context: PlanningContext): PlannedEdit {
  const { evidence, catalogue } = context;
  const { segments, scope } = finding.detail;
  const ids = Array.isArray(segments) ? segments.map(String) : [];
  const filled = ids.filter((id) => (evidence.weights.get(id)?.contents ?? 0) > 0);
  const referred = ids.filter((id) => evidence.weights.get(id)?.isReferredTo === true);
  if (filled.length > 1) {
    return { refused: `Data stands in ${filled.length} of the segments: ${filled.join(", ")}` };
  }
  const live = filled[0] ?? referred[0] ?? ids[0];
  const leaving = ids.filter((id) => id !== live);
  const kept = live !== undefined && catalogue.segmentMetadata.has(live);
  const donor = kept ? undefined : leaving.find((id) => catalogue.segmentMetadata.has(id));
  return {
    statements: [
      ...(donor === undefined || live === undefined ? [] : [
        statement(
          "UPDATE OR IGNORE segment_metadata SET segment_id = ? WHERE segment_id = ?",
          live,
          donor,
        ),
      ]),
      ...leaving.flatMap((id) => [
        statement("DELETE FROM segment_metadata WHERE segment_id = ?", id),
        statement("DELETE FROM max_seq_id WHERE segment_id = ?", id),
        statement("DELETE FROM segments WHERE id = ?", id),
      ]),
    ],
    sentence: `Keep ${live} of the ${ids.length} ${scope} segments, for the others hold nothing`,
    losses: [],
  };
}

/**
 * Plans the end of rows for collections that are not there.
 *
 * @param finding The finding `segment-row-orphan`.
 * @returns Their removal, with the settings that belong to them.
 */
export function planOrphanSegments({ count }: Finding): PlannedEdit {
  const orphans = "SELECT id FROM segments WHERE collection IS NULL " +
    "OR collection NOT IN (SELECT id FROM collections)";
  return {
    statements: [
      statement(`DELETE FROM segment_metadata WHERE segment_id IN (${orphans})`),
      statement(`DELETE FROM segments WHERE id IN (${orphans})`),
    ],
    sentence: `Remove ${formatCount(count, "row")} of segments for collections that are not there`,
    losses: [],
  };
}
