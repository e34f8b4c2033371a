import { assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { SqliteError, StoreDatabase } from "../../lib/sqlite/database.ts";
import { goldenStore } from "../support/fixtures.ts";

const ROWS = "SELECT id, embedding_id FROM embeddings WHERE id >= ? ORDER BY id";

async function openGolden(): Promise<StoreDatabase> {
  return StoreDatabase.open(join(await goldenStore("chroma-1.5.9"), "chroma.sqlite3"));
}

Deno.test("StoreDatabase.iterate() yields what rows() gives, in the same order", async () => {
  using database = await openGolden();
  assertEquals([...database.iterate(ROWS, 3)], database.rows(ROWS, 3));
  assertEquals([...database.iterate(`${ROWS} LIMIT 2`, 3)], database.rows(`${ROWS} LIMIT 2`, 3));
});

Deno.test("StoreDatabase.iterate() throws when it meets damage on the way", async () => {
  const path = join(await goldenStore("chroma-1.5.9"), "chroma.sqlite3");
  const pageSizeBytes = 4096;
  let page: number;
  {
    using database = StoreDatabase.open(path);
    const sql =
      "SELECT max(pageno) FROM dbstat WHERE name = 'embedding_metadata' AND pagetype = 'leaf'";
    page = database.number(sql) ?? 0;
  }
  const bytes = await Deno.readFile(path);
  bytes.fill(0, (page - 1) * pageSizeBytes, page * pageSizeBytes);
  await Deno.writeFile(path, bytes);
  using database = StoreDatabase.open(path);
  const sql = "SELECT string_value FROM embedding_metadata NOT INDEXED";
  assertThrows(() => database.rows(sql), SqliteError);
  assertThrows(() => Array.from(database.iterate(sql)), SqliteError);
  assertEquals(Array.from(database.rowsBeforeDamage(sql)).length > 0, true);
});

Deno.test("StoreDatabase throws a SqliteError with the result code when a statement is wrong", async () => {
  using database = await openGolden();
  const error = assertThrows(() => database.rows("SELECT * FROM nowhere"), SqliteError);
  assertEquals([error.primaryCode, error.message], [1, "no such table: nowhere"]);
  assertThrows(() => Array.from(database.iterate("SELECT * FROM nowhere")), SqliteError);
});

Deno.test("StoreDatabase does not write when it was opened for reading", async () => {
  using database = await openGolden();
  assertThrows(() => database.execute("DELETE FROM tenants"), SqliteError, "readonly");
});
