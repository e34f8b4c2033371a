import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import type { Finding } from "../../../../lib/model/finding.ts";
import { StoreDatabase } from "../../../../lib/sqlite/database.ts";
import { checkSchema } from "../../../../lib/stores/chroma/catalogue/check_schema.ts";
import { inferEngine } from "../../../../lib/stores/chroma/catalogue/migrations.ts";
import { BrokenStore } from "../../../support/broken_store.ts";
import { GOLDEN_STORES, goldenStore, scratchDirectory } from "../../../support/fixtures.ts";
import { catalogueOf } from "../../../support/opened_catalogue.ts";

function findIn(path: string): Finding[] {
  const catalogue = catalogueOf(path);
  return checkSchema(catalogue, inferEngine(catalogue));
}

Deno.test("checkSchema() finds nothing in a golden store", async () => {
  for (const golden of GOLDEN_STORES) assertEquals(findIn(await goldenStore(golden)), []);
});

Deno.test("checkSchema() finds any table of the engine missing", async () => {
  const ownTables = [
    "migrations",
    "tenants",
    "databases",
    "collections",
    "collection_metadata",
    "segments",
    "segment_metadata",
    "maintenance_log",
    "embeddings",
    "embedding_metadata",
    "embedding_metadata_array",
    "max_seq_id",
    "embeddings_queue",
    "embeddings_queue_config",
  ];
  for (const table of ownTables) {
    const store = await BrokenStore.copyOf("chroma-1.5.9");
    store.sql(`DROP TABLE ${table}`);
    const findings = findIn(store.path);
    assertEquals(findings.map(({ name, detail }) => [name, detail.table]), [
      ["sqlite-table-missing", table],
    ]);
  }
});

Deno.test("checkSchema() finds columns missing that the engine's version needs", async () => {
  for (
    const [golden, table, column] of [
      ["chroma-0.4.24", "collections", "topic"],
      ["chroma-0.5.23", "collections", "config_json_str"],
      ["chroma-0.5.23", "embedding_metadata", "bool_value"],
      ["chroma-1.5.9", "collections", "schema_str"],
      ["chroma-1.5.9", "embeddings_queue", "created_at"],
    ] as const
  ) {
    const store = await BrokenStore.copyOf(golden);
    store.sql(`ALTER TABLE ${table} DROP COLUMN ${column}`);
    const [finding, ...others] = findIn(store.path);
    assertEquals([finding?.name, others.length], ["sqlite-column-missing", 0]);
    assertEquals(finding?.detail, { table, columns: [column] });
  }
});

Deno.test("checkSchema() asks a newer store for nothing that may be gone", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  store.sql(
    "INSERT INTO migrations VALUES ('sysdb', 11, 'x', 'SELECT 1', 'abc')",
    "DROP TABLE maintenance_log",
  );
  assertEquals(findIn(store.path), []);
});

Deno.test("checkSchema() names a table that cannot be read", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  const page = Number(store.value("SELECT rootpage FROM sqlite_schema WHERE name = 'tenants'"));
  store.patch(
    store.catalogue(),
    (_view, bytes) => bytes.fill(0xff, 4096 * (page - 1), 4096 * page),
  );
  const findings = findIn(store.path);
  assertEquals(findings.map(({ name, detail }) => [name, detail.table]), [
    ["sqlite-malformed", "tenants"],
  ]);
});

Deno.test("checkSchema() misses the first table in a database that has none", async () => {
  const path = await scratchDirectory();
  await Deno.writeFile(join(path, "chroma.sqlite3"), new Uint8Array());
  assertEquals(findIn(path), []);
  using database = StoreDatabase.open(join(path, "chroma.sqlite3"), { writable: true });
  database.execute("CREATE TABLE x (y); DROP TABLE x");
  const findings = findIn(path);
  assertEquals(findings.map(({ name, detail }) => [name, detail.table]), [
    ["sqlite-table-missing", "migrations"],
  ]);
});
