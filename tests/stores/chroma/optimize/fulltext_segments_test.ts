import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { StoreDatabase } from "../../../../lib/sqlite/database.ts";
import {
  countFulltextSegments,
  decodeSegmentCount,
} from "../../../../lib/stores/chroma/optimize/fulltext_segments.ts";
import { scratchDirectory } from "../../../support/fixtures.ts";

Deno.test("countFulltextSegments() counts a segment for each commit, and one when merged", async () => {
  const path = join(await scratchDirectory(), "words.sqlite3");
  using database = StoreDatabase.open(path, { writable: true });
  assertEquals(countFulltextSegments(database), null);
  database.execute(
    "CREATE VIRTUAL TABLE embedding_fulltext_search USING fts5(string_value, tokenize='trigram')",
  );
  assertEquals(countFulltextSegments(database), 0);
  for (const text of ["first words", "other words", "last words"]) {
    database.prepare("INSERT INTO embedding_fulltext_search VALUES (?)")(text);
  }
  assertEquals(countFulltextSegments(database), 3);
  database.execute(
    "INSERT INTO embedding_fulltext_search (embedding_fulltext_search) VALUES ('optimize')",
  );
  assertEquals(countFulltextSegments(database), 1);
});

Deno.test("decodeSegmentCount() reads both forms of the list, and gives null for any other", () => {
  assertEquals(decodeSegmentCount(Uint8Array.of(0, 0, 0, 1, 3, 0x81, 5, 0)), 133);
  assertEquals(decodeSegmentCount(Uint8Array.of(0, 0, 0, 1, 0xff, 0, 0, 1, 2, 9, 0)), 9);
  for (const bytes of [[], [0, 0, 0, 1], [0, 0, 0, 1, 3], [0, 0, 0, 1, ...Array(9).fill(0x80)]]) {
    assertEquals(decodeSegmentCount(Uint8Array.from(bytes)), null);
  }
});
