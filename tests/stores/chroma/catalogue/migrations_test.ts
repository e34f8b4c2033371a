import { assertEquals } from "@std/assert";
import type { Catalogue, MigrationRow } from "../../../../lib/stores/chroma/catalogue/catalogue.ts";
import {
  acceptedHashes,
  inferEngine,
  KNOWN_MIGRATIONS,
  listUnknownMigrations,
} from "../../../../lib/stores/chroma/catalogue/migrations.ts";
import { BrokenStore } from "../../../support/broken_store.ts";
import { GOLDEN_STORES, goldenStore } from "../../../support/fixtures.ts";
import { catalogueOf } from "../../../support/opened_catalogue.ts";

const ENGINES: Record<typeof GOLDEN_STORES[number], [name: string, era: string]> = {
  "chroma-0.4.24": ["chroma 0.4.15 to 0.4.24", "python"],
  "chroma-0.5.23": ["chroma 0.5.6 to 0.6.3", "python"],
  "chroma-0.5.23-then-1.5.9": ["chroma 1.5", "rust"],
  "chroma-1.0.21-configuration": ["chroma 1.0 to 1.2", "rust"],
  "chroma-1.5.9": ["chroma 1.5", "rust"],
  "chroma-1.5.9-configuration": ["chroma 1.5", "rust"],
};

Deno.test("inferEngine() tells the version of every golden store", async () => {
  for (const golden of GOLDEN_STORES) {
    const engine = inferEngine(catalogueOf(await goldenStore(golden)));
    assertEquals([engine.name, engine.era], ENGINES[golden]);
    assertEquals(engine.newerThanKnown, false);
  }
});

Deno.test("inferEngine() tells the version by the schema when the records are gone", async () => {
  for (const golden of GOLDEN_STORES) {
    const store = await BrokenStore.copyOf(golden);
    const before = inferEngine(catalogueOf(store.path));
    store.sql("DELETE FROM migrations");
    assertEquals(inferEngine(catalogueOf(store.path)), before);
  }
});

Deno.test("inferEngine() tells older versions by their migrations", async () => {
  const catalogue = catalogueOf(await goldenStore("chroma-0.4.24"));
  const withHighest = (sysdb: number, metadb: number): string =>
    inferEngine(withMigrations(catalogue, sysdb, metadb)).name;
  assertEquals(withHighest(3, 1), "chroma 0.4.0 to 0.4.3");
  assertEquals(withHighest(3, 2), "chroma 0.4.4 to 0.4.5");
  assertEquals(withHighest(3, 3), "chroma 0.4.6 to 0.4.14");
  assertEquals(withHighest(5, 3), "chroma 0.5.0");
  assertEquals(withHighest(6, 3), "chroma 0.5.1 to 0.5.3");
  assertEquals(withHighest(7, 3), "chroma 0.5.4 to 0.5.5");
  assertEquals(withHighest(10, 5), "chroma 1.3 to 1.4");
});

/** A catalogue that has nothing but records of migrations. */
function withMigrations(catalogue: Catalogue, sysdb: number, metadb: number): Catalogue {
  const rows = (directory: string, highest: number): MigrationRow[] =>
    Array.from({ length: highest }, (_, index) => ({
      directory,
      version: index + 1,
      fileName: "",
      hash: "",
      sqlMd5: "",
    }));
  return {
    ...catalogue,
    tables: new Map(),
    indexes: new Set(),
    virtualTables: new Set(),
    triggers: [],
    migrations: [...rows("sysdb", sysdb), ...rows("metadb", metadb)],
  };
}

Deno.test("inferEngine() knows that a store is newer than it knows", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  store.sql("INSERT INTO migrations VALUES ('sysdb', 11, '00011-x.sqlite.sql', '', 'abc')");
  const engine = inferEngine(catalogueOf(store.path));
  assertEquals([engine.name, engine.era], ["chroma, newer than 1.5", "rust"]);
  assertEquals([engine.newerThanKnown, engine.schema.sysdb], [true, 11]);
});

Deno.test("listUnknownMigrations() lists directories and numbers that no engine has", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  store.sql(
    "INSERT INTO migrations VALUES ('metadb', 7, 'x', '', 'abc')",
    "INSERT INTO migrations VALUES ('graphdb', 1, 'x', '', 'abc')",
  );
  assertEquals(listUnknownMigrations(catalogueOf(store.path)), [
    { directory: "metadb", version: 7 },
    { directory: "graphdb", version: 1 },
  ]);
});

Deno.test("KNOWN_MIGRATIONS holds every migration of every golden store by its hash", async () => {
  const seen = new Set<string>();
  for (const golden of GOLDEN_STORES) {
    for (const row of catalogueOf(await goldenStore(golden)).migrations) {
      const known = KNOWN_MIGRATIONS.find(({ directory, version }) =>
        directory === row.directory && version === row.version
      );
      assertEquals(known?.md5, row.hash, `${row.directory} ${row.version}`);
      assertEquals(row.sqlMd5, row.hash);
      seen.add(`${row.directory} ${row.version}`);
    }
  }
  assertEquals(seen.size, KNOWN_MIGRATIONS.length);
});

Deno.test("acceptedHashes() takes the first text of metadb from 0.4.0 only in its store", () => {
  const first = KNOWN_MIGRATIONS.find(({ directory, version }) =>
    directory === "metadb" && version === 1
  );
  if (first === undefined) throw new Error("No first migration of metadb");
  assertEquals(acceptedHashes(first, 1).length, 4);
  assertEquals(acceptedHashes(first, 3), [first.md5, first.sha256]);
});
