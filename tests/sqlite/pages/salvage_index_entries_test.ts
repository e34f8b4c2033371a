/**
 * Tests of `lib/sqlite/pages/salvage_index_entries.ts`.
 */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { StoreDatabase } from "../../../lib/sqlite/database.ts";
import { salvageIndexEntries } from "../../../lib/sqlite/pages/salvage_index_entries.ts";
import { scratchDirectory } from "../../support/fixtures.ts";

const PAGE_BYTES = 4096;

/** A database with an index of several levels, with keys that overflow. */
async function makeDatabase(): Promise<string> {
  const path = join(await scratchDirectory(), "some.sqlite3");
  using database = StoreDatabase.open(path, { writable: true });
  database.execute(`
    CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT, n INTEGER);
    CREATE INDEX by_name ON things (name, n);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
    INSERT INTO things SELECT i, printf('%.*c', (i % 30) * (i % 30) * 7, 'x') || i, i % 11 FROM n`);
  return path;
}

function readThrough(path: string): Set<string> {
  using database = StoreDatabase.open(path);
  return new Set(
    database.rows("SELECT name || ' ' || n || ' ' || id FROM things").map(([row]) => String(row)),
  );
}

function salvage(path: string, index: string | null): Set<string> {
  const entries = [...salvageIndexEntries(path)].filter((entry) => entry.index === index);
  return new Set(entries.map(({ values }) => values.join(" ")));
}

Deno.test("salvageIndexEntries() gives every entry of every level, long keys too", async () => {
  const path = await makeDatabase();
  assertEquals(salvage(path, "by_name"), readThrough(path));
});

Deno.test("salvageIndexEntries() gives the entries below a page that is gone, without a name", async () => {
  const path = await makeDatabase();
  const before = readThrough(path);
  const bytes = Deno.readFileSync(path);
  let root = 0;
  {
    using database = StoreDatabase.open(path);
    root = database.number("SELECT rootpage FROM sqlite_schema WHERE name = 'by_name'") ?? 0;
  }
  bytes.fill(0, (root - 1) * PAGE_BYTES, root * PAGE_BYTES);
  Deno.writeFileSync(path, bytes);
  assertEquals(salvage(path, "by_name").size, 0);
  const lost = salvage(path, null);
  assert(lost.size > 0.98 * before.size && lost.size < before.size);
  assertEquals([...lost].filter((entry) => !before.has(entry)), []);
});

Deno.test("salvageIndexEntries() passes over the pages that are free", async () => {
  const path = await makeDatabase();
  {
    using database = StoreDatabase.open(path, { writable: true });
    database.execute("DROP INDEX by_name");
  }
  assertEquals([...salvageIndexEntries(path)], []);
});
