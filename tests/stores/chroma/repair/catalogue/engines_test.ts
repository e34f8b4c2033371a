/**
 * Real engines open what the stage of the catalogue leaves, after damages of every kind at once.
 */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { applyDamage, DamageNotApplicable } from "../../../../support/damages/mod.ts";
import {
  type CollectionFacts,
  GOLDEN_STORES,
  type GoldenFacts,
  goldenFacts,
  type GoldenStore,
  goldenStore,
  scratchDirectory,
} from "../../../../support/fixtures.ts";
import { findEngine, judgeStore } from "../../../../support/judge.ts";
import { StoreDatabase } from "../../../../../lib/sqlite/database.ts";
import { listDamage, repairCatalogue } from "./repaired_catalogue.ts";

const SEED = 11;

/** The damages of the catalogue, so put together that none undoes another. */
const GROUPS: readonly (readonly string[])[] = [
  [
    "tenant_lost",
    "migration_changed",
    "config_without_type",
    "max_seq_poisoned",
    "segment_rows_lost",
    "collection_name_null",
  ],
  [
    "migration_lost",
    "config_not_json",
    "segment_metadata_rows_lost",
    "max_seq_lost",
    "foreign_dimension",
  ],
  // Only these are of another kind than what stands above.
  ["max_seq_blob", "collection_dimension_null"],
];

/** The stores in which all groups are tried; the others get the first two. */
const FIRST_STORE: GoldenStore = "chroma-1.5.9";

/** The version that wrote a store last. */
function engineOf(golden: GoldenStore): string {
  return golden.replace("-configuration", "").split("-").pop() ?? "";
}

/** The facts, under the names that collections have now. */
async function writeFacts(facts: GoldenFacts, store: string): Promise<string> {
  using database = StoreDatabase.open(join(store, "chroma.sqlite3"));
  const names = new Map(
    database.rows("SELECT id, name FROM collections").map(([id, name]) => [String(id), name]),
  );
  const collections: Record<string, CollectionFacts> = {};
  for (const [name, one] of Object.entries(facts.collections)) {
    collections[String(names.get(one.id ?? "") ?? name)] = one;
  }
  const path = join(await scratchDirectory(), "expected.json");
  await Deno.writeTextFile(path, JSON.stringify({ ...facts, collections }));
  return path;
}

/** Does the damages that a store has something for; gives how many they were. */
function damage(store: string, names: readonly string[]): number {
  let done = 0;
  for (const name of names) {
    try {
      applyDamage(name, { store, collection: "notes" }, SEED);
      done++;
    } catch (error) {
      if (!(error instanceof DamageNotApplicable)) throw error;
    }
  }
  return done;
}

for (const golden of GOLDEN_STORES) {
  const version = engineOf(golden);
  for (const names of golden === FIRST_STORE ? GROUPS : GROUPS.slice(0, 2)) {
    Deno.test({
      name: `${version} answers right after ${names.join(", ")} in ${golden}`,
      ignore: findEngine(version) === null,
      fn: async () => {
        const store = await goldenStore(golden);
        if (damage(store, names) === 0) return;
        const { after, path } = await repairCatalogue(store);
        assertEquals(listDamage(after), []);
        const facts = await writeFacts(await goldenFacts(golden), path);
        const verdict = await judgeStore(path, facts, version);
        assertEquals(Object.values(verdict), ["ok", "ok", "ok", "ok"], JSON.stringify(verdict));
      },
    });
  }
}
