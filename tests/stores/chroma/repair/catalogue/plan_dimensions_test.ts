/**
 * Tests of `lib/stores/chroma/repair/catalogue/plan_dimensions.ts`, and of what shows that a
 * dimension is wrong.
 */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { StoreDatabase } from "../../../../../lib/sqlite/database.ts";
import { applyDamage } from "../../../../support/damages/mod.ts";
import { type GoldenStore, goldenStore } from "../../../../support/fixtures.ts";
import { repairCatalogue } from "./repaired_catalogue.ts";

const SEED = 5;

function readDimensions(store: string): unknown[][] {
  using database = StoreDatabase.open(join(store, "chroma.sqlite3"));
  return database.rows("SELECT name, dimension FROM collections ORDER BY name");
}

/** Damages to one collection of a store, and by what its dimension is still known. */
const CASES: readonly (readonly [string, readonly string[]])[] = [
  ["notes", ["foreign_dimension"]],
  ["notes", ["foreign_dimension", "header_random"]],
  ["notes", ["foreign_dimension", "header_missing", "index_metadata_missing"]],
  ["dot", ["foreign_dimension", "header_zeros"]],
  ["cosine", ["foreign_dimension", "header_half"]],
  ["unflushed", ["foreign_dimension"]],
  ["notes", ["foreign_dimension", "segment_missing"]],
  ["dot", ["collection_dimension_null"]],
  ["unflushed", ["collection_dimension_null"]],
];

async function breakStore(
  golden: GoldenStore,
  collection: string,
  names: readonly string[],
): Promise<string> {
  const store = await goldenStore(golden);
  for (const name of names) applyDamage(name, { store, collection }, SEED);
  return store;
}

for (const golden of ["chroma-0.4.24", "chroma-0.5.23", "chroma-1.5.9"] as const) {
  Deno.test(`the stage knows the dimensions of ${golden}`, async () => {
    const dimensions = readDimensions(await goldenStore(golden));
    for (const [collection, names] of CASES) {
      const store = await breakStore(golden, collection, names);
      const { before, after, path } = await repairCatalogue(store);
      const what = `${names.join(" and ")} in ${collection}`;
      assertEquals(readDimensions(path), dimensions, what);
      assertEquals(before.some(({ name }) => /^dimension-/.test(name)), true, what);
      assertEquals(after.some(({ name }) => /^dimension-/.test(name)), false, what);
    }
  });
}

Deno.test("the stage sets no dimension that nothing proves", async () => {
  const store = await breakStore("chroma-1.5.9", "notes", [
    "foreign_dimension",
    "header_random",
    "data_level0_random",
  ]);
  const path = join(store, "chroma.sqlite3");
  {
    using database = StoreDatabase.open(path, { writable: true });
    database.execute("UPDATE embeddings_queue SET vector = NULL, encoding = NULL, operation = 3");
  }
  const dimensions = readDimensions(store);
  const repaired = await repairCatalogue(store);
  assertEquals(readDimensions(repaired.path), dimensions);
  assertEquals(repaired.steps, []);
});

Deno.test("the stage corrects the dimension of an index whose row was lost", async () => {
  const golden = "chroma-0.5.23";
  const dimensions = readDimensions(await goldenStore(golden));
  for (const header of ["header_random", "header_version"]) {
    const store = await breakStore(golden, "notes", [
      header,
      "foreign_dimension",
      "segment_rows_lost",
    ]);
    const { before, after, path } = await repairCatalogue(store);
    assertEquals(readDimensions(path), dimensions);
    const kinds = (findings: typeof after): boolean =>
      findings.some(({ name }) => /^dimension-|^segment-row/.test(name));
    assertEquals([kinds(before), kinds(after)], [true, false]);
  }
});
