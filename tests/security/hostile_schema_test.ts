/**
 * A chroma.sqlite3 whose schema was made to harm: triggers, views, virtual tables and generated
 * columns. A check ends and runs none of it; what writes to a copy runs none of it either.
 */
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { join } from "@std/path";
import type { Finding } from "../../lib/model/finding.ts";
import { repairStore } from "../../lib/repair/repair_store.ts";
import { undoRepair } from "../../lib/repair/undo_repair.ts";
import { SqliteError, StoreDatabase } from "../../lib/sqlite/database.ts";
import { runMain } from "../cli/run_main.ts";
import { BrokenStore } from "../support/broken_store.ts";
import { brief, checkWhole } from "../support/findings.ts";
import { scratchDirectory } from "../support/fixtures.ts";

const RECORDS = 634;

/** What goes off with every write that vecfsck does to a copy. */
const TRIGGERS = ["tenants", "databases", "collections", "embeddings", "embedding_metadata"]
  .flatMap((table) =>
    ["INSERT", "UPDATE", "DELETE"].map((event) =>
      `CREATE TRIGGER hostile_${table}_${event} AFTER ${event} ON ${table}
        BEGIN DELETE FROM embeddings; DELETE FROM embedding_metadata; END`
    )
  );

/** Rows without an end, under the columns of a table. */
function endless(table: string, columns: readonly string[]): string[] {
  const values = columns.map((column) => `x AS ${column}`).join(", ");
  return [
    `ALTER TABLE ${table} RENAME TO ${table}_away`,
    `CREATE VIEW ${table} AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)
      SELECT ${values} FROM n`,
  ];
}

const ENDLESS: Readonly<Record<string, readonly string[]>> = {
  collections: ["id", "name", "dimension", "database_id", "config_json_str", "schema_str"],
  segments: ["id", "type", "scope", "collection"],
  embeddings: ["id", "segment_id", "embedding_id", "seq_id", "created_at"],
  embedding_metadata: [
    ...["id", "key", "string_value", "int_value", "float_value", "bool_value"],
  ],
  embeddings_queue: [
    ...["seq_id", "created_at", "operation", "topic", "id", "vector", "encoding", "metadata"],
  ],
  max_seq_id: ["segment_id", "seq_id"],
};

function worse(findings: readonly Finding[]): string[] {
  return findings.filter(({ severity }) => severity !== "info").map(({ name }) => name);
}

Deno.test("StoreDatabase runs no trigger and no view, and makes no value longer than the file", async () => {
  const path = join(await scratchDirectory(), "hostile.sqlite3");
  await Deno.writeFile(path, new Uint8Array());
  {
    using database = StoreDatabase.open(path, { writable: true });
    database.execute(`
      CREATE TABLE rows (a, large AS (hex(zeroblob(2000000)))); CREATE TABLE victim (b);
      INSERT INTO victim VALUES (1);
      CREATE TRIGGER hostile AFTER INSERT ON rows BEGIN DELETE FROM victim; END;
      CREATE VIEW endless AS
        WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n;
      CREATE VIEW plain AS SELECT b FROM victim;`);
    assertThrows(() => database.prepare("INSERT INTO rows (a) VALUES (1)")(), SqliteError);
    assertThrows(() => database.execute("INSERT INTO rows (a) VALUES (1)"), SqliteError);
    assertThrows(() => database.execute("ATTACH ':memory:' AS other"), SqliteError);
    assertThrows(() => database.rows("SELECT load_extension('/tmp/x')"), SqliteError);
    assertEquals(database.number("SELECT count(*) FROM victim"), 1);
    database.execute("DROP TRIGGER hostile; INSERT INTO rows (a) VALUES (1)");
  }
  using database = StoreDatabase.open(path);
  for (const sql of ["SELECT x FROM endless LIMIT 1", "SELECT count(*) FROM endless"]) {
    assertEquals(assertThrows(() => database.rows(sql), SqliteError).primaryCode, 1);
  }
  assertThrows(() => database.rows("SELECT b FROM plain"), SqliteError, "is not run");
  assertThrows(() => database.rows("SELECT 1 WHERE EXISTS (SELECT 1 FROM plain)"), SqliteError);
  assertThrows(() => database.rows("SELECT length(large) FROM rows"), SqliteError, "too big");
  assertEquals(database.rows("WITH own AS (SELECT 2 AS c) SELECT c FROM own"), [[2]]);
  assertEquals(database.rows("SELECT c FROM (SELECT count(*) AS c FROM victim) AS v"), [[1]]);
});

Deno.test("StoreDatabase writes no schema and no table behind the full text", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  using database = StoreDatabase.open(store.catalogue(), { writable: true });
  for (
    const sql of [
      "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'x'",
      "DELETE FROM embedding_fulltext_search_data",
    ]
  ) assertThrows(() => database.execute(sql), SqliteError, "may not be modified");
  assertEquals(database.number("PRAGMA trusted_schema"), 0);
  assertEquals(database.number("PRAGMA cell_size_check"), 1);
});

for (const [table, columns] of Object.entries(ENDLESS)) {
  Deno.test(`checkStore() ends when ${table} is a view without an end, and says that it is missing`, async () => {
    const store = await BrokenStore.copyOf("chroma-1.5.9");
    store.sql(...endless(table, columns));
    const { findings } = await checkWhole(store.path);
    const missing = findings.find(({ name, detail }) =>
      name === "sqlite-table-missing" && detail.table === table
    );
    assert(missing !== undefined, findings.map(brief).join("; "));
  });
}

Deno.test("checkStore() says so when a virtual table stands where a table must be", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  store.sql(
    "ALTER TABLE embeddings RENAME TO embeddings_away",
    "CREATE VIRTUAL TABLE embeddings USING fts5(segment_id, embedding_id, seq_id, created_at)",
  );
  const { findings } = await checkWhole(store.path);
  const missing = findings.find(({ name }) => name === "sqlite-table-missing");
  assertMatch(missing?.message ?? "", /virtual table stands in the place of the table embeddings/);
});

Deno.test("checkStore() ends when a generated column makes a gigabyte of each row", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  store.sql(
    "ALTER TABLE embeddings RENAME COLUMN embedding_id TO away",
    "ALTER TABLE embeddings ADD COLUMN embedding_id AS (hex(zeroblob(450000000)))",
  );
  const { findings } = await checkWhole(store.path);
  assert(worse(findings).length > 0);
});

Deno.test("repairStore() runs no trigger, takes them out, and undo brings them back", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  store.sql("DELETE FROM tenants", "DELETE FROM max_seq_id", ...TRIGGERS);
  const outcome = await repairStore(store.path);
  assertEquals(outcome.state, "repaired");
  assertEquals(store.value("SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'"), 0);
  assertEquals(store.value("SELECT count(*) FROM embeddings"), RECORDS);
  const details = outcome.plan.steps.flatMap((step) => step.details);
  assert(details.some((detail) => detail.includes("CREATE TRIGGER hostile_tenants_INSERT")));
  assertEquals(worse((await checkWhole(store.path)).findings), []);
  await undoRepair(store.path);
  assertEquals(
    store.value("SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'"),
    TRIGGERS.length,
  );
});

for (
  const [what, args] of [
    ["repair --only", ["repair", "--yes", "--only", "VF1203"]],
    ["optimize", ["optimize", "--yes", "--no-backup"]],
  ] as const
) {
  Deno.test(`${what} changes nothing where a trigger would run, and says what to do`, async () => {
    const store = await BrokenStore.copyOf("chroma-1.5.9");
    store.sql(...(what === "optimize" ? [] : ["DELETE FROM tenants"]), ...TRIGGERS);
    const before = Deno.readFileSync(store.catalogue());
    const [verb, ...options] = args;
    const { code, stderr } = await runMain([verb, store.path, ...options]);
    assertEquals(code, 8);
    assertMatch(stderr.text, /has a trigger, hostile_\w+, which runs at every write/);
    assertMatch(stderr.text, /takes it out/);
    assertEquals(Deno.readFileSync(store.catalogue()), before);
  });
}
