import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../../lib/base/errors.ts";
import { buildIndex } from "../../../lib/hnsw/build/builder.ts";
import { capacityFor, slotsInFiles } from "../../../lib/hnsw/build/capacity.ts";
import { LevelGenerator } from "../../../lib/hnsw/build/levels.ts";
import { writeIndex } from "../../../lib/hnsw/build/write_index.ts";
import { denoFs } from "../../../lib/fs/write_fs.ts";
import { geometryOf } from "../../../lib/hnsw/geometry.ts";
import { GOLDEN_STORES, goldenStore, scratchDirectory } from "../../support/fixtures.ts";
import { IndexFiles, smallIndex, smallOptions, writeFiles } from "./built_files.ts";

const DIMENSION = 10;
const SMALL = smallIndex(150, DIMENSION, "l2");

/** The directories of a store that hold an index. */
async function segmentsOf(store: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(store));
  return entries.filter((entry) => entry.isDirectory).map((entry) => join(store, entry.name));
}

Deno.test("writeIndex() writes the header that the engine writes", async () => {
  const index = await buildIndex(smallOptions(SMALL));
  using files = new IndexFiles(await writeFiles(index));
  const geometry = geometryOf(8, DIMENSION);
  assertEquals(files.header, {
    persistenceVersion: 1,
    offsetLevel0: 0n,
    capacity: 256n,
    count: 150n,
    slotSizeBytes: BigInt(geometry.slotSizeBytes),
    labelOffset: BigInt(geometry.labelOffset),
    vectorOffset: BigInt(geometry.vectorOffset),
    maxLevel: index.highestLevel,
    entryPoint: index.entryPoint,
    maxLinks: 8n,
    maxLinksLevel0: 16n,
    linksPerNode: 8n,
    levelMultiplier: 1 / Math.log(8),
    efConstruction: 60n,
  });
});

Deno.test("writeIndex() writes labels and vectors where the engine looks for them", async () => {
  const index = await buildIndex(smallOptions(SMALL));
  using files = new IndexFiles(
    await writeFiles(index, { labelOf: (slot) => slot === 3 ? 2 ** 40 + 7 : slot + 5 }),
  );
  assertEquals([files.labelOf(0), files.labelOf(3)], [5n, 2n ** 40n + 7n]);
  assertEquals(files.vectorOf(149), SMALL.vectors.slice(149 * DIMENSION));
});

Deno.test("writeIndex() gives files the sizes of their era", async () => {
  const index = await buildIndex(smallOptions(SMALL));
  const { slotSizeBytes } = geometryOf(8, DIMENSION);
  for (const [era, slots, capacity] of [["rust", 150, 256n], ["python", 1000, 1000n]] as const) {
    using files = new IndexFiles(await writeFiles(index, { era }));
    assertEquals(files.slots.sizeBytes, slots * slotSizeBytes);
    assertEquals(files.lengths.length, slots);
    assertEquals(files.header.capacity, capacity);
  }
});

Deno.test("writeIndex() takes the capacity that it is given, but none that is too small", async () => {
  const index = await buildIndex(smallOptions(SMALL));
  for (const [capacity, written] of [[5000, 5000n], [10, 150n]] as const) {
    using files = new IndexFiles(await writeFiles(index, { capacity }));
    assertEquals(files.header.capacity, written);
  }
});

Deno.test("writeIndex() refuses when a vector is not the one that the graph was built of", async () => {
  const vectors = SMALL.vectors.slice();
  const index = await buildIndex(smallOptions({ ...SMALL, vectors }));
  vectors[77 * DIMENSION + 3] = 0.125;
  const directory = await scratchDirectory();
  const error = await assertRejects(
    () => writeIndex(index, directory, { era: "rust", labelOf: (slot) => slot + 1 }),
    OperationError,
    "The vector of slot 77 has changed while the index was built",
  );
  assertEquals(error.code, "busy");
});

Deno.test("writeIndex() says so when the disk takes less than was written", async () => {
  const index = await buildIndex(smallOptions(SMALL));
  const directory = await scratchDirectory();
  const fs = {
    ...denoFs,
    createFile: (path: string, mode: number) => {
      const file = denoFs.createFile(path, mode);
      return {
        write: (bytes: Uint8Array) => path.endsWith("length.bin") ? 0 : file.write(bytes),
        seek: (offset: number) => file.seek(offset),
        setSize: (sizeBytes: number) => file.setSize(sizeBytes),
        look: () => file.look(),
        sync: () => file.sync(),
        [Symbol.dispose]: () => file[Symbol.dispose](),
      };
    },
  };
  const error = await assertRejects(
    () => writeIndex(index, directory, { era: "rust", labelOf: (slot) => slot + 1, fs }),
    OperationError,
  );
  assertEquals(error.code, "write-failed");
});

Deno.test("writeIndex() ends when its signal is aborted", async () => {
  const index = await buildIndex(smallOptions(SMALL));
  const directory = await scratchDirectory();
  const signal = AbortSignal.abort();
  const error = await assertRejects(
    () => writeIndex(index, directory, { era: "rust", labelOf: (slot) => slot + 1, signal }),
    OperationError,
  );
  assertEquals(error.code, "cancelled");
});

Deno.test("writeIndex() replaces no file that is there already", async () => {
  const index = await buildIndex(smallOptions(SMALL));
  const directory = await writeFiles(index);
  await assertRejects(
    () => writeIndex(index, directory, { era: "rust", labelOf: (slot) => slot + 1 }),
    OperationError,
  );
  using files = new IndexFiles(directory);
  assertEquals(files.faults(false), []);
});

Deno.test("capacityFor() and slotsInFiles() give what every golden store has", async () => {
  let segments = 0;
  for (const name of GOLDEN_STORES) {
    for (const segment of await segmentsOf(await goldenStore(name))) {
      using files = new IndexFiles(segment);
      const era = files.header.capacity === 1000n ? "python" : "rust";
      assertEquals(BigInt(capacityFor(era, files.count)), files.header.capacity, segment);
      assertEquals(slotsInFiles(era, files.count), files.lengths.length, segment);
      segments++;
    }
  }
  assertEquals(segments > 20, true);
});

Deno.test("capacityFor() grows as the engines let their indexes grow", () => {
  assertEquals([0, 100, 101, 128, 129, 135000].map((count) => capacityFor("rust", count)), [
    100,
    100,
    128,
    128,
    256,
    262144,
  ]);
  assertEquals([0, 1000, 1001, 50000].map((count) => capacityFor("python", count)), [
    1000,
    1000,
    1201,
    60000,
  ]);
  assertEquals(capacityFor("python", 2000, 2), 4000);
  assertEquals(capacityFor("python", 2000, 0.1), 2000);
});

Deno.test("LevelGenerator draws the levels that hnswlib draws", async () => {
  const segments = await segmentsOf(await goldenStore("chroma-0.5.23"));
  let compared = 0;
  for (const segment of segments) {
    using files = new IndexFiles(segment);
    const generator = new LevelGenerator(files.geometry.maxLinks);
    const drawn = Array.from({ length: files.count }, () => generator.next());
    assertEquals(drawn, files.levels(), segment);
    compared += files.count;
  }
  assertEquals(compared, 700);
});
