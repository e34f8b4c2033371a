import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import type { ByteOwners } from "../../../lib/model/byte_owners.ts";
import { describeChromaBytes } from "../../../lib/stores/chroma/describe_bytes.ts";
import { BrokenStore } from "../../support/broken_store.ts";
import { goldenFacts } from "../../support/fixtures.ts";

function describe(
  store: BrokenStore,
  path: string,
  offset: number,
  sizeBytes: number,
): ByteOwners | null {
  const detected = { path: store.path, format: "chroma", evidence: "a test" } as const;
  return describeChromaBytes(detected, path, { offset, sizeBytes });
}

/** The size of a slot of the collection that is broken, from its header. */
function slotSizeOf(store: BrokenStore): number {
  const header = Deno.readFileSync(store.file("header.bin"));
  return Number(new DataView(header.buffer).getBigUint64(28, true));
}

for (const golden of ["chroma-1.5.9", "chroma-0.5.23"] as const) {
  Deno.test(`describeBytes() names the record of one vector of ${golden}`, async () => {
    const store = await BrokenStore.copyOf(golden);
    const { collections } = await goldenFacts(golden);
    const slotSizeBytes = slotSizeOf(store);
    const seen = new Set<string>();
    for (const slot of [0, 1, 7]) {
      for (
        const [file, size] of [["data_level0.bin", slotSizeBytes], ["length.bin", 4]] as const
      ) {
        const owners = describe(store, `${store.segment()}/${file}`, slot * size, size);
        const { firstSlot, lastSlot, ids } = owners?.detail ?? {};
        assertEquals([firstSlot, lastSlot], [slot, slot]);
        const [id = ""] = ids as string[];
        assert(collections.notes?.ids.includes(id), id);
        assertEquals(owners?.description, `slot ${slot}, with the ids ${id}`);
        seen.add(id);
      }
    }
    assertEquals(seen.size, 3);
  });
}

Deno.test("describeBytes() names the pages of a range and the tables that they belong to", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  const page = Number(
    store.value("SELECT rootpage FROM sqlite_schema WHERE name = 'collections'"),
  );
  const owners = describe(store, "chroma.sqlite3", (page - 1) * 4096 + 7, 1);
  assertEquals(owners?.description, `page ${page}: collections (1 page)`);
  assertEquals(owners?.detail, {
    firstPage: page,
    lastPage: page,
    pagesByTable: { collections: 1 },
  });
});

Deno.test("describeBytes() tells nothing of files that do not say what stands where", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  const segment = store.segment();
  Deno.writeFileSync(join(store.path, "notes.txt"), new Uint8Array(8));
  for (
    const path of [
      "notes.txt",
      `${segment}/link_lists.bin`,
      `${segment}/index_metadata.pickle`,
      `${segment}/header.bin`,
      `${segment}/deeper/data_level0.bin`,
    ]
  ) assertEquals(describe(store, path, 0, 4), null, path);
});

Deno.test("describeBytes() tells what it can of an index that is damaged", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  const path = `${store.segment()}/data_level0.bin`;
  Deno.removeSync(store.file("index_metadata.pickle"));
  assertEquals(describe(store, path, 0, 8)?.description, "slot 0");
  // Labels behind the end of the file are not read.
  assertEquals(describe(store, path, 2 ** 40, 8)?.detail.labels, []);
  Deno.truncateSync(store.file("header.bin"), 50);
  assertEquals(describe(store, path, 0, 8), null);
  Deno.removeSync(store.file("header.bin"));
  assertEquals(describe(store, path, 0, 8), null);
});
