/**
 * Every damage to golden stores, repaired both ways: no damage is left, what is found is what was
 * there less what the plan listed, a second repair changes nothing, and `undo` gives the old bytes.
 *
 * No engine is needed: the recorded facts are held against a reading of our own, and collections
 * that lost nothing against their logical hash.
 */
import { assertEquals } from "@std/assert";
import { readStoreContents } from "../../lib/engine/contents.ts";
import { type Damage, DAMAGES } from "../support/damages/mod.ts";
import { GOLDEN_STORES, goldenFacts, type GoldenStore, goldenStore } from "../support/fixtures.ts";
import { type ExpectedCollection, expectStore } from "./expectation.ts";
import { holdStore } from "./hold_answers.ts";
import { readAnswers } from "./own_reading.ts";
import {
  type DamageCase,
  damagedStore,
  hasDatabase,
  hasFlippedBits,
  listBytes,
  repairWhole,
  type Strategy,
  undoWhole,
} from "./repair_cases.ts";

const EVERYTHING = Deno.env.get("VECFSCK_TEST_EVERYTHING") === "1";

/** Both ways of both eras; all goldens where everything is asked for. */
const GOLDENS: readonly GoldenStore[] = EVERYTHING
  ? GOLDEN_STORES
  : ["chroma-1.5.9", "chroma-0.5.23"];

/** Which collections are hit; the queue is tried on one of them, unless everything is asked for. */
function listCollections({ file }: Damage, strategy: Strategy): readonly string[] {
  if (file === "sqlite") return ["notes"];
  return strategy === "queue" && !EVERYTHING ? ["cosine"] : ["notes", "cosine"];
}

for (const golden of GOLDENS) {
  for (const strategy of ["index", "queue"] as const) {
    for (const damage of DAMAGES.filter(({ name }) => hasDatabase(name))) {
      const { name, file } = damage;
      // The way in which indexes come back makes no difference to the rows of the database.
      if (file === "sqlite" && strategy === "queue" && !EVERYTHING) continue;
      Deno.test(`repairStore() cures ${name} of ${golden} by the way ${strategy}`, async () => {
        for (const collection of listCollections(damage, strategy)) {
          await judge({ golden, damages: [name], collection }, strategy);
        }
      });
    }
  }
}

for (const golden of GOLDEN_STORES) {
  Deno.test(`repairStore() changes no byte of the healthy store ${golden}`, async () => {
    const store = await goldenStore(golden);
    const before = await listBytes(store);
    const { outcome } = await repairWhole(store, "auto");
    assertEquals(outcome.state, "nothing-to-do");
    assertEquals(await listBytes(store), before);
  });
}

async function judge(damage: DamageCase, strategy: Strategy): Promise<void> {
  const store = await damagedStore(damage);
  if (store === null) return;
  const damaged = await listBytes(store);
  const { losses } = await repairWhole(store, strategy);
  const { collections } = await goldenFacts(damage.golden);
  const expected = expectStore(collections, losses);
  const tolerance = { flippedBits: hasFlippedBits(damage.damages) };
  assertEquals(holdStore(readAnswers(store, expected.collections), expected, tolerance), []);
  if (!tolerance.flippedBits) await holdHashes(store, { damage, strategy }, expected.collections);
  if (!isSame(await listBytes(store), damaged)) await undoWhole(store, damaged);
  await Deno.remove(store, { recursive: true });
}

/**
 * Collections that lost nothing have the logical hash that they had. Vectors of a cosine space that
 * went back into the queue are the normalised ones times their lengths: their last bits differ.
 */
async function holdHashes(
  store: string,
  { damage: { golden }, strategy }: { damage: DamageCase; strategy: Strategy },
  expected: readonly ExpectedCollection[],
): Promise<void> {
  const { collections } = await goldenFacts(golden);
  const isHeld = ({ name, space, records }: ExpectedCollection): boolean =>
    (space !== "cosine" || strategy === "index") &&
    records.size === collections[name]?.count &&
    [...records.values()].every(({ isWhole }) => isWhole);
  const [before, after] = [await hashesOf(golden), await readHashes(store)];
  for (const { id = "" } of expected.filter(isHeld)) {
    assertEquals(after.get(id), before.get(id), id);
  }
}

const goldenHashes = new Map<GoldenStore, Promise<Map<string, string>>>();

function hashesOf(golden: GoldenStore): Promise<Map<string, string>> {
  const known = goldenHashes.get(golden) ?? goldenStore(golden).then(readHashes);
  goldenHashes.set(golden, known);
  return known;
}

async function readHashes(store: string): Promise<Map<string, string>> {
  const contents = await readStoreContents(store, { jobs: 1 });
  return new Map(contents.map(({ id, hash }) => [id, hash]));
}

function isSame(left: readonly string[], right: readonly string[]): boolean {
  return left.join("\n") === right.join("\n");
}
