import { assertEquals } from "@std/assert";
import { checkMetadataFaults } from "../../../../lib/stores/chroma/catalogue/metadata_faults.ts";
import { readCatalogue } from "../../../../lib/stores/chroma/catalogue/read_catalogue.ts";
import { StoreDatabase } from "../../../../lib/sqlite/database.ts";
import { BrokenStore } from "../../../support/broken_store.ts";
import { GOLDEN_STORES, goldenStore } from "../../../support/fixtures.ts";
import { damageOf, repairCopy } from "../repair/repaired_copy.ts";

/** What is put into a row; `hasOther` where a value stays that can be read. */
interface Case {
  readonly columns: string;
  readonly values: string;
  readonly wrong: readonly string[];
}

/** Values that Chroma 1.5.9 panics at. */
const UNREADABLE: readonly Case[] = [
  { columns: "key, int_value", values: "'k', 'text'", wrong: ["int_value"] },
  { columns: "key, int_value", values: "'k', 1.5", wrong: ["int_value"] },
  { columns: "key, float_value", values: "'k', 'text'", wrong: ["float_value"] },
  { columns: "key, bool_value", values: "'k', 'text'", wrong: ["bool_value"] },
  { columns: "key, str_value", values: "'k', x'ff'", wrong: ["str_value"] },
  { columns: "key, str_value", values: "'k', CAST(x'41ff42' AS TEXT)", wrong: ["str_value"] },
  { columns: "key, int_value", values: "x'ff', 1", wrong: ["key"] },
  { columns: "key, str_value, int_value", values: "'k', 'a', 'b'", wrong: ["int_value"] },
];

/** Values that it reads, one way or another. */
const READABLE: readonly Omit<Case, "wrong">[] = [
  { columns: "key, bool_value", values: "'k', 7" },
  { columns: "key, float_value", values: "'k', 3" },
  { columns: "key, str_value", values: "'k', 5" },
  { columns: "key, str_value", values: "'ä', 'größer\n'" },
  { columns: "key", values: "'k'" },
  { columns: "key, str_value, int_value", values: "'k', 'a', 1" },
];

async function withRow({ columns, values }: Omit<Case, "wrong">): Promise<BrokenStore> {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  store.sql(
    `INSERT INTO collection_metadata (collection_id, ${columns})
      SELECT id, ${values} FROM collections WHERE name = 'notes'`,
  );
  return store;
}

function read(path: string): ReturnType<typeof readCatalogue> {
  using database = StoreDatabase.open(path);
  return readCatalogue(database);
}

Deno.test("readMetadataFaults() names the columns that the engine cannot read", async () => {
  for (const each of UNREADABLE) {
    const store = await withRow(each);
    const { metadataFaults } = read(store.catalogue());
    assertEquals(metadataFaults.map(({ columns }) => columns), [each.wrong], each.values);
  }
  for (const each of READABLE) {
    const store = await withRow(each);
    assertEquals(read(store.catalogue()).metadataFaults, [], each.values);
  }
});

Deno.test("checkMetadataFaults() finds nothing in a store that an engine wrote", async () => {
  for (const golden of GOLDEN_STORES) {
    const catalogue = read(`${await goldenStore(golden)}/chroma.sqlite3`);
    assertEquals(checkMetadataFaults(catalogue), []);
  }
});

Deno.test("a repair removes values that no engine reads, and keeps one beside them", async () => {
  for (const each of [UNREADABLE[0], UNREADABLE[6], UNREADABLE[7]]) {
    if (each === undefined) continue;
    const store = await withRow(each);
    const { after } = await repairCopy(store.path);
    assertEquals(damageOf(after), []);
    const rows = store.value("SELECT count(*) FROM collection_metadata WHERE str_value = 'a'");
    assertEquals(rows, each === UNREADABLE[7] ? 1 : 0);
  }
});
