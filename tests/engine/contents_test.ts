import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../lib/base/errors.ts";
import { checkStore } from "../../lib/engine/check.ts";
import { type ContentsOptions, readStoreContents } from "../../lib/engine/contents.ts";
import type { CollectionContents } from "../../lib/model/store.ts";
import { StoreDatabase } from "../../lib/sqlite/database.ts";
import { BrokenStore } from "../support/broken_store.ts";
import {
  GOLDEN_STORES,
  goldenFacts,
  goldenStore,
  scratchDirectory,
  TORN_STORES,
  tornStore,
} from "../support/fixtures.ts";
import { vacuum } from "../support/engine_process.ts";
import { FLUSH_ENGINES, flushStages, unappliedStore } from "../support/flush_stages.ts";

async function hashesOf(
  store: string,
  options: ContentsOptions = {},
): Promise<Record<string, string>> {
  const contents = await readStoreContents(store, options);
  return Object.fromEntries(contents.map(({ name, hash }) => [name, hash]));
}

async function contentsOf(store: string, name: string): Promise<CollectionContents> {
  const contents = (await readStoreContents(store)).find((entry) => entry.name === name);
  assert(contents !== undefined, name);
  return contents;
}

function execute(store: string, ...statements: string[]): void {
  using database = StoreDatabase.open(join(store, "chroma.sqlite3"), {
    writable: true,
    tolerant: true,
  });
  for (const sql of statements) database.execute(sql);
}

for (const name of GOLDEN_STORES) {
  Deno.test(`readStoreContents() counts records and vectors of ${name} as its engine does`, async () => {
    const { collections } = await goldenFacts(name);
    const contents = await readStoreContents(await goldenStore(name));
    assertEquals(
      contents.map(({ name, records, vectors }) => [name, records, vectors]),
      Object.entries(collections).map(([name, { count }]) => [name, count, count])
        .toSorted(([left], [right]) => String(left) < String(right) ? -1 : 1),
    );
    for (const { name, id } of contents) {
      assertEquals(id, collections[name]?.id ?? id);
    }
  });

  Deno.test(`readStoreContents() gives ${name} the same hashes after VACUUM, and when its rows are in another order`, async () => {
    const store = await goldenStore(name);
    const before = await hashesOf(store);
    const bytes = await Deno.readFile(join(store, "chroma.sqlite3"));
    assertEquals(await hashesOf(store), before);
    assertEquals(await Deno.readFile(join(store, "chroma.sqlite3")), bytes);
    await vacuum(store);
    assertEquals(await hashesOf(store), before);
    execute(
      store,
      "CREATE TEMP TABLE copy AS SELECT * FROM embedding_metadata",
      "DELETE FROM embedding_metadata",
      "INSERT INTO embedding_metadata SELECT * FROM copy ORDER BY key DESC, id DESC",
    );
    assertEquals(await hashesOf(store), before);
  });
}

Deno.test("readStoreContents() gives the same contents the same hashes, whichever engine wrote them", async () => {
  // The golden stores were made from one seed, so these three hold the same.
  const expected = await hashesOf(await goldenStore("chroma-0.4.24"));
  assertEquals(await hashesOf(await goldenStore("chroma-0.5.23")), expected);
  assertEquals(await hashesOf(await goldenStore("chroma-1.5.9")), expected);
});

for (const engine of FLUSH_ENGINES) {
  Deno.test(`readStoreContents() gives the same hashes before and after ${engine} has moved the queue into the index`, async () => {
    const stages = await flushStages(engine);
    const waiting = await hashesOf(stages.waiting);
    assertEquals(Object.keys(waiting), ["stage-cosine", "stage-ip", "stage-l2"]);
    assertEquals(await hashesOf(stages.flushed), waiting);
    for (const [name, hash] of Object.entries(await hashesOf(stages.start))) {
      assertNotEquals(hash, waiting[name]);
    }
  });

  Deno.test(`readStoreContents() foretells what ${engine} makes of rows that nothing has taken in`, async () => {
    const stages = await flushStages(engine);
    assertEquals(await hashesOf(await unappliedStore(stages)), await hashesOf(stages.flushed));
  });

  Deno.test(`readStoreContents() gives normalised vectors that ${engine} has normalised again the same hash`, async () => {
    const stages = await flushStages(engine);
    const flushed = await contentsOf(stages.flushed, "stage-cosine");
    const again = await contentsOf(stages.again, "stage-cosine");
    assertEquals([again.hash, again.vectors], [flushed.hash, flushed.vectors]);
  });
}

Deno.test("readStoreContents() gives the same hashes in one thread and in many", async () => {
  const stages = await flushStages("1.5.9");
  assertEquals(
    await hashesOf(stages.waiting, { jobs: 4 }),
    await hashesOf(stages.waiting, { jobs: 1 }),
  );
});

const NOTE = "(SELECT id FROM embeddings WHERE embedding_id = 'r0' AND segment_id = " +
  "(SELECT s.id FROM segments s JOIN collections c ON c.id = s.collection " +
  "WHERE c.name = 'stage-l2' AND s.scope = 'METADATA'))";

/** Changes of one record, each of which must show; `flushed` of 1.5.9. */
const CHANGES: readonly [string, string][] = [
  ["an id", `UPDATE embeddings SET embedding_id = 'R0' WHERE id = ${NOTE}`],
  [
    "a document",
    `UPDATE embedding_metadata SET string_value = 'document 1'
    WHERE id = ${NOTE} AND key = 'chroma:document'`,
  ],
  [
    "a lost document",
    `DELETE FROM embedding_metadata
    WHERE id = ${NOTE} AND key = 'chroma:document'`,
  ],
  ["a key", `UPDATE embedding_metadata SET key = 'Text' WHERE id = ${NOTE} AND key = 'text'`],
  [
    "a text",
    `UPDATE embedding_metadata SET string_value = string_value || ' '
    WHERE id = ${NOTE} AND key = 'text'`,
  ],
  [
    "a text that is no UTF-8",
    `UPDATE embedding_metadata SET string_value =
    CAST(x'ff' AS TEXT) WHERE id = ${NOTE} AND key = 'text'`,
  ],
  [
    "another text that is no UTF-8",
    `UPDATE embedding_metadata SET string_value =
    CAST(x'fe' AS TEXT) WHERE id = ${NOTE} AND key = 'text'`,
  ],
  [
    "a text as a BLOB",
    `UPDATE embedding_metadata SET string_value =
    CAST(string_value AS BLOB) WHERE id = ${NOTE} AND key = 'text'`,
  ],
  [
    "an integer",
    `UPDATE embedding_metadata SET int_value = int_value + 1
    WHERE id = ${NOTE} AND key = 'large'`,
  ],
  [
    "an integer as a float",
    `UPDATE embedding_metadata SET int_value = NULL,
    float_value = 0.0 WHERE id = ${NOTE} AND key = 'integer'`,
  ],
  [
    "an integer as a boolean",
    `UPDATE embedding_metadata SET int_value = NULL,
    bool_value = 0 WHERE id = ${NOTE} AND key = 'integer'`,
  ],
  [
    "an integer as a text",
    `UPDATE embedding_metadata SET int_value = NULL,
    string_value = '0' WHERE id = ${NOTE} AND key = 'integer'`,
  ],
  [
    "the last bit of a float",
    `UPDATE embedding_metadata SET float_value =
    float_value * (1 + 2.220446049250313e-16) WHERE id = ${NOTE} AND key = 'tiny'`,
  ],
  [
    "a boolean",
    `UPDATE embedding_metadata SET bool_value = 1 - bool_value
    WHERE id = ${NOTE} AND key = 'boolean'`,
  ],
  [
    "a value of another record",
    `UPDATE embedding_metadata SET id =
    (SELECT e.id FROM embeddings e JOIN embeddings n ON n.segment_id = e.segment_id
      WHERE n.id = ${NOTE} AND e.embedding_id = 'r4') WHERE id = ${NOTE} AND key = 'text'`,
  ],
  [
    "two records that change their ids",
    `UPDATE embeddings SET embedding_id =
    CASE embedding_id WHEN 'r0' THEN 'x' ELSE 'r0' END WHERE id IN (${NOTE}, ${NOTE} + 1);
    UPDATE embeddings SET embedding_id = 'r1' WHERE embedding_id = 'x'`,
  ],
  ["a lost record", `DELETE FROM embeddings WHERE id = ${NOTE}`],
  [
    "an element of a list",
    `UPDATE embedding_metadata_array SET string_value = 'c'
    WHERE string_value = 'a'`,
  ],
  [
    "the order of a list",
    `UPDATE embedding_metadata_array SET string_value =
    CASE string_value WHEN 'a' THEN 'b' ELSE 'a' END WHERE string_value IN ('a', 'b')`,
  ],
];

Deno.test("readStoreContents() gives another hash when any part of a record is another", async () => {
  const seen = new Map<string, string>();
  const { flushed } = await flushStages("1.5.9");
  seen.set((await contentsOf(flushed, "stage-l2")).hash, "nothing changed");
  for (const [what, sql] of CHANGES) {
    const { flushed } = await flushStages("1.5.9");
    execute(flushed, sql);
    const { hash } = await contentsOf(flushed, "stage-l2");
    assertEquals(seen.get(hash), undefined, what);
    seen.set(hash, what);
  }
});

Deno.test("readStoreContents() gives another hash when any bit of a vector in the index is another", async () => {
  for (const collection of ["notes", "cosine", "dot"]) {
    const store = await BrokenStore.copyOf("chroma-1.5.9");
    const before = await hashesOf(store.path);
    const header = await Deno.readFile(store.file("header.bin", collection));
    const view = new DataView(header.buffer);
    const slotSizeBytes = Number(view.getBigUint64(28, true));
    const vectorOffset = Number(view.getBigUint64(44, true));
    const dimension = (slotSizeBytes - 8 - vectorOffset) / 4;
    // Slot 5 is live in each of them: a deleted one would not count.
    for (const bit of [0, 1, 22, 23, 30, 31]) {
      const offset = 5 * slotSizeBytes + vectorOffset + 4 * (bit % dimension);
      const flip = (): void =>
        store.patch(store.file("data_level0.bin", collection), (data) => {
          data.setUint32(offset, data.getUint32(offset, true) ^ 1 << bit, true);
        });
      flip();
      const after = await hashesOf(store.path);
      assertNotEquals(after[collection], before[collection], `${collection}, bit ${bit}`);
      flip();
    }
    assertEquals(await hashesOf(store.path), before);
  }
});

Deno.test("readStoreContents() gives another hash when a bit of a vector in the queue is another", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const before = await contentsOf(store, "unflushed");
  using database = StoreDatabase.open(join(store, "chroma.sqlite3"), { writable: true });
  const [sequence, vector] = database.row(
    `SELECT seq_id, vector FROM embeddings_queue WHERE vector IS NOT NULL AND substr(topic, -36) =
      (SELECT id FROM collections WHERE name = 'unflushed') LIMIT 1`,
  ) ?? [];
  assert(vector instanceof Uint8Array && typeof sequence === "number");
  vector[6] = (vector[6] ?? 0) ^ 1;
  database.rows("UPDATE embeddings_queue SET vector = ? WHERE seq_id = ?", vector, sequence);
  assertNotEquals((await contentsOf(store, "unflushed")).hash, before.hash);
});

Deno.test("readStoreContents() takes ids, keys and texts with any characters in them", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const seen = new Set<string>();
  const texts = ["''", "',;x'", "'1,2;'", "char(0)", "'a' || char(0) || 'b'", "'a' || char(0)"];
  for (const text of texts) {
    execute(
      store,
      `UPDATE embeddings SET embedding_id = ${text} WHERE id = (SELECT min(id) FROM embeddings)`,
      `UPDATE embedding_metadata SET string_value = ${text}, key = ${text}
        WHERE rowid = (SELECT min(rowid) FROM embedding_metadata)`,
    );
    const { records, hash } = await contentsOf(store, "notes");
    assertEquals(records, 382, text);
    seen.add(hash);
  }
  assertEquals(seen.size, texts.length);
});

Deno.test("readStoreContents() reads texts that are longer than any page", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const [long, other] = ["a".repeat(100_000), `${"a".repeat(99_999)}b`];
  const change = (text: string): void =>
    execute(
      store,
      `UPDATE embedding_metadata SET string_value = '${text}'
        WHERE key = 'chroma:document' AND id = (SELECT min(id) FROM embeddings)`,
    );
  change(long);
  const before = await hashesOf(store);
  change(other);
  const after = await hashesOf(store);
  assertNotEquals(after.notes, before.notes);
  change(long);
  assertEquals(await hashesOf(store), before);
});

Deno.test("readStoreContents() counts no vectors of an index that is gone", async () => {
  for (
    const name of [
      "index_metadata.pickle",
      "header.bin",
      "data_level0.bin",
    ] as const
  ) {
    const store = await BrokenStore.copyOf("chroma-1.5.9");
    const before = await contentsOf(store.path, "dot");
    await Deno.remove(store.file(name, "dot"));
    const after = await contentsOf(store.path, "dot");
    assertEquals(after.records, before.records, name);
    assert(after.vectors < before.vectors, name);
    assertNotEquals(after.hash, before.hash, name);
  }
});

Deno.test("readStoreContents() survives files with any content", async () => {
  for (const name of ["index_metadata.pickle", "header.bin", "data_level0.bin"] as const) {
    for (const size of [0, 1, 99, 100, 5_000]) {
      const store = await BrokenStore.copyOf("chroma-0.5.23");
      const bytes = new Uint8Array(size).map((_, index) => index * 167 + 13 & 0xff);
      await Deno.writeFile(store.file(name, "cosine"), bytes);
      const { records, vectors } = await contentsOf(store.path, "cosine");
      assertEquals(records, 120);
      assert(vectors < 120, `${name} of ${size} bytes`);
    }
  }
});

for (const name of TORN_STORES) {
  Deno.test(`readStoreContents() refuses ${name}, or counts what is left of it`, async () => {
    const store = await tornStore(name);
    try {
      for (const { records, vectors } of await readStoreContents(store)) {
        assert(vectors <= records);
      }
    } catch (error) {
      assert(error instanceof OperationError);
      assertEquals(error.code, "read-failed");
      assert(error.hint?.startsWith("Check the store"), error.hint ?? "no hint");
    }
  });
}

Deno.test("readStoreContents() says so when the catalogue is missing, no database, or lacks a table", async () => {
  const breaks: ((store: string) => Promise<void> | void)[] = [
    (store) => Deno.remove(join(store, "chroma.sqlite3")),
    (store) => Deno.writeFile(join(store, "chroma.sqlite3"), new Uint8Array(8192).fill(7)),
    (store) => Deno.truncate(join(store, "chroma.sqlite3"), 0),
    (store) => execute(store, "DROP TABLE embeddings"),
    (store) => execute(store, "DROP TABLE segments"),
  ];
  for (const change of breaks) {
    const store = await goldenStore("chroma-1.5.9");
    await change(store);
    const error = await assertRejects(() => readStoreContents(store), OperationError);
    assertEquals([error.code, error.path], [
      "read-failed",
      join(await Deno.realPath(store), "chroma.sqlite3"),
    ]);
  }
});

Deno.test("readStoreContents() of a store into which nothing was written is empty", async () => {
  const store = await scratchDirectory();
  await Deno.writeFile(join(store, "chroma.sqlite3"), new Uint8Array());
  assertEquals(await readStoreContents(store), []);
});

Deno.test("readStoreContents() throws cancelled when its signal is aborted", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const error = await assertRejects(
    () => readStoreContents(store, { signal: AbortSignal.abort() }),
    OperationError,
  );
  assertEquals(error.code, "cancelled");
});

Deno.test("readStoreContents() throws not-found and not-a-store as a check does", async () => {
  const directory = await scratchDirectory();
  const none = await assertRejects(() => readStoreContents(directory), OperationError);
  assertEquals(none.code, "not-a-store");
  const gone = await assertRejects(
    () => readStoreContents(join(directory, "gone")),
    OperationError,
  );
  assertEquals(gone.code, "not-found");
});

Deno.test("readStoreContents() and a check look past the work directory inside a store", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const before = await hashesOf(store);
  await Deno.mkdir(join(store, ".vecfsck", "quarantine"), { recursive: true });
  assertEquals(await hashesOf(store), before);
  for await (const event of checkStore(store)) {
    if (event.type === "finding") assertNotEquals(event.name, "foreign-entry");
  }
});
