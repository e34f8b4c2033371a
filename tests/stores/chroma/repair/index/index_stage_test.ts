/**
 * Bringing indexes back through the queue, and what is done about vectors that are gone: every record
 * is in the store afterwards, or in missing.jsonl, and none has the vector of another one.
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../../../../lib/base/errors.ts";
import type { RepairLoss } from "../../../../../lib/model/repair.ts";
import { StoreDatabase } from "../../../../../lib/sqlite/database.ts";
import { applyDamage } from "../../../../support/damages/mod.ts";
import { OUTCOME_SEED } from "../../../../support/damages/outcomes.ts";
import {
  type CollectionFacts,
  copyTree,
  GOLDEN_STORES,
  goldenFacts,
  type GoldenStore,
  goldenStore,
  scratchDirectory,
} from "../../../../support/fixtures.ts";
import { snapshotTree } from "../../../../support/snapshot.ts";
import { compare, salvage, vectorsOf } from "../../salvage/salvage_cases.ts";
import { briefSteps, codesOf, damageOf, repairCopy, type RepairedCopy } from "../repaired_copy.ts";

/** Damages after which nothing, something or nearly everything is lost. */
const DAMAGES = [
  "header_random",
  "data_level0_half",
  "length_missing",
  "link_lists_zeros",
  "index_metadata_missing",
  "label_duplicate",
  "vectors_nan",
  "segment_missing",
  "segment_renamed",
  "segment_is_a_file",
];

const QUEUE = { strategy: "queue" } as const;

for (const golden of GOLDEN_STORES) {
  Deno.test(`prepareIndexStage() loses no record of ${golden} that it does not name`, async () => {
    for (const [at, damage] of DAMAGES.entries()) {
      const store = await goldenStore(golden);
      const other = DAMAGES[(at + 4) % DAMAGES.length] ?? "";
      applyDamage(damage, { store, collection: "notes" }, OUTCOME_SEED);
      applyDamage(other, { store, collection: "cosine" }, OUTCOME_SEED);
      const repaired = await repairCopy(store, QUEUE);
      assertEquals(damageOf(repaired.after), [], damage);
      assertEquals(repaired.verification.problems, [], damage);
      await holdRecords(golden, store, repaired);
    }
  });
}

/** Holds that every record is in the store with its own vector, or in missing.jsonl as it was. */
async function holdRecords(
  golden: GoldenStore,
  store: string,
  { draft, saved }: RepairedCopy,
): Promise<void> {
  const { collections } = await goldenFacts(golden);
  const losses = draft.steps.flatMap(({ losses }) => losses);
  for (const name of ["notes", "cosine", "dot"]) {
    const facts = collections[name];
    if (facts === undefined) throw new Error(`No ${name}`);
    const missing = (saved["missing.jsonl"] ?? []).filter(({ collection }) => collection === name);
    const kept = idsIn(store, facts);
    assertEquals([...kept, ...missing.map(({ id }) => id)].sort(), [...facts.ids].sort(), name);
    const named = losses.filter(({ outcome, collection }) =>
      outcome === "taken-out" && collection === name
    ).flatMap(({ ids }) => ids);
    assertEquals(missing.map(({ id }) => id).sort(), named.sort(), name);
    for (const line of missing) holdLine(line, facts);
    const found = salvage(store, name);
    const shortened = losses.filter(({ kind, collection }) =>
      kind === "length" && collection === name
    ).flatMap(({ ids }) => ids);
    const { wrong } = compare(found, vectorsOf(facts));
    assertEquals(wrong.map(({ id }) => id).sort(), shortened.sort(), name);
    assertEquals(found.missing, [], name);
  }
}

function holdLine(line: Record<string, unknown>, facts: CollectionFacts): void {
  const at = facts.ids.indexOf(String(line.id));
  assertEquals(line.document, facts.documents?.[at]);
  assertEquals(line.metadata, facts.metadatas?.[at]);
  assertEquals(line.embedding, null);
  assert(typeof line.reason === "string" && line.reason !== "");
}

/** The ids that `embeddings` has of a collection. */
function idsIn(store: string, { id }: CollectionFacts): string[] {
  using database = StoreDatabase.open(join(store, "chroma.sqlite3"));
  return database.rows(
    `SELECT embedding_id FROM embeddings JOIN segments ON segments.id = embeddings.segment_id
     WHERE segments.collection = ?`,
    id ?? "",
  ).map(([embeddingId]) => String(embeddingId));
}

function lossesOf({ draft }: RepairedCopy): Omit<RepairLoss, "ids" | "table">[] {
  return draft.steps.flatMap(({ losses }) =>
    losses.map(({ ids: _ids, table: _table, ...loss }) => loss)
  );
}

async function damaged(
  name: string,
  { golden = "chroma-1.5.9" as GoldenStore, collection = "notes" } = {},
): Promise<string> {
  const store = await goldenStore(golden);
  applyDamage(name, { store, collection }, OUTCOME_SEED);
  return store;
}

function segmentOf(store: string, collection: string): string {
  using database = StoreDatabase.open(join(store, "chroma.sqlite3"));
  const [id] = database.row(
    `SELECT s.id FROM segments AS s JOIN collections AS c ON c.id = s.collection
     WHERE s.scope = 'VECTOR' AND c.name = ?`,
    collection,
  ) ?? [];
  return String(id);
}

Deno.test("prepareIndexStage() touches the database and the damaged index, and no other", async () => {
  const store = await damaged("header_zeros", { collection: "cosine" });
  const { staged, draft, verification } = await repairCopy(store, QUEUE);
  assertEquals(staged.coming, ["chroma.sqlite3"]);
  assertEquals(staged.leaving, [segmentOf(store, "cosine")]);
  assertEquals(briefSteps(draft), [{ kind: "queue-vectors", collection: "cosine" }]);
  const [step] = draft.steps;
  assertEquals(step?.replaces, ["chroma.sqlite3", segmentOf(store, "cosine")]);
  assertEquals(step?.strategy, { chosen: "queue", reason: "it was asked for" });
  assertEquals(step?.losses, []);
  assertEquals(verification.vectorsCompared, 120);
});

Deno.test("prepareIndexStage() names for each finding the step that answers it", async () => {
  const store = await damaged("header_zeros");
  const { before, draft } = await repairCopy(store, QUEUE);
  const answered = draft.steps.flatMap(({ answers }) => answers.map(({ code }) => code));
  const wanted = before.filter(({ severity }) => severity !== "info").map(({ code }) => code);
  assertEquals(answered.sort(), wanted.sort());
});

Deno.test("prepareIndexStage() keeps records without a vector when it is asked to", async () => {
  const store = await damaged("vectors_nan");
  const repaired = await repairCopy(store, { ...QUEUE, keepUnsearchable: true });
  const facts = (await goldenFacts("chroma-1.5.9")).collections.notes;
  assertEquals(idsIn(store, facts ?? { count: 0, ids: [] }).length, facts?.count);
  assertEquals(repaired.saved["missing.jsonl"], undefined);
  const [loss] = lossesOf(repaired);
  assertEquals(loss?.outcome, "kept-unsearchable");
  // There is no directory, which the check takes for the cause.
  const left = repaired.after.filter(({ name }) => name === "segment-missing");
  assertEquals(left.map(({ count }) => count), [loss?.count]);
});

Deno.test("prepareIndexStage() does nothing a second time about vectors that are gone", async () => {
  for (const strategy of ["queue", "index"] as const) {
    const store = await damaged("segment_missing");
    const keeping = { strategy, keepUnsearchable: true };
    const first = await repairCopy(store, keeping);
    assertEquals(briefSteps(first.draft).length, 1);
    const answers = first.draft.steps[0]?.answers.map(({ name }) => name);
    assertEquals(answers, strategy === "index" ? ["segment-missing"] : []);
    const second = await repairCopy(store, keeping);
    assertEquals(second.draft.steps, []);
  }
});

Deno.test("prepareIndexStage() builds an index anew when another one stands in its place", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const [own, foreign] = [segmentOf(store, "notes"), segmentOf(store, "dot")];
  const facts = (await goldenFacts("chroma-1.5.9")).collections;
  assert(facts.dot?.dimension !== facts.notes?.dimension);
  await Deno.remove(join(store, own), { recursive: true });
  await copyTree(join(store, foreign), join(store, own));
  const repaired = await repairCopy(store, QUEUE);
  assertEquals(damageOf(repaired.after), []);
  assertEquals(repaired.verification.problems, []);
  // The 16 vectors that wait in the queue are all that is left.
  assertEquals(salvage(store, "notes").records.length, 16);
  assertEquals(
    compare(salvage(store, "notes"), vectorsOf(facts.notes ?? { count: 0, ids: [] })).wrong,
    [],
  );
});

Deno.test("prepareIndexStage() takes records out when nothing tells their dimension", async () => {
  for (const strategy of ["queue", "index"] as const) {
    const store = await goldenStore("chroma-1.5.9");
    await Deno.remove(join(store, segmentOf(store, "unflushed")), { recursive: true });
    {
      using database = StoreDatabase.open(join(store, "chroma.sqlite3"), { writable: true });
      database.execute(`UPDATE collections SET dimension = NULL WHERE name = 'unflushed';
        DELETE FROM embeddings_queue WHERE seq_id BETWEEN 641 AND 652`);
    }
    const repaired = await repairCopy(store, { strategy });
    assertEquals(damageOf(repaired.after), []);
    assertEquals(repaired.saved["missing.jsonl"]?.length, 12);
    assertEquals(repaired.verification.problems, []);
  }
});

Deno.test("prepareIndexStage() leaves other collections alone when one is asked for", async () => {
  const store = await damaged("header_zeros");
  applyDamage("header_zeros", { store, collection: "dot" }, OUTCOME_SEED);
  const { draft } = await repairCopy(store, { ...QUEUE, onlyCollection: "dot" });
  assertEquals(briefSteps(draft), [{ kind: "queue-vectors", collection: "dot" }]);
});

Deno.test("prepareIndexStage() does nothing about an index whose dimension is in doubt", async () => {
  const store = await damaged("foreign_dimension");
  applyDamage("header_zeros", { store, collection: "notes" }, OUTCOME_SEED);
  const onlyCodes = codesOf(
    (await repairCopy(await damaged("header_zeros"), QUEUE)).before,
    "header-version",
  );
  const { draft, staged } = await repairCopy(store, { ...QUEUE, onlyCodes });
  assertEquals(draft.steps, []);
  assertEquals(staged.coming, []);
});

Deno.test("prepareIndexStage() falls back to the queue when the memory does not suffice", async () => {
  const store = await damaged("header_zeros");
  const { draft, verification } = await repairCopy(store, { maxMemoryBytes: 1000 });
  assertEquals(briefSteps(draft), [{ kind: "queue-vectors", collection: "notes" }]);
  assert(/^the index of 382 vectors .* needs/.test(draft.steps[0]?.strategy?.reason ?? ""));
  assertEquals(verification.problems, []);
  const error = await assertRejects(
    () => repairCopy(store, { maxMemoryBytes: 1000, strategy: "index", onlyCodes: null }),
    OperationError,
  ).catch(() => null);
  // The first repair has healed it: there is nothing left that an index could be asked for.
  assertEquals(error, null);
  const again = await damaged("header_zeros");
  const refused = await assertRejects(
    () => repairCopy(again, { maxMemoryBytes: 1000, strategy: "index" }),
    OperationError,
  );
  assertEquals(refused.code, "no-memory");
});

Deno.test("prepareIndexStage() sets rows aside that no engine could replay", async () => {
  const golden = "chroma-0.5.23";
  const store = await damaged("header_zeros", { golden, collection: "cosine" });
  {
    using database = StoreDatabase.open(join(store, "chroma.sqlite3"), { writable: true });
    // Both segments have passed the row, so that no check looks at it.
    database.execute("UPDATE embeddings_queue SET vector = x'00' WHERE seq_id = 500");
  }
  const repaired = await repairCopy(store, QUEUE);
  assertEquals(
    repaired.saved["queue-rows.jsonl"]?.map(({ seq_id, fault }) => ({ seq_id, fault })),
    [
      { seq_id: 500, fault: "vector length" },
    ],
  );
  assertEquals(lossesOf(repaired).map(({ kind, count }) => ({ kind, count })), [
    { kind: "queue-row", count: 1 },
  ]);
  assertEquals(repaired.verification.problems, []);
  const facts = (await goldenFacts(golden)).collections.cosine;
  if (facts === undefined) throw new Error("No cosine");
  assertEquals(compare(salvage(store, "cosine"), vectorsOf(facts)).right, facts.count);
});

Deno.test("prepareIndexStage() leaves a store alone when vectors are handed in that it has", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const facts = (await goldenFacts("chroma-1.5.9")).collections.notes;
  const before = await snapshotTree(store);
  const vectorsPath = await writeLines([{
    collection: "notes",
    id: facts?.ids[0],
    embedding: zeros(32),
  }]);
  const { draft } = await repairCopy(store, { vectorsPath });
  assertEquals(draft.steps, []);
  assertEquals(await snapshotTree(store), before);
});

Deno.test("prepareIndexStage() puts vectors back that are handed in", async () => {
  for (const golden of ["chroma-1.5.9", "chroma-0.5.23"] as const) {
    for (const strategy of ["queue", "index"] as const) {
      const store = await damaged("segment_missing", { golden });
      const facts = (await goldenFacts(golden)).collections.notes;
      if (facts === undefined) throw new Error("No notes");
      const damage = await copyOf(store);
      const first = await repairCopy(store, { strategy });
      const lines = embed(first.saved["missing.jsonl"] ?? [], facts);
      assert(lines.length > 0);
      const vectorsPath = await writeLines(lines);
      // Records that are gone come back, and a damaged store is repaired with them at once.
      const second = await repairCopy(store, { strategy, vectorsPath });
      assertEquals(briefSteps(second.draft), [{ kind: "add-records", collection: "notes" }]);
      assertEquals(second.verification.problems, []);
      assertEquals(second.draft.steps[0]?.gains[0]?.count, lines.length);
      const atOnce = await repairCopy(damage, { strategy, vectorsPath });
      assertEquals(lossesOf(atOnce), []);
      for (const repaired of [store, damage]) {
        const found = salvage(repaired, "notes");
        const { right, wrong } = compare(found, vectorsOf(facts));
        assertEquals(right, facts.count);
        assertEquals(wrong, []);
      }
      assertEquals(damageOf(second.after), []);
      assertEquals(damageOf(atOnce.after), []);
    }
  }
});

Deno.test("prepareIndexStage() mends a vector of the queue that is not finite", async () => {
  for (const strategy of ["queue", "index"] as const) {
    const store = await goldenStore("chroma-1.5.9");
    const facts = (await goldenFacts("chroma-1.5.9")).collections.unflushed;
    if (facts === undefined) throw new Error("No unflushed");
    {
      using database = StoreDatabase.open(join(store, "chroma.sqlite3"), { writable: true });
      const nan = new Uint8Array(new Float32Array(facts.dimension ?? 0).fill(NaN).buffer);
      database.prepare("UPDATE embeddings_queue SET vector = ? WHERE seq_id = 641")(nan);
    }
    const [id = ""] = facts.ids;
    const vectorsPath = await writeLines(embed([{ collection: "unflushed", id }], facts));
    const repaired = await repairCopy(store, { strategy, vectorsPath });
    assertEquals(damageOf(repaired.after), []);
    assertEquals(lossesOf(repaired), []);
    const { right } = compare(salvage(store, "unflushed"), vectorsOf(facts));
    assertEquals(right, facts.count);
  }
});

Deno.test("prepareIndexStage() takes vectors of an older copy that has the same versions", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const copy = await copyOf(store);
  await Deno.remove(join(store, segmentOf(store, "notes")), { recursive: true });
  const repaired = await repairCopy(store, { ...QUEUE, olderCopies: [olderCopy(copy, true)] });
  assertEquals(lossesOf(repaired), []);
  const facts = (await goldenFacts("chroma-1.5.9")).collections.notes;
  if (facts === undefined) throw new Error("No notes");
  assertEquals(compare(salvage(store, "notes"), vectorsOf(facts)).right, facts.count);
  assertEquals(repaired.draft.steps[0]?.gains.at(-1)?.source, "an older copy of the store");
});

Deno.test("prepareIndexStage() names what an older copy may have in an older version", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const copy = await copyOf(store);
  await Deno.remove(join(store, segmentOf(store, "notes")), { recursive: true });
  const facts = (await goldenFacts("chroma-1.5.9")).collections.notes;
  {
    using database = StoreDatabase.open(join(copy, "chroma.sqlite3"), { writable: true });
    // When the copy was made, this record had been written by another write.
    database.execute("UPDATE embeddings SET seq_id = 4 WHERE embedding_id = 'notes-00004'");
  }
  const repaired = await repairCopy(store, { ...QUEUE, olderCopies: [olderCopy(copy, true)] });
  assert(facts?.ids.includes("notes-00004"));
  assertEquals(
    repaired.draft.steps[0]?.losses.map(({ kind, outcome, ids }) => ({ kind, outcome, ids })),
    [
      { kind: "newer-version", outcome: "kept", ids: ["notes-00004"] },
    ],
  );
});

Deno.test("prepareIndexStage() takes vectors of an index that lies in quarantine", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const segment = segmentOf(store, "notes");
  const aside = await scratchDirectory();
  await Deno.rename(join(store, segment), join(aside, segment));
  const repaired = await repairCopy(store, { ...QUEUE, olderCopies: [olderCopy(aside, false)] });
  assertEquals(lossesOf(repaired), []);
  const facts = (await goldenFacts("chroma-1.5.9")).collections.notes;
  if (facts === undefined) throw new Error("No notes");
  assertEquals(compare(salvage(store, "notes"), vectorsOf(facts)).right, facts.count);
});

Deno.test("prepareIndexStage() erases what deleted records have left behind", async () => {
  for (const strategy of ["queue", "index"] as const) {
    const store = await goldenStore("chroma-1.5.9");
    const repaired = await repairCopy(store, { strategy, eraseDeleted: true });
    assert(repaired.before.some(({ name }) => name === "deleted-slots"));
    assertEquals(repaired.after.filter(({ name }) => name === "deleted-slots"), []);
    assertEquals(damageOf(repaired.after), []);
    assertEquals(repaired.verification.problems, []);
    const facts = (await goldenFacts("chroma-1.5.9")).collections.notes;
    if (facts === undefined) throw new Error("No notes");
    assertEquals(compare(salvage(store, "notes"), vectorsOf(facts)).right, facts.count);
  }
});

function olderCopy(directory: string, isWhole: boolean) {
  return { label: "the backup", directory, createdAt: "2026-01-31T00:00:00Z", isWhole };
}

async function copyOf(store: string): Promise<string> {
  const copy = join(await scratchDirectory(), "store");
  await copyTree(store, copy);
  return copy;
}

function zeros(length: number): number[] {
  return new Array<number>(length).fill(0);
}

/** Fills the embeddings of lines in, as an embedder would. */
function embed(
  lines: readonly Record<string, unknown>[],
  facts: CollectionFacts,
): Record<string, unknown>[] {
  const vectors = vectorsOf(facts);
  return lines.map((line) => ({ ...line, embedding: [...vectors.get(String(line.id)) ?? []] }));
}

async function writeLines(lines: readonly Record<string, unknown>[]): Promise<string> {
  const path = join(await scratchDirectory(), "vectors.jsonl");
  await Deno.writeTextFile(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  return path;
}
