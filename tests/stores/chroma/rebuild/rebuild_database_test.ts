import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { StoreDatabase } from "../../../../lib/sqlite/database.ts";
import {
  rebuildDatabase,
  type RebuildReport,
} from "../../../../lib/stores/chroma/rebuild/rebuild_database.ts";
import { stepRows } from "../../../../lib/stores/chroma/salvage/step_rows.ts";
import { brief, checkWhole } from "../../../support/findings.ts";
import {
  GOLDEN_STORES,
  goldenStore,
  scratchDirectory,
  TORN_STORES,
  tornStore,
} from "../../../support/fixtures.ts";

const PAGE_BYTES = 4096;

/** Tables that are made anew and not copied. */
const OWN_TABLES = /^(sqlite_|embedding_fulltext_search)/;

async function rebuild(source: string): Promise<{ path: string; report: RebuildReport }> {
  const path = join(await scratchDirectory(), "rebuilt.sqlite3");
  return { path, report: rebuildDatabase(source, path) };
}

function listTables(path: string): string[] {
  using database = StoreDatabase.open(path);
  return database.rows("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    .map(([name]) => String(name)).filter((name) => !OWN_TABLES.test(name));
}

function readTable(path: string, table: string): Set<string> {
  using database = StoreDatabase.open(path);
  const columns = database.rows(`SELECT name FROM pragma_table_info('${table}')`).flat();
  // Quoted by SQLite, so that an integer is not taken for a float of the same value.
  const values = columns.map((name) => `quote("${name}")`).join(" || ' ' || ");
  return new Set(database.rows(`SELECT ${values} FROM ${table}`).map(([row]) => String(row)));
}

function count(path: string, sql: string): number {
  using database = StoreDatabase.open(path);
  return database.number(sql) ?? -1;
}

function damage(path: string, change: (bytes: Uint8Array) => void): void {
  const bytes = Deno.readFileSync(path);
  change(bytes);
  Deno.writeFileSync(path, bytes);
}

/** Overwrites the interior pages of tables: the rows below are then reached by no tree. */
function overwriteInteriorPages(bytes: Uint8Array): number {
  let overwritten = 0;
  for (let start = PAGE_BYTES; start < bytes.length; start += PAGE_BYTES) {
    if (bytes[start] !== 5) continue;
    bytes.fill(0xa5, start, start + PAGE_BYTES);
    overwritten++;
  }
  return overwritten;
}

Deno.test("rebuildDatabase() gives every table word for word when the database is healthy", async () => {
  for (const golden of GOLDEN_STORES) {
    const source = join(await goldenStore(golden), "chroma.sqlite3");
    const { path, report } = await rebuild(source);
    assertEquals(listTables(path), listTables(source), golden);
    for (const table of listTables(source)) {
      assertEquals(readTable(path, table), readTable(source, table), `${golden} ${table}`);
    }
    assertEquals([report.unreadable.length, report.unplaced, report.documentsFromFulltext], [
      0,
      0,
      0,
    ]);
    assertEquals(count(path, "SELECT count(*) FROM pragma_integrity_check WHERE 1"), 1);
  }
});

Deno.test("rebuildDatabase() makes a database that the check finds clean in its store", async () => {
  for (const golden of GOLDEN_STORES) {
    const store = await goldenStore(golden);
    const { path } = await rebuild(join(store, "chroma.sqlite3"));
    await Deno.copyFile(path, join(store, "chroma.sqlite3"));
    const { findings } = await checkWhole(store);
    const worse = findings.filter(({ severity }) => severity !== "info");
    assertEquals(worse.map(brief), [], golden);
  }
});

Deno.test("rebuildDatabase() finds every row again when all interior pages are gone", async () => {
  for (const golden of GOLDEN_STORES) {
    const source = join(await goldenStore(golden), "chroma.sqlite3");
    const before = new Map(listTables(source).map((table) => [table, readTable(source, table)]));
    damage(source, (bytes) => assert(overwriteInteriorPages(bytes) > 2));
    const { path, report } = await rebuild(source);
    for (const [table, rows] of before) {
      assertEquals(readTable(path, table), rows, `${golden} ${table}`);
    }
    assertEquals(report.unplaced, 0);
  }
});

Deno.test("rebuildDatabase() keeps all but the rows of the first page when that is gone", async () => {
  const source = join(await goldenStore("chroma-1.5.9"), "chroma.sqlite3");
  const before = readTable(source, "embeddings");
  damage(source, (bytes) => bytes.fill(0, 0, PAGE_BYTES));
  const { path, report } = await rebuild(source);
  assertEquals(readTable(path, "embeddings"), before);
  assertEquals(report.versions, { sysdb: 10, metadb: 6, embeddings_queue: 2 });
});

Deno.test("rebuildDatabase() brings a lost document back from the full text's copy", async () => {
  const source = join(await goldenStore("chroma-1.5.9"), "chroma.sqlite3");
  const before = readTable(source, "embedding_metadata");
  {
    using database = StoreDatabase.open(source, { writable: true });
    database.execute("DELETE FROM embedding_metadata WHERE key = 'chroma:document' AND id % 7 = 0");
  }
  const { path, report } = await rebuild(source);
  assert(report.documentsFromFulltext > 50);
  assertEquals(readTable(path, "embedding_metadata"), before);
});

Deno.test("rebuildDatabase() gives no leftover of a deleted document to a record of 0.4", async () => {
  const source = join(await goldenStore("chroma-0.4.24"), "chroma.sqlite3");
  {
    using database = StoreDatabase.open(source, { writable: true });
    database.execute("DELETE FROM embedding_metadata WHERE key = 'chroma:document' AND id % 7 = 0");
  }
  const { report } = await rebuild(source);
  assertEquals(report.documentsFromFulltext, 0);
});

Deno.test("rebuildDatabase() keeps the newer of two states of a record", async () => {
  const source = join(await goldenStore("chroma-1.5.9"), "chroma.sqlite3");
  const newest = count(source, "SELECT max(seq_id) FROM embeddings");
  const older = Deno.readFileSync(source);
  {
    using database = StoreDatabase.open(source, { writable: true });
    database.execute(`UPDATE embeddings SET seq_id = ${newest + 1000} + id`);
  }
  // A file that was torn: behind the new state stand the leaves of the old one.
  const newer = Deno.readFileSync(source);
  const both = new Uint8Array(newer.length + older.length);
  both.set(newer);
  both.set(older, newer.length);
  await Deno.writeFile(source, both);
  const { path, report } = await rebuild(source);
  assert((report.tables.get("embeddings")?.conflicting ?? 0) > 600);
  assertEquals(count(path, `SELECT count(*) FROM embeddings WHERE seq_id <= ${newest}`), 0);
});

Deno.test("rebuildDatabase() gets nearly all records of torn stores, where a scan gets few", async () => {
  for (const torn of TORN_STORES) {
    const { path } = await rebuild(join(await tornStore(torn), "chroma.sqlite3"));
    assert(count(path, "SELECT count(*) FROM embeddings") >= 1469, torn);
    assert(
      count(path, "SELECT count(*) FROM embedding_metadata WHERE key = 'chroma:document'") >= 1400,
    );
    assertEquals(count(path, "SELECT count(*) FROM collections"), 1);
    assertEquals(count(path, "SELECT count(*) FROM segments"), 2);
  }
});

/** What is read of a table by stepping over its keys, and what tells a row of an engine. */
const STEPPED = [
  ["embeddings", "id", ["embedding_id", "hex(seq_id)"], "segment_id LIKE '%-%-%-%-%'"],
  ["embeddings_queue", "seq_id", ["id", "operation", "hex(vector)"], "topic LIKE 'persistent:%'"],
  ["embedding_metadata", "rowid", ["id", "key", "string_value"], "typeof(id) = 'integer'"],
] as const;

Deno.test("rebuildDatabase() saves every row that SQLite itself can step to", async () => {
  let stepped = 0;
  for (const torn of TORN_STORES) {
    const source = join(await tornStore(torn), "chroma.sqlite3");
    await Deno.remove(`${source}-journal`).catch(() => {});
    const { path } = await rebuild(source);
    using fresh = StoreDatabase.open(path);
    using damaged = StoreDatabase.open(source, { tolerant: true });
    for (const [table, key, expressions, where] of STEPPED) {
      const rows = fresh.rows(`SELECT ${expressions.join(", ")} FROM ${table}`);
      const saved = new Set(rows.map((row) => JSON.stringify(row)));
      const wanted = { table, key, expressions, where, parameters: [] };
      for (const { values } of stepRows(damaged, wanted, () => {})) {
        stepped++;
        assert(saved.has(JSON.stringify(values)), `${torn} ${table} ${values}`);
      }
    }
  }
  assert(stepped > 20_000);
});

Deno.test("rebuildDatabase() makes an empty database of bytes that are none", async () => {
  const source = join(await scratchDirectory(), "noise.sqlite3");
  const noise = new Uint8Array(300_000);
  for (let offset = 0; offset < noise.length; offset += 60_000) {
    crypto.getRandomValues(noise.subarray(offset, offset + 60_000));
  }
  await Deno.writeFile(source, noise);
  const { path } = await rebuild(source);
  assertEquals(count(path, "SELECT count(*) FROM embeddings"), 0);
  assert(listTables(path).includes("collections"));
});

for (const name of GOLDEN_STORES) {
  Deno.test(`rebuildDatabase() knows the version of ${name} by its tables alone`, async () => {
    const source = join(await goldenStore(name), "chroma.sqlite3");
    const { report: { versions } } = await rebuild(source);
    {
      using database = StoreDatabase.open(source, { writable: true });
      database.execute("DELETE FROM migrations");
    }
    assertEquals((await rebuild(source)).report.versions, versions);
  });
}
