import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import type { CollectionStatistics, StoreStatistics } from "../../../lib/model/statistics.ts";
import { listFiles, readLayout } from "../../../lib/stores/chromem/layout.ts";
import { hashName } from "../../../lib/stores/chromem/name_hash.ts";
import { readChromemStatistics } from "../../../lib/stores/chromem/read_statistics.ts";
import { CHROMEM_STORES, chromemFacts, chromemStore } from "../../support/chromem_stores.ts";
import { snapshotTree } from "../../support/snapshot.ts";

function read(path: string): StoreStatistics {
  const store = { path, format: "chromem", evidence: "" } as const;
  return readChromemStatistics(store, listFiles(readLayout(path)));
}

/** The first collection of the golden databases that has documents, and its folder. */
async function pick(): Promise<{ name: string; count: number; folder: string }> {
  const { collections } = await chromemFacts();
  const found = collections.find(({ documents }) => documents.length > 1);
  if (found === undefined) throw new Error("No collection has documents");
  return { name: found.name, count: found.documents.length, folder: hashName(found.name) };
}

/** The files of documents of a collection. */
function documentFiles(store: string, folder: string): string[] {
  const names = [...Deno.readDirSync(join(store, folder))].map(({ name }) => name).sort();
  return names.filter((name) => !name.startsWith("00000000.")).map((name) =>
    join(store, folder, name)
  );
}

function broken({ collections }: StoreStatistics): CollectionStatistics[] {
  return collections?.filter(({ isBroken }) => isBroken) ?? [];
}

for (const name of CHROMEM_STORES) {
  Deno.test(`readChromemStatistics() counts what ${name} holds, and writes nothing`, async () => {
    const store = await chromemStore(name);
    const facts = await chromemFacts();
    const before = await snapshotTree(store);
    const { collections, sizes, isRefused, vectors, queue } = read(store);
    assertEquals(await snapshotTree(store), before);
    assertEquals(
      new Map(collections?.map(({ name, records }) => [name, records])),
      new Map(facts.collections.map(({ name, documents }) => [name, documents.length])),
    );
    assertEquals([isRefused, vectors, queue, sizes.indexBytes], [false, null, null, null]);
    assertEquals(broken(read(store)), []);
    assertEquals([sizes.foreignBytes, (sizes.documentBytes ?? 0) > 0], [0, true]);
  });
}

Deno.test("readChromemStatistics() calls a collection broken whose metadata is lost", async () => {
  const store = await chromemStore("plain");
  const { count, folder } = await pick();
  Deno.removeSync(join(store, folder, "00000000.gob"));
  const statistics = read(store);
  assertEquals(broken(statistics), [{ name: folder, records: count, isBroken: true }]);
  assertEquals(statistics.isRefused, true);
});

Deno.test("readChromemStatistics() calls a collection broken whose metadata does not decode", async () => {
  for (const sizeBytes of [0, 5]) {
    const store = await chromemStore("gzip");
    const { count, folder } = await pick();
    Deno.truncateSync(join(store, folder, "00000000.gob.gz"), sizeBytes);
    const statistics = read(store);
    assertEquals(broken(statistics), [{ name: folder, records: count, isBroken: true }]);
    assertEquals(statistics.isRefused, true);
  }
});

Deno.test("readChromemStatistics() sees a document without a byte, for which the engine refuses", async () => {
  const store = await chromemStore("plain");
  const { name, count, folder } = await pick();
  Deno.truncateSync(documentFiles(store, folder)[0] ?? "", 0);
  const statistics = read(store);
  assertEquals(broken(statistics), [{ name, records: count, isBroken: true }]);
  assertEquals(statistics.isRefused, true);
});

Deno.test("readChromemStatistics() counts what the engine passes over, and calls it broken", async () => {
  const store = await chromemStore("plain");
  const { name, count, folder } = await pick();
  const path = documentFiles(store, folder)[0] ?? "";
  Deno.renameSync(path, `${path}.gz`);
  const statistics = read(store);
  assertEquals(broken(statistics), [{ name, records: count, isBroken: true }]);
  assertEquals(statistics.isRefused, false);
});

Deno.test("readChromemStatistics() takes files of others for foreign", async () => {
  const store = await chromemStore("plain");
  const { folder } = await pick();
  Deno.writeTextFileSync(join(store, folder, "notes.txt"), "12345");
  Deno.mkdirSync(join(store, "elsewhere"));
  Deno.writeTextFileSync(join(store, "elsewhere", "notes.txt"), "123");
  const { sizes, isRefused } = read(store);
  assertEquals([sizes.foreignBytes, isRefused, broken(read(store))], [8, false, []]);
});

Deno.test("readChromemStatistics() counts what a repair has moved aside in the database", async () => {
  const store = await chromemStore("plain");
  const { name, folder } = await pick();
  assertEquals(read(store).movedAside, { entries: 0, sizeBytes: 0 });
  const before = read(store).sizes;
  Deno.mkdirSync(join(store, ".quarantine"));
  Deno.renameSync(join(store, folder), join(store, ".quarantine", folder));
  const { sizes, movedAside, collections } = read(store);
  assertEquals(collections?.some((collection) => collection.name === name), false);
  assertEquals(movedAside, { entries: 1, sizeBytes: sizes.foreignBytes });
  const lessBytes = (before.documentBytes ?? 0) + (before.databaseBytes ?? 0) -
    (sizes.documentBytes ?? 0) - (sizes.databaseBytes ?? 0);
  assertEquals(sizes.foreignBytes, lessBytes);
});

Deno.test("readChromemStatistics() sees what is no file under the name of one", async () => {
  const store = await chromemStore("plain");
  const { name, count, folder } = await pick();
  Deno.symlinkSync("nowhere", join(store, folder, "ffffffff.gob"));
  Deno.mkdirSync(join(store, folder, "eeeeeeee.gob"));
  const statistics = read(store);
  assertEquals(broken(statistics), [{ name, records: count, isBroken: true }]);
  assertEquals(statistics.isRefused, true);
});
