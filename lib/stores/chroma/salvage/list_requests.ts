/**
 * What can be salvaged in a store: one request for each index that the catalogue names.
 *
 * @module
 */

import {
  findRecords,
  listVectorSegments,
  type OpenedCatalogue,
  readPickleWatermarks,
} from "../opened_catalogue.ts";
import type { Layout } from "../layout.ts";
import { wasMadeByRust } from "./order_evidence.ts";
import type { SalvageRequest } from "./salvage_request.ts";

/**
 * Lists the indexes of a store.
 *
 * @param layout The store's directory.
 * @param opened The catalogue; it stays open as long as the requests are used.
 * @returns One request for each, in the order of the catalogue; none where it cannot be read.
 * @throws {OperationError} An id map cannot be read.
 */
export function listSalvageRequests(
  layout: Layout,
  { reading, catalogue, engine }: OpenedCatalogue,
): SalvageRequest[] {
  if (catalogue === null || engine === null) return [];
  const segments = listVectorSegments(layout, catalogue, engine);
  const places = findRecords(
    segments.map(({ entry }) => entry),
    catalogue,
    readPickleWatermarks(segments, catalogue),
  );
  const madeByRust = wasMadeByRust(catalogue);
  return segments.map(({ subject }, at) => ({
    subject,
    movedAside: layout.segments.filter(({ movedAside, segmentId }) =>
      movedAside && segmentId === subject.segmentId
    ),
    database: reading.database,
    place: places[at] ?? null,
    engine,
    madeByRust,
  }));
}
