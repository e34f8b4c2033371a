import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { StoreDatabase } from "../../../../lib/sqlite/database.ts";
import {
  areStatisticsOutdated,
  gatherStatistics,
} from "../../../../lib/stores/chroma/optimize/planner_statistics.ts";
import { goldenStore } from "../../../support/fixtures.ts";

/** Puts records into a store that have nothing but a number and a value. */
function addRecords(database: StoreDatabase, first: number, count: number): void {
  database.execute(`
    WITH RECURSIVE n(i) AS (SELECT ${first} UNION ALL SELECT i + 1 FROM n LIMIT ${count})
    INSERT INTO embeddings (id, segment_id, embedding_id, seq_id)
      SELECT i, 'segment', 'id-' || i, i FROM n;
    INSERT INTO embedding_metadata (id, key, string_value)
      SELECT id, 'key', 'value' FROM embeddings WHERE id >= ${first}`);
}

Deno.test("gatherStatistics() is asked for when there are none, and when they are old", async () => {
  const path = join(await goldenStore("chroma-1.5.9"), "chroma.sqlite3");
  using database = StoreDatabase.open(path, { writable: true });
  assertEquals(areStatisticsOutdated(database), false);
  addRecords(database, 100_000, 1_000);
  assertEquals(areStatisticsOutdated(database), true);
  gatherStatistics(database);
  assertEquals(areStatisticsOutdated(database), false);
  addRecords(database, 200_000, 2_000);
  assertEquals(areStatisticsOutdated(database), false);
  addRecords(database, 300_000, 20_000);
  assertEquals(areStatisticsOutdated(database), true);
});

Deno.test("gatherStatistics() keeps no samples, and no numbers of what is empty", async () => {
  const path = join(await goldenStore("chroma-1.5.9"), "chroma.sqlite3");
  using database = StoreDatabase.open(path, { writable: true });
  database.execute("DELETE FROM embedding_metadata WHERE float_value IS NOT NULL");
  gatherStatistics(database);
  const tables = database.rows("SELECT name FROM sqlite_schema WHERE name LIKE 'sqlite_stat%'");
  assertEquals(tables, [["sqlite_stat1"]]);
  const counted = database.rows("SELECT DISTINCT tbl FROM sqlite_stat1 ORDER BY tbl").flat();
  assertEquals(counted, ["embedding_metadata", "embeddings"]);
  const empty = "SELECT count(*) FROM sqlite_stat1 WHERE idx = 'embedding_metadata_float_value'";
  assertEquals(database.number(empty), 0);
});
