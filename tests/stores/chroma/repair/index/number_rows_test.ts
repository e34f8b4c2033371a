/**
 * Which rows the queue needs, and under which numbers: small queues, followed as an engine does.
 */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { StoreDatabase } from "../../../../../lib/sqlite/database.ts";
import {
  type NumberedRecord,
  numberRows,
} from "../../../../../lib/stores/chroma/repair/index/number_rows.ts";
import { QUEUE_OPERATIONS } from "../../../../../lib/stores/chroma/records/queue_row.ts";
import { scratchDirectory } from "../../../../support/fixtures.ts";

const OWN = "11111111-2222-3333-4444-555555555555";
const OTHER = "99999999-2222-3333-4444-555555555555";
const DIMENSION = 2;

interface QueueRow {
  readonly sequence: number;
  readonly operation: keyof typeof QUEUE_OPERATIONS;
  readonly id: string;
  readonly vector?: boolean;
  readonly collection?: string;
}

/** Gives the numbers of the rows that some records need in a queue. */
async function number(
  records: readonly NumberedRecord[],
  rows: readonly QueueRow[],
  { metadataWatermark = 100, leaving = [] as number[] } = {},
): Promise<Record<string, number | "end" | null>> {
  const path = join(await scratchDirectory(), "queue.sqlite3");
  await Deno.writeFile(path, new Uint8Array());
  using database = StoreDatabase.open(path, { writable: true });
  database.execute(`CREATE TABLE embeddings_queue (seq_id INTEGER PRIMARY KEY, operation INTEGER,
    topic TEXT, id TEXT, vector BLOB, encoding TEXT)`);
  const insert = database.prepare("INSERT INTO embeddings_queue VALUES (?, ?, ?, ?, ?, 'FLOAT32')");
  for (const { sequence, operation, id, vector = true, collection = OWN } of rows) {
    const bytes = vector ? new Uint8Array(4 * DIMENSION) : null;
    insert(sequence, QUEUE_OPERATIONS[operation], `persistent://a/b/${collection}`, id, bytes);
  }
  const numbers = numberRows(records, {
    database,
    collectionId: OWN,
    dimension: DIMENSION,
    leaving: new Set(leaving),
    metadataWatermark,
  });
  return Object.fromEntries(records.map(({ id }) => [id, numbers.of(id)]));
}

/** A record with a row whose vector is in the index. */
function indexed(id: string, rowId: number, sequenceNumber: number | null): NumberedRecord {
  return { id, rowId, sequenceNumber, queueSequence: null };
}

/** A record whose vector is in the queue. */
function queued(id: string, rowId: number | null, queueSequence: number): NumberedRecord {
  return { id, rowId, sequenceNumber: queueSequence, queueSequence };
}

Deno.test("numberRows() gives the numbers of the newest writes when nothing stands in their way", async () => {
  const records = [indexed("a", 1, 3), indexed("b", 2, 7), indexed("c", 5, 8)];
  assertEquals(await number(records, []), { a: 3, b: 7, c: 8 });
});

Deno.test("numberRows() keeps the order of the rows when a record was written again later", async () => {
  // b was written again by write 9, after c and d had been made: its label must stay before theirs.
  const records = [indexed("a", 1, 1), indexed("b", 2, 9), indexed("c", 3, 3), indexed("d", 4, 4)];
  assertEquals(await number(records, []), { a: 1, b: 2, c: 3, d: 4 });
});

Deno.test("numberRows() passes over numbers that the queue still has", async () => {
  const rows: QueueRow[] = [
    { sequence: 3, operation: "add", id: "x", collection: OTHER },
    { sequence: 4, operation: "add", id: "x", collection: OTHER },
  ];
  assertEquals(await number([indexed("a", 1, 4), indexed("b", 2, 5)], rows), { a: 2, b: 5 });
});

Deno.test("numberRows() gives no row when the queue gives the vector by itself", async () => {
  const rows: QueueRow[] = [
    { sequence: 5, operation: "add", id: "a" },
    { sequence: 6, operation: "upsert", id: "b" },
    { sequence: 7, operation: "update", id: "a" },
  ];
  assertEquals(await number([queued("a", 1, 7), queued("b", 2, 6)], rows), { a: null, b: null });
});

Deno.test("numberRows() puts a row in front of an update whose add was purged", async () => {
  const rows: QueueRow[] = [{ sequence: 20, operation: "update", id: "a" }];
  const records = [queued("a", 1, 20), indexed("b", 2, 12)];
  assertEquals(await number(records, rows), { a: 11, b: 12 });
});

Deno.test("numberRows() puts a row in front of an upsert of a record that was there", async () => {
  const rows: QueueRow[] = [{ sequence: 20, operation: "upsert", id: "a" }];
  // b was made after a: the upsert did not make a, and must not give it a label behind that of b.
  assertEquals(await number([queued("a", 1, 20), indexed("b", 2, 12)], rows), { a: 11, b: 12 });
  assertEquals(await number([queued("a", 1, 20), indexed("b", 2, 30)], rows), { a: null, b: 30 });
});

Deno.test("numberRows() puts a row in front of an update that brings no vector", async () => {
  const rows: QueueRow[] = [{ sequence: 20, operation: "update", id: "a", vector: false }];
  assertEquals(await number([indexed("a", 1, 20)], rows), { a: 19 });
});

Deno.test("numberRows() puts a row in front of an add that did nothing", async () => {
  const rows: QueueRow[] = [{ sequence: 20, operation: "add", id: "a" }];
  assertEquals(await number([indexed("a", 1, 4)], rows), { a: 4 });
});

Deno.test("numberRows() puts a row at the end when the queue would bring another vector", async () => {
  const rows: QueueRow[] = [{ sequence: 20, operation: "upsert", id: "a" }];
  assertEquals(await number([indexed("a", 1, 20)], rows), { a: "end" });
});

Deno.test("numberRows() puts a row at the end when the queue deletes the record", async () => {
  const rows: QueueRow[] = [{ sequence: 20, operation: "delete", id: "a" }];
  assertEquals(await number([indexed("a", 1, 4)], rows), { a: "end" });
});

Deno.test("numberRows() follows a delete and the add behind it", async () => {
  const rows: QueueRow[] = [
    { sequence: 20, operation: "delete", id: "a" },
    { sequence: 21, operation: "add", id: "a" },
  ];
  assertEquals(await number([queued("a", 1, 21)], rows), { a: null });
});

Deno.test("numberRows() takes no number above the watermark of METADATA", async () => {
  assertEquals(await number([indexed("a", 1, 90)], [], { metadataWatermark: 50 }), { a: 50 });
  assertEquals(await number([indexed("a", 1, 90)], [], { metadataWatermark: 0 }), { a: "end" });
});

Deno.test("numberRows() gives two records with the same number two numbers", async () => {
  assertEquals(await number([indexed("a", 1, 5), indexed("b", 2, 5)], []), { a: 4, b: 5 });
});

Deno.test("numberRows() finds a number for a record whose own is not known", async () => {
  assertEquals(await number([indexed("a", 1, null), indexed("b", 2, 30)], []), { a: 29, b: 30 });
});

Deno.test("numberRows() is not bounded by newest writes when they are in another order", async () => {
  // The Python era: the rows of one call are in another order than its writes.
  const records = [indexed("a", 1, 3), indexed("b", 2, 1), indexed("c", 3, 2)];
  assertEquals(await number(records, [], { metadataWatermark: 9 }), { a: 7, b: 8, c: 9 });
});

Deno.test("numberRows() gives every record its own number when no order is possible", async () => {
  const records = [indexed("a", 1, 3), indexed("b", 2, 1), queued("c", 3, 2)];
  const rows: QueueRow[] = [{ sequence: 2, operation: "add", id: "c" }];
  assertEquals(await number(records, rows, { metadataWatermark: 3 }), { a: 3, b: 1, c: null });
});

Deno.test("numberRows() does not count on rows that leave the queue", async () => {
  const rows: QueueRow[] = [{ sequence: 20, operation: "add", id: "a" }];
  assertEquals(await number([queued("a", 1, 20)], rows, { leaving: [20] }), { a: 19 });
});
