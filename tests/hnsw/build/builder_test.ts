import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../../lib/base/errors.ts";
import { buildIndex } from "../../../lib/hnsw/build/builder.ts";
import type { Space } from "../../../lib/hnsw/build/settings.ts";
import {
  buildFiles,
  clusteredVectors,
  IndexFiles,
  smallIndex,
  smallOptions,
  writeFiles,
} from "./built_files.ts";
import { measureRecall } from "./index_search.ts";

const DIMENSION = 24;
const SMALL = smallIndex(1500, DIMENSION, "cosine");

/** All bytes of an index. */
function bytesOf(directory: string): string[] {
  return ["header.bin", "data_level0.bin", "length.bin", "link_lists.bin"]
    .map((name) => Deno.readFileSync(join(directory, name)).toBase64());
}

for (const space of ["l2", "ip", "cosine"] satisfies Space[]) {
  Deno.test(`buildIndex() makes a sound graph that finds what is near, for ${space}`, async () => {
    using files = new IndexFiles(await buildFiles({ ...SMALL, space }));
    assertEquals(files.faults(space === "cosine"), []);
    assert(measureRecall(files, space, 20) > 0.9);
    assert(measureRecall(files, space, 100) > 0.985);
  });
}

Deno.test("buildIndex() makes sound graphs whatever the dimension and M", async () => {
  for (const [dimension, maxLinks] of [[1, 2], [3, 5], [16, 16], [33, 48], [130, 8]] as const) {
    const vectors = clusteredVectors(400, dimension);
    const settings = { dimension, space: "l2", maxLinks, efConstruction: 40 } as const;
    using files = new IndexFiles(
      await buildFiles({ vectors, dimension, space: "l2" }, { settings }),
    );
    assertEquals(files.faults(false), [], `dimension ${dimension}, M ${maxLinks}`);
    assertEquals(files.geometry.dimension, dimension);
    assertEquals(files.geometry.maxLinks, maxLinks);
  }
});

Deno.test("buildIndex() makes sound graphs of no, one and two vectors", async () => {
  for (const count of [0, 1, 2]) {
    const vectors = SMALL.vectors.subarray(0, count * DIMENSION);
    using files = new IndexFiles(await buildFiles({ ...SMALL, vectors }));
    assertEquals(files.count, count);
    assertEquals(files.faults(true), []);
    assertEquals(files.header.maxLevel, count === 0 ? -1 : 0);
    assertEquals(files.header.entryPoint, count === 0 ? 0xffff_ffff : 0);
  }
});

Deno.test("buildIndex() links all vectors when many are the same, and zero", async () => {
  const vectors = SMALL.vectors.slice();
  vectors.fill(0.25, 0, 500 * DIMENSION);
  vectors.fill(0, 500 * DIMENSION, 600 * DIMENSION);
  for (const space of ["l2", "ip", "cosine"] satisfies Space[]) {
    using files = new IndexFiles(await buildFiles({ ...SMALL, vectors, space }));
    assertEquals(files.faults(space === "cosine"), []);
  }
});

Deno.test("buildIndex() makes a sound graph of vectors whose squares are beyond f32", async () => {
  for (const scale of [1e30, 1e-30, 1e-42]) {
    const vectors = SMALL.vectors.map((value) => value * scale);
    for (const space of ["l2", "ip"] as const) {
      using files = new IndexFiles(await buildFiles({ ...SMALL, vectors, space }));
      assertEquals(files.faults(false), [], `${scale} ${space}`);
    }
  }
});

Deno.test("buildIndex() gives the same bytes by every build of the kernel", async () => {
  const expected = bytesOf(await buildFiles(SMALL));
  for (const instructions of ["relaxed-simd", "simd"] as const) {
    for (const wide of [false, true]) {
      const directory = await buildFiles(SMALL, {}, { instructions, wide });
      assertEquals(bytesOf(directory), expected, `${instructions}, wide: ${wide}`);
    }
  }
});

Deno.test("buildIndex() makes a sound graph on several threads", async () => {
  const vectors = clusteredVectors(9000, DIMENSION);
  for (const wide of [false, true]) {
    using files = new IndexFiles(await buildFiles({ ...SMALL, vectors }, { jobs: 4 }, { wide }));
    assertEquals(files.faults(true), []);
    assert(measureRecall(files, "cosine", 100) > 0.97);
  }
});

Deno.test("buildIndex() goes on alone when there are no Workers, or no shared memory", async () => {
  const vectors = clusteredVectors(4500, DIMENSION);
  const expected = bytesOf(await buildFiles({ ...SMALL, vectors }));
  for (const name of ["Worker", "SharedArrayBuffer"] as const) {
    const original = Object.getOwnPropertyDescriptor(globalThis, name) ?? {};
    Object.defineProperty(globalThis, name, { value: undefined, configurable: true });
    try {
      const directory = await buildFiles({ ...SMALL, vectors }, { jobs: 3 });
      assertEquals(bytesOf(directory), expected, `without ${name}`);
    } finally {
      Object.defineProperty(globalThis, name, original);
    }
  }
});

Deno.test("buildIndex() stores vectors and lengths as hnswlib does", async () => {
  using files = new IndexFiles(await buildFiles(SMALL));
  for (const slot of [0, 700, 1499]) {
    const original = SMALL.vectors.subarray(slot * DIMENSION, (slot + 1) * DIMENSION);
    let squared = 0;
    for (const value of original) squared = Math.fround(squared + Math.fround(value * value));
    const length = Math.fround(Math.sqrt(squared));
    const factor = Math.fround(1 / Math.fround(length + Math.fround(1e-30)));
    assertEquals(files.lengths[slot], length);
    assertEquals(files.vectorOf(slot), original.map((value) => value * factor));
  }
});

Deno.test("buildIndex() leaves vectors as they are whose lengths are given", async () => {
  const options = smallOptions(SMALL);
  const index = await buildIndex({
    ...options,
    readVectors(first, count, vectors, lengths): void {
      options.readVectors(first, count, vectors, lengths);
      for (let place = 0; place < count; place++) {
        if ((first + place) % 2 === 0) lengths[place] = 5 + first + place;
      }
    },
  });
  using files = new IndexFiles(await writeFiles(index));
  assertEquals(files.vectorOf(10), SMALL.vectors.slice(10 * DIMENSION, 11 * DIMENSION));
  assertEquals(files.lengths[10], 15);
  assert((files.lengths[11] ?? 0) < 5);
});

Deno.test("buildIndex() tells of its progress, up to the last node", async () => {
  const told: number[] = [];
  await buildIndex(smallOptions(SMALL, { onProgress: (linked) => void told.push(linked) }));
  assertEquals(told.at(-1), 1499);
  assertEquals(told, told.toSorted((a, b) => a - b));
});

Deno.test("buildIndex() ends when its signal is aborted, on one thread and on several", async () => {
  const vectors = clusteredVectors(9000, DIMENSION);
  for (const jobs of [1, 3]) {
    const controller = new AbortController();
    const error = await assertRejects(
      () =>
        buildIndex(smallOptions({ ...SMALL, vectors }, {
          jobs,
          signal: controller.signal,
          onProgress: () => controller.abort(),
        })),
      OperationError,
    );
    assertEquals(error.code, "cancelled");
  }
});

Deno.test("buildIndex() names the slot of a vector that no index can hold", async () => {
  for (const [slot, value] of [[3, NaN], [1200, Infinity], [0, -Infinity]] as const) {
    const vectors = SMALL.vectors.slice();
    vectors[slot * DIMENSION + 5] = value;
    for (const space of ["l2", "cosine"] as const) {
      await assertRejects(
        () => buildIndex(smallOptions({ ...SMALL, vectors, space })),
        OperationError,
        `The vector of slot ${slot} has a number that is not finite`,
      );
    }
  }
});

Deno.test("buildIndex() refuses with numbers when the memory allowed is too little", async () => {
  const error = await assertRejects(
    () => buildIndex(smallOptions(SMALL, { maxMemoryBytes: 100_000 })),
    OperationError,
    "The index of 1500 vectors of 24 dimensions needs",
  );
  assertEquals(error.code, "no-memory");
  assert(error.message.endsWith("more than the 100 kB allowed"), error.message);
});

Deno.test("buildIndex() refuses with numbers what no memory holds", async () => {
  for (const count of [3_000_000, 40_000_000]) {
    const options = smallOptions(SMALL, {
      count,
      settings: { dimension: 100_000, space: "l2", maxLinks: 16, efConstruction: 100 },
    });
    const error = await assertRejects(() => buildIndex(options), OperationError);
    assertEquals(error.code, "no-memory");
    assert(/needs [\d.]+ [GT]B of memory, more than /.test(error.message), error.message);
  }
});

Deno.test("buildIndex() refuses settings that no index has", async () => {
  const { settings } = smallOptions(SMALL);
  const wrong = [{ maxLinks: 1 }, { dimension: 0 }, { maxLinks: 2.5 }, { efConstruction: 0 }];
  for (const change of wrong) {
    const options = smallOptions(SMALL, { settings: { ...settings, ...change } });
    const error = await assertRejects(() => buildIndex(options), OperationError);
    assertEquals(error.code, "usage");
  }
});

Deno.test("buildIndex() lets through what the reader of the vectors throws", async () => {
  await assertRejects(
    () =>
      buildIndex(smallOptions(SMALL, {
        readVectors: () => {
          throw new OperationError("read-failed", "The disk is gone");
        },
      })),
    OperationError,
    "The disk is gone",
  );
});
