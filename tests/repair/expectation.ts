/**
 * What must be found in a repaired store: the facts of the store before it was damaged, less exactly
 * what the plan of the repair listed as lost.
 *
 * @module
 */

import type { RepairLoss } from "../../lib/model/repair.ts";
import type { CollectionFacts } from "../support/fixtures.ts";
import type { Questions, Where } from "../support/engine_server.ts";
import { decodeVectors, nearestTo, normalise, type Space } from "./vectors.ts";

/** The facts of a collection; golden stores tell the space by the name of the collection. */
export type Facts = Omit<CollectionFacts, "documents"> & {
  readonly documents?: readonly (string | null)[];
  readonly space?: Space;
};

/** A record as a reader must find it. */
export interface ExpectedRecord {
  /** The vector. */
  readonly vector: Float32Array;
  /** Null where the vector was lost and the record stays without it. */
  readonly hasVector: boolean;
  /** Whether a newer write may have been lost, so that vector and texts may be older ones. */
  readonly mayBeOlder: boolean;
  /** The document. */
  readonly document: string | null;
  /** The metadata. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Whether some of the metadata may be missing. */
  readonly mayLackMetadata: boolean;
  /** Whether nothing of it was lost. */
  readonly isWhole: boolean;
}

/** A collection as a reader must find it. */
export interface ExpectedCollection {
  readonly name: string;
  readonly id: string | undefined;
  readonly space: Space;
  readonly dimension: number;
  readonly records: ReadonlyMap<string, ExpectedRecord>;
  /** Ids of records that the repair said it takes out, or that are gone. */
  readonly absent: readonly string[];
  readonly queries: string;
  /** Texts that its documents are searched for. */
  readonly words: readonly string[];
  /** The share of the nearest records that the engine found before. */
  readonly recall: number;
  /** Records that were deleted before, and may have come back: the plan says that it cannot tell. */
  readonly revived: ReadonlySet<string>;
}

/** The collections of a store as a reader must find them. */
export interface ExpectedStore {
  /** The collections that have records, in the order of the questions. */
  readonly collections: readonly ExpectedCollection[];
  /** How many records the plan lists as lost of which nobody knows the id. */
  readonly unnamed: number;
}

const SPACES: Readonly<Record<string, Space>> = { cosine: "cosine", dot: "ip" };

/** What the engines' own indexes of random vectors find at the least. */
const USUAL_RECALL = 0.55;

/**
 * Takes what was lost from the facts of all collections.
 *
 * @param facts What was there.
 * @param losses What the plan listed.
 */
export function expectStore(
  facts: Readonly<Record<string, Facts>>,
  losses: readonly RepairLoss[] = [],
): ExpectedStore {
  const collections = Object.entries(facts)
    .filter(([, { count }]) => count > 0)
    .map(([name, collection]) => expectAfter(name, collection, losses));
  const unnamed = losses
    .filter(({ kind }) => kind === "record")
    .reduce((sum, { count, ids }) => sum + count - ids.length, 0);
  return { collections, unnamed };
}

/**
 * Takes what was lost from the facts of a collection.
 *
 * @param name The name of the collection.
 * @param facts What was there.
 * @param losses What the plan listed.
 */
function expectAfter(
  name: string,
  facts: Facts,
  losses: readonly RepairLoss[],
): ExpectedCollection {
  const space = spaceOf(name, facts);
  const records = readFacts(facts);
  const recall = recallOf(facts, records, space);
  const absent: string[] = [];
  const revived = new Set<string>();
  for (const loss of losses) {
    if (loss.collection !== name && loss.collection !== nameWithoutName(facts)) continue;
    if (loss.kind === "queue-row" || loss.kind === "row") continue;
    for (const id of loss.ids) {
      const record = records.get(id);
      if (loss.outcome === "taken-out" || loss.outcome === "gone" && loss.kind === "record") {
        records.delete(id);
        absent.push(id);
      } else if (record !== undefined) {
        records.set(id, lose(record, loss));
      } else if (loss.kind === "newer-version") {
        revived.add(id);
      }
    }
  }
  return {
    name,
    id: facts.id,
    space,
    dimension: facts.dimension ?? 0,
    records,
    absent,
    queries: facts.queries_f32_base64 ?? "",
    words: wordsOf(name, records),
    recall,
    revived,
  };
}

/** How the vectors of a collection are compared. */
export function spaceOf(name: string, { space }: Facts): Space {
  return space ?? SPACES[name] ?? "l2";
}

/** A collection whose name was lost is called by its id. */
function nameWithoutName({ id = "" }: Facts): string {
  return `recovered-${id.slice(0, 8)}`;
}

function readFacts(facts: Facts): Map<string, ExpectedRecord> {
  const all = decodeVectors(facts.embeddings_f32_base64 ?? "");
  const dimension = facts.dimension ?? 0;
  return new Map(facts.ids.map((id, at) => [id, {
    vector: all.subarray(at * dimension, (at + 1) * dimension),
    hasVector: true,
    mayBeOlder: false,
    document: facts.documents?.[at] ?? null,
    metadata: facts.metadatas?.[at] ?? {},
    mayLackMetadata: false,
    isWhole: true,
  }]));
}

function recallOf(
  { answers, queries_f32_base64, dimension = 0 }: Facts,
  records: ReadonlyMap<string, ExpectedRecord>,
  space: Space,
): number {
  if (answers === undefined || answers.length === 0) return USUAL_RECALL;
  const queries = decodeVectors(queries_f32_base64 ?? "");
  const found = answers.map(({ ids }, at) => {
    const query = queries.subarray(at * dimension, (at + 1) * dimension);
    const nearest = new Set(nearestTo(query, records, space, ids.length));
    return ids.filter((id) => nearest.has(id)).length / ids.length;
  });
  return found.reduce((sum, share) => sum + share, 0) / found.length;
}

function lose(given: ExpectedRecord, { kind }: RepairLoss): ExpectedRecord {
  const record = { ...given, isWhole: false };
  switch (kind) {
    case "length":
      return { ...record, vector: normalise(record.vector) };
    case "vector":
      return { ...record, hasVector: false };
    case "newer-version":
      return { ...record, mayBeOlder: true };
    case "document":
      return { ...record, document: null };
    case "metadata":
      return { ...record, mayLackMetadata: true };
    default:
      return { ...record, document: null, mayLackMetadata: true };
  }
}

/** What an engine is asked about a collection of which so much is known. */
export function questionsOf(expected: ExpectedCollection): Questions {
  return {
    name: expected.name,
    id: expected.id,
    dimension: expected.dimension,
    queries: expected.queries,
    words: expected.words,
    filters: FILTERS,
    absent: expected.absent.slice(0, 200),
  };
}

/** Filters by metadata that every collection is asked. */
export const FILTERS: readonly Where[] = [
  { kind: "odd" },
  { page: { "$gte": 100 } },
  { score: { "$lt": 10 } },
  { kept: true },
  { "$and": [{ kind: "even" }, { kept: false }] },
];

/** Some that are in many documents, and some that are in one. */
function wordsOf(name: string, records: ReadonlyMap<string, ExpectedRecord>): string[] {
  const documents = [...records.values()].flatMap(({ document }) => document ?? []);
  const some = [0.1, 0.5, 0.9].flatMap((part) =>
    documents[Math.floor(part * documents.length)] ?? []
  );
  return ["number 7", "number 11", `of ${name}`, "quick brown", ...some];
}

/** Whether metadata is what a filter looks for. */
export function matches(metadata: Readonly<Record<string, unknown>>, where: Where): boolean {
  return Object.entries(where).every(([key, wanted]) => {
    if (key === "$and") return (wanted as Where[]).every((part) => matches(metadata, part));
    const value = metadata[key];
    if (typeof wanted !== "object" || wanted === null) return value === wanted;
    if (typeof value !== "number") return false;
    return Object.entries(wanted).every(([operator, limit]) =>
      operator === "$gte" ? value >= limit : value < limit
    );
  });
}
