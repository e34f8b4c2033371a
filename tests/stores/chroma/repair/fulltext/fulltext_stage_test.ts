import { assertEquals } from "@std/assert";
import { applyDamage } from "../../../../support/damages/mod.ts";
import { goldenStore } from "../../../../support/fixtures.ts";
import { codesOf, damageOf, repairCopy } from "../repaired_copy.ts";
import { changeDatabase, OpenedRecords, RECORD_GOLDENS } from "../records/opened_records.ts";

const TABLE = "embedding_fulltext_search";

/** Holds the full text against the documents, and its index against its texts. */
async function assertWhole(store: string): Promise<void> {
  using opened = await OpenedRecords.open(store);
  const { database } = opened;
  const documents = `SELECT id, string_value FROM embedding_metadata
    WHERE key = 'chroma:document' AND id IN (SELECT id FROM embeddings)`;
  const texts = `SELECT rowid, string_value FROM ${TABLE}`;
  assertEquals(database.number(`SELECT count(*) FROM (${documents} EXCEPT ${texts})`), 0);
  assertEquals(database.number(`SELECT count(*) FROM (${texts} EXCEPT ${documents})`), 0);
  database.execute(`INSERT INTO ${TABLE} (${TABLE}) VALUES ('integrity-check')`);
  const found = database.number(`SELECT count(*) FROM ${TABLE} WHERE string_value MATCH '"quick"'`);
  assertEquals(
    found,
    database.number(`SELECT count(*) FROM (${documents}
    AND string_value LIKE '%quick%')`),
  );
}

for (const golden of RECORD_GOLDENS) {
  for (const damage of ["fts_rows_lost", "fts_content_lost"]) {
    Deno.test(`a repair makes the full text of ${golden} anew after ${damage}`, async () => {
      const store = await goldenStore(golden);
      applyDamage(damage, { store, collection: "notes" }, 1);
      const { draft, after, staged } = await repairCopy(store);
      assertEquals(draft.steps.map(({ kind }) => kind), ["rebuild-fulltext"]);
      assertEquals(draft.unanswered.filter(({ isDamage }) => isDamage), []);
      assertEquals(staged.coming, ["chroma.sqlite3"]);
      assertEquals(damageOf(after), []);
      await assertWhole(store);
    });
  }
}

for (
  const [what, statements] of [
    ["the table of texts", [`DROP TABLE ${TABLE}_content`]],
    ["the table of the index", [`DROP TABLE ${TABLE}_data`]],
    ["the table of lengths", [`DROP TABLE ${TABLE}_docsize`]],
    ["the table of the version", [`DROP TABLE ${TABLE}_config`]],
    ["the version", [`DELETE FROM ${TABLE}_config`]],
    ["the table itself", [`DELETE FROM sqlite_schema WHERE name = '${TABLE}'`]],
    ["all of it", [`DROP TABLE ${TABLE}`]],
    ["the structure of the index", [`DELETE FROM ${TABLE}_data WHERE id = 10`]],
  ] as const
) {
  Deno.test(`a repair makes the full text anew where ${what} is gone`, async () => {
    const store = await goldenStore("chroma-1.5.9");
    changeDatabase(store, ...statements);
    const { after, before } = await repairCopy(store);
    assertEquals(damageOf(before).length > 0, true);
    assertEquals(damageOf(after), []);
    await assertWhole(store);
  });
}

Deno.test("a repair lets the document stand, and writes both texts down", async () => {
  const store = await goldenStore("chroma-1.5.9");
  changeDatabase(
    store,
    `UPDATE ${TABLE} SET string_value = 'quite another text' WHERE rowid = 5`,
  );
  const { draft, saved, after } = await repairCopy(store);
  assertEquals(draft.steps.map(({ kind }) => kind), ["rebuild-fulltext"]);
  assertEquals(saved["conflicts.jsonl"], [{
    collection: "notes",
    id: "notes-00004",
    key: "chroma:document",
    kept: {
      source: "embedding_metadata",
      text: "record 4 of notes: the quick brown fox number 4",
    },
    other: { source: TABLE, text: "quite another text" },
  }]);
  assertEquals(damageOf(after), []);
  await assertWhole(store);
});

Deno.test("a repair corrects a document that the full text and the queue contradict", async () => {
  const store = await goldenStore("chroma-0.4.24");
  changeDatabase(
    store,
    "UPDATE embedding_metadata SET string_value = 'flipped' WHERE id = 5 AND key = 'chroma:document'",
  );
  const { draft, saved, after } = await repairCopy(store);
  assertEquals(draft.steps.map(({ kind, collection }) => [kind, collection]), [
    ["correct-records", "notes"],
    ["rebuild-fulltext", "notes"],
  ]);
  assertEquals(saved["conflicts.jsonl"]?.[0]?.other, {
    source: "embedding_metadata",
    text: "flipped",
  });
  assertEquals(damageOf(after), []);
  using opened = await OpenedRecords.open(store);
  assertEquals(
    opened.documentOf("notes-00004"),
    "record 4 of notes: the quick brown fox number 4",
  );
});

Deno.test("a repair takes texts away that keep an engine from adding", async () => {
  const store = await goldenStore("chroma-1.5.9");
  changeDatabase(
    store,
    `INSERT INTO ${TABLE} (rowid, string_value) VALUES (653, 'old'), (900, 'b')`,
  );
  const { draft, before, after } = await repairCopy(store);
  assertEquals(codesOf(before, "fulltext-row-in-the-way").size, 1);
  assertEquals(draft.steps.map(({ title }) => title), [
    "Take 2 rows out of the full text that no record has",
  ]);
  assertEquals(after.filter(({ name }) => /^fulltext/.test(name)), []);
  await assertWhole(store);
});

Deno.test("a repair leaves the texts of deleted records where nobody asks for them", async () => {
  const store = await goldenStore("chroma-0.4.24");
  const { draft, before } = await repairCopy(store);
  assertEquals(codesOf(before, "fulltext-leftover").size, 1);
  assertEquals(draft.steps, []);
  const asked = await repairCopy(store, { onlyCodes: codesOf(before, "fulltext-leftover") });
  assertEquals(asked.draft.steps.map(({ title }) => title), [
    "Take 18 rows out of the full text that no record has",
  ]);
  await assertWhole(store);
});
