/**
 * Tests of `lib/stores/chroma/repair/database/database_stage.ts` and what it chooses from.
 */
import { assert, assertEquals, assertGreater } from "@std/assert";
import { join } from "@std/path";
import type { RepairStep } from "../../../../../lib/model/repair.ts";
import { StoreDatabase } from "../../../../../lib/sqlite/database.ts";
import { BrokenStore } from "../../../../support/broken_store.ts";
import { applyDamage } from "../../../../support/damages/mod.ts";
import { goldenStore, scratchDirectory } from "../../../../support/fixtures.ts";
import { damageOf, repairCopy, type RepairedCopy } from "../repaired_copy.ts";

/** Every table of records and of the catalogue. */
const TABLES = [
  "collections",
  "segments",
  "embeddings",
  "embedding_metadata",
  "embeddings_queue",
  "max_seq_id",
  "collection_metadata",
];

function readTables(store: string): Record<string, string[]> {
  using database = StoreDatabase.open(join(store, "chroma.sqlite3"));
  const read = (table: string): string[] => {
    const columns = database.rows("SELECT name FROM pragma_table_info(?)", table).flat();
    const values = columns.map((name) => `quote("${name}")`).join(" || ' ' || ");
    return database.rows(`SELECT ${values} FROM ${table}`).map(([row]) => String(row)).sort();
  };
  return Object.fromEntries(TABLES.map((table) => [table, read(table)]));
}

function count(store: string, sql: string): number {
  using database = StoreDatabase.open(join(store, "chroma.sqlite3"));
  return database.number(sql) ?? -1;
}

function codesOf(step: RepairStep | undefined): string[] {
  return (step?.answers ?? []).map(({ code }) => code).sort();
}

/** Repairs a store of which the database alone is damaged; nothing of it may be lost. */
async function repairWhole(store: BrokenStore, before: unknown): Promise<RepairedCopy> {
  const repaired = await repairCopy(store.path);
  assertEquals(damageOf(repaired.after), []);
  assertEquals(readTables(store.path), before);
  assertEquals(repaired.draft.steps.flatMap(({ losses }) => losses), []);
  return repaired;
}

Deno.test("prepareDatabaseStage() copies a database that has bytes behind its last page", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  const before = readTables(store.path);
  const sizeBytes = Deno.statSync(store.catalogue()).size;
  store.append(store.catalogue(), new Uint8Array(5000).fill(7));
  const { draft } = await repairWhole(store, before);
  assertEquals(draft.steps.length, 1);
  assertEquals(codesOf(draft.steps[0]), ["VF1104"]);
  assertEquals(draft.steps[0]?.replaces, ["chroma.sqlite3"]);
  assertEquals(Deno.statSync(store.catalogue()).size, sizeBytes);
});

Deno.test("prepareDatabaseStage() has a log leave that is none", async () => {
  const store = await BrokenStore.copyOf("chroma-0.5.23");
  const before = readTables(store.path);
  applyDamage("hot_wal_garbage", { store: store.path, collection: "notes" }, 1);
  const { draft, staged } = await repairWhole(store, before);
  assertEquals(codesOf(draft.steps[0]), ["VF1108"]);
  assertEquals(staged.leaving, ["chroma.sqlite3-wal"]);
});

Deno.test("prepareDatabaseStage() does not apply a log that belongs to another database", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  const before = readTables(store.path);
  // The log of a copy in WAL mode, in which all records were deleted.
  const other = join(await scratchDirectory(), "other.sqlite3");
  await Deno.copyFile(store.catalogue(), other);
  const database = StoreDatabase.open(other, { writable: true });
  database.rows("PRAGMA journal_mode = WAL");
  database.execute("DELETE FROM embeddings; DELETE FROM embedding_metadata");
  await Deno.copyFile(`${other}-wal`, store.catalogue("-wal"));
  database.close();
  const { draft } = await repairWhole(store, before);
  assertEquals(codesOf(draft.steps[0]).includes("VF1115"), true);
  assertEquals(draft.steps[0]?.details, [
    "Copy it without the write-ahead log, which is another file's",
  ]);
});

/** Changes a table while SQLite does not know of one of its indexes. */
function breakIndex(store: BrokenStore, index: string, change: string): void {
  using database = StoreDatabase.open(store.catalogue(), { writable: true, tolerant: true });
  const row = database.rows("SELECT * FROM sqlite_schema WHERE name = ?", index)[0] ?? [];
  assertEquals(row.length, 5);
  database.prepare("DELETE FROM sqlite_schema WHERE name = ?")(index);
  store.sql(change);
  database.prepare("INSERT INTO sqlite_schema VALUES (?, ?, ?, ?, ?)")(...row);
}

Deno.test("prepareDatabaseStage() makes an index anew that disagrees with its table", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  breakIndex(
    store,
    "embedding_metadata_int_value",
    "UPDATE embedding_metadata SET int_value = int_value + 1000 WHERE int_value IS NOT NULL",
  );
  const before = readTables(store.path);
  const { draft, before: found } = await repairWhole(store, before);
  assert(found.some(({ name }) => name === "sqlite-index-mismatch"));
  assertEquals(draft.steps[0]?.title, "Make the indexes of chroma.sqlite3 anew of its tables");
});

Deno.test("prepareDatabaseStage() runs no function that stands in an index", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  store.sql("CREATE INDEX hostile ON tenants (hex(id))");
  breakIndex(
    store,
    "embedding_metadata_int_value",
    "UPDATE embedding_metadata SET int_value = int_value + 1000 WHERE int_value IS NOT NULL",
  );
  const before = readTables(store.path);
  const { draft } = await repairWhole(store, before);
  assertEquals(draft.steps[0]?.title, "Make chroma.sqlite3 anew of all rows that are left");
  assertEquals(count(store.path, "SELECT count(*) FROM sqlite_schema WHERE name = 'hostile'"), 0);
});

Deno.test("prepareDatabaseStage() rebuilds a database of which an index has lost a page", async () => {
  for (const golden of ["chroma-1.5.9", "chroma-0.5.23", "chroma-0.4.24"] as const) {
    const store = await BrokenStore.copyOf(golden);
    const before = readTables(store.path);
    applyDamage("sqlite_page_zero_mid", { store: store.path, collection: "notes" }, 1);
    const { draft } = await repairWhole(store, before);
    assertEquals(codesOf(draft.steps[0]), ["VF1105"], golden);
  }
});

Deno.test("prepareDatabaseStage() rebuilds a database without its first bytes", async () => {
  const store = await BrokenStore.copyOf("chroma-0.5.23-then-1.5.9");
  const before = readTables(store.path);
  applyDamage("sqlite_magic", { store: store.path, collection: "notes" }, 1);
  const { draft } = await repairWhole(store, before);
  assertEquals(codesOf(draft.steps[0]), ["VF1101"]);
});

Deno.test("prepareDatabaseStage() puts back a table that the version has", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  const before = readTables(store.path);
  store.sql("DROP TABLE embedding_metadata_array");
  const { draft } = await repairWhole(store, before);
  assertEquals(codesOf(draft.steps[0]), ["VF1110"]);
  assertEquals(count(store.path, "SELECT count(*) FROM embedding_metadata_array"), 0);
});

Deno.test("prepareDatabaseStage() keeps rows by the names of their columns when one is gone", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  const before = readTables(store.path);
  store.sql("ALTER TABLE embedding_metadata DROP COLUMN bool_value");
  const repaired = await repairCopy(store.path);
  assertEquals(damageOf(repaired.after), []);
  assertEquals(codesOf(repaired.draft.steps[0]), ["VF1111"]);
  const after = readTables(store.path);
  assertEquals(after.embeddings, before.embeddings);
  assertEquals(after.embedding_metadata?.length, before.embedding_metadata?.length);
});

Deno.test("prepareDatabaseStage() keeps a collection of which a column is gone", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  store.sql("ALTER TABLE collections DROP COLUMN dimension");
  const repaired = await repairCopy(store.path);
  assertEquals(damageOf(repaired.after), []);
  assertEquals(
    count(store.path, "SELECT count(*) FROM collections WHERE dimension IN (16, 32)"),
    4,
  );
});

Deno.test("prepareDatabaseStage() gives values back the types that their columns have", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  const before = readTables(store.path);
  const declared = "UPDATE sqlite_schema SET sql = replace(sql, 'int_value INTEGER', " +
    "'int_value BLOB') WHERE name = 'embedding_metadata'";
  store.sql(declared);
  store.sql("UPDATE embedding_metadata SET int_value = CAST(int_value AS TEXT) WHERE id % 5 = 0");
  store.sql(
    "UPDATE sqlite_schema SET sql = replace(sql, 'int_value BLOB', " +
      "'int_value INTEGER') WHERE name = 'embedding_metadata'",
  );
  const { before: found } = await repairWhole(store, before);
  assert(found.some(({ name }) => name === "sqlite-constraint-broken"));
});

Deno.test("prepareDatabaseStage() writes a row into a file that breaks a rule beyond mending", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  const relax = (from: string, to: string): void =>
    store.sql(`UPDATE sqlite_schema SET sql = replace(sql, '${from}', '${to}')
      WHERE name = 'embeddings_queue'`);
  relax("operation INTEGER NOT NULL", "operation INTEGER");
  store.sql(
    "UPDATE embeddings_queue SET operation = NULL WHERE seq_id = " +
      "(SELECT min(seq_id) FROM embeddings_queue)",
  );
  relax("operation INTEGER", "operation INTEGER NOT NULL");
  const { draft, saved, after } = await repairCopy(store.path);
  assertEquals(damageOf(after), []);
  assertEquals(saved["queue-rows.jsonl"]?.length, 1);
  assertEquals(draft.steps[0]?.losses.map(({ kind, outcome, count }) => [kind, outcome, count]), [
    ["queue-row", "taken-out", 1],
  ]);
});

Deno.test("prepareDatabaseStage() brings nothing back that was deleted when pages are unused", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  const before = readTables(store.path);
  // A table that the schema forgets, with rows that look like those of a record.
  store.sql(
    "CREATE TABLE forgotten AS SELECT id + 100000 AS id, key, string_value, int_value, " +
      "float_value, bool_value FROM embedding_metadata",
    "DELETE FROM sqlite_schema WHERE name = 'forgotten'",
  );
  const { draft, before: found } = await repairWhole(store, before);
  assert(found.some(({ name }) => name === "sqlite-pages-unused"));
  assertEquals(codesOf(draft.steps[0]), ["VF1114"]);
});

Deno.test("prepareDatabaseStage() names every value that is lost with a page of metadata", async () => {
  const store = await BrokenStore.copyOf("chroma-0.4.24");
  const before = count(store.path, "SELECT count(*) FROM embedding_metadata");
  applyDamage("sqlite_pages_random", { store: store.path, collection: "notes" }, 4);
  const { draft, after } = await repairCopy(store.path);
  assertEquals(damageOf(after), []);
  const named = new Set(
    draft.steps.flatMap(({ losses }) => losses).filter(({ kind }) => kind === "metadata")
      .flatMap(({ ids }) => ids),
  );
  using database = StoreDatabase.open(store.catalogue());
  // Every record of the fixture had five values.
  const lacking = database.rows(`SELECT e.embedding_id FROM embeddings AS e
    LEFT JOIN embedding_metadata AS m ON m.id = e.id GROUP BY e.id HAVING count(m.id) < 5`).flat();
  assertGreater(before, count(store.path, "SELECT count(*) FROM embedding_metadata"));
  assertGreater(lacking.length, 0);
  assertEquals(lacking.filter((id) => !named.has(String(id))), []);
});

Deno.test("prepareDatabaseStage() brings collections back whose page is gone", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  const names = readTables(store.path).collections?.length;
  applyDamage("sqlite_half", { store: store.path, collection: "notes" }, 1);
  const { draft, after } = await repairCopy(store.path);
  assertEquals(damageOf(after), []);
  using database = StoreDatabase.open(store.catalogue());
  assertEquals(database.rows("SELECT name FROM collections ORDER BY name").flat(), [
    "cosine",
    "dot",
    "empty",
    "notes",
    "unflushed",
  ]);
  assertEquals(names, 5);
  assertEquals(count(store.path, "SELECT count(*) FROM embeddings"), 634);
  const lost = draft.steps.flatMap(({ losses }) => losses);
  assert(lost.some(({ kind, collection }) => kind === "document" && collection === "cosine"));
});

Deno.test("prepareDatabaseStage() takes the names of collections from a backup", async () => {
  const store = await BrokenStore.copyOf("chroma-0.5.23");
  const before = readTables(store.path).collections;
  const older = await goldenStore("chroma-0.5.23");
  applyDamage("sqlite_pages_random", { store: store.path, collection: "notes" }, 2);
  const { draft } = await repairCopy(store.path, {
    olderCopies: [{
      label: "the backup A",
      directory: older,
      createdAt: "2026-01-31T04:00:00Z",
      isWhole: true,
    }],
  });
  assertEquals(readTables(store.path).collections, before);
  assert(draft.steps[0]?.details.some((detail) => detail.endsWith("from the backup A")));
});
