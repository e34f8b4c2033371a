import { assertEquals } from "@std/assert";
import {
  type QueueHistory,
  QueueHistoryReader,
} from "../../../../../lib/stores/chroma/repair/records/queue_history.ts";
import { toRecordText } from "../../../../../lib/stores/chroma/repair/records/record_values.ts";
import { ValueWriter } from "../../../../../lib/stores/chroma/repair/records/store_values.ts";
import { goldenStore } from "../../../../support/fixtures.ts";
import { OpenedRecords } from "./opened_records.ts";

/** A row of the queue: the operation, and the metadata where it has any. */
type Row = readonly [operation: "add" | "update" | "upsert" | "delete", metadata?: string];

const CODES = { add: 0, update: 1, upsert: 2, delete: 3 } as const;

async function historyOf(
  golden: "chroma-1.5.9" | "chroma-0.4.24",
  rows: readonly Row[],
): Promise<QueueHistory> {
  using opened = await OpenedRecords.open(await goldenStore(golden));
  const { place, subject: { dimension } } = opened.collection("notes");
  const insert = opened.database.prepare(
    `INSERT INTO embeddings_queue (operation, topic, id, vector, encoding, metadata)
     VALUES (?, 'persistent://default/default/${place.collectionId}', 'x', ?, ?, ?)`,
  );
  for (const [operation, metadata = null] of rows) {
    const vector = operation === "add" || operation === "upsert" ? new Uint8Array(128) : null;
    insert(CODES[operation], vector, vector === null ? null : "FLOAT32", metadata);
  }
  const reader = new QueueHistoryReader(
    opened.database,
    { place: { ...place, metadataWatermark: 1000 }, dimension, engine: opened.store.engine },
    "SELECT 'x'",
  );
  assertEquals([...reader.ids()], rows.length === 0 ? [] : ["x"]);
  return reader.read("x");
}

function brief({ isLive, createdSequence, isCreationSure, created, later }: QueueHistory) {
  const [all, sure] = [toRecordText(created).metadata, toRecordText(later).metadata];
  return { isLive, createdSequence, isCreationSure, created: all, later: sure };
}

Deno.test("QueueHistoryReader.read() does not rely on an add that may have done nothing", async () => {
  assertEquals(
    brief(await historyOf("chroma-1.5.9", [["add", '{"a":"1"}'], ["update", '{"b":"2"}']])),
    {
      isLive: true,
      createdSequence: 687,
      isCreationSure: false,
      created: { a: "1", b: "2" },
      later: { b: "2" },
    },
  );
});

Deno.test("QueueHistoryReader.read() relies on an add where the queue is whole", async () => {
  assertEquals(
    brief(await historyOf("chroma-0.4.24", [["add", '{"a":"1"}'], ["add", '{"a":"2"}']])),
    {
      isLive: true,
      createdSequence: 687,
      isCreationSure: true,
      created: { a: "1" },
      later: { a: "1" },
    },
  );
});

Deno.test("QueueHistoryReader.read() relies on what comes behind a delete", async () => {
  assertEquals(
    brief(
      await historyOf("chroma-1.5.9", [
        ["update", '{"a":"1"}'],
        ["delete"],
        ["update", '{"a":"2"}'],
        ["upsert", '{"b":"3"}'],
        ["update", '{"b":null,"c":"4"}'],
      ]),
    ),
    {
      isLive: true,
      createdSequence: 690,
      isCreationSure: true,
      created: { c: "4" },
      later: { c: "4" },
    },
  );
});

Deno.test("QueueHistoryReader.read() tells nothing of a record that the queue does not name", async () => {
  assertEquals(brief(await historyOf("chroma-1.5.9", [])), {
    isLive: null,
    createdSequence: null,
    isCreationSure: false,
    created: null,
    later: null,
  });
});

Deno.test("ValueWriter.write() leaves what a record has", async () => {
  const history = await historyOf("chroma-0.4.24", [
    ["add", '{"page": 77, "new": 1.0, "yes": true, "kind": "other"}'],
  ]);
  using opened = await OpenedRecords.open(await goldenStore("chroma-1.5.9"));
  const row = opened.rowOf("notes-00004");
  opened.database.execute(`DELETE FROM embedding_metadata WHERE id = ${row} AND key = 'kind'`);
  const written = new ValueWriter(opened.database).write(row, history.created);
  assertEquals(written, ["new", "yes", "kind"]);
  assertEquals(
    opened.database.rows(
      `SELECT key, string_value, int_value, typeof(float_value), bool_value
       FROM embedding_metadata WHERE id = ? AND key <> 'chroma:document' ORDER BY key`,
      row,
    ),
    [
      ["kept", null, null, "null", 0],
      ["kind", "other", null, "null", null],
      ["new", null, null, "real", null],
      ["page", null, 4, "null", null],
      ["score", null, null, "real", null],
      ["yes", null, null, "null", 1],
    ],
  );
});
