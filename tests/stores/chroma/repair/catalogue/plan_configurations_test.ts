/**
 * Tests of `lib/stores/chroma/repair/catalogue/plan_configurations.ts`, `known_settings.ts` and
 * `configuration_texts.ts`.
 */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { StoreDatabase } from "../../../../../lib/sqlite/database.ts";
import { listCollections } from "../../../../../lib/stores/chroma/catalogue/catalogue.ts";
import {
  type IndexSettings,
  resolveIndexSettings,
} from "../../../../../lib/stores/chroma/catalogue/configuration.ts";
import { readCatalogue } from "../../../../../lib/stores/chroma/catalogue/read_catalogue.ts";
import {
  writePythonConfiguration,
  writeRustConfiguration,
  writeSchema,
} from "../../../../../lib/stores/chroma/repair/catalogue/configuration_texts.ts";
import type { KnownConfiguration } from "../../../../../lib/stores/chroma/repair/catalogue/known_settings.ts";
import { BrokenStore } from "../../../../support/broken_store.ts";
import { type GoldenStore, goldenStore } from "../../../../support/fixtures.ts";
import { listDamage, repairCatalogue } from "./repaired_catalogue.ts";

type Shown = Pick<IndexSettings, "space" | "maxNeighbors" | "efConstruction" | "syncThreshold">;

function readSettings(store: string): Record<string, Shown> {
  using database = StoreDatabase.open(join(store, "chroma.sqlite3"));
  const catalogue = readCatalogue(database);
  return Object.fromEntries(
    listCollections(catalogue).map(({ collection, vector }) => {
      const settings = resolveIndexSettings(catalogue, collection, vector);
      const { space, maxNeighbors, efConstruction, syncThreshold } = settings;
      return [collection.name.text ?? "", { space, maxNeighbors, efConstruction, syncThreshold }];
    }),
  );
}

function readText(store: string, column: string, name: string): unknown {
  using database = StoreDatabase.open(join(store, "chroma.sqlite3"));
  const row = database.row(`SELECT ${column} FROM collections WHERE name = ?`, name);
  return JSON.parse(String(row?.[0]));
}

/** What of a store is broken so that all its settings can still be known. */
const KNOWN: readonly (readonly [GoldenStore, string])[] = [
  ["chroma-0.5.23", "UPDATE collections SET config_json_str = '{'"],
  [
    "chroma-0.5.23",
    `UPDATE collections SET config_json_str = json_set(config_json_str, '$.x', 1,
    '$._type', 'y')`,
  ],
  ["chroma-0.5.23-then-1.5.9", "UPDATE collections SET config_json_str = ''"],
  [
    "chroma-1.0.21-configuration",
    `UPDATE collections SET config_json_str =
    json_set(config_json_str, '$.vector_index.hnsw.unheard_of', 1)`,
  ],
  [
    "chroma-1.0.21-configuration",
    `UPDATE collections SET config_json_str =
    substr(config_json_str, 1, 140)`,
  ],
  ["chroma-1.5.9", "UPDATE collections SET config_json_str = 'no'"],
  ["chroma-1.5.9", "UPDATE collections SET schema_str = '{', config_json_str = x'00'"],
  ["chroma-1.5.9", "UPDATE collections SET schema_str = NULL, config_json_str = '{'"],
  [
    "chroma-1.5.9-configuration",
    `UPDATE collections SET schema_str =
    substr(schema_str, 1, length(schema_str) / 2)`,
  ],
];

for (const [golden, sql] of KNOWN) {
  Deno.test(`the stage knows all settings of ${golden} after ${sql}`, async () => {
    const broken = await BrokenStore.copyOf(golden);
    const settings = readSettings(broken.path);
    broken.sql(sql);
    const { before, after, path } = await repairCatalogue(broken.path);
    assert(listDamage(before).length > 0);
    assertEquals(listDamage(after), []);
    assertEquals(readSettings(path), settings);
  });
}

Deno.test("the stage takes settings from header.bin, vectors and links, and names the others", async () => {
  const broken = await BrokenStore.copyOf("chroma-1.0.21-configuration");
  const settings = readSettings(broken.path);
  broken.sql(
    "UPDATE collections SET config_json_str = '{' WHERE name IN ('cosine', 'dot', 'notes')",
  );
  const { after, path, steps } = await repairCatalogue(broken.path);
  assertEquals(listDamage(after), []);
  const repaired = readSettings(path);
  for (const name of ["cosine", "dot", "notes"]) {
    const { syncThreshold: _lost, ...rest } = settings[name] ?? {};
    const { syncThreshold, ...found } = repaired[name] ?? {};
    assertEquals(found, rest, name);
    assertEquals(syncThreshold, 1000);
  }
  const losses = steps.flatMap((step) => step.losses.map(({ reason }) => reason));
  assertEquals(losses.filter((reason) => reason.includes("sync_threshold")).length, 3);
  assertEquals(losses.filter((reason) => reason.includes("distance")), []);
});

Deno.test("the stage says where the distance is not known", async () => {
  const broken = await BrokenStore.copyOf("chroma-1.0.21-configuration");
  broken.sql("UPDATE collections SET config_json_str = '{' WHERE name = 'unflushed'");
  const { after, steps } = await repairCatalogue(broken.path);
  assertEquals(listDamage(after), []);
  const losses = steps.flatMap((step) => step.losses.map(({ reason }) => reason));
  assertEquals(losses.filter((reason) => reason.includes("distance")).length, 1);
});

Deno.test("the stage keeps an embedding function that is left in a broken text", async () => {
  const broken = await BrokenStore.copyOf("chroma-1.0.21-configuration");
  const known = '{"type":"known","name":"default","config":{"a":{"b":1}}}';
  broken.sql(
    `UPDATE collections SET config_json_str = '{"embedding_function":${known},"vector_in'
     WHERE name = 'dot'`,
  );
  const { path, steps } = await repairCatalogue(broken.path);
  const text = readText(path, "config_json_str", "dot") as Record<string, unknown>;
  assertEquals(text["embedding_function"], JSON.parse(known));
  const losses = steps.flatMap((step) => step.losses.map(({ reason }) => reason));
  assertEquals(losses.filter((reason) => reason.includes("embedding function")), []);
});

const EMPTY: KnownConfiguration = {
  settings: { space: "l2", sync_threshold: 50, batch_size: 10, num_threads: 2 },
  unknown: [],
  embeddingFunction: null,
  isFromPython: false,
};

Deno.test("writeSchema() writes what 1.5.9 writes for a collection without metadata", async () => {
  const store = await goldenStore("chroma-1.5.9");
  assertEquals(JSON.parse(writeSchema(EMPTY)), readText(store, "schema_str", "empty"));
});

Deno.test("writeRustConfiguration() writes what 1.0.21 writes", async () => {
  const store = await goldenStore("chroma-1.0.21-configuration");
  const settings = { ...EMPTY.settings, ef_construction: 77 };
  const text = writeRustConfiguration({
    ...EMPTY,
    settings,
    embeddingFunction: { type: "legacy" },
  });
  assertEquals(JSON.parse(text), readText(store, "config_json_str", "empty"));
});

Deno.test("writePythonConfiguration() writes what 0.5.23 writes, but for the threads", async () => {
  const store = await goldenStore("chroma-0.5.23");
  const text = writePythonConfiguration({ ...EMPTY, settings: {} });
  const written = readText(store, "config_json_str", "empty") as Record<string, unknown>;
  const { num_threads: _machine, ...index } = written["hnsw_configuration"] as Record<
    string,
    unknown
  >;
  assertEquals(JSON.parse(text), { ...written, hnsw_configuration: index });
});

Deno.test("writePythonConfiguration() writes fractions as fractions", () => {
  const text = writePythonConfiguration({
    ...EMPTY,
    settings: { resize_factor: 2, sync_threshold: 5 },
  });
  assertEquals(text.includes('"resize_factor": 2.0'), true);
  assertEquals(text.includes('"batch_size": 5'), true);
});
