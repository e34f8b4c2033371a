import { assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../../../lib/base/errors.ts";
import { StoreDatabase } from "../../../../lib/sqlite/database.ts";
import {
  collectionLabel,
  hasColumn,
  isWhole,
  listCollections,
  listOwnedSegments,
} from "../../../../lib/stores/chroma/catalogue/catalogue.ts";
import { readCatalogue } from "../../../../lib/stores/chroma/catalogue/read_catalogue.ts";
import { BrokenStore } from "../../../support/broken_store.ts";
import {
  GOLDEN_STORES,
  goldenFacts,
  goldenStore,
  scratchDirectory,
} from "../../../support/fixtures.ts";
import { catalogueOf } from "../../../support/opened_catalogue.ts";

Deno.test("readCatalogue() reads every collection and segment of every golden store", async () => {
  for (const golden of GOLDEN_STORES) {
    const catalogue = catalogueOf(await goldenStore(golden));
    const facts = await goldenFacts(golden);
    assertEquals(catalogue.unreadable, []);
    assertEquals(catalogue.capped, []);
    const names = catalogue.collections.map(collectionLabel).sort();
    assertEquals(names, Object.keys(facts.collections).sort());
    assertEquals(catalogue.segments.length, facts.segments.length);
    for (const { collection, vector, metadata } of listCollections(catalogue)) {
      const expected = facts.collections[collectionLabel(collection)];
      assertEquals(collection.dimension, expected?.dimension ?? null);
      const idOf = (scope: string): string | undefined =>
        facts.segments.find((row) => row.collection === collection.id && row.scope === scope)?.id;
      assertEquals(vector?.id, idOf("VECTOR"));
      assertEquals(metadata?.id, idOf("METADATA"));
    }
  }
});

Deno.test("readCatalogue() gives the ends of the queue and the tables with their columns", async () => {
  const catalogue = catalogueOf(await goldenStore("chroma-1.5.9"));
  assertEquals(catalogue.queueBounds, { firstSequence: 520n, lastSequence: 686n });
  assertEquals(hasColumn(catalogue, "collections", "schema_str"), true);
  assertEquals(hasColumn(catalogue, "collections", "topic"), false);
  // A virtual table is named; what columns it has is its module's business.
  assertEquals(catalogue.tables.get("embedding_fulltext_search"), []);
  assertEquals(catalogue.indexes.has("embedding_metadata_int_value"), true);
});

Deno.test("readCatalogue() reads what is left when a table or a column is missing", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  store.sql("DROP TABLE segments", "ALTER TABLE collections DROP COLUMN schema_str");
  const catalogue = catalogueOf(store.path);
  assertEquals(catalogue.unreadable, []);
  assertEquals(isWhole(catalogue, "segments"), false);
  assertEquals(catalogue.collections.length, 5);
  assertEquals(catalogue.collections[0]?.schema, null);
  assertEquals(catalogue.watermarks.length, 7);
});

Deno.test("readCatalogue() names a table whose pages are damaged and reads the others", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  const page = Number(store.value("SELECT rootpage FROM sqlite_schema WHERE name = 'segments'"));
  store.patch(
    store.catalogue(),
    (_view, bytes) => bytes.fill(0xff, 4096 * (page - 1), 4096 * page),
  );
  const catalogue = catalogueOf(store.path);
  assertEquals(catalogue.unreadable.map(({ table, resultCode }) => [table, resultCode]), [
    ["segments", 11],
    // Whether records belong to a segment cannot be told without it.
    ["max_seq_id", 11],
    ["embeddings", 11],
  ]);
  assertEquals(catalogue.collections.length, 5);
});

Deno.test("readCatalogue() takes values of any type and integers above 2^53", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  store.sql(
    "UPDATE max_seq_id SET seq_id = 9223372036854775807 WHERE seq_id = 686",
    "UPDATE max_seq_id SET seq_id = x'0102' WHERE seq_id = 652",
    "UPDATE collections SET dimension = 9223372036854775807 WHERE name = 'notes'",
    "UPDATE collections SET name = CAST(x'ff41' AS TEXT) WHERE name = 'dot'",
    "UPDATE collections SET name = x'414243' WHERE name = 'cosine'",
    "UPDATE embeddings_queue SET seq_id = 9223372036854775807 WHERE seq_id = 686",
  );
  const catalogue = catalogueOf(store.path);
  assertEquals(catalogue.unreadable, []);
  assertEquals(catalogue.queueBounds?.lastSequence, 9223372036854775807n);
  const stored = catalogue.watermarks.map(({ storage, text, hex }) => text ?? `${storage} ${hex}`);
  assertEquals(stored.includes("9223372036854775807"), true);
  assertEquals(stored.includes("blob 0102"), true);
  const notes = catalogue.collections.find(({ name }) => name.text === "notes");
  assertEquals(notes?.dimension, null);
  assertEquals(notes?.storedDimension.text, "9223372036854775807");
  const nameless = catalogue.collections.filter(({ name }) => name.text === null);
  assertEquals(nameless.map(({ name }) => name.storage).sort(), ["blob", "text"]);
  assertEquals(nameless.map(collectionLabel), nameless.map(({ id }) => id));
});

Deno.test("readCatalogue() lists segments with records and no watermark or dimension", async () => {
  const store = await BrokenStore.copyOf("chroma-0.5.23");
  store.sql("DELETE FROM max_seq_id", "UPDATE collections SET dimension = NULL");
  const catalogue = catalogueOf(store.path);
  // The collection that is empty has no records, so it needs neither.
  assertEquals(catalogue.unmarkedSegments.length, 4);
  assertEquals(catalogue.undimensionedCollections.length, 4);
});

Deno.test("readCatalogue() gives plain data that a Worker takes", async () => {
  const catalogue = catalogueOf(await goldenStore("chroma-0.5.23"));
  assertEquals(structuredClone(catalogue), catalogue);
});

Deno.test("readCatalogue() reads a file without a byte as a catalogue without a table", async () => {
  const path = join(await scratchDirectory(), "chroma.sqlite3");
  await Deno.writeFile(path, new Uint8Array());
  using database = StoreDatabase.open(path);
  const catalogue = readCatalogue(database);
  assertEquals([catalogue.pageCount, catalogue.tables.size], [0, 0]);
  assertEquals(catalogue.unreadable, []);
});

Deno.test("readCatalogue() lists the schema as unreadable when the file is no database", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  store.patch(store.catalogue(), (_view, bytes) => bytes.fill(0x20, 0, 16));
  const catalogue = catalogueOf(store.path);
  assertEquals(catalogue.unreadable.map(({ table, resultCode }) => [table, resultCode]), [
    ["sqlite_master", 26],
  ]);
});

Deno.test("readCatalogue() throws when another process holds the file", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  using writer = StoreDatabase.open(store.catalogue(), { writable: true });
  writer.execute("BEGIN EXCLUSIVE");
  using reader = StoreDatabase.open(store.catalogue(), { busyTimeoutMs: 0 });
  const error = assertThrows(() => readCatalogue(reader), OperationError);
  assertEquals(error.code, "busy");
  writer.execute("ROLLBACK");
});

Deno.test("listOwnedSegments() leaves out the segments of collections that are gone", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  store.sql("DELETE FROM collections WHERE name = 'empty'");
  const catalogue = catalogueOf(store.path);
  assertEquals([catalogue.segments.length, listOwnedSegments(catalogue).size], [10, 8]);
});
