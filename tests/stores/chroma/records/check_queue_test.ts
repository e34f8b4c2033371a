import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import type { Finding } from "../../../../lib/model/finding.ts";
import { SqliteError } from "../../../../lib/sqlite/database.ts";
import { inferEngine } from "../../../../lib/stores/chroma/catalogue/migrations.ts";
import { listQueuePositions } from "../../../../lib/stores/chroma/records/queue.ts";
import { readCatalogue } from "../../../../lib/stores/chroma/catalogue/read_catalogue.ts";
import {
  readPendingRows,
  readQueueSummary,
} from "../../../../lib/stores/chroma/records/read_queue.ts";
import { checkPendingRows, checkQueue } from "../../../../lib/stores/chroma/records/check_queue.ts";
import type { PickleWatermarks } from "../../../../lib/stores/chroma/catalogue/watermark.ts";
import { BrokenStore } from "../../../support/broken_store.ts";
import { GOLDEN_STORES, type GoldenStore, goldenStore } from "../../../support/fixtures.ts";
import { nameOf, openCatalogue } from "../../../support/opened_catalogue.ts";

function findIn(path: string, pickles: PickleWatermarks | null = new Map()): Finding[] {
  using database = openCatalogue(path);
  const catalogue = readCatalogue(database);
  const engine = inferEngine(catalogue);
  const positions = listQueuePositions(catalogue, pickles);
  return [
    ...checkQueue(catalogue, engine, readQueueSummary(database, positions)),
    ...checkPendingRows(catalogue, readPendingRows(database, positions, engine)),
  ];
}

function brief(finding: Finding): string {
  return `${nameOf(finding)} ${finding.count}`;
}

async function findAfter(golden: GoldenStore, ...statements: string[]): Promise<Finding[]> {
  const store = await BrokenStore.copyOf(golden);
  store.sql(...statements);
  return findIn(store.path).filter(({ name }) => name !== "index-lagging");
}

/** The row 645 waits for the index of the collection `unflushed` in every golden store. */
async function faultAfter(golden: GoldenStore, change: string): Promise<unknown> {
  const findings = await findAfter(
    golden,
    `UPDATE embeddings_queue SET ${change} WHERE seq_id = 645`,
  );
  assertEquals(findings.map(brief), ["queue-row-invalid unflushed 1"], change);
  return findings[0]?.detail.rows;
}

Deno.test("checkQueue() finds what waits in the golden stores, and nothing else", async () => {
  const waiting: Record<GoldenStore, (string | number)[]> = {
    "chroma-0.4.24": ["queue-retained", 34, 20, 20, 12],
    "chroma-0.5.23": [34, 20, 20, 12],
    "chroma-0.5.23-then-1.5.9": [40, 20, 20, 12],
    "chroma-1.0.21-configuration": [16, 12],
    "chroma-1.5.9": [16, 12],
    "chroma-1.5.9-configuration": [16, 12],
  };
  for (const golden of GOLDEN_STORES) {
    const store = await BrokenStore.copyOf(golden);
    // Only 0.4 keeps these in the pickle; no other store has a flushed segment without a row.
    const pickles = golden === "chroma-0.4.24"
      ? new Map([
        [store.segment("notes"), 652],
        [store.segment("cosine"), 500],
        [store.segment("dot"), 620],
      ])
      : new Map<string, number>();
    const findings = findIn(store.path, pickles);
    const found = findings.map(({ name, count }) => name === "index-lagging" ? count : name);
    assertEquals(found, waiting[golden], golden);
    assertEquals(new Set(findings.map(({ severity }) => severity)), new Set(["info"]));
  }
});

Deno.test("checkQueue() says nothing of what waits where watermarks have not been read", async () => {
  const findings = findIn(await goldenStore("chroma-0.4.24"), null);
  assertEquals(findings.map(brief), ["queue-retained 686"]);
});

Deno.test("readQueueSummary() counts rows and bytes by topic", async () => {
  using database = openCatalogue(await goldenStore("chroma-1.5.9"));
  const catalogue = readCatalogue(database);
  const { count, sizeBytes, topics } = readQueueSummary(
    database,
    listQueuePositions(catalogue, new Map()),
  );
  assertEquals([count, topics.length], [31, 4]);
  assertEquals(topics.reduce((sum, topic) => sum + topic.count, 0), count);
  const [measured] = database.rows(
    "SELECT sum(coalesce(length(vector), 0) + coalesce(length(metadata), 0) + length(topic) + " +
      "length(id)) FROM embeddings_queue",
  );
  assertEquals(sizeBytes, measured?.[0]);
  assertEquals(topics.map(({ firstSequence }) => firstSequence), ["520", "640", "641", "670"]);
});

Deno.test("readQueueSummary() and readPendingRows() go on from page to page", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  store.sql(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9000)
     INSERT INTO embeddings_queue (operation, topic, id, vector, encoding, metadata)
     SELECT 2, q.topic, 'x', iif(i % 1000 = 0, x'00', q.vector), q.encoding, q.metadata
     FROM n, embeddings_queue q WHERE q.seq_id = 645`,
  );
  const findings = findIn(store.path);
  assertEquals(findings.map(brief), [
    "index-lagging notes 16",
    "index-stuck unflushed 9012",
    "queue-row-invalid unflushed 9",
  ]);
  assertEquals(
    findings[2]?.detail.rows,
    [1, 2, 3, 4, 5, 6, 7, 8, 9].map((i) => ({
      sequence: String(686 + 1000 * i),
      fault: "vector length",
    })),
  );
});

Deno.test("checkQueue() takes every row for a leftover when there is no collection", async () => {
  const findings = await findAfter("chroma-1.5.9", "DELETE FROM collections");
  assertEquals(findings.map(brief), ["queue-orphaned 31"]);
});

Deno.test("readQueueSummary() throws when pages of the queue are damaged", async () => {
  const store = await BrokenStore.copyOf("chroma-0.4.24");
  const page = Number(
    store.value("SELECT rootpage FROM sqlite_schema WHERE name = 'embeddings_queue'"),
  );
  store.patch(
    store.catalogue(),
    (_view, bytes) => bytes.fill(0xff, 4096 * (page - 1), 4096 * page),
  );
  assertThrows(() => findIn(store.path), SqliteError, "malformed");
});

Deno.test("checkPendingRows() finds each fault of a row that waits", async () => {
  for (
    const [change, fault] of [
      ["vector = substr(vector, 1, 124)", "vector length"],
      ["vector = NULL", "vector missing"],
      ["vector = 'abcd'", "vector type"],
      ["encoding = 'FLOAT3X'", "encoding"],
      ["operation = 7", "operation"],
      ["operation = 'add'", "operation"],
      ["id = x'ff00'", "id"],
      [`metadata = '{"a'`, "metadata"],
    ] as const
  ) {
    for (const golden of ["chroma-0.5.23", "chroma-1.5.9"] as const) {
      assertEquals(await faultAfter(golden, change), [{ sequence: "645", fault }]);
    }
  }
  assertEquals(await faultAfter("chroma-1.5.9", "created_at = 'yesterday'"), [
    { sequence: "645", fault: "created_at" },
  ]);
  assertEquals(await findAfter("chroma-0.5.23", "UPDATE embeddings_queue SET created_at = ''"), []);
});

Deno.test("checkPendingRows() leaves rows alone that both segments have", async () => {
  const change = "UPDATE embeddings_queue SET vector = x'00', metadata = '{' WHERE seq_id = 520";
  assertEquals(await findAfter("chroma-1.5.9", change), []);
  // There the row still waits for the index.
  const findings = await findAfter("chroma-0.5.23", change);
  assertEquals(findings.map(brief), ["queue-row-invalid cosine 1"]);
});

Deno.test("checkPendingRows() finds vectors that are not finite", async () => {
  const infinity = "x'0000807f'";
  const findings = await findAfter(
    "chroma-1.5.9",
    `UPDATE embeddings_queue SET vector = CAST(${infinity} || substr(vector, 5) AS BLOB) ` +
      "WHERE seq_id IN (645, 647)",
  );
  assertEquals(findings.map(brief), ["vector-not-finite unflushed 2"]);
  assertEquals(findings[0]?.detail.rows, ["645", "647"]);
});

Deno.test("checkQueue() finds rows under topics that no engine looks for", async () => {
  const garbled = await findAfter(
    "chroma-1.5.9",
    "UPDATE embeddings_queue SET topic = 'garbage' WHERE seq_id = 645",
  );
  assertEquals(garbled.map(brief), ["queue-row-invalid 1"]);
  assertStringIncludes(garbled[0]?.message ?? "", "1 row from 645 on with the topic garbage");
  const foreign = await findAfter(
    "chroma-1.5.9",
    "UPDATE embeddings_queue SET topic = replace(topic, '//default', '//other') " +
      "WHERE seq_id = 645",
  );
  assertEquals(foreign.map(brief), ["queue-row-invalid unflushed 1"]);
  // A store with another tenant throughout is right as it is.
  const other = await findAfter(
    "chroma-1.5.9",
    "UPDATE embeddings_queue SET topic = replace(topic, '//default', '//other')",
  );
  assertEquals(other, []);
});

Deno.test("checkQueue() goes by the topic that a collection of 0.4 has written down", async () => {
  const findings = await findAfter(
    "chroma-0.4.24",
    "UPDATE collections SET topic = replace(topic, '//default', '//other') WHERE name = 'dot'",
    "UPDATE embeddings_queue SET topic = replace(topic, '//default', '//other') WHERE topic = " +
      "(SELECT replace(topic, '//other', '//default') FROM collections WHERE name = 'dot')",
  );
  assertEquals(findings.map(brief), ["queue-retained 686"]);
});

Deno.test("checkQueue() takes rows of deleted collections for leftovers", async () => {
  const findings = await findAfter("chroma-1.5.9", "DELETE FROM collections WHERE name = 'dot'");
  assertEquals(findings.map(brief), ["queue-orphaned 1"]);
});

Deno.test("checkQueue() warns of what is never purged, but only where rows stay", async () => {
  const off = `UPDATE embeddings_queue_config SET config_json_str = '{"automatically_purge":false,
    "_type":"EmbeddingsQueueConfigurationInternal"}'`;
  const settled = `INSERT INTO embeddings_queue (seq_id, operation, topic, id, vector, encoding)
    SELECT seq_id - 300, operation, topic, id, vector, encoding FROM embeddings_queue`;
  for (const golden of ["chroma-0.5.23", "chroma-1.5.9"] as const) {
    assertEquals(await findAfter(golden, off), [], golden);
    assertEquals(await findAfter(golden, settled), [], golden);
    const findings = await findAfter(golden, off, settled);
    assertEquals(findings.map(({ name }) => name), ["queue-unpurged"], golden);
    assertStringIncludes(findings[0]?.message ?? "", "automatically_purge is off");
    const unset = await findAfter(golden, "DELETE FROM embeddings_queue_config", settled);
    assertEquals(unset.map(({ name }) => name), ["queue-unpurged"], golden);
  }
});

Deno.test("checkQueue() tells a flush that fails from one that has not come yet", async () => {
  const waiting = (rows: number): string =>
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
     INSERT INTO embeddings_queue (operation, topic, id, vector, encoding, metadata)
     SELECT 3, q.topic, 'x', q.vector, q.encoding, q.metadata
     FROM n, embeddings_queue q WHERE q.seq_id = 670`;
  // In 1.5.9: three times the threshold of 50, a batch of 10, and a call of 5,461 records.
  const most = 3 * 50 + 10 + 5461;
  assertEquals(await findAfter("chroma-1.5.9", waiting(most - 16)), []);
  const findings = await findAfter("chroma-1.5.9", waiting(most - 15));
  assertEquals(findings.map(brief), [`index-stuck notes ${most + 1}`]);
  assertEquals(findings[0]?.severity, "warning");
});
