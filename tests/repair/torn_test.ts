/**
 * The torn stores, repaired: what any of their files still holds comes back, and the engines that
 * they broke open them again.
 *
 * `torn_facts.json` was counted by tests/support/count_torn.py, which shares no code with vecfsck.
 */
import { assert, assertEquals } from "@std/assert";
import { EngineServer, type StoreAnswers } from "../support/engine_server.ts";
import { copyTree, scratchDirectory, TORN_STORES, tornStore } from "../support/fixtures.ts";
import { findEngine } from "../support/judge.ts";

import { readAnswers } from "./own_reading.ts";
import { decodeVectors } from "./vectors.ts";
import { listBytes, repairWhole, undoWhole } from "./repair_cases.ts";
import facts from "./torn_facts.json" with { type: "json" };

const COLLECTION = "live";
const DIMENSION = 48;
const NEIGHBOURS = 5;
const QUERIES = 20;

/** What must come back at the least of what any of the files still holds. */
const LEAST_SHARE = 0.98;

for (const name of TORN_STORES) {
  const { known, withVector, vectorsSha256 } = facts[name];
  const held = withVector.flatMap(([first = 0, last = -1]) =>
    Array.from({ length: last - first + 1 }, (_, at) => `r${first + at}`)
  );

  for (const strategy of ["index", "queue"] as const) {
    Deno.test(`repairStore() brings back what ${name} holds by the way ${strategy}`, async () => {
      const store = await tornStore(name);
      const torn = await listBytes(store);
      const { missing } = await repairWhole(store, strategy);
      const { ids, vectors, texts } = readOwn(store);
      assert(held.filter((id) => ids.includes(id)).length >= LEAST_SHARE * held.length);
      assertEquals(await digestOf(held, ids, vectors), vectorsSha256);
      // What has no vector any more is in the file, and nothing is in neither place.
      const left = new Set([...ids, ...missing.map(({ id }) => id)]);
      assert(left.size >= known, `${left.size} of ${known} are told of`);
      for (const [id, text] of texts) assertEquals(text, `live record ${id.slice(1)}`);
      await undoWhole(store, torn);
    });
  }

  const engine = name.replace(/^chroma-(.*)-\d$/, "$1");
  Deno.test({
    name: `Chroma ${engine} opens ${name} again, counts, gets and finds`,
    ignore: findEngine(engine) === null,
    async fn() {
      await using server = new EngineServer(engine);
      for (const strategy of ["index", "queue"] as const) {
        const store = await tornStore(name);
        await repairWhole(store, strategy);
        const copy = `${await scratchDirectory()}/store`;
        await copyTree(store, copy);
        await holdEngine(await server.ask(copy, [QUESTIONS]), held, vectorsSha256);
      }
    },
  });
}

const QUESTIONS = {
  name: COLLECTION,
  dimension: DIMENSION,
  queries: new Uint8Array(
    Float32Array.from({ length: QUERIES * DIMENSION }, (_, at) => 2 * Math.sin(13 * at)).buffer,
  ).toBase64(),
  words: ["live record"],
  filters: [{ j: { "$gte": 0 } }],
};

async function holdEngine(
  { error, collections = [] }: StoreAnswers,
  held: readonly string[],
  digest: string,
): Promise<void> {
  assertEquals(error, undefined);
  const [answer] = collections;
  assertEquals(answer?.error, null);
  const ids = answer?.ids ?? [];
  const vectors = decodeVectors(answer?.vectors ?? "");
  assertEquals(answer?.count, ids.length);
  assertEquals(vectors.length, ids.length * DIMENSION);
  assertEquals(new Set(ids).size, ids.length);
  assertEquals(answer?.found?.ids.map(({ length }) => length), Array(QUERIES).fill(NEIGHBOURS));
  const misplaced = ids.filter((id, at) => answer?.own?.[at] !== id);
  assert(misplaced.length <= 0.05 * ids.length, `${misplaced.length} are not found`);
  assertEquals(await digestOf(held, ids, vectors), digest);
  const documents = answer?.documents ?? [];
  assertEquals(answer?.words?.[0]?.length, documents.filter((text) => text !== null).length);
  const metadatas = answer?.metadatas ?? [];
  for (const [at, id] of ids.entries()) {
    if (metadatas[at] !== null) assertEquals(metadatas[at]?.["j"], Number(id.slice(1)));
  }
  assertEquals(answer?.filters?.[0]?.length, metadatas.filter((value) => value !== null).length);
}

function readOwn(store: string) {
  const { collections = [] } = readAnswers(store, [{ name: COLLECTION }]);
  const [answer] = collections;
  assertEquals(answer?.error, null);
  const ids = answer?.ids ?? [];
  assertEquals(answer?.count, ids.length);
  const texts = ids.flatMap((id, at) => {
    const text = answer?.documents?.[at] ?? null;
    return text === null ? [] : [[id, text] as const];
  });
  return { ids, texts, vectors: decodeVectors(answer?.vectors ?? "") };
}

/** The SHA-256 of vectors in the order of the ids; one that is missing makes it another. */
async function digestOf(
  wanted: readonly string[],
  ids: readonly string[],
  vectors: Float32Array,
): Promise<string> {
  const places = new Map(ids.map((id, at) => [id, at]));
  const joined = wanted.flatMap((id) => {
    const at = places.get(id);
    return at === undefined ? [] : [...vectors.subarray(at * DIMENSION, (at + 1) * DIMENSION)];
  });
  const bytes = Float32Array.from(joined);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
