import { assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../../lib/base/errors.ts";
import { BoundedFile } from "../../../lib/fs/read_fs.ts";
import { buildIndex } from "../../../lib/hnsw/build/builder.ts";
import { readSlotVectors } from "../../../lib/hnsw/build/slot_vectors.ts";
import { buildFiles, IndexFiles, smallIndex, smallOptions, writeFiles } from "./built_files.ts";

const DIMENSION = 9;
const SMALL = smallIndex(700, DIMENSION, "cosine");

Deno.test("readSlotVectors() gives the vectors and lengths of slots, whatever their order", async () => {
  const directory = await buildFiles(SMALL);
  using old = new IndexFiles(directory);
  using lengths = BoundedFile.open(join(directory, "length.bin"));
  const order = Array.from({ length: 700 }, (_, slot) => slot % 7 === 0 ? 699 - slot : slot);
  const index = await buildIndex(smallOptions(SMALL, {
    readVectors: readSlotVectors({
      slots: old.slots,
      lengths,
      geometry: old.geometry,
      slotOf: (slot) => order[slot] ?? 0,
    }),
  }));
  using files = new IndexFiles(await writeFiles(index));
  for (const [slot, oldSlot] of order.entries()) {
    assertEquals(files.vectorOf(slot), old.vectorOf(oldSlot));
    assertEquals(files.lengths[slot], old.lengths[oldSlot]);
  }
});

Deno.test("readSlotVectors() asks others for what is in no slot, and gives lengths where none are", async () => {
  using old = new IndexFiles(await buildFiles(SMALL));
  const asked: [number, number][] = [];
  const read = readSlotVectors({
    slots: old.slots,
    lengths: null,
    geometry: old.geometry,
    slotOf: (slot) => slot >= 3 && slot < 6 ? -1 : slot + 10,
    others: (first, count, vectors, lengths) => {
      asked.push([first, count]);
      vectors.fill(0.5);
      lengths.fill(2);
    },
  });
  const vectors = new Float32Array(8 * DIMENSION);
  const lengths = new Float32Array(8).fill(NaN);
  read(0, 8, vectors, lengths);
  assertEquals(asked, [[3, 3]]);
  assertEquals([...lengths], [1, 1, 1, 2, 2, 2, 1, 1]);
  assertEquals(vectors.slice(0, DIMENSION), old.vectorOf(10));
  assertEquals(vectors.slice(7 * DIMENSION), old.vectorOf(17));
  assertEquals(vectors[4 * DIMENSION], 0.5);
});

Deno.test("readSlotVectors() refuses where there is no vector", async () => {
  using old = new IndexFiles(await buildFiles(SMALL));
  for (
    const [slot, message] of [[699, "ends before slot 700"], [-1, "no vector for slot 0"]] as const
  ) {
    const read = readSlotVectors({
      slots: old.slots,
      lengths: null,
      geometry: old.geometry,
      slotOf: (wanted) => slot < 0 ? -1 : slot + wanted,
    });
    assertThrows(
      () => read(0, 2, new Float32Array(2 * DIMENSION), new Float32Array(2)),
      OperationError,
      message,
    );
  }
});
