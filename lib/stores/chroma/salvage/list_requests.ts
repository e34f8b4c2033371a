/**
 * What can be salvaged in a store: one request for each index that the catalogue names.
 *
 * @module
 */

import {
  findRecords,
  listStraySubjects,
  listVectorSegments,
  type OpenedCatalogue,
  readPickleWatermarks,
} from "../opened_catalogue.ts";
import type { Layout, SegmentDirectory } from "../layout.ts";
import { wasMadeByRust } from "./order_evidence.ts";
import type { SalvageRequest } from "./salvage_request.ts";

/**
 * Lists the indexes of a store whose catalogue cannot be read: of each only what its directory says.
 * Ids come from its id map alone, and the space is not known, so that the lengths of normalised
 * vectors count as lost.
 *
 * @param layout The store's directory.
 * @returns One request for each segment that has a directory.
 */
export function listStrayRequests(layout: Layout): SalvageRequest[] {
  return listStraySubjects(layout).map((subject) => ({
    subject,
    movedAside: listMovedAside(layout, subject.segmentId),
    elsewhere: [],
    database: null,
    place: null,
    engine: null,
    madeByRust: false,
  }));
}

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
    movedAside: listMovedAside(layout, subject.segmentId),
    elsewhere: [],
    database: reading.database,
    place: places[at] ?? null,
    engine,
    madeByRust,
  }));
}

function listMovedAside(layout: Layout, wanted: string): SegmentDirectory[] {
  return layout.segments.filter(({ movedAside, segmentId }) => movedAside && segmentId === wanted);
}
