/**
 * Tests of `lib/stores/chroma/repair/catalogue/plan_watermarks.ts` and `plan_numbering.ts`.
 */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { StoreDatabase } from "../../../../../lib/sqlite/database.ts";
import {
  chooseWatermark,
  storeSequence,
} from "../../../../../lib/stores/chroma/repair/catalogue/plan_watermarks.ts";
import { BrokenStore } from "../../../../support/broken_store.ts";
import { listDamage, repairCatalogue } from "./repaired_catalogue.ts";

function integer(value: bigint): { storage: "integer"; text: string; hex: null } {
  return { storage: "integer", text: String(value), hex: null };
}

/** What metadb 5 makes of digits that it has migrated before. */
function poison(digits: string): { storage: "integer"; text: string; hex: null } {
  const bytes = new Uint8Array(8).fill(0x11);
  bytes.set(new TextEncoder().encode(digits), 8 - digits.length);
  return integer(new DataView(bytes.buffer).getBigUint64(0));
}

Deno.test("chooseWatermark() takes a number that can be decoded", () => {
  const evidence = { proven: 100, queueFloor: 90 };
  assertEquals(chooseWatermark(poison("502498"), evidence, 600_000).value, 502_498);
  const blob = { storage: "blob", text: null, hex: "00000000000001f4" } as const;
  assertEquals(chooseWatermark(blob, evidence, 600).value, 500);
  assertEquals(
    chooseWatermark({ storage: "text", text: "500", hex: null }, evidence, 600).value,
    500,
  );
});

Deno.test("chooseWatermark() takes what is proven where nothing can be decoded", () => {
  const evidence = { proven: 480, queueFloor: 300 };
  assertEquals(chooseWatermark(null, evidence, 600).value, 480);
  assertEquals(chooseWatermark(poison(""), evidence, 600).value, 480);
  assertEquals(
    chooseWatermark({ storage: "text", text: "many", hex: null }, evidence, 600).value,
    480,
  );
  assertEquals(chooseWatermark(integer(-5n), evidence, 600).value, 480);
  assertEquals(
    chooseWatermark({ storage: "null", text: null, hex: null }, evidence, 600).value,
    480,
  );
});

Deno.test("chooseWatermark() skips no row of the queue where nothing is proven", () => {
  assertEquals(chooseWatermark(null, { proven: 0, queueFloor: 299 }, 600).value, 299);
  assertEquals(chooseWatermark(null, { proven: 0, queueFloor: 0 }, 0).value, 0);
});

Deno.test("chooseWatermark() does not believe a number beyond every write", () => {
  const evidence = { proven: 480, queueFloor: 300 };
  assertEquals(chooseWatermark(integer(9_000n), evidence, 600).value, 480);
  assertEquals(chooseWatermark(poison("502498"), evidence, 600).value, 480);
});

Deno.test("chooseWatermark() completes digits only where one number alone can be meant", () => {
  const meant = poison("34567890");
  const choose = (proven: number, end: number): number =>
    chooseWatermark(meant, { proven, queueFloor: 0 }, end).value;
  assertEquals(choose(0, 50_000_000), 34_567_890);
  assertEquals(choose(100_000_000, 150_000_000), 134_567_890);
  assertEquals(choose(5, 150_000_000), 5);
  assertEquals(choose(140_000_000, 150_000_000), 140_000_000);
});

Deno.test("storeSequence() writes a number as each era does", () => {
  assertEquals(storeSequence({ era: "rust" }, 686), 686n);
  assertEquals(storeSequence({ era: "python" }, 686), new Uint8Array([0, 0, 0, 0, 0, 0, 2, 174]));
});

/** Watermarks by segment, and the queue as number, operation and id. */
function readNumbers(store: string): { watermarks: unknown[]; queue: unknown[] } {
  using database = StoreDatabase.open(join(store, "chroma.sqlite3"));
  return {
    watermarks: database.rows(
      "SELECT segment_id, CASE typeof(seq_id) WHEN 'blob' THEN hex(seq_id) ELSE seq_id END " +
        "FROM max_seq_id ORDER BY segment_id",
    ),
    queue: database.rows("SELECT seq_id, operation, id FROM embeddings_queue ORDER BY seq_id"),
  };
}

for (const golden of ["chroma-0.4.24", "chroma-0.5.23", "chroma-1.5.9"] as const) {
  Deno.test(`the stage brings lost watermarks of ${golden} back`, async () => {
    const broken = await BrokenStore.copyOf(golden);
    const { watermarks } = readNumbers(broken.path);
    broken.sql(
      "DELETE FROM max_seq_id WHERE segment_id IN (SELECT id FROM segments WHERE scope = 'METADATA')",
    );
    const { after, path } = await repairCatalogue(broken.path);
    assertEquals(listDamage(after), []);
    assertEquals(readNumbers(path).watermarks, watermarks);
  });

  Deno.test(`the stage has a queue of ${golden} go on that was emptied`, async () => {
    const broken = await BrokenStore.copyOf(golden);
    broken.sql("DELETE FROM embeddings_queue");
    const { watermarks } = readNumbers(broken.path);
    const { before, after, path, steps } = await repairCatalogue(broken.path);
    assertEquals(listDamage(before).includes("watermark-ahead notes"), true);
    // 16 vectors were updated since the last flush.
    const losses = steps.flatMap((step) => step.losses);
    assertEquals(
      losses.map(({ kind, collection, count, ids }) => [kind, collection, count, ids.length]),
      [
        ["newer-version", "notes", 16, 16],
      ],
    );
    assertEquals(listDamage(after).some((name) => name.startsWith("watermark")), false);
    const repaired = readNumbers(path);
    assertEquals(repaired.watermarks, watermarks);
    assertEquals(repaired.queue.map((row) => Array.isArray(row) && row.slice(0, 2)), [[686, 3]]);
  });
}

Deno.test("the stage numbers writes anew that came after the queue had lost its end", async () => {
  const broken = await BrokenStore.copyOf("chroma-0.4.24");
  broken.sql(
    "DELETE FROM embeddings_queue WHERE seq_id > 600",
    `INSERT INTO embeddings_queue (operation, topic, id, vector, encoding, created_at)
     SELECT 2, topic, 'late', vector, encoding, '2999-01-01 00:00:00' FROM embeddings_queue
     WHERE seq_id = 1`,
  );
  const { after, path } = await repairCatalogue(broken.path);
  assertEquals(listDamage(after).some((name) => name.startsWith("watermark")), false);
  const { queue } = readNumbers(path);
  assertEquals(queue.length, 602);
  const [taken, late] = queue.slice(-2);
  assertEquals(Array.isArray(taken) && taken.slice(0, 2), [686, 3]);
  assertEquals(late, [687, 2, "late"]);
});

Deno.test("the stage lowers a watermark that no write bears out", async () => {
  const broken = await BrokenStore.copyOf("chroma-0.5.23");
  const { queue } = readNumbers(broken.path);
  broken.sql(
    `UPDATE max_seq_id SET seq_id = x'00000000000FFFFF' WHERE segment_id = '${broken.segment()}'`,
  );
  const { after, path } = await repairCatalogue(broken.path);
  assertEquals(listDamage(after), []);
  assertEquals(readNumbers(path).queue, queue);
  const row = readNumbers(path).watermarks.find((one) =>
    Array.isArray(one) && one[0] === broken.segment()
  );
  assertEquals(row, [broken.segment(), "0000000000000190"]);
});

Deno.test("the stage proves how far an index of 1.x has got by records that the queue added", async () => {
  const broken = await BrokenStore.copyOf("chroma-1.5.9");
  const segment = broken.segment();
  // Nobody has purged the queue: the rows of the first records are there again.
  broken.sql(
    `INSERT INTO embeddings_queue (seq_id, operation, topic, id, vector, encoding)
     SELECT e.seq_id, 0, (SELECT topic FROM embeddings_queue WHERE topic LIKE '%' || s.collection),
       e.embedding_id, zeroblob(128), 'FLOAT32'
     FROM embeddings e JOIN segments s ON s.id = e.segment_id
     WHERE s.collection = (SELECT collection FROM segments WHERE id = '${segment}')
       AND e.seq_id BETWEEN 1 AND 300`,
    `DELETE FROM max_seq_id WHERE segment_id = '${segment}'`,
  );
  const { path } = await repairCatalogue(broken.path);
  using database = StoreDatabase.open(join(path, "chroma.sqlite3"));
  const sql = "SELECT seq_id FROM max_seq_id WHERE segment_id = ?";
  assertEquals(database.number(sql, segment), 300);
});
