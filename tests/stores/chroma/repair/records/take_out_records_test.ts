import { assertEquals, assertThrows } from "@std/assert";
import { OperationError } from "../../../../../lib/base/errors.ts";
import { takeOutRecords } from "../../../../../lib/stores/chroma/repair/records/take_out_records.ts";
import { goldenStore } from "../../../../support/fixtures.ts";
import { OpenedRecords } from "./opened_records.ts";

const REASON = "the index has no vector of it";

function leaving(opened: OpenedRecords, ...ids: string[]) {
  return ids.map((id) => ({ id, rowId: opened.rowOf(id), reason: REASON }));
}

function countOf(opened: OpenedRecords, table: string, key: string, row: number): number | null {
  return opened.database.number(`SELECT count(*) FROM ${table} WHERE ${key} = ?`, row);
}

for (const golden of ["chroma-1.5.9", "chroma-0.5.23", "chroma-0.4.24"] as const) {
  Deno.test(`takeOutRecords() leaves nothing of a record in ${golden}`, async () => {
    using opened = await OpenedRecords.open(await goldenStore(golden));
    const row = opened.rowOf("notes-00002");
    const taken = takeOutRecords(
      opened.database,
      opened.place("notes"),
      leaving(opened, "notes-00002", "notes-00007"),
      opened.saved,
    );
    assertEquals({ count: taken.count, ids: taken.ids }, {
      count: 2,
      ids: ["notes-00002", "notes-00007"],
    });
    assertEquals(opened.lines["missing.jsonl"]?.[0], {
      collection: "notes",
      id: "notes-00002",
      document: "record 2 of notes: the quick brown fox number 2",
      metadata: { page: 2, kind: "even", score: 2 / 7, kept: false },
      embedding: null,
      reason: REASON,
    });
    assertEquals(countOf(opened, "embeddings", "id", row), 0);
    assertEquals(countOf(opened, "embedding_metadata", "id", row), 0);
    assertEquals(countOf(opened, "embedding_fulltext_search", "rowid", row), 0);
    assertEquals(
      opened.database.number("SELECT count(*) FROM embeddings_queue WHERE id = 'notes-00002'"),
      0,
    );
    opened.database.execute(
      `INSERT INTO embedding_fulltext_search (embedding_fulltext_search) VALUES ('integrity-check')`,
    );
  });
}

Deno.test("takeOutRecords() keeps the types of values apart", async () => {
  using opened = await OpenedRecords.open(await goldenStore("chroma-1.5.9"));
  const row = opened.rowOf("notes-00002");
  opened.database.execute(`DELETE FROM embedding_metadata WHERE id = ${row};
    INSERT INTO embedding_metadata (id, key, string_value, int_value, float_value, bool_value) VALUES
      (${row}, 'chroma:document', 'a' || char(0) || 'b', NULL, NULL, NULL),
      (${row}, 'large', NULL, 9007199254740993, NULL, NULL),
      (${row}, 'whole', NULL, NULL, 3.0, NULL),
      (${row}, 'huge', NULL, NULL, 1e21, NULL),
      (${row}, 'infinite', NULL, NULL, -9e999, NULL),
      (${row}, 'yes', NULL, NULL, NULL, 1),
      (${row}, 'nan', NULL, NULL, NULL, NULL),
      (${row}, '__proto__', 'x', NULL, NULL, NULL);
    INSERT INTO embedding_metadata_array (id, key, string_value, int_value) VALUES
      (${row}, 'tags', 'b', NULL), (${row}, 'tags', 'a', NULL), (${row}, 'numbers', NULL, 7);`);
  const lines: string[] = [];
  takeOutRecords(opened.database, opened.place("notes"), leaving(opened, "notes-00002"), {
    add: (_name, value) => void lines.push(JSON.stringify(value)),
  });
  assertEquals(
    lines[0],
    '{"collection":"notes","id":"notes-00002","document":"a\\u0000b","metadata":{' +
      '"large":9007199254740993,"whole":3.0,"huge":1e+21,"infinite":-1e999,"yes":true,"nan":null,' +
      '"__proto__":"x","tags":["b","a"],"numbers":[7]},"embedding":null,' +
      `"reason":"${REASON}"}`,
  );
  assertEquals(countOf(opened, "embedding_metadata_array", "id", row), 0);
});

Deno.test("takeOutRecords() applies what still waits in the queue", async () => {
  using opened = await OpenedRecords.open(await goldenStore("chroma-1.5.9"));
  const { records } = opened.place("notes");
  const insert = opened.database.prepare(
    `INSERT INTO embeddings_queue (operation, topic, id, vector, encoding, metadata)
     VALUES (?, 'persistent://default/default/${records.collectionId}', ?, NULL, NULL, ?)`,
  );
  insert(1, "notes-00002", '{"chroma:document":"newer","page":null,"kind":"third"}');
  insert(1, "notes-00002", '{"broken":');
  const taken = takeOutRecords(
    opened.database,
    opened.place("notes"),
    leaving(opened, "notes-00002"),
    opened.saved,
  );
  const [line] = opened.lines["missing.jsonl"] ?? [];
  assertEquals(line?.document, "newer");
  assertEquals(line?.metadata, { kind: "third", score: 2 / 7, kept: false });
  assertEquals(taken.queueRows, 2);
});

Deno.test("takeOutRecords() takes out a record that only the queue has", async () => {
  using opened = await OpenedRecords.open(await goldenStore("chroma-1.5.9"));
  const { records } = opened.place("notes");
  opened.database.prepare(
    `INSERT INTO embeddings_queue (operation, topic, id, vector, encoding, metadata)
     VALUES (0, 'persistent://default/default/${records.collectionId}', 'queued', x'', 'FLOAT32', ?)`,
  )('{"chroma:document":"only here","page":1.0}');
  const taken = takeOutRecords(
    opened.database,
    opened.place("notes"),
    [{ id: "queued", rowId: null, reason: REASON }],
    opened.saved,
  );
  assertEquals([taken.count, taken.queueRows], [1, 1]);
  assertEquals(opened.lines["missing.jsonl"]?.[0]?.document, "only here");
});

Deno.test("takeOutRecords() writes no line for a record that the queue deletes", async () => {
  using opened = await OpenedRecords.open(await goldenStore("chroma-1.5.9"));
  const { records } = opened.place("notes");
  opened.database.execute(
    `INSERT INTO embeddings_queue (operation, topic, id) VALUES
       (3, 'persistent://default/default/${records.collectionId}', 'notes-00002')`,
  );
  const taken = takeOutRecords(
    opened.database,
    opened.place("notes"),
    leaving(opened, "notes-00002"),
    opened.saved,
  );
  assertEquals([taken.count, opened.lines["missing.jsonl"]], [0, undefined]);
  assertEquals(opened.rowOf("notes-00002"), -1);
});

Deno.test("takeOutRecords() changes nothing where a number is another record's", async () => {
  using opened = await OpenedRecords.open(await goldenStore("chroma-1.5.9"));
  const before = opened.database.number("SELECT count(*) FROM embeddings");
  const wrong = { id: "notes-00002", rowId: opened.rowOf("notes-00003"), reason: REASON };
  assertThrows(
    () =>
      takeOutRecords(
        opened.database,
        opened.place("notes"),
        [...leaving(opened, "notes-00004"), wrong],
        opened.saved,
      ),
    OperationError,
    "is not there",
  );
  assertEquals(opened.database.number("SELECT count(*) FROM embeddings"), before);
  assertEquals(opened.lines, {});
});
