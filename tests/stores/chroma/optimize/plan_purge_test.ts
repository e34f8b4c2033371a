import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { StoreDatabase } from "../../../../lib/sqlite/database.ts";
import { readLayout } from "../../../../lib/stores/chroma/layout.ts";
import { openCatalogue } from "../../../../lib/stores/chroma/opened_catalogue.ts";
import { planPurge, type PurgePlan } from "../../../../lib/stores/chroma/optimize/plan_purge.ts";
import { goldenStore } from "../../../support/fixtures.ts";

function plan(store: string): PurgePlan {
  const layout = readLayout(store);
  const opened = openCatalogue(layout);
  assert(opened !== null);
  using _reading = opened.reading;
  return planPurge(layout, opened, undefined);
}

function change(store: string, sql: string): void {
  using database = StoreDatabase.open(join(store, "chroma.sqlite3"), { writable: true });
  database.execute(sql);
}

/** How many rows of each collection go, and how many stay. */
function countsOf({ purges, rests }: PurgePlan): Record<string, number[]> {
  const counts: Record<string, number[]> = {};
  for (const { action: { collection, figures: [rows] } } of purges) {
    counts[collection ?? ""] = [(rows?.before ?? 0) - (rows?.after ?? 0)];
  }
  for (const { collection, count } of rests) (counts[collection ?? ""] ??= []).push(count);
  return counts;
}

const TOPIC_OF_NOTES =
  "(SELECT 'persistent://default/default/' || id FROM collections WHERE name = 'notes')";

Deno.test("planPurge() has rows stay that the index lacks, and the one at the watermark", async () => {
  const store = await goldenStore("chroma-0.4.24");
  assertEquals(countsOf(plan(store)), {
    notes: [399, 34],
    cosine: [99, 20],
    dot: [99, 20],
    unflushed: [12],
  });
  const newer = await goldenStore("chroma-1.5.9");
  assertEquals(countsOf(plan(newer)), { notes: [16], unflushed: [12] });
});

Deno.test("planPurge() has the last row of the queue stay, whatever the watermarks are", async () => {
  const store = await goldenStore("chroma-1.5.9");
  change(
    store,
    `UPDATE max_seq_id SET seq_id = 1000000;
     DELETE FROM embeddings_queue WHERE seq_id < (SELECT max(seq_id) FROM embeddings_queue)`,
  );
  assertEquals(plan(store).purges, []);
});

Deno.test("planPurge() has rows stay whose vectors the index does not hold as they are", async () => {
  const store = await goldenStore("chroma-0.4.24");
  change(
    store,
    `UPDATE embeddings_queue SET vector = randomblob(octet_length(vector)) WHERE seq_id IN (
       SELECT max(seq_id) FROM embeddings_queue WHERE topic = ${TOPIC_OF_NOTES} AND operation = 0
       AND id IN (SELECT embedding_id FROM embeddings) AND seq_id < 300)`,
  );
  const { purges, rests } = plan(store);
  assertEquals(purges.map(({ action }) => action.collection), ["cosine", "dot"]);
  assertEquals(
    rests[0]?.reason,
    "the index does not hold the vectors of 1 record as the queue brought them",
  );
  assertEquals(rests[0]?.count, 399);
});

Deno.test("planPurge() has rows stay of collections that are gone, and names the way", async () => {
  const store = await goldenStore("chroma-0.4.24");
  change(store, "DELETE FROM collections WHERE name = 'cosine'");
  const { purges, rests } = plan(store);
  assertEquals(purges.map(({ action }) => action.collection), ["notes", "dot"]);
  const [orphans] = rests.filter(({ collection }) => collection === null);
  assertEquals(orphans?.count, 120);
  assertEquals(orphans?.reason.includes("vecfsck repair --only VF1306"), true);
});
