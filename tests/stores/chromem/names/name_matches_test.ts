/**
 * Names held against folders by their hashes.
 */
import { assertEquals } from "@std/assert";
import { hashName } from "../../../../lib/stores/chromem/name_hash.ts";
import { NameMatches } from "../../../../lib/stores/chromem/names/name_matches.ts";

const NOTES = hashName("notes");

Deno.test("NameMatches.offer() keeps the names that fit, each once and with its first source", () => {
  const matches = new NameMatches([NOTES, "backup"]);
  for (const name of ["", "other", "notes"]) matches.offer(name, "--names");
  matches.offer("notes", "built in");
  assertEquals(matches.folders, [NOTES]);
  assertEquals(matches.matchesOf(NOTES), [{ folder: NOTES, name: "notes", source: "--names" }]);
  assertEquals(matches.matchesOf("backup"), []);
});

Deno.test("NameMatches.offerDocument() finds the name in metadata and in the beginning of the id", () => {
  const byId = new NameMatches([NOTES]);
  for (let index = 0; index < 10; index++) byId.offerDocument(`notes/${index}`, []);
  assertEquals(byId.list(), [{ folder: NOTES, name: "notes", source: "ids of documents" }]);
  const byMetadata = new NameMatches([NOTES]);
  byMetadata.offerDocument("1", [["in", "notes"]]);
  assertEquals(byMetadata.list().map(({ source }) => source), ["metadata of documents"]);
});

Deno.test("NameMatches.add() takes what another thread has found, and no end of names", () => {
  const matches = new NameMatches([NOTES]);
  matches.add({ folder: "ffffffff", name: "x", source: "elsewhere" });
  for (let index = 0; index < 100; index++) {
    matches.add({ folder: NOTES, name: `${index}`, source: "elsewhere" });
  }
  assertEquals(matches.list().length, 16);
});
