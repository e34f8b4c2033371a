import { assertEquals } from "@std/assert";
import { parseIntegrityRow } from "../../lib/sqlite/integrity_message.ts";

Deno.test("parseIntegrityRow() gives nothing for ok", () => {
  assertEquals(parseIntegrityRow("ok"), []);
});

Deno.test("parseIntegrityRow() gives a message for each line with its root and page", () => {
  const messages = parseIntegrityRow(
    "*** in database main ***\nTree 12 page 345 cell 6: 2nd reference to page 77\n" +
      "Tree 12 page 346: btreeInitPage() returns error code 11\nTree 12 page 12 right child: Rowid",
  );
  assertEquals(
    messages.map(({ kind, rootPage, page, freelist }) => [kind, rootPage, page, freelist]),
    [
      ["malformed", 12, 345, false],
      ["malformed", 12, 346, false],
      ["malformed", 12, 12, false],
    ],
  );
});

Deno.test("parseIntegrityRow() finds the page of a line that names no root", () => {
  const pages = [
    "Multiple uses for byte 11 of page 44",
    "Fragmentation of 9 bytes reported as 4 on page 44",
    "Freelist: freelist leaf count too big on page 44",
    "Freelist: invalid page number 44",
    "Freelist: size is 3 but should be 4",
    "database disk image is malformed",
  ].map((row) => parseIntegrityRow(row).map(({ kind, page, freelist }) => [kind, page, freelist]));
  assertEquals(pages, [
    [["malformed", 44, false]],
    [["malformed", 44, false]],
    [["malformed", 44, true]],
    [["malformed", null, true]],
    [["malformed", null, true]],
    [["malformed", null, false]],
  ]);
});

Deno.test("parseIntegrityRow() tells indexes that disagree from values that are forbidden", () => {
  const rows = {
    "row 17 missing from index i_1": ["index-mismatch", "i_1"],
    "row 17 values differ from index i_1": ["index-mismatch", "i_1"],
    "rowid not at end-of-record for row 17 of index i_1": ["index-mismatch", "i_1"],
    "wrong # of entries in index i_1": ["index-mismatch", "i_1"],
    "non-unique entry in index i_1": ["index-mismatch", "i_1"],
    "NULL value in collections.name": ["constraint", "collections.name"],
    "NUMERIC value in embeddings.segment_id": ["constraint", "embeddings.segment_id"],
    "TEXT value in t.c": ["constraint", "t.c"],
    "non-INT value in t.c": ["constraint", "t.c"],
    "CHECK constraint failed in t": ["constraint", "t"],
    "row not in PRIMARY KEY order for t": ["malformed", null],
  };
  for (const [row, expected] of Object.entries(rows)) {
    const [message] = parseIntegrityRow(row);
    assertEquals<unknown>([message?.kind, message?.subject], expected, row);
    assertEquals(message?.text, row);
  }
});

Deno.test("parseIntegrityRow() takes words that it does not know for damage of the b-tree", () => {
  const [message] = parseIntegrityRow("something new");
  assertEquals([message?.kind, message?.text], ["malformed", "something new"]);
});
