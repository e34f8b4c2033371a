/**
 * Which indexes need an answer, and what is known of each.
 *
 * @module
 */

import { type Finding, isDamage } from "../../../../model/finding.ts";
import { type Catalogue, type CollectionRow, listCollections } from "../../catalogue/catalogue.ts";
import type { Engine } from "../../catalogue/migrations.ts";
import type { Layout } from "../../layout.ts";
import type { OpenedCatalogue } from "../../opened_catalogue.ts";
import type { RecordPlace } from "../../records/read_records.ts";
import { listSalvageRequests } from "../../salvage/list_requests.ts";
import type { SalvageRequest } from "../../salvage/salvage_request.ts";
import { isWanted, stageOf } from "../cures.ts";
import type { RepairContext } from "../repair_context.ts";
import type { HandedInVectors } from "./handed_in_vectors.ts";

/** An index of the store. */
export interface StoreIndex {
  /** What salvage is asked for. */
  readonly request: SalvageRequest;
  /** Where its records stand. */
  readonly place: RecordPlace;
  /** The engine that wrote the store. */
  readonly engine: Engine;
  /** What the catalogue says. */
  readonly catalogue: Catalogue;
  /** Its collection. */
  readonly collection: CollectionRow;
  /** The name of the collection. */
  readonly name: string;
}

/** An index that needs an answer. */
export interface WantedIndex extends StoreIndex {
  /** The findings that its repair answers; none where only vectors were handed in for it. */
  readonly findings: readonly Finding[];
  /** The ids for which vectors were handed in. */
  readonly handedInIds: readonly string[];
  /**
   * Whether the files are another index's, of another dimension: what stands before this stage has
   * found that the catalogue is right.
   */
  readonly isForeign: boolean;
}

/**
 * Lists the indexes of a store whose records can be found.
 *
 * @param layout The store's directory.
 * @param opened Its catalogue.
 * @returns One entry for each.
 * @throws {OperationError} An id map cannot be read.
 */
export function listIndexes(layout: Layout, opened: OpenedCatalogue): StoreIndex[] {
  const { catalogue, engine } = opened;
  if (catalogue === null || engine === null) return [];
  const owners = new Map(
    listCollections(catalogue).map(({ collection, vector }) => [vector?.id ?? "", collection]),
  );
  return listSalvageRequests(layout, opened).flatMap((request) => {
    const { subject: { segmentId, collection: name }, place } = request;
    const collection = owners.get(segmentId);
    if (collection === undefined || place === null || name === null) return [];
    return [{ request, place, engine, catalogue, collection, name }];
  });
}

/**
 * Chooses those that need an answer. One is left alone while something is wrong that its repair
 * would stand on: the catalogue of its collection, or the database.
 *
 * @param indexes The indexes.
 * @param context What the stage was given.
 * @param handedIn The vectors that were handed in, or null.
 * @returns Those that need an answer.
 */
export function chooseWanted(
  indexes: readonly StoreIndex[],
  { findings, allFindings, request }: RepairContext,
  handedIn: HandedInVectors | null,
): WantedIndex[] {
  const { onlyCollection } = request;
  // The stage of the catalogue has answered them where the catalogue is wrong.
  const left = allFindings.filter((finding) =>
    (finding.name === FOREIGN && finding.segment !== null || finding.name === UNKNOWN) &&
    isWanted(finding, request)
  );
  const blocking = allFindings.filter((finding) => isBlocking(finding) && !left.includes(finding));
  return indexes.flatMap((index) => {
    const { name, request: { subject } } = index;
    if (onlyCollection !== null && onlyCollection !== name) return [];
    const own = [...findings, ...left].filter(({ segment, collection }) =>
      segment === null ? collection === name : segment === subject.segmentId
    );
    const handedInIds = handedIn?.idsOf(name) ?? [];
    if (own.length === 0 && handedInIds.length === 0) return [];
    const isBlocked = blocking.some(({ collection }) => collection === null || collection === name);
    const isForeign = own.some((finding) => finding.name === FOREIGN);
    return isBlocked ? [] : [{ ...index, findings: own, handedInIds, isForeign }];
  });
}

/** Catalogue and index disagree on the dimension. */
const FOREIGN = "dimension-mismatch";

/** A collection has records and no dimension: where nothing tells it, there is no vector either. */
const UNKNOWN = "dimension-missing";

/** What of the catalogue decides how the files of an index are read. */
const GROUNDS: readonly string[] = [
  FOREIGN,
  UNKNOWN,
  "configuration-not-json",
  "configuration-space-unknown",
  "index-settings-lost",
  "segment-row-missing",
  "segment-row-duplicate",
];

function isBlocking(finding: Finding): boolean {
  return GROUNDS.includes(finding.name) || isDamage(finding) && stageOf(finding) === "database";
}
