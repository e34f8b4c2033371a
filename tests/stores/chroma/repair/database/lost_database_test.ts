/**
 * Tests of `lib/stores/chroma/repair/database/restore_backup.ts` and `export_records.ts`: a store
 * whose database is lost.
 */
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { join } from "@std/path";
import type { OlderCopy } from "../../../../../lib/stores/repair_format.ts";
import { BrokenStore } from "../../../../support/broken_store.ts";
import { goldenFacts, goldenStore } from "../../../../support/fixtures.ts";
import { damageOf, repairCopy } from "../repaired_copy.ts";

function olderCopy(directory: string, isWhole = true): OlderCopy {
  return { label: "the backup A", directory, createdAt: "2026-01-31T04:00:00Z", isWhole };
}

Deno.test("planRestore() takes the database of the newest backup", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  Deno.removeSync(store.catalogue());
  const olderCopies = [olderCopy(await goldenStore("chroma-1.5.9"))];
  const { draft, staged, after } = await repairCopy(store.path, { olderCopies });
  assertEquals(damageOf(after), []);
  assertEquals(draft.steps.map(({ kind }) => kind), ["restore-database"]);
  // The indexes are those of the backup already.
  assertEquals(staged.coming, ["chroma.sqlite3"]);
  assertEquals(draft.steps[0]?.losses.filter(({ count }) => count > 0), []);
});

Deno.test("planRestore() passes over a backup that is damaged, or no whole store", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  const rotten = await BrokenStore.copyOf("chroma-1.5.9");
  rotten.patch(rotten.catalogue(), (_, bytes) => bytes.fill(0, 8192, 40_960));
  Deno.writeFileSync(store.catalogue(), new Uint8Array());
  const olderCopies = [
    olderCopy(await goldenStore("chroma-1.5.9"), false),
    olderCopy(rotten.path),
    { ...olderCopy(await goldenStore("chroma-1.5.9")), label: "the backup B" },
  ];
  const { draft, after } = await repairCopy(store.path, { olderCopies });
  assertEquals(draft.steps[0]?.title, "Take chroma.sqlite3 from the backup B");
  assertEquals(damageOf(after), []);
});

Deno.test("planRestore() takes an index along that has changed, and saves what is newer", async () => {
  const store = await BrokenStore.copyOf("chroma-0.5.23-then-1.5.9");
  const older = await BrokenStore.copyOf("chroma-0.5.23");
  Deno.removeSync(store.catalogue());
  const olderCopies = [olderCopy(older.path)];
  const { draft, staged, saved, after, aside } = await repairCopy(store.path, { olderCopies });
  assertEquals(damageOf(after), []);
  const segment = store.segment("notes");
  assertEquals(staged.coming.includes(segment), true);
  assertEquals(draft.steps[0]?.replaces.includes(segment), true);
  // The newer index is moved aside whole.
  assertEquals(Deno.statSync(join(aside, segment, "data_level0.bin")).isFile, true);
  const facts = await goldenFacts("chroma-0.5.23");
  const known = new Set(facts.collections.notes?.ids);
  const written = (draft.steps[0]?.losses ?? [])
    .filter(({ kind, collection }) => kind === "record" && collection === "notes")
    .flatMap(({ ids }) => ids);
  assertEquals(written.filter((id) => known.has(id)), []);
  const lines = saved[`export-${segment}.jsonl`] ?? [];
  assertEquals(written.every((id) => lines.some((line) => line.id === id)), true);
});

Deno.test("planExport() writes ids and vectors of a store without a database into files", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  const facts = await goldenFacts("chroma-1.5.9");
  Deno.removeSync(store.catalogue());
  const { draft, staged, saved, after } = await repairCopy(store.path);
  assertEquals(draft.steps.map(({ kind }) => kind), ["export-records"]);
  assertEquals([staged.coming, staged.leaving], [[], []]);
  assertEquals(damageOf(after).length, 1);
  assertEquals(draft.unanswered.map(({ name }) => name).includes("catalogue-missing"), true);
  const lines = saved[`export-${store.segment("notes")}.jsonl`] ?? [];
  const vectors = new Float32Array(
    Uint8Array.fromBase64(facts.collections.notes?.embeddings_f32_base64 ?? "").buffer,
  );
  const dimension = facts.collections.notes?.dimension ?? 0;
  const expected = new Map(
    facts.collections.notes?.ids.map((id, index) => [
      id,
      Array.from(vectors.subarray(index * dimension, (index + 1) * dimension)),
    ]),
  );
  assertEquals(lines.length, 382);
  // What was updated after the last flush stood in the queue alone.
  const same = lines.filter(({ id, embedding }) =>
    JSON.stringify(expected.get(String(id))) === JSON.stringify(embedding)
  );
  assertEquals(same.length, 366);
});

Deno.test("planExport() gives vectors of the space cosine the lengths that they had", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  const facts = (await goldenFacts("chroma-1.5.9")).collections.cosine;
  Deno.removeSync(store.catalogue());
  const { draft, saved } = await repairCopy(store.path);
  const vectors = new Float32Array(
    Uint8Array.fromBase64(facts?.embeddings_f32_base64 ?? "").buffer,
  );
  const dimension = facts?.dimension ?? 0;
  const first = new Map(facts?.ids.map((id, index) => [id, vectors[index * dimension] ?? 0]));
  const lines = saved[`export-${store.segment("cosine")}.jsonl`] ?? [];
  assertEquals(lines.length, 120);
  for (const { id, embedding } of lines) {
    const [component] = Array.isArray(embedding) ? embedding : [];
    assertAlmostEquals(component, first.get(String(id)) ?? NaN, 1e-4);
  }
  const losses = draft.steps.flatMap((step) => step.losses);
  assertEquals(losses.filter(({ kind }) => kind === "length"), []);
});

Deno.test("planExport() saves vectors when the database holds no collection any more", async () => {
  const store = await BrokenStore.copyOf("chroma-0.5.23");
  store.patch(store.catalogue(), (_, bytes) => bytes.fill(0xa5));
  const { draft, staged } = await repairCopy(store.path);
  assertEquals(draft.steps.map(({ kind }) => kind), ["export-records"]);
  assertEquals(staged.coming, []);
  assertEquals(draft.unanswered.map(({ name }) => name).includes("sqlite-not-a-database"), true);
});
