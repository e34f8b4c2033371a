/**
 * Which collections a finding speaks of. It names the label of a collection, which two of different
 * databases may share, and the VECTOR segment where there is one.
 *
 * @module
 */

import type { Finding } from "../../../../model/finding.ts";
import { collectionLabel, type CollectionSegments } from "../../catalogue/catalogue.ts";
import type { PlanningContext } from "./catalogue_edit.ts";

/**
 * Finds the collections of a finding.
 *
 * @param finding The finding.
 * @param context What is known.
 * @returns The one whose segment it names; else all with its label and without a VECTOR segment.
 */
export function findSubjects(
  { segment, collection: label }: Finding,
  { collections, owners }: Pick<PlanningContext, "collections" | "owners">,
): CollectionSegments[] {
  if (segment !== null) {
    const owner = owners.get(segment);
    return owner === undefined ? [] : [owner];
  }
  return collections.filter(({ collection, vector }) =>
    vector === null && collectionLabel(collection) === label
  );
}
