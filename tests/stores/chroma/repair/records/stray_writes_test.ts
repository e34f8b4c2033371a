/**
 * Tests of `lib/stores/chroma/repair/records/stray_writes.ts`.
 */
import { assert, assertEquals } from "@std/assert";
import { findStrayWrites } from "../../../../../lib/stores/chroma/repair/records/stray_writes.ts";
import { applyDamage } from "../../../../support/damages/mod.ts";
import { goldenStore } from "../../../../support/fixtures.ts";
import { damageOf, repairCopy } from "../repaired_copy.ts";
import { changeDatabase, OpenedRecords, RECORD_GOLDENS } from "./opened_records.ts";

/** A collection of the golden stores that was never flushed: its index has only what the queue has. */
const NEVER_FLUSHED = "unflushed";
const LOST_ID = "unflushed-00003";

/** Takes a record away as if it had been deleted, and leaves its write in the queue. */
function loseRecord(store: string): void {
  const row = `(SELECT id FROM embeddings WHERE embedding_id = '${LOST_ID}')`;
  changeDatabase(
    store,
    `DELETE FROM embedding_fulltext_search WHERE rowid = ${row}`,
    `DELETE FROM embedding_metadata WHERE id = ${row}`,
    `DELETE FROM embeddings WHERE embedding_id = '${LOST_ID}'`,
  );
}

for (const golden of RECORD_GOLDENS) {
  Deno.test(`findStrayWrites() finds nothing when ${golden} is whole`, async () => {
    using opened = await OpenedRecords.open(await goldenStore(golden));
    assert(opened.store.collections.length > 2);
    for (const collection of opened.store.collections) {
      const stray = findStrayWrites(opened.store, collection);
      assertEquals(stray, { ids: [], sequences: [] }, collection.name);
    }
  });
}

Deno.test("findStrayWrites() finds the write of a record that is gone", async () => {
  const store = await goldenStore("chroma-0.5.23");
  loseRecord(store);
  using opened = await OpenedRecords.open(store);
  const collection = opened.store.collections.find(({ name }) => name === NEVER_FLUSHED);
  assert(collection !== undefined);
  const { ids, sequences } = findStrayWrites(opened.store, collection);
  assertEquals(ids, [LOST_ID]);
  assertEquals(sequences.length, 1);
  assertEquals(
    opened.database.rows(
      "SELECT id FROM embeddings_queue WHERE seq_id = CAST(? AS INTEGER)",
      sequences[0] ?? "",
    ),
    [[LOST_ID]],
  );
});

Deno.test("findStrayWrites() leaves a write alone when the queue deletes the record later", async () => {
  const store = await goldenStore("chroma-0.5.23");
  loseRecord(store);
  changeDatabase(
    store,
    `INSERT INTO embeddings_queue (created_at, operation, topic, id)
     SELECT created_at, 3, topic, id FROM embeddings_queue WHERE id = '${LOST_ID}'`,
  );
  using opened = await OpenedRecords.open(store);
  for (const collection of opened.store.collections) {
    assertEquals(findStrayWrites(opened.store, collection).ids, [], collection.name);
  }
});

Deno.test("a repair after lost rows takes writes of records that are gone out of the queue", async () => {
  const store = await goldenStore("chroma-0.5.23");
  loseRecord(store);
  applyDamage("records_lost", { store, collection: "notes" }, 1);
  const { draft, saved, after } = await repairCopy(store);
  assertEquals(damageOf(after), []);
  const named = draft.steps.flatMap((step) => step.losses).flatMap(({ ids }) => ids);
  assertEquals(named.filter((id) => id === LOST_ID), [LOST_ID]);
  const lines = saved["queue-rows.jsonl"] ?? [];
  assertEquals(lines.map(({ id, fault }) => [id, fault]), [[LOST_ID, "record gone"]]);
  using opened = await OpenedRecords.open(store);
  assertEquals(
    opened.database.number(
      "SELECT count(*) FROM embeddings_queue WHERE id = ? AND operation <> 1",
      LOST_ID,
    ),
    0,
  );
});
