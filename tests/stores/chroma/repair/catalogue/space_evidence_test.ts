/**
 * Tests of `lib/stores/chroma/repair/catalogue/space_evidence.ts`.
 */
import { assertEquals } from "@std/assert";
import { readLayout } from "../../../../../lib/stores/chroma/layout.ts";
import { readIndexEvidence } from "../../../../../lib/stores/chroma/repair/catalogue/read_index_evidence.ts";
import type { IndexEvidence } from "../../../../../lib/stores/chroma/repair/catalogue/catalogue_evidence.ts";
import { BrokenStore } from "../../../../support/broken_store.ts";
import { GOLDEN_STORES } from "../../../../support/fixtures.ts";

function read(broken: BrokenStore, collection: string): IndexEvidence {
  const directory = readLayout(broken.path).segments.find(({ segmentId }) =>
    segmentId === broken.segment(collection)
  );
  return readIndexEvidence(broken.path, directory ?? null);
}

for (const golden of GOLDEN_STORES) {
  Deno.test(`readIndexEvidence() finds how the indexes of ${golden} were made`, async () => {
    const broken = await BrokenStore.copyOf(golden);
    const efConstruction = golden.endsWith("configuration") ? 77 : 100;
    const found = ["notes", "cosine", "dot"].map((name) => {
      const { space, maxNeighbors, dimension, efConstruction } = read(broken, name);
      return [space, maxNeighbors, dimension, efConstruction];
    });
    assertEquals(found, [
      ["l2", 16, 32, efConstruction],
      ["cosine", 16, 32, efConstruction],
      ["ip", 8, 16, efConstruction],
    ]);
  });
}

Deno.test("readIndexEvidence() does not tell l2 from ip where all vectors have one length", async () => {
  const broken = await BrokenStore.copyOf("chroma-1.5.9");
  // As uninitialised memory, that is what stands there for every space but cosine.
  broken.patchSegment("length.bin", (_view, bytes) => void bytes.fill(0), "cosine");
  assertEquals(read(broken, "cosine").space, null);
});

Deno.test("readIndexEvidence() does not believe a header that no label bears out", async () => {
  const broken = await BrokenStore.copyOf("chroma-1.5.9");
  broken.patchSegment("data_level0.bin", (_view, bytes) => void bytes.fill(0xff));
  const { dimension, space, ids } = read(broken, "notes");
  assertEquals([dimension, space, ids], [null, null, 382]);
});

Deno.test("readIndexEvidence() finds nothing in an index that was never flushed", async () => {
  const broken = await BrokenStore.copyOf("chroma-1.5.9");
  const { dimension, hasIdMap, ids } = read(broken, "unflushed");
  assertEquals([dimension, hasIdMap, ids], [null, false, 0]);
});
