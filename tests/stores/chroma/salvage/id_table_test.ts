import { assertEquals } from "@std/assert";
import { IdTable, LONGEST_ID_BYTES } from "../../../../lib/stores/chroma/salvage/id_table.ts";

Deno.test("IdTable.add() numbers ids in order and gives a known one its number", () => {
  const table = new IdTable();
  assertEquals(["a", "b", "a", "ä", ""].map((id) => table.add(id)), [0, 1, 0, 2, 3]);
  assertEquals([table.count, table.find("ä"), table.find("c")], [4, 2, -1]);
});

Deno.test("IdTable.text() gives every id back when there are very many", () => {
  const table = new IdTable();
  const id = (number: number): string => `${"x".repeat(number % 97)}-${number}-日本`;
  for (let number = 0; number < 60_000; number++) table.add(id(number));
  for (let number = 0; number < 60_000; number += 37) {
    assertEquals(table.text(number), id(number));
    assertEquals(table.find(id(number)), number);
  }
});

Deno.test("IdTable.add() takes ids up to the longest, and passes longer ones over", () => {
  const table = new IdTable();
  const longest = "é".repeat(LONGEST_ID_BYTES / 2);
  assertEquals([table.add("short"), table.add(longest), table.add(`${longest}x`)], [0, 1, -1]);
  assertEquals(table.text(1), longest);
});
