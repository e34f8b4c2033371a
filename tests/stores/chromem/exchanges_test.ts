import { assertEquals } from "@std/assert";
import { Exchanges, type MisplacedFile } from "../../../lib/stores/chromem/exchanges.ts";

/** Files as `folder/stem`, each with the name that belongs to it. */
function filesOf(places: Readonly<Record<string, string>>): MisplacedFile[] {
  return Object.entries(places).map(([path, expected]) => {
    const [folder = "", stem = ""] = path.split("/");
    return { folder, stem, expected };
  });
}

function partnersOf(places: Readonly<Record<string, string>>): (string | null)[] {
  const files = filesOf(places);
  const exchanges = new Exchanges(files);
  return files.map((file) => {
    const partner = exchanges.partnerOf(file);
    return partner === null ? null : `${partner.folder}/${partner.stem}`;
  });
}

Deno.test("Exchanges finds two files in each other's places, in one folder or two", () => {
  assertEquals(partnersOf({ "a/1": "2", "a/2": "1" }), ["a/2", "a/1"]);
  assertEquals(partnersOf({ "a/1": "2", "b/2": "1" }), ["b/2", "a/1"]);
});

Deno.test("Exchanges follows a circle over three folders", () => {
  assertEquals(partnersOf({ "a/1": "2", "b/2": "3", "c/3": "1" }), ["b/2", "c/3", "a/1"]);
});

Deno.test("Exchanges finds nothing where files are no circle, or more than one could be", () => {
  assertEquals(partnersOf({ "a/1": "2" }), [null]);
  assertEquals(partnersOf({ "a/1": "2", "b/2": "3" }), [null, null]);
  assertEquals(partnersOf({ "a/1": "2", "b/2": "1", "c/2": "1" }), [null, null, null]);
  // What leads into a circle is no part of it.
  assertEquals(partnersOf({ "a/0": "1", "a/1": "2", "a/2": "1" }), [null, "a/2", "a/1"]);
});

Deno.test("Exchanges prefers the file in the same folder", () => {
  assertEquals(partnersOf({ "a/1": "2", "a/2": "1", "b/2": "1" }), ["a/2", "a/1", null]);
});
