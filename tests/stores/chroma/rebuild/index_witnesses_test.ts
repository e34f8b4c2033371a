/**
 * Tests of `lib/stores/chroma/rebuild/index_witnesses.ts`, by way of `rebuildDatabase()`.
 */
import { assertEquals, assertGreater } from "@std/assert";
import { join } from "@std/path";
import { type SqlValue, StoreDatabase } from "../../../../lib/sqlite/database.ts";
import {
  rebuildDatabase,
  type RebuildReport,
} from "../../../../lib/stores/chroma/rebuild/rebuild_database.ts";
import { type GoldenStore, goldenStore, scratchDirectory } from "../../../support/fixtures.ts";

const PAGE_BYTES = 4096;

async function copyOf(golden: GoldenStore): Promise<string> {
  return join(await goldenStore(golden), "chroma.sqlite3");
}

async function rebuild(source: string): Promise<{ path: string; report: RebuildReport }> {
  const path = join(await scratchDirectory(), "rebuilt.sqlite3");
  return { path, report: rebuildDatabase(source, path) };
}

function read(path: string, sql: string): SqlValue[][] {
  using database = StoreDatabase.open(path);
  return database.rows(sql);
}

/** Overwrites the leaves of a table, and returns how many rows were on them. */
function overwriteLeaves(path: string, table: string): number {
  const rows = read(
    path,
    `SELECT pageno, ncell FROM dbstat WHERE name = '${table}' AND pagetype = 'leaf'`,
  );
  const bytes = Deno.readFileSync(path);
  let cells = 0;
  // The first is left, so that the table is not empty.
  for (const [page, count] of rows.slice(1)) {
    bytes.fill(0xa5, (Number(page) - 1) * PAGE_BYTES, Number(page) * PAGE_BYTES);
    cells += Number(count);
  }
  Deno.writeFileSync(path, bytes);
  return cells;
}

/** Not those of the deleted collection, which 0.5 leaves behind. */
const RECORDS = "SELECT id, segment_id, embedding_id FROM embeddings " +
  "WHERE embedding_id NOT LIKE 'gone-%' ORDER BY id";

Deno.test("restoreFromIndexes() brings records back whose rows are gone", async () => {
  for (const golden of ["chroma-1.5.9", "chroma-0.5.23", "chroma-0.4.24"] as const) {
    const source = await copyOf(golden);
    const before = read(source, RECORDS);
    assertGreater(overwriteLeaves(source, "embeddings"), 300);
    const { path, report } = await rebuild(source);
    assertEquals(read(path, RECORDS), before, golden);
    assertGreater(report.witnesses.records.length, 300);
    assertEquals(report.witnesses.namesAllRecords, true);
    // No two records share a number, and each has the form of its era.
    const kinds = read(
      path,
      "SELECT typeof(seq_id), count(*), count(DISTINCT seq_id) " +
        "FROM embeddings GROUP BY 1",
    );
    const kind = golden === "chroma-1.5.9" ? "integer" : "blob";
    assertEquals(kinds, [[kind, before.length, before.length]], golden);
  }
});

Deno.test("restoreFromIndexes() brings every value back that an index holds", async () => {
  const source = await copyOf("chroma-1.5.9");
  const values = "SELECT id, key, string_value, int_value, float_value FROM embedding_metadata " +
    "WHERE bool_value IS NULL ORDER BY id, key";
  const before = read(source, values);
  const keys = read(source, "SELECT id, key FROM embedding_metadata ORDER BY id, key");
  overwriteLeaves(source, "embedding_metadata");
  const { path, report } = await rebuild(source);
  assertEquals(read(path, values), before);
  // Booleans stand in no index; what they were is lost, and named.
  const left = new Set(
    read(path, "SELECT id, key FROM embedding_metadata").map((row) => row.join(" ")),
  );
  assertEquals(
    report.lostValues.map(({ row, key }) => [row, key]),
    keys.filter((row) => !left.has(row.join(" "))),
  );
  assertGreater(report.lostValues.length, 100);
  assertEquals(report.witnesses.namesAllValues, true);
});

Deno.test("restoreFromIndexes() brings nothing back into a table that has lost nothing", async () => {
  const source = await copyOf("chroma-1.5.9");
  const older = Deno.readFileSync(source);
  const pages = read(
    source,
    "SELECT pageno FROM dbstat WHERE name = 'sqlite_autoindex_embeddings_1'",
  );
  {
    using database = StoreDatabase.open(source, { writable: true });
    database.execute("PRAGMA secure_delete = OFF; DELETE FROM embeddings WHERE id % 9 = 0");
  }
  // The index is as it was before the records were deleted.
  const newer = Deno.readFileSync(source);
  for (const [page] of pages) {
    const [start, end] = [(Number(page) - 1) * PAGE_BYTES, Number(page) * PAGE_BYTES];
    newer.set(older.subarray(start, end), start);
  }
  Deno.writeFileSync(source, newer);
  const expected = read(source, "SELECT id FROM embeddings NOT INDEXED ORDER BY id");
  const path = join(await scratchDirectory(), "rebuilt.sqlite3");
  const report = rebuildDatabase(source, path, { damagedTables: new Set() });
  assertEquals(read(path, "SELECT id FROM embeddings ORDER BY id"), expected);
  assertEquals(report.witnesses.records, []);
});
