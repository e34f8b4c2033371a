/**
 * Engines keep working on a repaired store: they write to it, read what they wrote, and leave it as
 * clean as they leave a store that was never damaged.
 *
 * Ignored where there is no engine (tests/support/judge.ts).
 */
import { assertEquals } from "@std/assert";
import { type Churn, type ChurnFacts, EngineServer } from "../support/engine_server.ts";
import { checkWhole } from "../support/findings.ts";
import {
  type CollectionFacts,
  goldenFacts,
  type GoldenStore,
  tornStore,
} from "../support/fixtures.ts";
import { findEngine } from "../support/judge.ts";
import { expectStore, questionsOf, spaceOf } from "./expectation.ts";
import { holdStore } from "./hold_answers.ts";
import { damagedStore, repairWhole, type Strategy } from "./repair_cases.ts";

const EVERYTHING = Deno.env.get("VECFSCK_TEST_EVERYTHING") === "1";

/** Each writes, overwrites or deletes up to a dozen records: more than 1,000 in all. */
const OPERATIONS = 150;

/** Mostly adds, as users write: many updates of vectors leave slots unreachable by themselves. */
const WEIGHTS = [60, 3, 3, 10, 10];

/** Damages after which the index is built anew, put into the queue, or mended. */
const CASES: readonly (readonly [GoldenStore, string, string, string])[] = [
  ["chroma-1.5.9", "1.5.9", "index_metadata_missing", "notes"],
  ["chroma-1.5.9", "1.5.9", "page_of_zeros_in_data", "notes"],
  ["chroma-1.5.9", "1.5.9", "segment_missing", "cosine"],
  ["chroma-1.5.9", "1.5.9", "sqlite_half", "notes"],
  ["chroma-0.5.23", "0.5.23", "link_lists_random", "notes"],
  ["chroma-0.5.23", "0.5.23", "data_level0_half", "cosine"],
  ["chroma-0.5.23", "0.5.23", "max_seq_lost", "notes"],
  ["chroma-0.4.24", "0.4.24", "header_random", "notes"],
  ["chroma-1.0.21-configuration", "1.0.21", "link_lists_random", "notes"],
  ["chroma-0.5.23-then-1.5.9", "1.5.9", "header_random", "cosine"],
];

for (const [golden, engine, damage, collection] of CASES) {
  const strategies: readonly Strategy[] = EVERYTHING ? ["index", "queue"] : ["auto"];
  for (const strategy of strategies) {
    Deno.test({
      name: `Chroma ${engine} keeps working on ${golden} after ${damage} by the way ${strategy}`,
      ignore: findEngine(engine) === null,
      async fn() {
        const store = await damagedStore({ golden, damages: [damage], collection });
        if (store === null) throw new Error(`${damage} does not apply`);
        await repairWhole(store, strategy);
        const { collections } = await goldenFacts(golden);
        await write(store, engine, collections, collection);
      },
    });
  }
}

for (
  const [name, engine] of [["chroma-1.5.9-1", "1.5.9"], ["chroma-0.5.23-2", "0.5.23"]] as const
) {
  Deno.test({
    name: `Chroma ${engine} keeps working on the torn store ${name}, repaired`,
    ignore: findEngine(engine) === null,
    async fn() {
      const store = await tornStore(name);
      await repairWhole(store, "auto");
      await write(store, engine, { live: { count: 1, ids: [], dimension: 48 } }, "live");
    },
  });
}

async function write(
  store: string,
  engine: string,
  collections: Readonly<Record<string, CollectionFacts>>,
  most: string,
): Promise<void> {
  const settings = Object.entries(collections).filter(([, { count }]) => count > 0).map(
    ([name, facts]) => ({
      name,
      space: spaceOf(name, facts),
      dimension: facts.dimension ?? 0,
      sync: 50,
      share: name === most ? 5 : 1,
      weights: WEIGHTS,
      // 0.4 itself loses the vectors of ids that come back, in healthy stores as well.
      ...(engine.startsWith("0.4.") ? { returning: 0 } : {}),
    }),
  );
  const churn = { seed: 5, operations: OPERATIONS, collections: settings };
  const expected = expectStore(await writeAll(store, engine, churn));
  const { findings } = await checkWhole(store);
  const damage = findings.filter(({ severity }) => severity !== "info");
  assertEquals(damage.map(({ code, name, message }) => `${code} ${name}: ${message}`), []);
  await using reader = new EngineServer(engine);
  assertEquals(
    holdStore(await reader.ask(store, expected.collections.map(questionsOf)), expected),
    [],
  );
}

/** The process ends before anybody else looks at the store. */
async function writeAll(
  store: string,
  engine: string,
  churn: Churn,
): Promise<Readonly<Record<string, ChurnFacts>>> {
  await using writer = new EngineServer(engine);
  return await writer.churn(store, churn);
}
