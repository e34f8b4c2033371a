import { assertEquals } from "@std/assert";
import { compareContents } from "../../lib/drill/compare_contents.ts";
import type { CollectionContents } from "../../lib/model/store.ts";

function collection(id: string, name: string, hash = "00", records = 3): CollectionContents {
  return { id, name, records, vectors: records, hash };
}

Deno.test("compareContents() holds collections of one id against each other, whatever their names", () => {
  const before = [collection("1", "notes"), collection("2", "other", "22", 5)];
  const after = [collection("2", "notes", "22", 4), collection("1", "recovered-1")];
  assertEquals(compareContents(before, after), [
    {
      collection: "notes",
      nameAfter: "recovered-1",
      recordsBefore: 3,
      recordsAfter: 3,
      isSame: true,
    },
    { collection: "other", nameAfter: "notes", recordsBefore: 5, recordsAfter: 4, isSame: true },
  ]);
});

Deno.test("compareContents() knows a collection by its name, then by what it holds", () => {
  const before = [collection("1", "notes", "11"), collection("2", "other", "22")];
  const after = [collection("8", "recovered-22", "22"), collection("9", "notes", "99", 1)];
  assertEquals(compareContents(before, after), [
    { collection: "notes", nameAfter: "notes", recordsBefore: 3, recordsAfter: 1, isSame: false },
    {
      collection: "other",
      nameAfter: "recovered-22",
      recordsBefore: 3,
      recordsAfter: 3,
      isSame: true,
    },
  ]);
});

Deno.test("compareContents() says that a collection is gone, and takes no empty one for it", () => {
  const before = [collection("1", "empty", "00", 0), collection("2", "notes", "22")];
  const after = [collection("9", "another", "00", 0)];
  assertEquals(compareContents(before, after), [
    { collection: "empty", nameAfter: null, recordsBefore: 0, recordsAfter: null, isSame: false },
    { collection: "notes", nameAfter: null, recordsBefore: 3, recordsAfter: null, isSame: false },
  ]);
});
