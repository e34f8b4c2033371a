import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { readChromaStatistics } from "../../../lib/stores/chroma/read_statistics.ts";
import type { StoreStatistics } from "../../../lib/model/statistics.ts";
import { StoreDatabase } from "../../../lib/sqlite/database.ts";
import { BrokenStore } from "../../support/broken_store.ts";
import { GOLDEN_STORES, goldenFacts, goldenStore, tornStore } from "../../support/fixtures.ts";
import { snapshotTree } from "../../support/snapshot.ts";

function read(path: string): StoreStatistics {
  return readChromaStatistics({ path, format: "chroma", evidence: "" });
}

function change(store: string, ...statements: string[]): void {
  using database = StoreDatabase.open(join(store, "chroma.sqlite3"), { writable: true });
  for (const statement of statements) database.execute(statement);
}

function totalBytes(path: string): number {
  let sizeBytes = 0;
  for (const { name, isDirectory } of Deno.readDirSync(path)) {
    const child = join(path, name);
    sizeBytes += isDirectory ? totalBytes(child) : Deno.statSync(child).size;
  }
  return sizeBytes;
}

for (const name of GOLDEN_STORES) {
  Deno.test(`readChromaStatistics() counts what ${name} holds, and writes nothing`, async () => {
    const store = await goldenStore(name);
    const facts = await goldenFacts(name);
    const before = await snapshotTree(store);
    const { collections, queue, sizes, isRefused } = read(store);
    assertEquals(await snapshotTree(store), before);
    const counts = Object.entries(facts.collections).map(([name, { count }]) => [name, count]);
    assertEquals(
      new Map(collections?.map(({ name, records }) => [name, records])),
      new Map(counts as [string, number][]),
    );
    using database = StoreDatabase.open(join(store, "chroma.sqlite3"));
    const writes = database.number("SELECT count(*) FROM embeddings_queue");
    assertEquals([queue?.writes, queue?.isCounted, isRefused], [writes, true, false]);
    const { databaseBytes, indexBytes, documentBytes, foreignBytes } = sizes;
    assertEquals(documentBytes, null);
    assertEquals((databaseBytes ?? 0) + (indexBytes ?? 0) + foreignBytes, totalBytes(store));
  });
}

Deno.test("readChromaStatistics() counts vectors in index and queue, and what waits", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const before = read(store);
  change(
    store,
    `INSERT INTO embeddings_queue (operation, topic, id, vector)
     SELECT 0, topic, 'one more', vector FROM embeddings_queue WHERE vector IS NOT NULL LIMIT 1`,
    `INSERT INTO embeddings_queue (operation, topic, id)
     SELECT 3, topic, 'one less' FROM embeddings_queue LIMIT 1`,
  );
  const after = read(store);
  assertEquals((after.vectors ?? 0) - (before.vectors ?? 0), 1);
  assertEquals((after.pendingWrites ?? 0) - (before.pendingWrites ?? 0), 2);
  assertEquals((after.queue?.writes ?? 0) - (before.queue?.writes ?? 0), 2);
});

Deno.test("readChromaStatistics() does not guess watermarks that stand in id maps", async () => {
  const { vectors, pendingWrites, queue } = read(await goldenStore("chroma-0.4.24"));
  assertEquals([vectors, pendingWrites, queue === null], [null, null, false]);
});

Deno.test("readChromaStatistics() does not read a queue through that can be long", async () => {
  const store = await goldenStore("chroma-1.5.9");
  change(
    store,
    `INSERT INTO embeddings_queue (seq_id, operation, topic, id, vector)
     SELECT 90000, 0, topic, 'far', vector FROM embeddings_queue WHERE vector IS NOT NULL LIMIT 1`,
  );
  const { queue, pendingWrites } = read(store);
  using database = StoreDatabase.open(join(store, "chroma.sqlite3"));
  const first = database.number("SELECT min(seq_id) FROM embeddings_queue") ?? 0;
  assertEquals([queue?.isCounted, queue?.writes, pendingWrites], [false, 90001 - first, null]);
  assertEquals((queue?.sizeBytes ?? 0) > 90_000 * 50, true);
});

Deno.test("readChromaStatistics() tells how far an index is behind the catalogue", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  const { mtime } = Deno.statSync(store.catalogue());
  const modifiedMs = mtime?.getTime() ?? 0;
  const earlier = new Date(modifiedMs - 7_200_000);
  Deno.utimeSync(store.file("data_level0.bin"), earlier, earlier);
  assertEquals(read(store.path).driftSeconds, 7200);
});

Deno.test("readChromaStatistics() tells what it can of a store without its database", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  const { sizes } = read(store.path);
  Deno.removeSync(store.catalogue());
  const bare = read(store.path);
  assertEquals([bare.collections, bare.vectors, bare.queue], [null, null, null]);
  assertEquals([bare.sizes.databaseBytes, bare.isRefused], [0, false]);
  assertEquals(bare.sizes.indexBytes, (sizes.indexBytes ?? 0) + sizes.foreignBytes);
});

Deno.test("readChromaStatistics() says that an engine refuses what is no database", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  Deno.writeTextFileSync(store.catalogue(), "no database at all, but long enough to be looked at");
  const { collections, isRefused } = read(store.path);
  assertEquals([collections, isRefused], [null, true]);
});

Deno.test("readChromaStatistics() gives null for what is damaged, and the rest", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  Deno.truncateSync(store.file("header.bin"), 10);
  const { collections, vectors } = read(store.path);
  assertEquals([collections?.length, vectors], [5, null]);
  const torn = read(await tornStore("chroma-1.5.9-3"));
  assertEquals([torn.queue, torn.pendingWrites, torn.collections?.length], [null, null, 1]);
});

Deno.test("readChromaStatistics() does not believe a header that counts more than there is", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  store.patch(store.file("header.bin"), (view) => view.setBigUint64(20, 1n << 25n, true));
  assertEquals(read(store.path).vectors, null);
});

Deno.test("readChromaStatistics() counts what was moved aside as foreign", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  const before = read(store.path).sizes;
  const movedBytes = totalBytes(store.file());
  Deno.renameSync(store.file(), `${store.file()}.drift-20260101`);
  const { sizes: after, movedAside } = read(store.path);
  assertEquals(movedAside, { entries: 1, sizeBytes: movedBytes });
  assertEquals(after.foreignBytes - before.foreignBytes, movedBytes);
  assertEquals((before.indexBytes ?? 0) - (after.indexBytes ?? 0), movedBytes);
});
