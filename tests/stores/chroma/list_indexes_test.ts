import { assert, assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../../lib/base/errors.ts";
import type { IndexPart } from "../../../lib/model/index_part.ts";
import { StoreDatabase } from "../../../lib/sqlite/database.ts";
import { listChromaIndexes } from "../../../lib/stores/chroma/list_indexes.ts";
import { chromaFormat } from "../../../lib/stores/chroma/format.ts";
import { patchFile } from "../../sqlite/database_cases.ts";
import { seededRandom } from "../../support/crash_fs.ts";
import { type GoldenStore, goldenStore, scratchDirectory } from "../../support/fixtures.ts";
import { editedStore } from "./catalogue_cases.ts";

function list(path: string): readonly IndexPart[] {
  return listChromaIndexes({ path, format: "chroma", evidence: "" });
}

/** The numbers of each collection: live records, vectors nowhere else, what can be replayed. */
function numbersOf(store: string): Record<string, (number | null)[]> {
  return Object.fromEntries(
    list(store).map(({ collection, records, onlyCopies, replayable }) => [
      collection ?? "",
      [records, onlyCopies, replayable],
    ]),
  );
}

const NOTES_ID = "SELECT id FROM collections WHERE name = 'notes'";
const NOTES_TOPIC = `'persistent://default/default/' || (${NOTES_ID})`;

/** Adds a row to the queue, behind all others. */
function queueRow(operation: number, id: string, vector: string, topic = NOTES_TOPIC): string {
  return `INSERT INTO embeddings_queue (operation, topic, id, vector, encoding, metadata)
    VALUES (${operation}, ${topic}, '${id}', ${vector}, 'FLOAT32', NULL)`;
}

/** How many vectors of each golden store an engine has purged from the queue. */
const GOLDEN: Partial<Record<GoldenStore, Record<string, number[]>>> = {
  // 0.4 never purges.
  "chroma-0.4.24": {
    notes: [382, 0, 382],
    cosine: [120, 0, 120],
    dot: [120, 0, 120],
    unflushed: [12, 0, 12],
  },
  "chroma-0.5.23": {
    notes: [382, 365, 1],
    cosine: [120, 99, 21],
    dot: [120, 99, 21],
    unflushed: [12, 0, 12],
    "": [0, 0, 0],
  },
  "chroma-1.5.9": {
    notes: [382, 366, 0],
    cosine: [120, 119, 1],
    dot: [120, 119, 1],
    unflushed: [12, 0, 12],
    "": [0, 0, 0],
  },
};

for (const [name, numbers] of Object.entries(GOLDEN)) {
  Deno.test(`listChromaIndexes() counts the vectors that only the index of ${name} has`, async () => {
    assertEquals(numbersOf(await goldenStore(name as GoldenStore)), numbers);
  });
}

Deno.test("listChromaIndexes() names directory, collection and size", async () => {
  const store = await goldenStore("chroma-1.5.9");
  Deno.renameSync(
    join(store, "5c9b36b3-ea3d-481d-bce4-eb75e0156ab2"),
    join(store, "5c9b36b3-ea3d-481d-bce4-eb75e0156ab2.drift-20260101-000000"),
  );
  const parts = chromaFormat.listIndexes({ path: store, format: "chroma", evidence: "" });
  assertEquals(
    parts.map(({ id, path, collection, sizeBytes }) => [id === path, collection, sizeBytes]),
    [
      [true, null, 38692],
      [true, "cosine", 39172],
      [true, "notes", 128440],
      [true, "unflushed", 27300],
    ],
  );
});

Deno.test("listChromaIndexes() counts a vector that the queue has, whatever the topic begins with", async () => {
  const bytes = "zeroblob(32)";
  const base = 366;
  const add = await editedStore("chroma-1.5.9", queueRow(0, "notes-00002", bytes));
  const topic = `(${NOTES_ID})`;
  const bare = await editedStore("chroma-1.5.9", queueRow(2, "notes-00002", bytes, topic));
  assertEquals(numbersOf(add).notes, [382, base - 1, 1]);
  assertEquals(numbersOf(bare).notes, [382, base - 1, 1]);
  const update = await editedStore("chroma-1.5.9", queueRow(1, "notes-00002", bytes));
  assertEquals(numbersOf(update).notes, [382, base - 1, 0]);
});

Deno.test("listChromaIndexes() counts no vector for a row without one, or of another collection", async () => {
  const store = await editedStore(
    "chroma-1.5.9",
    queueRow(1, "notes-00002", "NULL"),
    queueRow(0, "notes-00003", "x''"),
    queueRow(4, "notes-00004", "zeroblob(32)"),
    queueRow(0, "notes-00005", "zeroblob(32)", "'persistent://default/default/other'"),
    queueRow(0, "no-such-record", "zeroblob(32)"),
  );
  assertEquals(numbersOf(store).notes, [382, 366, 0]);
  // What the queue will delete needs no vector any more.
  const deleted = await editedStore("chroma-1.5.9", queueRow(3, "notes-00002", "NULL"));
  assertEquals(numbersOf(deleted).notes, [382, 365, 0]);
});

Deno.test("listChromaIndexes() says what it cannot tell where tables are gone", async () => {
  const noQueue = await editedStore("chroma-1.5.9", "DROP TABLE embeddings_queue");
  assertEquals(numbersOf(noQueue).notes, [382, null, null]);
  const noRecords = await editedStore("chroma-1.5.9", "DROP TABLE embeddings");
  assertEquals(numbersOf(noRecords).notes, [null, null, null]);
  // Without them nobody knows whose an index is.
  for (const table of ["segments", "collections"]) {
    const store = await editedStore("chroma-1.5.9", `DROP TABLE ${table}`);
    assertEquals(numbersOf(store), { "": [null, null, null] });
  }
});

Deno.test("listChromaIndexes() says that nothing is known where the database is lost", async () => {
  const damages: ((path: string) => void)[] = [
    (path) => Deno.removeSync(path),
    (path) => Deno.truncateSync(path, 0),
    (path) => Deno.truncateSync(path, 5000),
    (path) => Deno.writeFileSync(path, new Uint8Array(20_000).fill(0x5a)),
  ];
  for (const damage of damages) {
    const store = await goldenStore("chroma-1.5.9");
    damage(join(store, "chroma.sqlite3"));
    const parts = list(store);
    assertEquals(parts.length, 5);
    for (const { collection, records, onlyCopies, replayable } of parts) {
      assertEquals([collection, records, onlyCopies, replayable], [null, null, null, null]);
    }
  }
  assertEquals(list(await scratchDirectory()), []);
});

Deno.test("listChromaIndexes() gives numbers or none where a page of the database is noise", async () => {
  const random = seededRandom(20_260_131);
  const whole = (await goldenStore("chroma-1.5.9")).toString();
  const { size } = Deno.statSync(join(whole, "chroma.sqlite3"));
  let untold = 0;
  for (let round = 0; round < 40; round++) {
    const store = round === 0 ? whole : await goldenStore("chroma-1.5.9");
    const page = Math.floor(random() * (size / 4096));
    const noise = Uint8Array.from({ length: 4096 }, () => Math.floor(random() * 256));
    await patchFile(join(store, "chroma.sqlite3"), page * 4096, noise);
    const parts = list(store);
    assertEquals(parts.length, 5);
    for (const { onlyCopies, records } of parts) {
      if (onlyCopies === null) untold++;
      else assert(onlyCopies >= 0 && onlyCopies <= (records ?? 0));
    }
  }
  assert(untold > 0);
});

Deno.test("listChromaIndexes() says so when another process writes", async () => {
  const store = await goldenStore("chroma-1.5.9");
  using writer = StoreDatabase.open(join(store, "chroma.sqlite3"), { writable: true });
  writer.execute("BEGIN EXCLUSIVE");
  assertEquals(assertThrows(() => list(store), OperationError).code, "busy");
});
