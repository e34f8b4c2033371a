/**
 * Repairing embeddings, and bringing documents back with vectors that were handed in.
 */
import { assertEquals, assertRejects } from "@std/assert";
import { dirname, join } from "@std/path";
import { createBackup } from "../../../../lib/backup/create.ts";
import { OperationError } from "../../../../lib/base/errors.ts";
import { repairStore } from "../../../../lib/repair/repair_store.ts";
import { BrokenDatabase } from "../../../support/broken_database.ts";
import { readAll, readKept, repairBroken, summarise } from "./repaired_database.ts";

const BASE = "knowledge-base";
const DIMENSION = 24;

function change(
  database: BrokenDatabase,
  number: number,
  edit: (vector: Float32Array<ArrayBuffer>) => Float32Array<ArrayBuffer> | undefined,
): void {
  const path = database.document(BASE, `${BASE}/${number}`);
  const { Embedding: embedding = new Float32Array() } = database.readDocument(path);
  database.change(path, { Embedding: edit(embedding) });
}

/** Writes a file of vectors beside a database. */
function writeVectors(
  { path }: BrokenDatabase,
  lines: readonly Readonly<Record<string, unknown>>[],
): string {
  const file = join(dirname(path), "vectors.jsonl");
  Deno.writeTextFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  return file;
}

Deno.test("a repair takes documents out whose embedding cannot be used", async () => {
  const database = await BrokenDatabase.copyOf("plain");
  const documents = database.documents(BASE).length;
  change(database, 1, () => undefined);
  change(database, 2, (vector) => vector.subarray(1));
  change(database, 3, (vector) => vector.fill(NaN));
  change(database, 4, (vector) => vector.fill(0));
  const outcome = await repairBroken(database);
  assertEquals(summarise(outcome), [
    "take-out-documents" + ", vector taken-out 1".repeat(4),
  ]);
  assertEquals(readAll(database).get(BASE)?.documents.size, documents - 4);
  const lines = readKept(outcome, "missing.jsonl");
  assertEquals(lines.map(({ document }) => document).sort(), [
    "document 1 of knowledge-base",
    "document 2 of knowledge-base",
    "document 3 of knowledge-base",
    "document 4 of knowledge-base",
  ]);
});

Deno.test("a repair leaves such documents when it is asked to", async () => {
  const database = await BrokenDatabase.copyOf("plain");
  const before = database.documents(BASE);
  change(database, 1, () => undefined);
  change(database, 5, (vector) => vector.map((value) => value * 2));
  const outcome = await repairStore(database.path, { keepUnsearchable: true });
  assertEquals(summarise(outcome), [
    "take-out-documents, vector kept-unsearchable 1",
    "correct-documents",
  ]);
  assertEquals(database.documents(BASE), before);
});

Deno.test("a repair takes an embedding from a backup that has the same text", async () => {
  const database = await BrokenDatabase.copyOf("plain");
  const before = readAll(database);
  await createBackup(database.path, {});
  change(database, 1, () => undefined);
  change(database, 2, (vector) => vector.map((value, index) => index < 12 ? value : 0));
  assertEquals(summarise(await repairBroken(database)), ["correct-documents"]);
  assertEquals(readAll(database), before);
});

Deno.test("a repair flips the bit of an embedding back that took its length away", async () => {
  const database = await BrokenDatabase.copyOf("plain");
  const before = readAll(database);
  for (const [number, bit] of [[1, 24], [2, 30]] as const) {
    change(database, number, (vector) => {
      const bits = new Uint32Array(vector.buffer);
      bits[5] = (bits[5] ?? 0) ^ (1 << bit);
      return vector;
    });
  }
  const outcome = await repairBroken(database);
  assertEquals(summarise(outcome), ["correct-documents"]);
  assertEquals(readAll(database), before);
  assertEquals(readKept(outcome, "conflicts.jsonl").length, 2);
});

Deno.test("a repair normalises embeddings, and keeps those in a file that may be damaged", async () => {
  const database = await BrokenDatabase.copyOf("gzip");
  change(database, 1, (vector) => vector.map((value, index) => index < 12 ? value : 0));
  const few = await repairBroken(database);
  assertEquals(readKept(few, "conflicts.jsonl").map(({ id }) => id), [`${BASE}/1`]);
  const documents = database.documents(BASE).length;
  for (let number = 0; number < documents; number++) {
    change(database, number, (vector) => vector.map((value) => value * 8));
  }
  const many = await repairBroken(database);
  assertEquals(summarise(many), ["correct-documents"]);
  assertEquals(readKept(many, "conflicts.jsonl"), []);
  assertEquals(many.verification?.vectorsCompared, documents);
});

Deno.test("a repair brings documents back with vectors that were handed in", async () => {
  const database = await BrokenDatabase.copyOf("plain");
  const before = readAll(database);
  const [cut, unread] = [1, 2].map((number) => database.document(BASE, `${BASE}/${number}`));
  database.cut(cut ?? "", 250);
  database.cut(unread ?? "", 0);
  change(database, 3, () => undefined);
  const embedding = Array.from({ length: DIMENSION }, (_, index) => index + 1);
  const vectorsPath = writeVectors(database, [
    // What is left of this one is not all of its text.
    { collection: BASE, id: `${BASE}/1`, document: "a text", metadata: { k: "v" }, embedding },
    { collection: BASE, id: `${BASE}/3`, embedding },
    { collection: BASE, id: "a new one", document: "its text", embedding },
    { collection: BASE, id: `${BASE}/4`, document: "not taken: it is whole", embedding },
    { collection: BASE, id: null, embedding: null },
  ]);
  const outcome = await repairBroken(database, { vectorsPath });
  assertEquals(outcome.plan.steps.map(({ kind }) => kind), [
    "correct-documents",
    "take-out-documents",
    "correct-documents",
    "add-records",
  ]);
  const documents = readAll(database).get(BASE)?.documents;
  const textOf = (id: string): unknown => JSON.parse(documents?.get(id) ?? "[]")[0];
  assertEquals(textOf(`${BASE}/1`), "a text");
  assertEquals(textOf(`${BASE}/3`), "document 3 of knowledge-base");
  assertEquals(textOf("a new one"), "its text");
  assertEquals(documents?.get(`${BASE}/4`), before.get(BASE)?.documents.get(`${BASE}/4`));
  const [, , vector] = JSON.parse(documents?.get("a new one") ?? "[]");
  assertEquals(Math.round(1e6 * Math.hypot(...vector)), 1e6);
});

Deno.test("a repair refuses vectors that do not belong into the database", async () => {
  const database = await BrokenDatabase.copyOf("plain");
  const embedding = new Array(DIMENSION).fill(1);
  const refused: readonly (readonly [Readonly<Record<string, unknown>>, string])[] = [
    [{ collection: BASE, id: "x", embedding: [1, 2] }, "2 dimensions, and the collection has 24"],
    [{ collection: BASE, id: "x", embedding: embedding.map(() => 0) }, "its embedding are 0"],
    [{ collection: BASE, id: "x", embedding, metadata: { n: 1 } }, "the value of n is no text"],
    [{ collection: BASE, id: "x", embedding, document: 7 }, "its document is no text"],
    [{ collection: "elsewhere", id: "x", embedding }, "has no collection elsewhere"],
  ];
  for (const [line, message] of refused) {
    const vectorsPath = writeVectors(database, [line]);
    const error = await assertRejects(
      () => repairStore(database.path, { vectorsPath }),
      OperationError,
      message,
    );
    assertEquals(error.code, "usage");
  }
});

Deno.test("a repair writes files again that have something behind their value", async () => {
  const database = await BrokenDatabase.copyOf("gzip");
  const before = readAll(database);
  const path = database.document(BASE, `${BASE}/1`);
  database.cut(path, database.read(path).byteLength - 4);
  assertEquals(summarise(await repairBroken(database)), ["correct-documents"]);
  const other = database.document(BASE, `${BASE}/2`);
  database.write(other, new Uint8Array([...database.read(other), 1, 2, 3]));
  assertEquals((await repairStore(database.path)).state, "nothing-to-do");
  const asked = await repairStore(database.path, { only: ["VF3105"] });
  assertEquals(summarise(asked), ["correct-documents"]);
  assertEquals(readAll(database), before);
});
