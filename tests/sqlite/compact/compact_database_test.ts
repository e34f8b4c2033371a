import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../../lib/base/errors.ts";
import { compactDatabase, findObstacle } from "../../../lib/sqlite/compact/compact_database.ts";
import type { OmittedRows } from "../../../lib/sqlite/compact/copy_rows.ts";
import { SqliteError, StoreDatabase } from "../../../lib/sqlite/database.ts";
import { goldenStore, scratchDirectory } from "../../support/fixtures.ts";

/** Everything that a copy can get wrong. */
const ODD = `
  PRAGMA page_size = 1024; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA encoding = 'UTF-16be';
  CREATE TABLE "odd ""name""" (a, b TEXT, c INTEGER, d REAL, e BLOB, "select" NUMERIC);
  INSERT INTO "odd ""name""" (rowid, a, b, c, d, e, "select") VALUES
    (5, 1.0, 'plain', 9223372036854775807, 2, x'00ff', '12'),
    (9, 1, 'zero' || char(0) || 'inside', -9007199254740993, 1e300, x'', 'text'),
    (-3, CAST(x'd83d' AS TEXT), '', NULL, -0.5, 'text in a blob', 1.5),
    (70000000000, NULL, NULL, 0, NULL, NULL, 9e999);
  CREATE TABLE counted (id INTEGER PRIMARY KEY AUTOINCREMENT, v UNIQUE);
  INSERT INTO counted VALUES (3, 'x'), (40, 'y'), (50, 'z');
  DELETE FROM counted WHERE id = 50;
  CREATE TABLE keyed (k TEXT, n INTEGER, v, PRIMARY KEY (k, n)) WITHOUT ROWID;
  INSERT INTO keyed VALUES ('b', 2, 1), ('a', 9, 2), ('a', 1, 3);
  CREATE TABLE named (rowid TEXT, oid TEXT); INSERT INTO named (_rowid_, rowid) VALUES (77, 'own');
  CREATE TABLE late (v DEFAULT 1); INSERT INTO late VALUES (4);
  ALTER TABLE late ADD COLUMN w TEXT DEFAULT 'later';
  CREATE INDEX first_index ON keyed (v DESC) WHERE v > 1;
  CREATE UNIQUE INDEX expression ON "odd ""name""" (rowid_of) WHERE 0;
  CREATE VIEW seen AS SELECT v FROM keyed;
  CREATE TRIGGER watch AFTER INSERT ON keyed BEGIN DELETE FROM counted; END;
  CREATE VIRTUAL TABLE words USING fts5(t, tokenize='trigram');
  INSERT INTO words VALUES ('some words'), ('other words');
  ANALYZE keyed;
  PRAGMA user_version = 7; PRAGMA application_id = 99;
`.replace("(rowid_of)", "(a, lower(b))");

async function makeOdd(): Promise<string> {
  const path = join(await scratchDirectory(), "odd.sqlite3");
  using database = StoreDatabase.open(path, { writable: true });
  database.execute(ODD);
  return path;
}

async function compacted(
  path: string,
  omitted: ReadonlyMap<string, OmittedRows> = new Map(),
): Promise<string> {
  const target = join(await scratchDirectory(), "fresh.sqlite3");
  await compactDatabase(path, target, { omitted, signal: undefined, onProgress: undefined });
  return target;
}

/** Every row of every table with types and bytes, and what the file says of itself. */
function read(path: string): unknown {
  using database = StoreDatabase.open(path);
  const schema = database.rows("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name");
  const tables = schema.filter(([type, name]) => type === "table" && name !== "words")
    .map(([, name]) => {
      const columns = database.rows("SELECT name FROM pragma_table_info(?)", String(name)).flat();
      const hasRows = database.number(
        "SELECT wr FROM pragma_table_list WHERE name = ?",
        String(name),
      ) === 0;
      const values = columns.map((column) => {
        const quoted = `"${String(column).replaceAll('"', '""')}"`;
        return `typeof(${quoted}), hex(CAST(${quoted} AS BLOB)), ${quoted} || ''`;
      });
      const all = [...(hasRows ? ["_rowid_"] : []), ...values].join(", ");
      const table = `"${String(name).replaceAll('"', '""')}"`;
      return [name, database.bigintRows(`SELECT ${all} FROM ${table} ORDER BY 1, 2`)];
    });
  const pragmas = ["page_size", "encoding", "auto_vacuum", "user_version", "application_id"]
    .map((name) => database.row(`PRAGMA ${name}`));
  return { schema, tables, pragmas };
}

Deno.test("compactDatabase() copies every value, row number and declaration as it is", async () => {
  const path = await makeOdd();
  const fresh = await compacted(path);
  assertEquals(read(fresh), read(path));
  using database = StoreDatabase.open(fresh, { writable: true });
  assertEquals(database.rows("PRAGMA integrity_check"), [["ok"]]);
  assertEquals(database.rows("SELECT t FROM words WHERE words MATCH 'other'"), [["other words"]]);
  assertThrows(() => database.rows("SELECT v FROM seen ORDER BY v"), SqliteError, "is not run");
  database.execute("INSERT INTO counted (v) VALUES ('next')");
  assertEquals(database.number("SELECT max(id) FROM counted"), 51);
});

Deno.test("compactDatabase() leaves no free page, and the rows out that are named", async () => {
  const path = join(await goldenStore("chroma-0.4.24"), "chroma.sqlite3");
  {
    using database = StoreDatabase.open(path);
    assertEquals((database.number("PRAGMA freelist_count") ?? 0) > 0, true);
  }
  const omitted = new Map([["embeddings_queue", { condition: "seq_id < ?", parameters: [500] }]]);
  using fresh = StoreDatabase.open(await compacted(path, omitted));
  assertEquals(fresh.number("PRAGMA freelist_count"), 0);
  assertEquals(fresh.number("SELECT min(seq_id) FROM embeddings_queue"), 500);
  assertEquals(fresh.rows("PRAGMA integrity_check"), [["ok"]]);
});

Deno.test("compactDatabase() keeps a row of which its condition says nothing", async () => {
  const path = await makeOdd();
  const omitted = new Map([[`odd "name"`, { condition: "a > 0", parameters: [] }]]);
  using fresh = StoreDatabase.open(await compacted(path, omitted));
  assertEquals(fresh.rows(`SELECT rowid FROM "odd ""name"""`), [[70000000000]]);
});

Deno.test("compactDatabase() throws when a row is refused, or the work is cancelled", async () => {
  const path = await makeOdd();
  {
    using database = StoreDatabase.open(path, { writable: true, tolerant: true });
    database.execute(
      "UPDATE sqlite_schema SET sql = replace(sql, 'v DEFAULT 1', 'v CHECK (v > 9)')",
    );
  }
  await assertRejects(() => compacted(path), SqliteError, "CHECK");
  const aborted = AbortSignal.abort();
  const target = join(await scratchDirectory(), "fresh.sqlite3");
  const error = await assertRejects(
    () =>
      compactDatabase(path, target, { omitted: new Map(), signal: aborted, onProgress: undefined }),
    OperationError,
  );
  assertEquals(error.code, "cancelled");
});

Deno.test("findObstacle() names what cannot be made a second time", async () => {
  const path = await makeOdd();
  {
    using database = StoreDatabase.open(path, { writable: true });
    assertEquals(findObstacle(path, database), null);
    database.execute("CREATE TABLE made (a, b AS (a + 1))");
    assertEquals(findObstacle(path, database), "the table made has generated columns");
  }
  using file = await Deno.open(path, { write: true });
  await file.seek(20, Deno.SeekMode.Start);
  await file.write(Uint8Array.of(8));
  using database = StoreDatabase.open(path);
  assertEquals(findObstacle(path, database)?.includes("set bytes aside"), true);
});
