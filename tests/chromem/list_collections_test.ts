import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../lib/base/errors.ts";
import { listChromemCollections } from "../../lib/chromem/list_collections.ts";
import { chromemExport, chromemFacts, chromemStore } from "../support/chromem_stores.ts";
import { goldenStore } from "../support/fixtures.ts";
import { snapshotTree } from "../support/snapshot.ts";

const FACTS = await chromemFacts();
const KEY = new TextEncoder().encode(FACTS.key);
const MEMORIES = "e9f85bf6";

/** What the library says of the golden collections, by name. */
const EXPECTED = FACTS.collections.map(({ name, documents, metadata }) => ({
  name,
  documents: documents.length,
  dimension: documents[0]?.dimension ?? null,
  metadata: metadata ?? {},
  isHealthy: true,
  fittingNames: [],
})).sort(byName);

function byName(one: { name: string | null }, other: { name: string | null }): number {
  return (one.name ?? "") < (other.name ?? "") ? -1 : 1;
}

Deno.test("listChromemCollections() lists what the library has written, exports too", async () => {
  const paths = [
    await chromemStore("plain"),
    await chromemStore("gzip"),
    await chromemExport("export.gob"),
    await chromemExport("export.gob.gz.enc"),
  ];
  const folders: string[][] = [];
  for (const path of paths) {
    const collections = await listChromemCollections(path, { key: KEY });
    const sorted = collections.toSorted(byName);
    assertEquals(sorted.map(({ folder: _folder, ...rest }) => rest), EXPECTED);
    folders.push(sorted.map(({ folder }) => folder));
  }
  for (const other of folders) assertEquals(other, folders[0]);
});

Deno.test("listChromemCollections() tells a lost name from the names that fit, and writes nothing", async () => {
  const store = await chromemStore("plain");
  await Deno.remove(join(store, MEMORIES, "00000000.gob"));
  await Deno.remove(join(store, "1225ae6c", "00000000.gob"));
  const before = await snapshotTree(store);
  const names = ["something", "sessions"];
  const collections = await listChromemCollections(store, { names });
  const lost = collections.filter(({ name }) => name === null);
  assertEquals(
    lost.map(({ folder, isHealthy, fittingNames }) => [
      folder,
      isHealthy,
      fittingNames.map(({ name }) => name),
    ]),
    [["1225ae6c", false, ["sessions"]], [MEMORIES, false, ["contextd_memories"]]],
  );
  assertEquals(collections.filter(({ isHealthy }) => isHealthy).length, EXPECTED.length - 2);
  assertEquals(await snapshotTree(store), before);
});

Deno.test("listChromemCollections() calls a collection damaged in which a document is", async () => {
  const store = await chromemStore("gzip");
  const folder = join(store, MEMORIES);
  const document = Array.from(Deno.readDirSync(folder), ({ name }) => name)
    .find((name) => !name.startsWith("00000000"));
  await Deno.writeFile(join(folder, document ?? ""), new Uint8Array());
  const collections = await listChromemCollections(store);
  const damaged = collections.filter(({ isHealthy }) => !isHealthy);
  assertEquals(damaged.map(({ folder }) => folder), [MEMORIES]);
  assertEquals(damaged[0]?.documents, 9, "a file of a document counts, damaged or not");
});

Deno.test("listChromemCollections() lists of a cut export what stands before the cut", async () => {
  const path = await chromemExport("export.gob");
  await Deno.truncate(path, 5000);
  const collections = await listChromemCollections(path);
  const [last, ...others] = collections.toReversed();
  assertEquals([last?.isHealthy, others.every(({ isHealthy }) => isHealthy)], [false, true]);
});

Deno.test("listChromemCollections() refuses a store of Chroma", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const error = await assertRejects(() => listChromemCollections(store), OperationError);
  assertEquals(error.code, "unsupported");
});
