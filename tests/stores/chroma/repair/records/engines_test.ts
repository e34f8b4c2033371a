/**
 * Real engines on stores whose records were repaired: they answer, and what is written afterwards is
 * there. A number of the queue that is given twice would lose those writes without a word.
 */
import { assert, assertEquals } from "@std/assert";
import { restoreRows } from "../../../../../lib/stores/chroma/repair/records/restore_rows.ts";
import { EngineServer } from "../../../../support/engine_server.ts";
import { goldenFacts, goldenStore, scratchDirectory } from "../../../../support/fixtures.ts";
import { findEngine } from "../../../../support/judge.ts";
import { damageOf, repairCopy } from "../repaired_copy.ts";
import { changeDatabase, listRows, OpenedRecords } from "./opened_records.ts";

const BROKEN = [
  "operation = 9",
  "id = ''",
  "vector = substr(vector, 1, 17)",
  "encoding = 'FLOAT64'",
  `metadata = '{"page":'`,
  "created_at = 'then'",
  "topic = 'nowhere'",
] as const;

for (const version of ["1.5.9", "0.5.23", "0.4.24"] as const) {
  const golden = `chroma-${version}` as const;

  Deno.test({
    name: `a store of ${version} takes writes after broken rows were set aside`,
    ignore: findEngine(version) === null,
    async fn() {
      await using engine = new EngineServer(version);
      const facts = await goldenFacts(golden);
      for (const broken of BROKEN) {
        const store = await goldenStore(golden);
        changeDatabase(store, `UPDATE embeddings_queue SET ${broken} WHERE seq_id > 682`);
        assertEquals(damageOf((await repairCopy(store)).after), []);
        // Only adds: what has become of the vectors of the broken rows is not the question here.
        const written = await engine.churn(store, {
          seed: 1,
          operations: 12,
          collections: [{
            name: "notes",
            space: "l2",
            dimension: 32,
            sync: 1000,
            weights: [1, 0, 0, 0, 0],
          }],
        });
        const notes = written["notes"];
        assert(notes !== undefined && notes.count > (facts.collections["notes"]?.count ?? 0));
        const { collections = [] } = await engine.ask(store, [{
          name: "notes",
          dimension: 32,
          queries: notes.queries_f32_base64,
          words: [],
          filters: [],
        }]);
        assertEquals(collections[0]?.error, null, broken);
        assertEquals([...collections[0]?.ids ?? []].sort(), [...notes.ids].sort(), broken);
      }
    },
  });

  Deno.test({
    name: `restoreRows() gives no record of a store that ${version} has churned a wrong id`,
    ignore: findEngine(version) === null,
    async fn() {
      await using engine = new EngineServer(version);
      const store = await scratchDirectory();
      await engine.churn(store, {
        seed: 2,
        operations: 120,
        collections: [
          { name: "first", space: "l2", dimension: 4, sync: 30, first: 60 },
          { name: "second", space: "cosine", dimension: 4, sync: 25 },
          { name: "gone", space: "l2", dimension: 4, sync: 40, first: 30 },
        ],
        delete: ["gone"],
      });
      using healthy = await OpenedRecords.open(store);
      const before = listRows(healthy.database);
      for (const lost of ["id % 3 = 0", "id % 20 = 4", "id BETWEEN 60 AND 90", "id > 100"]) {
        const rows = before.length;
        using opened = await OpenedRecords.open(store);
        opened.database.execute(`DELETE FROM embeddings WHERE ${lost}`);
        opened.database.execute("DELETE FROM embedding_metadata WHERE id % 41 = 0");
        assert((opened.database.number("SELECT count(*) FROM embeddings") ?? 0) < rows);
        restoreRows(opened.store);
        const wrong = listRows(opened.database).filter((row) => !before.includes(row));
        assertEquals(wrong, [], lost);
      }
    },
  });
}
