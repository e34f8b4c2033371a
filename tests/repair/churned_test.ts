/**
 * Stores after hundreds of random writes, damaged and repaired: ids that were deleted and came back,
 * updates without vectors, writes that still wait in the queue, a collection that was never flushed,
 * one without records, one with a single one, one that was deleted.
 *
 * The engine makes them anew each time. Ignored where there is none (tests/support/judge.ts).
 */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { StoreDatabase } from "../../lib/sqlite/database.ts";
import { applyDamage, type Damage, DAMAGES, findDamage } from "../support/damages/mod.ts";
import { type Churn, type ChurnFacts, EngineServer } from "../support/engine_server.ts";
import { copyTree, scratchDirectory } from "../support/fixtures.ts";
import { findEngine } from "../support/judge.ts";
import { expectStore, questionsOf } from "./expectation.ts";
import { holdStore } from "./hold_answers.ts";
import { hasFlippedBits, repairWhole, type Strategy } from "./repair_cases.ts";

const EVERYTHING = Deno.env.get("VECFSCK_TEST_EVERYTHING") === "1";

const CHURN: Churn = {
  seed: 1,
  operations: 300,
  collections: [
    { name: "notes", space: "l2", dimension: 24, sync: 60, share: 4, first: 40 },
    { name: "cosine", space: "cosine", dimension: 12, sync: 40, share: 3 },
    { name: "dot", space: "ip", dimension: 8, sync: 30, share: 2 },
    { name: "unflushed", space: "l2", dimension: 8, sync: 100_000 },
    { name: "empty", space: "l2", dimension: 8, sync: 50, share: 0 },
    { name: "one", space: "cosine", dimension: 8, sync: 50, share: 0, first: 1 },
    { name: "gone", space: "l2", dimension: 8, sync: 20, first: 30 },
  ],
  delete: ["gone"],
};

/** What makes the vectors of records hardest to tell apart, where not everything is asked for. */
const CHOSEN: readonly string[] = [
  "index_metadata_missing",
  "index_metadata_half",
  "pickle_labels_lost",
  "data_level0_half",
  "length_half",
  "header_random",
  "label_duplicate",
];

/** Damages to which collection: every file of one that was flushed, some of one that was not. */
const PLACES: readonly (readonly [string, readonly string[] | null])[] = [
  ["notes", null],
  ["cosine", null],
  ["unflushed", ["header_random", "segment_missing"]],
  ["one", ["header_random", "segment_missing"]],
];

for (const engine of ["1.5.9", "0.5.23"] as const) {
  Deno.test({
    name: `Chroma ${engine} finds nothing wrong in a store of 300 random writes, repaired`,
    ignore: findEngine(engine) === null,
    async fn() {
      const store = join(await scratchDirectory(), "store");
      await using server = new EngineServer(engine);
      const facts = await server.churn(store, CHURN);
      for (const [collection, names] of PLACES) {
        for (const damage of listDamages(names)) {
          for (const strategy of strategiesFor(damage)) {
            await judge({ server, store, facts }, { damage, collection, strategy });
          }
        }
      }
    },
  });
}

function listDamages(names: readonly string[] | null): readonly Damage[] {
  if (names !== null) return names.map(findDamage);
  return EVERYTHING ? DAMAGES.filter(({ file }) => file !== "sqlite") : CHOSEN.map(findDamage);
}

function strategiesFor({ name }: Damage): readonly Strategy[] {
  return EVERYTHING || name === "data_level0_half" ? ["index", "queue"] : ["auto"];
}

/** An index without a slot is no place for a damage of the library: nothing would be lost by it. */
function breakStore(name: string, store: string, collection: string): void {
  if (collection !== "unflushed" && collection !== "one") {
    applyDamage(name, { store, collection }, CHURN.seed);
    return;
  }
  using database = StoreDatabase.open(join(store, "chroma.sqlite3"));
  const [segment] = database.row(
    "SELECT s.id FROM segments s JOIN collections c ON c.id = s.collection " +
      "WHERE c.name = ? AND s.scope = 'VECTOR'",
    collection,
  ) ?? [];
  const directory = join(store, String(segment));
  if (name === "segment_missing") Deno.removeSync(directory, { recursive: true });
  else Deno.writeFileSync(join(directory, "header.bin"), new Uint8Array(100).fill(0xa5));
}

interface Churned {
  readonly server: EngineServer;
  readonly store: string;
  readonly facts: Readonly<Record<string, ChurnFacts>>;
}

interface Trial {
  readonly damage: Damage;
  readonly collection: string;
  readonly strategy: Strategy;
}

async function judge(
  { server, store, facts }: Churned,
  { damage: { name }, collection, strategy }: Trial,
): Promise<void> {
  const copy = join(await scratchDirectory(), "store");
  await copyTree(store, copy);
  breakStore(name, copy, collection);
  const { losses } = await repairWhole(copy, strategy);
  const expected = expectStore(facts, losses);
  const answers = await server.ask(copy, expected.collections.map(questionsOf));
  const tolerance = { flippedBits: hasFlippedBits([name]) };
  assertEquals(
    holdStore(answers, expected, tolerance),
    [],
    `${name} in ${collection} by ${strategy}`,
  );
  assertEquals(answers.names, Object.keys(facts).sort());
  await Deno.remove(copy, { recursive: true });
}
