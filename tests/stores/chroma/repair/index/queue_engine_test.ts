/**
 * Engines that build their indexes of the vectors that a repair has put into the queue.
 */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { applyDamage } from "../../../../support/damages/mod.ts";
import {
  goldenFacts,
  type GoldenStore,
  goldenStore,
  scratchDirectory,
} from "../../../../support/fixtures.ts";
import { findEngine, judgeStore } from "../../../../support/judge.ts";
import { compare, salvage, vectorsOf } from "../../salvage/salvage_cases.ts";
import { damageOf, repairCopy } from "../repaired_copy.ts";
import { findAll } from "../repair_request.ts";
import { keepWorking } from "./keep_working.ts";

const COLLECTIONS = ["notes", "cosine", "dot"];

/** Half a minute each: without the variable one store of each era is tried. */
const EVERYTHING = Deno.env.get("VECFSCK_TEST_EVERYTHING") === "1";

/** Which engine opens which store; 0.6.3 takes the store of 0.5.23 over. */
const ALL_TRIALS: readonly (readonly [version: string, store: GoldenStore])[] = [
  ["0.5.23", "chroma-0.5.23"],
  ["1.5.9", "chroma-0.5.23-then-1.5.9"],
  ["0.4.24", "chroma-0.4.24"],
  ["0.6.3", "chroma-0.5.23"],
  ["1.0.21", "chroma-1.0.21-configuration"],
  ["1.5.9", "chroma-1.5.9"],
  ["1.5.9", "chroma-0.5.23"],
];

const TRIALS = EVERYTHING ? ALL_TRIALS : ALL_TRIALS.slice(0, 2);

/** The indexes of the Python era find a little less each time they are built. */
const LITTLE_LESS = /^query 3[3-9]\/40$/;

for (const [version, golden] of TRIALS) {
  Deno.test({
    name: `${version} builds the indexes of ${golden} from the queue, and goes on with them`,
    ignore: findEngine(version) === null,
    async fn() {
      const store = await repairedStore(golden);
      const facts = join(await scratchDirectory(), "expected.json");
      await Deno.writeTextFile(facts, JSON.stringify(await goldenFacts(golden)));
      const verdict = await judgeStore(store, facts, version);
      for (const [name, answer] of Object.entries(verdict)) {
        assert(answer === "ok" || LITTLE_LESS.test(answer), `${name}: ${answer}`);
      }
      await keepWorking(version, store);
      // The engine's own index of inner products leaves some vectors out of reach.
      const damage = damageOf(await findAll(store)).filter((text) =>
        !text.startsWith("graph-unreachable dot")
      );
      assertEquals(damage, []);
    },
  });
}

for (const [version, golden] of TRIALS.filter(([version]) => version.startsWith("1."))) {
  Deno.test({
    name: `the labels that ${version} gives from the queue of ${golden} mislead nobody`,
    ignore: findEngine(version) === null,
    async fn() {
      const store = await repairedStore(golden);
      await keepWorking(version, store);
      const { collections } = await goldenFacts(golden);
      for (const collection of COLLECTIONS) {
        // What the engine holds now, by its own id map; then without it.
        const held = salvage(store, collection);
        const vectors = new Map(held.records.map(({ id, vector }) => [id, vector]));
        const [own] = held.directories;
        await Deno.remove(join(store, own?.name ?? "", "index_metadata.pickle"));
        const { wrong } = compare(salvage(store, collection), vectors);
        assertEquals(wrong.map(({ id }) => id), [], collection);
        assert(vectors.size >= 0.5 * (collections[collection]?.count ?? 0));
      }
    },
  });
}

Deno.test({
  name: "a lost id map is found again by the order of an index that was built from the queue",
  ignore: findEngine("1.5.9") === null,
  async fn() {
    const golden = "chroma-1.5.9";
    const store = await repairedStore(golden);
    await flush(store);
    for (const collection of COLLECTIONS) {
      const facts = (await goldenFacts(golden)).collections[collection];
      if (facts === undefined) throw new Error(`No ${collection}`);
      const [own] = salvage(store, collection).directories;
      await Deno.remove(join(store, own?.name ?? "", "index_metadata.pickle"));
      const saved = salvage(store, collection);
      const { right, wrong } = compare(saved, vectorsOf(facts));
      assertEquals(wrong, []);
      assertEquals(right, facts.count);
      assert(saved.order.assigned > 0.9 * facts.count);
    }
  },
});

/** A golden store whose indexes were lost but for their slots, and came back through the queue. */
async function repairedStore(golden: GoldenStore): Promise<string> {
  const store = await goldenStore(golden);
  for (const collection of COLLECTIONS) {
    applyDamage("header_zeros", { store, collection }, 1);
    applyDamage("link_lists_zeros", { store, collection }, 1);
  }
  const { verification, after } = await repairCopy(store, { strategy: "queue" });
  assertEquals(verification.problems, []);
  assertEquals(damageOf(after), []);
  return store;
}

/** Has 1.5.9 take in what is in the queue, which is more than it lets wait. */
async function flush(store: string): Promise<void> {
  const program = `
import sys, chromadb
client = chromadb.PersistentClient(path=sys.argv[1])
for name in ${JSON.stringify(COLLECTIONS)}:
    client.get_collection(name, embedding_function=None).get(limit=1, include=["embeddings"])
`;
  const { success, stderr } = await new Deno.Command(findEngine("1.5.9") ?? "", {
    args: ["-c", program, store],
    stderr: "piped",
  }).output();
  assert(success, new TextDecoder().decode(stderr));
}
