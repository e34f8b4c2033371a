/**
 * The collections of a store from the inside: what a check has read of their graphs, and a sample of
 * their vectors, one collection after another.
 *
 * @module
 */

import type { Turns } from "../base/turns.ts";
import type { FindingName } from "../model/codes.ts";
import { type Finding, isDamage } from "../model/finding.ts";
import type { CollectionPortrait, GraphReading } from "../model/portrait.ts";
import { portrayStore } from "../stores/portray.ts";
import type { PortrayOptions } from "../stores/portray_format.ts";
import type { DetectedStore } from "../model/store.ts";
import { projectVectors } from "./project_vectors.ts";
import type { CollectionReport, CollectionsReport } from "./report_model.ts";

/** How many collections are shown. */
const MOST_COLLECTIONS = 40;

/** How many vectors of all collections are drawn, about; for each of them there is a least number. */
const MOST_VECTORS = 6000;

/** The findings that tell how many records have no vector any more. */
const MISSING: readonly FindingName[] = [
  "segment-missing",
  "vectors-missing",
  "document-without-embedding",
];

/** The findings that tell how many vectors hold nothing that means anything. */
const DAMAGED: readonly FindingName[] = [
  "slot-zeroed",
  "vector-not-finite",
  "embedding-not-finite",
];

/** What is known of the collections before they are looked at. */
export interface KnownOfCollections
  extends Pick<PortrayOptions, "files" | "graphs" | "wantedSlots"> {
  /** The findings. */
  readonly findings: readonly Finding[];
}

/** The collections, and the ids of the records that were asked for. */
export interface DescribedCollections {
  /** The collections. */
  readonly collections: CollectionsReport;
  /** The ids of the records in slots, by the path of the index and the slot. */
  readonly slotIds: ReadonlyMap<string, ReadonlyMap<number, string>>;
}

/**
 * Describes the collections of a store.
 *
 * @param store The store.
 * @param known What the check has told.
 * @param turns Lets others run in between, and a signal end the work.
 * @returns The collections.
 * @throws {OperationError} A file cannot be read, or the store is in use.
 */
export async function describeCollections(
  store: DetectedStore,
  known: KnownOfCollections,
  turns: Turns,
): Promise<DescribedCollections> {
  const { files, graphs, wantedSlots } = known;
  const portrayal = portrayStore(store, {
    files,
    graphs,
    wantedSlots,
    mostCollections: MOST_COLLECTIONS,
    mostVectors: MOST_VECTORS,
  });
  const listed: CollectionReport[] = [];
  const slotIds = new Map<string, ReadonlyMap<number, string>>();
  try {
    for (;;) {
      await turns.take();
      const step = portrayal.next();
      if (step.done) return { collections: { listed, ...step.value }, slotIds };
      if (step.value === null) continue;
      listed.push(describe(step.value, known));
      if (step.value.path !== null) slotIds.set(step.value.path, step.value.slotIds);
    }
  } finally {
    portrayal.return({ leftOut: 0, lastWrite: null });
  }
}

function describe(
  portrait: CollectionPortrait,
  { findings, graphs }: KnownOfCollections,
): CollectionReport {
  const { name, path, records, dimension, drift, sample } = portrait;
  const own = findings.filter((finding) => isAbout(finding, portrait));
  const graph: GraphReading | null = graphs.find((known) => known.path === path) ?? null;
  return {
    name,
    path,
    records,
    dimension,
    isHealthy: !own.some(isDamage),
    drift,
    graph,
    missingVectors: Math.max(addPlaces(own, MISSING), countUnplaced(portrait, graph)),
    damagedVectors: addPlaces(own, DAMAGED),
    projection: projectVectors(sample),
  };
}

/** Two collections of chromem-go can have one name, and then their places tell them apart. */
function isAbout({ collection, segment }: Finding, { name, path }: CollectionPortrait): boolean {
  return segment !== null && path !== null ? segment === path : collection === name;
}

/** Records for which there is neither a slot nor a write that waits: their slots are gone. */
function countUnplaced(
  { records, drift }: CollectionPortrait,
  graph: GraphReading | null,
): number {
  const pending = drift?.pendingWrites ?? null;
  if (records === null || pending === null || graph === null) return 0;
  return Math.max(0, records - graph.live - pending);
}

function addPlaces(findings: readonly Finding[], names: readonly FindingName[]): number {
  return findings.filter(({ name }) => names.includes(name))
    .reduce((sum, { count }) => sum + count, 0);
}
