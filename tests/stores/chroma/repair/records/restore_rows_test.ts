import { assert, assertEquals } from "@std/assert";
import { restoreRows } from "../../../../../lib/stores/chroma/repair/records/restore_rows.ts";
import { applyDamage, SeededRandom } from "../../../../support/damages/mod.ts";
import { goldenStore } from "../../../../support/fixtures.ts";
import { changeDatabase, listRows, OpenedRecords, RECORD_GOLDENS } from "./opened_records.ts";

/** The rows of a store before a damage, of collections that are there. */
async function ownRows(golden: typeof RECORD_GOLDENS[number]): Promise<string[]> {
  using opened = await OpenedRecords.open(await goldenStore(golden));
  const owned = opened.store.collections.map(({ place }) => place.metadataSegmentId);
  return listRows(opened.database).filter((row) => owned.includes(row.split(" ")[1] ?? ""));
}

for (const golden of RECORD_GOLDENS) {
  Deno.test(`restoreRows() gives a quarter of all records their ids back in ${golden}`, async () => {
    const store = await goldenStore(golden);
    applyDamage("records_lost", { store, collection: "notes" }, 1);
    using opened = await OpenedRecords.open(store);
    const restoration = restoreRows(opened.store);
    const rows = listRows(opened.database);
    for (const row of await ownRows(golden)) assert(rows.includes(row), row);
    assertEquals(restoration.collections.flatMap(({ unplaced }) => unplaced), []);
  });

  Deno.test(`restoreRows() gives no record a wrong id in ${golden}`, async () => {
    const random = new SeededRandom(7, golden);
    const before = new Set(await ownRows(golden));
    for (let round = 0; round < 4; round++) {
      const store = await goldenStore(golden);
      const start = random.below(800);
      const length = random.below(200);
      const nth = 2 + random.below(5);
      changeDatabase(
        store,
        `DELETE FROM embeddings WHERE id % ${nth} = 0 OR id BETWEEN ${start} AND ${start + length}`,
        // Some have left nothing at all.
        `DELETE FROM embedding_metadata WHERE id % 17 = ${round} AND id NOT IN
           (SELECT id FROM embeddings)`,
        `DELETE FROM embedding_fulltext_search_content WHERE id NOT IN
           (SELECT id FROM embedding_metadata)`,
      );
      using opened = await OpenedRecords.open(store);
      const known = new Set(listRows(opened.database));
      restoreRows(opened.store);
      const wrong = listRows(opened.database).filter((row) => !known.has(row) && !before.has(row));
      assertEquals(wrong, [], `round ${round}`);
    }
  });
}

Deno.test("restoreRows() gives rows the numbers and the form that their writes had", async () => {
  for (const golden of ["chroma-1.5.9", "chroma-0.5.23"] as const) {
    const list = "SELECT id, typeof(seq_id), hex(seq_id) FROM embeddings WHERE id = ?";
    const store = await goldenStore(golden);
    // One of which nothing is left but its place, and the last one, which the queue still has.
    const rows = [500, 520];
    using healthy = await OpenedRecords.open(store);
    const expected = rows.map((row) => healthy.database.row(list, row));
    changeDatabase(store, "DELETE FROM embeddings WHERE id IN (500, 520)");
    using opened = await OpenedRecords.open(store);
    restoreRows(opened.store);
    assertEquals(rows.map((row) => opened.database.row(list, row)), expected);
  }
});

Deno.test("restoreRows() leaves records apart that an index has and nothing tells", async () => {
  const store = await goldenStore("chroma-1.5.9");
  // Three neighbours, and one of them has left nothing: which one cannot be told.
  changeDatabase(
    store,
    "DELETE FROM embeddings WHERE id BETWEEN 101 AND 103",
    "DELETE FROM embedding_metadata WHERE id = 102",
    "DELETE FROM embedding_fulltext_search_content WHERE id = 102",
  );
  using opened = await OpenedRecords.open(store);
  const { collections, unidentified, isBalanced } = restoreRows(opened.store);
  assertEquals([unidentified, isBalanced], [[101, 103], false]);
  assertEquals(collections.map(({ unplaced }) => unplaced), [
    ["notes-00100", "notes-00101", "notes-00102"],
  ]);
});

Deno.test("restoreRows() believes no id map that is damaged", async () => {
  const store = await goldenStore("chroma-1.5.9");
  applyDamage("index_metadata_half", { store, collection: "notes" }, 1);
  changeDatabase(store, "DELETE FROM embeddings WHERE id = 101");
  using opened = await OpenedRecords.open(store);
  assertEquals(restoreRows(opened.store), {
    collections: [],
    unidentified: [101],
    isBalanced: false,
  });
});

Deno.test("restoreRows() does not take what an index has left over for lost records", async () => {
  const store = await goldenStore("chroma-1.5.9");
  // A record that was deleted for good, so that its id is a ghost.
  changeDatabase(
    store,
    "DELETE FROM embeddings WHERE id = 101",
    "DELETE FROM embedding_metadata WHERE id = 101",
    "DELETE FROM embedding_fulltext_search WHERE rowid = 101",
  );
  using opened = await OpenedRecords.open(store);
  const before = listRows(opened.database);
  const { collections, unidentified } = restoreRows(opened.store);
  assertEquals(unidentified, []);
  assertEquals(collections.map(({ unplaced }) => unplaced), [["notes-00100"]]);
  assertEquals(listRows(opened.database), before);
});
