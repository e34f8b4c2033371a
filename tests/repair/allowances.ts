/**
 * What has to be allowed for where a plan says that it cannot tell: records that are gone without a
 * name, that may have been deleted before, or of which a newer version may have existed.
 *
 * @module
 */

import type { Answers } from "../support/engine_server.ts";
import type { ExpectedCollection } from "./expectation.ts";
import { decodeVectors, encodeVectors } from "./vectors.ts";

/** Records that may stand for some of those that are lost and of which nobody knows the id. */
export function findGone(
  { ids, error }: Answers,
  { records }: ExpectedCollection,
  unnamed: number,
): ReadonlySet<string> {
  if (error !== null || unnamed === 0) return new Set();
  const missing = new Set(records.keys()).difference(new Set(ids));
  return missing.size <= unnamed ? missing : new Set();
}

/** The collection without records of which nobody knows the id. */
export function without(
  expected: ExpectedCollection,
  gone: ReadonlySet<string>,
): ExpectedCollection {
  if (gone.size === 0) return expected;
  return { ...expected, records: new Map([...expected.records].filter(([id]) => !gone.has(id))) };
}

/** Leaves out what may be there and may not. */
export function withoutRevived(
  answer: Answers,
  { revived, dimension }: ExpectedCollection,
): Answers {
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

/** What is found has to fit what was got, also of records that may have an older version. */
export function adoptOlder(answer: Answers, expected: ExpectedCollection): ExpectedCollection {
  const { dimension } = expected;
  const vectors = decodeVectors(answer.vectors ?? "");
  const records = new Map(expected.records);
  for (const [at, id] of (answer.ids ?? []).entries()) {
    const record = records.get(id);
    if (!record?.mayBeOlder) continue;
    records.set(id, {
      ...record,
      vector: vectors.subarray(at * dimension, (at + 1) * dimension),
      document: answer.documents?.[at] ?? null,
      metadata: answer.metadatas?.[at] ?? {},
    });
  }
  return { ...expected, records };
}
