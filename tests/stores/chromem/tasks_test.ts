import { assertEquals, assertLess } from "@std/assert";
import type { CollectionFolder, GobFile } from "../../../lib/stores/chromem/layout.ts";
import { hashName } from "../../../lib/stores/chromem/name_hash.ts";
import { planDocumentTasks } from "../../../lib/stores/chromem/tasks.ts";

function fileOf(name: string): GobFile {
  return {
    path: `a1b2c3d4/${name}`,
    name,
    extension: ".gob",
    sizeBytes: 10,
    modifiedMs: 1,
    changedMs: 1,
    inode: 1,
  };
}

function planOf(names: readonly string[], wanted: readonly string[] = []) {
  const folder: CollectionFolder = {
    name: "a1b2c3d4",
    files: ["00000000.gob", ...names].map(fileOf),
    special: [],
    leftovers: [],
    foreign: [],
  };
  const rest = { file: null, special: null, reading: null, failure: null, isVisible: true };
  const collection = { ...rest, folder, name: "notes", extension: ".gob", documents: 1 } as const;
  return planDocumentTasks("/srv/store", collection, wanted);
}

function documentsOf(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${hashName(`document ${index}`)}.gob`);
}

Deno.test("planDocumentTasks() puts each document into one part, and into parts of like size", () => {
  assertEquals(planOf([]).length, 0);
  for (const count of [1, 1000, 20_000]) {
    const names = [...documentsOf(count), "copy.gob"];
    const tasks = planOf(names);
    const planned = tasks.flatMap(({ payload }) => payload.files.map(([name]) => name));
    assertEquals(planned.toSorted(), names.toSorted());
    for (const { payload, sizeBytes } of tasks) {
      assertLess(payload.files.length, 1300);
      assertEquals(sizeBytes, 10 * payload.files.length);
    }
  }
});

Deno.test("planDocumentTasks() changes one part alone when a document comes", () => {
  const names = documentsOf(20_000);
  const before = planOf(names);
  const after = planOf([...names, `${hashName("one more")}.gob`]);
  const known = new Map(before.map(({ memo }) => [memo?.key, memo?.inputs.length]));
  const changed = after.filter(({ memo }) => known.get(memo?.key) !== memo?.inputs.length);
  assertEquals([before.length, after.length, changed.length], [32, 32, 1]);
});

Deno.test("planDocumentTasks() gives another key where names are looked for", () => {
  const keys = [planOf(["a.gob"]), planOf(["a.gob"], ["ffffffff"])].map(([task]) =>
    task?.memo?.key
  );
  assertEquals(new Set(keys).size, 2);
});
