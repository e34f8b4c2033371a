/**
 * The layout of an index whose header.bin is missing or cannot be believed.
 *
 * @module
 */

import { geometryOf, type HnswGeometry } from "../../../hnsw/geometry.ts";
import type { RandomAccessBytes } from "../../../hnsw/random_access.ts";
import { findGeometry } from "../../../hnsw/salvage_geometry.ts";
import type { SegmentSubject } from "./segment_reading.ts";

/** So many labels at their places are no accident. */
const FEWEST_LABELS = 4;

/**
 * Finds the layout that the labels bear out, with the M of the settings.
 *
 * @param subject What the catalogue says of the index.
 * @param data data_level0.bin, or null where it is not to be looked at.
 * @returns The layout; that of the catalogue where labels bear out none, and null where that has
 * none.
 * @throws {OperationError} The file cannot be read.
 */
export function findLayout(
  { dimension, settings }: Pick<SegmentSubject, "dimension" | "settings">,
  data: RandomAccessBytes | null,
): HnswGeometry | null {
  if (dimension === null || dimension < 1 || settings === null) return null;
  const configured = geometryOf(settings.maxNeighbors, dimension);
  if (data === null) return configured;
  const found = findGeometry(data, { configured, header: null, dimensions: [] });
  return found !== null && found.confirmed >= FEWEST_LABELS ? found.geometry : configured;
}
