/**
 * Names that documents tell of.
 */
import { assertEquals } from "@std/assert";
import {
  ID_SOURCE,
  listCandidates,
  METADATA_SOURCE,
} from "../../../../lib/stores/chromem/names/candidates.ts";

function names(id: string, metadata: readonly (readonly [string, string])[] = []): string[] {
  return Array.from(listCandidates(id, metadata), ({ name }) => name);
}

Deno.test("listCandidates() cuts an id at every sign that is neither letter nor digit", () => {
  assertEquals(names("knowledge-base/21"), ["knowledge", "knowledge-base"]);
  assertEquals(names("日本語 notes:7#2"), ["日本語", "日本語 notes", "日本語 notes:7"]);
  assertEquals(names("plain"), []);
  assertEquals(names("/rooted/path"), ["/rooted"]);
});

Deno.test("listCandidates() takes the values of the metadata first", () => {
  const candidates = [...listCandidates("a/1", [["collection", "notes"], ["empty", ""]])];
  assertEquals(candidates, [
    { name: "notes", source: METADATA_SOURCE },
    { name: "a", source: ID_SOURCE },
  ]);
});

Deno.test("listCandidates() does not try names beyond all measure, nor a whole path of parts", () => {
  assertEquals(names("x", [["text", "n".repeat(257)]]), []);
  assertEquals(names("a/".repeat(100)).length, 16);
});
