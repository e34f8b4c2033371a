/**
 * Tests of `lib/stores/chroma/repair/records/rebuilt_steps.ts` and what it is made of: records of a
 * database that was made anew of what was left.
 */
import { assert, assertEquals, assertGreater } from "@std/assert";
import { join } from "@std/path";
import type { RepairLoss } from "../../../../../lib/model/repair.ts";
import { type SqlValue, StoreDatabase } from "../../../../../lib/sqlite/database.ts";
import { applyDamage } from "../../../../support/damages/mod.ts";
import {
  type GoldenFacts,
  goldenFacts,
  type GoldenStore,
  goldenStore,
  tornStore,
} from "../../../../support/fixtures.ts";
import { repairCopy, type RepairedCopy } from "../repaired_copy.ts";

function read(store: string, sql: string): SqlValue[][] {
  using database = StoreDatabase.open(join(store, "chroma.sqlite3"));
  return database.rows(sql);
}

function lossesOf({ draft }: RepairedCopy, kind: RepairLoss["kind"]): Set<string> {
  const losses = draft.steps.flatMap((step) => step.losses).filter((loss) => loss.kind === kind);
  return new Set(losses.flatMap(({ ids }) => ids));
}

async function breakPages(golden: GoldenStore, seed: number): Promise<string> {
  const store = await goldenStore(golden);
  applyDamage("sqlite_pages_random", { store, collection: "notes" }, seed);
  return store;
}

const DOCUMENTS = `SELECT c.name, e.embedding_id, m.string_value FROM embeddings AS e
  JOIN segments AS s ON s.id = e.segment_id JOIN collections AS c ON c.id = s.collection
  LEFT JOIN embedding_metadata AS m ON m.id = e.id AND m.key = 'chroma:document'`;

function documentOf(facts: GoldenFacts, collection: SqlValue, id: SqlValue): string | undefined {
  const { ids = [], documents = [] } = facts.collections[String(collection)] ?? {};
  return documents[ids.indexOf(String(id))];
}

Deno.test("prepareRebuiltSteps() brings records back that only the index has", async () => {
  const store = await tornStore("chroma-1.5.9-2");
  const repaired = await repairCopy(store);
  const step = repaired.draft.steps.find(({ title }) => title.startsWith("Bring 80 records back"));
  assertEquals(step?.collection, "live");
  const back = read(
    store,
    "SELECT embedding_id FROM embeddings WHERE embedding_id >= 'r3060' " +
      "AND embedding_id <= 'r3119' AND length(embedding_id) = 5",
  );
  assertEquals(back.length, 60);
  const documents = lossesOf(repaired, "document");
  assertEquals(back.filter(([id]) => !documents.has(String(id))), []);
  const outdated = lossesOf(repaired, "newer-version");
  assertEquals(back.filter(([id]) => !outdated.has(String(id))), []);
});

Deno.test("prepareRebuiltSteps() gives every record that comes back a number of its own", async () => {
  const store = await tornStore("chroma-0.5.23-1");
  await repairCopy(store);
  assertEquals(
    read(
      store,
      "SELECT count(*) - count(DISTINCT seq_id), count(DISTINCT typeof(seq_id)) " +
        "FROM embeddings",
    ),
    [[0, 1]],
  );
});

Deno.test("prepareRebuiltSteps() brings no deleted record back where an index names all", async () => {
  const store = await breakPages("chroma-0.5.23", 1);
  const facts = await goldenFacts("chroma-0.5.23");
  await repairCopy(store);
  const ids = read(store, DOCUMENTS).filter(([name]) => name === "notes").map(([, id]) => id);
  assertEquals(new Set(ids), new Set(facts.collections.notes?.ids));
});

Deno.test("prepareRebuiltSteps() takes documents from the queue, and names what is lost", async () => {
  for (const seed of [2, 4]) {
    const store = await breakPages("chroma-0.4.24", seed);
    const facts = await goldenFacts("chroma-0.4.24");
    const repaired = await repairCopy(store);
    const gains = repaired.draft.steps.flatMap((step) => step.gains);
    const fromQueue = gains.filter(({ what, source }) =>
      what === "documents" && source === "the queue"
    );
    assertGreater(fromQueue.reduce((sum, { count }) => sum + count, 0), 0);
    const lost = lossesOf(repaired, "document");
    for (const [collection = null, id = null, document] of read(store, DOCUMENTS)) {
      const expected = documentOf(facts, collection, id);
      if (document === null) assert(lost.has(String(id)), `${seed} ${id}`);
      else assertEquals(document, expected, `${seed} ${id}`);
    }
  }
});

Deno.test("prepareRebuiltSteps() names records whose newest write the queue may have lost", async () => {
  const store = await breakPages("chroma-0.4.24", 1);
  const repaired = await repairCopy(store);
  // The eleven records of the fixture that were updated after the last flush.
  const outdated = lossesOf(repaired, "newer-version");
  assertGreater(outdated.size, 10);
});
