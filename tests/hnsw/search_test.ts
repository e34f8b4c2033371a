import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { join } from "@std/path";
import type { Space } from "../../lib/hnsw/build/settings.ts";
import { NearestScan } from "../../lib/hnsw/nearest.ts";
import { RECALL_NEIGHBOURS, RecallSampler } from "../../lib/hnsw/recall.ts";
import { IndexSearch, type SearchedIndex } from "../../lib/hnsw/search.ts";
import { readSlotChunks } from "../../lib/hnsw/slots.ts";
import { buildFiles, clusteredVectors, IndexFiles, smallIndex } from "./build/built_files.ts";
import { IndexSearch as PlainSearch } from "./build/index_search.ts";

const SPACES: readonly Space[] = ["l2", "ip", "cosine"];

function searched(files: IndexFiles, space: Space): SearchedIndex {
  const { header, geometry, count, slots, links: upperLinks } = files;
  return { header, geometry, count, space, slots, upperLinks };
}

function sample(files: IndexFiles, space: Space): RecallSampler {
  const { slots, geometry, count } = files;
  const sampler = new RecallSampler(slots, geometry, count, space);
  for (const chunk of readSlotChunks(slots, geometry, 0, count)) sampler.add(chunk);
  return sampler;
}

/** Writes into the record of a slot. */
async function patchSlot(
  directory: string,
  offset: number,
  bytes: readonly number[],
): Promise<void> {
  using file = await Deno.open(join(directory, "data_level0.bin"), { write: true });
  await file.seek(offset, Deno.SeekMode.Start);
  await file.write(Uint8Array.from(bytes));
}

for (const space of SPACES) {
  Deno.test(`NearestScan finds what looking at every vector finds, for ${space}`, async () => {
    // Neither the floats nor the queries are a multiple of what is compared at a time.
    using files = new IndexFiles(await buildFiles(smallIndex(700, 13, space)));
    const plain = new PlainSearch(files, space);
    const numbers = clusteredVectors(7, 13, 3);
    const queries = Array.from({ length: 7 }, (_, at) => numbers.slice(at * 13, (at + 1) * 13));
    const scan = new NearestScan({ geometry: files.geometry, space, queries, neighbours: 5 });
    for (const chunk of readSlotChunks(files.slots, files.geometry, 0, files.count)) {
      scan.add(chunk);
    }
    for (const [at, query] of queries.entries()) {
      const found = scan.nearest(at);
      assertEquals(found.map(({ slot }) => slot), plain.lookAtAll(query).slice(0, 5));
      const vector = files.vectorOf(found[0]?.slot ?? 0);
      const distance = query.reduce((sum, value, axis) => {
        const other = vector[axis] ?? 0;
        return sum + (space === "l2" ? (value - other) ** 2 : -value * other);
      }, space === "l2" ? 0 : 1);
      assertAlmostEquals(found[0]?.distance ?? NaN, distance, 1e-4);
    }
  });

  Deno.test(`IndexSearch.search() finds what hnswlib's search finds, for ${space}`, async () => {
    using files = new IndexFiles(await buildFiles(smallIndex(700, 13, space)));
    const plain = new PlainSearch(files, space);
    const search = new IndexSearch(searched(files, space));
    const numbers = clusteredVectors(20, 13, 5);
    for (let at = 0; at < 20; at++) {
      const query = numbers.slice(at * 13, (at + 1) * 13);
      for (const efSearch of [1, 10, 50]) {
        const found = search.search(query, efSearch).map(({ slot }) => slot);
        assertEquals(found, plain.search(query, efSearch));
      }
    }
  });

  Deno.test(`RecallSampler.measure() is high for a good index, for ${space}`, async () => {
    using files = new IndexFiles(await buildFiles(smallIndex(1500, 24, space)));
    const sampler = sample(files, space);
    assertEquals(sampler.queries, 64);
    const recall = sampler.measure(searched(files, space), 100);
    assert(recall > 0.98, `${recall}`);
  });
}

Deno.test("NearestScan and IndexSearch.search() pass deleted slots over", async () => {
  const directory = await buildFiles(smallIndex(300, 8, "l2"));
  const query = clusteredVectors(1, 8, 3);
  let nearest: number[];
  {
    using files = new IndexFiles(directory);
    nearest = new PlainSearch(files, "l2").lookAtAll(query).slice(0, 4);
    const size = files.geometry.slotSizeBytes;
    for (const slot of nearest.slice(0, 2)) await patchSlot(directory, slot * size + 2, [1]);
  }
  using files = new IndexFiles(directory);
  const { slots, geometry, count } = files;
  const scan = new NearestScan({ geometry, space: "l2", queries: [query], neighbours: 2 });
  for (const chunk of readSlotChunks(slots, geometry, 0, count)) scan.add(chunk);
  assertEquals(scan.nearest(0).map(({ slot }) => slot), nearest.slice(2));
  const found = new IndexSearch(searched(files, "l2")).search(query, 50);
  assertEquals(found.slice(0, 2).map(({ slot }) => slot), nearest.slice(2));
});

Deno.test("RecallSampler.measure() is low for a graph whose links lead nowhere", async () => {
  const directory = await buildFiles(smallIndex(1500, 24, "l2"));
  using whole = new IndexFiles(directory);
  const { slotSizeBytes } = whole.geometry;
  // Each slot keeps only the first of its links.
  for (let slot = 0; slot < whole.count; slot++) {
    await patchSlot(directory, slot * slotSizeBytes, [1, 0]);
  }
  using files = new IndexFiles(directory);
  const recall = sample(files, "l2").measure(searched(files, "l2"), 100);
  assert(recall < 0.5, `${recall}`);
});

Deno.test("RecallSampler.measure() is 1 for indexes of no slots, of one, and of equal vectors", async () => {
  for (const count of [0, 1, 40]) {
    const vectors = new Float32Array(count * 4).fill(0.5);
    using files = new IndexFiles(await buildFiles({ vectors, dimension: 4, space: "l2" }));
    const sampler = sample(files, "l2");
    assertEquals(sampler.queries, count);
    assertEquals(sampler.measure(searched(files, "l2"), RECALL_NEIGHBOURS), 1);
  }
});
