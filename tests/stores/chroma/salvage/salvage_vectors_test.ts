import { assert, assertEquals } from "@std/assert";
import { copyTree, goldenFacts, type GoldenStore } from "../../../support/fixtures.ts";
import { BrokenStore } from "../../../support/broken_store.ts";
import { readLayout } from "../../../../lib/stores/chroma/layout.ts";
import { listStrayRequests } from "../../../../lib/stores/chroma/salvage/list_requests.ts";
import type { SegmentSalvage } from "../../../../lib/stores/chroma/salvage/salvage_request.ts";
import { salvageVectors } from "../../../../lib/stores/chroma/salvage/salvage_vectors.ts";
import { compare, type ReadSalvage, salvage, vectorsOf } from "./salvage_cases.ts";

const VECTOR = "zeroblob(124) || x'0000803f'";

async function open(name: GoldenStore, collection = "notes"): Promise<{
  store: BrokenStore;
  expected: Map<string, Float32Array>;
  topic: string;
}> {
  const store = await BrokenStore.copyOf(name);
  const facts = (await goldenFacts(name)).collections[collection];
  if (facts === undefined) throw new Error(`No ${collection}`);
  const topic = String(
    store.value(`SELECT topic FROM embeddings_queue WHERE topic LIKE '%${facts.id}' LIMIT 1`),
  );
  return { store, expected: vectorsOf(facts), topic };
}

function queue(topic: string, sequence: number, operation: number, id: string, vector = VECTOR) {
  return "INSERT INTO embeddings_queue(seq_id, operation, topic, id, vector, encoding) " +
    `VALUES (${sequence}, ${operation}, '${topic}', '${id}', CAST(${vector} AS BLOB), 'FLOAT32')`;
}

function find({ records }: ReadSalvage, id: string): ReadSalvage["records"][number] | undefined {
  return records.find((record) => record.id === id);
}

Deno.test("salvageVectors() gives records in the order of their rows, then what the queue brings", async () => {
  const { store, topic } = await open("chroma-1.5.9");
  store.sql(queue(topic, 9001, 0, "brought"), queue(topic, 9002, 3, "notes-00001"));
  const salvaged = salvage(store.path, "notes");
  const rows = salvaged.records.map(({ rowId }) => rowId ?? Infinity);
  assertEquals(rows, rows.toSorted((left, right) => left - right));
  const brought = find(salvaged, "brought");
  assertEquals([brought?.recordSource, brought?.source], ["queue", "queue"]);
  assertEquals(brought?.vector.at(-1), 1);
  assertEquals(find(salvaged, "notes-00001"), undefined);
  assertEquals(salvaged.ghosts.map(({ id }) => id), ["notes-00001"]);
});

Deno.test("salvageVectors() takes no vector of an add that did nothing", async () => {
  const { store, expected, topic } = await open("chroma-1.5.9");
  store.sql(queue(topic, 9001, 0, "notes-00001"));
  store.sql("UPDATE max_seq_id SET seq_id = 9001 WHERE seq_id = 686");
  const compared = compare(salvage(store.path, "notes"), expected);
  assertEquals([compared.right, compared.wrong], [expected.size, []]);
});

Deno.test("salvageVectors() decides by the id map whether an add did something", async () => {
  const { store, expected, topic } = await open("chroma-1.5.9");
  const segment = "(SELECT segment_id FROM embeddings WHERE embedding_id = 'notes-00001')";
  store.sql(
    // Added, then updated without a vector; and the same for one that was there before.
    queue(topic, 9001, 0, "later"),
    queue(topic, 9002, 0, "notes-00001"),
    queue(topic, 9003, 1, "later", "NULL"),
    queue(topic, 9004, 1, "notes-00001", "NULL"),
    `INSERT INTO embeddings(segment_id, embedding_id, seq_id) VALUES (${segment}, 'later', 9003)`,
    "UPDATE embeddings SET seq_id = 9004 WHERE embedding_id = 'notes-00001'",
    "UPDATE max_seq_id SET seq_id = 9004 WHERE seq_id = 686",
  );
  const salvaged = salvage(store.path, "notes");
  assertEquals(find(salvaged, "later")?.source, "queue");
  assertEquals(find(salvaged, "notes-00001")?.vector, expected.get("notes-00001"));
  await Deno.remove(store.file("index_metadata.pickle"));
  const blind = salvage(store.path, "notes");
  const { wrong } = compare(blind, expected);
  // The id that no engine returned then is not in the map either.
  assertEquals(wrong.map(({ id }) => id).filter((id) => id !== "later"), []);
});

Deno.test("salvageVectors() leaves rows of the Python era alone though 1.x updated them", async () => {
  const { store, expected } = await open("chroma-0.5.23-then-1.5.9", "cosine");
  await Deno.remove(store.file("index_metadata.pickle", "cosine"));
  // What an upsert of every record by 1.x leaves: integers, in the same order.
  store.sql("UPDATE embeddings SET seq_id = 10000 + id");
  const salvaged = salvage(store.path, "cosine");
  const compared = compare(salvaged, expected);
  assertEquals(compared.wrong, []);
  assertEquals([salvaged.order.refusal, salvaged.order.assigned], ["python-rows", 0]);
});

Deno.test("salvageVectors() orders nothing when the index is newer than its watermark", async () => {
  const { store, expected } = await open("chroma-1.5.9");
  await Deno.remove(store.file("index_metadata.pickle"));
  // As a crash between the id map and the watermark leaves it: the rows of the queue are in the index.
  store.sql("UPDATE embeddings_queue SET operation = 0 WHERE seq_id BETWEEN 671 AND 686");
  store.sql("DELETE FROM embeddings WHERE embedding_id = 'notes-00003'");
  const salvaged = salvage(store.path, "notes");
  assertEquals(compare(salvaged, expected).wrong, []);
  assertEquals(salvaged.order.assigned, 0);
});

Deno.test("salvageVectors() takes vectors from a directory that was moved aside", async () => {
  const { store, expected } = await open("chroma-1.5.9");
  await copyTree(store.file(), `${store.file()}.bak`);
  await Deno.remove(store.file("data_level0.bin"));
  const salvaged = salvage(store.path, "notes");
  const compared = compare(salvaged, expected);
  assertEquals([compared.right, compared.wrong], [expected.size, []]);
  assertEquals(salvaged.counts.bySource["moved-aside"], 366);
  // A newer version may have gone into the index whose slots are lost.
  assertEquals(salvaged.counts.perhapsOutdated, 366);
});

Deno.test("salvageVectors() takes labels of an older map only where the vectors agree", async () => {
  const { store, expected } = await open("chroma-0.5.23");
  await copyTree(store.file(), `${store.file()}.bak`);
  await Deno.remove(store.file("index_metadata.pickle"));
  const adopted = salvage(store.path, "notes");
  assertEquals(compare(adopted, expected).right, expected.size);
  assertEquals(adopted.counts.byEvidence["older-id-map"] > 350, true);
  // Another history: every slot of the older index holds its neighbour's vector.
  const path = `${store.file()}.bak/data_level0.bin`;
  store.patch(path, (_, bytes) => {
    const copy = bytes.slice();
    for (let slot = 0; slot < 399; slot++) {
      bytes.set(copy.subarray((slot + 1) * 268 + 132, (slot + 1) * 268 + 260), slot * 268 + 132);
    }
  });
  // The last one has no neighbour.
  assertEquals(salvage(store.path, "notes").counts.byEvidence["older-id-map"], 1);
});

Deno.test("salvageVectors() finds the slots of vectors that the queue still has", async () => {
  const { store, expected } = await open("chroma-0.4.24");
  await Deno.remove(store.file("index_metadata.pickle"));
  const salvaged = salvage(store.path, "notes");
  assertEquals(compare(salvaged, expected).right, expected.size);
  const found = salvaged.records.filter(({ evidence }) => evidence === "queue");
  assertEquals(found.length, 366);
  assert(found.every(({ slot, label }) => slot !== null && label !== null));
});

Deno.test("salvageVectors() lists ids of the id map when rows cannot be read", async () => {
  const { store, expected } = await open("chroma-1.5.9");
  const page = Number(
    store.value("SELECT rootpage FROM sqlite_schema WHERE name = 'embeddings'"),
  );
  store.patch(store.catalogue(), (_, bytes) => bytes.fill(0x5a, (page - 1) * 4096, page * 4096));
  const salvaged = salvage(store.path, "notes");
  const compared = compare(salvaged, expected);
  assertEquals(compared.wrong.map(({ id }) => id), []);
  assert(compared.right >= 366);
});

Deno.test("salvageVectors() keeps vectors apart when two records have the same", async () => {
  const { store, expected } = await open("chroma-0.4.24");
  await Deno.remove(store.file("index_metadata.pickle"));
  const same = "(SELECT vector FROM embeddings_queue WHERE id = 'notes-00002' LIMIT 1)";
  store.sql(`UPDATE embeddings_queue SET vector = ${same} WHERE id = 'notes-00003'`);
  const salvaged = salvage(store.path, "notes");
  assertEquals([find(salvaged, "notes-00002")?.label, find(salvaged, "notes-00003")?.label], [
    null,
    null,
  ]);
  assertEquals(find(salvaged, "notes-00003")?.vector, expected.get("notes-00002"));
});

Deno.test("listStrayRequests() saves ids and vectors of a store without its database", async () => {
  const { store, expected } = await open("chroma-1.5.9");
  const [segment, cosine] = [store.segment(), store.segment("cosine")];
  await Deno.remove(store.catalogue());
  const saved = new Map<string, SegmentSalvage>();
  for (const request of listStrayRequests(readLayout(store.path))) {
    saved.set(request.subject.segmentId, salvageVectors(request));
  }
  const vectors = new Map<string, Float32Array>();
  for (const record of saved.get(segment)?.records() ?? []) {
    vectors.set(record.id, record.readVector(new Float32Array(32)));
    assertEquals(record.recordSource, "id-map");
  }
  assertEquals([...vectors.keys()].sort(), [...expected.keys()].sort());
  // What the queue had is gone with the database: 16 records have the version before.
  const same = [...vectors].filter(([id, vector]) => expected.get(id)?.[0] === vector[0]);
  assertEquals(same.length, 366);
  for (const record of saved.get(cosine)?.records() ?? []) assert(record.isLengthLost);
  for (const salvaged of saved.values()) salvaged[Symbol.dispose]();
});
