import { assert, assertEquals } from "@std/assert";
import { applyDamage } from "../../../../support/damages/mod.ts";
import { goldenFacts, goldenStore } from "../../../../support/fixtures.ts";
import { codesOf, damageOf, repairCopy } from "../repaired_copy.ts";
import { changeDatabase, OpenedRecords } from "./opened_records.ts";

Deno.test("a repair takes traces out that nobody knows the id of", async () => {
  const store = await goldenStore("chroma-0.5.23");
  applyDamage("records_lost", { store, collection: "notes" }, 1);
  const { draft, saved, after } = await repairCopy(store);
  const lines = saved["missing.jsonl"] ?? [];
  // The rows of a collection that was deleted, which 0.5 leaves behind.
  assertEquals(lines.length, 30);
  assertEquals(lines[0], {
    collection: null,
    id: null,
    document: "record 3 of gone: the quick brown fox number 3",
    metadata: { page: 3, kind: "odd", score: 3 / 7, kept: true },
    embedding: null,
    reason: "whose document this is cannot be told without guessing",
  });
  const losses = draft.steps.flatMap((step) => step.losses);
  assertEquals(losses.map(({ kind, outcome, count }) => [kind, outcome, count]), [
    ["record", "taken-out", 30],
  ]);
  assertEquals(damageOf(after), []);
  assertEquals(after.filter(({ name }) => name === "metadata-orphaned"), []);
});

for (const golden of ["chroma-1.5.9", "chroma-0.5.23", "chroma-0.4.24"] as const) {
  Deno.test(`a repair brings lost documents back in ${golden}, and names lost values`, async () => {
    const store = await goldenStore(golden);
    applyDamage("metadata_rows_lost", { store, collection: "notes" }, 1);
    const { draft, after } = await repairCopy(store);
    assertEquals(damageOf(after), []);
    const facts = await goldenFacts(golden);
    using opened = await OpenedRecords.open(store);
    const listed = new Set(draft.steps.flatMap(({ losses }) => losses).flatMap(({ ids }) => ids));
    for (const { ids, documents, metadatas } of Object.values(facts.collections)) {
      for (const [index, id] of ids.entries()) {
        const row = opened.rowOf(id);
        assertEquals(opened.documentOf(id), documents?.[index]);
        const page = opened.database.number(
          "SELECT int_value FROM embedding_metadata WHERE id = ? AND key = 'page'",
          row,
        );
        assertEquals(page, listed.has(id) ? null : metadatas?.[index]?.page, id);
      }
    }
    assertEquals(listed.size > 0, golden !== "chroma-0.4.24");
  });
}

Deno.test("a repair takes the queue's word for a document against the full text's", async () => {
  const store = await goldenStore("chroma-0.4.24");
  changeDatabase(
    store,
    "DELETE FROM embedding_metadata WHERE id = 5 AND key = 'chroma:document'",
    "UPDATE embedding_fulltext_search SET string_value = 'of a record that is gone' WHERE rowid = 5",
  );
  const { saved, after } = await repairCopy(store);
  assertEquals(saved["conflicts.jsonl"], [{
    collection: "notes",
    id: "notes-00004",
    key: "chroma:document",
    kept: {
      source: "embeddings_queue",
      text: "record 4 of notes: the quick brown fox number 4",
    },
    other: { source: "embedding_fulltext_search", text: "of a record that is gone" },
  }, {
    collection: "notes",
    id: "notes-00004",
    key: "chroma:document",
    kept: {
      source: "embedding_metadata",
      text: "record 4 of notes: the quick brown fox number 4",
    },
    other: { source: "embedding_fulltext_search", text: "of a record that is gone" },
  }]);
  assertEquals(damageOf(after), []);
});

Deno.test("a repair does not take a text of 0.4 for a document when nothing else has it", async () => {
  const store = await goldenStore("chroma-0.4.24");
  changeDatabase(
    store,
    "DELETE FROM embedding_metadata WHERE id = 5 AND key = 'chroma:document'",
    "DELETE FROM embeddings_queue WHERE id = 'notes-00004'",
  );
  const { draft, saved } = await repairCopy(store);
  const losses = draft.steps.flatMap((step) => step.losses);
  // A queue that is never purged and has no row of a record says nothing of it.
  assertEquals(losses.map(({ kind, ids }) => [kind, ids]), [["document", ["notes-00004"]]]);
  assertEquals(saved["conflicts.jsonl"]?.[0]?.kept, null);
});

Deno.test("a repair removes what belongs to nothing only when it is asked to", async () => {
  const store = await goldenStore("chroma-0.5.23");
  const untouched = await repairCopy(store);
  assertEquals(untouched.draft.steps, []);
  const onlyCodes = codesOf(untouched.before, "records-orphaned");
  assertEquals(onlyCodes.size, 1);
  const { draft, after, staged } = await repairCopy(store, { onlyCodes });
  assertEquals(staged.coming, ["chroma.sqlite3"]);
  assertEquals(
    draft.steps.flatMap(({ losses }) => losses).map(({ table, count, ids }) => [
      table,
      count,
      ids.length,
    ]),
    [["embedding_metadata", 600, 0], ["embeddings", 120, 120]],
  );
  assertEquals(after.filter(({ name }) => name === "records-orphaned"), []);
  assertEquals(damageOf(after), []);
});

Deno.test("a repair removes lists that the next record would inherit", async () => {
  const store = await goldenStore("chroma-1.5.9");
  changeDatabase(
    store,
    "INSERT INTO embedding_metadata_array (id, key, string_value) VALUES (9000, 'tags', 'a')",
  );
  const { draft, after } = await repairCopy(store);
  assertEquals(draft.steps.map(({ answers }) => answers.map(({ name }) => name)), [
    ["metadata-array-orphaned"],
  ]);
  assertEquals(after.filter(({ name }) => name === "metadata-array-orphaned"), []);
});

Deno.test("a repair keeps the values of records that have only lost their row", async () => {
  const store = await goldenStore("chroma-1.5.9");
  changeDatabase(
    store,
    "DELETE FROM embeddings WHERE id = 101",
    "INSERT INTO embedding_metadata (id, key, int_value) VALUES (9000, 'page', 1)",
  );
  const before = (await repairCopy(await goldenStore("chroma-1.5.9"))).before;
  assertEquals(codesOf(before, "metadata-orphaned").size, 0);
  const { draft } = await repairCopy(store, { onlyCodes: new Set(["VF1302"]) });
  assertEquals(draft.steps.flatMap(({ losses }) => losses).map(({ ids }) => ids), [["9000"]]);
});

Deno.test("a repair empties the queue of collections that are gone", async () => {
  const store = await goldenStore("chroma-1.5.9");
  changeDatabase(
    store,
    `INSERT INTO embeddings_queue (operation, topic, id) VALUES
       (3, 'persistent://default/default/00000000-0000-0000-0000-000000000001', 'a'),
       (3, 'persistent://default/default/00000000-0000-0000-0000-000000000001', 'b')`,
  );
  const { draft, after } = await repairCopy(store, { onlyCodes: new Set(["VF1306"]) });
  assertEquals(draft.steps.flatMap(({ losses }) => losses).map(({ ids }) => ids), [["687", "688"]]);
  assertEquals(after.filter(({ name }) => name === "queue-orphaned"), []);
  using opened = await OpenedRecords.open(store);
  assertEquals(opened.database.number("SELECT max(seq_id) FROM embeddings_queue"), 688);
});

Deno.test("a second repair of records finds nothing to do", async () => {
  for (const damage of ["records_lost", "metadata_rows_lost"]) {
    const store = await goldenStore("chroma-0.5.23-then-1.5.9");
    applyDamage(damage, { store, collection: "notes" }, 1);
    assert((await repairCopy(store)).draft.steps.length > 0);
    assertEquals((await repairCopy(store)).draft.steps, []);
  }
});

Deno.test("a repair keeps records whose documents cannot be told apart", async () => {
  const store = await goldenStore("chroma-1.5.9");
  // The label between theirs was deleted: either can have had it, and been given another one.
  changeDatabase(store, "DELETE FROM embeddings WHERE id IN (5, 7)");
  const { draft, saved, after } = await repairCopy(store);
  const facts = await goldenFacts("chroma-1.5.9");
  const losses = draft.steps.flatMap((step) => step.losses);
  const lost = new Set(losses.flatMap(({ ids }) => ids));
  assertEquals([...lost], ["notes-00004", "notes-00006"]);
  assertEquals(damageOf(after), []);
  using opened = await OpenedRecords.open(store);
  const { ids = [], documents = [] } = facts.collections["notes"] ?? {};
  assertEquals(ids.filter((id) => opened.rowOf(id) === -1), []);
  for (const [index, id] of ids.entries()) {
    assertEquals(opened.documentOf(id), lost.has(id) ? null : documents[index]);
  }
  assertEquals((saved["missing.jsonl"] ?? []).length, lost.size);
});
