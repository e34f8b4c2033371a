/**
 * Records of an index that was never flushed: the queue has all of their writes.
 */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { StoreDatabase } from "../../../../lib/sqlite/database.ts";
import { goldenFacts, type GoldenStore, goldenStore } from "../../../support/fixtures.ts";
import { compare, salvage, vectorsOf } from "./salvage_cases.ts";

/** Has the first record of the collection that was never flushed written again, without a vector. */
async function rewrite(golden: GoldenStore, ...statements: string[]): Promise<string> {
  const store = await goldenStore(golden);
  using database = StoreDatabase.open(join(store, "chroma.sqlite3"), { writable: true });
  database.execute(`
    INSERT INTO embeddings_queue (seq_id, operation, topic, id, metadata)
      SELECT 900, 1, topic, id, '{"kind": "new"}' FROM embeddings_queue WHERE seq_id = 641;
    UPDATE embeddings SET seq_id = CASE typeof(seq_id) WHEN 'blob' THEN x'0000000000000384'
      ELSE 900 END WHERE embedding_id = (SELECT id FROM embeddings_queue WHERE seq_id = 641);
    UPDATE max_seq_id SET seq_id = CASE typeof(seq_id) WHEN 'blob' THEN x'0000000000000384'
      ELSE 900 END WHERE segment_id IN (SELECT segment_id FROM embeddings
        WHERE embedding_id = (SELECT id FROM embeddings_queue WHERE seq_id = 641))`);
  for (const statement of statements) database.execute(statement);
  return store;
}

for (const golden of ["chroma-1.5.9", "chroma-0.5.23"] as const) {
  Deno.test(`salvageVectors() takes an add of ${golden} for the first write of its record`, async () => {
    const facts = (await goldenFacts(golden)).collections.unflushed;
    if (facts === undefined) throw new Error("No unflushed");
    const saved = salvage(await rewrite(golden), "unflushed");
    assertEquals(saved.missing, []);
    assertEquals(compare(saved, vectorsOf(facts)).right, facts.count);
  });

  Deno.test(`salvageVectors() does not when rows of ${golden} were purged`, async () => {
    const store = await rewrite(golden, "DELETE FROM embeddings_queue WHERE seq_id = 650");
    const { missing } = salvage(store, "unflushed");
    assertEquals(missing.map(({ reason }) => reason), ["ambiguous", "gone"]);
  });
}
