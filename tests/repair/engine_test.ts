/**
 * Real engines as the judges of repaired stores: they open, count, search, get and filter with no
 * wrong answer but for what the plan of the repair listed as lost.
 *
 * Ignored where there is no engine (tests/support/judge.ts). With `VECFSCK_TEST_EVERYTHING=1` every
 * damage is judged in both ways, and damages that come together.
 */
import { assertEquals } from "@std/assert";
import { type Damage, DAMAGES, findDamage, SeededRandom } from "../support/damages/mod.ts";
import { OUTCOME_SEED } from "../support/damages/outcomes.ts";
import { EngineServer } from "../support/engine_server.ts";
import { copyTree, goldenFacts, type GoldenStore, scratchDirectory } from "../support/fixtures.ts";
import { findEngine } from "../support/judge.ts";
import { expectStore, questionsOf } from "./expectation.ts";
import { holdStore } from "./hold_answers.ts";
import {
  type DamageCase,
  damagedStore,
  hasDatabase,
  hasFlippedBits,
  repairWhole,
  type Strategy,
} from "./repair_cases.ts";

const EVERYTHING = Deno.env.get("VECFSCK_TEST_EVERYTHING") === "1";

/** The golden stores, and the engines that open them. */
const ENGINES: readonly (readonly [GoldenStore, string])[] = [
  ["chroma-1.5.9", "1.5.9"],
  ["chroma-0.5.23", "0.5.23"],
  ["chroma-0.4.24", "0.4.24"],
  ["chroma-0.5.23-then-1.5.9", "1.5.9"],
  ["chroma-1.0.21-configuration", "1.0.21"],
  ["chroma-1.5.9-configuration", "1.5.9"],
];

/** One damage of every kind, where not all are asked for. */
const CHOSEN: readonly string[] = [
  "header_random",
  "data_level0_half",
  "length_zeros",
  "link_lists_random",
  "index_metadata_missing",
  "segment_missing",
  "neighbour_out_of_range",
  "vectors_nan",
  "page_of_zeros_in_data",
  "pickle_labels_lost",
  "sqlite_half",
  "sqlite_pages_random",
  "fts_content_lost",
  "metadata_rows_lost",
  "records_lost",
  "segment_metadata_rows_lost",
  "max_seq_poisoned",
  "max_seq_lost",
];

/** How often several damages come together in one store, where everything is asked for. */
const COMBINATIONS = 40;

for (const [golden, engine] of ENGINES) {
  const isMain = golden === "chroma-1.5.9" || golden === "chroma-0.5.23";
  const strategies: readonly Strategy[] = EVERYTHING || isMain ? ["index", "queue"] : ["auto"];
  for (const strategy of strategies) {
    Deno.test({
      name: `Chroma ${engine} finds nothing wrong in ${golden} repaired by the way ${strategy}`,
      ignore: findEngine(engine) === null,
      async fn() {
        await using server = new EngineServer(engine);
        for (const damage of listDamages(isMain)) await judge(server, golden, damage, strategy);
      },
    });
  }
}

for (const [golden, engine] of ENGINES.slice(0, 2)) {
  Deno.test({
    name: `Chroma ${engine} finds nothing wrong in ${golden} with several damages, repaired`,
    ignore: findEngine(engine) === null || !EVERYTHING,
    async fn() {
      await using server = new EngineServer(engine);
      const random = new SeededRandom(OUTCOME_SEED, golden);
      for (let run = 0; run < COMBINATIONS; run++) {
        const damages = [1, 2, 3].slice(random.below(2)).map(() => random.pick(JOINED).name);
        await judgeCase(server, { golden, damages, collection: "notes", seed: run }, "auto");
      }
    },
  });
}

/** What can come together: after the others there is still a database, and it can be asked. */
const JOINED = DAMAGES.filter(({ name }) => hasDatabase(name) && !name.startsWith("sqlite_"));

function listDamages(isMain: boolean): readonly Damage[] {
  if (EVERYTHING) return DAMAGES.filter(({ name }) => hasDatabase(name));
  return (isMain ? CHOSEN : CHOSEN.filter((_, at) => at % 3 === 0)).map(findDamage);
}

async function judge(
  server: EngineServer,
  golden: GoldenStore,
  { name, file }: Damage,
  strategy: Strategy,
): Promise<void> {
  const collections = file === "sqlite" || !EVERYTHING ? ["notes"] : ["notes", "cosine"];
  // What a damage to lengths does shows where vectors are normalised.
  const chosen = file === "length" ? ["cosine"] : collections;
  for (const collection of chosen) {
    await judgeCase(server, { golden, damages: [name], collection }, strategy);
  }
}

async function judgeCase(
  server: EngineServer,
  damage: DamageCase,
  strategy: Strategy,
): Promise<void> {
  const store = await damagedStore(damage);
  if (store === null) return;
  const { losses } = await repairWhole(store, strategy);
  const { collections } = await goldenFacts(damage.golden);
  const expected = expectStore(collections, losses);
  const copy = `${await scratchDirectory()}/store`;
  await copyTree(store, copy);
  const answers = await server.ask(copy, expected.collections.map(questionsOf));
  const wrong = holdStore(answers, expected, { flippedBits: hasFlippedBits(damage.damages) });
  assertEquals(wrong, [], `${damage.damages.join(" and ")} in ${damage.collection}`);
  for (const path of [store, copy]) await Deno.remove(path, { recursive: true });
}
