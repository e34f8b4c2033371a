import { assertEquals, assertStringIncludes } from "@std/assert";
import { createHash } from "node:crypto";
import { checkMigrations } from "../../../../lib/stores/chroma/catalogue/check_migrations.ts";
import { inferEngine } from "../../../../lib/stores/chroma/catalogue/migrations.ts";
import type { Finding } from "../../../../lib/model/finding.ts";
import { BrokenStore } from "../../../support/broken_store.ts";
import { GOLDEN_STORES, goldenStore } from "../../../support/fixtures.ts";
import { catalogueOf } from "../../../support/opened_catalogue.ts";

function findIn(path: string): Finding[] {
  const catalogue = catalogueOf(path);
  return checkMigrations(catalogue, inferEngine(catalogue));
}

Deno.test("checkMigrations() finds nothing in a golden store", async () => {
  for (const golden of GOLDEN_STORES) assertEquals(findIn(await goldenStore(golden)), []);
});

Deno.test("checkMigrations() finds the record of any one migration missing", async () => {
  for (const golden of ["chroma-0.4.24", "chroma-0.5.23", "chroma-1.5.9"] as const) {
    const rows = catalogueOf(await goldenStore(golden)).migrations;
    for (const { directory, version } of rows) {
      const store = await BrokenStore.copyOf(golden);
      store.sql(`DELETE FROM migrations WHERE dir = '${directory}' AND version = ${version}`);
      const findings = findIn(store.path);
      const label = `${golden} ${directory} ${version}`;
      assertEquals(findings.map(({ name }) => name), ["migration-missing"], label);
      assertEquals(findings[0]?.detail.versions, [version], label);
    }
  }
});

Deno.test("checkMigrations() makes one finding of each directory that lost its records", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  store.sql("DELETE FROM migrations");
  const findings = findIn(store.path);
  assertEquals(findings.map(({ count }) => count), [10, 6, 2]);
});

Deno.test("checkMigrations() finds a hash or a text that no engine writes", async () => {
  const store = await BrokenStore.copyOf("chroma-0.5.23");
  store.sql("UPDATE migrations SET hash = 'deadbeef' WHERE dir = 'sysdb' AND version = 3");
  store.sql("UPDATE migrations SET sql = sql || ' ' WHERE dir = 'metadb' AND version = 4");
  store.sql("UPDATE migrations SET version = 'four' WHERE dir = 'sysdb' AND version = 4");
  store.sql("UPDATE migrations SET version = -2 WHERE dir = 'embeddings_queue' AND version = 1");
  const findings = findIn(store.path);
  assertEquals(findings.map(({ name, count }) => `${name} ${count}`), [
    "migration-changed 1",
    "migration-changed 1",
    "migration-missing 1",
    "migration-changed 1",
    "migration-changed 1",
    "migration-missing 1",
  ]);
  const messages = findings.map(({ message }) => message).join("\n");
  assertStringIncludes(messages, "deadbeef");
  assertStringIncludes(messages, "0.x the hash alone");
  assertStringIncludes(messages, "the number of none");
});

Deno.test("checkMigrations() takes SHA-256 where the engine was told to write that", async () => {
  const store = await BrokenStore.copyOf("chroma-0.5.23");
  const sql = String(store.value("SELECT sql FROM migrations WHERE dir = 'sysdb' AND version = 3"));
  const hash = createHash("sha256").update(sql).digest("hex");
  store.sql(`UPDATE migrations SET hash = '${hash}' WHERE dir = 'sysdb' AND version = 3`);
  assertEquals(findIn(store.path), []);
});

Deno.test("checkMigrations() names migrations that are newer and judges none of them", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  store.sql(
    "INSERT INTO migrations VALUES ('sysdb', 12, 'x', 'SELECT 1', 'abc')",
    "INSERT INTO migrations VALUES ('sysdb', 999999999999, 'x', 'SELECT 1', 'abc')",
  );
  const findings = findIn(store.path);
  assertEquals(findings.map(({ name, count }) => [name, count]), [["schema-newer", 2]]);
  assertStringIncludes(findings[0]?.message ?? "", "sysdb 12");
});

Deno.test("checkMigrations() leaves a missing table to the check of the tables", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  store.sql("DROP TABLE migrations");
  assertEquals(findIn(store.path), []);
});
