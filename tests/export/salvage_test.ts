import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { exportStore } from "../../lib/export/export_store.ts";
import type { ExportFormat, ExportOutcome } from "../../lib/export/outcome.ts";
import { chromemExport, chromemFacts, chromemStore } from "../support/chromem_stores.ts";
import { applyDamage } from "../support/damages/mod.ts";
import { goldenFacts, goldenStore, scratchDirectory, tornStore } from "../support/fixtures.ts";
import { snapshotTree } from "../support/snapshot.ts";
import { decodeFloats, parseLines, readLines, readNpy } from "./exported_files.ts";

async function salvage(
  store: string,
  format: ExportFormat = "jsonl",
  name = "export.jsonl",
): Promise<{ path: string; outcome: ExportOutcome }> {
  const path = join(await scratchDirectory(), name);
  const outcome = await exportStore(store, { format, salvage: true, target: path });
  return { path, outcome };
}

async function segmentOf(collection: string): Promise<string> {
  const { segments, collections } = await goldenFacts("chroma-1.5.9");
  const id = collections[collection]?.id;
  return segments.find((one) => one.collection === id && one.scope === "VECTOR")?.id ?? "";
}

Deno.test("exportStore() salvages every record when only an index header is broken", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const facts = await goldenFacts("chroma-1.5.9");
  applyDamage("header_M", { store, collection: "notes" }, 1);
  const before = await snapshotTree(store);
  const { path, outcome } = await salvage(store);
  assertEquals(await snapshotTree(store), before, "the store was touched");
  assertEquals(Array.from(Deno.readDirSync(join(store, "..")), ({ name }) => name), ["store"]);
  assertEquals([outcome.state, outcome.isComplete], ["exported", true]);
  const notes = readLines(path).records.filter(({ collection }) => collection === "notes");
  const vectors = decodeFloats(facts.collections["notes"]?.embeddings_f32_base64 ?? "");
  assertEquals(notes.length, 382);
  const byId = new Map(notes.map((record) => [record.id, record]));
  for (const [index, id] of (facts.collections["notes"]?.ids ?? []).entries()) {
    const { embedding, document } = byId.get(id) ?? {};
    assertEquals(
      Float32Array.from(embedding ?? []),
      vectors.slice(32 * index, 32 * (index + 1)),
      id,
    );
    assertEquals(document, facts.collections["notes"]?.documents?.[index]);
  }
});

Deno.test("exportStore() writes null for vectors that are gone, and counts them", async () => {
  const store = await goldenStore("chroma-1.5.9");
  await Deno.truncate(join(store, await segmentOf("notes"), "data_level0.bin"), 9000);
  const { path, outcome } = await salvage(store);
  assertEquals([outcome.state, outcome.isComplete], ["exported", false]);
  const { records } = readLines(path);
  const without = records.filter(({ embedding }) => embedding === null);
  assert(without.length > 300 && without.every(({ collection }) => collection === "notes"));
  assert(without.every(({ document }) => typeof document === "string"));
  const notes = outcome.collections.find(({ facts }) => facts.name === "notes");
  assertEquals([notes?.records, notes?.withoutVector], [382, without.length]);
  const lost = outcome.lost?.losses.filter(({ kind }) => kind === "vector") ?? [];
  assertEquals(
    lost.flatMap(({ ids }) => ids).sort(),
    without.map(({ id }) => id ?? "").sort(),
  );
});

Deno.test("exportStore() puts records without a vector beside arrays when they are salvaged", async () => {
  const store = await goldenStore("chroma-1.5.9");
  await Deno.truncate(join(store, await segmentOf("notes"), "data_level0.bin"), 9000);
  const { path } = await salvage(store, "npy", "arrays");
  const { shape, floats } = readNpy(join(path, "notes", "vectors.npy"));
  const ids: unknown[] = parseLines(Deno.readTextFileSync(join(path, "notes", "ids.jsonl")));
  const missing = readLines(join(path, "notes", "missing.jsonl"));
  assertEquals(ids.length, shape[0]);
  assertEquals(ids.length + missing.records.length, 382);
  assertEquals(missing.records.every(({ embedding }) => embedding === null), true);
  assertEquals(floats.every((value) => Number.isFinite(value)), true);
});

Deno.test("exportStore() saves ids and vectors when the database is lost", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const facts = await goldenFacts("chroma-1.5.9");
  await Deno.remove(join(store, "chroma.sqlite3"));
  const { path, outcome } = await salvage(store);
  assertEquals([outcome.state, outcome.isComplete], ["exported", false]);
  const segment = await segmentOf("notes");
  const { records, headers } = readLines(path);
  assertEquals(headers.some(({ header }) => header?.["id"] === segment), true);
  const byId = new Map(records.map((record) => [record.id, record]));
  const vectors = decodeFloats(facts.collections["notes"]?.embeddings_f32_base64 ?? "");
  let saved = 0;
  for (const [index, id] of (facts.collections["notes"]?.ids ?? []).entries()) {
    const { embedding } = byId.get(id) ?? {};
    if (embedding === undefined || embedding === null) continue;
    const wanted = vectors.slice(32 * index, 32 * (index + 1));
    // The newest write may have stood in the queue alone.
    if (Float32Array.from(embedding).every((value, axis) => value === wanted[axis])) saved++;
  }
  assert(saved > 300, `${saved}`);
});

Deno.test("exportStore() salvages a store that a slow copy has torn", async () => {
  const store = await tornStore("chroma-1.5.9-1");
  const { path, outcome } = await salvage(store);
  assertEquals(outcome.state, "exported");
  const { records } = readLines(path);
  assertEquals(records.length, outcome.collections.reduce((sum, one) => sum + one.records, 0));
  assert(records.length > 0);
});

Deno.test("exportStore() writes documents of chromem-go that cannot be read without a vector", async () => {
  const { collections } = await chromemFacts();
  const store = await chromemStore("plain");
  const folders = Array.from(Deno.readDirSync(store), ({ name }) => name).sort();
  let cut = "";
  for (const folder of folders) {
    const names = Array.from(Deno.readDirSync(join(store, folder)), ({ name }) => name).sort();
    const name = names.find((one) => one.endsWith(".gob") && !one.startsWith("00000000"));
    if (name === undefined || cut !== "") continue;
    cut = join(store, folder, name);
    await Deno.truncate(cut, 60);
  }
  const { path, outcome } = await salvage(store);
  assertEquals([outcome.state, outcome.isComplete], ["exported", false]);
  const { records } = readLines(path);
  const known = collections.reduce((sum, { documents }) => sum + documents.length, 0);
  assertEquals(records.length, known);
  assertEquals(records.filter(({ embedding }) => embedding === null).length, 1);
});

Deno.test("exportStore() reads an export file of chromem-go up to its damage", async () => {
  const file = await chromemExport("export.gob");
  await Deno.truncate(file, Math.floor((Deno.statSync(file).size * 2) / 3));
  const { path, outcome } = await salvage(file);
  assertEquals([outcome.state, outcome.isComplete], ["exported", false]);
  assert(readLines(path).records.length > 10);
  assert((outcome.lost?.unanswered.length ?? 0) > 0);
});
