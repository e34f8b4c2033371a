/**
 * Holding what an engine, or a reader of ours, says of a store against what it must say.
 *
 * @module
 */

import type { Answers, StoreAnswers } from "../support/engine_server.ts";
import { adoptOlder, findGone, without, withoutRevived } from "./allowances.ts";
import {
  type ExpectedCollection,
  type ExpectedRecord,
  type ExpectedStore,
  FILTERS,
  matches,
} from "./expectation.ts";
import { cosineOf, decodeVectors, distanceOf, nearestTo, type Space } from "./vectors.ts";

/** A flipped bit in a vector that no check can see: the record's own vector, hardly changed. */
export interface Tolerance {
  /** Whether the vector of a record may differ in one component. */
  readonly flippedBits: boolean;
}

/** Vectors of the space `cosine` are normalised and multiplied again: the last bits may differ. */
const COSINE_TOLERANCE = 1e-6;

/** Distances are added up in another order than here. */
const DISTANCE_TOLERANCE = 2e-5;

/** Two approximate indexes of the same vectors miss some other ones of the nearest records. */
const LEAST_OF_RECALL = 0.8;

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
  const adopted = adoptOlder(answer, expected);
  // Readers of ours search nothing; an engine that says nothing of it has told an error.
  if (answer.found !== undefined && answer.found.ids.length > 0) {
    holdFound(answer, adopted, answer.found, complain);
  }
  if (answer.words !== undefined) holdFilters(answer, adopted, complain);
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
      if (!record.mayBeOlder) wrongVectors.push(id);
      const owner = ownerOf(vector, records, space);
      if (owner !== null && owner !== id) owners.push(`${id} has that of ${owner}`);
    }
    if (record.mayBeOlder) continue;
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
function isSameVector(
  vector: Float32Array,
  record: ExpectedRecord,
  space: Space,
  { flippedBits }: Tolerance,
): boolean {
  const wanted = record.vector;
  if (vector.length !== wanted.length) return false;
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
    if (isSameVector(vector, record, space, { flippedBits: false })) return id;
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
      } else {
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

function holdFilters(answer: Answers, expected: ExpectedCollection, complain: Complain): void {
  const records = [...expected.records];
  for (const [at, word] of expected.words.entries()) {
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
