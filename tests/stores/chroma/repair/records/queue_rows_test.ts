import { assertEquals } from "@std/assert";
import { deleteQueueRows } from "../../../../../lib/stores/chroma/repair/records/delete_queue_rows.ts";
import { RecordAdder } from "../../../../../lib/stores/chroma/repair/records/added_rows.ts";
import { parseLineText } from "../../../../../lib/stores/chroma/repair/records/queue_metadata.ts";
import { goldenStore } from "../../../../support/fixtures.ts";
import { OpenedRecords } from "./opened_records.ts";

const LAST = `SELECT seq_id, operation, id, vector, encoding, metadata, substr(topic, 1, 29)
  FROM embeddings_queue ORDER BY seq_id DESC LIMIT 1`;

Deno.test("deleteQueueRows() keeps the number of the last row", async () => {
  using opened = await OpenedRecords.open(await goldenStore("chroma-1.5.9"));
  const rows = opened.database.number("SELECT count(*) FROM embeddings_queue") ?? 0;
  assertEquals(deleteQueueRows(opened.database, "seq_id > ?", 680), 6);
  assertEquals(opened.database.number("SELECT count(*) FROM embeddings_queue"), rows - 5);
  assertEquals(opened.database.row(LAST), [
    686,
    1,
    "notes-00196",
    null,
    null,
    null,
    "persistent://default/default/",
  ]);
});

Deno.test("deleteQueueRows() simply deletes rows before the last one", async () => {
  using opened = await OpenedRecords.open(await goldenStore("chroma-1.5.9"));
  const last = opened.database.row(LAST);
  assertEquals(deleteQueueRows(opened.database, "seq_id BETWEEN ? AND ?", 675, 685), 11);
  assertEquals(opened.database.row(LAST), last);
});

Deno.test("deleteQueueRows() puts the number where an engine reads it", async () => {
  using opened = await OpenedRecords.open(await goldenStore("chroma-1.5.9"));
  opened.database.execute(
    "INSERT INTO embeddings_queue (operation, topic, id) VALUES (1, 'nowhere', x'ff')",
  );
  assertEquals(deleteQueueRows(opened.database, "topic = 'nowhere'"), 1);
  const [sequence, operation, id] = opened.database.row(LAST) ?? [];
  assertEquals([sequence, operation, id], [687, 1, "vecfsck-keeps-this-number"]);
  assertEquals(
    opened.database.number(
      `SELECT count(*) FROM embeddings_queue WHERE seq_id = 687
         AND substr(topic, 30) IN (SELECT id FROM collections)`,
    ),
    1,
  );
});

Deno.test("deleteQueueRows() keeps no number in a store without collections", async () => {
  using opened = await OpenedRecords.open(await goldenStore("chroma-1.5.9"));
  opened.database.execute("DELETE FROM collections");
  deleteQueueRows(opened.database, "true");
  assertEquals(opened.database.number("SELECT count(*) FROM embeddings_queue"), 0);
});

Deno.test("RecordAdder.add() numbers rows behind every watermark", async () => {
  using opened = await OpenedRecords.open(await goldenStore("chroma-0.5.23"));
  const { place: { collectionId } } = opened.collection("notes");
  // An empty queue begins at 1, below every watermark of the Python era's bytes.
  opened.database.execute("DELETE FROM embeddings_queue");
  const adder = new RecordAdder(opened.database, collectionId, opened.store.engine);
  const text = parseLineText('{"document":"back","metadata":{"page":1}}');
  adder.add({ id: "notes-00001", vector: Float32Array.of(1, -2), text });
  adder.add({ id: "notes-00002", vector: Float32Array.of(0, 0), text: null });
  assertEquals(
    opened.database.rows(
      "SELECT seq_id, operation, topic, id, hex(vector), encoding, metadata FROM embeddings_queue",
    ),
    [
      [
        807,
        2,
        `persistent://default/default/${collectionId}`,
        "notes-00001",
        "0000803F000000C0",
        "FLOAT32",
        '{"page": 1, "chroma:document": "back"}',
      ],
      [
        808,
        2,
        `persistent://default/default/${collectionId}`,
        "notes-00002",
        "0000000000000000",
        "FLOAT32",
        null,
      ],
    ],
  );
});
