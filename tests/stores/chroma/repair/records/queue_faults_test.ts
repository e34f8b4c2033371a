import { assertEquals } from "@std/assert";
import { goldenStore } from "../../../../support/fixtures.ts";
import { damageOf, repairCopy } from "../repaired_copy.ts";
import { changeDatabase, OpenedRecords } from "./opened_records.ts";

/** The last row of the queue: an update of a vector that the index still waits for. */
const LAST = "(SELECT max(seq_id) FROM embeddings_queue)";

for (
  const [column, value, fault] of [
    ["operation", "9", "operation"],
    ["id", "x'00ff'", "id"],
    ["vector", "substr(vector, 1, 17)", "vector length"],
    ["vector", "'text'", "vector type"],
    ["encoding", "'FLOAT64'", "encoding"],
    ["topic", "'nowhere'", "topic"],
  ] as const
) {
  Deno.test(`a repair sets a row aside whose ${column} is ${value}`, async () => {
    for (const golden of ["chroma-1.5.9", "chroma-0.5.23"] as const) {
      const store = await goldenStore(golden);
      changeDatabase(
        store,
        `UPDATE embeddings_queue SET ${column} = ${value} WHERE seq_id = ${LAST}`,
      );
      const { draft, saved, after } = await repairCopy(store);
      const [line] = saved["queue-rows.jsonl"] ?? [];
      assertEquals([line?.fault, line?.cure, line?.seq_id], [fault, "set-aside", 686]);
      const losses = draft.steps.flatMap((step) => step.losses);
      assertEquals(losses.map(({ kind, ids }) => [kind, ids]), [["queue-row", ["686"]]]);
      assertEquals(damageOf(after), []);
      using opened = await OpenedRecords.open(store);
      assertEquals(opened.database.number("SELECT max(seq_id) FROM embeddings_queue"), 686);
    }
  });
}

Deno.test("a repair writes every column of a row down as it was", async () => {
  const store = await goldenStore("chroma-1.5.9");
  changeDatabase(
    store,
    `UPDATE embeddings_queue SET operation = 9, vector = x'00ff', encoding = 1.5,
       metadata = CAST(x'ff' AS TEXT), created_at = 'then' WHERE seq_id = ${LAST}`,
  );
  const { saved } = await repairCopy(store);
  const [line] = saved["queue-rows.jsonl"] ?? [];
  const { topic, ...rest } = line ?? {};
  assertEquals(String(topic).startsWith("persistent://default/default/"), true);
  assertEquals(rest, {
    collection: "notes",
    fault: "operation",
    cure: "set-aside",
    seq_id: 686,
    created_at: "then",
    operation: 9,
    id: "notes-00196",
    vector: { base64: "AP8=" },
    encoding: "1.5",
    metadata: { base64: "/w==", storage: "text" },
  });
});

Deno.test("a repair keeps a vector whose metadata the records have taken in", async () => {
  const store = await goldenStore("chroma-1.5.9");
  changeDatabase(
    store,
    `UPDATE embeddings_queue SET metadata = '{"page":' WHERE seq_id > 680`,
  );
  const { draft, saved, after } = await repairCopy(store);
  assertEquals(saved["queue-rows.jsonl"]?.length, 6);
  assertEquals(draft.steps.flatMap(({ losses }) => losses), []);
  assertEquals(damageOf(after), []);
  using opened = await OpenedRecords.open(store);
  assertEquals(
    opened.database.rows(
      "SELECT octet_length(vector), metadata FROM embeddings_queue WHERE seq_id > 685",
    ),
    [[128, null]],
  );
});

Deno.test("a repair sets metadata aside that the records have not taken in", async () => {
  const store = await goldenStore("chroma-1.5.9");
  changeDatabase(
    store,
    `INSERT INTO embeddings_queue (operation, topic, id, vector, encoding, metadata)
     SELECT 0, topic, 'new', vector, encoding, '{"page":' FROM embeddings_queue
     WHERE seq_id = ${LAST}`,
  );
  const { saved, draft } = await repairCopy(store);
  assertEquals(saved["queue-rows.jsonl"]?.map(({ id, cure }) => [id, cure]), [
    ["new", "set-aside"],
  ]);
  assertEquals(draft.steps.flatMap(({ losses }) => losses).map(({ ids }) => ids), [["687"]]);
});

Deno.test("a repair gives a row a time when nothing else is wrong with it", async () => {
  const store = await goldenStore("chroma-1.5.9");
  changeDatabase(
    store,
    // One that the records have taken in, one that nobody has, and one that they passed over.
    `UPDATE embeddings_queue SET created_at = 'then' WHERE seq_id IN (685, 686)`,
    `INSERT INTO embeddings_queue (operation, topic, id, vector, encoding, created_at)
     SELECT 0, topic, 'new', vector, encoding, 'then' FROM embeddings_queue
     WHERE seq_id = ${LAST}`,
    "UPDATE embeddings SET seq_id = 900 WHERE embedding_id = 'notes-00183'",
    "UPDATE embeddings_queue SET id = 'notes-00183' WHERE seq_id = 685",
  );
  const { saved, after } = await repairCopy(store);
  assertEquals(saved["queue-rows.jsonl"]?.map(({ seq_id, cure }) => [seq_id, cure]), [
    [685, "set-aside"],
    [686, "new-time"],
    [687, "new-time"],
  ]);
  assertEquals(damageOf(after), []);
});

Deno.test("a repair blames the dimension when no row has vectors of its length", async () => {
  const store = await goldenStore("chroma-1.5.9");
  changeDatabase(store, "UPDATE collections SET dimension = 31 WHERE name = 'notes'");
  const { saved } = await repairCopy(store);
  assertEquals(saved["queue-rows.jsonl"], undefined);
});
