import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../../../../lib/base/errors.ts";
import { localFs } from "../../../../../lib/fs/platform.ts";
import { BoundedFile } from "../../../../../lib/fs/read_fs.ts";
import type { WriteFs } from "../../../../../lib/fs/write_fs.ts";
import {
  buildSegment,
  planSegmentBuild,
} from "../../../../../lib/stores/chroma/repair/index/build_segment.ts";
import { verifySegment } from "../../../../../lib/stores/chroma/repair/index/verify_segment.ts";
import { readIdMap, streamIdMap } from "../../../../../lib/stores/chroma/segment/id_map.ts";
import { IndexFiles, randomNumbers } from "../../../../hnsw/build/built_files.ts";
import { applyDamage } from "../../../../support/damages/mod.ts";
import {
  GOLDEN_STORES,
  type GoldenStore,
  goldenStore,
  scratchDirectory,
} from "../../../../support/fixtures.ts";
import { findAll } from "../repair_request.ts";
import {
  ENGINES,
  keepSlots,
  type MadeSource,
  madeSource,
  openMadeIndex,
  PLAIN_OPTIONS,
  rebuildCollection,
  type Rebuilt,
  withSource,
} from "./segment_cases.ts";

/** A vector as it stands in an index, and its length, bit by bit. */
type StoredBits = readonly number[];

/** What an index holds, by id. */
function readSegment(directory: string): Map<string, StoredBits> {
  using files = new IndexFiles(directory);
  using idMap = BoundedFile.open(join(directory, "index_metadata.pickle"));
  const slots = new Map<number, number>();
  for (let slot = 0; slot < files.count; slot++) slots.set(Number(files.labelOf(slot)), slot);
  const found = new Map<string, StoredBits>();
  streamIdMap(idMap, (direction, id, label) => {
    const slot = slots.get(label);
    if (direction !== "id-to-label" || slot === undefined) return;
    const bits = new Uint32Array(files.vectorOf(slot).slice().buffer);
    found.set(id, [...bits, ...new Uint32Array(files.lengths.slice(slot, slot + 1).buffer)]);
  });
  return found;
}

/** The ids whose vectors are taken from the old index, and the directory of that. */
async function readKept(store: string, collection: string): Promise<[string[], string]> {
  return await withSource(store, collection, (source) => [
    Array.from(source.entries()).flatMap(({ id, slot }) => slot >= 0 ? [id] : []),
    join(store, source.segmentId),
  ]);
}

function assertSound({ plan, verification, sizeBytes }: Rebuilt, what: string): void {
  assertEquals(verification.problems, [], what);
  assertEquals(verification.vectorsCompared, plan.count, what);
  assertEquals(verification.recall.map(({ efSearch }) => efSearch), [10, 100]);
  assertEquals(verification.recall[1]?.recall, 1, what);
  assert(sizeBytes <= plan.sizeBytes, `${what}: ${sizeBytes} of ${plan.sizeBytes} bytes`);
}

async function assertClean(store: string, what: string): Promise<void> {
  const findings = await findAll(store);
  const bad = findings.filter(({ severity }) => severity !== "info");
  assertEquals(bad.map(({ name, message }) => `${name}: ${message}`), [], what);
}

for (const name of GOLDEN_STORES) {
  Deno.test(`buildSegment() makes indexes of ${name} that hold the same bits`, async () => {
    const store = await goldenStore(name);
    for (const collection of ["notes", "cosine", "dot"]) {
      const [kept, directory] = await readKept(store, collection);
      const before = readSegment(directory);
      const rebuilt = await rebuildCollection(store, collection);
      assertSound(rebuilt, collection);
      assertEquals(rebuilt.plan.kind, "extend-index", collection);
      const after = readSegment(directory);
      assertEquals(after.size, rebuilt.plan.count);
      assert(kept.length > 90, collection);
      // Where the space is not cosine, the length is whatever was in memory when it was written.
      const wanted = collection === "cosine" ? 1 : 0;
      for (const id of kept) {
        const [old = [], made = []] = [before.get(id), after.get(id)];
        assertEquals(
          made.slice(0, made.length - 1 + wanted),
          old.slice(0, old.length - 1 + wanted),
        );
      }
    }
    await assertClean(store, name);
  });
}

const DAMAGES: readonly (readonly [GoldenStore, string, string])[] = [
  ["chroma-1.5.9", "header_zeros", "extend-index"],
  ["chroma-1.5.9", "link_lists_missing", "extend-index"],
  ["chroma-1.5.9", "index_metadata_missing", "extend-index"],
  ["chroma-1.5.9", "neighbours_all_zero", "build-index"],
  ["chroma-1.5.9", "links_size_huge", "extend-index"],
  ["chroma-0.5.23", "header_missing", "extend-index"],
  ["chroma-0.5.23", "header_M", "extend-index"],
  ["chroma-0.5.23", "neighbour_out_of_range", "extend-index"],
  ["chroma-0.4.24", "segment_missing", "build-index"],
  ["chroma-0.4.24", "data_level0_random", "build-index"],
];

for (const [name, damage, kind] of DAMAGES) {
  Deno.test(`buildSegment() makes up for ${damage} in ${name}`, async () => {
    const store = await goldenStore(name);
    for (const collection of ["notes", "cosine"]) {
      applyDamage(damage, { store, collection }, 1);
      const rebuilt = await rebuildCollection(store, collection);
      assertSound(rebuilt, collection);
      assertEquals(rebuilt.plan.kind, kind);
    }
    await assertClean(store, name);
  });
}

Deno.test("planSegmentBuild() builds anew when a quarter of the records have lost their links", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const planned: unknown[] = [];
  for (const damaged of [28, 2]) {
    await withSource(store, "cosine", (source) => {
      const entries = Array.from(
        source.entries(),
        (entry, place) => place % 100 < damaged ? { ...entry, slot: -1 } : entry,
      );
      const { kind, linkedIn, reason } = planSegmentBuild({ ...source, entries: () => entries });
      planned.push([kind, linkedIn, reason]);
    });
  }
  assertEquals(planned, [
    [
      "build-index",
      120,
      "so many records have lost their links that building anew takes no longer",
    ],
    ["extend-index", 4, "the links of 116 records are healthy and stay"],
  ]);
});

Deno.test("buildSegment() builds anew when the links that were kept lead astray", async () => {
  const store = await scratchDirectory();
  const made = madeSource({ count: 2500, dimension: 16, space: "l2" });
  const directory = join(store, made.segmentId);
  await buildSegment(made, directory, PLAIN_OPTIONS);
  const path = join(directory, "data_level0.bin");
  const bytes = await Deno.readFile(path);
  const view = new DataView(bytes.buffer);
  const slotSizeBytes = bytes.length / 2500;
  const next = randomNumbers(3);
  for (let slot = 0; slot < 2500; slot++) {
    const count = view.getUint16(slot * slotSizeBytes, true);
    for (let link = 0; link < count; link++) {
      const anywhere = Math.floor(Math.abs(next()) * 2500);
      view.setUint32(slot * slotSizeBytes + 4 + 4 * link, anywhere, true);
    }
  }
  await Deno.writeFile(path, bytes);
  using previous = openMadeIndex(store, made);
  const source = keepSlots(made, previous);
  assertEquals(planSegmentBuild(source).kind, "extend-index");
  const again = join(await scratchDirectory(), "segment");
  await buildSegment(source, again, PLAIN_OPTIONS);
  const { recall, problems } = await verifySegment(again, source);
  assertEquals(problems, []);
  assert((recall[0]?.recall ?? 0) > 0.8, `${recall[0]?.recall}`);
});

/** What an index of made up vectors says in its files. */
async function makeSegment(made: MadeSource): Promise<unknown> {
  const source = madeSource(made);
  const directory = join(await scratchDirectory(), "segment");
  await buildSegment(source, directory, PLAIN_OPTIONS);
  const verification = await verifySegment(directory, source);
  assertEquals(verification.problems, []);
  assertEquals(verification.vectorsCompared, made.count);
  assertEquals(verification.recall.length, made.count === 0 ? 0 : 2);
  using files = new IndexFiles(directory);
  assertEquals(files.faults(true), []);
  const { slotSizeBytes } = files.geometry;
  const { header, slots, lengths } = files;
  const names = Array.from(Deno.readDirSync(directory), ({ name }) => name).sort();
  const idMap = names.includes("index_metadata.pickle")
    ? readIdMap(sourceOfFile(join(directory, "index_metadata.pickle")))
    : null;
  return {
    capacity: Number(header.capacity),
    efConstruction: Number(header.efConstruction),
    slots: [files.count, slots.sizeBytes / slotSizeBytes, lengths.length],
    ids: idMap?.entries,
    last: [idMap?.totalElementsAdded, idMap?.highestLabel],
    watermark: idMap?.maxSeqId,
  };
}

function sourceOfFile(path: string): Parameters<typeof readIdMap>[0] {
  const bytes = Deno.readFileSync(path);
  return {
    sizeBytes: bytes.byteLength,
    readAt(offset, target) {
      const part = bytes.subarray(offset, offset + target.byteLength);
      target.set(part);
      return target.subarray(0, part.byteLength);
    },
  };
}

Deno.test("buildSegment() gives an index the room that 1.x gives it", async () => {
  for (
    const [count, capacity] of [[1, 100], [2, 100], [100, 100], [101, 128], [300, 512]] as const
  ) {
    assertEquals(await makeSegment({ count }), {
      capacity,
      efConstruction: 60,
      slots: [count, Math.max(100, count), Math.max(100, count)],
      ids: count,
      last: [count, count],
      watermark: null,
    });
  }
});

Deno.test("buildSegment() gives an index the room that the Python era gives it", async () => {
  for (const version of ["0.4.24", "0.5.23"] as const) {
    for (const [count, capacity] of [[1, 1000], [1000, 1000], [1001, 1501]] as const) {
      assertEquals(await makeSegment({ count, engine: ENGINES[version] }), {
        capacity,
        efConstruction: 60,
        slots: [count, Math.max(1000, count), Math.max(1000, count)],
        ids: count,
        last: [count, count],
        watermark: version === "0.4.24" ? 700 : null,
      });
    }
  }
});

Deno.test("buildSegment() makes a segment without records as one that was never flushed", async () => {
  for (const engine of Object.values(ENGINES)) {
    const room = engine.era === "rust" ? 100 : 1000;
    assertEquals(await makeSegment({ count: 0, engine }), {
      capacity: room,
      efConstruction: 60,
      slots: [0, room, room],
      ids: undefined,
      last: [undefined, undefined],
      watermark: undefined,
    });
  }
});

Deno.test("buildSegment() takes ids of any text", async () => {
  const ids = (place: number): string => ["é".repeat(70_000), "日本", "\0", "😀", ""][place] ?? "";
  for (const engine of Object.values(ENGINES)) {
    await makeSegment({ count: 5, ids, engine });
  }
});

Deno.test("buildSegment() gives labels in the order of the rows, and then to the queue's", async () => {
  const rows = [40, null, 30, 10, null, 20];
  const directory = join(await scratchDirectory(), "segment");
  const source = madeSource({ count: rows.length, rowIds: (place) => rows[place] ?? null });
  await buildSegment(source, directory, PLAIN_OPTIONS);
  const labels: [string, number][] = [];
  streamIdMap(sourceOfFile(join(directory, "index_metadata.pickle")), (direction, id, label) => {
    if (direction === "id-to-label") labels.push([id, label]);
  });
  assertEquals(labels, [
    ["record 0", 4],
    ["record 1", 5],
    ["record 2", 3],
    ["record 3", 1],
    ["record 4", 6],
    ["record 5", 2],
  ]);
  assertEquals((await verifySegment(directory, source)).problems, []);
});

Deno.test("sourceOfSalvage() leaves to the engine what the queue makes after the watermark", async () => {
  const counts = new Map<string, unknown>();
  for (const name of ["chroma-0.4.24", "chroma-0.5.23"] as const) {
    await withSource(await goldenStore(name), "cosine", (source) => {
      counts.set(name, [source.count, source.watermark, source.isWatermarkInIdMap]);
    });
  }
  assertEquals(counts.get("chroma-0.5.23"), [100, 500, false]);
  assertEquals(counts.get("chroma-0.4.24"), [100, 500, true]);
});

Deno.test("sourceOfSalvage() takes the whole queue in where no watermark is known", async () => {
  const found: unknown[] = [];
  for (
    const [name, damage] of [
      ["chroma-0.4.24", "index_metadata_missing"],
      ["chroma-0.5.23", "max_seq_lost"],
    ] as const
  ) {
    const store = await goldenStore(name);
    applyDamage(damage, { store, collection: "cosine" }, 1);
    await withSource(store, "cosine", (source) => {
      found.push([source.count, source.watermark, source.isWatermarkInIdMap]);
    });
  }
  assertEquals(found, [[120, 686, true], [120, 686, true]]);
});

Deno.test("buildSegment() ends when its signal is aborted, and names the memory that it lacks", async () => {
  const directory = join(await scratchDirectory(), "segment");
  const source = madeSource({ count: 50 });
  const cancelled = await assertRejects(
    () => buildSegment(source, directory, { ...PLAIN_OPTIONS, signal: AbortSignal.abort() }),
    OperationError,
  );
  assertEquals(cancelled.code, "cancelled");
  const refused = await assertRejects(
    () => buildSegment(source, directory, { ...PLAIN_OPTIONS, maxMemoryBytes: 1 }),
    OperationError,
  );
  assertEquals(refused.code, "no-memory");
  assertThrows(() => Deno.statSync(directory), Deno.errors.NotFound);
});

Deno.test("buildSegment() removes what it wrote when writing fails, and leaves what was there", async () => {
  const scratch = await scratchDirectory();
  const directory = join(scratch, "segment");
  const source = madeSource({ count: 50 });
  let files = 0;
  const createFile: WriteFs["createFile"] = (path, mode) => {
    if (++files === 5) throw new Deno.errors.PermissionDenied("no more files");
    return localFs.createFile(path, mode);
  };
  const failed = await assertRejects(
    () => buildSegment(source, directory, { ...PLAIN_OPTIONS, fs: { ...localFs, createFile } }),
    OperationError,
  );
  assertEquals([failed.code, files], ["permission-denied", 5]);
  assertEquals([...Deno.readDirSync(scratch)], []);
  await Deno.mkdir(directory);
  await Deno.writeTextFile(join(directory, "precious"), "");
  await assertRejects(() => buildSegment(source, directory, PLAIN_OPTIONS), OperationError);
  assertEquals(Array.from(Deno.readDirSync(directory), ({ name }) => name), ["precious"]);
});

Deno.test("buildSegment() refuses a source that names a slot twice, or yields too few", async () => {
  const store = await goldenStore("chroma-1.5.9");
  await withSource(store, "cosine", (source) => {
    const entries = [...source.entries()];
    const twice = entries.map((entry) => ({ ...entry, slot: 7 }));
    assertThrows(() => planSegmentBuild({ ...source, entries: () => twice }), OperationError);
    const fewer = entries.slice(1);
    assertThrows(() => planSegmentBuild({ ...source, entries: () => fewer }), OperationError);
  });
});

/** What is found after a byte of a file was changed. */
async function verifyPatched(file: string, offset: number): Promise<readonly string[]> {
  const directory = join(await scratchDirectory(), "segment");
  const source = madeSource({ count: 150, dimension: 12 });
  await buildSegment(source, directory, PLAIN_OPTIONS);
  const path = join(directory, file);
  const bytes = await Deno.readFile(path);
  const at = offset < 0 ? bytes.length + offset : offset;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await Deno.writeFile(path, bytes);
  return (await verifySegment(directory, source)).problems;
}

Deno.test("verifySegment() names whatever is not as it was to be", async () => {
  const slotSizeBytes = 4 + 64 + 48 + 8;
  const vector = 20 * slotSizeBytes + 68;
  const label = 20 * slotSizeBytes + 116;
  const found = [
    await verifyPatched("data_level0.bin", vector),
    await verifyPatched("data_level0.bin", label),
    await verifyPatched("length.bin", 4 * 149),
    await verifyPatched("header.bin", 20),
    await verifyPatched("index_metadata.pickle", 96),
  ];
  assertEquals(found, [
    ["Index of made: 1 of 150 vectors are not those that were saved"],
    ["Index of made: 1 of 150 labels are not those that were given"],
    ["Index of made: 1 of 150 lengths are not those of the vectors"],
    ["Index of made: header.bin is not that of the index that was built"],
    ["Index of made: 1 of 150 ids are not those of the records"],
  ]);
});

Deno.test("verifySegment() names a graph in which searches find little", async () => {
  const directory = join(await scratchDirectory(), "segment");
  const source = madeSource({ count: 2000, dimension: 24, space: "l2" });
  await buildSegment(source, directory, PLAIN_OPTIONS);
  const path = join(directory, "data_level0.bin");
  const bytes = await Deno.readFile(path);
  const slotSizeBytes = bytes.length / 2000;
  for (let slot = 0; slot < 2000; slot++) bytes[slot * slotSizeBytes] = 1;
  await Deno.writeFile(path, bytes);
  const { recall, problems } = await verifySegment(directory, source);
  assert((recall[1]?.recall ?? 1) < 0.5);
  assertEquals(problems, ["Index of made: searches find less than 90 % of what is nearest"]);
});
