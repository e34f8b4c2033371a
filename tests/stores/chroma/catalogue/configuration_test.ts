import { assertEquals } from "@std/assert";
import type { StoredText } from "../../../../lib/stores/chroma/catalogue/catalogue.ts";
import {
  collectionLabel,
  listCollections,
} from "../../../../lib/stores/chroma/catalogue/catalogue.ts";
import {
  type IndexSettings,
  isAbsent,
  parseJsonObject,
  resolveIndexSettings,
} from "../../../../lib/stores/chroma/catalogue/configuration.ts";
import { BrokenStore } from "../../../support/broken_store.ts";
import { GOLDEN_STORES, type GoldenStore, goldenStore } from "../../../support/fixtures.ts";
import { catalogueOf } from "../../../support/opened_catalogue.ts";

function settingsOf(path: string): Record<string, IndexSettings> {
  const catalogue = catalogueOf(path);
  return Object.fromEntries(
    listCollections(catalogue).map(({ collection, vector }) => [
      collectionLabel(collection),
      resolveIndexSettings(catalogue, collection, vector),
    ]),
  );
}

function storedText(text: string): StoredText {
  return { storage: "text", text };
}

const SOURCES: Record<GoldenStore, string> = {
  "chroma-0.4.24": "segment-metadata",
  "chroma-0.5.23": "segment-metadata",
  "chroma-0.5.23-then-1.5.9": "segment-metadata",
  "chroma-1.0.21-configuration": "config",
  "chroma-1.5.9": "schema",
  "chroma-1.5.9-configuration": "schema",
};

Deno.test("resolveIndexSettings() finds what each golden store was made with", async () => {
  for (const golden of GOLDEN_STORES) {
    const { notes, cosine, dot, unflushed, empty } = settingsOf(await goldenStore(golden));
    const spaces = [notes, cosine, dot, unflushed, empty].map((settings) => settings?.space);
    assertEquals(spaces, ["l2", "cosine", "ip", "l2", "l2"], golden);
    assertEquals([notes?.maxNeighbors, dot?.maxNeighbors], [16, 8], golden);
    const construction = golden.endsWith("-configuration") ? 77 : 100;
    assertEquals(notes?.efConstruction, construction, golden);
    assertEquals([notes?.syncThreshold, unflushed?.syncThreshold], [50, 1000], golden);
    assertEquals([notes?.resizeFactor, notes?.source], [1.2, SOURCES[golden]], golden);
    // Chroma 1.0 to 1.2 do not write the size of a batch down.
    if (!golden.startsWith("chroma-1.0")) assertEquals(notes?.batchSize, 10, golden);
  }
});

Deno.test("resolveIndexSettings() takes the defaults of the era when nothing stands there", async () => {
  for (const [golden, efSearch] of [["chroma-0.5.23", 10], ["chroma-1.5.9", 100]] as const) {
    const store = await BrokenStore.copyOf(golden);
    store.sql(
      "DELETE FROM segment_metadata",
      "DELETE FROM collection_metadata",
      "UPDATE collections SET config_json_str = NULL",
    );
    if (golden === "chroma-1.5.9") store.sql("UPDATE collections SET schema_str = NULL");
    assertEquals(settingsOf(store.path).cosine, {
      space: "l2",
      maxNeighbors: 16,
      efConstruction: 100,
      efSearch,
      syncThreshold: 1000,
      batchSize: 100,
      resizeFactor: 1.2,
      source: "default",
    });
  }
});

Deno.test("resolveIndexSettings() goes to the collection when the segment's keys are lost", async () => {
  const store = await BrokenStore.copyOf("chroma-0.5.23");
  store.sql("DELETE FROM segment_metadata");
  const { cosine, dot } = settingsOf(store.path);
  assertEquals([cosine?.space, cosine?.source], ["cosine", "collection-metadata"]);
  assertEquals([dot?.space, dot?.maxNeighbors], ["ip", 8]);
});

Deno.test("resolveIndexSettings() gives no space when the place that says it is damaged", async () => {
  const broken = await BrokenStore.copyOf("chroma-1.5.9-configuration");
  broken.sql("UPDATE collections SET schema_str = substr(schema_str, 1, 300)");
  assertEquals(settingsOf(broken.path).cosine?.space, null);
  const lost = await BrokenStore.copyOf("chroma-0.4.24");
  lost.sql("DROP TABLE segment_metadata", "DROP TABLE collection_metadata");
  assertEquals(settingsOf(lost.path).cosine?.space, null);
});

Deno.test("resolveIndexSettings() gives no space when none has that name", async () => {
  const store = await BrokenStore.copyOf("chroma-0.4.24");
  store.sql("UPDATE segment_metadata SET str_value = 'cosinus' WHERE str_value = 'cosine'");
  const { cosine } = settingsOf(store.path);
  assertEquals([cosine?.space, cosine?.source], [null, "segment-metadata"]);
});

Deno.test("resolveIndexSettings() sizes nothing by numbers that cannot be", async () => {
  const store = await BrokenStore.copyOf("chroma-0.4.24");
  store.sql("UPDATE segment_metadata SET int_value = 4000000000 WHERE key = 'hnsw:M'");
  store.sql("UPDATE segment_metadata SET int_value = -5 WHERE key = 'hnsw:sync_threshold'");
  const { dot } = settingsOf(store.path);
  assertEquals([dot?.maxNeighbors, dot?.syncThreshold], [16, 1000]);
});

Deno.test("resolveIndexSettings() prefers a configuration of 1.x that is no default", async () => {
  const store = await BrokenStore.copyOf("chroma-0.5.23-then-1.5.9");
  const configuration = '{"vector_index":{"hnsw":{"space":"l2","ef_search":200}}}';
  store.sql(`UPDATE collections SET config_json_str = '${configuration}' WHERE name = 'cosine'`);
  const { cosine } = settingsOf(store.path);
  assertEquals([cosine?.space, cosine?.efSearch, cosine?.source], ["l2", 200, "config"]);
});

Deno.test("resolveIndexSettings() reads the earlier name of a schema's keys", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  store.sql("DELETE FROM collection_metadata");
  store.sql(`UPDATE collections SET schema_str = replace(schema_str, '"keys"', '"key_overrides"')`);
  assertEquals(settingsOf(store.path).cosine?.space, "cosine");
});

Deno.test("parseJsonObject() takes objects alone", () => {
  assertEquals(parseJsonObject(storedText('{"a": 1}')), { a: 1 });
  for (const text of ["[1]", "null", "1", '"a"', "", '{"a"']) {
    assertEquals(parseJsonObject(storedText(text)), null, text);
  }
  assertEquals(parseJsonObject({ storage: "blob", text: null }), null);
  assertEquals(parseJsonObject(null), null);
});

Deno.test("isAbsent() takes an empty schema for NULL, but no empty configuration", () => {
  assertEquals(isAbsent(null, "schema"), true);
  assertEquals(isAbsent({ storage: "null", text: null }, "configuration"), true);
  assertEquals(isAbsent(storedText(" null "), "schema"), true);
  assertEquals(isAbsent(storedText(""), "schema"), true);
  assertEquals(isAbsent(storedText(""), "configuration"), false);
});
