/**
 * What must be found in a repaired store: the facts of the store before it was damaged, less exactly
 * what the plan of the repair listed as lost.
 *
 * @module
 */

import type { RepairLoss } from "../../lib/model/repair.ts";
import type { CollectionFacts } from "../support/fixtures.ts";
import type { Answers, Questions, StoreAnswers, Where } from "../support/engine_server.ts";

/** How vectors are compared. */
export type Space = "l2" | "cosine" | "ip";

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
  /** Whether a newer version may have existed, so that the vector may be an older one. */
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

/** A flipped bit in a vector that no check can see: the record's own vector, hardly changed. */
export interface Tolerance {
  /** Whether the vector of a record may differ in one component. */
  readonly flippedBits: boolean;
}

const SPACES: Readonly<Record<string, Space>> = { cosine: "cosine", dot: "ip" };

/** Vectors of the space `cosine` are normalised and multiplied again: the last bits may differ. */
const COSINE_TOLERANCE = 1e-6;

/** Distances are added up in another order than here. */
const DISTANCE_TOLERANCE = 2e-5;

/** Two approximate indexes of the same vectors miss some other ones of the nearest records. */
const LEAST_OF_RECALL = 0.8;

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
    words: wordsOf(expected),
    filters: FILTERS,
    absent: expected.absent.slice(0, 200),
  };
}

const FILTERS: readonly Where[] = [
  { kind: "odd" },
  { page: { "$gte": 100 } },
  { score: { "$lt": 10 } },
  { kept: true },
  { "$and": [{ kind: "even" }, { kept: false }] },
];

function wordsOf({ name, records }: ExpectedCollection): string[] {
  const documents = [...records.values()].flatMap(({ document }) => document ?? []);
  const some = [0.1, 0.5, 0.9].flatMap((part) =>
    documents[Math.floor(part * documents.length)] ?? []
  );
  return ["number 7", "number 11", `of ${name}`, "quick brown", ...some];
}

/**
 * Holds what an engine said of a store against what it must say.
 *
 * @param answers What it said.
 * @param expected What it must say, in the order of the questions.
 * @param tolerance What may differ.
 * @returns What is wrong; empty where all is right.
 */
export function holdStore(
  answers: StoreAnswers,
  { collections, unnamed }: ExpectedStore,
  tolerance: Tolerance = { flippedBits: false },
): string[] {
  if (answers.error !== undefined) return [`all: ${answers.error}`];
  let left = unnamed;
  return collections.flatMap((collection, at) => {
    const given = answers.collections?.[at];
    if (given === undefined) return [`${collection.name}: no answer`];
    const answer = withoutRevived(given, collection);
    const gone = findGone(answer, collection, left);
    left -= gone.size;
    const complaints = holdCollection(answer, without(collection, gone), tolerance);
    return complaints.map((complaint) => `${collection.name}: ${complaint}`);
  });
}

/** Records that may stand for some of those that are lost and of which nobody knows the id. */
function findGone(
  { ids, error }: Answers,
  { records }: ExpectedCollection,
  unnamed: number,
): ReadonlySet<string> {
  if (error !== null || unnamed === 0) return new Set();
  const missing = new Set(records.keys()).difference(new Set(ids));
  return missing.size <= unnamed ? missing : new Set();
}

function without(expected: ExpectedCollection, gone: ReadonlySet<string>): ExpectedCollection {
  if (gone.size === 0) return expected;
  return { ...expected, records: new Map([...expected.records].filter(([id]) => !gone.has(id))) };
}

/** Leaves out what may be there and may not. */
function withoutRevived(answer: Answers, { revived, dimension }: ExpectedCollection): Answers {
  const { ids, count = 0, documents, metadatas, own, words, filters, found } = answer;
  const isFree = ids === undefined || ids.every((id) => !revived.has(id));
  if (answer.error !== null || isFree) return answer;
  const places = [...ids.keys()].filter((at) => !revived.has(ids[at] ?? ""));
  const pick = <T>(list: readonly T[] | undefined) =>
    places.flatMap((at) => list?.slice(at, at + 1) ?? []);
  const vectors = decodeVectors(answer.vectors ?? "");
  const kept = places.flatMap((at) => [...vectors.subarray(at * dimension, (at + 1) * dimension)]);
  const drop = (lists: readonly (readonly string[])[] | undefined) =>
    lists?.map((list) => list.filter((id) => !revived.has(id)));
  return {
    ...answer,
    count: count - (ids.length - places.length),
    ids: pick(ids),
    documents: pick(documents),
    metadatas: pick(metadatas),
    vectors: encodeVectors(kept),
    ...(own === undefined ? {} : { own: pick(own) }),
    ...(words === undefined ? {} : { words: drop(words) ?? [] }),
    ...(filters === undefined ? {} : { filters: drop(filters) ?? [] }),
    // They take places among the nearest.
    ...(found === undefined ? {} : { found: { ids: [], distances: [] } }),
  };
}

function holdCollection(
  answer: Answers,
  expected: ExpectedCollection,
  tolerance: Tolerance,
): string[] {
  if (answer.error !== null) return [answer.error];
  const complaints: string[] = [];
  const complain = (complaint: string) => void complaints.push(complaint);
  const { records } = expected;
  if (answer.count !== records.size) complain(`count ${answer.count} != ${records.size}`);
  holdIds("get", answer.ids ?? [], [...records.keys()], complain);
  holdIds("get of what was taken out", answer.absent ?? [], [], complain);
  holdRecords(answer, expected, tolerance, complain);
  // Readers of ours search nothing; an engine that says nothing of it has told an error.
  if (answer.found !== undefined && answer.found.ids.length > 0) {
    holdFound(answer, expected, answer.found, complain);
  }
  if (answer.words !== undefined) holdFilters(answer, expected, complain);
  return complaints;
}

type Complain = (complaint: string) => void;

function holdIds(
  what: string,
  got: readonly string[],
  wanted: readonly string[],
  complain: Complain,
): void {
  const gotSet = new Set(got);
  const wantedSet = new Set(wanted);
  const missing = wanted.filter((id) => !gotSet.has(id));
  const foreign = got.filter((id) => !wantedSet.has(id));
  if (missing.length > 0) complain(`${what} lacks ${listSome(missing)}`);
  if (foreign.length > 0) complain(`${what} has besides ${listSome(foreign)}`);
  if (got.length !== gotSet.size) complain(`${what} has ids twice`);
}

function listSome(ids: readonly string[]): string {
  const more = ids.length > 4 ? ` and ${ids.length - 4} more` : "";
  return `${ids.slice(0, 4).join(", ")}${more}`;
}

function holdRecords(
  answer: Answers,
  { records, space, dimension }: ExpectedCollection,
  tolerance: Tolerance,
  complain: Complain,
): void {
  const ids = answer.ids ?? [];
  const vectors = decodeVectors(answer.vectors ?? "");
  if (ids.length > 0 && vectors.length !== ids.length * dimension) {
    complain("get gives no vector for some");
  }
  const wrongVectors: string[] = [];
  const wrongDocuments: string[] = [];
  const wrongMetadata: string[] = [];
  const owners: string[] = [];
  for (const [at, id] of ids.entries()) {
    const record = records.get(id);
    if (record === undefined) continue;
    const vector = vectors.subarray(at * dimension, (at + 1) * dimension);
    if (!isSameVector(vector, record, space, tolerance)) {
      wrongVectors.push(id);
      const owner = ownerOf(vector, records, space);
      if (owner !== null && owner !== id) owners.push(`${id} has that of ${owner}`);
    }
    if ((answer.documents?.[at] ?? null) !== record.document) wrongDocuments.push(id);
    if (!isSameMetadata(answer.metadatas?.[at] ?? {}, record)) wrongMetadata.push(id);
  }
  if (owners.length > 0) complain(`VECTORS OF OTHER RECORDS: ${listSome(owners)}`);
  if (wrongVectors.length > 0) complain(`vectors wrong: ${listSome(wrongVectors)}`);
  if (wrongDocuments.length > 0) complain(`documents wrong: ${listSome(wrongDocuments)}`);
  if (wrongMetadata.length > 0) complain(`metadata wrong: ${listSome(wrongMetadata)}`);
}

/**
 * Whether a vector is the one that a record must have: bit for bit, where the engine stores it as it
 * is given.
 */
export function isSameVector(
  vector: Float32Array,
  record: ExpectedRecord,
  space: Space,
  { flippedBits }: Tolerance,
): boolean {
  const wanted = record.vector;
  if (vector.length !== wanted.length) return false;
  if (record.mayBeOlder) return true;
  const least = space === "cosine" ? COSINE_TOLERANCE * Math.max(1, Math.hypot(...wanted)) : 0;
  const different = wanted.reduce(
    (count, value, axis) => Math.abs(value - (vector[axis] ?? NaN)) <= least ? count : count + 1,
    0,
  );
  if (different === 0) return true;
  if (!flippedBits) return false;
  return different <= 1 || cosineOf(vector, wanted) > 0.999;
}

function ownerOf(
  vector: Float32Array,
  records: ReadonlyMap<string, ExpectedRecord>,
  space: Space,
): string | null {
  for (const [id, record] of records) {
    if (isSameVector(vector, { ...record, mayBeOlder: false }, space, { flippedBits: false })) {
      return id;
    }
  }
  return null;
}

function isSameMetadata(
  got: Readonly<Record<string, unknown>>,
  { metadata, mayLackMetadata }: ExpectedRecord,
): boolean {
  const keys = Object.keys(got);
  if (!mayLackMetadata && keys.length !== Object.keys(metadata).length) return false;
  return keys.every((key) => isSameValue(got[key], metadata[key]));
}

/** Engines read a number one bit off where they read it of JSON. */
function isSameValue(got: unknown, wanted: unknown): boolean {
  if (typeof got !== "number" || typeof wanted !== "number") return got === wanted;
  return Math.abs(got - wanted) <= 4e-16 * Math.abs(wanted);
}

function holdFound(
  answer: Answers,
  expected: ExpectedCollection,
  found: NonNullable<Answers["found"]>,
  complain: Complain,
): void {
  const { records, space, dimension } = expected;
  const queries = decodeVectors(expected.queries);
  const neighbours = Math.min(5, records.size);
  const count = queries.length / dimension;
  if (found.ids.length !== count) complain(`${found.ids.length} of ${count} queries are answered`);
  let hits = 0;
  for (const [at, ids] of found.ids.entries()) {
    const query = queries.subarray(at * dimension, (at + 1) * dimension);
    if (ids.length !== neighbours) complain(`query ${at} finds ${ids.length} of ${neighbours}`);
    const nearest = new Set(nearestTo(query, records, space, neighbours));
    hits += ids.filter((id) => nearest.has(id)).length;
    for (const [rank, id] of ids.entries()) {
      const record = records.get(id);
      if (record === undefined) {
        complain(`query ${at} finds ${id}`);
      } else if (!record.mayBeOlder) {
        const wanted = distanceOf(query, record.vector, space);
        const got = found.distances[at]?.[rank] ?? NaN;
        if (!(Math.abs(got - wanted) <= DISTANCE_TOLERANCE * Math.max(1, Math.abs(wanted)))) {
          complain(`query ${at} gives ${id} the distance ${got}, not ${wanted}`);
        }
      }
    }
  }
  const total = count * neighbours;
  const least = LEAST_OF_RECALL * expected.recall * total;
  if (hits < least) complain(`queries find ${hits} of ${total}`);
  holdOwn(answer, expected, complain);
}

/** Every record is found first by its own vector, but where the inner product prefers long ones. */
function holdOwn(answer: Answers, { space, records }: ExpectedCollection, complain: Complain) {
  if (space === "ip" || records.size === 0) return;
  const ids = answer.ids ?? [];
  const lost = ids.filter((id, at) => answer.own?.[at] !== id);
  // An approximate search may miss some; so many it does not.
  if (lost.length > 0.05 * ids.length) complain(`not found by their vectors: ${listSome(lost)}`);
}

function nearestTo(
  query: Float32Array,
  records: ReadonlyMap<string, ExpectedRecord>,
  space: Space,
  count: number,
): string[] {
  return Array.from(records, ([id, { vector }]) => ({
    id,
    distance: distanceOf(query, vector, space),
  }))
    .sort((left, right) => left.distance - right.distance)
    .slice(0, count)
    .map(({ id }) => id);
}

function distanceOf(query: Float32Array, vector: Float32Array, space: Space): number {
  if (space === "l2") {
    return query.reduce((sum, value, axis) => sum + (value - (vector[axis] ?? 0)) ** 2, 0);
  }
  return 1 - (space === "ip" ? dot(query, vector) : cosineOf(query, vector));
}

function dot(left: Float32Array, right: Float32Array): number {
  return left.reduce((sum, value, axis) => sum + value * (right[axis] ?? 0), 0);
}

function cosineOf(left: Float32Array, right: Float32Array): number {
  return dot(left, right) / Math.hypot(...left) / Math.hypot(...right);
}

function holdFilters(answer: Answers, expected: ExpectedCollection, complain: Complain): void {
  const records = [...expected.records];
  for (const [at, word] of wordsOf(expected).entries()) {
    const wanted = records.filter(([, { document }]) => document?.includes(word) ?? false);
    holdIds(`'${word}'`, answer.words?.[at] ?? [], wanted.map(([id]) => id), complain);
  }
  // Which of the metadata is missing is not known, so filters by it cannot be held.
  if (records.some(([, { mayLackMetadata }]) => mayLackMetadata)) return;
  for (const [at, where] of FILTERS.entries()) {
    const wanted = records.filter(([, { metadata }]) => matches(metadata, where));
    const what = JSON.stringify(where);
    holdIds(what, answer.filters?.[at] ?? [], wanted.map(([id]) => id), complain);
  }
}

function matches(metadata: Readonly<Record<string, unknown>>, where: Where): boolean {
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

/** Rows of f32 as base64. */
export function encodeVectors(values: Iterable<number>): string {
  return new Uint8Array(Float32Array.from(values).buffer).toBase64();
}

/** Rows of f32 of base64. */
export function decodeVectors(text: string): Float32Array {
  return new Float32Array(Uint8Array.fromBase64(text).buffer);
}

/** A vector of length 1 in the same direction. */
export function normalise(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}
