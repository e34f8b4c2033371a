import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../lib/base/errors.ts";
import { exportStore } from "../../lib/export/export_store.ts";
import type { ExportFormat, ExportOutcome } from "../../lib/export/outcome.ts";
import { StoreDatabase } from "../../lib/sqlite/database.ts";
import { holdTransaction } from "../support/engine_process.ts";
import { applyDamage } from "../support/damages/mod.ts";
import { GOLDEN_STORES, goldenFacts, goldenStore, scratchDirectory } from "../support/fixtures.ts";
import { snapshotTree } from "../support/snapshot.ts";
import { decodeFloats, parseLines, readLines, readNpy } from "./exported_files.ts";

/** A cosine vector goes through its normalised form. */
const COSINE_TOLERANCE = 1e-6;

async function exportTo(
  store: string,
  name: string,
  options: { format?: ExportFormat; salvage?: boolean; collection?: string } = {},
): Promise<{ path: string; outcome: ExportOutcome }> {
  const path = join(await scratchDirectory(), name);
  const outcome = await exportStore(store, { format: "jsonl", ...options, target: path });
  return { path, outcome };
}

for (const name of GOLDEN_STORES) {
  Deno.test(`exportStore() writes what an engine serves when it exports ${name}`, async () => {
    const facts = await goldenFacts(name);
    const store = await goldenStore(name);
    const before = await snapshotTree(store);
    const { path, outcome } = await exportTo(store, "export.jsonl");
    assertEquals([outcome.state, outcome.isComplete, outcome.lost], ["exported", true, null]);
    assertEquals(await snapshotTree(store), before, "the store was touched");
    const { records, headers } = readLines(path);
    assertEquals(
      headers.map(({ collection, id }) => [collection, id]).sort(),
      Object.keys(facts.collections).map((collection) => [collection, null]).sort(),
    );
    for (const [collection, known] of Object.entries(facts.collections)) {
      const own = records.filter((record) => record.collection === collection);
      const byId = new Map(own.map((record) => [record.id, record]));
      assertEquals([...byId.keys()].sort(), known.ids.toSorted(), collection);
      assertEquals(own.length, known.count);
      const vectors = decodeFloats(known.embeddings_f32_base64 ?? "");
      for (const [index, id] of known.ids.entries()) {
        const record = byId.get(id);
        assertEquals(record?.document, known.documents?.[index]);
        assertEquals(record?.metadata, known.metadatas?.[index]);
        const dimension = known.dimension ?? 0;
        const wanted = vectors.subarray(index * dimension, (index + 1) * dimension);
        for (const [axis, value] of wanted.entries()) {
          const got = Math.fround(record?.embedding?.[axis] ?? NaN);
          if (collection === "cosine") assertAlmostEquals(got, value, COSINE_TOLERANCE);
          else assertEquals(got, value);
        }
      }
    }
  });
}

Deno.test("exportStore() writes the same vectors when the format is npy", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const { path: lines } = await exportTo(store, "export.jsonl");
  const { path, outcome } = await exportTo(store, "arrays", { format: "npy" });
  const { records } = readLines(lines);
  assertEquals(outcome.files.length, 15);
  for (const { facts: { name, dimension, records: count } } of outcome.collections) {
    const own = records.filter(({ collection }) => collection === name);
    const { shape, floats } = readNpy(join(path, `${name}`, "vectors.npy"));
    assertEquals(shape, [count, dimension ?? 0]);
    assertEquals(floats, Float32Array.from(own.flatMap(({ embedding }) => embedding ?? [])));
    const ids: { id: string }[] = parseLines(
      Deno.readTextFileSync(join(path, `${name}`, "ids.jsonl")),
    );
    assertEquals(ids.map(({ id }) => id), own.map(({ id }) => id));
    const known = JSON.parse(Deno.readTextFileSync(join(path, `${name}`, "collection.json")));
    assertEquals([known.name, known.records], [name, count]);
  }
});

Deno.test("exportStore() makes one directory when one collection is asked for", async () => {
  const store = await goldenStore("chroma-0.5.23");
  const { path } = await exportTo(store, "arrays", { format: "npy", collection: "dot" });
  assertEquals(
    Array.from(Deno.readDirSync(path), ({ name }) => name).sort(),
    ["collection.json", "ids.jsonl", "vectors.npy"],
  );
});

Deno.test("exportStore() takes an id for a name when no collection has that name", async () => {
  const store = await goldenStore("chroma-0.5.23");
  const { collections } = await goldenFacts("chroma-0.5.23");
  const { outcome } = await exportTo(store, "x", { collection: `${collections["dot"]?.id}` });
  assertEquals(outcome.collections.map(({ facts }) => facts.name), ["dot"]);
});

Deno.test("exportStore() names the collections when there is none of that name", async () => {
  const store = await goldenStore("chroma-0.5.23");
  const error = await assertRejects(
    () => exportTo(store, "x", { collection: "no\u001b[2Jtes" }),
    OperationError,
  );
  assertEquals(error.code, "not-found");
  assert(error.message.includes("no\\u{1b}[2Jtes") && error.hint?.includes("notes"), error.message);
});

Deno.test("exportStore() refuses a Parquet file when it would have several collections", async () => {
  const store = await goldenStore("chroma-0.5.23");
  const error = await assertRejects(
    () => exportTo(store, "x.parquet", { format: "parquet" }),
    OperationError,
  );
  assertEquals(error.code, "usage");
  assert(error.hint?.includes("--collection"));
});

Deno.test("exportStore() writes nothing over what is there, and nothing into the store", async () => {
  const store = await goldenStore("chroma-0.5.23");
  const path = join(await scratchDirectory(), "there");
  await Deno.writeTextFile(path, "mine");
  for (const target of [path, join(store, "export.jsonl"), join(store, "..", "no", "x.jsonl")]) {
    await assertRejects(
      () => exportStore(store, { format: "jsonl", target }),
      OperationError,
    );
  }
  assertEquals(await Deno.readTextFile(path), "mine");
});

Deno.test("exportStore() exports nothing when the store is damaged", async () => {
  const store = await goldenStore("chroma-1.5.9");
  applyDamage("header_M", { store, collection: "notes" }, 1);
  const { path, outcome } = await exportTo(store, "export.jsonl");
  assertEquals([outcome.state, outcome.isComplete], ["damaged", false]);
  assert(outcome.damage.length > 0);
  await assertRejects(() => Deno.stat(path), Deno.errors.NotFound);
});

Deno.test("exportStore() reads on when another process has begun a transaction", async () => {
  const store = await goldenStore("chroma-1.5.9");
  await using _held = await holdTransaction(store);
  const { outcome } = await exportTo(store, "export.jsonl");
  // A lock that only keeps other writers out changes nothing of what is read.
  assertEquals(outcome.state, "exported");
});

Deno.test("exportStore() keeps nothing when the store is written to meanwhile", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const path = join(await scratchDirectory(), "export.jsonl");
  const error = await assertRejects(
    () =>
      exportStore(store, {
        format: "jsonl",
        target: path,
        onProgress: ({ title }) => {
          if (title !== "writing records") return;
          Deno.writeTextFileSync(join(store, "new.txt"), "an engine was here");
        },
      }),
    OperationError,
  );
  assertEquals(error.code, "busy");
  assertEquals(Array.from(Deno.readDirSync(join(path, ".."))), []);
});

Deno.test("exportStore() gives an export no wider permissions than the store has", async () => {
  if (Deno.build.os === "windows") return;
  const store = await goldenStore("chroma-1.5.9");
  await Deno.chmod(join(store, "chroma.sqlite3"), 0o640);
  await Deno.chmod(store, 0o750);
  const { path } = await exportTo(store, "export.jsonl");
  const { path: directory } = await exportTo(store, "arrays", { format: "npy" });
  const modes = [path, directory, join(directory, "notes"), join(directory, "notes", "ids.jsonl")]
    .map((entry) => (Deno.statSync(entry).mode ?? 0) & 0o777);
  assertEquals(modes, [0o640, 0o750, 0o750, 0o640]);
});

Deno.test("exportStore() stops quietly when its signal is aborted", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const path = join(await scratchDirectory(), "export.jsonl");
  const controller = new AbortController();
  const reason = new OperationError("cancelled", "Cancelled");
  await assertRejects(
    () =>
      exportStore(store, {
        format: "jsonl",
        target: path,
        signal: controller.signal,
        onProgress: ({ title }) => {
          if (title === "writing records") controller.abort(reason);
        },
      }),
    OperationError,
    "Cancelled",
  );
  assertEquals(Array.from(Deno.readDirSync(join(path, ".."))), []);
});

Deno.test("exportStore() escapes what a terminal acts on when a text has it", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const hostile = "\u001b[31mred\u009b2J\u202e\u2028\u007f\ufeff \ud83d\ude00";
  {
    using database = StoreDatabase.open(join(store, "chroma.sqlite3"), { writable: true });
    database.rows(
      `UPDATE embedding_metadata SET string_value = ? WHERE key = 'kind'`,
      hostile,
    );
    database.rows("UPDATE collections SET name = ? WHERE name = 'dot'", "../../up");
  }
  const { path, outcome } = await exportTo(store, "export.jsonl");
  assertEquals(outcome.damage, []);
  const text = await Deno.readTextFile(path);
  // deno-lint-ignore no-control-regex
  assertEquals(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u202e\ufeff]/.test(text), false);
  const { records } = readLines(path);
  assertEquals(records.every(({ metadata }) => metadata?.["kind"] === hostile), true);
  const { path: arrays } = await exportTo(store, "arrays", { format: "npy" });
  const names = Array.from(Deno.readDirSync(arrays), ({ name }) => name);
  assertEquals(names.length, 5);
  assertEquals(names.includes("_.._up"), true, names.join());
});

Deno.test("exportStore() says what to do when an engine writes to the store", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const path = join(await scratchDirectory(), "export.jsonl");
  const error = await assertRejects(
    () =>
      exportStore(store, {
        format: "jsonl",
        salvage: true,
        target: path,
        onProgress: () =>
          Deno.writeTextFileSync(join(store, "chroma.sqlite3-x"), `${Math.random()}`),
      }),
    OperationError,
  );
  assertEquals(error.code, "busy");
  assert(error.hint?.includes("make a backup"), error.hint ?? "");
});
