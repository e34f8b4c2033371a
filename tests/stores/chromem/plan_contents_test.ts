import { assertEquals, assertNotEquals } from "@std/assert";
import { readStoreContents } from "../../../lib/engine/contents.ts";
import type { CollectionContents } from "../../../lib/model/store.ts";
import type { GobDocument } from "../../../lib/stores/chromem/shapes.ts";
import { BrokenDatabase } from "../../support/broken_database.ts";
import { chromemFacts } from "../../support/chromem_stores.ts";

async function contentsOf(
  store: BrokenDatabase,
  name = "knowledge-base",
): Promise<CollectionContents | undefined> {
  return (await readStoreContents(store.path)).find((contents) => contents.name === name);
}

Deno.test("readStoreContents() finds the same in a database with and without compression", async () => {
  const plain = await readStoreContents((await BrokenDatabase.copyOf("plain")).path);
  const gzip = await readStoreContents((await BrokenDatabase.copyOf("gzip")).path);
  assertEquals(gzip, plain);
  const { collections } = await chromemFacts();
  assertEquals(
    plain.map(({ name, records, vectors }) => [name, records, vectors]),
    collections.map(({ name, documents }) => [name, documents.length, documents.length])
      .toSorted(([one = ""], [other = ""]) => one < other ? -1 : 1),
  );
  assertEquals(new Set(plain.map(({ hash }) => hash)).size, plain.length);
});

Deno.test("readStoreContents() gives another hash for every change of a document, and for no other", async () => {
  const store = await BrokenDatabase.copyOf("plain");
  const path = store.document("knowledge-base", "knowledge-base/0");
  const document = store.readDocument(path);
  const before = await contentsOf(store);
  const vector = Float32Array.from(document.Embedding ?? []);
  vector[0] = -(vector[0] ?? 0);
  const changes: Partial<GobDocument>[] = [
    { ID: "knowledge-base/0 " },
    { Content: "another text" },
    { Content: undefined },
    { Metadata: undefined },
    { Metadata: new Map([["i", "1"]]) },
    { Metadata: new Map([["j", "0"]]) },
    { Metadata: new Map([["i", "0"], ["", ""]]) },
    { Embedding: vector },
    { Embedding: undefined },
  ];
  const hashes = [before?.hash];
  for (const change of changes) {
    store.writeDocument(path, { ...document, ...change });
    hashes.push((await contentsOf(store))?.hash);
  }
  assertEquals(new Set(hashes).size, changes.length + 1);
  store.writeDocument(path, document);
  store.rename(path, `${store.folder("knowledge-base")}/other.gob`);
  assertEquals(await contentsOf(store), before);
});

Deno.test("readStoreContents() goes by the folder where a name is lost", async () => {
  const store = await BrokenDatabase.copyOf("plain");
  const before = await contentsOf(store, "sessions");
  store.remove(store.metadata("sessions"));
  assertNotEquals(before, undefined);
  assertEquals(await contentsOf(store, "1225ae6c"), before && { ...before, name: "1225ae6c" });
});
