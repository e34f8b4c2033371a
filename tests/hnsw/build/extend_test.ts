import { assert, assertEquals } from "@std/assert";
import { buildIndex } from "../../../lib/hnsw/build/builder.ts";
import { extendIndex, type ExtendOptions } from "../../../lib/hnsw/build/extend.ts";
import type { RandomAccessBytes } from "../../../lib/hnsw/random_access.ts";
import { SlotBitmap } from "../../../lib/hnsw/slot_bitmap.ts";
import { MemoryBytes } from "../../support/tiny_index.ts";
import {
  clusteredVectors,
  IndexFiles,
  randomNumbers,
  smallIndex,
  smallOptions,
  writeFiles,
} from "./built_files.ts";
import { measureRecall } from "./index_search.ts";

const DIMENSION = 24;
const COUNT = 1500;
const SMALL = smallIndex(COUNT, DIMENSION, "l2");

/** An index whose files are in memory, to be damaged. */
interface OldIndex {
  readonly directory: string;
  readonly slots: MemoryBytes;
  readonly upperLinks: MemoryBytes;
  readonly slotSizeBytes: number;
}

async function oldIndex(): Promise<OldIndex> {
  const directory = await writeFiles(await buildIndex(smallOptions(SMALL)));
  using files = new IndexFiles(directory);
  return {
    directory,
    slots: new MemoryBytes(files.slots.read(0, files.slots.sizeBytes)),
    upperLinks: new MemoryBytes(files.links.read(0, files.links.sizeBytes)),
    slotSizeBytes: files.geometry.slotSizeBytes,
  };
}

function extendOptions(
  { slots, upperLinks }: { slots: RandomAccessBytes; upperLinks: RandomAccessBytes },
  changes: Partial<ExtendOptions> = {},
): ExtendOptions {
  return {
    ...smallOptions(SMALL),
    existing: { slots, upperLinks, count: COUNT },
    previousSlots: Int32Array.from({ length: COUNT }, (_, slot) => slot),
    ...changes,
  };
}

function bitmapOf(slots: Iterable<number>): SlotBitmap {
  const bitmap = new SlotBitmap(COUNT);
  for (const slot of slots) bitmap.add(slot);
  return bitmap;
}

async function extended(options: ExtendOptions): Promise<{ files: IndexFiles; linkedIn: number }> {
  const index = await extendIndex(options);
  return { files: new IndexFiles(await writeFiles(index)), linkedIn: index.linkedIn };
}

Deno.test("extendIndex() keeps every link when nothing is damaged", async () => {
  const old = await oldIndex();
  const { files, linkedIn } = await extended(extendOptions(old));
  using _ = files;
  assertEquals(linkedIn, 0);
  assertEquals(files.slots.read(0, files.slots.sizeBytes), old.slots.bytes);
  assertEquals(files.links.read(0, files.links.sizeBytes), old.upperLinks.bytes);
});

Deno.test("extendIndex() links in the damaged slots alone, and finds them again", async () => {
  const old = await oldIndex();
  const slots = Array.from({ length: 75 }, (_, index) => 400 + index);
  for (const slot of slots) {
    old.slots.bytes.fill(0xee, slot * old.slotSizeBytes, (slot + 1) * old.slotSizeBytes);
  }
  const { files, linkedIn } = await extended(extendOptions(old, { damaged: bitmapOf(slots) }));
  using _ = files;
  assert(linkedIn >= 75 && linkedIn < 150, `${linkedIn} were linked in`);
  assertEquals(files.faults(false), []);
  assert(measureRecall(files, "l2", 100) > 0.985);
  using before = new IndexFiles(old.directory);
  const same = Array.from({ length: 300 }, (_, slot) => slot)
    .filter((slot) => `${before.linksOf(slot)}` === `${files.linksOf(slot)}`);
  assert(same.length > 150, `${same.length} slots have kept their links`);
});

Deno.test("extendIndex() links in the entry point when that is damaged", async () => {
  const old = await oldIndex();
  using before = new IndexFiles(old.directory);
  const entryPoint = before.header.entryPoint;
  const { files, linkedIn } = await extended(
    extendOptions(old, { damaged: bitmapOf([entryPoint]) }),
  );
  using _ = files;
  assert(linkedIn >= 1 && linkedIn < 10, `${linkedIn} were linked in`);
  assertEquals(files.faults(false), []);
  assert(measureRecall(files, "l2", 100) > 0.985);
});

Deno.test("extendIndex() builds new upper levels when link_lists.bin is lost", async () => {
  const old = await oldIndex();
  for (const sizeBytes of [0, 1000, 3000]) {
    const options = extendOptions({ ...old, upperLinks: old.upperLinks.cut(sizeBytes) });
    const { files, linkedIn } = await extended(options);
    using _ = files;
    assert(linkedIn > 0 && linkedIn < 0.25 * COUNT, `${linkedIn} were linked in`);
    assertEquals(files.faults(false), [], `${sizeBytes} bytes`);
    assert(files.header.maxLevel >= 2);
    assert(measureRecall(files, "l2", 100) > 0.985);
  }
});

Deno.test("extendIndex() gives slots new numbers, and leaves out what nobody was", async () => {
  const old = await oldIndex();
  const kept = Array.from({ length: COUNT }, (_, slot) => slot)
    .filter((slot) => slot % 20 !== 3).reverse();
  const options = extendOptions(old, {
    count: kept.length,
    previousSlots: Int32Array.from(kept),
    readVectors(first, count, target): void {
      for (let place = 0; place < count; place++) {
        const slot = kept[first + place] ?? 0;
        const vector = SMALL.vectors.subarray(slot * DIMENSION, (slot + 1) * DIMENSION);
        target.set(vector, place * DIMENSION);
      }
    },
  });
  const { files, linkedIn } = await extended(options);
  using _ = files;
  assert(linkedIn < 200, `${linkedIn} were linked in`);
  assertEquals(files.count, kept.length);
  assertEquals(files.faults(false), []);
  assert(measureRecall(files, "l2", 100) > 0.985);
});

Deno.test("extendIndex() links in slots that are new", async () => {
  const old = await oldIndex();
  const vectors = clusteredVectors(COUNT + 100, DIMENSION, 11);
  vectors.set(SMALL.vectors);
  const options = extendOptions(old, {
    ...smallOptions({ ...SMALL, vectors }),
    previousSlots: Int32Array.from(
      { length: COUNT + 100 },
      (_, slot) => slot < COUNT ? slot : -1,
    ),
  });
  const { files, linkedIn } = await extended(options);
  using _ = files;
  assertEquals(linkedIn, 100);
  assertEquals(files.faults(false), []);
});

Deno.test("extendIndex() keeps deleted slots deleted, and links nothing new to them", async () => {
  const old = await oldIndex();
  for (let slot = 0; slot < COUNT; slot += 10) old.slots.bytes[slot * old.slotSizeBytes + 2] = 1;
  const { files } = await extended(extendOptions(old, { damaged: bitmapOf([7, 8, 9]) }));
  using _ = files;
  assertEquals(files.faults(false), []);
  assertEquals([0, 10, 11].map((slot) => files.isDeleted(slot)), [true, true, false]);
  const links = [7, 8, 9].flatMap((slot) => Array.from(files.linksOf(slot)));
  assertEquals(links.filter((slot) => files.isDeleted(slot)), []);
});

Deno.test("extendIndex() builds all anew when too much is damaged, or nothing is left", async () => {
  const old = await oldIndex();
  const everyOther = Array.from({ length: COUNT / 2 }, (_, index) => 2 * index);
  for (
    const options of [
      extendOptions(old, { damaged: bitmapOf(everyOther) }),
      extendOptions(old, { previousSlots: new Int32Array(COUNT).fill(-1) }),
    ]
  ) {
    const { files, linkedIn } = await extended(options);
    using _ = files;
    assertEquals(linkedIn, COUNT - 1);
    assertEquals(files.faults(false), []);
  }
});

Deno.test("extendIndex() makes a sound graph whatever stands in the old files", async () => {
  for (let seed = 1; seed <= 12; seed++) {
    const old = await oldIndex();
    const next = randomNumbers(seed * 7919);
    for (const file of [old.slots, old.upperLinks]) {
      for (let hole = 0; hole < 4; hole++) {
        const start = Math.floor((next() + 1) / 2 * file.sizeBytes);
        const end = start + Math.floor((next() + 1) * 3000);
        for (let offset = start; offset < Math.min(end, file.sizeBytes); offset++) {
          file.bytes[offset] = Math.floor((next() + 1) * 128);
        }
      }
    }
    const cut = seed % 3 === 0 ? 0.5 : 1;
    const options = extendOptions({
      slots: old.slots.cut(Math.floor(old.slots.sizeBytes * cut)),
      upperLinks: old.upperLinks,
    });
    const { files } = await extended(options);
    using _ = files;
    assertEquals(files.faults(false), [], `seed ${seed}`);
  }
});
