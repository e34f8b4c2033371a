/**
 * Tests of `lib/stores/chroma/rebuild/mend_row.ts`.
 */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { StoreDatabase } from "../../../../lib/sqlite/database.ts";
import { readColumnNames, RowMender } from "../../../../lib/stores/chroma/rebuild/mend_row.ts";
import { scratchDirectory } from "../../../support/fixtures.ts";

const TO = new Map(
  [
    ["segments", [
      { name: "id", type: "TEXT" },
      { name: "type", type: "TEXT" },
      { name: "scope", type: "TEXT" },
      { name: "collection", type: "TEXT" },
    ]],
    ["embedding_metadata", [
      { name: "id", type: "INTEGER" },
      { name: "key", type: "TEXT" },
      { name: "int_value", type: "INTEGER" },
      { name: "float_value", type: "REAL" },
    ]],
  ] as const,
);

Deno.test("RowMender.arrange() goes by the names of the columns", () => {
  const mender = new RowMender(new Map([["segments", ["collection", "id", "other", "type"]]]), TO);
  assertEquals(mender.arrange("segments", ["c", "i", "o", "t"]), ["i", "t", null, "c"]);
});

Deno.test("RowMender.arrange() gives the same values back where the order is the same", () => {
  const mender = new RowMender(new Map([["segments", ["id", "type"]]]), TO);
  const values = ["i", "t"];
  assertEquals(mender.arrange("segments", values) === values, true);
});

Deno.test("RowMender.mend() takes what has to be there from the rest of the row", () => {
  const mender = new RowMender(new Map(), TO);
  assertEquals(mender.mend("segments", ["i", null, "METADATA", "c"]), [
    "i",
    "urn:chroma:segment/metadata/sqlite",
    "METADATA",
    "c",
  ]);
  assertEquals(mender.mend("segments", ["i", "urn:chroma:segment/vector/hnsw-local-persisted"]), [
    "i",
    "urn:chroma:segment/vector/hnsw-local-persisted",
    "VECTOR",
    null,
  ]);
});

Deno.test("RowMender.mend() gives values the type of their column, where nothing is lost by it", () => {
  const mender = new RowMender(new Map(), TO);
  assertEquals(mender.mend("embedding_metadata", [1n, 5n, " 17", "2.5"]), [1n, "5", 17n, 2.5]);
  assertEquals(mender.mend("embedding_metadata", [1n, "a", "17 b", "x"]), [1n, "a", "17 b", "x"]);
});

Deno.test("readColumnNames() looks into no view and counts no column that is not stored", async () => {
  const path = join(await scratchDirectory(), "some.sqlite3");
  {
    using database = StoreDatabase.open(path, { writable: true });
    database.execute(`CREATE VIEW embeddings AS SELECT * FROM embeddings;
      CREATE TABLE segments (id TEXT, twice TEXT AS (id || id), Scope TEXT)`);
  }
  assertEquals([...readColumnNames(path)], [["segments", ["id", "scope"]]]);
});

Deno.test("readColumnNames() knows nothing of a file that SQLite refuses", async () => {
  const path = join(await scratchDirectory(), "noise.sqlite3");
  Deno.writeFileSync(path, new Uint8Array(9000).fill(0xa5));
  assertEquals([...readColumnNames(path)], []);
});
